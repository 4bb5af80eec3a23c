#include "gameworld.h"

/* The rules of the game `battle`, played by hand. Actions are numbered row by row: STAY is in the middle of the
 * thirteen moves; attacks follow. */
enum { STAY = 6, RIGHT = 7, RIGHT2 = 8, STRIKE_RIGHT = 17, PLAYERS = 3 };

static void all(gameworld *g, int32_t action)
{
    for (size_t i = 0; i < g->copies.count * 2 * g->shape.players; i++)
        g->action[i] = action;
}

static void advance(gameworld *g, int32_t first, int32_t last)
{
    all(g, STAY);
    g->action[0] = first;
    g->action[5] = last;
    game_step(g);
}

/* x, y and hp of the player itself, as it sees them. */
static void look(const gameworld *g, size_t copy, size_t team, size_t player, double seen[3])
{
    const size_t players = g->shape.players;
    kith_real *view = calloc(g->copies.count * 2 * players * g->shape.features, sizeof *view);
    assert_non_null(view);
    assert_ok(g->ctx, g->game->observe(g->self, &g->copies, view));
    const kith_real *own = view + ((copy * 2 + team) * players + player) * g->shape.features + players;
    for (int k = 0; k < 3; k++)
        seen[k] = (double)own[k] * (k < 2 ? 14 : 10);
    free(view);
}

static void starts_are_alike(void **state)
{
    (void)state;
    gameworld g = GAME("battle", 1, "battle.players=3");
    assert_int_equal(g.shape.actions, 21);
    assert_int_equal(g.shape.features, 21);
    assert_int_equal(g.shape.episode_steps, 200);
    kith_real view[2][PLAYERS * 21], whole[2][18];
    assert_ok(g.ctx, g.game->observe(g.self, &g.copies, view[0]));
    assert_memory_equal(view[0], view[1], sizeof view[0]);
    assert_ok(g.ctx, g.game->central(g.self, &g.copies, whole[0]));
    assert_memory_equal(whole[0], whole[1], sizeof whole[0]);
    for (size_t i = 0; i < PLAYERS; i++) {
        double seen[3];
        look(&g, 0, 1, i, seen);
        assert_close(seen[0], 3, 1e-6, 0);
        assert_close(seen[1], (double)(5 + 2 * i), 1e-6, 0);
        assert_close(seen[2], 10, 1e-6, 0);
        for (size_t k = 0; k < PLAYERS; k++)
            assert_true(view[0][i * 21 + k] == (k == i));
    }
    /* the first of the others, from the second's point of view: its team's third, then the enemies from the first on */
    assert_close((double)view[0][21 + 6 + 1] * 14, 9, 1e-6, 0);
    assert_close((double)view[0][21 + 12] * 14, 11, 1e-6, 0);
    assert_close((double)view[0][21 + 12 + 1] * 14, 9, 1e-6, 0);
    game_close(&g);
}

/* Player 0 at (3, 5) and the other side's last at (11, 5) meet; hp: 10 - 2 k + 0.1 k after k hits, so the sixth kills.
 */
static void six_hits_kill(void **state)
{
    (void)state;
    gameworld g = GAME("battle", 1, "battle.players=3");
    double seen[3];
    advance(&g, RIGHT2, RIGHT2);
    advance(&g, RIGHT2, STAY);
    advance(&g, RIGHT, STAY);
    look(&g, 0, 0, 0, seen);
    assert_close(seen[0], 8, 1e-6, 0);
    advance(&g, RIGHT, STAY); /* not free */
    look(&g, 0, 0, 0, seen);
    assert_close(seen[0], 8, 1e-6, 0);
    for (int k = 1; k <= 5; k++) {
        advance(&g, STRIKE_RIGHT, STAY);
        assert_close(g.reward[0], 0.1, 1e-6, 0);
        assert_close(g.reward[1], -0.1, 1e-6, 0);
        look(&g, 0, 1, 2, seen);
        assert_close(seen[2], 10 - 1.9 * k, 1e-5, 0);
    }
    advance(&g, STRIKE_RIGHT, STAY);
    assert_true(g.reward[0] == 10 && g.reward[1] == -10);
    uint8_t there[6];
    assert_ok(g.ctx, g.game->active(g.self, &g.copies, there));
    assert_memory_equal(there, ((uint8_t[]){1, 1, 1, 1, 1, 0}), 6);
    look(&g, 0, 1, 2, seen);
    assert_true(seen[0] == 0 && seen[1] == 0 && seen[2] == 0);
    advance(&g, STRIKE_RIGHT, STAY); /* an empty cell */
    assert_true(g.reward[0] == 0);
    advance(&g, RIGHT, STAY); /* which is free now */
    look(&g, 0, 0, 0, seen);
    assert_close(seen[0], 9, 1e-6, 0);
    kith_outcome out;
    assert_ok(g.ctx, g.game->outcome(g.self, &g.copies, &out));
    assert_int_equal(out.winner, 0);
    assert_true(out.score[0] == 3 && out.score[1] == 2);
    game_close(&g);
}

/* The last unit of a side dies: the episode ends, and later steps change nothing. Without anybody's hits it is cut. */
static void episodes_end(void **state)
{
    (void)state;
    gameworld g = GAME("battle", 1, "battle.players=1", "battle.steps=30");
    assert_int_equal(g.shape.features, 7);
    for (int k = 0; k < 3; k++) {
        g.action[0] = k < 2 ? RIGHT2 : RIGHT;
        g.action[1] = k < 1 ? RIGHT2 : STAY;
        game_step(&g);
    }
    g.action[0] = STRIKE_RIGHT;
    for (int k = 0; k < 6; k++) {
        assert_int_equal(g.end[0], KITH_PLAYING);
        game_step(&g);
    }
    assert_int_equal(g.end[0], KITH_TERMINATED);
    unsigned char before[256];
    memcpy(before, g.copies.state, g.shape.state_size);
    game_step(&g);
    assert_memory_equal(before, g.copies.state, g.shape.state_size);
    assert_true(g.reward[0] == 0);
    assert_ok(g.ctx, g.game->reset(g.self, &g.copies, NULL));
    g.end[0] = KITH_PLAYING;
    all(&g, STAY);
    for (int k = 0; k < 30; k++) {
        assert_int_equal(g.end[0], KITH_PLAYING);
        game_step(&g);
    }
    assert_int_equal(g.end[0], KITH_TRUNCATED);
    kith_outcome out;
    assert_ok(g.ctx, g.game->outcome(g.self, &g.copies, &out));
    assert_int_equal(out.winner, -1);
    game_close(&g);
}

/* Two units of either side want the same cell; and two that would kill each other strike. Each is first half the time.
 */
static void orders_are_random(void **state)
{
    (void)state;
    enum { COPIES = 4000 };
    gameworld g = GAME("battle", COPIES, "battle.players=1");
    int got = 0, won = 0;
    for (int k = 0; k < 3; k++) { /* 3 and 11, then 5 and 9, 6 and 8, and both want 7 */
        all(&g, k == 0 ? RIGHT2 : RIGHT);
        game_step(&g);
    }
    kith_real *view = calloc(COPIES * 2 * 7, sizeof *view);
    assert_non_null(view);
    assert_ok(g.ctx, g.game->observe(g.self, &g.copies, view));
    for (size_t b = 0; b < COPIES; b++) {
        const long left = lround((double)view[b * 14 + 1] * 14), right = 14 - lround((double)view[b * 14 + 8] * 14);
        assert_true((left == 7 && right == 8) || (left == 6 && right == 7));
        got += left == 7;
    }
    free(view);
    assert_close(got / (double)COPIES, 0.5, 0, 4 * sqrt(0.25 / COPIES));
    all(&g, STRIKE_RIGHT);
    for (int k = 0; k < 6; k++)
        game_step(&g);
    for (size_t b = 0; b < COPIES; b++) {
        assert_int_equal(g.end[b], KITH_TERMINATED);
        assert_true(fabs((double)g.reward[2 * b]) == 10);
        won += g.reward[2 * b] > 0;
    }
    assert_close(won / (double)COPIES, 0.5, 0, 4 * sqrt(0.25 / COPIES));
    game_close(&g);
}

/* What happens to a copy does not depend on the copies beside it; units keep to free cells within the walls. */
static void copies_are_independent(void **state)
{
    (void)state;
    enum { COPIES = 7, STEPS = 200 };
    gameworld g = GAME("battle", COPIES, "battle.players=3");
    gameworld one = GAME("battle", 1, "battle.players=3");
    one.copies.stream[0] = kith_stream_at(1, KITH_FOR_GAME, 4, 0);
    kith_stream s = kith_stream_at(2, KITH_FOR_GAME, 0, 0);
    double hits = 0;
    for (int t = 0; t < STEPS; t++) {
        game_random_step(&g, &s);
        memcpy(one.action, g.action + 4 * 6, 6 * sizeof *one.action);
        game_step(&one);
        assert_memory_equal(one.copies.state, (char *)g.copies.state + 4 * g.shape.state_size, g.shape.state_size);
        kith_real whole[COPIES][2][18];
        assert_ok(g.ctx, g.game->central(g.self, &g.copies, whole[0][0]));
        for (size_t b = 0; b < COPIES; b++) {
            assert_true(g.reward[2 * b] == -g.reward[2 * b + 1]);
            hits += fabs((double)g.reward[2 * b]);
            for (size_t u = 0; u < 6; u++) {
                const kith_real *at = whole[b][0] + 3 * u;
                if (at[2] == 0) continue; /* dead, or at exactly 0 */
                assert_true(at[0] > 0 && at[1] > 0 && at[0] < 1 && at[1] < 1);
                for (size_t v = 0; v < u; v++)
                    assert_false(at[0] == at[3 * v - 3 * u] && at[1] == at[3 * v - 3 * u + 1]);
            }
        }
    }
    assert_true(hits > 0);
    game_close(&g);
    game_close(&one);
}

static void pictures(void **state)
{
    (void)state;
    gameworld g = GAME("battle", 1, "battle.players=3");
    char out[16384];
    const size_t length = g.game->text(g.self, g.copies.state, out, sizeof out);
    assert_int_equal(length, strlen(out));
    assert_non_null(strstr(out, "#..A.......c..#\n"));
    assert_non_null(strstr(out, "step 0, hp A 10.0 B 10.0 C 10.0 a 10.0 b 10.0 c 10.0\n"));
    assert_int_equal(g.game->text(g.self, g.copies.state, out, 10), length);
    assert_string_equal(out, "#########");
    assert_int_equal(g.game->text(g.self, g.copies.state, NULL, 0), length);
    assert_true(g.game->svg(g.self, g.copies.state, out, sizeof out) < sizeof out);
    assert_non_null(strstr(out, "</svg>"));
    assert_string_equal(g.game->action_name(g.self, STRIKE_RIGHT), "attack 1,0");
    game_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_are_alike),  cmocka_unit_test(six_hits_kill),          cmocka_unit_test(episodes_end),
        cmocka_unit_test(orders_are_random), cmocka_unit_test(copies_are_independent), cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
