#include "nn/clones.h"

#include <kith/nn.h>

#include <string.h>

/* Coordinates at a time: their sums in double stay in the nearest cache. */
enum { STRIP = 1024 };

/* Each sum grows in the order of the rows, however many are taken in one pass. */
KITH_INLINE void add_four(size_t n, double *restrict sum, const double *w, const kith_real *a, const kith_real *b,
                          const kith_real *c, const kith_real *d)
{
    for (size_t j = 0; j < n; j++)
        sum[j] = (((sum[j] + w[0] * (double)a[j]) + w[1] * (double)b[j]) + w[2] * (double)c[j]) + w[3] * (double)d[j];
}

KITH_INLINE void add_one(size_t n, double *restrict sum, double w, const kith_real *a)
{
    for (size_t j = 0; j < n; j++) sum[j] += w * (double)a[j];
}

KITH_CLONES static void sum_strip(size_t lo, size_t n, size_t count, const double *weight, const kith_real *const *x,
                                  kith_real *out)
{
    double sum[STRIP];
    memset(sum, 0, n * sizeof *sum);
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        add_four(n, sum, weight + i, x[i] + lo, x[i + 1] + lo, x[i + 2] + lo, x[i + 3] + lo);
    for (; i < count; i++) add_one(n, sum, weight[i], x[i] + lo);
    for (size_t j = 0; j < n; j++) out[lo + j] = (kith_real)sum[j];
}

void kith_weighted_sum(size_t n, size_t count, const double *weight, const kith_real *const *x, kith_real *out)
{
    for (size_t lo = 0; lo < n; lo += STRIP) sum_strip(lo, n - lo < STRIP ? n - lo : STRIP, count, weight, x, out);
}
