#include "base/stop.h"
#include "support.h"

#include "engine/participation/participation.h"

static size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static kith_visit_plan_setup setup(const kith_participation_config *p, const kith_local_config *local, size_t learners)
{
    return (kith_visit_plan_setup){
        .participation = p, .local = local, .learners = learners, .seed = 5, .examples = ten_examples};
}

static const kith_local_config five_steps = {.lr = 0.1, .batch = 4, .steps = 5};

static void cohorts_are_distinct_and_fresh(void **state)
{
    (void)state;
    static const size_t learners[] = {7, 40, 1000}; /* by shuffling, by rejection */
    for (size_t k = 0; k < 3; k++) {
        const kith_participation_config p = {.kind = KITH_PARTICIPATION_COHORT, .arrivals = 7};
        const kith_visit_plan_setup a = setup(&p, &five_steps, learners[k]);
        kith_ctx *ctx = kith_ctx_create();
        kith_visit_plan *plan = NULL;
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        double drawn = 0;
        for (uint64_t t = 0; t < 2000; t++) {
            const kith_step *step = kith_plan_next(plan);
            assert_int_equal(step->round, t);
            for (size_t i = 0; i < 7; i++) {
                assert_true(step->arrival[i].learner < learners[k]);
                assert_int_equal(step->arrival[i].staleness, 0);
                assert_int_equal(step->slot[i], step->current);
                drawn += (double)step->arrival[i].learner;
                for (size_t j = 0; j < i; j++)
                    assert_int_not_equal(step->arrival[i].learner, step->arrival[j].learner);
            }
        }
        const double n = (double)learners[k];
        assert_close(drawn / 14000, (n - 1) / 2, 0, 5 * n / sqrt(12.0 * 14000));
        kith_plan_close(plan);
        kith_ctx_destroy(ctx);
    }
}

/* Successive sampling: the first of two drawn is learner i with probability w_i, the second with sum_j w_j w_i / (1 -
 * w_j). */
static void weighted_draws_without_replacement(void **state)
{
    (void)state;
    enum { N = 12, DRAWS = 40000 };
    kith_ctx *ctx = kith_ctx_create();
    double weight[N], sum = 0;
    for (int i = 0; i < N; i++)
        sum += weight[i] = i == 0 ? 60 : i;
    for (int count = 2; count <= 6; count += 4) { /* by rejection, by exponential clocks */
        kith_sampler *sampler = NULL;
        assert_ok(ctx, kith_sampler_open(ctx, N, weight, &sampler));
        kith_stream stream = kith_stream_at(1, KITH_FOR_PARTICIPATION, 0, 0);
        double second[N] = {0}, first[N] = {0};
        uint32_t out[6];
        for (int k = 0; k < DRAWS; k++) {
            kith_sampler_draw(sampler, &stream, false, (size_t)count, NULL, out);
            first[out[0]]++;
            second[out[1]]++;
        }
        for (int i = 0; i < N; i++) {
            double expected = 0;
            for (int j = 0; j < N; j++)
                if (j != i) expected += weight[j] / sum * weight[i] / (sum - weight[j]);
            assert_close(first[i] / DRAWS, weight[i] / sum, 0, 5 * sqrt(0.25 / DRAWS));
            assert_close(second[i] / DRAWS, expected, 0, 5 * sqrt(0.25 / DRAWS));
        }
        kith_sampler_close(sampler);
    }
    kith_ctx_destroy(ctx);
}

static void staleness_is_uniform_over_the_last_versions(void **state)
{
    (void)state;
    const kith_participation_config p = {
        .kind = KITH_PARTICIPATION_STALENESS, .arrivals = 10, .staleness = 5, .replacement = true};
    const kith_visit_plan_setup a = setup(&p, &five_steps, 3);
    kith_ctx *ctx = kith_ctx_create();
    kith_visit_plan *plan = NULL;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    int seen[5] = {0};
    for (uint64_t t = 0; t < 4000; t++) {
        const kith_step *step = kith_plan_next(plan);
        for (size_t i = 0; i < 10; i++) {
            const kith_arrival *arrival = &step->arrival[i];
            assert_true(arrival->version <= t && arrival->staleness < 5);
            assert_int_equal(arrival->version + arrival->staleness, t);
            assert_int_not_equal(step->slot[i], step->next);
            if (t >= 5) seen[arrival->staleness]++;
        }
    }
    for (int k = 0; k < 5; k++)
        assert_close(seen[k], 8000, 0, 5 * sqrt(8000));
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

static void constant_delay_waits_for_its_versions(void **state)
{
    (void)state;
    const kith_participation_config p = {
        .kind = KITH_PARTICIPATION_STALENESS, .arrivals = 1, .staleness = 4, .delay = KITH_DELAY_CONSTANT};
    const kith_visit_plan_setup a = setup(&p, &five_steps, 1);
    kith_ctx *ctx = kith_ctx_create();
    kith_visit_plan *plan = NULL;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    for (uint64_t t = 0; t < 50; t++) {
        const kith_step *step = kith_plan_next(plan);
        assert_int_equal(step->arrival[0].version, t < 4 ? 0 : t - 4);
    }
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

static void local_steps(void **state)
{
    (void)state;
    const kith_participation_config p = {.arrivals = 1};
    const kith_local_config uniform = {.batch = 4, .steps = 5, .steps_kind = KITH_STEPS_UNIFORM};
    const kith_local_config epochs = {.batch = 4, .steps = 2, .unit = KITH_UNIT_EPOCHS};
    kith_visit_plan_setup a = setup(&p, &uniform, 100);
    double count[11] = {0};
    for (size_t i = 0; i < 100; i++)
        for (uint64_t v = 0; v < 200; v++) {
            const size_t k = kith_plan_steps(&a, i, v);
            assert_in_range(k, 1, 10);
            count[k]++;
        }
    for (int k = 1; k <= 10; k++)
        assert_close(count[k], 2000, 0, 5 * sqrt(2000 * 0.9));
    a.local = &epochs;
    assert_int_equal(kith_plan_steps(&a, 0, 0), 6); /* two passes of ceil(10 / 4) batches */
    a.local = &five_steps;
    assert_int_equal(kith_plan_steps(&a, 0, 0), 5);
}

/* Every step leaves M - 1 visits under way that pulled before it (M - m where deliverers wait), each of which ages by
 * one; so with those still under way counted, the mean staleness is (M - 1)/m exactly, whatever the speeds. */
static void clock_staleness_is_an_identity(void **state)
{
    (void)state;
    static const int kinds[] = {KITH_TIME_CONSTANT, KITH_TIME_EXPONENTIAL, KITH_TIME_LOGNORMAL, KITH_TIME_HALF_NORMAL,
                                KITH_TIME_UNIFORM};
    enum { M = 30, ARRIVALS = 4, ROUNDS = 3000 };
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < 5; k++)
        for (int wait = 0; wait < 2; wait++) {
            const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                                 .arrivals = ARRIVALS,
                                                 .compute = kinds[k],
                                                 .compute_time = 0.3,
                                                 .compute_sigma = 0.8,
                                                 .speed_sigma = 0.5,
                                                 .wait = wait};
            const kith_visit_plan_setup a = setup(&p, &five_steps, M);
            kith_visit_plan *plan = NULL;
            assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
            uint64_t stale = 0, aging = 0;
            double before = 0;
            size_t visits = 0;
            for (int t = 0; t < ROUNDS; t++) {
                const kith_step *step = kith_plan_next(plan);
                assert_true(step->time >= before);
                before = step->time;
                for (size_t i = 0; i < ARRIVALS; i++) {
                    stale += step->arrival[i].staleness;
                    assert_int_not_equal(step->slot[i], step->next);
                }
            }
            kith_plan_underway(plan, &visits, &aging);
            assert_int_equal(visits, M);
            assert_int_equal(stale + aging, (uint64_t)ROUNDS * (wait ? M - ARRIVALS : M - 1));
            kith_plan_close(plan);
        }
    kith_ctx_destroy(ctx);
}

/* Always-busy learners arrive in proportion to their rates, lambda_i / sum of lambda, and the mean staleness of what
 * arrives tends to (M - 1)/m, whatever a step's time is distributed like. */
static void clock_shares_follow_speeds(void **state)
{
    (void)state;
    enum { M = 8, ROUNDS = 40000 };
    static const int kinds[] = {KITH_TIME_CONSTANT, KITH_TIME_EXPONENTIAL, KITH_TIME_LOGNORMAL};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < 3; k++) {
        const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                             .arrivals = 2,
                                             .compute = kinds[k],
                                             .compute_time = 1,
                                             .compute_sigma = 0.8,
                                             .speed_sigma = 0.7};
        const kith_visit_plan_setup a = setup(&p, &five_steps, M);
        kith_visit_plan *plan = NULL;
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        double arrivals[M] = {0}, rate[M], sum = 0, staleness = 0;
        for (int t = 0; t < ROUNDS; t++) {
            const kith_step *step = kith_plan_next(plan);
            for (size_t i = 0; i < 2; i++) {
                arrivals[step->arrival[i].learner]++;
                staleness += (double)step->arrival[i].staleness;
            }
        }
        for (int i = 0; i < M; i++) {
            /* the documented stream of a learner's speed */
            kith_stream s = kith_stream_at(5, KITH_FOR_CLOCK, (uint64_t)i, UINT64_MAX);
            sum += rate[i] = 1.0 / exp(0.7 * kith_draw_normal(&s));
        }
        for (int i = 0; i < M; i++)
            assert_close(arrivals[i] / (2.0 * ROUNDS), rate[i] / sum, 0.05, 0);
        assert_close(staleness / (2.0 * ROUNDS), (M - 1) / 2.0, 0.01, 0);
        kith_plan_close(plan);
    }
    kith_ctx_destroy(ctx);
}

/* Slots: no step overwrites a version that a later arrival starts from. */
static void slots_keep_versions_while_they_are_needed(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config kinds[] = {
        {.kind = KITH_PARTICIPATION_COHORT, .arrivals = 3},
        {.kind = KITH_PARTICIPATION_STALENESS, .arrivals = 3, .staleness = 5},
        {.kind = KITH_PARTICIPATION_STALENESS, .arrivals = 3, .staleness = 0},
        {.kind = KITH_PARTICIPATION_STALENESS, .arrivals = 3, .staleness = 3, .delay = KITH_DELAY_CONSTANT},
        {.kind = KITH_PARTICIPATION_CLOCK,
         .arrivals = 3,
         .compute = KITH_TIME_LOGNORMAL,
         .compute_sigma = 2,
         .compute_time = 1},
        {.kind = KITH_PARTICIPATION_CLOCK,
         .arrivals = 3,
         .concurrency = 4,
         .compute = KITH_TIME_EXPONENTIAL,
         .compute_time = 1},
        {.kind = KITH_PARTICIPATION_CLOCK, .arrivals = 3, .concurrency = 4, .wait = true, .compute_time = 1},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const kith_visit_plan_setup a = setup(&kinds[k], &five_steps, 20);
        kith_visit_plan *plan = NULL;
        kith_plan_extent extent;
        assert_ok(ctx, kith_plan_measure(ctx, &a, 1000, &extent));
        assert_true(extent.slots >= 2 && extent.slots <= 25);
        assert_true(extent.seen <= 20);
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        uint64_t held[64] = {0}; /* the version in each slot */
        for (uint64_t t = 0; t < 1000; t++) {
            const kith_step *step = kith_plan_next(plan);
            assert_int_equal(held[step->current], t);
            for (size_t i = 0; i < step->count; i++)
                assert_int_equal(held[step->slot[i]], step->arrival[i].version);
            assert_int_not_equal(step->current, step->next);
            assert_true(step->next < extent.slots);
            held[step->next] = t + 1;
        }
        kith_plan_close(plan);
    }
    kith_ctx_destroy(ctx);
}

static bool always(void)
{
    return true;
}

/* However many rounds there are, drawing ends when nothing can be added; where that is never sure, it can be
 * stopped. */
static void many_rounds_are_not_drawn(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config kinds[] = {
        {.kind = KITH_PARTICIPATION_COHORT, .arrivals = 3},
        {.kind = KITH_PARTICIPATION_STALENESS, .arrivals = 3, .staleness = 5, .replacement = true},
    };
    const kith_participation_config clock = {.kind = KITH_PARTICIPATION_CLOCK, .arrivals = 3, .compute_time = 1};
    kith_plan_extent extent;
    for (size_t k = 0; k < 2; k++) {
        const kith_visit_plan_setup a = setup(&kinds[k], &five_steps, 20);
        assert_ok(ctx, kith_plan_measure(ctx, &a, UINT64_C(1) << 60, &extent));
        assert_int_equal(extent.seen, 20);
        assert_int_equal(extent.slots, k ? 6 : 2);
    }
    kith_visit_plan_setup a = setup(&clock, &five_steps, 20);
    kith_stop_by(always);
    kith_stop_patience(0.0);
    assert_ok(ctx, kith_plan_measure(ctx, &a, 4000, &extent));
    assert_refused(ctx, kith_plan_measure(ctx, &a, UINT64_C(1) << 60, &extent), KITH_ESTOPPED, "stopped");
    kith_stop_by(NULL);
    kith_ctx_destroy(ctx);
}

static kith_status ignore(void *arg, const char *name, const double *value, size_t bins)
{
    (void)name, (void)value, (void)bins;
    ++*(int *)arg;
    return KITH_OK;
}

static void counting_who_took_part_can_be_stopped(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_COHORT, .arrivals = 3};
    kith_visit_plan_setup a = setup(&p, &five_steps, 20);
    int told = 0;
    kith_stop_by(always);
    kith_stop_patience(0.0);
    assert_ok(ctx, kith_plan_histograms(ctx, &a, 4000, ignore, &told));
    assert_int_equal(told, 2);
    assert_refused(ctx, kith_plan_histograms(ctx, &a, UINT64_C(1) << 60, ignore, &told), KITH_ESTOPPED, "stopped");
    kith_stop_by(NULL);
    assert_int_equal(told, 2);
    kith_ctx_destroy(ctx);
}

static void impossible_plans_are_refused(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_visit_plan *plan = NULL;
    kith_sampler *sampler = NULL;
    kith_participation_config p = {.kind = KITH_PARTICIPATION_COHORT, .arrivals = 11};
    kith_visit_plan_setup a = setup(&p, &five_steps, 10);
    assert_refused(ctx, kith_plan_open(ctx, &a, &plan), KITH_ECONFIG,
                   "the plan: participation.arrivals = 11 is more than the 10 learners that can be drawn without "
                   "replacement; use at most 10");
    p = (kith_participation_config){.kind = KITH_PARTICIPATION_CLOCK, .arrivals = 5, .concurrency = 4, .wait = true};
    assert_refused(
        ctx, kith_plan_open(ctx, &a, &plan), KITH_ECONFIG,
        "the plan: participation.arrivals = 5 is more than the 4 learners that are busy at a time (wait = yes); "
        "use at most 4");
    p = (kith_participation_config){.kind = KITH_PARTICIPATION_CLOCK, .arrivals = 5, .concurrency = 14};
    assert_refused(ctx, kith_plan_open(ctx, &a, &plan), KITH_ECONFIG,
                   "participation.concurrency = 14 is more than run.learners = 10");
    const double negative[] = {1, -2}, zero[] = {0, 0};
    assert_refused(ctx, kith_sampler_open(ctx, 2, negative, &sampler), KITH_ECONFIG,
                   "participation: the weight of learner 1 is -2; weights must be finite and >= 0");
    assert_refused(ctx, kith_sampler_open(ctx, 2, zero, &sampler), KITH_ECONFIG,
                   "participation: the learners' weights sum to 0; some must be positive");
    assert_null(plan);
    assert_null(sampler);
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cohorts_are_distinct_and_fresh),
        cmocka_unit_test(weighted_draws_without_replacement),
        cmocka_unit_test(staleness_is_uniform_over_the_last_versions),
        cmocka_unit_test(constant_delay_waits_for_its_versions),
        cmocka_unit_test(local_steps),
        cmocka_unit_test(clock_staleness_is_an_identity),
        cmocka_unit_test(clock_shares_follow_speeds),
        cmocka_unit_test(slots_keep_versions_while_they_are_needed),
        cmocka_unit_test(many_rounds_are_not_drawn),
        cmocka_unit_test(counting_who_took_part_can_be_stopped),
        cmocka_unit_test(impossible_plans_are_refused),
    };
    return cmocka_run_group_tests_name("participation", tests, NULL, NULL);
}
