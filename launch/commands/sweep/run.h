/* One run of a sweep, made by a group of workers.
 *
 * Ownership: what is in `group` is borrowed but for what group_open() makes. Threads: one per worker. Functions marked
 * [group] must be called by all workers of the group in the same order.
 */
#ifndef KITH_LAUNCH_SWEEP_RUN_H
#define KITH_LAUNCH_SWEEP_RUN_H

#include "launch/commands/sweep/plan.h"
#include "launch/services/workers/worker.h"

typedef struct sweep_group {
    const sweep_plan *plan;
    kith_exchange *exchange;
    const kith_place *place;
    kith_board *order; /* (1, 2): which point comes next, and whether it is resumed */
    char fingerprint[WORKER_TEXT_SIZE];
    char environment[WORKER_ENVIRONMENT_SIZE];
} sweep_group;

/* [group] `exchange` is the group's from then on, on failure too. */
kith_status sweep_group_open(kith_ctx *ctx, const sweep_plan *plan, kith_exchange *exchange, const char *fingerprint,
                             sweep_group *out) KITH_CHECKED;
/* [group] */
void sweep_group_close(sweep_group *group);

/* [group] The first worker's two numbers; a failure of the first worker is everybody's. */
kith_status sweep_group_tell(sweep_group *group, kith_status mine, uint64_t order[2]) KITH_CHECKED;

/* How a run went. */
typedef struct sweep_outcome {
    kith_status status;             /* the same on all workers: of the run, KITH_ESTOPPED where it was asked to stop */
    char message[WORKER_TEXT_SIZE]; /* of a failure */
    bool halted;                    /* at the round that was asked for; the status is KITH_OK then */
    uint64_t round, rounds;
    const kith_metric *lead; /* what leads the run, and its value; NULL while nothing is known */
    double value;
} sweep_outcome;

/* [group] Makes a run, records it and offers it to the books. until: the round in which it is halted with a checkpoint;
 * one that ends before, or has more, is not. Fails only where the sweep cannot go on. */
kith_status sweep_run_make(kith_ctx *ctx, sweep_group *group, size_t point, bool resume, uint64_t until,
                           sweep_outcome *out) KITH_CHECKED;

#endif
