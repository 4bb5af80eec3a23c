/* Eigenpairs of symmetric matrices: Householder's reduction to three diagonals, then QL steps with implicit shifts
 * (Bowdler, Martin, Reinsch, Wilkinson 1968; Parlett, "The Symmetric Eigenvalue Problem", ch. 7 and 8).
 *
 * Rows of q are the vectors, so that both the reflections and the rotations run along rows. */
#include "graph/spectrum.h"

#include "base/stop.h"

#include <math.h>
#include <string.h>

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(size_t n, double factor, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

/* Takes the reflection I - 2vv' that clears what is left of row k's last subdiagonal entry, and applies it to the
 * leading k x k part of a. v: (k), stays in row k of a, as a unit vector, or zero where there is nothing to clear.
 * Returns the entry that stays. */
static double reflect(size_t n, double *a, size_t k, double *work)
{
    double *v = a + k * n;
    const double last = v[k - 1], size = sqrt(dot(k, v, v));
    if (size == fabs(last)) {
        memset(v, 0, k * sizeof *v);
        return last;
    }
    const double kept = last > 0.0 ? -size : size;
    v[k - 1] -= kept;
    const double length = sqrt(dot(k, v, v));
    for (size_t i = 0; i < k; i++)
        v[i] /= length;
    /* a <- (I - 2vv') a (I - 2vv') = a - 2 (v w' + w v'), w = a v - (v'a v) v */
    for (size_t i = 0; i < k; i++)
        work[i] = dot(k, a + i * n, v);
    add(k, -dot(k, v, work), v, work);
    for (size_t i = 0; i < k; i++) {
        const double vi = -2.0 * v[i], wi = -2.0 * work[i];
        for (size_t j = 0; j < k; j++)
            a[i * n + j] += vi * work[j] + wi * v[j];
    }
    return kept;
}

/* diagonal[n], below[n]: below[k] beside diagonal[k - 1] and diagonal[k]. Leaves in a the product Q' of the
 * reflections: Q' A Q is the tridiagonal matrix. */
static void reduce(size_t n, double *a, double *diagonal, double *below, double *work)
{
    below[0] = 0.0;
    for (size_t k = n; k-- > 1 && !kith_stop_due();) {
        diagonal[k] = a[k * n + k];
        below[k] = reflect(n, a, k, work);
    }
    diagonal[0] = a[0];
    /* Q = H_{n-1} ... H_1, where H_k acts on the first k coordinates: built from H_1 on, in the corner it has
     * reached */
    a[0] = 1.0;
    for (size_t k = 1; k < n && !kith_stop_due(); k++) {
        double *v = a + k * n;
        memcpy(work, v, k * sizeof *v);
        memset(v, 0, n * sizeof *v);
        v[k] = 1.0;
        for (size_t i = 0; i < k; i++) {
            a[i * n + k] = 0.0;
            add(k, -2.0 * dot(k, a + i * n, work), work, a + i * n);
        }
    }
}

/* Rotates rows k and k + 1. */
static void rotate(size_t n, double *q, size_t k, double c, double s)
{
    double *x = q + k * n, *y = x + n;
    for (size_t j = 0; j < n; j++) {
        const double held = y[j];
        y[j] = s * x[j] + c * held;
        x[j] = c * x[j] - s * held;
    }
}

/* One QL step on rows l..m; e[k] lies between d[k] and d[k + 1]. */
static void ql_step(size_t n, size_t l, size_t m, double *d, double *e, double *q)
{
    const double half = (d[l + 1] - d[l]) / (2.0 * e[l]), root = hypot(half, 1.0);
    double g = d[m] - d[l] + e[l] / (half + copysign(root, half));
    double s = 1.0, c = 1.0, p = 0.0;
    for (size_t k = m; k-- > l;) {
        const double f = s * e[k], b = c * e[k], r = hypot(f, g);
        e[k + 1] = r;
        if (r == 0.0) {
            d[k + 1] -= p;
            e[m] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[k + 1] - p;
        const double t = (d[k] - g) * s + 2.0 * c * b;
        p = s * t;
        d[k + 1] = g + p;
        g = c * t - b;
        rotate(n, q, k, c, s);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

static kith_status diagonalise(kith_ctx *ctx, size_t n, double *d, double *e, double *q)
{
    enum { STEPS = 60 };
    for (size_t l = 0; l < n; l++) {
        for (int step = 0;; step++) {
            size_t m = l;
            KITH_TRY(kith_stop_check(ctx));
            while (m + 1 < n && fabs(e[m]) > 0x1p-53 * (fabs(d[m]) + fabs(d[m + 1])))
                m++;
            if (m == l) break;
            if (step == STEPS)
                return kith_fail(ctx, KITH_EINTERNAL, "the eigenvalues of a matrix of %zu rows do not settle", n);
            ql_step(n, l, m, d, e, q);
        }
    }
    return KITH_OK;
}

static void sort(size_t n, double *d, double *q)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            if (d[j] > d[best]) best = j;
        if (best == i) continue;
        const double held = d[i];
        d[i] = d[best];
        d[best] = held;
        for (size_t j = 0; j < n; j++) {
            const double entry = q[i * n + j];
            q[i * n + j] = q[best * n + j];
            q[best * n + j] = entry;
        }
    }
}

kith_status kith_symmetric_eigen(kith_ctx *ctx, size_t n, double *a, double *values)
{
    double *below = NULL, *work = NULL;
    kith_status status = KITH_ALLOC(ctx, "eigenvalues", n + 1, &below);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "eigenvalues", n, &work);
    if (status == KITH_OK) {
        reduce(n, a, values, below, work);
        status = diagonalise(ctx, n, values, below + 1, a);
        sort(n, values, a);
    }
    kith_free(below);
    kith_free(work);
    return status;
}

kith_status kith_reversible_spectrum(kith_ctx *ctx, const kith_reversible *chain, double *values, double *vectors)
{
    const size_t n = chain->nodes;
    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++)
        for (size_t e = chain->start[i]; e < chain->start[i + 1]; e++) {
            const size_t j = chain->to[e];
            /* symmetric but for rounding, which the lower triangle decides */
            vectors[i * n + j] = chain->probability[e] * sqrt(chain->mu[i] / chain->mu[j]);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            vectors[j * n + i] = vectors[i * n + j];
    return kith_symmetric_eigen(ctx, n, vectors, values);
}
