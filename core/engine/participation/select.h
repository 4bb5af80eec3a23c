/* Who is chosen for a synchronous cohort, by what learners reported when they took part last.
 *
 *   rpow-d  power of choice, Cho, Wang, Joshi, AISTATS 2022, variant rpow-d: of d candidates, drawn by weights, those
 * of greatest loss; whoever was never seen has an infinite one oort    Lai et al., OSDI 2021, Algorithm 1 without the
 * pacer: a share of newcomers, the others drawn by utility from those near the top fedcs   Nishio, Yonetani, ICC 2019,
 * with a link for each learner: of d candidates the quickest, as many as are expected to end before a deadline norm in
 * proportion to weight times norm of the last message (Chen, Horvath, Richtarik, TMLR 2022), without their correction
 * by 1 / probability; whoever was never seen has the greatest norm so far
 *
 * A draw is a function of configuration, stream and what was told. Ownership: it owns its lists and borrows the rest.
 * Threads: one.
 */
#ifndef KITH_SELECT_H
#define KITH_SELECT_H

#include "engine/participation/participation.h"

typedef struct kith_select kith_select;

/* Lists of N elements of 8 bytes: what the rule goes by (NaN: never seen), 1 + the last round, how often. */
enum { KITH_SELECT_VALUE = 0, KITH_SELECT_LAST, KITH_SELECT_TIMES, KITH_SELECT_LISTS };

kith_status kith_select_open(kith_ctx *ctx, const kith_visit_plan_setup *setup, kith_sampler *sampler,
                             const kith_timing *timing, kith_select **out) KITH_CHECKED;
/* Takes NULL. */
void kith_select_close(kith_select *select);
/* Draws `count` learners for a round, or fewer where there are no more, or fedcs takes fewer. Returns how many. */
size_t kith_select_draw(kith_select *select, kith_stream *stream, uint64_t round, size_t count,
                        const kith_sampler_filter *filter, uint32_t *out);
/* A learner's message of a round has arrived; `value` is the number that its visit reported. */
void kith_select_tell(kith_select *select, size_t learner, uint64_t round, double value);
void *kith_select_list(kith_select *select, size_t list);

#endif
