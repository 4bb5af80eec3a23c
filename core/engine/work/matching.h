/* Weight matching: one network's hidden units are put into the order in which they are nearest to another's.
 *
 * Source: Ainsworth, Hayase and Srinivasa, "Git Re-Basin: Merging Models modulo Permutation Symmetries", ICLR 2023,
 *   algorithm 1. Set after set, the permutation that maximises the inner product of the two models' weights, the other
 *   sets as they are, is a linear assignment; sweeps end when none changes. Sets are taken in the model's order, not
 *   at random. It is coordinate descent: what it finds is the best for each set, and need not be the best for all.
 *   Sets that are normalised in groups: assignments within each pair of groups, then one of groups.
 * Threads: one for each matching. Errors: KITH_EDIVERGED where weights are too large to be compared; KITH_EMEMORY.
 */
#ifndef KITH_MATCHING_H
#define KITH_MATCHING_H

#include "plugin/units.h"

typedef struct kith_matching kith_matching;

/* Of a created model with these blocks. *out is NULL where it has no hidden units that may change places. */
kith_status kith_matching_open(kith_ctx *ctx, const kith_instance *model, const kith_block *block, size_t blocks,
                               kith_matching **out) KITH_CHECKED;
void kith_matching_close(kith_matching *matching);
/* Permutes x (d) in place so that it is matched to `target` (d). Bits of x's numbers stay as they are. *moved: whether
 * any unit changed its place. */
kith_status kith_matching_align(kith_ctx *ctx, kith_matching *matching, const kith_real *target, kith_real *x,
                                bool *moved) KITH_CHECKED;

#endif
