/* Successive halving (Jamieson, Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
 * optimization", algorithm 1): all configurations make some rounds, one in sweep.halving of them goes on to
 * sweep.halving times as many rounds, and so on to the last round.
 *
 * A rung is a round of the runs themselves: a run is stopped there with a checkpoint and goes on from it. So one that
 * comes to its end has the bits of one that was never halted, its schedules span run.rounds, and a rung is a round in
 * which runs are evaluated anyhow. Who goes on follows from the records alone: a sweep that was killed finds the same
 * ones again. Threads: one; the plan's rungs are the same on every worker. Errors: KITH_ECONFIG naming the key.
 */
#ifndef KITH_LAUNCH_SWEEP_HALVING_H
#define KITH_LAUNCH_SWEEP_HALVING_H

#include "launch/commands/sweep/plan.h"

struct kith_run;

/* Fills in the plan's rungs. `run`: resolved, of any point. */
kith_status sweep_halving_plan(kith_ctx *ctx, sweep_plan *plan, const struct kith_config *config,
                               const struct kith_run *run) KITH_CHECKED;
/* Where runs are halted on rung k, plan->rungs of which there are; UINT64_MAX: at their end. */
uint64_t sweep_halving_round(const sweep_plan *plan, size_t rung);
/* Looks at the records. runs (points): whether a configuration is on the rung, and its run still has to come there.
 * anew: runs that failed are to be made again. Notes who went on from the rung before, and ties. */
kith_status sweep_halving_due(kith_ctx *ctx, const sweep_plan *plan, size_t rung, bool anew,
                              uint64_t *due) KITH_CHECKED;
/* "27 runs to round 9, 9 to 27, 3 to 81" */
void sweep_halving_tell(const sweep_plan *plan, char *text, size_t size);

#endif
