/* Battle: two teams of units fight on a small walled map, after the rules of MAgent2's game of that name, in the size
 * that Xu et al. (AAMAS 2023, arXiv 2310.03354) use: 15 x 15 cells, three against three, 200 steps.
 *
 * A step has three parts: all attacks in random order, recovery, all moves in random order. An attack takes 2 hp from
 * an enemy in the cell it is aimed at; a unit whose hp falls below 0 is gone. A move needs only its destination to be
 * free. The team's reward is what it made less what the other made: 0.1 for a hit that does not kill, 10 for a kill (5
 * for it, and 5 that the other loses).
 *
 * Where we differ: the published starting places are not alike for both sides; ours are the same from either side.
 * Hit points are kept in tenths, as integers, so that 0.1 per step adds up exactly.
 */
#include <kith/game.h>

#include "draw.h"

#include <stdbool.h>

enum {
    SIZE = 15, /* cells a side, the walls at the border included */
    MOST = 6,  /* players a team: their starts are two cells apart */
    UNITS = 2 * MOST,
    MOVES = 13,
    ATTACKS = 8,
    FULL = 100, /* tenths of hp */
    DAMAGE = 20,
    GONE = -1,
    OWN = 3, /* numbers seen of a unit: x, y, hp */
};

typedef struct offset {
    int8_t x, y;
} offset;

/* Row by row, as MAgent2 numbers them. */
static const offset reach[MOVES + ATTACKS] = {
    {0, -2}, {-1, -1}, {0, -1},  {1, -1}, {-2, 0}, {-1, 0}, {0, 0}, {1, 0},  {2, 0}, {-1, 1}, {0, 1},
    {1, 1},  {0, 2},   {-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1},
};

static const char *const names[MOVES + ATTACKS] = {
    "move 0,-2",   "move -1,-1",  "move 0,-1",   "move 1,-1",  "move -2,0",   "move -1,0",  "stay",
    "move 1,0",    "move 2,0",    "move -1,1",   "move 0,1",   "move 1,1",    "move 0,2",   "attack -1,-1",
    "attack 0,-1", "attack 1,-1", "attack -1,0", "attack 1,0", "attack -1,1", "attack 0,1", "attack 1,1",
};

typedef struct config {
    int64_t players, steps;
} config;

/* Units 0..N-1 are team 0's, N..2N-1 team 1's. Those beyond are never there. */
typedef struct field {
    int16_t hp[UNITS]; /* GONE: dead */
    uint8_t x[UNITS], y[UNITS];
    uint32_t steps;
    uint32_t unused;
} field;

static const kith_param params[] = {
    {"players", KITH_TYPE_INT, 0, offsetof(config, players), "3", "1..6", "units", "units of a team"},
    {"steps", KITH_TYPE_INT, 0, offsetof(config, steps), "200", "1..1000000", "",
     "steps after which an episode is cut"},
};

/* The table's domain bounds it already, which a compiler cannot see. */
static size_t players_of(const config *c)
{
    return c->players < MOST ? (size_t)c->players : MOST;
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)ctx;
    const config *c = self;
    const size_t n = players_of(c);
    *out = (kith_game_shape){.form = KITH_GAME_MARKOV,
                             .players = n,
                             .actions = MOVES + ATTACKS,
                             .features = n + 2 * n * OWN,
                             .central = 2 * n * OWN,
                             .state_size = sizeof(field),
                             .episode_steps = (size_t)c->steps,
                             .discount = 1.0};
    return KITH_OK;
}

static field *field_of(const kith_copies *copies, size_t b)
{
    return (field *)copies->state + b;
}

static kith_status reset(void *self, const kith_copies *copies, const uint8_t *which)
{
    const config *c = self;
    const size_t n = players_of(c);
    for (size_t b = 0; b < copies->count; b++) {
        if (which && !which[b]) continue;
        field *f = field_of(copies, b);
        *f = (field){0};
        for (int u = 0; u < UNITS; u++)
            f->hp[u] = GONE;
        for (size_t i = 0; i < n; i++) {
            const size_t x = 3, y = SIZE / 2 + 2 * i - (n - 1);
            f->hp[i] = f->hp[n + i] = FULL;
            f->x[i] = (uint8_t)x;
            f->y[i] = (uint8_t)y;
            f->x[n + i] = (uint8_t)(SIZE - 1 - x);
            f->y[n + i] = (uint8_t)(SIZE - 1 - y);
        }
    }
    return KITH_OK;
}

/* Where a unit's action is aimed at. Team 1 acts in its own view, which is turned by half a turn. */
static offset aim(const field *f, size_t n, size_t u, int32_t action)
{
    const int sign = u < n ? 1 : -1;
    return (offset){(int8_t)(f->x[u] + sign * reach[action].x), (int8_t)(f->y[u] + sign * reach[action].y)};
}

/* The living unit in a cell, or UNITS. */
static size_t unit_at(const field *f, size_t n, offset cell)
{
    for (size_t u = 0; u < 2 * n; u++)
        if (f->hp[u] >= 0 && f->x[u] == cell.x && f->y[u] == cell.y) return u;
    return UNITS;
}

static bool is_wall(offset cell)
{
    return cell.x < 1 || cell.y < 1 || cell.x > SIZE - 2 || cell.y > SIZE - 2;
}

/* The living units whose actions lie in [first, last), in random order. */
static size_t order_of(const field *f, size_t n, const int32_t *action, int first, int last, kith_stream *stream,
                       uint32_t order[UNITS])
{
    size_t count = 0;
    for (size_t u = 0; u < 2 * n; u++)
        if (f->hp[u] >= 0 && action[u] >= first && action[u] < last) order[count++] = (uint32_t)u;
    kith_shuffle_u32(stream, order, count);
    return count;
}

/* Returns team 0's gain, in tenths. */
static int attack(field *f, size_t n, const int32_t *action, kith_stream *stream)
{
    uint32_t order[UNITS];
    int gain = 0;
    const size_t count = order_of(f, n, action, MOVES, MOVES + ATTACKS, stream, order);
    for (size_t k = 0; k < count; k++) {
        const size_t u = order[k];
        if (f->hp[u] < 0) continue;
        const size_t target = unit_at(f, n, aim(f, n, u, action[u]));
        if (target == UNITS || (target < n) == (u < n)) continue;
        f->hp[target] = (int16_t)(f->hp[target] - DAMAGE);
        const int made = f->hp[target] < 0 ? 100 : 1;
        if (f->hp[target] < 0) f->hp[target] = GONE;
        gain += u < n ? made : -made;
    }
    return gain;
}

static void move(field *f, size_t n, const int32_t *action, kith_stream *stream)
{
    uint32_t order[UNITS];
    const size_t count = order_of(f, n, action, 0, MOVES, stream, order);
    for (size_t k = 0; k < count; k++) {
        const size_t u = order[k];
        const offset to = aim(f, n, u, action[u]);
        if (is_wall(to) || unit_at(f, n, to) != UNITS) continue;
        f->x[u] = (uint8_t)to.x;
        f->y[u] = (uint8_t)to.y;
    }
}

static size_t living(const field *f, size_t first, size_t n)
{
    size_t count = 0;
    for (size_t u = first; u < first + n; u++)
        count += f->hp[u] >= 0;
    return count;
}

static kith_status step(void *self, const kith_copies *copies, const kith_game_step *s)
{
    const config *c = self;
    const size_t n = players_of(c);
    for (size_t b = 0; b < copies->count; b++) {
        s->reward[2 * b] = s->reward[2 * b + 1] = 0;
        if (s->end[b] != KITH_PLAYING) continue;
        field *f = field_of(copies, b);
        const int32_t *action = s->action + b * 2 * n;
        const int gain = attack(f, n, action, &copies->stream[b]);
        for (size_t u = 0; u < 2 * n; u++)
            f->hp[u] = (int16_t)(f->hp[u] + (f->hp[u] >= 0 && f->hp[u] < FULL));
        move(f, n, action, &copies->stream[b]);
        f->steps++;
        s->reward[2 * b] = (kith_real)gain / 10;
        s->reward[2 * b + 1] = -s->reward[2 * b];
        if (living(f, 0, n) == 0 || living(f, n, n) == 0)
            s->end[b] = KITH_TERMINATED;
        else if (f->steps >= (uint32_t)c->steps)
            s->end[b] = KITH_TRUNCATED;
    }
    return KITH_OK;
}

/* x, y and hp of unit u, each 0..1, as team `team` sees them; zeros for the dead. */
static kith_real *see(const field *f, size_t u, size_t team, kith_real *out)
{
    const bool alive = f->hp[u] >= 0;
    const int x = team ? SIZE - 1 - f->x[u] : f->x[u], y = team ? SIZE - 1 - f->y[u] : f->y[u];
    out[0] = alive ? (kith_real)x / (SIZE - 1) : 0;
    out[1] = alive ? (kith_real)y / (SIZE - 1) : 0;
    out[2] = alive ? (kith_real)f->hp[u] / FULL : 0;
    return out + OWN;
}

/* A team's units from number `first` on and around, then the other's. */
static kith_real *see_all(const field *f, size_t n, size_t team, size_t first, kith_real *out)
{
    for (size_t k = 0; k < n; k++)
        out = see(f, team * n + (first + k) % n, team, out);
    for (size_t k = 0; k < n; k++)
        out = see(f, (1 - team) * n + k, team, out);
    return out;
}

static kith_status observe(void *self, const kith_copies *copies, kith_real *out)
{
    const config *c = self;
    const size_t n = players_of(c);
    for (size_t b = 0; b < copies->count; b++)
        for (size_t team = 0; team < 2; team++)
            for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < n; k++)
                    *out++ = k == i;
                out = see_all(field_of(copies, b), n, team, i, out);
            }
    return KITH_OK;
}

static kith_status central(void *self, const kith_copies *copies, kith_real *out)
{
    const config *c = self;
    for (size_t b = 0; b < copies->count; b++)
        for (size_t team = 0; team < 2; team++)
            out = see_all(field_of(copies, b), players_of(c), team, 0, out);
    return KITH_OK;
}

static kith_status active(void *self, const kith_copies *copies, uint8_t *out)
{
    const config *c = self;
    const size_t units = 2 * players_of(c);
    for (size_t b = 0; b < copies->count; b++)
        for (size_t u = 0; u < units; u++)
            *out++ = field_of(copies, b)->hp[u] >= 0;
    return KITH_OK;
}

static kith_status outcome(void *self, const kith_copies *copies, kith_outcome *out)
{
    const config *c = self;
    const size_t n = players_of(c);
    for (size_t b = 0; b < copies->count; b++) {
        const field *f = field_of(copies, b);
        const size_t left[2] = {living(f, 0, n), living(f, n, n)};
        out[b] = (kith_outcome){.winner = left[0] == left[1] ? -1 : left[1] > left[0],
                                .steps = f->steps,
                                .score = {(double)left[0], (double)left[1]}};
    }
    return KITH_OK;
}

static const char *action_name(const void *self, size_t action)
{
    (void)self;
    return names[action];
}

static char letter_of(size_t u, size_t n)
{
    return (char)(u < n ? 'A' + (int)u : 'a' + (int)(u - n));
}

static size_t text(const void *self, const void *state, char *out, size_t size)
{
    const size_t n = players_of(self);
    const field *f = state;
    game_picture d = {out, size, 0};
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            const offset cell = {(int8_t)x, (int8_t)y};
            const size_t u = unit_at(f, n, cell);
            kith_drawing_add(&d, "%c", is_wall(cell) ? '#' : u == UNITS ? '.' : letter_of(u, n));
        }
        kith_drawing_add(&d, "\n");
    }
    kith_drawing_add(&d, "step %u, hp", (unsigned)f->steps);
    for (size_t u = 0; u < 2 * n; u++)
        if (f->hp[u] >= 0) kith_drawing_add(&d, " %c %d.%d", letter_of(u, n), f->hp[u] / 10, f->hp[u] % 10);
    kith_drawing_add(&d, "\n");
    return d.length;
}

static size_t svg(const void *self, const void *state, char *out, size_t size)
{
    const size_t n = players_of(self);
    const field *f = state;
    game_picture d = {out, size, 0};
    kith_drawing_open(&d, SIZE, SIZE);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++)
            if (is_wall((offset){(int8_t)x, (int8_t)y})) kith_drawing_cell(&d, (size_t)x, (size_t)y, "#777");
    for (size_t u = 0; u < 2 * n; u++)
        if (f->hp[u] >= 0)
            kith_drawing_disc(&d, f->x[u], f->y[u], u < n ? "#4477aa" : "#ee6677", 0.25 + 0.75 * f->hp[u] / FULL,
                              letter_of(u, n));
    kith_drawing_close(&d);
    return d.length;
}

static const kith_game ops = {.describe = describe,
                              .reset = reset,
                              .step = step,
                              .observe = observe,
                              .active = active,
                              .central = central,
                              .outcome = outcome,
                              .action_name = action_name,
                              .text = text,
                              .svg = svg};

static const char details[] =
    "Rules\n"
    "  Field    15 x 15 cells, walls all around, so that 13 x 13 can be entered. Each team sees the field as team 0 "
    "does:\n"
    "           for team 1 it is turned by half a turn.\n"
    "  Start    N units a team in one column, 3 cells from the west for team 0 and from the east for team 1, two rows\n"
    "           apart around the middle row; 10 hp each.\n"
    "  Actions  0 to 12 move to a cell at most two steps away (|dx| + |dy| <= 2; 6 stays), 13 to 20 attack one of the\n"
    "           eight cells around, both row by row from the north-west.\n"
    "  A step   First all attacks, in an order that is drawn: an enemy in the cell loses 2 hp, and is gone when it "
    "has\n"
    "           less than 0. A unit that is gone before its turn does not strike. Then the living get 0.1 hp back, up "
    "to\n"
    "           10. Then all moves, in an order that is drawn: into a free cell inside the walls, whatever lies "
    "between.\n"
    "  Reward   For a team: 0.1 for a hit that does not kill, 10 for a kill (5 for it, 5 that the other loses), less\n"
    "           the same of the other team's. Not discounted.\n"
    "  End      When a team has no unit left, or after `steps`. More units left win; as many are a draw.\n"
    "  View     For each unit: which of its team it is (one-hot), then x / 14, y / 14 and hp / 10 of itself, of its "
    "team\n"
    "           mates from the next number on and around, of the enemies in their order; zeros for the dead. A critic "
    "sees\n"
    "           the same of the whole team. Units that are gone learn nothing from their actions.\n";

KITH_EXPORT_PLUGIN = {KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
                      .id = "battle",
                      .version = "1.0",
                      .summary = "units of two teams that move and strike on a walled map",
                      .reference = "arXiv:2310.03354",
                      KITH_PLUGIN_PARAMS(config, params),
                      KITH_PLUGIN_OPS(ops),
                      .details = details};
