/* Rank correlation. Threads: any. */
#ifndef KITH_RANKS_H
#define KITH_RANKS_H

#include <stddef.h>

/* Spearman's rank correlation of x[n] and y[n]: Pearson's of their ranks, ties sharing the mean of theirs (Spearman
 * 1904). NaN where one of them has no two different values. scratch: [3 n]. */
double kith_rank_correlation(size_t n, const double *x, const double *y, double *scratch);

#endif
