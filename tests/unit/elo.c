#include "support.h"

#include "rl/elo.h"
#include "rl/interval.h"

#include <kith/random.h>

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
    double points[MOST * MOST], drawn[MOST * MOST], rating[MOST], half[MOST];
    kith_elo elo;
} table;

static kith_elo *fit(table *t, size_t count, double prior, size_t anchor)
{
    t->elo = (kith_elo){count, t->points, t->drawn, prior, anchor, t->rating, t->half};
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
    const kith_elo elo = {MOST, t.points, t.drawn, 1.5, 0, t.rating, t.half};
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

/* ---- how often intervals hold the truth ---- */

/* Of so many games each is drawn with that chance; else the first wins with chance q. */
typedef struct chances {
    double drawn, q;
} chances;

static void play(kith_stream *stream, const chances *c, size_t games, double *won, double *drawn)
{
    *won = *drawn = 0;
    for (size_t k = 0; k < games; k++) {
        if (kith_draw_uniform(stream) < c->drawn)
            *drawn += 1;
        else
            *won += kith_draw_uniform(stream) < c->q;
    }
}

static double rating_of(const chances *c)
{
    const double share = (1 - c->drawn) * c->q + c->drawn / 2;
    return 400 * log10(share / (1 - share));
}

static const double drawn_shares[] = {0, 0.1, 0.3, 0.6, 0.9}, skills[] = {0.5, 0.64, 0.76, 0.91, 0.95};
enum { GRID = 5, TIMES = 4000 };

/* The greatest distance of a coverage from 95 % that 4,000 trials of a true 94 to 96 % leave likely. */
static void expect_coverage(size_t held)
{
    const double share = (double)held / TIMES;
    if (share < 0.93 || share > 0.97) print_error("coverage %g\n", share);
    assert_true(share >= 0.93 && share <= 0.97);
}

static void ratings_of_two_are_covered(void **state)
{
    (void)state;
    static const size_t games[] = {100, 400};
    kith_stream stream = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    for (size_t g = 0; g < 2; g++)
        for (size_t d = 0; d < GRID; d++)
            for (size_t q = 0; q < GRID; q++) {
                const chances c = {drawn_shares[d], skills[q]};
                size_t held = 0;
                for (int k = 0; k < TIMES; k++) {
                    double won, drawn;
                    play(&stream, &c, games[g], &won, &drawn);
                    const double first = won + drawn / 2;
                    table t = {.points = {0, first, (double)games[g] - first, 0}, .drawn = {0, drawn, drawn, 0}};
                    fit(&t, 2, 1, 1);
                    held += fabs(t.rating[0] - rating_of(&c)) <= t.half[0];
                }
                expect_coverage(held);
            }
}

/* Four players, all against all; draws are as common as the share says, and points as ratings predict them. */
static void ratings_of_four_are_covered(void **state)
{
    (void)state;
    static const double truth[MOST] = {0, 120, -80, 210};
    enum { GAMES = 60 };
    kith_stream stream = kith_stream_at(4, KITH_FOR_PLUGIN, 0, 0);
    for (size_t d = 0; d < GRID; d++) {
        size_t held[MOST] = {0};
        for (int k = 0; k < TIMES; k++) {
            table t = {.points = {0}};
            for (size_t i = 0; i < MOST; i++)
                for (size_t j = 0; j < i; j++) {
                    const double share = 1 / (1 + pow(10, (truth[j] - truth[i]) / 400));
                    const double most = 2 * fmin(share, 1 - share), drawn = fmin(drawn_shares[d], 0.9 * most);
                    const chances c = {drawn, (share - drawn / 2) / (1 - drawn)};
                    double won, level;
                    play(&stream, &c, GAMES, &won, &level);
                    t.points[i * MOST + j] = won + level / 2;
                    t.points[j * MOST + i] = GAMES - won - level / 2;
                    t.drawn[i * MOST + j] = t.drawn[j * MOST + i] = level;
                }
            fit(&t, MOST, 1, 0);
            for (size_t i = 1; i < MOST; i++)
                held[i] += fabs(t.rating[i] - truth[i]) <= t.half[i];
        }
        for (size_t i = 1; i < MOST; i++)
            expect_coverage(held[i]);
    }
}

/* With nine draws in ten the plain curvature gives intervals that are three times too wide. */
static void draws_make_intervals_narrow(void **state)
{
    (void)state;
    table t = {.points = {0, 500, 500, 0}, .drawn = {0, 900, 900, 0}}, none = t;
    memset(none.drawn, 0, sizeof none.drawn);
    fit(&t, 2, 0, 1);
    fit(&none, 2, 0, 1);
    assert_close(none.half[0] / t.half[0], sqrt(10), 1e-9, 0);
    /* all drawn: as if one had been decided */
    table level = {.points = {0, 50, 50, 0}, .drawn = {0, 100, 100, 0}};
    fit(&level, 2, 0, 1);
    assert_close(level.half[0], 1.959964 * 400 / log(10) * sqrt(0.25) / 25, 1e-6, 0);
}

static void payoffs_are_covered(void **state)
{
    (void)state;
    static const size_t games[] = {100, 400};
    kith_stream stream = kith_stream_at(5, KITH_FOR_PLUGIN, 0, 0);
    for (size_t g = 0; g < 2; g++)
        for (size_t d = 0; d < GRID; d++)
            for (size_t q = 0; q < GRID; q++) {
                const chances c = {drawn_shares[d], skills[q]};
                size_t held = 0;
                for (int k = 0; k < TIMES; k++) {
                    double won, drawn, low, high;
                    play(&stream, &c, games[g], &won, &drawn);
                    kith_payoff_interval((uint64_t)won, (uint64_t)drawn, (uint64_t)((double)games[g] - won - drawn),
                                         &low, &high);
                    const double payoff = (1 - c.drawn) * (2 * c.q - 1);
                    held += low <= payoff && payoff <= high;
                }
                expect_coverage(held);
            }
}

/* Exactly, from the multinomial: near the ends, where every game ends alike nearly surely. */
static double exact_coverage(size_t n, const chances *c)
{
    const double p[3] = {(1 - c->drawn) * c->q, c->drawn, (1 - c->drawn) * (1 - c->q)}, truth = p[0] - p[2];
    double sum = 0;
    for (size_t w = 0; w <= n; w++)
        for (size_t d = 0; w + d <= n; d++) {
            const size_t l = n - w - d;
            double low, high;
            if ((l && p[2] <= 0) || (d && p[1] <= 0)) continue;
            const double at = lgamma((double)n + 1) - lgamma((double)w + 1) - lgamma((double)d + 1) -
                              lgamma((double)l + 1) + (w ? (double)w * log(p[0]) : 0) +
                              (d ? (double)d * log(p[1]) : 0) + (l ? (double)l * log(p[2]) : 0);
            if (at < -40) continue;
            kith_payoff_interval(w, d, l, &low, &high);
            if (low <= truth + 1e-12 && truth <= high + 1e-12) sum += exp(at);
        }
    return sum;
}

static void payoffs_near_the_ends_are_covered(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.02, 0.3, 0.9}, near[] = {0.97, 0.98, 0.99, 0.999, 1};
    for (size_t d = 0; d < 4; d++)
        for (size_t q = 0; q < 5; q++) {
            const chances c = {shares[d], near[q]}, mirrored = {shares[d], 1 - near[q]};
            const double found = exact_coverage(100, &c);
            assert_true(found >= 0.9);
            if (near[q] < 1) assert_close(exact_coverage(100, &mirrored), found, 1e-6, 0);
        }
}

/* Without draws it is Wilson's, with p in 0 to 1 for payoffs in -1 to 1; with draws against values of Tango's paper by
 * the formula, solved by hand for b = c. */
static void payoffs_without_draws_are_wilsons(void **state)
{
    (void)state;
    const double z = 1.959963984540054;
    for (uint64_t won = 0; won <= 50; won++) {
        const double n = 50, p = (double)won / n, middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
        double low, high;
        kith_payoff_interval(won, 0, 50 - won, &low, &high);
        assert_close(low, 2 * (middle - half) - 1, 0, 1e-9);
        assert_close(high, 2 * (middle + half) - 1, 0, 1e-9);
    }
    /* all drawn: n d^2 = z^2 d (1 - d), so that d = z^2 / (n + z^2) */
    double low, high;
    kith_payoff_interval(0, 40, 0, &low, &high);
    assert_close(high, z * z / (40 + z * z), 1e-9, 0);
    assert_close(low, -high, 0, 0);
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
        cmocka_unit_test_setup_teardown(ratings_of_two_are_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ratings_of_four_are_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draws_make_intervals_narrow, set_up, tear_down),
        cmocka_unit_test(payoffs_are_covered),
        cmocka_unit_test(payoffs_near_the_ends_are_covered),
        cmocka_unit_test(payoffs_without_draws_are_wilsons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
