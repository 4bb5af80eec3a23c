/* The best one-to-one assignment of rows to columns, exactly.
 *
 * Method: shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path algorithm for
 *   dense and sparse linear assignment problems", Computing 38, 1987, without its reductions at the beginning). n^3.
 * Threads: one for each workspace. Errors: KITH_EMEMORY.
 */
#ifndef KITH_ASSIGN_H
#define KITH_ASSIGN_H

#include <kith/base.h>
#include <stdbool.h>

/* What assignments of up to `most` rows need beside their gains. */
typedef struct kith_assign {
    size_t most;
    double *row, *column, *least; /* [most + 1] potentials, and the shortest way to a column so far */
    size_t *taken, *before;       /* [most + 1] a column's row, and the column that the way comes from */
    bool *seen;                   /* [most + 1] */
} kith_assign;

kith_status kith_assign_open(kith_ctx *ctx, size_t most, kith_assign *out) KITH_CHECKED;
void kith_assign_close(kith_assign *a);
/* The permutation `to` with the greatest sum of gain[i * n + to[i]], n <= most, all gains finite. Returns that sum,
 * added in order. */
double kith_assign_most(kith_assign *a, size_t n, const double *gain, size_t *to);

#endif
