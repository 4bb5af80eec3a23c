/* Soccer on a grid of five columns and four rows, after Littman, "Markov games as a framework for multi-agent
 * reinforcement learning", ICML 1994; one against one, or two against two.
 *
 * Moves are made one after the other, in random order. A player that runs into an opponent stays where it is, and if
 * it had the ball, the opponent has it now. Leaving the grid is possible only with the ball, through the far side's two
 * middle cells: that is a goal, worth 1 (and -1 to the others), and ends the episode. Values are discounted by 0.9 a
 * step. Either side begins with the ball, with the same probability.
 *
 * Two against two is ours: all four players in one random order, a team mate is not run into (nothing happens), and
 * the sixth action passes the ball to the team mate wherever it is.
 */
#include <kith/game.h>

#include "draw.h"

#include <stdbool.h>

enum { COLUMNS = 5, ROWS = 4, CELLS = COLUMNS * ROWS, MOST = 4, STAND = 4, PASS = 5 };

typedef struct offset {
    int x, y;
} offset;
static const offset heading[] = {{0, -1}, {0, 1}, {1, 0}, {-1, 0}, {0, 0}};
static const char *const names[] = {"north", "south", "east", "west", "stand", "pass"};

typedef struct config {
    int64_t players, steps;
} config;

/* Cells are numbered row by row; players 0..N-1 are team 0's, which attacks eastwards. */
typedef struct pitch {
    uint8_t cell[MOST]; /* 0 for those beyond 2N */
    uint8_t ball;       /* who has it */
    uint8_t goal;       /* 0: none, 1: by team 0, 2: by team 1 */
    uint8_t unused[2];
    uint32_t steps;
    uint32_t more;
} pitch;

static const kith_param params[] = {
    {"players", KITH_TYPE_INT, 0, offsetof(config, players), "1", "1..2", "", "players of a team"},
    {"steps", KITH_TYPE_INT, "@networks", offsetof(config, steps), "100", "1..1000000", "",
     "steps after which an episode is cut; exact values know no such limit"},
};

static size_t team_of(const config *c, size_t player)
{
    return player >= (size_t)c->players;
}

static size_t count_states(size_t everyone)
{
    size_t s = everyone;
    for (size_t p = 0; p < everyone; p++)
        s *= CELLS - p;
    return s;
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)ctx;
    const config *c = self;
    const size_t n = (size_t)c->players;
    *out = (kith_game_shape){.form = KITH_GAME_MARKOV,
                             .players = n,
                             .actions = n == 1 ? PASS : PASS + 1,
                             .features = n + 6 * n,
                             .central = 6 * n,
                             .state_size = sizeof(pitch),
                             .episode_steps = (size_t)c->steps,
                             .discount = 0.9,
                             .states = count_states(2 * n),
                             .transitions = n == 1 ? 2 : 24};
    return KITH_OK;
}

/* ---- the rules ---- */

static pitch kick_off(const config *c, size_t ball)
{
    /* the two of the figure, and for two a side another pair that half a turn exchanges */
    static const uint8_t one[] = {2 * COLUMNS + 1, 1 * COLUMNS + 3};
    static const uint8_t two[] = {2 * COLUMNS + 1, 0 * COLUMNS + 1, 1 * COLUMNS + 3, 3 * COLUMNS + 3};
    const uint8_t *cells = c->players == 1 ? one : two;
    pitch p = {.ball = (uint8_t)ball};
    for (size_t i = 0; i < 2 * (size_t)c->players; i++)
        p.cell[i] = cells[i];
    return p;
}

static bool through_the_goal(size_t team, int x, int y)
{
    return (y == 1 || y == 2) && x == (team == 0 ? COLUMNS : -1);
}

/* Where a move leads. Team 1 moves in its own view, which is turned by half a turn. */
static offset target_of(const pitch *p, size_t team, size_t player, int32_t action)
{
    const int sign = team == 0 ? 1 : -1;
    return (offset){p->cell[player] % COLUMNS + sign * heading[action].x,
                    p->cell[player] / COLUMNS + sign * heading[action].y};
}

static void act(const config *c, pitch *p, size_t player, int32_t action)
{
    const size_t n = (size_t)c->players, team = team_of(c, player);
    if (action == PASS && n == 2 && p->ball == player) p->ball = (uint8_t)(team == 0 ? 1 - player : 5 - player);
    if (action < 0 || action >= STAND) return;
    const offset to = target_of(p, team, player, action);
    if (to.x < 0 || to.y < 0 || to.x >= COLUMNS || to.y >= ROWS) {
        if (p->ball == player && through_the_goal(team, to.x, to.y)) p->goal = (uint8_t)(1 + team);
        return;
    }
    const uint8_t cell = (uint8_t)(to.y * COLUMNS + to.x);
    for (size_t other = 0; other < 2 * n; other++)
        if (other != player && p->cell[other] == cell) {
            if (p->ball == player && team_of(c, other) != team) p->ball = (uint8_t)other;
            return;
        }
    p->cell[player] = cell;
}

static void act_all(const config *c, pitch *p, const int32_t *action, const uint32_t *order)
{
    for (size_t k = 0; k < 2 * (size_t)c->players && !p->goal; k++)
        act(c, p, order[k], action[order[k]]);
}

/* ---- episodes ---- */

static pitch *pitch_of(const kith_copies *copies, size_t b)
{
    return (pitch *)copies->state + b;
}

static kith_status reset(void *self, const kith_copies *copies, const uint8_t *which)
{
    const config *c = self;
    for (size_t b = 0; b < copies->count; b++)
        if (!which || which[b])
            *pitch_of(copies, b) = kick_off(c, (size_t)kith_draw_below(&copies->stream[b], 2 * (uint64_t)c->players));
    return KITH_OK;
}

static kith_status step(void *self, const kith_copies *copies, const kith_game_step *s)
{
    const config *c = self;
    const size_t all = 2 * (size_t)c->players;
    for (size_t b = 0; b < copies->count; b++) {
        s->reward[2 * b] = s->reward[2 * b + 1] = 0;
        if (s->end[b] != KITH_PLAYING) continue;
        pitch *p = pitch_of(copies, b);
        uint32_t order[MOST] = {0, 1, 2, 3};
        kith_shuffle_u32(&copies->stream[b], order, all);
        act_all(c, p, s->action + b * all, order);
        p->steps++;
        if (p->goal) {
            s->end[b] = KITH_TERMINATED;
            s->reward[2 * b] = p->goal == 1 ? 1 : -1;
            s->reward[2 * b + 1] = -s->reward[2 * b];
        } else if (p->steps >= (uint32_t)c->steps) {
            s->end[b] = KITH_TRUNCATED;
        }
    }
    return KITH_OK;
}

static kith_real *see(const pitch *p, size_t team, size_t player, kith_real *out)
{
    const int cell = team == 0 ? p->cell[player] : CELLS - 1 - p->cell[player];
    out[0] = (kith_real)(cell % COLUMNS) / (COLUMNS - 1);
    out[1] = (kith_real)(cell / COLUMNS) / (ROWS - 1);
    out[2] = p->ball == player;
    return out + 3;
}

static kith_real *see_all(const config *c, const pitch *p, size_t team, size_t first, kith_real *out)
{
    const size_t n = (size_t)c->players;
    for (size_t k = 0; k < n; k++)
        out = see(p, team, team * n + (first + k) % n, out);
    for (size_t k = 0; k < n; k++)
        out = see(p, team, (1 - team) * n + k, out);
    return out;
}

static kith_status observe(void *self, const kith_copies *copies, kith_real *out)
{
    const config *c = self;
    const size_t n = (size_t)c->players;
    for (size_t b = 0; b < copies->count; b++)
        for (size_t team = 0; team < 2; team++)
            for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < n; k++)
                    *out++ = k == i;
                out = see_all(c, pitch_of(copies, b), team, i, out);
            }
    return KITH_OK;
}

static kith_status central(void *self, const kith_copies *copies, kith_real *out)
{
    for (size_t b = 0; b < copies->count; b++)
        for (size_t team = 0; team < 2; team++)
            out = see_all(self, pitch_of(copies, b), team, 0, out);
    return KITH_OK;
}

static kith_status outcome(void *self, const kith_copies *copies, kith_outcome *out)
{
    (void)self;
    for (size_t b = 0; b < copies->count; b++) {
        const pitch *p = pitch_of(copies, b);
        out[b] =
            (kith_outcome){.winner = (int32_t)p->goal - 1, .steps = p->steps, .score = {p->goal == 1, p->goal == 2}};
    }
    return KITH_OK;
}

/* ---- the exact model ----
 *
 * A state's number: who has the ball, then each player's place among the cells that those before it left free. */

static size_t number(const void *self, const void *state)
{
    const size_t all = 2 * (size_t)((const config *)self)->players;
    const pitch *p = state;
    size_t s = p->ball;
    for (size_t i = 0; i < all; i++) {
        size_t place = p->cell[i];
        for (size_t k = 0; k < i; k++)
            place -= p->cell[k] < p->cell[i];
        s = s * (CELLS - i) + place;
    }
    return s;
}

static void place(const void *self, size_t s, void *state)
{
    const size_t all = 2 * (size_t)((const config *)self)->players;
    pitch *p = state;
    *p = (pitch){0};
    size_t rank[MOST];
    for (size_t i = all; i-- > 0; s /= CELLS - i)
        rank[i] = s % (CELLS - i);
    p->ball = (uint8_t)s;
    uint32_t taken = 0;
    for (size_t i = 0; i < all; i++) {
        uint8_t cell = 0;
        for (size_t left = rank[i];; cell++) {
            if (taken >> cell & 1) continue;
            if (left-- == 0) break;
        }
        taken |= 1u << cell;
        p->cell[i] = cell;
    }
}

static void start(const void *self, double *probability)
{
    const config *c = self;
    const size_t all = 2 * (size_t)c->players, states = count_states(all);
    for (size_t s = 0; s < states; s++)
        probability[s] = 0;
    for (size_t ball = 0; ball < all; ball++) {
        const pitch p = kick_off(c, ball);
        probability[number(self, &p)] += 1.0 / (double)all;
    }
}

static size_t mirror(const void *self, size_t s)
{
    const size_t n = (size_t)((const config *)self)->players;
    pitch p, q = {0};
    place(self, s, &p);
    for (size_t i = 0; i < 2 * n; i++)
        q.cell[(i + n) % (2 * n)] = (uint8_t)(CELLS - 1 - p.cell[i]);
    q.ball = (uint8_t)((p.ball + n) % (2 * n));
    return number(self, &q);
}

/* The next of all orders of n, as words are sorted; false after the last. */
static bool next_order(uint32_t *order, size_t n)
{
    size_t i = n - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0) return false;
    size_t j = n - 1;
    while (order[j] < order[i - 1])
        j--;
    const uint32_t kept = order[j];
    order[j] = order[i - 1];
    order[i - 1] = kept;
    for (size_t a = i, b = n - 1; a < b; a++, b--) {
        const uint32_t other = order[a];
        order[a] = order[b];
        order[b] = other;
    }
    return true;
}

static size_t transition(const void *self, size_t s, const int32_t *action, kith_transition *out)
{
    const config *c = self;
    const size_t all = 2 * (size_t)c->players;
    const double share = all == 2 ? 1.0 / 2 : 1.0 / 24;
    pitch before;
    place(self, s, &before);
    uint32_t order[MOST] = {0, 1, 2, 3};
    size_t count = 0;
    do {
        pitch p = before;
        act_all(c, &p, action, order);
        const kith_transition to = {.next = p.goal ? KITH_GAME_OVER : number(self, &p),
                                    .probability = share,
                                    .reward = p.goal == 0   ? 0
                                              : p.goal == 1 ? 1
                                                            : -1};
        size_t k = 0;
        while (k < count && (out[k].next != to.next || out[k].reward != to.reward))
            k++;
        if (k == count)
            out[count++] = to;
        else
            out[k].probability += share;
    } while (next_order(order, all));
    return count;
}

/* ---- for people ---- */

static const char *action_name(const void *self, size_t action)
{
    (void)self;
    return names[action];
}

/* Capital letters for team 0. */
static char letter_of(const config *c, size_t player)
{
    return (char)(team_of(c, player) ? 'a' + (int)player - (int)c->players : 'A' + (int)player);
}

static size_t player_at(const config *c, const pitch *p, size_t cell)
{
    size_t player = 0;
    while (player < 2 * (size_t)c->players && p->cell[player] != cell)
        player++;
    return player;
}

static size_t text(const void *self, const void *state, char *out, size_t size)
{
    const config *c = self;
    const pitch *p = state;
    game_picture d = {out, size, 0};
    for (size_t cell = 0; cell < CELLS; cell++) {
        const size_t player = player_at(c, p, cell);
        const bool nobody = player == 2 * (size_t)c->players;
        kith_drawing_add(&d, "%c%s", nobody ? '.' : letter_of(c, player), cell % COLUMNS == COLUMNS - 1 ? "\n" : "");
    }
    kith_drawing_add(&d, "step %u, %c has the ball%s\n", (unsigned)p->steps, letter_of(c, p->ball),
                     p->goal ? ", goal" : "");
    return d.length;
}

static size_t svg(const void *self, const void *state, char *out, size_t size)
{
    const config *c = self;
    const pitch *p = state;
    game_picture d = {out, size, 0};
    kith_drawing_open(&d, COLUMNS, ROWS);
    for (size_t cell = 0; cell < CELLS; cell++) {
        const size_t x = cell % COLUMNS, y = cell / COLUMNS;
        if ((x == 0 || x == COLUMNS - 1) && (y == 1 || y == 2)) kith_drawing_cell(&d, x, y, "#fe9");
    }
    for (size_t i = 0; i < 2 * (size_t)c->players; i++)
        kith_drawing_disc(&d, p->cell[i] % COLUMNS, p->cell[i] / COLUMNS, team_of(c, i) ? "#ee6677" : "#4477aa",
                          p->ball == i ? 1.0 : 0.4, letter_of(c, i));
    kith_drawing_close(&d);
    return d.length;
}

static const kith_game ops = {.describe = describe,
                              .reset = reset,
                              .step = step,
                              .observe = observe,
                              .central = central,
                              .outcome = outcome,
                              .start = start,
                              .transition = transition,
                              .mirror = mirror,
                              .number = number,
                              .place = place,
                              .action_name = action_name,
                              .text = text,
                              .svg = svg};

static const char details[] =
    "Rules\n"
    "  Field    5 columns of 4 rows; the goals are the two middle rows beyond either end. Team 0 attacks\n"
    "           eastwards. Each team sees the field as team 0 does: for team 1 it is turned by half a turn.\n"
    "  Start    One a side: team 0 in column 1, row 2, team 1 in column 3, row 1, counted from 0 at the north-west\n"
    "           corner. Two a side: team 0 in column 1, rows 2 and 0, team 1 in column 3, rows 1 and 3. Each player "
    "has\n"
    "           the ball with the same chance.\n"
    "  Actions  0 north, 1 south, 2 east, 3 west, 4 stand; two a side also 5 pass.\n"
    "  A step   All players act one after the other, in an order that is drawn. Into an empty cell: the player goes\n"
    "           there. Into an opponent's: it stays, and the opponent has the ball if it had it. Into a team mate's "
    "or\n"
    "           out of the field: nothing. A pass gives the ball to the team mate wherever it is.\n"
    "  Goal     Whoever has the ball and leaves the field through the far goal scores: 1 for its team, -1 for the\n"
    "           other, and the episode ends. Whoever scored has won; an episode that is cut after `steps` is a draw.\n"
    "  View     For each player: which of its team it is (one-hot), then x / 4, y / 3 and 1 with the ball or 0, of "
    "itself,\n"
    "           of its team mate, of the opponents in their order. A critic sees the same of the whole team.\n"
    "  Values   Discounted by 0.9 a step. The exact model has 760 states one a side, 465,120 two a side.\n";

KITH_EXPORT_PLUGIN = {KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
                      .id = "soccer",
                      .version = "1.0",
                      .summary = "one or two a side on a grid of twenty cells, small enough for exact values",
                      .reference = "Littman, ICML 1994",
                      KITH_PLUGIN_PARAMS(config, params),
                      KITH_PLUGIN_OPS(ops),
                      .details = details};
