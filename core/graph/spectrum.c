#include "graph/spectrum.h"

#include "base/stop.h"

#include <math.h>
#include <string.h>

/* out = a a, four rows at a time so that each row of a is loaded a quarter as often. */
static void square(size_t n, const double *restrict a, double *restrict out)
{
    memset(out, 0, n * n * sizeof *out);
    for (size_t i = 0; i + 4 <= n && !kith_stop_due(); i += 4)
        for (size_t k = 0; k < n; k++) {
            const double *row = a + k * n;
            const double w0 = a[i * n + k], w1 = a[(i + 1) * n + k], w2 = a[(i + 2) * n + k], w3 = a[(i + 3) * n + k];
            double *o = out + i * n;
            for (size_t j = 0; j < n; j++) {
                o[j] += w0 * row[j];
                o[n + j] += w1 * row[j];
                o[2 * n + j] += w2 * row[j];
                o[3 * n + j] += w3 * row[j];
            }
        }
    for (size_t i = n - n % 4; i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < n; j++)
                out[i * n + j] += a[i * n + k] * a[k * n + j];
}

/* Scales to Frobenius norm 1; returns the norm it had. */
static double normalise(size_t n, double *a)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < n * n; i++)
        most = fmax(most, fabs(a[i]));
    if (most == 0) return 0;
    for (size_t i = 0; i < n * n; i++)
        sum += (a[i] / most) * (a[i] / most);
    const double norm = most * sqrt(sum);
    for (size_t i = 0; i < n * n; i++)
        a[i] /= norm;
    return norm;
}

/* log of the radius: (log |A^2m| - log |A^m|) / m for m = 1, 2, 4 ... until it stands still. */
static double iterate(size_t n, double *a, double *b)
{
    enum { SQUARINGS = 50 };
    double size = log(normalise(n, a)), last = INFINITY, radius = size;
    for (int k = 0; k < SQUARINGS && isfinite(size) && !kith_stop_due(); k++) {
        square(n, a, b);
        const double grown = log(normalise(n, b));
        radius = ldexp(size + grown, -k);
        size = 2 * size + grown;
        if (fabs(radius - last) < 1e-14 * (1 + fabs(radius))) break;
        last = radius;
        double *other = a;
        a = b;
        b = other;
    }
    return isfinite(size) ? radius : -INFINITY;
}

kith_status kith_spectral_radius(kith_ctx *ctx, size_t n, const double *matrix, double *out)
{
    double *a = NULL, *b = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "matrix of a graph", n * n, &a));
    const kith_status status = KITH_ALLOC(ctx, "matrix of a graph", n * n, &b);
    if (status == KITH_OK) {
        memcpy(a, matrix, n * n * sizeof *a);
        *out = exp(iterate(n, a, b));
    }
    kith_free(a);
    kith_free(b);
    return status;
}

kith_status kith_graph_second(kith_ctx *ctx, const kith_graph *g, double *out)
{
    const size_t n = g->nodes;
    double *a = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "matrix of a graph", n * n, &a));
    /* W - 1v' with v'1 = 1 has W's eigenvalues, but 0 in the place of 1 (Brauer 1952); the same for columns */
    for (size_t i = 0; i < n * n; i++)
        a[i] = -1.0 / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            a[i * n + g->from[e]] += g->weight[e];
    const kith_status status = kith_spectral_radius(ctx, n, a, out);
    kith_free(a);
    return status;
}

static kith_status start(kith_ctx *ctx, kith_mixing *m, size_t n)
{
    m->nodes = n;
    KITH_TRY(KITH_ALLOC(ctx, "matrix of a graph", n * n, &m->gram));
    KITH_TRY(KITH_ALLOC(ctx, "matrix of a graph", n * n, &m->shift));
    return KITH_ALLOC(ctx, "columns of a graph", n, &m->columns);
}

kith_status kith_mixing_add(kith_ctx *ctx, kith_mixing *m, const kith_graph *g)
{
    const size_t n = g->nodes;
    if (!m->columns) KITH_TRY(start(ctx, m, n));
    memset(m->columns, 0, n * sizeof *m->columns);
    for (size_t i = 0; i < n; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
            m->columns[g->from[e]] += g->weight[e];
            for (size_t f = g->start[i]; f < g->start[i + 1]; f++)
                m->gram[g->from[e] * n + g->from[f]] += g->weight[e] * g->weight[f];
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            m->shift[i * n + j] += m->columns[i] * m->columns[j] / (double)n;
    m->rounds++;
    return KITH_OK;
}

/* J a J / scale, in place. */
static void centre(size_t n, double scale, double *a)
{
    for (size_t i = 0; i < n; i++) {
        double mean = 0;
        for (size_t j = 0; j < n; j++)
            mean += a[i * n + j] / (double)n;
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = (a[i * n + j] - mean) / scale;
    }
    for (size_t j = 0; j < n; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += a[i * n + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            a[i * n + j] -= mean;
    }
}

/* Whether every W kept the mean. */
static bool keeps_mean(const kith_mixing *m)
{
    const double even = (double)m->rounds / (double)m->nodes;
    for (size_t i = 0; i < m->nodes * m->nodes; i++)
        if (fabs(m->shift[i] - even) > 1e-12 * even) return false;
    return true;
}

kith_status kith_mixing_rates(kith_ctx *ctx, const kith_mixing *m, double *about_own, double *about_old)
{
    const size_t n = m->nodes;
    double *a = NULL, own = 0, old = 0;
    KITH_TRY(KITH_ALLOC(ctx, "matrix of a graph", n * n, &a));
    for (size_t i = 0; i < n * n; i++)
        a[i] = m->gram[i] - m->shift[i];
    centre(n, (double)m->rounds, a);
    kith_status status = kith_spectral_radius(ctx, n, a, &own);
    old = own;
    if (status == KITH_OK && !keeps_mean(m)) {
        memcpy(a, m->gram, n * n * sizeof *a);
        centre(n, (double)m->rounds, a);
        status = kith_spectral_radius(ctx, n, a, &old);
    }
    kith_free(a);
    *about_own = 1 - own;
    *about_old = 1 - old;
    return status;
}

void kith_mixing_free(kith_mixing *m)
{
    kith_free(m->gram);
    kith_free(m->shift);
    kith_free(m->columns);
    *m = (kith_mixing){0};
}

void kith_graph_mix(const kith_graph *g, const double *x, double *out)
{
    for (size_t i = 0; i < g->nodes; i++) {
        out[i] = 0;
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            out[i] += g->weight[e] * x[g->from[e]];
    }
}
