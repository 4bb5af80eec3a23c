#include "launch/services/workers/signals.h"

#include "base/call.h"
#include "launch/services/workers/launcher.h"
#include "launch/services/workers/request.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int requests[] = {SIGUSR1, SIGINT, SIGTERM, SIGHUP};
enum { REQUESTS = sizeof requests / sizeof requests[0] };
static const double together_s = 0.2;

/* A handler takes no argument of ours, hence the only state of the program that is not on a stack. */
static signals_history history;
static volatile sig_atomic_t silent, launcher;
/* What the launcher asks for; NULL: it cannot be seen from here. */
static const volatile char *request;
/* The file that the launcher reads after it ended its workers; "": it cannot be seen from here. */
static char where[PATH_MAX];

static double now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

signals_answer signals_note(signals_history *h, int number)
{
    if (!h->requested) {
        h->first_s = now_s();
        h->requested = 1;
        return SIGNALS_FIRST;
    }
    return number == SIGUSR1 || now_s() - h->first_s < together_s ? SIGNALS_REPEAT : SIGNALS_END;
}

/* A handler may not call say(). */
static void say_lost(void)
{
    char line[KITH_CALL_SENTENCE] = "kith: stopped at once: the round that was under way is lost; it was in ";
    size_t used = strlen(line);
    const size_t place = kith_calls_where(line + used, sizeof line - used - 1);
    used = place ? used + place : (size_t)(strrchr(line, ';') - line);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) silent = 1;
}

/* Whether a launcher on this host reads it. */
static bool leave_place(const char *place, size_t length)
{
    if (!where[0]) return false;
    const int file = open(where, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return errno == EEXIST;
    const bool left = write(file, place, length) == (ssize_t)length;
    close(file);
    return left;
}

/* The launcher ends its workers so: what they were in is told. */
static void on_launchers_end(int number)
{
    static const char begin[] = "kith: ended in ";
    enum { BEGIN = sizeof begin - 1 };
    char line[KITH_CALL_SENTENCE];
    memcpy(line, begin, BEGIN);
    const size_t place = kith_calls_where(line + BEGIN, sizeof line - BEGIN - 1);
    line[BEGIN + place] = '\n';
    if (place && !leave_place(line + BEGIN, place) && write(STDERR_FILENO, line, BEGIN + place + 1) < 0) silent = 1;
    signal(number, SIG_DFL);
    raise(number);
}

static void on_request(int number)
{
    /* on a terminal the cursor stands behind the progress, and behind ^C */
    static const char text[] = "\nkith: stopping at the end of the round, or soon; once more stops at once\n";
    const int skip = isatty(STDERR_FILENO) ? 0 : 1;
    const int error = errno;
    switch (signals_note(&history, number)) {
    case SIGNALS_FIRST:
        if (!silent && write(STDERR_FILENO, text + skip, sizeof text - 1 - (size_t)skip) < 0) silent = 1;
        break;
    case SIGNALS_REPEAT:
        break;
    case SIGNALS_END:
        if (!launcher) say_lost();
        signal(number, SIG_DFL);
        raise(number);
        break;
    }
    errno = error;
}

static bool ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void all_requests(sigset_t *out)
{
    sigemptyset(out);
    for (int i = 0; i < REQUESTS; i++)
        sigaddset(out, requests[i]);
}

void signals_defer(void)
{
    sigset_t all;
    all_requests(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static bool is_request(int number, bool launched, bool slurm)
{
    return !launched || number == SIGUSR1 || (slurm && number == SIGTERM);
}

bool signals_listen(bool launched, bool quiet)
{
    /* Under a launcher it has said so already, for all workers at once. */
    silent = quiet || launched;
    launcher = launched;
    struct sigaction action = {.sa_handler = on_request, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    const bool slurm = launched && launcher_slurm();
    for (int i = 0; i < REQUESTS; i++)
        if (is_request(requests[i], launched, slurm)) sigaddset(&action.sa_mask, requests[i]);
    for (int i = 0; i < REQUESTS; i++)
        if (is_request(requests[i], launched, slurm) && (requests[i] == SIGUSR1 || !ignored(requests[i])))
            sigaction(requests[i], &action, NULL);
    if (launched && !slurm && !ignored(SIGTERM)) {
        action.sa_handler = on_launchers_end;
        sigaction(SIGTERM, &action, NULL);
    }
    request = request_watch();
    const char *folder = getenv(LAUNCHER_FOLDER_VARIABLE);
    if (!request || snprintf(where, sizeof where, "%s/" LAUNCHER_WHERE_FILE, folder) >= (int)sizeof where)
        where[0] = '\0';
    sigset_t all;
    all_requests(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    return request != NULL;
}

bool signals_stop(void)
{
    return history.requested != 0 || (request && *request);
}

void signals_hold(sigset_t *held, sigset_t *before)
{
    /* With SIGCHLD ignored the child's exit code would be lost. */
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(held);
    sigaddset(held, SIGCHLD);
    for (int i = 0; i < REQUESTS; i++) {
        /* A blocked signal is queued even where it is ignored. */
        if (requests[i] == SIGUSR1 || !ignored(requests[i])) sigaddset(held, requests[i]);
    }
    sigprocmask(SIG_BLOCK, held, before);
    /* A child that inherits what is held back here would be deaf. */
    sigdelset(before, SIGCHLD);
    for (int i = 0; i < REQUESTS; i++)
        sigdelset(before, requests[i]);
}
