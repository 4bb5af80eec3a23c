/* A game in another process, which speaks lines of text on its standard input and output; docs/games.md has the
 * protocol.
 *
 * Every worker starts a process of its own. Copies are kept apart by their numbers, so one process serves them all.
 * Only a few lines are under way at any time, fewer than the socket between the two can hold, so that neither side
 * waits for the other to read.
 */
#include "child.h"

#include <kith/game.h>
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PLAYERS = 64, UNDER_WAY = 8, SOCKET_ROOM = 64 << 10, NUMBER = 32 };

typedef struct config {
    const char *command;
    double timeout;
} config;

typedef struct external {
    child c;
    kith_game_shape shape;
    size_t views;     /* reals of one copy's observations, 2 N O */
    size_t under_way; /* lines at a time */
    char *out;        /* what is to be said */
    size_t out_size;
} external;

/* One copy's bytes: this, and its observations. */
typedef struct instant {
    uint64_t number;
    uint32_t steps;
    int32_t winner;
    double score; /* sum of team 0's rewards */
} instant;

static const kith_param params[] = {
    {"command", KITH_TYPE_STRING, 0, offsetof(config, command), "", "", "", "the program that plays, as for a shell"},
    {"timeout", KITH_TYPE_REAL, 0, offsetof(config, timeout), "30", "(0,1e6]", "s",
     "how long it may take to answer before it counts as hanging"},
};

/* ---- starting ---- */

static bool take(const char **at, double *out)
{
    return child_number(at, out) && isfinite(*out);
}

static kith_status greet(kith_ctx *ctx, external *e)
{
    static const char hello[] = "hello kith 1\n";
    double n, a, o, steps, discount;
    size_t length;
    KITH_TRY(child_say(ctx, &e->c, hello, sizeof hello - 1));
    KITH_TRY(child_hear(ctx, &e->c, &length));
    const char *at = e->c.line + 5;
    if (strncmp(e->c.line, "game ", 5) != 0 || !child_whole(&at, 1, MOST_PLAYERS, &n) ||
        !child_whole(&at, 2, 1e6, &a) || !child_whole(&at, 1, 1e6, &o) || !child_whole(&at, 1, 1e9, &steps) ||
        !take(&at, &discount) || !(discount > 0.0) || discount > 1.0 || !child_at_end(at))
        return child_garbage(ctx, &e->c, "\"game PLAYERS ACTIONS FEATURES STEPS DISCOUNT\"");
    child_drop(&e->c, length);
    e->views = 2 * (size_t)n * (size_t)o;
    e->shape = (kith_game_shape){.form = KITH_GAME_MARKOV,
                                 .flags = KITH_GAME_OUTSIDE,
                                 .players = (size_t)n,
                                 .actions = (size_t)a,
                                 .features = (size_t)o,
                                 .state_size = (sizeof(instant) + e->views * sizeof(kith_real) + 7) / 8 * 8,
                                 .episode_steps = (size_t)steps,
                                 .discount = discount};
    return KITH_OK;
}

/* Room for the longest lines there can be, now that the shape is known. */
static kith_status make_room(kith_ctx *ctx, external *e)
{
    const size_t answer = (e->views + 4) * NUMBER, order = (2 * e->shape.players + 2) * NUMBER;
    e->under_way = SOCKET_ROOM / (answer > order ? answer : order);
    if (e->under_way < 1) e->under_way = 1;
    if (e->under_way > UNDER_WAY) e->under_way = UNDER_WAY;
    e->out_size = order;
    KITH_TRY(KITH_ALLOC(ctx, "a line to the game", order, &e->out));
    return child_room(ctx, &e->c, answer);
}

/* A process that does not end when its input does is told to. */
static void destroy(void *self)
{
    external *e = self;
    child_end(&e->c, "bye\n");
    kith_free(e->out);
    kith_free(e);
}

static kith_status open_all(kith_ctx *ctx, external *e)
{
    const int channel[2] = {STDIN_FILENO, STDOUT_FILENO};
    if (!*e->c.command)
        return kith_fail(ctx, KITH_ECONFIG,
                         "external-game.command is empty; give the program that plays, as in external-game.command = "
                         "python3 game.py");
    KITH_TRY(child_start(ctx, &e->c, channel, NULL, 0, false));
    KITH_TRY(greet(ctx, e));
    return make_room(ctx, e);
}

static kith_status create(kith_ctx *ctx, const void *from, const kith_setting *setting, void **self)
{
    (void)setting;
    external *e = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "game", 1, &e));
    const config *how = from;
    e->c = (child){.id = "external-game",
                   .document = "docs/games.md",
                   .command = how->command,
                   .timeout = how->timeout,
                   CHILD_CLOSED};
    const kith_status status = open_all(ctx, e);
    if (status != KITH_OK)
        destroy(e);
    else
        *self = e;
    return status;
}

static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    (void)ctx;
    *out = ((const external *)self)->shape;
    return KITH_OK;
}

/* ---- playing ---- */

static instant *instant_of(const external *e, const kith_copies *copies, size_t b)
{
    return (instant *)(void *)((char *)copies->state + b * e->shape.state_size);
}

static kith_real *views_of(instant *i)
{
    return (kith_real *)(void *)(i + 1);
}

static bool take_views(const external *e, const char *at, instant *i)
{
    kith_real *view = views_of(i);
    for (size_t k = 0; k < e->views; k++) {
        double x;
        if (!take(&at, &x)) return false;
        view[k] = (kith_real)x;
    }
    return child_at_end(at);
}

static bool asked_to_reset(const uint8_t *which, size_t b)
{
    return !which || which[b];
}

static kith_status say_reset(kith_ctx *ctx, external *e, const kith_copies *copies, size_t b)
{
    instant *i = instant_of(e, copies, b);
    memset(i, 0, e->shape.state_size);
    *i = (instant){.number = copies->first + b, .winner = -1};
    /* 53 bits, so that languages whose numbers are doubles read it right */
    const uint64_t seed = kith_draw_u64(&copies->stream[b]) >> 11;
    const int length =
        snprintf(e->out, e->out_size, "reset %llu %llu\n", (unsigned long long)i->number, (unsigned long long)seed);
    return child_say(ctx, &e->c, e->out, (size_t)length);
}

static kith_status hear_reset(kith_ctx *ctx, external *e, const kith_copies *copies, size_t b)
{
    size_t length;
    double number;
    instant *i = instant_of(e, copies, b);
    KITH_TRY(child_hear(ctx, &e->c, &length));
    const char *at = e->c.line + 3;
    if (strncmp(e->c.line, "at ", 3) != 0 || !take(&at, &number) || number != (double)i->number ||
        !take_views(e, at, i))
        return child_garbage(ctx, &e->c, "\"at COPY\", the copy that was reset, and every player's observation");
    child_drop(&e->c, length);
    return KITH_OK;
}

static kith_status say_step(kith_ctx *ctx, external *e, const kith_copies *copies, const kith_game_step *s, size_t b)
{
    const size_t all = 2 * e->shape.players;
    int length = snprintf(e->out, e->out_size, "step %llu", (unsigned long long)instant_of(e, copies, b)->number);
    for (size_t i = 0; i < all; i++)
        length += snprintf(e->out + length, e->out_size - (size_t)length, " %d", (int)s->action[b * all + i]);
    e->out[length] = '\n';
    return child_say(ctx, &e->c, e->out, (size_t)length + 1);
}

static kith_status hear_step(kith_ctx *ctx, external *e, const kith_copies *copies, const kith_game_step *s, size_t b)
{
    size_t length;
    double number, reward, end, winner;
    instant *i = instant_of(e, copies, b);
    KITH_TRY(child_hear(ctx, &e->c, &length));
    const char *at = e->c.line + 3;
    if (strncmp(e->c.line, "to ", 3) != 0 || !take(&at, &number) || number != (double)i->number ||
        !take(&at, &reward) || !child_whole(&at, 0, 2, &end) || !child_whole(&at, -1, 1, &winner) ||
        !take_views(e, at, i))
        return child_garbage(
            ctx, &e->c, "\"to COPY REWARD END WINNER\", of the copy that was stepped, and every player's observation");
    child_drop(&e->c, length);
    i->steps++;
    i->winner = (int32_t)winner;
    i->score += reward;
    s->reward[2 * b] = (kith_real)reward;
    s->reward[2 * b + 1] = -(kith_real)reward;
    s->end[b] = (uint8_t)end;
    if (s->end[b] == KITH_PLAYING && i->steps >= e->shape.episode_steps) s->end[b] = KITH_TRUNCATED;
    return KITH_OK;
}

static kith_status reset(void *self, const kith_copies *copies, const uint8_t *which)
{
    external *e = self;
    kith_ctx *ctx = copies->ctx;
    size_t heard = 0, open = 0;
    for (size_t b = 0; b < copies->count; b++) {
        if (!asked_to_reset(which, b)) continue;
        KITH_TRY(say_reset(ctx, e, copies, b));
        if (++open < e->under_way) continue;
        while (!asked_to_reset(which, heard))
            heard++;
        KITH_TRY(hear_reset(ctx, e, copies, heard++));
        open--;
    }
    for (; open > 0; heard++) {
        if (!asked_to_reset(which, heard)) continue;
        KITH_TRY(hear_reset(ctx, e, copies, heard));
        open--;
    }
    return KITH_OK;
}

static kith_status step(void *self, const kith_copies *copies, const kith_game_step *s)
{
    external *e = self;
    kith_ctx *ctx = copies->ctx;
    size_t heard = 0, open = 0;
    for (size_t b = 0; b < copies->count; b++) {
        s->reward[2 * b] = s->reward[2 * b + 1] = 0;
        if (s->end[b] != KITH_PLAYING) continue;
        KITH_TRY(say_step(ctx, e, copies, s, b));
        if (++open < e->under_way) continue;
        while (s->end[heard] != KITH_PLAYING)
            heard++;
        KITH_TRY(hear_step(ctx, e, copies, s, heard++));
        open--;
    }
    for (; open > 0; heard++) {
        if (s->end[heard] != KITH_PLAYING) continue;
        KITH_TRY(hear_step(ctx, e, copies, s, heard));
        open--;
    }
    return KITH_OK;
}

static kith_status observe(void *self, const kith_copies *copies, kith_real *out)
{
    const external *e = self;
    for (size_t b = 0; b < copies->count; b++)
        memcpy(out + b * e->views, views_of(instant_of(e, copies, b)), e->views * sizeof *out);
    return KITH_OK;
}

static kith_status outcome(void *self, const kith_copies *copies, kith_outcome *out)
{
    for (size_t b = 0; b < copies->count; b++) {
        const instant *i = instant_of(self, copies, b);
        out[b] = (kith_outcome){.winner = i->winner, .steps = i->steps, .score = {i->score, -i->score}};
    }
    return KITH_OK;
}

static const kith_game ops = {
    .describe = describe, .reset = reset, .step = step, .observe = observe, .outcome = outcome};

KITH_EXPORT_PLUGIN = {KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE),
                      .id = "external-game",
                      .version = "1.0",
                      .summary = "a game in another process, over lines of text",
                      .reference = "",
                      KITH_PLUGIN_PARAMS(config, params),
                      .create = create,
                      .destroy = destroy,
                      KITH_PLUGIN_OPS(ops)};
