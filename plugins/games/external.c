/* A game in another process, which speaks lines of text on its standard input and output; docs/games.md has the
 * protocol.
 *
 * Every worker starts a process of its own. Copies are kept apart by their numbers, so one process serves them all.
 * Only a few lines are under way at any time, fewer than the socket between the two can hold, so that neither side
 * waits for the other to read.
 */
#include <kith/game.h>
#include <kith/kith.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST_PLAYERS = 64, UNDER_WAY = 8, SOCKET_ROOM = 64 << 10, NUMBER = 32 };

typedef struct config {
    const char *command;
    double timeout;
} config;

typedef struct external {
    config how;
    pid_t child;
    int socket;
    kith_game_shape shape;
    size_t views;     /* reals of one copy's observations, 2 N O */
    size_t under_way; /* lines at a time */
    char *line, *out; /* what was read and is no whole line yet; what is to be said */
    size_t line_size, out_size, have;
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

/* ---- talking ---- */

/* Why there is no answer: it ended, was killed, or closed its output. */
static kith_status ended(kith_ctx *ctx, external *e)
{
    int how = 0;
    /* it may have closed its output a moment before it ended */
    for (int tries = 0; e->child > 0 && tries < 100; tries++) {
        const pid_t gone = waitpid(e->child, &how, WNOHANG);
        if (gone == e->child) {
            e->child = 0;
            if (WIFSIGNALED(how))
                return kith_fail(ctx, KITH_EIO, "external: `%s` was killed by signal %d while answers were awaited",
                                 e->how.command, WTERMSIG(how));
            return kith_fail(ctx, KITH_EIO, "external: `%s` ended with exit code %d while answers were awaited",
                             e->how.command, WEXITSTATUS(how));
        }
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return kith_fail(ctx, KITH_EIO, "external: `%s` closed its output while answers were awaited", e->how.command);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Waits until the socket is ready for `events`, or says that it hangs. */
static kith_status await(kith_ctx *ctx, external *e, short events)
{
    const double until = now() + e->how.timeout;
    for (;;) {
        struct pollfd p = {.fd = e->socket, .events = events};
        const double left = until - now();
        const int ready = left > 0 ? poll(&p, 1, left > 1e6 ? 1000000000 : (int)(left * 1e3) + 1) : 0;
        if (ready > 0) return KITH_OK;
        if (ready == 0)
            return kith_fail(ctx, KITH_EIO,
                             "external: `%s` did not answer within %g s; mend it, or raise external.timeout",
                             e->how.command, e->how.timeout);
        if (errno != EINTR) return kith_fail(ctx, KITH_EIO, "external: poll: %s", strerror(errno));
    }
}

static kith_status say(kith_ctx *ctx, external *e, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t sent = send(e->socket, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            text += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            KITH_TRY(await(ctx, e, POLLOUT));
        } else if (errno != EINTR) {
            return ended(ctx, e);
        }
    }
    return KITH_OK;
}

/* Forgets a line that was dealt with. */
static void drop(external *e, size_t length)
{
    e->have -= length;
    memmove(e->line, e->line + length, e->have);
}

/* The next line, without its end; *length counts it with. Valid until drop(). */
static kith_status listen_to(kith_ctx *ctx, external *e, size_t *length)
{
    for (size_t seen = 0;;) {
        char *end = memchr(e->line + seen, '\n', e->have - seen);
        if (end) {
            *end = '\0';
            *length = (size_t)(end - e->line) + 1;
            return KITH_OK;
        }
        seen = e->have;
        if (e->have == e->line_size)
            return kith_fail(ctx, KITH_EDATA, "external: `%s` says a line of more than %zu characters: %.60s...",
                             e->how.command, e->line_size, e->line);
        KITH_TRY(await(ctx, e, POLLIN));
        const ssize_t got = recv(e->socket, e->line + e->have, e->line_size - e->have, MSG_DONTWAIT);
        if (got > 0)
            e->have += (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            return ended(ctx, e);
    }
}

static kith_status garbage(kith_ctx *ctx, const external *e, const char *what)
{
    return kith_fail(ctx, KITH_EDATA, "external: `%s` says \"%.80s\" and not %s; docs/games.md has the protocol",
                     e->how.command, e->line, what);
}

/* The next number of a line. */
static bool take(const char **at, double *out)
{
    const char *end = NULL;
    *out = kith_number(*at, &end);
    if (end == *at || !isfinite(*out)) return false;
    *at = end;
    return true;
}

static bool take_whole(const char **at, double least, double most, double *out)
{
    return take(at, out) && *out >= least && *out <= most && *out == floor(*out);
}

static bool at_end(const char *at)
{
    return at[strspn(at, " \r")] == '\0';
}

/* ---- starting ---- */

static kith_status start(kith_ctx *ctx, external *e)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return kith_fail(ctx, KITH_EIO, "external: no socket for `%s`: %s", e->how.command, strerror(errno));
    e->socket = pair[0];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, pair[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, pair[1], STDOUT_FILENO);
    /* a group of its own: what the shell started is ended with it, and Ctrl-C reaches it through us only */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const char *const arguments[] = {"sh", "-c", e->how.command, NULL};
    const int failed =
        posix_spawn(&e->child, "/bin/sh", &files, &attributes, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(pair[1]);
    if (failed) {
        e->child = 0;
        return kith_fail(ctx, KITH_EIO, "external: `%s` cannot be started: %s", e->how.command, strerror(failed));
    }
    return KITH_OK;
}

static kith_status greet(kith_ctx *ctx, external *e)
{
    static const char hello[] = "hello kith 1\n";
    double n, a, o, steps, discount;
    size_t length;
    KITH_TRY(say(ctx, e, hello, sizeof hello - 1));
    KITH_TRY(listen_to(ctx, e, &length));
    const char *at = e->line + 5;
    if (strncmp(e->line, "game ", 5) != 0 || !take_whole(&at, 1, MOST_PLAYERS, &n) || !take_whole(&at, 2, 1e6, &a) ||
        !take_whole(&at, 1, 1e6, &o) || !take_whole(&at, 1, 1e9, &steps) || !take(&at, &discount) ||
        !(discount > 0.0) || discount > 1.0 || !at_end(at))
        return garbage(ctx, e, "\"game PLAYERS ACTIONS FEATURES STEPS DISCOUNT\"");
    drop(e, length);
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
    char *line = NULL;
    const size_t answer = (e->views + 4) * NUMBER, order = (2 * e->shape.players + 2) * NUMBER;
    e->under_way = SOCKET_ROOM / (answer > order ? answer : order);
    if (e->under_way < 1) e->under_way = 1;
    if (e->under_way > UNDER_WAY) e->under_way = UNDER_WAY;
    e->out_size = order;
    KITH_TRY(KITH_ALLOC(ctx, "a line to the game", order, &e->out));
    KITH_TRY(KITH_ALLOC(ctx, "a line of the game", answer, &line));
    memcpy(line, e->line, e->have);
    kith_free(e->line);
    e->line = line;
    e->line_size = answer;
    return KITH_OK;
}

/* A process that does not end when its input does is told to. */
static void destroy(void *self)
{
    external *e = self;
    if (e->socket >= 0) {
        (void)send(e->socket, "bye\n", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(e->socket);
    }
    for (int tries = 0; e->child > 0 && tries < 200; tries++) {
        if (waitpid(e->child, NULL, WNOHANG) == e->child) e->child = 0;
        if (e->child > 0) nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    if (e->child > 0) {
        kill(-e->child, SIGKILL);
        waitpid(e->child, NULL, 0);
    }
    kith_free(e->line);
    kith_free(e->out);
    kith_free(e);
}

static kith_status open_all(kith_ctx *ctx, external *e)
{
    if (!*e->how.command)
        return kith_fail(
            ctx, KITH_ECONFIG,
            "external.command is empty; give the program that plays, as in external.command = python3 game.py");
    e->line_size = 4096;
    KITH_TRY(KITH_ALLOC(ctx, "a line of the game", e->line_size, &e->line));
    KITH_TRY(start(ctx, e));
    KITH_TRY(greet(ctx, e));
    return make_room(ctx, e);
}

static kith_status create(kith_ctx *ctx, const void *from, const kith_setting *setting, void **self)
{
    (void)setting;
    external *e = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "game", 1, &e));
    *e = (external){.how = *(const config *)from, .socket = -1};
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
    return at_end(at);
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
    return say(ctx, e, e->out, (size_t)length);
}

static kith_status hear_reset(kith_ctx *ctx, external *e, const kith_copies *copies, size_t b)
{
    size_t length;
    double number;
    instant *i = instant_of(e, copies, b);
    KITH_TRY(listen_to(ctx, e, &length));
    const char *at = e->line + 3;
    if (strncmp(e->line, "at ", 3) != 0 || !take(&at, &number) || number != (double)i->number || !take_views(e, at, i))
        return garbage(ctx, e, "\"at COPY\", the copy that was reset, and every player's observation");
    drop(e, length);
    return KITH_OK;
}

static kith_status say_step(kith_ctx *ctx, external *e, const kith_copies *copies, const kith_game_step *s, size_t b)
{
    const size_t all = 2 * e->shape.players;
    int length = snprintf(e->out, e->out_size, "step %llu", (unsigned long long)instant_of(e, copies, b)->number);
    for (size_t i = 0; i < all; i++)
        length += snprintf(e->out + length, e->out_size - (size_t)length, " %d", (int)s->action[b * all + i]);
    e->out[length] = '\n';
    return say(ctx, e, e->out, (size_t)length + 1);
}

static kith_status hear_step(kith_ctx *ctx, external *e, const kith_copies *copies, const kith_game_step *s, size_t b)
{
    size_t length;
    double number, reward, end, winner;
    instant *i = instant_of(e, copies, b);
    KITH_TRY(listen_to(ctx, e, &length));
    const char *at = e->line + 3;
    if (strncmp(e->line, "to ", 3) != 0 || !take(&at, &number) || number != (double)i->number || !take(&at, &reward) ||
        !take_whole(&at, 0, 2, &end) || !take_whole(&at, -1, 1, &winner) || !take_views(e, at, i))
        return garbage(ctx, e,
                       "\"to COPY REWARD END WINNER\", of the copy that was stepped, and every player's observation");
    drop(e, length);
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
                      .id = "external",
                      .version = "1.0",
                      .summary = "a game in another process, over lines of text",
                      .reference = "",
                      KITH_PLUGIN_PARAMS(config, params),
                      .create = create,
                      .destroy = destroy,
                      KITH_PLUGIN_OPS(ops)};
