/* The table at a sweep's end: a line for each point, mean and standard deviation of metrics over its seeds.
 *
 * Threads: one. Errors: KITH_EIO where results cannot be read. Names in sweep.metrics that no run has are noted.
 */
#ifndef KITH_LAUNCH_SWEEP_TABLE_H
#define KITH_LAUNCH_SWEEP_TABLE_H

#include "launch/commands/sweep/plan.h"
#include "launch/services/results/results.h"

#include <stdio.h>

typedef struct sweep_tally {
    size_t runs, done, failed; /* the others have not ended */
    char first_failure[1024];  /* its message, and what it is of */
} sweep_tally;

/* What a recorded run goes by. */
uint64_t sweep_digest_of(const kith_result *run);
/* run (points): the recorded run of each point; what has none is left as it is. */
void sweep_place_runs(const sweep_plan *plan, const kith_results *results, const kith_result **run);
/* Reads the sweep's database. out: NULL for the tally alone. */
kith_status sweep_table_write(kith_ctx *ctx, const sweep_plan *plan, FILE *out, sweep_tally *tally) KITH_CHECKED;

#endif
