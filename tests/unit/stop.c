/* Giving up: when it is due, what it makes of an agreement, of a visit and of a plugin that swallows it. */
#include "support.h"
#include "base/call.h"
#include "base/stop.h"
#include "exchange/exchange.h"

#include <math.h>

static bool wanted;

static bool is_wanted(void)
{
    return wanted;
}

static int begin(void **state)
{
    (void)state;
    wanted = false;
    kith_stop_by(is_wanted);
    return 0;
}

static int end(void **state)
{
    (void)state;
    kith_stop_by(NULL);
    return 0;
}

static void nothing_is_given_up_before_it_is_allowed(void **state)
{
    (void)state;
    wanted = true;
    assert_false(kith_stop_due());
    kith_stop_patience(0.0);
    assert_true(kith_stop_due());
    kith_stop_by(NULL);
    kith_stop_patience(0.0);
    assert_false(kith_stop_due());
}

static void patience_counts_from_when_the_request_is_noticed(void **state)
{
    (void)state;
    kith_stop_patience(1e9);
    wanted = true;
    assert_false(kith_stop_due());
    assert_false(kith_stop_given_up());
    kith_stop_patience(1e-9);
    assert_false(kith_stop_given_up());
    while (!kith_stop_due()) {
    }
    assert_true(kith_stop_given_up());
}

static void once_due_it_stays_so(void **state)
{
    (void)state;
    wanted = true;
    kith_stop_patience(0.0);
    assert_true(kith_stop_due());
    wanted = false;
    assert_true(kith_stop_due());
    kith_stop_patience(0.0);
    assert_false(kith_stop_due());
}

static void an_agreement_ends_in_it(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_exchange *ex = NULL;
    assert_ok(ctx, kith_exchange_open(ctx, &(kith_exchange_options){0}, "", &ex));
    kith_stop_patience(0.0);
    assert_int_equal(kith_exchange_agree(ex, KITH_OK, NULL), KITH_OK);
    wanted = true;
    /* a request that nothing was given up for */
    assert_int_equal(kith_exchange_agree(ex, KITH_OK, NULL), KITH_OK);
    assert_true(kith_stop_due());
    assert_int_equal(kith_exchange_agree(ex, KITH_OK, NULL), KITH_ESTOPPED);
    assert_int_equal(kith_exchange_agree(ex, KITH_ECONFIG, NULL), KITH_ESTOPPED);
    kith_stop_patience(INFINITY);
    assert_int_equal(kith_exchange_agree(ex, KITH_OK, NULL), KITH_OK);
    kith_exchange_close(ex);
    kith_ctx_destroy(ctx);
}

static kith_status call(kith_ctx *ctx, kith_status made)
{
    KITH_TRY_CALL(ctx, "avg", "client", 3, made);
    return KITH_OK;
}

static kith_status swallow(kith_ctx *ctx)
{
    const kith_status found = kith_stop_check(ctx);
    return found == KITH_OK ? KITH_OK : KITH_EPLUGIN;
}

static void a_plugin_cannot_swallow_it(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_stop_patience(0.0);
    assert_ok(ctx, call(ctx, swallow(ctx)));
    wanted = true;
    assert_true(kith_stop_due());
    assert_refused(ctx, call(ctx, KITH_OK), KITH_ESTOPPED, "stopped");
    kith_ctx_forget(ctx);
    assert_refused(ctx, call(ctx, swallow(ctx)), KITH_ESTOPPED, "stopped");
    kith_stop_patience(INFINITY);
    kith_ctx_forget(ctx);
    assert_refused(ctx, call(ctx, KITH_ESTOPPED), KITH_EPLUGIN,
                   "avg: client() of learner 3 returned KITH_ESTOPPED, which only the host may");
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_given_up_before_it_is_allowed, begin, end),
        cmocka_unit_test_setup_teardown(patience_counts_from_when_the_request_is_noticed, begin, end),
        cmocka_unit_test_setup_teardown(once_due_it_stays_so, begin, end),
        cmocka_unit_test_setup_teardown(an_agreement_ends_in_it, begin, end),
        cmocka_unit_test_setup_teardown(a_plugin_cannot_swallow_it, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
