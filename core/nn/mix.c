#include "nn/clones.h"

#include <kith/nn.h>

#include <stdbool.h>

/* Rows are added four at a time. Where there are more, sums in double wait between two passes, STRIP coordinates at a
 * time so that they stay in the nearest cache. */
enum { AT_ONCE = 4, STRIP = 1024 };

/* Each sum grows in the order of the rows, however many are taken in one pass. The arguments that choose are
 * constants. */
KITH_INLINE void add_rows(size_t n, size_t rows, bool first, bool last, const double *w, const kith_real *const *x,
                          size_t lo, double *restrict sum, kith_real *restrict out)
{
    const kith_real *a = x[0] + lo, *b = x[rows > 1] + lo, *c = x[rows > 2 ? 2 : 0] + lo, *d = x[rows > 3 ? 3 : 0] + lo;
    const double wa = w[0], wb = w[rows > 1], wc = w[rows > 2 ? 2 : 0], wd = w[rows > 3 ? 3 : 0];
    for (size_t j = 0; j < n; j++) {
        double s = first ? wa * (double)a[j] : sum[j] + wa * (double)a[j];
        if (rows > 1) s += wb * (double)b[j];
        if (rows > 2) s += wc * (double)c[j];
        if (rows > 3) s += wd * (double)d[j];
        if (last)
            out[j] = (kith_real)s;
        else
            sum[j] = s;
    }
}

KITH_INLINE void add_last(size_t n, size_t rows, bool first, const double *w, const kith_real *const *x, size_t lo,
                          double *restrict sum, kith_real *restrict out)
{
    switch (rows) {
    case 1:
        add_rows(n, 1, first, true, w, x, lo, sum, out);
        break;
    case 2:
        add_rows(n, 2, first, true, w, x, lo, sum, out);
        break;
    case 3:
        add_rows(n, 3, first, true, w, x, lo, sum, out);
        break;
    default:
        add_rows(n, AT_ONCE, first, true, w, x, lo, sum, out);
    }
}

KITH_CLONES static void sum_few(size_t n, size_t count, const double *weight, const kith_real *const *x, kith_real *out)
{
    add_last(n, count, true, weight, x, 0, NULL, out);
}

KITH_CLONES static void sum_strip(size_t lo, size_t n, size_t count, const double *weight, const kith_real *const *x,
                                  kith_real *out)
{
    double sum[STRIP];
    size_t i = AT_ONCE;
    add_rows(n, AT_ONCE, true, false, weight, x, lo, sum, NULL);
    for (; i + AT_ONCE < count; i += AT_ONCE)
        add_rows(n, AT_ONCE, false, false, weight + i, x + i, lo, sum, NULL);
    add_last(n, count - i, false, weight + i, x + i, lo, sum, out + lo);
}

void kith_weighted_sum(size_t n, size_t count, const double *weight, const kith_real *const *x, kith_real *out)
{
    if (count == 0) {
        kith_clear(n, out);
    } else if (count <= AT_ONCE) {
        sum_few(n, count, weight, x, out);
    } else {
        for (size_t lo = 0; lo < n; lo += STRIP)
            sum_strip(lo, n - lo < STRIP ? n - lo : STRIP, count, weight, x, out);
    }
}
