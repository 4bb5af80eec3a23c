/* What of a sweep is on the disk: which runs are done, who makes which, and the common database.
 *
 * The first worker of all keeps the books; the first worker of each group claims runs. A claim is a file that only one
 * can make, in a folder that is there while the sweep goes on: no worker has to answer another one, so none waits for
 * one that computes.
 * Ownership: the plan is borrowed. Threads: one per worker. Errors: KITH_EIO with the path.
 */
#ifndef KITH_LAUNCH_SWEEP_BOOKS_H
#define KITH_LAUNCH_SWEEP_BOOKS_H

#include "launch/commands/sweep/plan.h"
#include "record/collect.h"

typedef struct sweep_books {
    const sweep_plan *plan;
    kith_collection *collection;
    int64_t *id; /* (points) in the common database; 0: not there */
    bool *done;  /* (points) recorded as done, or the same run as an earlier point */
    size_t runs, done_before, other_build;
    size_t outdated; /* in the common database, and none of the points */
    bool keep;       /* the claims stay for the processes that go on with this sweep */
} sweep_books;

/* [first worker of all] Opens the folder, takes what a former sweep left there to be taken, and says what is done
 * already. overwrite: nothing is. again: it goes on with a sweep of other processes, whose claims count. `build`: how
 * the records of this build's runs begin. Close it after a failure too. */
kith_status sweep_books_open(kith_ctx *ctx, const sweep_plan *plan, bool overwrite, bool again, const char *build,
                             sweep_books *out) KITH_CHECKED;
/* Moves the runs that have ended meanwhile into the common database. */
kith_status sweep_books_take(kith_ctx *ctx, sweep_books *books) KITH_CHECKED;
void sweep_books_close(sweep_books *books);

/* [first worker of a group] Whether this group is to make the run; false: another one does. */
kith_status sweep_claim(kith_ctx *ctx, const sweep_plan *plan, size_t point, bool *mine) KITH_CHECKED;
/* [first worker of all] Drops all claims. */
kith_status sweep_claims_renew(kith_ctx *ctx, const sweep_plan *plan) KITH_CHECKED;
/* [first worker of a group] Keeps with its claim how a run ended, for processes that go on with this sweep, and for
 * sweep_progress(). */
void sweep_claim_ended(const sweep_plan *plan, size_t point, kith_status outcome);

/* How far all groups are with the runs that were to be made. */
typedef struct sweep_state {
    size_t ended, failed, running; /* failed ones have ended, too */
} sweep_state;
sweep_state sweep_progress(const sweep_plan *plan, const uint64_t *todo);
/* What the first run of the grid that is claimed and failed did with; KITH_OK: none has. */
kith_status sweep_first_failure(const sweep_plan *plan);
/* Whether nobody has claimed the run yet. */
bool sweep_unclaimed(const sweep_plan *plan, size_t point);
/* Whether a run was begun that can go on where its newest checkpoint is. */
kith_status sweep_resumable(kith_ctx *ctx, const sweep_plan *plan, size_t point, bool *out) KITH_CHECKED;

#endif
