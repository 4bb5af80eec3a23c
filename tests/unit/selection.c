/* Who is chosen, on losses that stay as they are: draws against their law, within three standard errors. */
#include "support.h"

#include "engine/participation/select.h"

enum { N = 12, DRAWS = 40000, MOST = 64 };

static size_t ten_examples(const void *data, size_t learner)
{
    (void)data;
    (void)learner;
    return 10;
}

static const kith_local_config five_steps = {.batch = 5, .steps = 5};

/* A selection among `n` learners by weights (NULL: alike). */
typedef struct chooser {
    kith_ctx *ctx;
    kith_visit_plan_setup setup;
    kith_sampler *sampler;
    kith_timing *timing;
    kith_select *select;
    double times[MOST];
} chooser;

static void open_chooser(chooser *c, const kith_participation_config *p, size_t n, const double *weight)
{
    *c = (chooser){.ctx = kith_ctx_create()};
    c->setup = (kith_visit_plan_setup){
        .participation = p, .local = &five_steps, .learners = n, .seed = 5, .examples = ten_examples};
    assert_ok(c->ctx, kith_sampler_open(c->ctx, n, weight, &c->sampler));
    assert_ok(c->ctx, kith_timing_open(c->ctx, &c->setup, &c->timing));
    assert_ok(c->ctx, kith_select_open(c->ctx, &c->setup, c->sampler, c->timing, &c->select));
}

static void close_chooser(chooser *c)
{
    kith_select_close(c->select);
    kith_timing_close(c->timing);
    kith_sampler_close(c->sampler);
    kith_ctx_destroy(c->ctx);
}

/* How often each learner is among `count` that are drawn in that round. */
static void draw_many(chooser *c, uint64_t round, size_t count)
{
    uint32_t out[MOST];
    memset(c->times, 0, sizeof c->times);
    for (uint64_t k = 0; k < DRAWS; k++) {
        kith_stream s = kith_stream_at(5, KITH_FOR_PARTICIPATION, 0, k);
        assert_int_equal(kith_select_draw(c->select, &s, round, count, NULL, out), count);
        for (size_t i = 0; i < count; i++) {
            c->times[out[i]] += 1;
            for (size_t j = 0; j < i; j++)
                assert_int_not_equal(out[i], out[j]);
        }
    }
}

static void expect_share(const chooser *c, size_t learner, double p)
{
    const double slack = 3 * sqrt(p * (1 - p) / DRAWS);
    if (fabs(c->times[learner] / DRAWS - p) > slack + 1e-12)
        fail_msg("learner %zu: %g of draws, not %g +- %g", learner, c->times[learner] / DRAWS, p, slack);
}

static double choose(size_t n, size_t k)
{
    double ways = k <= n;
    for (size_t i = 0; i < k && k <= n; i++)
        ways = ways * (double)(n - i) / (double)(i + 1);
    return ways;
}

/* ---- power of choice ---- */

/* Whoever has `above` greater losses is chosen if at most m - 1 of those are among the other d - 1 candidates. */
static void rpow_d_takes_the_greatest_losses_of_candidates(void **state)
{
    (void)state;
    static const size_t d[] = {1, 4, 6, N}, m[] = {1, 1, 3, 2};
    for (size_t k = 0; k < 4; k++) {
        const kith_participation_config p = {.select = KITH_SELECT_RPOW_D, .candidates = (int64_t)d[k]};
        chooser c;
        open_chooser(&c, &p, N, NULL);
        for (size_t i = 0; i < N; i++)
            kith_select_tell(c.select, (5 * i) % N, 0, (double)((5 * i) % N)); /* the loss is the number */
        draw_many(&c, 1, m[k]);
        for (size_t i = 0; i < N; i++) {
            const size_t above = N - 1 - i;
            double ways = 0;
            for (size_t j = 0; j < m[k] && j < d[k]; j++)
                ways += choose(above, j) * choose(i, d[k] - 1 - j);
            expect_share(&c, i, ways / choose(N, d[k]));
        }
        close_chooser(&c);
    }
}

/* Candidates are drawn by weight. With d = 1 that is all; and an unseen one beats any loss. */
static void rpow_d_draws_candidates_by_weight(void **state)
{
    (void)state;
    const kith_participation_config p = {.select = KITH_SELECT_RPOW_D, .candidates = 1};
    const double weight[] = {1, 2, 3, 4};
    chooser c;
    open_chooser(&c, &p, 4, weight);
    draw_many(&c, 0, 1);
    for (size_t i = 0; i < 4; i++)
        expect_share(&c, i, weight[i] / 10);
    close_chooser(&c);
    const kith_participation_config all = {.select = KITH_SELECT_RPOW_D, .candidates = 4};
    open_chooser(&c, &all, 4, weight);
    for (size_t i = 0; i < 4; i++)
        if (i != 2) kith_select_tell(c.select, i, 0, 1e9);
    draw_many(&c, 1, 1);
    assert_true(c.times[2] == DRAWS);
    close_chooser(&c);
}

/* ---- by norm ---- */

static void norms_are_drawn_in_proportion(void **state)
{
    (void)state;
    const kith_participation_config p = {.select = KITH_SELECT_NORM};
    const double weight[] = {4, 1, 2, 1, 1, 0},
                 norm[] = {1, 3, 2, 6}; /* 4: unseen, as the greatest; 5: weighs nothing */
    double product[6] = {0}, sum = 0;
    chooser c;
    open_chooser(&c, &p, 6, weight);
    for (size_t i = 0; i < 4; i++)
        kith_select_tell(c.select, i, 0, norm[i]);
    for (size_t i = 0; i < 6; i++)
        sum += product[i] = weight[i] * (i < 4 ? norm[i] : 6);
    draw_many(&c, 1, 1);
    for (size_t i = 0; i < 6; i++)
        expect_share(&c, i, product[i] / sum);
    draw_many(&c, 1, 2); /* without replacement: the second among what is left */
    for (size_t i = 0; i < 6; i++) {
        double share = product[i] / sum;
        for (size_t j = 0; j < 6; j++)
            if (j != i) share += product[j] / sum * product[i] / (sum - product[j]);
        expect_share(&c, i, share);
    }
    close_chooser(&c);
}

/* ---- Oort ---- */

/* In round 0 nobody was away, ln 1 = 0. Of these .96 and more are near enough to the first. */
static void oort_draws_by_utility_near_the_top(void **state)
{
    (void)state;
    const kith_participation_config p = {.select = KITH_SELECT_OORT};
    const double value[] = {.10, .96, .50, .98, .94, 1};
    chooser c;
    open_chooser(&c, &p, 6, NULL);
    for (size_t i = 0; i < 6; i++)
        kith_select_tell(c.select, i, 0, value[i]);
    draw_many(&c, 0, 1);
    for (size_t i = 0; i < 6; i++)
        expect_share(&c, i, value[i] >= .95 ? value[i] / 2.94 : 0);
    close_chooser(&c);
}

/* Of 40 the two greatest are outliers, and count as the third. */
static void oort_clips_outliers(void **state)
{
    (void)state;
    const kith_participation_config p = {.select = KITH_SELECT_OORT};
    chooser c;
    open_chooser(&c, &p, 40, NULL);
    for (size_t i = 0; i < 40; i++)
        kith_select_tell(c.select, i, 0, i >= 37 ? pow(10, (double)(i - 35)) : 1);
    draw_many(&c, 0, 1);
    for (size_t i = 0; i < 40; i++)
        expect_share(&c, i, i >= 37 ? 1.0 / 3 : 0);
    close_chooser(&c);
}

/* (u + sqrt(0.1 ln R / L)) (T / t)^alpha, R and L counted from 1. Learners' times differ by their speeds. */
static void oort_favours_who_was_long_away_and_is_quick(void **state)
{
    (void)state;
    enum { FEW = 8 };
    const kith_participation_config p = {.select = KITH_SELECT_OORT,
                                         .timed = true,
                                         .compute_time = 1,
                                         .speed_sigma = 0.5,
                                         .preferred = 5,
                                         .penalty = 0.3};
    double utility[FEW], sum = 0, most = 0;
    size_t slow = 0, chosen = 0;
    chooser c;
    open_chooser(&c, &p, FEW, NULL);
    for (size_t i = 0; i < FEW; i++) {
        const uint64_t last = i * i;
        const double lasts = kith_timing_expected(c.timing, i), away = sqrt(0.1 * log(100) / (double)(last + 1));
        const double value = (i ? 1.7 : 1.0) * (lasts > 5 ? pow(lasts / 5, 0.3) : 1) - away + (i ? 0 : 0.7);
        kith_select_tell(c.select, i, last, value);
        utility[i] = (value + away) * (lasts > 5 ? pow(5 / lasts, 0.3) : 1);
        most = fmax(most, utility[i]);
        slow += lasts > 5;
    }
    assert_in_range(slow, 2, FEW - 2);
    for (size_t i = 0; i < FEW; i++)
        if (utility[i] >= 0.95 * most) sum += utility[i], chosen++;
    assert_in_range(chosen, 3, FEW);
    draw_many(&c, 99, 1);
    for (size_t i = 0; i < FEW; i++)
        expect_share(&c, i, utility[i] >= 0.95 * most ? utility[i] / sum : 0);
    close_chooser(&c);
}

/* The share of newcomers falls, and whom there is none of makes room for others. */
static void oort_explores(void **state)
{
    (void)state;
    const kith_participation_config p = {
        .select = KITH_SELECT_OORT, .explore = 1, .explore_decay = 0.5, .explore_least = 0.25};
    static const uint64_t rounds[] = {0, 1, 2, 9};
    static const size_t newcomers[] = {4, 2, 1, 1};
    const double weight[N] = {1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1};
    chooser c;
    open_chooser(&c, &p, N, weight);
    for (size_t i = 0; i < 6; i++)
        kith_select_tell(c.select, i, 0, 7);
    for (size_t k = 0; k < 4; k++) {
        double fresh = 0;
        draw_many(&c, rounds[k], 4);
        for (size_t i = 6; i < N; i++)
            fresh += c.times[i];
        assert_true(fresh == (double)newcomers[k] * DRAWS);
        if (newcomers[k] == 1)
            for (size_t i = 6; i < N; i++)
                expect_share(&c, i, i == 6 ? 3.0 / 8 : 1.0 / 8);
    }
    draw_many(&c, 9, 9); /* six are known, so three are not */
    draw_many(&c, 0, 9); /* and of the unknown there are six */
    close_chooser(&c);
}

/* ---- FedCS ---- */

static void fedcs_takes_who_ends_in_time(void **state)
{
    (void)state;
    kith_participation_config p = {.select = KITH_SELECT_FEDCS,
                                   .timed = true,
                                   .compute_time = 1,
                                   .speed_sigma = 0.7,
                                   .latency = 0.25,
                                   .candidates = N};
    uint32_t out[N];
    double lasts[N];
    chooser c;
    open_chooser(&c, &p, N, NULL);
    for (size_t i = 0; i < N; i++) {
        lasts[i] = kith_timing_expected(c.timing, i);
        assert_close(lasts[i], kith_timing_visit(c.timing, i, 3).lasts, 1e-12, 0); /* steps are constant here */
    }
    for (double before = 1; before < 20; before += 0.5) {
        kith_stream s = kith_stream_at(5, KITH_FOR_PARTICIPATION, 0, 0);
        size_t in_time = 0;
        for (size_t i = 0; i < N; i++)
            in_time += lasts[i] <= before;
        p.before = before;
        const size_t found = kith_select_draw(c.select, &s, 0, 5, NULL, out);
        assert_int_equal(found, in_time == 0 ? 1 : in_time < 5 ? in_time : 5);
        for (size_t k = 0; k < found; k++) {
            size_t quicker = 0;
            for (size_t i = 0; i < N; i++)
                quicker += lasts[i] < lasts[out[k]];
            assert_int_equal(quicker, k);
        }
    }
    close_chooser(&c);
}

/* ---- in a plan ---- */

/* What is reported decides who comes next, and a plan goes on from its lists. */
static void plans_follow_reports_and_go_on(void **state)
{
    (void)state;
    enum { ROUNDS = 60, CUT = 23 };
    const kith_participation_config p = {
        .select = KITH_SELECT_RPOW_D, .arrivals = 2, .candidates = 5, .dropout = 0.2, .timed = true, .compute_time = 1};
    const kith_visit_plan_setup a = {
        .participation = &p, .local = &five_steps, .learners = N, .seed = 8, .examples = ten_examples};
    kith_ctx *ctx = kith_ctx_create();
    kith_visit_plan *plan = NULL, *other = NULL;
    assert_ok(ctx, kith_plan_open(ctx, &a, &plan));
    assert_ok(ctx, kith_plan_open(ctx, &a, &other));
    for (uint64_t t = 0; t < ROUNDS; t++) {
        const kith_step *step = kith_plan_next(plan);
        if (t >= CUT) {
            const kith_step *again = kith_plan_next(other);
            assert_int_equal(again->round, t);
            assert_int_equal(again->count, step->count);
            assert_true(again->time == step->time && again->next == step->next && again->lost == step->lost);
            for (size_t k = 0; k < step->count; k++)
                assert_memory_equal(&again->arrival[k], &step->arrival[k], sizeof step->arrival[k]);
        }
        for (size_t k = 0; k < step->count; k++) {
            kith_plan_report(plan, k, sin((double)(t + step->arrival[k].learner)));
            if (t >= CUT) kith_plan_report(other, k, sin((double)(t + step->arrival[k].learner)));
        }
        if (t + 1 != CUT) continue;
        for (size_t list = 0; list < KITH_PLAN_LISTS; list++)
            memcpy(kith_plan_list(other, list), kith_plan_list(plan, list), N * 8);
        assert_int_equal(kith_plan_resume(other, CUT, step->time), N);
    }
    kith_plan_close(plan);
    kith_plan_close(other);
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rpow_d_takes_the_greatest_losses_of_candidates),
        cmocka_unit_test(rpow_d_draws_candidates_by_weight),
        cmocka_unit_test(norms_are_drawn_in_proportion),
        cmocka_unit_test(oort_draws_by_utility_near_the_top),
        cmocka_unit_test(oort_clips_outliers),
        cmocka_unit_test(oort_favours_who_was_long_away_and_is_quick),
        cmocka_unit_test(oort_explores),
        cmocka_unit_test(fedcs_takes_who_ends_in_time),
        cmocka_unit_test(plans_follow_reports_and_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
