/* Saving and resuming: what the frame does about checkpoints, for every engine. record/checkpoint.h has the file.
 *
 * A save: worker 0 makes the file and tells the others its digest; all join, write and flush; they agree; worker 0
 * gives the file its name. So a name is given only to what is whole on the disk, and a failure anywhere leaves the
 * older checkpoint.
 * Ownership: about's pointers are borrowed until close. Threads: one per worker. [all] functions agree on failures.
 */
#ifndef KITH_RESUME_H
#define KITH_RESUME_H

#include "engine/engine.h"
#include "engine/frame/run.h"

typedef struct kith_saving kith_saving;

typedef struct kith_saving_setup {
    kith_exchange *exchange;
    const kith_config *config; /* finished */
    const kith_checkpoint_config *checkpoint;
    const char *folder;            /* of the results */
    const char *build;             /* "key=value" lines */
    const kith_registry *registry; /* tells the plugins in use */
    bool other_plugins;            /* a run may be resumed with others than it was made with */
} kith_saving_setup;

/* What the frame itself must not forget. */
typedef struct kith_saved {
    uint64_t round;
    uint64_t data; /* digest of the data's description */
    uint64_t init; /* digest of run.init's file; 0: there is none */
    double latest[KITH_METRIC_COUNT];
    double best; /* of run.patience */
    uint64_t stuck;
    double wall, trained, tested;          /* s so far */
    kith_traffic moved;                    /* between domains so far */
    kith_target target[KITH_MOST_TARGETS]; /* those of eval.target first */
} kith_saved;

typedef enum kith_resumption {
    KITH_RESUME_FINISHED = 0, /* there is nothing left to do */
    KITH_RESUME_NONE,         /* there is no run yet: begin one */
    KITH_RESUME_START,        /* there is a run that was killed, or failed, before its first checkpoint: begin again */
    KITH_RESUME_ROUND,        /* a checkpoint is open, to be loaded */
} kith_resumption;

/* [all] */
kith_status kith_saving_open(kith_ctx *ctx, const kith_saving_setup *setup, kith_saving **out) KITH_CHECKED;
/* [all] Takes NULL. */
void kith_saving_close(kith_saving *saving);

/* [all] Looks at what the folder holds, and opens its newest checkpoint. Refused: a run that was stopped without a
 * checkpoint, or that is to have more rounds and left none (KITH_EIO), other values but for more rounds, another build
 * or other plugins, of those that are in use by then (KITH_ECONFIG, naming each), a damaged file (KITH_EDATA). Changes
 * nothing. */
kith_status kith_saving_find(kith_ctx *ctx, kith_saving *saving, kith_resumption *out) KITH_CHECKED;
/* [all] After KITH_RESUME_ROUND, with the engine open, for a run of so many rounds. Refuses other plugins, of all, and
 * a round that is not that of the file, or is beyond the run's end (KITH_EDATA). */
kith_status kith_saving_load(kith_ctx *ctx, kith_saving *saving, const kith_engine *engine, uint64_t rounds,
                             kith_saved *out) KITH_CHECKED;
/* [all] With the record open, which locks the folder: removes what a kill between two steps of a save left beside the
 * checkpoint of this round. */
kith_status kith_saving_settle(kith_ctx *ctx, const kith_saving *saving, uint64_t round) KITH_CHECKED;
/* [all] run: its identity in the record; only worker 0 knows it. Only worker 0's `saved` counts but for its round. */
kith_status kith_saving_save(kith_ctx *ctx, kith_saving *saving, const kith_engine *engine, uint64_t run,
                             const kith_saved *saved) KITH_CHECKED;
/* [after finding a checkpoint] The rounds of the run that it is of, if that had fewer than this one; 0: it had as many.
 * *round: the checkpoint's. */
uint64_t kith_saving_rounds(const kith_saving *saving, uint64_t *round);
/* Worker 0: removes the checkpoints of a finished run, but for the newest. */
kith_status kith_saving_keep_newest(kith_ctx *ctx, const kith_saving *saving) KITH_CHECKED;
/* Worker 0: removes the checkpoints of a finished run. */
kith_status kith_saving_clear(kith_ctx *ctx, const kith_saving *saving) KITH_CHECKED;

#endif
