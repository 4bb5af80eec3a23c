/* What every cmocka program includes first. cmocka 1.1.5's own float asserts cast to float, hence assert_close. */
#ifndef KITH_TESTS_SUPPORT_H
#define KITH_TESTS_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static inline void assert_close_at(double a, double b, double rtol, double atol, const char *file, int line)
{
    if (fabs(a - b) <= atol + rtol * fabs(b)) return;
    print_error("%s:%d: %.17g is not %.17g (off by %.3g, allowed %.3g)\n", file, line, a, b, fabs(a - b),
                atol + rtol * fabs(b));
    _fail(file, line);
}
#define assert_close(a, b, rtol, atol) assert_close_at((a), (b), (rtol), (atol), __FILE__, __LINE__)

/* assert_ok(ctx, call): prints the message of a failure. */
#define assert_ok(ctx, expr)                                                                                           \
    do {                                                                                                               \
        if ((expr) != KITH_OK) {                                                                                       \
            print_error("%s:%d: %s\n", __FILE__, __LINE__, kith_ctx_message(ctx));                                     \
            _fail(__FILE__, __LINE__);                                                                                 \
        }                                                                                                              \
    } while (0)

/* The call fails with this status and exactly this message. Clears the context. */
#define assert_refused(ctx, expr, status, text)                                                                        \
    do {                                                                                                               \
        assert_int_equal((int)(expr), (int)(status));                                                                  \
        assert_string_equal(kith_ctx_message(ctx), (text));                                                            \
        kith_ctx_clear(ctx);                                                                                           \
    } while (0)

#endif
