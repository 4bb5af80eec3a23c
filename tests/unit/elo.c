#include "support.h"

#include "rl/elo.h"

#include <math.h>

static kith_ctx *ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = kith_ctx_create();
    return ctx ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kith_ctx_destroy(ctx);
    return 0;
}

enum { MOST = 4 };

typedef struct table {
    double points[MOST * MOST], rating[MOST], half[MOST];
    kith_elo elo;
} table;

static kith_elo *fit(table *t, size_t count, double prior, size_t anchor)
{
    t->elo = (kith_elo){count, t->points, prior, anchor, t->rating, t->half};
    assert_ok(ctx, kith_elo_fit(ctx, &t->elo));
    return &t->elo;
}

/* Two players: the odds are those of the points, and the variance of a log odds is 1 / n p q. */
static void two_players_have_the_odds_of_their_points(void **state)
{
    (void)state;
    static const double cases[][2] = {{75, 25}, {1, 99}, {10.5, 9.5}, {3, 3}};
    for (size_t k = 0; k < 4; k++) {
        const double w = cases[k][0], l = cases[k][1], n = w + l;
        table t = {.points = {0, w, l, 0}};
        fit(&t, 2, 0, 1);
        assert_close(t.rating[0], 400 * log10(w / l), 1e-9, 1e-9);
        assert_close(t.rating[1], 0, 0, 0);
        assert_close(t.half[0], 1.959964 * 400 / log(10) * sqrt(n / (w * l)), 1e-6, 0);
        assert_close(t.half[1], 0, 0, 0);
    }
}

/* Points that the ratings themselves predict are fitted by them. */
static void predicted_points_give_the_ratings_back(void **state)
{
    (void)state;
    static const double truth[MOST] = {-130, 0, 410, 77};
    table t = {.points = {0}};
    for (size_t i = 0; i < MOST; i++)
        for (size_t j = 0; j < MOST; j++)
            t.points[i * MOST + j] = (double)(10 * (1 + i) * (1 + j)) / (1 + pow(10, (truth[j] - truth[i]) / 400));
    fit(&t, MOST, 0, 1);
    for (size_t i = 0; i < MOST; i++)
        assert_close(t.rating[i], truth[i], 0, 1e-6);
}

static void a_circle_is_level(void **state)
{
    (void)state;
    table t = {.points = {0, 30, 10, 10, 0, 30, 30, 10, 0}};
    fit(&t, 3, 1, 2);
    for (size_t i = 0; i < 3; i++)
        assert_close(t.rating[i], 0, 0, 1e-9);
    assert_close(t.half[0], t.half[1], 1e-9, 0);
    assert_true(t.half[0] > 40 && t.half[0] < 200);
}

/* The order of players changes the order of ratings and nothing else. */
static void players_may_come_in_any_order(void **state)
{
    (void)state;
    static const size_t other[MOST] = {2, 0, 3, 1};
    table t = {.points = {0, 9, 4, 20, 1, 0, 13, 2, 16, 7, 0, 5, 0, 8, 5, 0}}, moved = {.points = {0}};
    for (size_t i = 0; i < MOST; i++)
        for (size_t j = 0; j < MOST; j++)
            moved.points[other[i] * MOST + other[j]] = t.points[i * MOST + j];
    fit(&t, MOST, 1, 0);
    fit(&moved, MOST, 1, other[0]);
    for (size_t i = 0; i < MOST; i++) {
        assert_close(moved.rating[other[i]], t.rating[i], 0, 1e-7);
        assert_close(moved.half[other[i]], t.half[i], 1e-9, 0);
    }
    assert_true(fabs(t.rating[1]) > 5);
}

/* The top is where the slope is 0: with one drawn game beside n won ones, the odds are (n + 1/2) : 1/2. */
static void an_unbeaten_player_stays_finite(void **state)
{
    (void)state;
    table t = {.points = {0, 100, 0, 0}};
    fit(&t, 2, 1, 1);
    assert_close(t.rating[0], 400 * log10(100.5 / 0.5), 1e-9, 0);
    assert_true(isfinite(t.half[0]) && t.half[0] > 400);
    t.elo.prior = 0;
    assert_refused(
        ctx, kith_elo_fit(ctx, &t.elo), KITH_EUSAGE,
        "Elo: the ratings have no finite optimum; without a prior everybody must have taken points of somebody, "
        "and be joined to all others by games; give --prior");
}

/* Against differences, away from the top. */
static void the_slope_is_that_of_the_likelihood(void **state)
{
    (void)state;
    table t = {.points = {0, 9, 4, 20, 1, 0, 13, 2, 16, 7, 0, 5, 0, 8, 5, 0}};
    const kith_elo elo = {MOST, t.points, 1.5, 0, t.rating, t.half};
    double at[MOST] = {40, -300, 120, 15}, slope[MOST];
    kith_elo_likelihood(&elo, at, slope);
    for (size_t i = 0; i < MOST; i++) {
        const double was = at[i], d = 1e-3;
        at[i] = was + d;
        const double up = kith_elo_likelihood(&elo, at, NULL);
        at[i] = was - d;
        const double down = kith_elo_likelihood(&elo, at, NULL);
        at[i] = was;
        assert_close(slope[i], (up - down) / (2 * d), 1e-6, 1e-9);
    }
}

/* Many results of all sizes, in which some never lose: every fit comes to rest, where the slope is 0. */
static void every_fit_settles(void **state)
{
    (void)state;
    unsigned random = 1;
    for (int k = 0; k < 2000; k++) {
        table t = {.points = {0}};
        for (size_t i = 0; i < MOST * MOST; i++) {
            random = random * 1664525u + 1013904223u;
            t.points[i] = random >> 30 ? pow(10, k % 7) * ((random >> 16) % 60) / 2 : 0;
        }
        double slope[MOST], sum = 0;
        const kith_elo *elo = fit(&t, 2 + (size_t)k % 3, 1, 0);
        kith_elo_likelihood(elo, t.rating, slope);
        for (size_t i = 0; i < elo->count * elo->count; i++)
            sum += t.points[i];
        for (size_t i = 0; i < elo->count; i++)
            assert_close(slope[i], 0, 0, 1e-9 * (1 + sum));
    }
}

static void one_player_is_the_anchor(void **state)
{
    (void)state;
    table t = {.points = {7}};
    fit(&t, 1, 1, 0);
    assert_close(t.rating[0], 0, 0, 0);
    assert_close(t.half[0], 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_players_have_the_odds_of_their_points, set_up, tear_down),
        cmocka_unit_test_setup_teardown(predicted_points_give_the_ratings_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_circle_is_level, set_up, tear_down),
        cmocka_unit_test_setup_teardown(players_may_come_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unbeaten_player_stays_finite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_slope_is_that_of_the_likelihood, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_fit_settles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_player_is_the_anchor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
