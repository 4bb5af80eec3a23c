/* Exact payoffs, oracles and meta-solvers, against enumeration by hand and closed forms. */
#include "support.h"

#include "plugin/registry.h"
#include "rl/meta.h"
#include "rl/oracle.h"

#include "config/config.h"

#include <kith/kith.h>

typedef struct table_game {
    kith_ctx *ctx;
    kith_registry *registry;
    kith_config *config;
    kith_instance game;
    kith_payoffs *payoffs;
} opened;

static void open_game(opened *o, const char *id, const char *setting)
{
    const kith_plugin *plugin = NULL;
    const kith_setting setup = {.size = sizeof setup};
    kith_game_shape shape = {.form = 0};
    *o = (opened){.ctx = kith_ctx_create()};
    assert_ok(o->ctx, kith_registry_create(o->ctx, &o->registry));
    assert_ok(o->ctx, kith_config_create(o->ctx, &o->config));
    if (setting) assert_ok(o->ctx, kith_config_set(o->ctx, o->config, setting));
    assert_ok(o->ctx, kith_registry_find(o->ctx, o->registry, KITH_GAME, id, "test", &plugin));
    assert_ok(o->ctx, kith_instance_bind(o->ctx, o->config, plugin, &o->game));
    assert_ok(o->ctx, kith_instance_create(o->ctx, &o->game, &setup));
    const kith_game *ops = plugin->ops;
    assert_ok(o->ctx, ops->describe(o->game.self, o->ctx, &shape));
    assert_ok(o->ctx, kith_payoffs_open(o->ctx, id, ops, o->game.self, &shape, &o->payoffs));
}

static void close_game(opened *o)
{
    kith_payoffs_close(o->payoffs);
    kith_instance_close(&o->game);
    kith_config_destroy(o->config);
    kith_registry_destroy(o->registry);
    kith_ctx_destroy(o->ctx);
}

enum { MOST_ENTRIES = 64, MOST_ROWS = 2048, MOST_FACTORS = 64 };

static void draw_policy(const kith_payoffs *p, kith_stream *stream, double *policy)
{
    for (size_t i = 0; i < p->players; i++) {
        double *row = policy + i * p->actions, sum = 0.0;
        for (size_t a = 0; a < p->actions; a++)
            sum += row[a] = kith_draw_uniform(stream);
        for (size_t a = 0; a < p->actions; a++)
            row[a] /= sum;
    }
}

static void actions_of(const kith_payoffs *p, size_t profile, int32_t *action)
{
    for (size_t i = p->players; i-- > 0; profile /= p->actions)
        action[i] = (int32_t)(profile % p->actions);
}

static double chance(const kith_payoffs *p, const double *policy, const int32_t *action)
{
    double all = 1.0;
    for (size_t i = 0; i < p->players; i++)
        all *= policy[i * p->actions + (size_t)action[i]];
    return all;
}

/* Every profile of both teams, by the game's own payoff. */
static double naive(const kith_payoffs *p, const double *x, const double *y)
{
    double sum = 0.0;
    int32_t a[8], b[8];
    for (size_t i = 0; i < p->profiles; i++)
        for (size_t j = 0; j < p->profiles; j++) {
            actions_of(p, i, a);
            actions_of(p, j, b);
            sum += chance(p, x, a) * chance(p, y, b) * p->game->payoff(p->self, a, b);
        }
    return sum;
}

static double between(kith_payoffs *p, const double *x, const double *y)
{
    double fx[MOST_FACTORS], fy[MOST_FACTORS], reply[MOST_FACTORS];
    kith_payoffs_digest(p, x, fx);
    kith_payoffs_digest(p, y, fy);
    kith_payoffs_reply(p, fy, reply);
    return kith_payoffs_between(p, fx, reply);
}

static void value_against(kith_payoffs *p, const double *y, double *value)
{
    double fy[MOST_FACTORS], reply[MOST_FACTORS];
    kith_payoffs_digest(p, y, fy);
    kith_payoffs_reply(p, fy, reply);
    kith_payoffs_values(p, reply, value);
}

static void check_payoffs(const char *id, const char *setting)
{
    opened o;
    double x[MOST_ENTRIES], y[MOST_ENTRIES], q[MOST_ENTRIES], value[MOST_ROWS];
    kith_stream stream = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    open_game(&o, id, setting);
    kith_payoffs *p = o.payoffs;
    draw_policy(p, &stream, x);
    draw_policy(p, &stream, y);
    assert_close(between(p, x, y), naive(p, x, y), 1e-12, 1e-13);
    value_against(p, y, value);
    kith_payoffs_actions(p, x, value, q);
    for (size_t i = 0; i < p->players; i++)
        for (size_t a = 0; a < p->actions; a++) {
            double only[MOST_ENTRIES];
            memcpy(only, x, sizeof only);
            for (size_t k = 0; k < p->actions; k++)
                only[i * p->actions + k] = k == a;
            assert_close(q[i * p->actions + a], naive(p, only, y), 1e-12, 1e-13);
        }
    close_game(&o);
}

static void payoffs_are_expectations(void **state)
{
    (void)state;
    check_payoffs("team-trap", NULL);
    check_payoffs("team-trap", "team-trap.players=1");
    check_payoffs("team-trap", "team-trap.players=5");
    check_payoffs("team-rps", NULL);
}

/* Every pair of rows: the factors of a game say what its payoff says. */
static void factors_are_the_payoff(void **state)
{
    (void)state;
    static const char *const games[] = {"team-trap", "sad"};
    for (size_t g = 0; g < 2; g++) {
        opened o;
        open_game(&o, games[g], NULL);
        const kith_payoffs *p = o.payoffs;
        const size_t f = p->factors, n = p->players, stride = p->rows > 100 ? 7 : 1;
        for (size_t i = 0; i < p->rows; i += stride) {
            double reply[MOST_FACTORS];
            kith_payoffs_reply(p, p->factor + i * f, reply);
            for (size_t j = 0; j < p->rows; j++)
                assert_close(kith_payoffs_between(p, p->factor + j * f, reply),
                             p->game->payoff(p->self, p->action + j * n, p->action + i * n), 1e-14, 1e-14);
        }
        close_game(&o);
    }
}

static double pay(const opened *o, const int32_t *a, const int32_t *b)
{
    return o->payoffs->game->payoff(o->payoffs->self, a, b);
}

/* The rules as they are written down, by example. */
static void rules_of_the_games(void **state)
{
    (void)state;
    opened o;
    open_game(&o, "team-trap", NULL);
    assert_close(pay(&o, (int32_t[]){0, 0, 0}, (int32_t[]){1, 1, 1}), 1.5, 0, 0);
    assert_close(pay(&o, (int32_t[]){0, 0, 0}, (int32_t[]){0, 1, 1}), 0.2, 1e-15, 0);
    assert_close(pay(&o, (int32_t[]){1, 0, 0}, (int32_t[]){1, 1, 1}), -2.0, 0, 0);
    assert_close(pay(&o, (int32_t[]){1, 0, 0}, (int32_t[]){0, 0, 0}), -0.1, 1e-15, 0);
    assert_close(pay(&o, (int32_t[]){0, 0, 0}, (int32_t[]){0, 0, 0}), 0.0, 0, 0);
    close_game(&o);
    open_game(&o, "sad", NULL);
    assert_int_equal(o.payoffs->profiles, 28561);
    assert_int_equal(o.payoffs->rows, 1820);
    const int32_t tens[] = {10, 10, 10, 10}, raid[] = {11, 11, 10, 10}, guard[] = {12, 10, 10, 10};
    assert_close(pay(&o, tens, raid), -4.0, 0, 0);
    assert_close(pay(&o, guard, raid), 2.0, 0, 0);
    assert_close(pay(&o, tens, guard), 2.0, 0, 0);
    assert_close(pay(&o, (int32_t[]){10, 9, 9, 10}, tens), 2 * 2.0 + 2 * 1.81 - 8.0, 1e-14, 0);
    /* apart by two levels or more: only level 1 and below count, and 0 brings nothing */
    assert_close(pay(&o, (int32_t[]){10, 8, 1, 0}, (int32_t[]){0, 0, 0, 0}), 1.01, 1e-15, 0);
    assert_close(pay(&o, (int32_t[]){2, 0, 0, 12}, (int32_t[]){11, 12, 0, 0}), 0.0, 0, 0);
    assert_close(pay(&o, tens, (int32_t[]){11, 0, 0, 0}), 8.0, 0, 0);
    close_game(&o);
    open_game(&o, "team-rps", NULL);
    const int32_t rock[] = {0, 0}, paper[] = {0, 1}, scissors[] = {1, 1}, sheet[] = {1, 0};
    assert_close(pay(&o, rock, scissors), 1.0, 0, 0);
    assert_close(pay(&o, scissors, paper), 1.0, 0, 0);
    assert_close(pay(&o, sheet, rock), 1.0, 0, 0);
    assert_close(pay(&o, sheet, paper), 0.0, 0, 0);
    close_game(&o);
}

/* ---- exploitability ---- */

static double gap_of_mixture(kith_payoffs *p, const int32_t (*action)[4], const double *weight, size_t count)
{
    double policy[MOST_ENTRIES], f[MOST_FACTORS], mix[MOST_FACTORS] = {0}, reply[MOST_FACTORS], value[MOST_ROWS];
    for (size_t k = 0; k < count; k++) {
        memset(policy, 0, sizeof policy);
        for (size_t i = 0; i < p->players; i++)
            policy[i * p->actions + (size_t)action[k][i]] = 1.0;
        kith_payoffs_digest(p, policy, f);
        for (size_t i = 0; i < p->factors; i++)
            mix[i] += weight[k] * f[i];
    }
    kith_payoffs_reply(p, mix, reply);
    kith_payoffs_values(p, reply, value);
    return value[kith_payoffs_best(p, value)];
}

static void global_equilibria(void **state)
{
    (void)state;
    opened o;
    open_game(&o, "sad", NULL);
    static const int32_t three[][4] = {{10, 10, 10, 10}, {11, 11, 10, 10}, {12, 10, 10, 10}};
    assert_close(gap_of_mixture(o.payoffs, three, (double[]){0.25, 0.25, 0.5}, 3), 0.0, 0, 1e-12);
    assert_close(gap_of_mixture(o.payoffs, three, (double[]){1.0, 0.0, 0.0}, 3), 4.0, 0, 1e-12);
    assert_close(gap_of_mixture(o.payoffs, three, (double[]){0.25, 0.5, 0.25}, 3), 0.5, 0, 1e-12);
    close_game(&o);
    open_game(&o, "team-trap", NULL);
    static const int32_t two[][4] = {{0, 0, 0}, {1, 1, 1}};
    assert_close(gap_of_mixture(o.payoffs, two, (double[]){1.0, 0.0}, 2), 0.0, 0, 1e-15);
    assert_close(gap_of_mixture(o.payoffs, two, (double[]){0.0, 1.0}, 2), 1.5, 0, 1e-15);
    close_game(&o);
}

/* No product policy of team-rps is below 2/sqrt(3) - 1, and one is there: it need not be symmetric. */
static void products_are_not_enough(void **state)
{
    (void)state;
    opened o;
    double least = 9.0;
    open_game(&o, "team-rps", NULL);
    enum { CUTS = 200 };
    for (int i = 0; i <= CUTS; i++)
        for (int j = 0; j <= CUTS; j++) {
            double value[MOST_ROWS];
            const double x = (double)i / CUTS, y = (double)j / CUTS;
            value_against(o.payoffs, (double[]){x, 1 - x, y, 1 - y}, value);
            least = fmin(least, value[kith_payoffs_best(o.payoffs, value)]);
        }
    const double bound = 2.0 / sqrt(3.0) - 1.0;
    assert_true(least >= bound);
    assert_close(least, bound, 0, 0.01);
    close_game(&o);
}

/* ---- oracles ---- */

static void oracles_differ(void **state)
{
    (void)state;
    opened o;
    double value[MOST_ROWS], q[MOST_ENTRIES], out[MOST_ENTRIES];
    open_game(&o, "team-trap", NULL);
    const double ones[] = {0, 1, 0, 1, 0, 1}, mixed[] = {0.5, 0.5, 0, 1, 0, 1}, noughts[] = {1, 0, 1, 0, 1, 0};
    value_against(o.payoffs, ones, value);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_INDIVIDUAL, ones, value, q, out);
    assert_memory_equal(out, ones, sizeof ones);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_JOINT, ones, value, q, out);
    assert_memory_equal(out, noughts, sizeof noughts);
    /* with 0 0 1 against noughts: each would turn 1 off; in turn, the third finds its mates at 0 */
    const double last[] = {1, 0, 1, 0, 0, 1};
    value_against(o.payoffs, noughts, value);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_SEQUENTIAL, last, value, q, out);
    assert_memory_equal(out, noughts, sizeof noughts);
    value_against(o.payoffs, mixed, value);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_SEQUENTIAL, mixed, value, q, out);
    assert_memory_equal(out, ones, sizeof ones);
    close_game(&o);
    /* rock, paper, scissors against scissors: from (0, 1) both players turn at once and miss; in turn they do not */
    open_game(&o, "team-rps", NULL);
    const double paper[] = {1, 0, 0, 1}, scissors[] = {0, 1, 0, 1}, rock[] = {1, 0, 1, 0};
    value_against(o.payoffs, rock, value);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_INDIVIDUAL, rock, value, q, out);
    assert_memory_equal(out, scissors, sizeof scissors);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_SEQUENTIAL, rock, value, q, out);
    assert_memory_equal(out, ((double[]){0, 1, 1, 0}), sizeof paper);
    kith_oracle_answer(o.payoffs, KITH_ORACLE_JOINT, rock, value, q, out);
    assert_memory_equal(out, paper, sizeof paper);
    close_game(&o);
}

/* Answers to a Nash mixture tie but for rounding: the lowest of them is taken, in whatever units payoffs are. */
static void ties_of_rounding_go_to_the_lowest(void **state)
{
    (void)state;
    opened o;
    double q[MOST_ENTRIES], out[MOST_ENTRIES];
    open_game(&o, "team-rps", NULL);
    const double noughts[] = {1, 0, 1, 0}, third[] = {0, 1, 1, 0}, ones[] = {0, 1, 0, 1};
    const double near[] = {0.3, 0.1 + 0.2, 0.3 + 1e-13, 0.3}, far[] = {0.3, 0.3, 0.3 + 1e-10, 0.3 + 1e-10};
    assert_true(near[1] > near[0]);
    for (kith_oracle oracle = KITH_ORACLE_INDIVIDUAL; oracle <= KITH_ORACLE_JOINT; oracle++) {
        kith_oracle_answer(o.payoffs, oracle, third, near, q, out);
        assert_memory_equal(out, noughts, sizeof noughts);
        kith_oracle_answer(o.payoffs, oracle, ones, far, q, out);
        if (oracle != KITH_ORACLE_SEQUENTIAL) assert_memory_equal(out, ones, sizeof ones);
    }
    close_game(&o);
}

/* The slack is 1e-12 of the greatest payoff, and little more. */
static void slack_is_in_units_of_payoffs(void **state)
{
    (void)state;
    opened o;
    open_game(&o, "team-trap", NULL);
    const double small = o.payoffs->slack;
    close_game(&o);
    open_game(&o, "team-trap", "team-trap.gain=1e6");
    assert_true(o.payoffs->slack >= 1e-6 && o.payoffs->slack <= 1e-5);
    close_game(&o);
    assert_true(small >= 1.5e-12 && small <= 1e-10);
}

/* ---- random starts ---- */

/* Self-play, until all players are all but sure of one action. */
static bool ends_at_ones(kith_payoffs *p, uint64_t trial)
{
    static const kith_pace pace = {.lr = 0.1, .turn_lr = 0.2, .tolerance = 1e-4, .patience = 5, .share = 0.1};
    const kith_policy_shape shape = {.rows = p->players, .players = p->players, .actions = p->actions};
    double policy[MOST_ENTRIES], value[MOST_ROWS], q[MOST_ENTRIES], response[MOST_ENTRIES];
    kith_stream stream = kith_stream_at(11, KITH_FOR_INIT, trial, 0);
    kith_gait gait = {.steps = 0};
    draw_policy(p, &stream, policy);
    while (gait.steps < 1000 && !kith_pace_rests(&pace, &gait)) {
        value_against(p, policy, value);
        kith_oracle_answer(p, KITH_ORACLE_INDIVIDUAL, policy, value, q, response);
        kith_pace_step(&shape, &pace, &gait, response, policy);
    }
    for (size_t i = 0; i < p->players; i++)
        if (policy[2 * i + 1] < 0.9) return false;
    return true;
}

/* How often self-play ends at 1^N from random starts, 10^4 trials, within three standard errors of the value; where the
 * value is 1 to four digits a handful of other ends is allowed. */
static void random_starts(void **state)
{
    (void)state;
    static const double share[] = {0.218, 0.9936, 0.9998, 1.0, 1.0};
    enum { TRIALS = 10000 };
    for (size_t k = 0; k < 5; k++) {
        char setting[64];
        opened o;
        snprintf(setting, sizeof setting, "team-trap.players=%zu", k + 2);
        open_game(&o, "team-trap", setting);
        size_t ones = 0;
        for (uint64_t t = 0; t < TRIALS; t++)
            ones += ends_at_ones(o.payoffs, t);
        const double error = sqrt(share[k] * (1.0 - share[k]) / TRIALS);
        assert_close((double)ones / TRIALS, share[k], 0, share[k] < 1.0 ? 3.0 * error : 5e-4);
        close_game(&o);
    }
}

/* ---- meta-solvers ---- */

/* A game with a value: rows win at least v with the weights, whatever the column. */
static double guaranteed(const double *payoff, size_t rows, size_t columns, const double *weight)
{
    double least = HUGE_VAL;
    for (size_t j = 0; j < columns; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < rows; i++)
            sum += weight[i] * payoff[i * columns + j];
        least = fmin(least, sum);
    }
    return least;
}

static void linear_programmes(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    double w[8];
    /* rock, paper, scissors where rock pays 2: weights (1, 2, 1) / 4 */
    static const double uneven[] = {0, -1, 2, 1, 0, -1, -2, 1, 0};
    assert_ok(ctx, kith_meta_lp(ctx, uneven, 3, 3, w));
    assert_close(w[0], 0.25, 0, 1e-9);
    assert_close(w[1], 0.5, 0, 1e-9);
    assert_close(w[2], 0.25, 0, 1e-9);
    /* 2 x 3: (3, -1), (-2, 4) and a column that helps nobody; x = (4 + 2) / 10, value 1 */
    static const double wide[] = {3, -1, 5, -2, 4, 5};
    assert_ok(ctx, kith_meta_lp(ctx, wide, 2, 3, w));
    assert_close(w[0], 0.6, 0, 1e-9);
    assert_close(guaranteed(wide, 2, 3, w), 1.0, 0, 1e-9);
    /* against a stream of games: the fictitious players come near the programme's value */
    kith_stream stream = kith_stream_at(5, KITH_FOR_PLUGIN, 0, 0);
    for (int trial = 0; trial < 20; trial++) {
        double payoff[7 * 5], exact[7], played[7];
        for (size_t k = 0; k < 35; k++)
            payoff[k] = kith_draw_normal(&stream);
        assert_ok(ctx, kith_meta_lp(ctx, payoff, 7, 5, exact));
        assert_ok(ctx, kith_meta_fictitious(ctx, payoff, 7, 5, 20000, played));
        assert_close(guaranteed(payoff, 7, 5, played), guaranteed(payoff, 7, 5, exact), 0, 0.05);
        assert_true(guaranteed(payoff, 7, 5, played) <= guaranteed(payoff, 7, 5, exact) + 1e-9);
    }
    kith_ctx_destroy(ctx);
}

/* Two iterations by hand: from (1/2, 1/2) the row's first answer is row 0 by the tie, the second by the columns'
 * average. */
static void fictitious_play_by_hand(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    double w[3];
    static const double pennies[] = {1, -1, -1, 1};
    assert_ok(ctx, kith_meta_fictitious(ctx, pennies, 2, 2, 1, w));
    assert_close(w[0], 0.75, 1e-15, 0);
    /* columns answered 0 as well: (3/4, 1/4); row 0 again, columns 1 */
    assert_ok(ctx, kith_meta_fictitious(ctx, pennies, 2, 2, 2, w));
    assert_close(w[0], 2.5 / 3.0, 1e-15, 0);
    assert_ok(ctx, kith_meta_fictitious(ctx, pennies, 2, 2, 3, w));
    assert_close(w[0], 3.5 / 4.0, 1e-15, 0);
    kith_ctx_destroy(ctx);
}

static void other_solvers(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    double w[4];
    static const double cycle[] = {0, -1, 1, 1, 0, -1, -1, 1, 0}, uneven[] = {0, -1, 2, 1, 0, -1, -2, 1, 0};
    static const double chain[] = {0, 1, 1, -1, 0, 1, -1, -1, 0}; /* 0 beats 1 beats 2 */
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_ALPHA_RANK, cycle, 3, 3, w));
    for (size_t k = 0; k < 3; k++)
        assert_close(w[k], 1.0 / 3.0, 1e-9, 0);
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_ALPHA_RANK, chain, 3, 3, w));
    assert_close(w[0], 1.0, 0, 1e-5);
    /* 0 and 1 are level and both beat 2 */
    static const double level[] = {0, 0, 1, 0, 0, 1, -1, -1, 0};
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_ALPHA_RANK, level, 3, 3, w));
    assert_close(w[0], 0.5, 0, 1e-5);
    assert_close(w[1], 0.5, 0, 1e-5);
    /* the time average of replicator dynamics tends to the equilibrium, the dynamics themselves to a pure dominant row
     */
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_REPLICATOR, uneven, 3, 3, w));
    assert_close(w[0], 0.25, 0, 0.02);
    assert_close(w[1], 0.5, 0, 0.02);
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_REPLICATOR, chain, 3, 3, w));
    assert_close(w[0], 1.0, 0, 0.02);
    assert_true(w[2] >= 0.99e-6);
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_UNIFORM, chain, 3, 3, w));
    assert_close(w[2], 1.0 / 3.0, 1e-15, 0);
    assert_refused(ctx, kith_meta_solve(ctx, KITH_SOLVE_REPLICATOR, chain, 1, 3, w), KITH_EPLUGIN,
                   "meta-game: replicator and alpha-rank solve games of a population with itself");
    assert_refused(ctx, kith_meta_solve(ctx, KITH_SOLVE_LP, chain, 0, 3, w), KITH_EPLUGIN,
                   "meta-game: it has no rows; solve one with a policy at least");
    kith_ctx_destroy(ctx);
}

/* What a payoff is measured in is no part of a game: 1e-12 to 1e12 times the same game, by every solver. */
static void mixtures_do_not_depend_on_units(void **state)
{
    (void)state;
    enum { GAMES = 6, N = 5 };
    static const kith_solver solvers[] = {KITH_SOLVE_LP, KITH_SOLVE_FICTITIOUS, KITH_SOLVE_REPLICATOR,
                                          KITH_SOLVE_ALPHA_RANK};
    kith_ctx *ctx = kith_ctx_create();
    kith_stream stream = kith_stream_at(5, KITH_FOR_PLUGIN, 0, 0);
    for (int game = 0; game < GAMES; game++) {
        double payoff[N * N] = {0}, scaled[N * N], want[N], found[N];
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++) {
                /* whole numbers have ties, others have not; a cycle has many */
                const double u = kith_draw_uniform(&stream);
                const double value = game == 0 ? ((i - j) % 3 == 1 ? 1 : -1) : game < 3 ? floor(5 * u) - 2 : u - 0.5;
                payoff[i * N + j] = value;
                payoff[j * N + i] = -value;
            }
        for (size_t k = 0; k < sizeof solvers / sizeof solvers[0]; k++) {
            assert_ok(ctx, kith_meta_solve(ctx, solvers[k], payoff, N, N, want));
            for (int power = -12; power <= 12; power++) {
                for (size_t e = 0; e < N * N; e++)
                    scaled[e] = payoff[e] * pow(10, power);
                assert_ok(ctx, kith_meta_solve(ctx, solvers[k], scaled, N, N, found));
                for (size_t i = 0; i < N; i++)
                    assert_close(found[i], want[i], 0, 1e-8);
            }
        }
    }
    /* rectangular ones, too */
    const double wide[] = {3, -1, 0, -2, 1, 0.5}; /* value by rows 0 and 1: x 3 - 2 (1 - x) = -x + (1 - x) */
    double w[2], again[2], tiny[6];
    for (int e = 0; e < 6; e++)
        tiny[e] = wide[e] * 1e-12;
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_LP, wide, 2, 3, w));
    assert_ok(ctx, kith_meta_solve(ctx, KITH_SOLVE_LP, tiny, 2, 3, again));
    assert_close(w[0], 3.0 / 7.0, 1e-9, 0);
    assert_close(again[0], 3.0 / 7.0, 1e-9, 0);
    kith_ctx_destroy(ctx);
}

static void priorities(void **state)
{
    (void)state;
    double w[3];
    kith_meta_prioritised((double[]){1.0, 0.5, 0.0}, 3, false, w);
    assert_close(w[0], 0.0, 0, 0);
    assert_close(w[1], 1.0 / 3.0, 1e-15, 0);
    assert_close(w[2], 2.0 / 3.0, 1e-15, 0);
    kith_meta_prioritised((double[]){0.9, 0.5, 0.0}, 3, true, w);
    assert_close(w[0], 0.09 / 0.34, 1e-12, 0);
    assert_close(w[2], 0.0, 0, 0);
    /* all won, or for even ones all lost: nothing to go by */
    kith_meta_prioritised((double[]){1.0, 1.0, 1.0}, 3, false, w);
    assert_close(w[1], 1.0 / 3.0, 1e-15, 0);
    kith_meta_prioritised((double[]){0.0, 0.0, 0.0}, 3, false, w);
    assert_close(w[1], 1.0 / 3.0, 1e-15, 0);
    kith_meta_prioritised((double[]){0.0, 0.0, 1.0}, 3, true, w);
    assert_close(w[1], 1.0 / 3.0, 1e-15, 0);
}

/* lp_solve 5.5.2 says of this symmetric game that it cannot solve it accurately (25); its value is 0. */
static void nearly_alike(void **state)
{
    (void)state;
    enum { N = 6 };
    static const double below[] = {-1.94138e-5,  -1.9187e-5, 1.2e-9,        -2.69689e-5,  -2.157963e-4,
                                   2.0864036e-3, -1.3202e-5, 0.9977667143,  0.9954720166, 3.275879e-4,
                                   2.71174e-5,   -1.0,       -0.9977001253, 9.327e-7,     0.9971490818};
    kith_ctx *ctx = kith_ctx_create();
    double payoff[N * N] = {0.0}, w[N], sum = 0.0;
    for (size_t i = 0, k = 0; i < N; i++)
        for (size_t j = 0; j < i; j++, k++) {
            payoff[i * N + j] = below[k];
            payoff[j * N + i] = -below[k];
        }
    assert_ok(ctx, kith_meta_lp(ctx, payoff, N, N, w));
    for (size_t i = 0; i < N; i++)
        sum += w[i];
    assert_float_equal(sum, 1.0, 1e-12);
    assert_true(kith_meta_guarantees(payoff, N, N, w) > -1e-6);
    /* payoffs that span nothing */
    static const double alike[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    assert_ok(ctx, kith_meta_lp(ctx, alike, 2, 3, w));
    assert_float_equal(w[0] + w[1], 1.0, 1e-12);
    static const double rounding[] = {-2e-16, 0, 0, 0};
    assert_ok(ctx, kith_meta_lp(ctx, rounding, 2, 2, w));
    assert_float_equal(w[0] + w[1], 1.0, 1e-12);
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payoffs_are_expectations),
        cmocka_unit_test(factors_are_the_payoff),
        cmocka_unit_test(rules_of_the_games),
        cmocka_unit_test(global_equilibria),
        cmocka_unit_test(products_are_not_enough),
        cmocka_unit_test(oracles_differ),
        cmocka_unit_test(ties_of_rounding_go_to_the_lowest),
        cmocka_unit_test(slack_is_in_units_of_payoffs),
        cmocka_unit_test(random_starts),
        cmocka_unit_test(linear_programmes),
        cmocka_unit_test(nearly_alike),
        cmocka_unit_test(fictitious_play_by_hand),
        cmocka_unit_test(other_solvers),
        cmocka_unit_test(mixtures_do_not_depend_on_units),
        cmocka_unit_test(priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
