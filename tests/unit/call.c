/* What plugins return, and what becomes of calls that do not return. The sentences are the golden values. */
#include "support.h"

#include "base/call.h"

static kith_ctx *ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = kith_ctx_create();
    kith_calls_round(5);
    return ctx ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kith_calls_round(KITH_NO_ROUND);
    kith_ctx_destroy(ctx);
    return 0;
}

/* A client that says this, unless it is NULL, and returns that. */
static kith_status call(size_t learner, const char *message, kith_status status)
{
    if (!message) KITH_TRY_CALL(ctx, "avg", "client", learner, status);
    if (message) KITH_TRY_CALL(ctx, "avg", "client", learner, (kith_fail(ctx, KITH_EDATA, "%s", message), status));
    return KITH_OK;
}

static void statuses_are_what_they_say(void **state)
{
    (void)state;
    assert_ok(ctx, call(3, NULL, KITH_OK));
    assert_refused(
        ctx, call(3, NULL, KITH_EDATA), KITH_EDATA,
        "avg: client() of learner 3, round 5 returned KITH_EDATA (bad data) without a message; word failures "
        "with kith_fail()");
    assert_refused(ctx, call(3, NULL, (kith_status)1), KITH_EPLUGIN,
                   "avg: client() of learner 3, round 5 returned 1, which is no kith_status");
    assert_refused(ctx, call(KITH_NOBODY, NULL, (kith_status)-7), KITH_EPLUGIN,
                   "avg: client() in round 5 returned -7, which is no kith_status");
    assert_refused(ctx, call(3, "gone", KITH_ESTOPPED), KITH_EPLUGIN,
                   "avg: client() of learner 3, round 5 returned KITH_ESTOPPED, which only the host may");
    assert_refused(ctx, call(3, NULL, KITH_EEXCHANGE), KITH_EPLUGIN,
                   "avg: client() of learner 3, round 5 returned KITH_EEXCHANGE, which only the host may");
    kith_calls_round(KITH_NO_ROUND);
    assert_refused(ctx, call(KITH_NOBODY, NULL, (kith_status)12), KITH_EPLUGIN,
                   "avg: client() returned 12, which is no kith_status");
}

static void messages_get_their_place(void **state)
{
    (void)state;
    assert_refused(ctx, call(3, "gone", KITH_EDATA), KITH_EDATA, "avg: client() of learner 3 failed in round 5: gone");
    assert_refused(ctx, call(3, "gone", KITH_OK), KITH_EPLUGIN,
                   "avg: client() of learner 3, round 5 returned KITH_OK after it failed: gone");
    assert_refused(ctx, call(3, "gone", (kith_status)99), KITH_EPLUGIN,
                   "avg: client() of learner 3, round 5 returned no kith_status after it failed: gone");
    assert_refused(ctx, call(3, "not finite in round 5 of learner 3", KITH_EDIVERGED), KITH_EDIVERGED,
                   "not finite in round 5 of learner 3");
    kith_calls_round(KITH_NO_ROUND);
    assert_refused(ctx, call(KITH_NOBODY, "x.csv:3: gone", KITH_EDATA), KITH_EDATA, "x.csv:3: gone");
    assert_refused(ctx, call(3, "gone", KITH_EDATA), KITH_EDATA, "avg: client() of learner 3 failed: gone");
    /* A message of before is none of the call's. */
    kith_fail(ctx, KITH_EDATA, "before");
    assert_int_equal(call(3, NULL, KITH_OK), KITH_OK);
    assert_string_equal(kith_ctx_message(ctx), "before");
    kith_ctx_clear(ctx);
}

static kith_status die(void)
{
    kith_calls_die("called exit(0)", false);
    return KITH_EINTERNAL; /* there was nothing to go back to */
}

static kith_status die_in_client(void)
{
    KITH_TRY_CALL(ctx, "avg", "client", 4, die());
    return KITH_OK;
}

static kith_status inner;
static bool after;

/* The model's gradient within a client's visit. */
static kith_status visit(void)
{
    KITH_CALL("net", "gradient", KITH_NOBODY, inner = die());
    after = true;
    return KITH_OK;
}

static kith_status die_in_gradient(void)
{
    KITH_TRY_CALL(ctx, "avg", "client", 4, visit());
    return KITH_OK;
}

static kith_status die_untold(void)
{
    KITH_TRY_VOID(NULL, "avg", "destroy", KITH_NOBODY, (void)!die());
    return KITH_OK;
}

static void what_dies_is_gone_back_to(void **state)
{
    char place[64];
    (void)state;
    assert_refused(ctx, die_in_client(), KITH_EPLUGIN, "avg: client() of learner 4, round 5 called exit(0)");
    assert_false(kith_calls_any());
    assert_int_equal(die(), KITH_EINTERNAL);
    /* The innermost is named, the innermost that can be is gone back to. */
    assert_refused(ctx, die_in_gradient(), KITH_EPLUGIN, "net: gradient() of learner 4, round 5 called exit(0)");
    assert_false(after);
    assert_false(kith_calls_any());
    assert_int_equal(kith_calls_where(place, sizeof place), 0);
    assert_string_equal(kith_calls_untold(), "");
    assert_int_equal(die_untold(), KITH_EPLUGIN);
    assert_string_equal(kith_calls_untold(), "avg: destroy() in round 5 called exit(0)");
    assert_false(kith_calls_crashed());
}

static void places_are_cut_off(void **state)
{
    char place[16];
    kith_call one;
    (void)state;
    kith_call_begin(&one, ctx, "a-long-name", "client", "learner", 12345);
    assert_true(kith_calls_any());
    assert_int_equal(kith_calls_where(place, sizeof place), 15);
    assert_string_equal(place, "a-long-name: cl");
    kith_call_end(&one);
    assert_false(kith_calls_any());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(statuses_are_what_they_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_get_their_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_dies_is_gone_back_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_are_cut_off, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
