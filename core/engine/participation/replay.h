/* A plan that was recorded: who takes part is read from a file, as `kith export --arrivals` writes it.
 *
 * Lines `round,learner,version,visit,steps,time,ends,lost,late`, the messages of round 0 first, in the order in which
 * they came; '#' starts a comment, and a first line may name the columns. Times may be missing from all lines: then
 * none is modelled. Versions lie in as few slots as they can.
 * Ownership: it owns its lists. Threads: one. Errors: KITH_EIO, and KITH_EDATA with file and line.
 */
#ifndef KITH_REPLAY_H
#define KITH_REPLAY_H

#include "engine/participation/participation.h"

typedef struct kith_replay kith_replay;

/* Of rounds 0 .. rounds - 1, which must all be there. */
kith_status kith_replay_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_replay **out) KITH_CHECKED;
/* Takes NULL. */
void kith_replay_close(kith_replay *replay);
/* Fills a step whose round is set; none after the last. */
void kith_replay_step(const kith_replay *replay, kith_step *step, kith_arrival *arrival, uint32_t *slot);
/* Whether there are times; whether a step has fewer messages than participation.arrivals, or lost visits. */
bool kith_replay_timed(const kith_replay *replay);
bool kith_replay_varies(const kith_replay *replay);

#endif
