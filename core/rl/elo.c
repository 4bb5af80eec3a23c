#include "rl/elo.h"

#include "base/cholesky.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_ITERATIONS = 200, MOST_HALVINGS = 60 };

/* A rating of 1 changes the odds by this factor's power of e. */
static double unit(void)
{
    return log(10.0) / 400.0;
}

/* What i took of j, with the drawn games of the prior. */
static double points_of(const kith_elo *e, size_t i, size_t j)
{
    return e->points[i * e->count + j] + 0.5 * e->prior / (double)(e->count - 1);
}

/* log(1 / (1 + exp(-x))) without overflow. */
static double log_share(double x)
{
    return x >= 0.0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

static double share(double x)
{
    return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

double kith_elo_likelihood(const kith_elo *e, const double *rating, double *slope)
{
    double sum = 0.0;
    if (slope) memset(slope, 0, e->count * sizeof *slope);
    for (size_t i = 0; i < e->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const double x = unit() * (rating[i] - rating[j]);
            const double mine = points_of(e, i, j), theirs = points_of(e, j, i);
            sum += mine * log_share(x) + theirs * log_share(-x);
            const double pull =
                unit() * (mine * share(-x) - theirs * share(x)); /* two small numbers where one is great */
            if (slope) slope[i] += pull;
            if (slope) slope[j] -= pull;
        }
    }
    return sum;
}

/* Minus the Hessian (n, n), a Laplacian; the anchor's row and column are those of the identity, which holds it fast. */
static void curvature(const kith_elo *e, const double *rating, double *h)
{
    const size_t n = e->count;
    memset(h, 0, n * n * sizeof *h);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            const double p = share(unit() * (rating[i] - rating[j]));
            const double w = unit() * unit() * (points_of(e, i, j) + points_of(e, j, i)) * p *
                             share(unit() * (rating[j] - rating[i]));
            h[i * n + i] += w;
            h[j * n + j] += w;
            h[i * n + j] = h[j * n + i] = -w;
        }
    }
    for (size_t i = 0; i < n; i++)
        h[e->anchor * n + i] = h[i * n + e->anchor] = 0.0;
    h[e->anchor * n + e->anchor] = 1.0;
}

/* The sum of the squared slopes of all games between i and j, in units of the rating's: those won, drawn and lost, and
 * those of the prior as if half of them were won and half lost. Games that were all drawn would look certain, but one
 * of them might have been decided. */
static double spread(const kith_elo *e, size_t i, size_t j)
{
    const double p = share(unit() * (e->rating[i] - e->rating[j])), decided = 0.5 * (p * p + (1.0 - p) * (1.0 - p));
    const double drawn = e->drawn[i * e->count + j], games = e->points[i * e->count + j] + e->points[j * e->count + i];
    const double won = e->points[i * e->count + j] - 0.5 * drawn, lost = e->points[j * e->count + i] - 0.5 * drawn;
    const double found = won * (1.0 - p) * (1.0 - p) + drawn * (0.5 - p) * (0.5 - p) + lost * p * p;
    const double prior = e->prior / (double)(e->count - 1) * decided;
    return unit() * unit() * fmax(found + prior, games > 0.0 ? decided : 0.0);
}

/* Half the interval of player i: x is column i of A^-1. */
static double half_width(const kith_elo *e, const double *x)
{
    static const double normal = 1.959963984540054; /* of 95 % */
    double variance = 0.0;
    for (size_t i = 0; i < e->count; i++)
        for (size_t j = 0; j < i; j++)
            variance += spread(e, i, j) * (x[i] - x[j]) * (x[i] - x[j]);
    return normal * sqrt(variance);
}

static double longest(size_t n, const double *x)
{
    double most = 0.0;
    for (size_t i = 0; i < n; i++)
        if (fabs(x[i]) > most) most = fabs(x[i]);
    return most;
}

/* rating <- the longest way along the step that does not lead down. Near the top steps are taken whole: rounding alone
 * would decide there which way is up. */
static void advance(const kith_elo *e, const double *step, double *to)
{
    const double near = 0.01; /* Elo */
    const double before = kith_elo_likelihood(e, e->rating, NULL);
    double t = 1.0;
    for (int k = 0; k < MOST_HALVINGS; k++, t *= 0.5) {
        for (size_t i = 0; i < e->count; i++)
            to[i] = e->rating[i] + t * step[i];
        if (longest(e->count, step) < near || kith_elo_likelihood(e, to, NULL) >= before) break;
    }
    memcpy(e->rating, to, e->count * sizeof *to);
}

static kith_status refuse(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EUSAGE,
                     "Elo: the ratings have no finite optimum; without a prior everybody must have taken "
                     "points of somebody, and be joined to all others by games; give --prior");
}

static kith_status climb(kith_ctx *ctx, const kith_elo *e, double *h, double *step, double *to)
{
    const size_t n = e->count;
    const double settled = 1e-6; /* Elo; steps after such a one are far smaller */
    for (int k = 0; k < MOST_ITERATIONS; k++) {
        kith_elo_likelihood(e, e->rating, step);
        step[e->anchor] = 0.0;
        curvature(e, e->rating, h);
        if (!kith_cholesky_factor(n, h)) return refuse(ctx);
        kith_cholesky_solve(n, h, step);
        advance(e, step, to);
        if (longest(n, step) < settled) return KITH_OK;
    }
    return refuse(ctx);
}

kith_status kith_elo_fit(kith_ctx *ctx, const kith_elo *e)
{
    const size_t n = e->count;
    double *memory = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "ratings", n * (n + 2), &memory));
    double *step = memory + n * n, *to = step + n;
    memset(e->rating, 0, n * sizeof *e->rating);
    memset(e->half, 0, n * sizeof *e->half);
    const kith_status status = n > 1 ? climb(ctx, e, memory, step, to) : KITH_OK;
    for (size_t i = 0; i < n && n > 1 && status == KITH_OK; i++) {
        memset(step, 0, n * sizeof *step);
        step[i] = 1.0;
        kith_cholesky_solve(n, memory, step);
        e->half[i] = i == e->anchor ? 0.0 : half_width(e, step);
    }
    kith_free(memory);
    return status;
}
