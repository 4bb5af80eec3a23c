#include "traceworld.h"

enum { N = 40 };

/* p_i (1 + a sin(...)) averages to p_i over whole days while nothing is clipped; slots are independent. */
static void diurnal_learners_follow_the_day(void **state)
{
    (void)state;
    enum { DAY = 24, DAYS = 400 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.availability = KITH_AVAILABILITY_DIURNAL,
                                         .available = 0.4,
                                         .diurnal_period = DAY,
                                         .diurnal_amplitude = 0.8,
                                         .slot = 1};
    kith_availability *a = open_availability(ctx, &p, N); /* diurnal_phases = 0: one noon for all */
    double by_hour[DAY] = {0}, sum = 0;
    for (size_t i = 0; i < N; i++)
        for (int t = 0; t < DAY * DAYS; t++) {
            const bool on = kith_availability_at(a, i, t + 0.7);
            assert_int_equal(on, kith_availability_at(a, i, t + 0.1));
            by_hour[t % DAY] += on;
            sum += on;
        }
    double variance = 0;
    for (int h = 0; h < DAY; h++) {
        const double expected = 0.4 * (1 + 0.8 * sin(6.283185307179586 * h / DAY)), n = (double)N * DAYS;
        assert_close(by_hour[h] / n, expected, 0, 4 * sqrt(expected * (1 - expected) / n));
        variance += n * expected * (1 - expected);
    }
    assert_close(sum / (N * DAY * DAYS), 0.4, 0, 3 * sqrt(variance) / (N * DAY * DAYS));
    kith_availability_close(a);
    kith_ctx_destroy(ctx);
}

/* The stationary share is pi, and the lag-k correlation nu^k: the variance of a mean over T slots is
 * pi (1 - pi) / T * (1 + nu) / (1 - nu), nearly. */
static void markov_learners_are_a_chain(void **state)
{
    (void)state;
    enum { SLOTS = 20000 };
    const double pi = 0.3, nu = 0.8;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {
        .availability = KITH_AVAILABILITY_MARKOV, .available = pi, .stability = nu, .slot = 0.1};
    kith_availability *a = open_availability(ctx, &p, N), *b = open_availability(ctx, &p, N);
    double on = 0, stayed = 0, off = 0, came = 0;
    for (size_t i = 0; i < N; i++) {
        bool before = false;
        for (int t = 0; t < SLOTS; t++) {
            const bool now = kith_availability_at(a, i, (t + 0.5) * 0.1);
            if (t > 0 && before) stayed += now;
            if (t > 0 && !before) came += now;
            if (t > 0) (before ? &on : &off)[0] += 1;
            before = now;
        }
        /* any time may be asked for, in any order, with the same answer */
        for (int k = 0; k < 50; k++) {
            const int t = (k * 7919 + 13 * (int)i) % SLOTS;
            assert_int_equal(kith_availability_at(a, i, (t + 0.5) * 0.1), kith_availability_at(b, i, (t + 0.25) * 0.1));
        }
    }
    const double all = on + off;
    assert_close(on / all, pi, 0, 3 * sqrt(pi * (1 - pi) / all * (1 + nu) / (1 - nu)));
    const double keep = nu + (1 - nu) * pi, come = (1 - nu) * pi;
    assert_close(stayed / on, keep, 0, 3 * sqrt(keep * (1 - keep) / on));
    assert_close(came / off, come, 0, 3 * sqrt(come * (1 - come) / off));
    kith_availability_close(a);
    kith_availability_close(b);
    kith_ctx_destroy(ctx);
}

/* A slot's bounds are found again, though k * 0.1 / 0.1 may round below k. */
static void slots_begin_where_they_are_said_to(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {
        .availability = KITH_AVAILABILITY_MARKOV, .available = 0.5, .stability = 0.5, .slot = 0.1};
    kith_availability *a = open_availability(ctx, &p, 1);
    double time = 0;
    for (int k = 1; k < 100000; k++) {
        const double next = kith_availability_change(a, time);
        assert_true(next > time);
        assert_close(next, 0.1 * k, 1e-12, 0);
        time = next;
        if (k % 100 == 0) {
            const double from = kith_availability_from(a, 0, time);
            assert_true(from >= time && kith_availability_at(a, 0, from));
        }
    }
    kith_availability_close(a);
    kith_ctx_destroy(ctx);
}

/* Whoever arrives was available when the round began; a round waits, or takes those there are. */
static void cohorts_are_drawn_among_the_available(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    for (int take = 0; take < 2; take++)
        for (int kind = KITH_AVAILABILITY_DIURNAL; kind <= KITH_AVAILABILITY_MARKOV; kind++) {
            const kith_participation_config p = {.arrivals = 8,
                                                 .availability = kind,
                                                 .shortage = take ? KITH_SHORT_TAKE : KITH_SHORT_WAIT,
                                                 .available = 0.2,
                                                 .diurnal_period = 12,
                                                 .diurnal_amplitude = 0.5,
                                                 .diurnal_phases = 0.2,
                                                 .stability = 0.6,
                                                 .slot = 1};
            const kith_visit_plan_setup setup_of_it = setup(&p, &five_steps, N);
            kith_availability *a = open_availability(ctx, &p, N);
            kith_visit_plan *plan = NULL;
            assert_ok(ctx, kith_plan_open(ctx, &setup_of_it, &plan));
            double before = 0, waited = 0;
            size_t fewer = 0;
            for (int t = 0; t < 2000; t++) {
                const kith_step *step = kith_plan_next(plan);
                const double began = step->time - 1;
                size_t available = 0;
                bool seen[N] = {false};
                for (size_t i = 0; i < N; i++)
                    available += kith_availability_at(a, i, began);
                for (size_t k = 0; k < step->count; k++) {
                    assert_true(kith_availability_at(a, step->arrival[k].learner, began));
                    assert_false(seen[step->arrival[k].learner]);
                    seen[step->arrival[k].learner] = true;
                }
                if (take) {
                    assert_int_equal(step->count, available < 8 ? available : 8);
                } else {
                    assert_int_equal(step->count, 8);
                    assert_true(available >= 8);
                    for (double s = before; s < began; s++) {
                        size_t then = 0;
                        for (size_t i = 0; i < N; i++)
                            then += kith_availability_at(a, i, s);
                        assert_true(then < 8);
                    }
                }
                fewer += step->count < 8;
                waited += began - before;
                before = step->time;
            }
            if (take) assert_true(fewer > 200 && fewer < 1800);
            if (!take) assert_true(waited > 200);
            kith_plan_close(plan);
            kith_availability_close(a);
        }
    kith_ctx_destroy(ctx);
}

/* Weighted draws among the available, with replacement: each share is its weight over the weights of those
 * available. */
static void weights_count_among_the_available(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_STALENESS,
                                         .arrivals = 10,
                                         .replacement = true,
                                         .weights = KITH_LIKELY_POWER,
                                         .skew = 1,
                                         .availability = KITH_AVAILABILITY_TRACE,
                                         .trace = write_trace("0,0,2\n1,0,1\n2,1,2\n")};
    const kith_visit_plan_setup a = setup(&p, &five_steps, 3);
    kith_visit_plan *plan = NULL;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    double count[2][3] = {{0}};
    for (int t = 0; t < 4000; t++) {
        const kith_step *step = kith_plan_next(plan);
        for (size_t k = 0; k < step->count; k++)
            count[t % 2][step->arrival[k].learner]++;
    }
    assert_close(count[0][0], 20000 * 1.0 / 3, 0, 4 * sqrt(20000 * 2.0 / 9));
    assert_close(count[0][1], 20000 * 2.0 / 3, 0, 4 * sqrt(20000 * 2.0 / 9));
    assert_close(count[1][0], 20000 * 1.0 / 4, 0, 4 * sqrt(20000 * 3.0 / 16));
    assert_close(count[1][2], 20000 * 3.0 / 4, 0, 4 * sqrt(20000 * 3.0 / 16));
    assert_close(count[0][2] + count[1][1], 0, 0, 0);
    kith_plan_close(plan);
    kith_ctx_destroy(ctx);
}

/* Constant compute times and no links: a visit began K steps before it arrived, its learner was available then, and it
 * pulled the newest version of that moment. */
static void clock_visits_begin_when_learners_are_available(void **state)
{
    (void)state;
    enum { ROUNDS = 3000 };
    kith_ctx *ctx = kith_ctx_create();
    for (int concurrency = 0; concurrency <= 12; concurrency += 12) {
        const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                             .arrivals = 3,
                                             .concurrency = concurrency,
                                             .compute = KITH_TIME_CONSTANT,
                                             .compute_time = 0.2718281828,
                                             .speed_sigma = 0.3,
                                             .availability = KITH_AVAILABILITY_MARKOV,
                                             .available = concurrency ? 0.2 : 0.5,
                                             .stability = 0.7,
                                             .slot = 0.8};
        const kith_local_config local = {.batch = 5, .steps = 5, .steps_kind = KITH_STEPS_UNIFORM};
        const kith_visit_plan_setup setup_of_it = setup(&p, &local, N);
        kith_availability *a = open_availability(ctx, &p, N);
        kith_visit_plan *plan = NULL;
        double *made = calloc(ROUNDS, sizeof *made); /* when version t + 1 was made */
        assert_non_null(made);
        assert_ok(ctx, kith_plan_open(ctx, &setup_of_it, &plan));
        size_t unsure = 0, most = 0;
        for (int t = 0; t < ROUNDS; t++) {
            const kith_step *step = kith_plan_next(plan);
            made[t] = step->time;
            for (size_t k = 0; k < step->count; k++) {
                const kith_arrival *arrival = &step->arrival[k];
                kith_stream s = kith_stream_at(5, KITH_FOR_CLOCK, arrival->learner, UINT64_MAX);
                const double slowness = exp(0.3 * kith_draw_normal(&s)), eps = 1e-9 * (1 + arrival->time);
                const double began = arrival->time - 0.2718281828 * slowness * (double)arrival->steps;
                assert_true(kith_availability_at(a, arrival->learner, began + eps));
                assert_int_not_equal(step->slot[k], step->next);
                uint64_t version = arrival->version;
                if (version > 0) assert_true(made[version - 1] <= began + eps);
                if (made[version] < began + eps) unsure++;
                assert_true(made[version] >= began - eps);
            }
            size_t visits = 0;
            uint64_t aging = 0;
            kith_plan_underway(plan, &visits, &aging);
            if (visits > most) most = visits;
        }
        assert_true(unsure == 0);
        assert_true(concurrency ? most == 12 : most < N && most > N / 4);
        free(made);
        kith_plan_close(plan);
        kith_availability_close(a);
    }
    kith_ctx_destroy(ctx);
}

static void visits_drop_out_at_their_rate(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    kith_ctx *ctx = kith_ctx_create();
    for (int kind = KITH_PARTICIPATION_COHORT; kind <= KITH_PARTICIPATION_CLOCK; kind++) {
        const kith_participation_config p = {.kind = kind,
                                             .arrivals = 6,
                                             .staleness = 3,
                                             .dropout = 0.3,
                                             .compute_time = 1,
                                             .compute = KITH_TIME_EXPONENTIAL};
        const kith_visit_plan_setup a = setup(&p, &five_steps, N);
        kith_visit_plan *plan = NULL;
        kith_plan_extent extent;
        assert_ok(ctx, kith_plan_measure(ctx, &a, 100, &extent));
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        double arrived = 0, lost = 0;
        for (int t = 0; t < ROUNDS; t++) {
            const kith_step *step = kith_plan_next(plan);
            assert_in_range(step->count, 1, 6);
            if (kind == KITH_PARTICIPATION_CLOCK) assert_int_equal(step->count, 6);
            arrived += (double)step->count;
            lost += (double)step->lost;
        }
        assert_close(lost / (lost + arrived), 0.3, 0, 3 * sqrt(0.21 / (lost + arrived)));
        kith_plan_close(plan);
    }
    kith_ctx_destroy(ctx);
}

/* Exactly one of 0 to K - 1 steps is made by who vanishes, each as likely. */
static void vanishing_takes_part_of_a_visit(void **state)
{
    (void)state;
    enum { VISITS = 30000 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                         .arrivals = 1,
                                         .dropout = 0.5,
                                         .compute = KITH_TIME_CONSTANT,
                                         .compute_time = 2,
                                         .latency = 0.25,
                                         .bandwidth = 100,
                                         .bandwidth_up = 50};
    kith_visit_plan_setup a = setup(&p, &five_steps, 1);
    a.bytes_down = 300;
    a.bytes_up = 200;
    kith_timing *timing = NULL;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    double made[5] = {0}, lost = 0;
    for (uint64_t v = 0; v < VISITS; v++) {
        const kith_span span = kith_timing_visit(timing, 0, v);
        assert_int_equal(span.steps, 5);
        const double down = 0.25 + 3, up = 0.25 + 4;
        if (!span.lost) {
            assert_close(span.lasts, 10 + down + up, 0, 1e-12);
            continue;
        }
        const double steps = (span.lasts - down) / 2;
        assert_close(steps, round(steps), 0, 1e-12);
        assert_in_range((int)round(steps), 0, 4);
        made[(int)round(steps)]++;
        lost++;
    }
    assert_close(lost, VISITS / 2, 0, 3 * sqrt(VISITS / 4));
    for (int k = 0; k < 5; k++)
        assert_close(made[k], lost / 5, 0, 3.5 * sqrt(lost * 0.16));
    kith_timing_close(timing);
    kith_ctx_destroy(ctx);
}

/* As many steps as fit. With exponential steps of mean 1 s the number of whole steps in T is Poisson(T), and one is
 * made at the least. */
static void deadlines_bound_local_work(void **state)
{
    (void)state;
    enum { VISITS = 20000 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_local_config seconds = {.batch = 5, .steps = 1, .unit = KITH_UNIT_SECONDS, .deadline = 3.5};
    const kith_local_config capped = {.batch = 5, .steps = 2, .deadline = 3.5};
    kith_participation_config p = {.arrivals = 1, .compute = KITH_TIME_CONSTANT, .compute_time = 1};
    kith_visit_plan_setup a = setup(&p, &seconds, N);
    kith_timing *timing = NULL;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    assert_int_equal(kith_timing_visit(timing, 0, 0).steps, 3);
    kith_timing_close(timing);
    p.compute_time = 4;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    assert_int_equal(kith_timing_visit(timing, 0, 0).steps, 1);
    kith_timing_close(timing);
    a.local = &capped;
    p.compute_time = 1;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    assert_int_equal(kith_timing_visit(timing, 0, 0).steps, 2);
    kith_timing_close(timing);

    a.local = &seconds;
    p = (kith_participation_config){
        .kind = KITH_PARTICIPATION_CLOCK, .arrivals = 1, .compute = KITH_TIME_EXPONENTIAL, .compute_time = 1};
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    double sum = 0;
    for (uint64_t v = 0; v < VISITS; v++) {
        const kith_span span = kith_timing_visit(timing, v % N, v / N);
        sum += (double)span.steps;
        assert_true(span.steps == 1 || span.lasts <= 3.5 + 1e-12);
    }
    assert_close(sum / VISITS, 3.5 + exp(-3.5), 0, 3 * sqrt(3.5 / VISITS));
    kith_timing_close(timing);
    p.compute = KITH_TIME_CONSTANT;
    p.speed_sigma = 1;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    for (size_t i = 0; i < N; i++) {
        kith_stream s =
            kith_stream_at(5, KITH_FOR_CLOCK, i, UINT64_MAX); /* the documented stream of a learner's speed */
        const double fits = floor(3.5 / exp(kith_draw_normal(&s)));
        assert_int_equal(kith_timing_visit(timing, i, 7).steps, fits < 1 ? 1 : (size_t)fits);
    }
    kith_timing_close(timing);
    kith_ctx_destroy(ctx);
}

/* Learners' bandwidths are lognormal: the logarithms of their link times have this deviation. */
static void links_differ_between_learners(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    kith_ctx *ctx = kith_ctx_create();
    const kith_participation_config p = {.kind = KITH_PARTICIPATION_CLOCK,
                                         .arrivals = 1,
                                         .compute = KITH_TIME_CONSTANT,
                                         .compute_time = 1e-9,
                                         .bandwidth = 10,
                                         .bandwidth_down = 20,
                                         .link_sigma = 0.6};
    kith_visit_plan_setup a = setup(&p, &five_steps, MANY);
    a.bytes_down = a.bytes_up = 100;
    kith_timing *timing = NULL;
    assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
    double sum = 0, squares = 0;
    for (size_t i = 0; i < MANY; i++) {
        const double l = log(kith_timing_visit(timing, i, 0).lasts / 15);
        sum += l;
        squares += l * l;
    }
    assert_close(sum / MANY, 0, 0, 3 * 0.6 / sqrt(MANY));
    assert_close(squares / MANY, 0.36, 0, 3 * 0.36 * sqrt(2.0 / MANY));
    kith_timing_close(timing);
    kith_ctx_destroy(ctx);
}

/* A round lasts as long as its slowest visit; with oversampling as its m-th fastest. Spans are asked of another
 * timing. */
static void timed_rounds_last_as_long_as_their_visits(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    for (int oversample = 0; oversample <= 4; oversample += 4) {
        const kith_participation_config p = {.arrivals = 4,
                                             .oversample = oversample,
                                             .timed = true,
                                             .compute = KITH_TIME_EXPONENTIAL,
                                             .compute_time = 1,
                                             .speed_sigma = 0.5,
                                             .latency = 0.1};
        const kith_visit_plan_setup a = setup(&p, &five_steps, 8);
        kith_visit_plan *plan = NULL;
        kith_timing *timing = NULL;
        assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
        assert_ok(ctx, kith_timing_open(ctx, &a, &timing));
        double before = 0;
        for (uint64_t t = 0; t < 500; t++) {
            const kith_step *step = kith_plan_next(plan);
            double slowest = 0;
            assert_int_equal(step->count, 4);
            assert_int_equal(step->lost, oversample);
            for (size_t k = 0; k < 4; k++) {
                const kith_arrival *arrival = &step->arrival[k];
                const double lasts = kith_timing_visit(timing, arrival->learner, arrival->number).lasts;
                assert_close(arrival->time, before + lasts, 1e-12, 0);
                assert_true(k == 0 || arrival->time >= step->arrival[k - 1].time);
                slowest = fmax(slowest, lasts);
            }
            if (oversample) { /* all eight are sampled: exactly four are at least as fast as the last that counts */
                size_t faster = 0;
                for (size_t i = 0; i < 8; i++)
                    faster += kith_timing_visit(timing, i, t).lasts <= slowest;
                assert_int_equal(faster, 4);
            }
            assert_close(step->time, before + slowest, 1e-12, 0);
            before = step->time;
        }
        kith_plan_close(plan);
        kith_timing_close(timing);
    }
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diurnal_learners_follow_the_day),
        cmocka_unit_test(markov_learners_are_a_chain),
        cmocka_unit_test(slots_begin_where_they_are_said_to),
        cmocka_unit_test(cohorts_are_drawn_among_the_available),
        cmocka_unit_test(weights_count_among_the_available),
        cmocka_unit_test(clock_visits_begin_when_learners_are_available),
        cmocka_unit_test(visits_drop_out_at_their_rate),
        cmocka_unit_test(vanishing_takes_part_of_a_visit),
        cmocka_unit_test(deadlines_bound_local_work),
        cmocka_unit_test(links_differ_between_learners),
        cmocka_unit_test(timed_rounds_last_as_long_as_their_visits),
    };
    return cmocka_run_group_tests_name("availability", tests, NULL, NULL);
}
