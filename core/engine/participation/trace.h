/* A trace of availability: intervals start <= t < end in which a learner is available, repeated after a period.
 *
 * The file has a line `learner,start,end` for each, in seconds from 0 on; '#' starts a comment, and a first line may
 * name the columns. Every learner has an interval, and none of its intervals overlap.
 * Ownership: the trace owns its lists. Threads: one. Errors: KITH_EIO, and KITH_EDATA with file and line.
 */
#ifndef KITH_TRACE_H
#define KITH_TRACE_H

#include <kith/base.h>

typedef struct kith_trace kith_trace;

/* period 0: the last end. */
kith_status kith_trace_open(kith_ctx *ctx, const char *path, double period, size_t learners,
                            kith_trace **out) KITH_CHECKED;
void kith_trace_close(kith_trace *trace);
/* The first time at or after `time` at which the learner is available. */
double kith_trace_from(const kith_trace *trace, size_t learner, double time);
/* The first time after `time` at which some interval begins. */
double kith_trace_change(const kith_trace *trace, double time);
/* How many intervals there are in a period. */
size_t kith_trace_starts(const kith_trace *trace);

#endif
