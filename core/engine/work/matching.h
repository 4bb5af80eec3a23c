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

#include "exchange/exchange.h"
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

/* Many models, rows of a board, in one order of hidden units: each is matched to `target`, and then, pass after pass,
 * to the mean of all as they are by then, until none moves. A pass lowers sum_i |x_i - mean|^2 or changes nothing, so
 * passes end. (Algorithm 3 there takes models one after the other, each against the mean of the others; all at once is
 * what learners can do at the same time.) */
typedef struct kith_joint {
    kith_exchange *exchange;
    kith_board *board;
    const kith_origin *row; /* [count] the models, each whole in its domain */
    size_t count;
    size_t first, last;      /* of them, those that this worker matches, in its own domain */
    const kith_real *target; /* (d), everywhere */
    uint32_t mean;           /* the row that gets the mean of the matched models, for everyone */
} kith_joint;
/* [all] *passes: how many means that took. */
kith_status kith_matching_join(kith_ctx *ctx, kith_matching *matching, const kith_joint *joint,
                               size_t *passes) KITH_CHECKED;

#endif
