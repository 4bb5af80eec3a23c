#include "gameworld.h"

/* The game `soccer`: its rules by hand, and its exact model against them. Team 0 attacks eastwards. */
enum { NORTH, SOUTH, EAST, WEST, STAND, PASS, COLUMNS = 5 };

/* The state in which players stand in these cells (row * 5 + column) and `ball` has the ball. The layout of its bytes
 * is the game's; the numbering is known: ball first, then places among free cells. */
static size_t number_of(size_t count, const size_t *cell, size_t ball)
{
    size_t s = ball;
    for (size_t i = 0; i < count; i++) {
        size_t place = cell[i];
        for (size_t k = 0; k < i; k++)
            place -= cell[k] < cell[i];
        s = s * (20 - i) + place;
    }
    return s;
}

static void numbers_are_a_bijection(void **state)
{
    (void)state;
    static const struct {
        const char *players;
        size_t states, stride;
    } cases[] = {{"soccer.players=1", 760, 1}, {"soccer.players=2", 465120, 7}};
    for (size_t k = 0; k < 2; k++) {
        gameworld g = GAME("soccer", 1, cases[k].players);
        assert_int_equal(g.shape.states, cases[k].states);
        for (size_t s = 0; s < g.shape.states; s += cases[k].stride) {
            g.game->place(g.self, s, g.copies.state);
            assert_int_equal(g.game->number(g.self, g.copies.state), s);
            const size_t other = g.game->mirror(g.self, s);
            assert_true(other < g.shape.states);
            assert_int_equal(g.game->mirror(g.self, other), s);
        }
        game_close(&g);
    }
}

static void starts_are_even(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 2000, "soccer.players=1");
    double probability[760], sum = 0;
    size_t first = 0;
    g.game->start(g.self, probability);
    for (size_t s = 0; s < 760; s++) {
        sum += probability[s];
        assert_true(probability[s] == probability[g.game->mirror(g.self, s)]);
    }
    assert_true(sum == 1);
    for (size_t b = 0; b < 2000; b++) {
        const size_t s = g.game->number(g.self, (char *)g.copies.state + b * g.shape.state_size);
        assert_true(probability[s] == 0.5);
        first += s == number_of(2, (size_t[]){11, 8}, 0);
    }
    assert_close((double)first / 2000, 0.5, 0, 4 * sqrt(0.25 / 2000));
    game_close(&g);
}

/* One expected transition of probability p, among those of a state. */
static void expect(const gameworld *g, size_t s, const int32_t *action, size_t next, double p, double reward)
{
    kith_transition to[24];
    const size_t count = g->game->transition(g->self, s, action, to);
    for (size_t k = 0; k < count; k++)
        if (to[k].next == next && to[k].reward == reward) {
            assert_close(to[k].probability, p, 1e-12, 0);
            return;
        }
    fail_msg("no transition from %zu to %zu with reward %g", s, next, reward);
}

static void rules_by_hand(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 1, "soccer.players=1");
    const size_t over = KITH_GAME_OVER;
#define AT(a, b, ball) number_of(2, (size_t[]){a, b}, ball)
    /* through the goal, from the middle rows only, with the ball only, and not into one's own */
    expect(&g, AT(9, 0, 0), (int32_t[]){EAST, STAND}, over, 1, 1);
    expect(&g, AT(14, 0, 0), (int32_t[]){EAST, STAND}, over, 1, 1);
    expect(&g, AT(4, 0, 0), (int32_t[]){EAST, STAND}, AT(4, 0, 0), 1, 0);
    expect(&g, AT(9, 0, 1), (int32_t[]){EAST, STAND}, AT(9, 0, 1), 1, 0);
    expect(&g, AT(5, 0, 0), (int32_t[]){WEST, STAND}, AT(5, 0, 0), 1, 0);
    /* the other side sees itself attack eastwards as well */
    expect(&g, AT(0, 5, 1), (int32_t[]){STAND, EAST}, over, 1, -1);
    expect(&g, AT(0, 7, 1), (int32_t[]){STAND, EAST}, AT(0, 6, 1), 1, 0);
    expect(&g, AT(0, 7, 1), (int32_t[]){STAND, NORTH}, AT(0, 12, 1), 1, 0);
    /* running into somebody: the ball changes hands, nobody moves; without the ball nothing happens */
    expect(&g, AT(6, 7, 0), (int32_t[]){EAST, STAND}, AT(6, 7, 1), 1, 0);
    expect(&g, AT(6, 7, 1), (int32_t[]){EAST, STAND}, AT(6, 7, 1), 1, 0);
    /* both want cell 7: who is first gets it; the second, if it has the ball, loses it */
    expect(&g, AT(6, 8, 0), (int32_t[]){EAST, EAST}, AT(7, 8, 0), 0.5, 0);
    expect(&g, AT(6, 8, 0), (int32_t[]){EAST, EAST}, AT(6, 7, 1), 0.5, 0);
    /* a goal, unless the other was there first and took the ball away by standing in the way: it cannot here */
    expect(&g, AT(9, 14, 0), (int32_t[]){EAST, SOUTH}, over, 0.5 + 0.5, 1);
#undef AT
    game_close(&g);

    g = GAME("soccer", 1, "soccer.players=2");
#define AT(a, b, c, d, ball) number_of(4, (size_t[]){a, b, c, d}, ball)
    expect(&g, AT(0, 1, 2, 3, 0), (int32_t[]){PASS, STAND, STAND, STAND}, AT(0, 1, 2, 3, 1), 1, 0);
    expect(&g, AT(0, 1, 2, 3, 3), (int32_t[]){PASS, STAND, STAND, PASS}, AT(0, 1, 2, 3, 2), 1, 0);
    expect(&g, AT(0, 1, 2, 3, 0), (int32_t[]){EAST, STAND, STAND, STAND}, AT(0, 1, 2, 3, 0), 1, 0);
    expect(&g, AT(0, 1, 2, 3, 1), (int32_t[]){STAND, EAST, STAND, STAND}, AT(0, 1, 2, 3, 2), 1, 0);
    /* the pass comes before its receiver's shot in half of the orders */
    expect(&g, AT(0, 9, 2, 3, 0), (int32_t[]){PASS, EAST, STAND, STAND}, over, 0.5, 1);
    expect(&g, AT(0, 9, 2, 3, 0), (int32_t[]){PASS, EAST, STAND, STAND}, AT(0, 9, 2, 3, 1), 0.5, 0);
#undef AT
    game_close(&g);
}

/* Seen from the other side, every transition is the same with the reward's sign turned; probabilities sum to 1. */
static void sides_are_alike(void **state)
{
    (void)state;
    for (int n = 1; n <= 2; n++) {
        gameworld g = GAME("soccer", 1, n == 1 ? "soccer.players=1" : "soccer.players=2");
        kith_stream s = kith_stream_at(3, KITH_FOR_GAME, 0, 0);
        for (int trial = 0; trial < 3000; trial++) {
            const size_t from = (size_t)kith_draw_below(&s, g.shape.states), turned = g.game->mirror(g.self, from);
            int32_t action[4], swapped[4];
            for (int i = 0; i < 2 * n; i++)
                swapped[(i + n) % (2 * n)] = action[i] = (int32_t)kith_draw_below(&s, g.shape.actions);
            kith_transition to[24];
            const size_t count = g.game->transition(g.self, from, action, to);
            assert_true(count <= g.shape.transitions);
            double sum = 0;
            for (size_t k = 0; k < count; k++) {
                sum += to[k].probability;
                const bool over = to[k].next == KITH_GAME_OVER;
                expect(&g, turned, swapped, over ? KITH_GAME_OVER : g.game->mirror(g.self, to[k].next),
                       to[k].probability, -to[k].reward);
            }
            assert_close(sum, 1, 1e-12, 0);
        }
        game_close(&g);
    }
}

/* Steps of episodes follow the model: frequencies of 6,000 copies from one state, all acting alike. */
static void steps_follow_the_model(void **state)
{
    (void)state;
    enum { COPIES = 6000 };
    gameworld g = GAME("soccer", COPIES, "soccer.players=2");
    kith_stream s = kith_stream_at(4, KITH_FOR_GAME, 0, 0);
    for (int trial = 0; trial < 40; trial++) {
        const size_t from = (size_t)kith_draw_below(&s, g.shape.states);
        int32_t action[4];
        for (int i = 0; i < 4; i++)
            action[i] = (int32_t)kith_draw_below(&s, g.shape.actions);
        for (size_t b = 0; b < COPIES; b++) {
            g.game->place(g.self, from, (char *)g.copies.state + b * g.shape.state_size);
            g.end[b] = KITH_PLAYING;
            memcpy(g.action + 4 * b, action, sizeof action);
        }
        game_step(&g);
        kith_transition to[24];
        const size_t count = g.game->transition(g.self, from, action, to);
        size_t seen[24] = {0}, all = 0;
        for (size_t b = 0; b < COPIES; b++) {
            const void *at = (char *)g.copies.state + b * g.shape.state_size;
            const size_t next = g.end[b] == KITH_TERMINATED ? KITH_GAME_OVER : g.game->number(g.self, at);
            for (size_t k = 0; k < count; k++)
                if (to[k].next == next && to[k].reward == (double)g.reward[2 * b]) seen[k]++, all++;
        }
        assert_int_equal(all, COPIES);
        for (size_t k = 0; k < count; k++)
            assert_close((double)seen[k] / COPIES, to[k].probability, 0,
                         5 * sqrt(to[k].probability * (1 - to[k].probability) / COPIES) + 1e-9);
    }
    game_close(&g);
}

static void pictures(void **state)
{
    (void)state;
    gameworld g = GAME("soccer", 1, "soccer.players=1");
    char out[16384];
    g.game->place(g.self, number_of(2, (size_t[]){11, 8}, 1), g.copies.state);
    const size_t length = g.game->text(g.self, g.copies.state, out, sizeof out);
    assert_int_equal(length, strlen(out));
    assert_string_equal(out, ".....\n...a.\n.A...\n.....\nstep 0, a has the ball\n");
    assert_true(g.game->svg(g.self, g.copies.state, out, sizeof out) < sizeof out);
    assert_non_null(strstr(out, "</svg>"));
    g.action[0] = g.action[1] = STAND;
    for (int t = 0; t < 100; t++)
        game_step(&g);
    assert_int_equal(g.end[0], KITH_TRUNCATED);
    game_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_a_bijection), cmocka_unit_test(starts_are_even),
        cmocka_unit_test(rules_by_hand),           cmocka_unit_test(sides_are_alike),
        cmocka_unit_test(steps_follow_the_model),  cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
