#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- what it prints ---- */

static void keep_words(child *c, const char *text, size_t length)
{
    if (c->log_file >= 0) (void)!write(c->log_file, text, length);
    if (length > CHILD_WORDS) {
        text += length - CHILD_WORDS;
        length = CHILD_WORDS;
    }
    const size_t over = c->spoken + length > CHILD_WORDS ? c->spoken + length - CHILD_WORDS : 0;
    memmove(c->words, c->words + over, c->spoken - over);
    memcpy(c->words + c->spoken - over, text, length);
    c->spoken += length - over;
}

/* All that is there now. */
static void read_words(child *c)
{
    char text[4096];
    while (c->printed >= 0) {
        const ssize_t got = read(c->printed, text, sizeof text);
        if (got > 0) {
            keep_words(c, text, (size_t)got);
        } else if (got == 0) {
            close(c->printed);
            c->printed = -1;
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* The last line that is not blank, as the end of a sentence; "" where there is none. */
static const char *last_words(child *c, char *text, size_t size)
{
    read_words(c);
    size_t end = c->spoken;
    while (end > 0 && (unsigned char)c->words[end - 1] <= ' ')
        end--;
    size_t first = end;
    while (first > 0 && c->words[first - 1] != '\n' && c->words[first - 1] != '\r')
        first--;
    text[0] = '\0';
    if (end == first) return text;
    const int length = end - first > 300 ? 300 : (int)(end - first);
    snprintf(text, size, "; its last line: %.*s", length, c->words + first);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at == 127) *at = ' ';
    return text;
}

/* ---- talking ---- */

/* Why there is no answer: it ended, was killed, or closed its channel. */
static kith_status ended(kith_ctx *ctx, child *c)
{
    int how = 0;
    char words[512];
    /* it may have closed its channel a moment before it ended */
    for (int tries = 0; c->pid > 0 && tries < 100; tries++) {
        const pid_t gone = waitpid(c->pid, &how, WNOHANG);
        if (gone == c->pid) {
            c->pid = 0;
            if (WIFSIGNALED(how))
                return kith_fail(ctx, KITH_EIO, "%s: `%s` was killed by signal %d while answers were awaited%s", c->id,
                                 c->command, WTERMSIG(how), last_words(c, words, sizeof words));
            return kith_fail(ctx, KITH_EIO, "%s: `%s` ended with exit code %d while answers were awaited%s", c->id,
                             c->command, WEXITSTATUS(how), last_words(c, words, sizeof words));
        }
        read_words(c);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return kith_fail(ctx, KITH_EIO, "%s: `%s` closed its output while answers were awaited%s", c->id, c->command,
                     last_words(c, words, sizeof words));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Waits until the channel is ready for `events`, reading meanwhile what is printed, or says that it hangs. */
static kith_status await(kith_ctx *ctx, child *c, short events)
{
    const double until = now() + c->timeout;
    char words[512];
    for (;;) {
        struct pollfd p[2] = {{.fd = c->socket, .events = events}, {.fd = c->printed, .events = POLLIN}};
        const double left = until - now();
        const int ready = left > 0 ? poll(p, 2, left > 1e6 ? 1000000000 : (int)(left * 1e3) + 1) : 0;
        if (ready > 0 && p[1].revents) read_words(c);
        if (ready > 0 && p[0].revents) return KITH_OK;
        if (ready == 0)
            return kith_fail(ctx, KITH_EIO, "%s: `%s` did not answer within %g s; mend it, or raise %s.timeout%s",
                             c->id, c->command, c->timeout, c->id, last_words(c, words, sizeof words));
        if (ready < 0 && errno != EINTR) return kith_fail(ctx, KITH_EIO, "%s: poll: %s", c->id, strerror(errno));
    }
}

kith_status child_say(kith_ctx *ctx, child *c, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t sent = send(c->socket, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            text += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            KITH_TRY(await(ctx, c, POLLOUT));
        } else if (errno != EINTR) {
            return ended(ctx, c);
        }
    }
    return KITH_OK;
}

void child_drop(child *c, size_t length)
{
    c->have -= length;
    memmove(c->line, c->line + length, c->have);
}

kith_status child_hear(kith_ctx *ctx, child *c, size_t *length)
{
    for (size_t seen = 0;;) {
        char *end = memchr(c->line + seen, '\n', c->have - seen);
        if (end) {
            *end = '\0';
            *length = (size_t)(end - c->line) + 1;
            return KITH_OK;
        }
        seen = c->have;
        if (c->have == c->line_size)
            return kith_fail(ctx, KITH_EDATA, "%s: `%s` says a line of more than %zu characters: %.60s...", c->id,
                             c->command, c->line_size, c->line);
        KITH_TRY(await(ctx, c, POLLIN));
        const ssize_t got = recv(c->socket, c->line + c->have, c->line_size - c->have, MSG_DONTWAIT);
        if (got > 0)
            c->have += (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            return ended(ctx, c);
    }
}

kith_status child_garbage(kith_ctx *ctx, const child *c, const char *what)
{
    return kith_fail(ctx, KITH_EDATA, "%s: `%s` says \"%.80s\" and not %s; %s has the protocol", c->id, c->command,
                     c->line, what, c->document);
}

bool child_number(const char **at, double *out)
{
    const char *end = NULL;
    *out = kith_number(*at, &end);
    if (end == *at) return false;
    *at = end;
    return true;
}

bool child_whole(const char **at, double least, double most, double *out)
{
    return child_number(at, out) && *out >= least && *out <= most && *out == floor(*out);
}

bool child_at_end(const char *at)
{
    return at[strspn(at, " \r")] == '\0';
}

/* ---- starting and ending ---- */

kith_status child_room(kith_ctx *ctx, child *c, size_t size)
{
    char *line = NULL;
    if (size <= c->line_size) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "a line of the program", size, &line));
    if (c->have) memcpy(line, c->line, c->have);
    kith_free(c->line);
    c->line = line;
    c->line_size = size;
    return KITH_OK;
}

static kith_status refuse_start(kith_ctx *ctx, const child *c, int why)
{
    return kith_fail(ctx, KITH_EIO, "%s: `%s` cannot be started: %s", c->id, c->command, strerror(why));
}

/* A shell that runs `script` in the group `group`, 0 for a new one, with these files. */
static int spawn(const char *script, char *const *environment, pid_t group, const posix_spawn_file_actions_t *files,
                 pid_t *out)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, group);
    const int failed =
        posix_spawn(out, "/bin/sh", files, &attributes, (char *const *)(uintptr_t)arguments, environment);
    posix_spawnattr_destroy(&attributes);
    if (failed) *out = 0;
    return failed;
}

/* The guard leads the group: so the group lasts as long as it does, and its number is nobody else's. */
static kith_status start_guard(kith_ctx *ctx, child *c)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return refuse_start(ctx, c, errno);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int failed = spawn("read line || kill -9 0", environ, 0, &files, &c->guard);
    posix_spawn_file_actions_destroy(&files);
    close(ends[0]);
    c->lifeline = ends[1];
    return failed ? refuse_start(ctx, c, failed) : KITH_OK;
}

/* Files may have the numbers that others are to get, so that all go above those first. */
static int place_files(posix_spawn_file_actions_t *actions, const child_file *file, size_t count)
{
    enum { ABOVE = 64 };
    int failed = 0;
    for (size_t i = 0; i < count && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(actions, file[i].ours, ABOVE + (int)i);
    for (size_t i = 0; i < count && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(actions, ABOVE + (int)i, file[i].theirs);
    for (size_t i = 0; i < count && !failed; i++)
        failed = posix_spawn_file_actions_addclose(actions, ABOVE + (int)i);
    return failed;
}

static kith_status start_program(kith_ctx *ctx, child *c, const child_file *file, size_t count, bool kept)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int failed = 0;
    if (kept) failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed) failed = place_files(&actions, file, count);
    if (!failed) failed = spawn(c->command, c->environment ? c->environment : environ, c->guard, &actions, &c->pid);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? refuse_start(ctx, c, failed) : KITH_OK;
}

static kith_status open_log(kith_ctx *ctx, child *c)
{
    if (!c->log || !*c->log) return KITH_OK;
    c->log_file = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (c->log_file >= 0) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: %s.log = %s cannot be written: %s", c->id, c->id, c->log, strerror(errno));
}

kith_status child_start(kith_ctx *ctx, child *c, const int channel[2], const child_file *file, size_t count, bool keep)
{
    int pair[2], printed[2] = {-1, -1};
    child_file all[CHILD_FDS + 4];
    size_t files = 0;
    KITH_TRY(open_log(ctx, c));
    KITH_TRY(child_room(ctx, c, 4096));
    KITH_TRY(start_guard(ctx, c));
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return refuse_start(ctx, c, errno);
    c->socket = pair[0];
    if (keep && pipe2(printed, O_CLOEXEC | O_NONBLOCK) != 0) {
        const int why = errno;
        close(pair[1]);
        return refuse_start(ctx, c, why);
    }
    for (size_t i = 0; i < 2; i++)
        if (channel[i] >= 0) all[files++] = (child_file){pair[1], channel[i]};
    for (int fd = STDOUT_FILENO; keep && fd <= STDERR_FILENO; fd++)
        all[files++] = (child_file){printed[1], fd};
    for (size_t i = 0; i < count && i < CHILD_FDS; i++)
        all[files++] = file[i];
    c->printed = printed[0];
    /* only our end is not to wait */
    if (keep) (void)fcntl(printed[1], F_SETFL, 0);
    const kith_status status = start_program(ctx, c, all, files, keep);
    close(pair[1]);
    if (keep) close(printed[1]);
    return status;
}

static void await_end(pid_t *pid, int tries)
{
    for (; *pid > 0 && tries > 0; tries--) {
        if (waitpid(*pid, NULL, WNOHANG) == *pid)
            *pid = 0;
        else
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

void child_end(child *c, const char *bye)
{
    if (c->socket >= 0) {
        (void)!send(c->socket, bye, strlen(bye), MSG_NOSIGNAL | MSG_DONTWAIT);
        close(c->socket);
    }
    await_end(&c->pid, 200);
    /* The program may have started others, and the guard is there in any case. */
    if (c->guard > 0) {
        kill(-c->guard, SIGKILL);
        waitpid(c->guard, NULL, 0);
    }
    if (c->pid > 0) waitpid(c->pid, NULL, 0);
    read_words(c);
    if (c->lifeline >= 0) close(c->lifeline);
    if (c->printed >= 0) close(c->printed);
    if (c->log_file >= 0) close(c->log_file);
    kith_free(c->line);
    *c = (child){CHILD_CLOSED};
}
