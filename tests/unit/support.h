/* What every cmocka program includes first. cmocka 1.1.5's own float asserts cast to float, hence assert_close.
 *
 * KITH_TEST=PATTERN in the environment runs only the cases whose names match it; * and ? are a shell's. Where none
 * does, the program fails and lists its cases. cmocka's own filter would let it pass.
 */
#ifndef KITH_TESTS_SUPPORT_H
#define KITH_TESTS_SUPPORT_H

#include <fnmatch.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Puts those cases first that are to be run, and returns how many they are. */
static inline size_t choose_cases(struct CMUnitTest *test, size_t count)
{
    const char *pattern = getenv("KITH_TEST");
    if (!pattern || !*pattern) return count;
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(pattern, test[i].name, 0) != 0) continue;
        const struct CMUnitTest here = test[i];
        test[i] = test[chosen];
        test[chosen++] = here;
    }
    if (chosen) return chosen;
    print_error("KITH_TEST=%s: no case has such a name; there are:\n", pattern);
    for (size_t i = 0; i < count; i++)
        print_error("%s\n", test[i].name);
    return 0;
}

static inline int run_cases(const char *group, const struct CMUnitTest *all, size_t count, CMFixtureFunction setup,
                            CMFixtureFunction teardown)
{
    struct CMUnitTest *test = malloc(count * sizeof *test);
    if (!test) return 1;
    memcpy(test, all, count * sizeof *test);
    const size_t chosen = choose_cases(test, count);
    const int failed = chosen ? _cmocka_run_group_tests(group, test, chosen, setup, teardown) : 1;
    free(test);
    return failed;
}

#undef cmocka_run_group_tests
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests(tests, setup, teardown)                                                                 \
    run_cases(#tests, (tests), sizeof(tests) / sizeof *(tests), (setup), (teardown))
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                                      \
    run_cases((name), (tests), sizeof(tests) / sizeof *(tests), (setup), (teardown))

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
