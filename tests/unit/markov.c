#include "gameworld.h"

#include "rl/markov.h"

/* Exact values of Markov games: of a small one whose answers are known in closed form, and of soccer, where each
 * solution is checked by another algorithm. */

enum { MOST_BYTES = 1 << 28 };
static const double TOLERANCE = 1e-9;

/* ---- a duel of rock, paper and scissors: a draw is played again ----
 *
 * With discount g and uniform play of both sides, everything is worth 0. Who always plays rock loses to paper at
 * once: 1. Who plays rock with probability q and scissors otherwise is beaten by rock: v = (1 - q) + g q v, and by
 * paper: v = q - (1 - q), as paper ends each duel. */
static const double G = 0.9;

static int beats(int32_t a, int32_t b)
{
    return (a - b + 3) % 3 == 1;
}

static kith_status duel_shape(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)self, (void)ctx;
    *out = (kith_game_shape){
        .form = KITH_GAME_MARKOV, .players = 1, .actions = 3, .discount = G, .states = 1, .transitions = 1};
    return KITH_OK;
}
static void duel_start(const void *self, double *probability)
{
    (void)self;
    probability[0] = 1;
}
static size_t duel_step(const void *self, size_t s, const int32_t *action, kith_transition *out)
{
    (void)self, (void)s;
    const int won = beats(action[0], action[1]) - beats(action[1], action[0]);
    out[0] = (kith_transition){.next = won ? KITH_GAME_OVER : 0, .probability = 1, .reward = won};
    return 1;
}
static size_t duel_mirror(const void *self, size_t s)
{
    (void)self;
    return s;
}
static const kith_game duel = {
    .describe = duel_shape, .start = duel_start, .transition = duel_step, .mirror = duel_mirror};

static kith_markov *open_duel(kith_ctx *ctx)
{
    kith_game_shape shape;
    kith_markov *m = NULL;
    assert_ok(ctx, duel.describe(NULL, ctx, &shape));
    assert_ok(ctx, kith_markov_open(ctx, "duel", &duel, NULL, &shape, MOST_BYTES, &m));
    return m;
}

static void duels(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_markov *m = open_duel(ctx);
    const double rock[] = {1, 0, 0}, even[] = {1 / 3.0, 1 / 3.0, 1 / 3.0}, q = 0.8, mixed[] = {q, 0, 1 - q};
    double value = 0, response[3], strategy[3] = {0};
    kith_markov_evaluate(m, even, even, TOLERANCE, &value);
    assert_close(value, 0, 0, 1e-9);
    kith_markov_respond(m, rock, TOLERANCE, &value, response);
    assert_close(value, 1, 1e-9, 0);
    assert_true(response[1] == 1);
    value = 0;
    kith_markov_respond(m, mixed, TOLERANCE, &value, response);
    assert_close(value, fmax((1 - q) / (1 - G * q), 2 * q - 1), 0, 2e-9);
    assert_true(response[0] == 1);
    kith_markov_evaluate(m, rock, mixed, TOLERANCE, &value);
    assert_close(value, (1 - q) / (1 - G * q), 0, 2e-9);
    value = 0.7;
    assert_ok(ctx, kith_markov_minimax(ctx, m, TOLERANCE, &value, strategy));
    assert_close(value, 0, 0, 1e-8);
    for (int a = 0; a < 3; a++)
        assert_close(strategy[a], 1 / 3.0, 0, 1e-8);
    kith_markov_close(m);
    kith_ctx_destroy(ctx);
}

/* Half rock, half scissors, hidden: rock is worth 1/2 against scissors' 1 and rock's 0; told which, one wins always. */
static void hidden_opponents(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    kith_markov *m = open_duel(ctx);
    const double rock[] = {1, 0, 0}, scissors[] = {0, 0, 1}, even[] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    double one = 0, two = 0, lower = 0, upper = 0, value[3], q[3];
    const kith_markov_mixture half = {.count = 2,
                                      .policy = (const double *const[]){rock, scissors},
                                      .weight = (const double[]){0.5, 0.5},
                                      .value = (double *const[]){&one, &two}};
    assert_ok(ctx, kith_markov_bracket(ctx, m, &half, TOLERANCE, &lower, &upper));
    assert_close(upper, 1, 0, 1e-8);
    assert_true(lower >= 0.5 - 1e-8 && lower <= 1);
    /* from uniform play nobody is seen more often than the other, and rock draws, wins; paper wins, loses; scissors
     * lose, draw */
    const double won = kith_markov_values(m, even, &half, TOLERANCE, value);
    assert_close(won, 0, 0, 1e-8);
    assert_close(value[0], 0.5, 0, 1e-8);
    assert_close(value[1], 0, 0, 1e-8);
    assert_close(value[2], -0.5, 0, 1e-8);
    kith_markov_actions(m, even, value, q);
    assert_memory_equal(q, value, sizeof q);
    kith_markov_close(m);
    kith_ctx_destroy(ctx);
}

/* ---- soccer ---- */

typedef struct soccer {
    gameworld g;
    kith_markov *m;
    double *value, *policy, *response;
} soccer;

static soccer open_soccer(void)
{
    soccer s = {.g = GAME("soccer", 1, "soccer.players=1")};
    assert_ok(s.g.ctx, kith_markov_open(s.g.ctx, "soccer", s.g.game, s.g.self, &s.g.shape, MOST_BYTES, &s.m));
    const size_t rows = kith_markov_rows(s.m);
    assert_int_equal(rows, 760);
    s.value = calloc(rows, sizeof *s.value);
    s.policy = calloc(rows * 5, sizeof *s.policy);
    s.response = calloc(rows * 5, sizeof *s.response);
    assert_true(s.value && s.policy && s.response);
    return s;
}

static void close_soccer(soccer *s)
{
    kith_markov_close(s->m);
    free(s->value);
    free(s->policy);
    free(s->response);
    game_close(&s->g);
}

/* Shapley's values are those of a symmetric zero-sum game, and nobody wins anything of the strategy that comes with
 * them: value iteration against it, which knows nothing of linear programmes, ends at the same values. */
static void soccer_minimax(void **state)
{
    (void)state;
    soccer s = open_soccer();
    assert_ok(s.g.ctx, kith_markov_minimax(s.g.ctx, s.m, 1e-6, s.value, s.policy));
    assert_close(kith_markov_start(s.m, s.value), 0, 0, 1e-6);
    double most = 0;
    for (size_t k = 0; k < 760; k++) {
        assert_close(s.value[k] + s.value[s.g.game->mirror(s.g.self, k)], 0, 0, 3e-6);
        most = fmax(most, s.value[k]);
    }
    assert_close(most, 1, 0, 1e-6); /* before an empty goal, with the ball */
    double *best = calloc(760, sizeof *best);
    assert_non_null(best);
    kith_markov_respond(s.m, s.policy, 1e-6, best, NULL);
    for (size_t k = 0; k < 760; k++)
        assert_close(best[k], s.value[k], 0, 1e-5);
    free(best);
    close_soccer(&s);
}

/* A response is worth what its evaluation says, and more than any other policy tried. */
static void soccer_responses(void **state)
{
    (void)state;
    soccer s = open_soccer();
    for (size_t k = 0; k < 760 * 5; k++)
        s.policy[k] = 0.2;
    kith_markov_respond(s.m, s.policy, TOLERANCE, s.value, s.response);
    const double best = kith_markov_start(s.m, s.value);
    assert_true(best > 0.3);
    memset(s.value, 0, 760 * sizeof *s.value);
    kith_markov_evaluate(s.m, s.response, s.policy, TOLERANCE, s.value);
    assert_close(kith_markov_start(s.m, s.value), best, 0, 2e-9);
    kith_markov_evaluate(s.m, s.policy, s.response, TOLERANCE, s.value);
    assert_close(kith_markov_start(s.m, s.value), -best, 0, 2e-9);
    double lower = 0, upper = 0;
    const kith_markov_mixture one = {.count = 1,
                                     .policy = (const double *const[]){s.policy},
                                     .weight = (const double[]){1},
                                     .value = (double *const[]){s.value}};
    assert_ok(s.g.ctx, kith_markov_bracket(s.g.ctx, s.m, &one, TOLERANCE, &lower, &upper));
    assert_close(lower, best, 0, 1e-8);
    assert_close(upper, best, 0, 1e-8);
    close_soccer(&s);
}

static void what_is_refused(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 1, "soccer.players=2");
    kith_markov *m = NULL;
    assert_refused(g.ctx, kith_markov_open(g.ctx, "soccer", g.game, g.self, &g.shape, (size_t)1 << 34, &m),
                   KITH_ECONFIG,
                   "soccer: its exact model of 465120 states and 6 actions for each of 4 players takes 366 GB, and "
                   "17.2 GB are allowed; "
                   "choose fewer players");
    game_close(&g);
    g = GAME("battle", 1, "battle.players=1");
    assert_refused(g.ctx, kith_markov_open(g.ctx, "battle", g.game, g.self, &g.shape, MOST_BYTES, &m), KITH_ECONFIG,
                   "battle: it has no exact model; choose another game, or learners that play");
    game_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duels),           cmocka_unit_test(hidden_opponents),
        cmocka_unit_test(soccer_minimax),  cmocka_unit_test(soccer_responses),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
