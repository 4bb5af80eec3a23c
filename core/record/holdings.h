/* What a folder of results holds, and who accounts for it: nothing is replaced or removed where something lies that no
 * record accounts for.
 *
 * Files are known by their names where a record is beside them (kith.db, config.ini, model.*, learners.npy,
 * policies.npy, policies.csv, KITH_LIVE_NAME, checkpoint/), else by their contents (marks.h). A folder in the folder is
 * known if all in it is. Ownership: nothing is kept. Threads: one. Errors: KITH_EIO with the folder, what it holds, and
 * the remedy.
 */
#ifndef KITH_HOLDINGS_H
#define KITH_HOLDINGS_H

#include <kith/base.h>
#include <limits.h>
#include <stdbool.h>

/* Events that TensorBoard reads while a run goes on. */
#define KITH_LIVE_NAME "events.out.tfevents.0000000000.live"

typedef enum kith_holding {
    KITH_HOLDS_RECORD,  /* kith.db or its journal */
    KITH_HOLDS_ENDED,   /* ended.db: the record of a sweep's run that was not collected yet */
    KITH_HOLDS_RESULT,  /* what a record accounts for: config.ini, model.*, learners.npy, policies.* */
    KITH_HOLDS_SAVES,   /* checkpoint/, with checkpoints and nothing else in it */
    KITH_HOLDS_SWEEP,   /* a sweep's claims, or the folder of one of its runs */
    KITH_HOLDS_OUTPUT,  /* what commands wrote, or the folder of another run; never removed */
    KITH_HOLDS_UNKNOWN, /* everything else */
    KITH_HOLDINGS
} kith_holding;

typedef struct kith_holdings {
    size_t count[KITH_HOLDINGS];
    char first[KITH_HOLDINGS][NAME_MAX + 1]; /* of each kind the name that comes first in the alphabet */
    bool config;                             /* whether a config.ini is among the results */
} kith_holdings;

/* What an entry of a folder is; the descriptor is the folder's. */
kith_holding kith_holding_of(int folder, const char *name);
/* Counts a folder's entries; one that is not there has none. */
kith_status kith_holdings_read(kith_ctx *ctx, const char *folder, kith_holdings *out) KITH_CHECKED;

/* Refuses a folder that a run must not be recorded in: with something unknown in it, with the runs of a sweep, or with
 * results or checkpoints though `recorded`, whether a record of theirs is there, says no. */
kith_status kith_holdings_check_run(kith_ctx *ctx, const char *folder, bool recorded) KITH_CHECKED;
/* The same for the folder of one run of a sweep. What runs left there is the sweep's, but for checkpoints without a
 * record. */
kith_status kith_holdings_check_part(kith_ctx *ctx, const char *folder, bool recorded) KITH_CHECKED;
/* The same for a sweep: with something unknown in it, or with the results of a single run. */
kith_status kith_holdings_check_sweep(kith_ctx *ctx, const char *folder) KITH_CHECKED;

/* Removes what a record accounts for, the record itself last, then the folder if nothing is left in it. What stays is
 * counted: what commands wrote, folders of other runs, and what nobody knows. KITH_EIO where there is no record. */
kith_status kith_holdings_remove(kith_ctx *ctx, const char *folder, size_t *stays) KITH_CHECKED;

/* The same for the folder of one run of a sweep, whose record is in the sweep's database. */
kith_status kith_holdings_remove_part(kith_ctx *ctx, const char *folder, size_t *stays) KITH_CHECKED;

/* Locks a folder while its record is written; *lock is its descriptor, -1 where there is none. `whose`: "its run", for
 * the refusal, which names the process that holds it if this host knows it. Where a file system knows no locks on
 * folders there is none. */
kith_status kith_folder_lock(kith_ctx *ctx, const char *folder, const char *whose, int *lock) KITH_CHECKED;
/* Whether a process of this host has locked it. */
bool kith_folder_held(const char *folder);

#endif
