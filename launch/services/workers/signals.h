/* Being asked to stop. The first SIGINT, SIGTERM, SIGHUP or SIGUSR1 asks for a stop at the end of the round; a later
 * SIGINT, SIGTERM or SIGHUP ends at once. Signals that arrive together count once: timeout(1) and batch systems signal
 * a process and its group.
 *
 * Threads: one. No call fails.
 */
#ifndef KITH_LAUNCH_SIGNALS_H
#define KITH_LAUNCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* The first thing that a command does that can be asked to stop: requests wait until it calls signals_listen() or
 * signals_hold(). */
void signals_defer(void);

/* A worker's side. Under a launcher only SIGUSR1 is taken: SIGINT and SIGTERM are then the launcher's way to end it,
 * but for the SIGTERM of Slurm.
 * `quiet`: the handler says nothing. Signals that were ignored when the process started stay so.
 * Returns whether the request of a launcher on this host (request.h) is seen as well. */
bool signals_listen(bool launched, bool quiet);
bool signals_stop(void);

/* The staying launcher's side: blocks the same signals and SIGCHLD, to be waited for. *before: what to give back to the
 * child. */
void signals_hold(sigset_t *held, sigset_t *before);

/* The memory of requests, for both sides. Zero-initialise it. */
typedef struct signals_history {
    volatile sig_atomic_t requested;
    double first_s; /* when, on the monotonic clock */
} signals_history;
typedef enum signals_answer { SIGNALS_FIRST, SIGNALS_REPEAT, SIGNALS_END } signals_answer;
/* What one more signal means. Safe in a handler. */
signals_answer signals_note(signals_history *history, int number);

#endif
