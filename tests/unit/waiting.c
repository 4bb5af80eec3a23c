/* Rounds that end by a timeout, messages that come too late, ties on the clock, and waits that have no end. */
#include "support.h"

#include "engine/participation/participation.h"

static size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static const kith_local_config five_steps = {.batch = 5, .steps = 5};

static kith_visit_plan_setup setup(const kith_participation_config *p, size_t learners, uint64_t seed)
{
    return (kith_visit_plan_setup){
        .participation = p, .local = &five_steps, .learners = learners, .seed = seed, .examples = ten_examples};
}

enum { N = 6, ROUNDS = 400 };

/* All N are sampled in each round, so that visit t of each is known from a timing: what counts is what comes within the
 * timeout, of that the first m; the round lasts until the m-th, or until the timeout. */
static void expect_rounds(const kith_participation_config *p)
{
    kith_ctx *ctx = kith_ctx_create();
    const kith_visit_plan_setup a = setup(p, N, 5);
    const size_t m = (size_t)p->arrivals;
    kith_visit_plan *plan = NULL;
    kith_timing *timing = NULL;
    size_t late = 0, waited = 0;
    uint64_t number = 0;
    double now = 0;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    for (int t = 0; t < ROUNDS; t++) {
        const kith_step *step = kith_plan_next(plan);
        size_t lost = 0, behind = 0;
        for (;; number++) { /* samples of which none is in time cost the timeout and are drawn anew */
            double lasts[N];
            size_t delivered = 0, counted = 0;
            for (size_t i = 0; i < N; i++) {
                const kith_span span = kith_timing_visit(timing, i, number);
                if (!span.lost) lasts[delivered++] = span.lasts;
            }
            for (size_t i = 0; i < delivered; i++)
                counted += lasts[i] <= p->timeout;
            counted = counted < m ? counted : m;
            lost += N - counted;
            behind += delivered - counted;
            if (counted < m) now += p->timeout;
            waited += counted < m;
            if (counted == 0) continue;
            assert_int_equal(step->count, counted);
            if (counted == m) now = step->arrival[m - 1].time;
            for (size_t k = 0; k < counted; k++)
                assert_true(step->arrival[k].number == number && step->arrival[k].time <= now + 1e-9);
            break;
        }
        number++;
        assert_close(step->time, now, 1e-12, 0);
        assert_int_equal(step->lost, lost);
        assert_int_equal(step->late, behind);
        late += step->late;
    }
    assert_true(late > ROUNDS / 20 && waited > ROUNDS / 20);
    kith_plan_close(plan);
    kith_timing_close(timing);
    kith_ctx_destroy(ctx);
}

static void rounds_wait_for_a_timeout(void **state)
{
    (void)state;
    kith_participation_config p = {.arrivals = 4,
                                   .oversample = 2,
                                   .timed = true,
                                   .dropout = 0.3,
                                   .timeout = 6,
                                   .compute = KITH_TIME_EXPONENTIAL,
                                   .compute_time = 1,
                                   .latency = 0.1};
    expect_rounds(&p);
    p.dropout = 0;
    p.timeout = 4;
    expect_rounds(&p);
    p.arrivals = 6;
    p.oversample = 0;
    p.dropout = 0.8;
    p.timeout = 3.5;
    expect_rounds(&p);
}

/* Without one the server is told: a round in which somebody vanished ends with the last that did or delivered. */
static void rounds_without_a_timeout_know_who_is_lost(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {
        .arrivals = 4, .timed = true, .dropout = 0.5, .compute = KITH_TIME_CONSTANT, .compute_time = 1};
    const kith_visit_plan_setup a = setup(&p, 4, 5);
    kith_visit_plan *plan = NULL;
    double before = 0;
    size_t shorter = 0;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    for (int t = 0; t < 100; t++) {
        const kith_step *step = kith_plan_next(plan);
        assert_int_equal(step->late, 0);
        assert_true(step->time - before >= 5 - 1e-9);
        shorter += step->count < 4;
        if (step->lost < 4) assert_close(step->time - before, 5, 1e-9, 0); /* else a whole sample vanished first */
        before = step->time;
    }
    assert_true(shorter > 50);
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

/* Oversampled learners whose messages are not waited for send them all the same, timed or not. */
static void what_is_thrown_away_was_sent(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    for (int timed = 0; timed < 2; timed++) {
        const kith_participation_config p = {
            .arrivals = 3, .oversample = 2, .timed = timed, .compute = KITH_TIME_EXPONENTIAL, .compute_time = 1};
        const kith_visit_plan_setup a = setup(&p, 9, 5);
        kith_visit_plan *plan = NULL;
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        for (int t = 0; t < 10; t++) {
            const kith_step *step = kith_plan_next(plan);
            assert_int_equal(step->late, 2);
            assert_int_equal(step->lost, 2);
        }
        kith_plan_close(plan);
    }
    kith_ctx_destroy(ctx);
}

/* All steps take alike, so that all who start together end together. Who is first, over many rounds, is each as often:
 * a count of ROUNDS / N is off by less than four standard deviations. */
static void ties_are_drawn(void **state)
{
    (void)state;
    enum { STEPS = 6000 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {
        .kind = KITH_PARTICIPATION_CLOCK, .arrivals = 2, .compute = KITH_TIME_CONSTANT, .compute_time = 1};
    const kith_visit_plan_setup a = setup(&p, N, 11);
    kith_visit_plan *plan = NULL;
    double first[N] = {0}, before[N] = {0};
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    for (int t = 0; t < STEPS; t++) {
        const kith_step *step = kith_plan_next(plan);
        for (size_t k = 0; k < 2; k++) {
            const size_t learner = step->arrival[k].learner;
            assert_close(step->arrival[k].time, before[learner] + 5, 1e-9, 0);
            before[learner] = step->arrival[k].time;
        }
        if (t % (N / 2) == 0) first[step->arrival[0].learner]++;
    }
    const double all = STEPS / (N / 2.0), mean = all / N;
    for (size_t i = 0; i < N; i++)
        assert_close(first[i], mean, 0, 4 * sqrt(mean * (1 - 1.0 / N)));
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

/* One place, and slots that begin for all at once: whoever is available next is drawn, too. */
static void ties_of_availability_are_drawn(void **state)
{
    (void)state;
    enum { STEPS = 6000 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                         .arrivals = 1,
                                         .concurrency = 1,
                                         .compute = KITH_TIME_CONSTANT,
                                         .compute_time = 0.19,
                                         .availability = KITH_AVAILABILITY_MARKOV,
                                         .available = 0.3,
                                         .slot = 1};
    const kith_visit_plan_setup a = setup(&p, N, 12);
    kith_visit_plan *plan = NULL;
    double starts[N] = {0}, all = 0;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    for (int t = 0; t < STEPS; t++) {
        const kith_step *step = kith_plan_next(plan);
        const double began = step->time - 5 * 0.19;
        if (fabs(began - round(began)) > 1e-6) continue;
        starts[step->arrival[0].learner]++;
        all++;
    }
    assert_true(all > 300);
    for (size_t i = 0; i < N; i++)
        assert_close(starts[i], all / N, 0, 4 * sqrt(all / N * (1 - 1.0 / N)));
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

static void hopeless_waits_are_refused_at_once(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_plan_extent extent;
    kith_participation_config p = {.arrivals = 10,
                                   .availability = KITH_AVAILABILITY_MARKOV,
                                   .available = 0.001,
                                   .slot = 1,
                                   .diurnal_period = 24,
                                   .diurnal_amplitude = 0.5};
    kith_visit_plan_setup a = setup(&p, 10, 5);
    assert_refused(ctx, kith_plan_measure(ctx, &a, 3, &extent), KITH_ECONFIG,
                   "the plan: participation.arrivals = 10: so many of 10 learners are as good as never available at "
                   "once (the chance is below 1e-30 at any time); ask for fewer, or set participation.short = take");
    p.availability = KITH_AVAILABILITY_DIURNAL;
    p.available = 0.1;
    a = setup(&p, 200, 5);
    p.arrivals = 100; /* exp(-200 (0.5 log(0.5 / 0.15) + 0.5 log(0.5 / 0.85))) */
    assert_refused(ctx, kith_plan_measure(ctx, &a, 3, &extent), KITH_ECONFIG,
                   "the plan: participation.arrivals = 100: so many of 200 learners are as good as never available at "
                   "once (the chance is below 6e-30 at any time); ask for fewer, or set participation.short = take");
    p.arrivals = 20;
    assert_ok(ctx, kith_plan_measure(ctx, &a, 3, &extent));
    p.arrivals = 100;
    p.shortage = KITH_SHORT_TAKE;
    assert_ok(ctx, kith_plan_measure(ctx, &a, 3, &extent));
    kith_ctx_destroy(ctx);
}

/* A visit takes 5 s of steps and 1 s of ways at least: no timeout below 6 s is ever met. */
static void timeouts_that_nobody_meets_are_refused(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_plan_extent extent;
    kith_participation_config p = {.arrivals = 3,
                                   .oversample = 1,
                                   .timed = true,
                                   .timeout = 5.999,
                                   .compute = KITH_TIME_CONSTANT,
                                   .compute_time = 1,
                                   .latency = 0.5};
    const kith_visit_plan_setup a = setup(&p, 4, 5);
    const char *refused = "the plan: participation.timeout = 5.999: round 0 waits in vain for anyone's message; "
                          "raise it, or make steps and links of [clock] quicker";
    assert_refused(ctx, kith_plan_measure(ctx, &a, 3, &extent), KITH_ECONFIG, refused);
    p.timeout = 6.001;
    assert_ok(ctx, kith_plan_measure(ctx, &a, 3, &extent));
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_wait_for_a_timeout),
        cmocka_unit_test(rounds_without_a_timeout_know_who_is_lost),
        cmocka_unit_test(what_is_thrown_away_was_sent),
        cmocka_unit_test(ties_are_drawn),
        cmocka_unit_test(ties_of_availability_are_drawn),
        cmocka_unit_test(hopeless_waits_are_refused_at_once),
        cmocka_unit_test(timeouts_that_nobody_meets_are_refused),
    };
    return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
