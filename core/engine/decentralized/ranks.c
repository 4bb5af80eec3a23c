#include "engine/decentralized/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* How many of sorted[n] are below v; or_equal: no greater. */
static size_t count_below(size_t n, const double *sorted, double v, int or_equal)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (sorted[mid] < v || (or_equal && sorted[mid] == v))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Less their mean, (n - 1) / 2. */
static void rank(size_t n, const double *x, double *sorted, double *out)
{
    memcpy(sorted, x, n * sizeof *x);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t i = 0; i < n; i++) {
        const size_t first = count_below(n, sorted, x[i], 0), end = count_below(n, sorted, x[i], 1);
        out[i] = ((double)first + (double)end - 1.0) / 2.0 - ((double)n - 1.0) / 2.0;
    }
}

double kith_rank_correlation(size_t n, const double *x, const double *y, double *scratch)
{
    double *sorted = scratch, *a = scratch + n, *b = scratch + 2 * n, ab = 0.0, aa = 0.0, bb = 0.0;
    rank(n, x, sorted, a);
    rank(n, y, sorted, b);
    for (size_t i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa > 0.0 && bb > 0.0 ? ab / sqrt(aa * bb) : NAN;
}
