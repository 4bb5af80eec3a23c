#include "launch/services/workers/frames.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <kith/base.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What prterun says of a daemon on another host; its exit code is 1 then, as of much else. */
static const char lost_words[] = "has lost communication with a remote daemon";

static void let_pass(frames *f, frames_sink *sink, void *to)
{
    if (f->count) sink(to, f->held, f->count);
    f->count = f->dashes = 0;
    f->inside = f->word = false;
}

static void hold(frames *f, char c)
{
    f->held[f->count++] = c;
    if (c == '-')
        f->dashes++;
    else
        f->dashes = 0;
}

/* Lines of mpirun's of signals that were passed on, and lines that its libraries print of things that are over: an
 * event whose descriptor was closed before, a worker that ended before it was told to, a process that is in its own
 * group already. ? stands for "HOST:PID". */
static const char *const words[] = {"mpirun: Forwarding signal ",
                                    "[warn] Epoll MOD(",
                                    "[?] PMIX ERROR: PMIX_ERR_UNREACH in file ",
                                    "[?] plm:ssh: Warning: setpgid(",
                                    "[?] plm:rsh: Warning: setpgid(",
                                    "[?] *** An error occurred in Socket closed",
                                    "[?] *** "};
/* The last one counts after the one before it alone: what goes on about a worker that is gone, whose end the launcher
 * words. */
#define WORDS  (sizeof words / sizeof words[0])
#define SOCKET (WORDS - 2)

/* Whether so many bytes of held are the beginning of a line with these words, or go on after them. */
static bool is_word(const char *held, size_t count, const char *word)
{
    size_t i = 0;
    for (; i < count && *word; word++) {
        if (*word != '?') {
            if (held[i++] != *word) return false;
            continue;
        }
        const size_t from = i;
        while (i < count && (isalnum((unsigned char)held[i]) || (i > from && strchr("-._:", held[i]))))
            i++;
        if (i == from && i < count) return false;
    }
    return true;
}

static bool is_any_word(const frames *f)
{
    for (size_t w = 0; w < WORDS - (f->socket ? 0u : 1u); w++)
        if (is_word(f->held, f->count, words[w])) return true;
    return false;
}

static bool is_complete(frames *f)
{
    for (size_t w = 0; w < WORDS - (f->socket ? 0u : 1u); w++) {
        const char *end = strchr(words[w], '?') ? strchr(words[w], '?') + 1 : words[w];
        if (!is_word(f->held, f->count, words[w]) || !memmem(f->held, f->count, end, strlen(end))) continue;
        f->socket |= w == SOCKET;
        return true;
    }
    return false;
}

/* One of these lines may begin anywhere: a bar before it has no end of line. But what sets a colour
 * begins with a bracket, and ends with an m. */
static bool take_word(frames *f, char c)
{
    const bool begins = c == '[' ? f->last != '\033' : c == 'm' && (!f->last || f->last == '\n');
    if (!f->word && (f->count || !begins)) return false;
    if (f->count == FRAMES_MOST) return false;
    f->held[f->count++] = c;
    f->word = true;
    if (c == '\n' && is_complete(f)) {
        f->count = 0;
        f->word = false;
        return true;
    }
    if (is_any_word(f)) return true;
    f->count--; /* it is looked at on its own */
    return false;
}

/* The first line may follow a worker's progress, which has no end of line. */
static bool take_outside(frames *f, char c)
{
    /* prterun ends some of its words with a zero byte. */
    const bool stray = f->closed && c == '\0';
    f->closed = false;
    if (stray) return true;
    if (c == '-' && f->dashes < FRAMES_DASHES) {
        hold(f, c);
        return true;
    }
    if (c != '\n' || f->dashes != FRAMES_DASHES) return false;
    hold(f, c);
    f->inside = true;
    return true;
}

static bool at_line_start(const frames *f)
{
    return f->held[f->count - f->dashes - 1] == '\n';
}

/* "  Remote daemon: [[1,0],1] on node NAME" */
static void tell_lost(frames *f)
{
    static const char daemon[] = "Remote daemon", node[] = " on node ";
    f->lost = true;
    const char *end = f->held + f->count, *at = memmem(f->held, f->count, daemon, sizeof daemon - 1);
    if (at) at = memmem(at, (size_t)(end - at), node, sizeof node - 1);
    if (!at) return;
    at += sizeof node - 1;
    size_t length = 0;
    while (at + length < end && length + 1 < sizeof f->host && isgraph((unsigned char)at[length]))
        length++;
    memcpy(f->host, at, length);
    f->host[length] = '\0';
}

static bool take_inside(frames *f, char c)
{
    if (f->count == FRAMES_MOST) return false;
    if (c != '\n' || f->dashes != FRAMES_DASHES || !at_line_start(f)) {
        hold(f, c);
        return true;
    }
    if (memmem(f->held, f->count, lost_words, sizeof lost_words - 1)) tell_lost(f);
    f->count = f->dashes = 0;
    f->inside = false;
    f->closed = true;
    return true;
}

static bool take(frames *f, char c)
{
    if (f->inside) return take_inside(f, c);
    return take_word(f, c) || (!f->word && take_outside(f, c));
}

void frames_take(frames *f, const char *text, size_t length, frames_sink *sink, void *to)
{
    size_t plain = 0; /* text[plain..i-1] passes */
    for (size_t i = 0; i < length; i++) {
        bool taken = take(f, text[i]);
        if (!taken && f->count) {
            f->last = f->held[f->count - 1];
            let_pass(f, sink, to);
            taken = take(f, text[i]);
        }
        f->last = text[i];
        if (!taken) continue;
        if (plain < i) sink(to, text + plain, i - plain);
        plain = i + 1;
    }
    if (plain < length) sink(to, text + plain, length - plain);
}

void frames_end(frames *f, frames_sink *sink, void *to)
{
    let_pass(f, sink, to);
}

/* Where standard error takes nothing any more, reading goes on: a full pipe would stop mpirun. */
static void write_error(void *to, const char *text, size_t length)
{
    (void)to;
    while (length) {
        const ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno != EINTR) return;
        if (written > 0) text += written, length -= (size_t)written;
    }
}

static void copy(int from, frames *f)
{
    char text[4096];
    for (;;) {
        const ssize_t got = read(from, text, sizeof text);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        frames_take(f, text, (size_t)got, write_error, NULL);
    }
    frames_end(f, write_error, NULL);
}

bool frames_start(int *in, frames_filter *out)
{
    int ends[2];
    void *shared = mmap(NULL, sizeof *out->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return false;
    if (pipe2(ends, O_CLOEXEC)) {
        munmap(shared, sizeof *out->seen);
        return false;
    }
    const pid_t process = fork();
    if (process == 0) {
        close(ends[1]);
        /* Whoever reads the results must not wait for this process. */
        close(STDOUT_FILENO);
        copy(ends[0], shared);
        _exit(KITH_OK);
    }
    const int error = errno;
    close(ends[0]);
    if (process > 0) {
        *in = ends[1];
        *out = (frames_filter){.process = process, .seen = shared};
        return true;
    }
    close(ends[1]);
    munmap(shared, sizeof *out->seen);
    errno = error;
    return false;
}

static void end(pid_t process)
{
    enum { LOOKS = 100 };
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < LOOKS; i++) {
        if (waitpid(process, NULL, WNOHANG)) return;
        nanosleep(&pause, NULL);
    }
    /* What was left behind holds the pipe, perhaps for hours. */
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

frames_told frames_wait(frames_filter *filter, char *host)
{
    end(filter->process);
    const frames *f = filter->seen;
    const frames_told told = f->lost ? FRAMES_LOST : f->socket ? FRAMES_DEAD : FRAMES_NOTHING;
    memcpy(host, f->host, sizeof f->host);
    munmap(filter->seen, sizeof *filter->seen);
    *filter = (frames_filter){0};
    return told;
}
