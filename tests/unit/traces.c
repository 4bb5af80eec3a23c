/* Traces of who is there when, and waits that would never end. */
#include "traceworld.h"

static void a_trace_repeats(void **state)
{
    (void)state;
    static const double on[2][3][2] = {{{0.5, 2}, {2, 3.5}, {-1, -1}}, {{0, 0.25}, {7.3, 10}, {-1, -1}}};
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {
        .availability = KITH_AVAILABILITY_TRACE,
        .trace = write_trace("learner,start,end\n# night\n\n1, 7.3, 10\n0,2,3.5 # two halves\n0,0.5,2\n1,0,0.25\n")};
    kith_availability *a = open_availability(ctx, &p, 2);
    for (size_t i = 0; i < 2; i++)
        for (int k = 0; k < 4000; k++) {
            const double time = 0.01 * k + 0.005, phase = fmod(time, 10);
            bool expected = false;
            for (int j = 0; j < 3; j++)
                expected = expected || (phase >= on[i][j][0] && phase < on[i][j][1]);
            assert_int_equal(kith_availability_at(a, i, time), expected);
            const double from = kith_availability_from(a, i, time);
            assert_true(from >= time && (from == time) == expected);
            assert_true(kith_availability_at(a, i, from));
        }
    assert_close(kith_availability_from(a, 0, 3.5), 10.5, 0, 0);
    assert_close(kith_availability_from(a, 1, 10.25), 17.3, 0, 1e-12);
    assert_close(kith_availability_change(a, 7.3), 10, 0, 0);
    assert_close(kith_availability_change(a, 0), 0.5, 0, 0);
    kith_availability_close(a);
    kith_ctx_destroy(ctx);
}

/* Learners on a trace, computed by hand: one step of 1 s a visit, two learners, one arrival a step. */
static void a_clock_on_a_trace_by_hand(void **state)
{
    (void)state;
    static const struct {
        double time;
        size_t learner;
        uint64_t version;
    } expected[] = {{1, 0, 0}, {2, 0, 1}, {4.5, 1, 2}, {5.5, 1, 3}, {11, 0, 4}, {12, 0, 5}, {14.5, 1, 6}};
    kith_ctx *ctx = kith_ctx_create();
    const kith_local_config one_step = {.batch = 5, .steps = 1};
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                         .arrivals = 1,
                                         .compute = KITH_TIME_CONSTANT,
                                         .compute_time = 1,
                                         .availability = KITH_AVAILABILITY_TRACE,
                                         .trace_period = 10,
                                         .trace = write_trace("0,0,1.5\n1,3.5,5\n")};
    const kith_visit_plan_setup a = setup(&p, &one_step, 2);
    kith_visit_plan *plan = NULL;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++) {
        const kith_step *step = kith_plan_next(plan);
        assert_close(step->time, expected[k].time, 0, 1e-12);
        assert_int_equal(step->arrival[0].learner, expected[k].learner);
        assert_int_equal(step->arrival[0].version, expected[k].version);
    }
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

static void bad_traces_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        double period;
        int status;
    } cases[] = {
        {"0,1,2\n1,2\n", "availability-trace.csv:2: this is no interval; write learner,start,end", 0, KITH_EDATA},
        {"0,1,2 3\n", "availability-trace.csv:1: this is no interval; write learner,start,end", 0, KITH_EDATA},
        {"0,1,2\n\n2,1,2\n", "availability-trace.csv:3: there is no learner 2 of run.learners = 2; they are 0 to 1", 0,
         KITH_EDATA},
        {"0.5,1,2\n", "availability-trace.csv:1: there is no learner 0.5 of run.learners = 2; they are 0 to 1", 0,
         KITH_EDATA},
        {"nan,1,2\n", "availability-trace.csv:1: there is no learner nan of run.learners = 2; they are 0 to 1", 0,
         KITH_EDATA},
        {"0,2,2\n",
         "availability-trace.csv:1: from 2 to 2 is no interval; it must start at 0 or later and end after that", 0,
         KITH_EDATA},
        {"0,-1,2\n",
         "availability-trace.csv:1: from -1 to 2 is no interval; it must start at 0 or later and end after that", 0,
         KITH_EDATA},
        {"0,1,inf\n",
         "availability-trace.csv:1: from 1 to inf is no interval; it must start at 0 or later and end after that", 0,
         KITH_EDATA},
        {"0,4,6\n1,0,9\n0,5,7\n",
         "availability-trace.csv:3: learner 0 is already available from 4 to 6 (line 1); join them", 0, KITH_EDATA},
        {"0,5,7\n0,4,6\n", "availability-trace.csv:2: learner 0 is already available from 5 to 7 (line 1); join them",
         0, KITH_EDATA},
        {"0,1,2\n", "availability-trace.csv: learner 1 is never available; give it an interval, or lower run.learners",
         0, KITH_EDATA},
        {"0,1,2\n1,3,8\n",
         "availability-trace.csv:2: the interval ends at 8, after participation.trace_period = 5; raise that", 5,
         KITH_EDATA},
    };
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const kith_participation_config p = {.arrivals = 1,
                                             .availability = KITH_AVAILABILITY_TRACE,
                                             .trace = write_trace(cases[k].text),
                                             .trace_period = cases[k].period};
        const kith_visit_plan_setup a = setup(&p, &five_steps, 2);
        kith_visit_plan *plan = NULL;
        assert_refused(ctx, kith_plan_open(ctx, &a, &plan), cases[k].status, cases[k].message);
        assert_null(plan);
    }
    remove("availability-trace.csv");
    kith_ctx_destroy(ctx);
}

static void vain_waits_are_refused(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_plan_extent extent;
    const kith_participation_config p = {.arrivals = 2,
                                         .availability = KITH_AVAILABILITY_TRACE,
                                         .trace = write_trace("0,0,1\n1,1,2\n2,1.5,3\n3,0.5,1\n")};
    const kith_participation_config many = {
        .arrivals = 3, .availability = KITH_AVAILABILITY_TRACE, .trace = "availability-trace.csv"};
    kith_participation_config over = {.arrivals = 2, .oversample = 3};
    kith_visit_plan_setup a = setup(&p, &five_steps, 4);
    assert_ok(ctx, kith_plan_measure(ctx, &a, 100, &extent));
    a.participation = &many;
    assert_refused(
        ctx, kith_plan_measure(ctx, &a, 100, &extent), KITH_ECONFIG,
        "the plan: participation.arrivals = 3: round 0 waits in vain for so many learners to be available at once, "
        "until 3.5 s; ask for fewer, or set participation.short = take");
    a.participation = &over;
    assert_refused(
        ctx, kith_plan_measure(ctx, &a, 100, &extent), KITH_ECONFIG,
        "the plan: participation.oversample = 3: with participation.arrivals = 2 it asks for more than the 4 "
        "learners that can be drawn; use at most 2");
    remove("availability-trace.csv");
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_repeats),
        cmocka_unit_test(a_clock_on_a_trace_by_hand),
        cmocka_unit_test(bad_traces_are_refused),
        cmocka_unit_test(vain_waits_are_refused),
    };
    return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
