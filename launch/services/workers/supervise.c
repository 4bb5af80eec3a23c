#include "launch/services/workers/start.h"

#include "base/call.h"
#include "launch/services/console.h"
#include "launch/services/workers/frames.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/request.h"
#include "launch/services/workers/roster.h"
#include "launch/services/workers/signals.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long to wait for word from workers that may run where the folder cannot be seen. */
static const double patience_s = 10;
static const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
static const double tick_s = 0.02;
/* How often to see who lives, how long a launcher may take to end its other workers and itself when one is gone, and
 * how long after it was told to. mpirun of Open MPI 4.1 may wait forever in its own PMIx_server_finalize(). */
static const struct timespec look = {.tv_nsec = 500 * 1000 * 1000};
static const double look_s = 0.5, hang_s = 10, kill_s = 3;
/* How long a launcher may take that a user wants to end at once. Workers end when they lose mpirun. */
static const double end_s = 5;

typedef struct watch {
    const job *job;
    char ready[PATH_MAX + sizeof LAUNCHER_READY_FILE];
    signals_history history;
    bool sent;        /* the request, to workers that see it */
    bool arrived;     /* it reached all */
    bool ended;       /* SIGTERM was sent */
    double waited_s;  /* since the start, or the last signal to workers elsewhere */
    double unseen_s;  /* since the last look */
    double hanging_s; /* since a worker died, or all were gone */
    double ending_s;  /* since SIGTERM was sent */
    roster seen;      /* when last looked */
    roster left;      /* after the launcher ended */
    bool hung;        /* the launcher was ended for it */
} watch;

static void on_signal(watch *w, int number)
{
    switch (signals_note(&w->history, number)) {
    case SIGNALS_FIRST:
        w->sent = request_send(w->job->folder);
        /* on a terminal the cursor stands behind the progress, and behind ^C */
        if (!w->job->quiet && isatty(STDERR_FILENO)) fputc('\n', stderr);
        if (!w->job->quiet) say("stopping at the end of the round, or soon; once more stops at once");
        break;
    case SIGNALS_REPEAT:
        break;
    case SIGNALS_END:
        kill(w->job->child, SIGTERM);
        w->ended = true;
        break;
    }
}

/* Who signed the roster sees the request. */
static bool all_see(const watch *w)
{
    const roster seen = roster_read(w->job->folder);
    return w->sent && seen.alive + seen.left + seen.dead >= w->job->workers;
}

/* Workers elsewhere are told by a signal, which the launcher passes on. Without word from them it is sent again: they
 * may have been too early for the last one. */
static void forward(watch *w)
{
    const bool ready = access(w->ready, F_OK) == 0;
    w->arrived = all_see(w);
    if (w->arrived || (!ready && w->waited_s < patience_s)) return;
    kill(w->job->child, SIGUSR1);
    w->arrived = ready;
    w->waited_s = 0;
}

/* Adds up the time that passed without a signal, roughly. */
static int next_signal(watch *w, const sigset_t *held)
{
    const bool waiting = w->history.requested && !w->arrived && !w->ended;
    const int number = sigtimedwait(held, NULL, waiting ? &tick : &look);
    if (number > 0 || errno != EAGAIN) return number;
    w->waited_s += waiting ? tick_s : look_s;
    w->unseen_s += waiting ? tick_s : look_s;
    return 0;
}

static void look_after(watch *w)
{
    w->unseen_s = 0;
    w->seen = roster_read(w->job->folder);
    const bool gone = w->seen.dead || w->seen.left == w->job->workers;
    w->hanging_s = gone ? w->hanging_s + look_s : 0;
    if (w->hanging_s > hang_s && !w->hung) {
        w->hung = true;
        kill(w->job->child, SIGTERM);
    }
    w->ending_s = w->ended ? w->ending_s + look_s : 0;
    if (w->hanging_s > hang_s + kill_s || w->ending_s > end_s) kill(w->job->child, SIGKILL);
}

/* Of a launcher that had to be ended: what its workers did is what counts. */
static int explain_hung(const watch *w)
{
    if (!w->seen.dead) return w->seen.code;
    say("a worker died without a word, and %s hung after it and was ended; where memory ran out, fewer workers (-n) "
        "need less of it",
        w->job->name);
    return KITH_EEXCHANGE;
}

int supervise_signal(int code)
{
    /* mpirun of Open MPI 5 ends with codes above when it fails by itself (183, 205, 213, 243). Real-time signals, which
     * nobody sends, would be among them. */
    enum { STANDARD_SIGNALS = 31 };
    return code > 128 && code <= 128 + STANDARD_SIGNALS ? code - 128 : 0;
}

/* mpirun of Open MPI 5 calls some jobs done whose workers, or daemons on other hosts, died as they started. */
static int explain_success(const watch *w)
{
    if (!w->left.dead && !w->left.alive) return w->left.code;
    say("a worker died without a word, and %s calls that a success; start it by hand (mpirun -n 2 kith ...) to read "
        "its reason",
        w->job->name);
    return KITH_EEXCHANGE;
}

/* What that of Open MPI 5 ends with where the others noticed first that a worker is gone: MPI_ERR_UNKNOWN. */
enum { MPI_ABORT_OTHER = 14 };

static int explain_dead(void)
{
    say("a worker died without a word, perhaps on another host; where memory ran out, fewer workers (-n) need less of "
        "it");
    return KITH_EEXCHANGE;
}

static int explain_lost(const char *host)
{
    say("%s%s, or the network to it, was lost, and the workers on the others were ended; with --resume it goes on from "
        "the last checkpoint",
        *host ? "host " : "a host", host);
    return KITH_EEXCHANGE;
}

/* In a plugin's call that does not end, say. */
static int explain_ended(const watch *w)
{
    char place[KITH_CALL_SENTENCE];
    const bool known = launcher_left(w->job->folder, LAUNCHER_WHERE_FILE, place, sizeof place);
    say("stopped at once: the round that was under way is lost%s%s", known ? "; it was in " : "", place);
    return 128 + SIGTERM;
}

/* Workers word what they decide. What is left is a launcher that could not start them, and a sudden death. */
static int explain(const watch *w, int wait_status, frames_told told, const char *host)
{
    const int code = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    const int number = supervise_signal(code);
    const char *name = w->job->name;
    if (w->hung) return explain_hung(w);
    if (w->ended) return explain_ended(w);
    if (!code && told != FRAMES_LOST) return explain_success(w);
    if (told == FRAMES_LOST && !WIFSIGNALED(wait_status)) return explain_lost(host);
    if (WIFSIGNALED(wait_status))
        say("%s was killed by signal %d (%s), and the workers with it", name, WTERMSIG(wait_status),
            strsignal(WTERMSIG(wait_status)));
    else if (code == MPI_ABORT_OTHER && told == FRAMES_DEAD)
        return explain_dead();
    else if (number == SIGKILL)
        say("a worker was killed by signal 9 (Killed); where memory ran out, fewer workers (-n) need less of it");
    else if (number)
        say("a worker was killed by signal %d (%s)", number, strsignal(number));
    else if (code && strcmp(kith_status_text((kith_status)code), kith_status_text((kith_status)-1)) == 0)
        say("%s ended with exit code %d; start it by hand (mpirun -n 2 kith ...) to read its reason", name, code);
    return code;
}

int supervise(job *started, const sigset_t *held, bool *stop)
{
    watch w = {.job = started};
    snprintf(w.ready, sizeof w.ready, "%s/" LAUNCHER_READY_FILE, started->folder);
    for (;;) {
        const int number = next_signal(&w, held);
        int wait_status = 0;
        *stop = w.history.requested != 0;
        if (number == SIGCHLD && waitpid(started->child, &wait_status, WNOHANG) == started->child) {
            char host[sizeof started->filter.seen->host] = "";
            const frames_told told = started->filter.process ? frames_wait(&started->filter, host) : FRAMES_NOTHING;
            w.left = roster_end(started->folder);
            return explain(&w, wait_status, told, host);
        }
        if (w.unseen_s >= look_s) look_after(&w);
        if (number > 0 && number != SIGCHLD) on_signal(&w, number);
        if (w.history.requested && !w.arrived && !w.ended) forward(&w);
    }
}
