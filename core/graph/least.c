/* How far down the spectrum of a symmetric W reaches: by Gershgorin's discs, and where those leave it open by Lanczos'
 * method (1950; Parlett, "The Symmetric Eigenvalue Problem", ch. 13), which needs W x alone. */
#include "graph/spectrum.h"

#include "base/stop.h"

#include <math.h>

enum { STEPS = 400 };

/* T, the tridiagonal matrix of so many steps. Its eigenvalues lie among W's, and the outermost ones come first. */
typedef struct lanczos {
    const kith_graph *graph;
    double *x, *last, *next; /* (n) */
    uint32_t *queue;         /* (n) */
    double diagonal[STEPS], beside[STEPS];
    size_t steps;
} lanczos;

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* No eigenvalue is less than all discs. */
static double least_disc(const kith_graph *g)
{
    double least = INFINITY;
    for (size_t i = 0; i < g->nodes; i++) {
        double end = 0.0;
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            end += g->from[e] == i ? g->weight[e] : -fabs(g->weight[e]);
        least = fmin(least, end);
    }
    return least;
}

/* 1 and -1, so that neighbours differ as far as they can: the vector of the least eigenvalue where a graph has two
 * sides and all nodes weigh themselves alike. Rings of any even length are told so, to the last digit. */
static void two_sides(lanczos *l)
{
    const kith_graph *g = l->graph;
    double *x = l->x;
    for (size_t i = 0; i < g->nodes; i++)
        x[i] = 0.0;
    for (size_t root = 0; root < g->nodes; root++) {
        size_t tail = 0;
        if (x[root] != 0.0) continue;
        x[root] = 1.0;
        l->queue[tail++] = (uint32_t)root;
        for (size_t head = 0; head < tail; head++) {
            const size_t i = l->queue[head];
            for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
                if (x[g->from[e]] != 0.0) continue;
                x[g->from[e]] = -x[i];
                l->queue[tail++] = g->from[e];
            }
        }
    }
}

static void at_random(lanczos *l)
{
    kith_stream s = kith_stream_at(1, KITH_FOR_TOPOLOGY, 0, 0);
    for (size_t i = 0; i < l->graph->nodes; i++)
        l->x[i] = kith_draw_uniform(&s) - 0.5;
}

static void begin(lanczos *l)
{
    const size_t n = l->graph->nodes;
    const double length = sqrt(dot(n, l->x, l->x));
    for (size_t i = 0; i < n; i++) {
        l->x[i] /= length;
        l->last[i] = 0.0;
    }
    l->steps = 0;
}

/* false: the vectors so far hold all of W that the first one meets. */
static bool step(lanczos *l)
{
    const size_t n = l->graph->nodes, k = l->steps++;
    double *w = l->next;
    kith_graph_mix(l->graph, l->x, w);
    l->diagonal[k] = dot(n, l->x, w);
    for (size_t i = 0; i < n; i++)
        w[i] -= l->diagonal[k] * l->x[i] + (k ? l->beside[k - 1] * l->last[i] : 0.0);
    l->beside[k] = sqrt(dot(n, w, w));
    if (!(l->beside[k] > 1e-12)) return false;
    for (size_t i = 0; i < n; i++)
        w[i] /= l->beside[k];
    l->next = l->last;
    l->last = l->x;
    l->x = w;
    return true;
}

/* One more pivot of T - bound: they are all positive where no eigenvalue of T is at most the bound (Sylvester). */
static double pivot(const lanczos *l, size_t k, double bound, double last)
{
    return l->diagonal[k] - bound - (k ? l->beside[k - 1] * l->beside[k - 1] / last : 0.0);
}

static bool reaches(const lanczos *l, double bound)
{
    double p = 1.0;
    for (size_t k = 0; k < l->steps; k++) {
        p = pivot(l, k, bound, p);
        if (p <= 0.0) return true;
    }
    return false;
}

/* Between two bounds of which T reaches the upper one. */
static double bisect(const lanczos *l, double low, double high)
{
    for (int k = 0; k < 60; k++) {
        const double middle = 0.5 * (low + high);
        if (reaches(l, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* Once the bound is reached, four times as many steps make the eigenvalue fit for a message. */
static kith_status search(kith_ctx *ctx, lanczos *l, double bound, bool *found)
{
    double p = 1.0;
    size_t most = STEPS;
    begin(l);
    for (bool more = true; more && l->steps < most;) {
        KITH_TRY(kith_stop_check(ctx));
        more = step(l);
        if (*found) continue;
        p = pivot(l, l->steps - 1, bound, p);
        *found = p <= 0.0;
        if (*found && 4 * l->steps + 60 < most) most = 4 * l->steps + 60;
    }
    return KITH_OK;
}

static kith_status allocate(kith_ctx *ctx, lanczos *l)
{
    const size_t n = l->graph->nodes;
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", n, &l->x));
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", n, &l->last));
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", n, &l->next));
    return KITH_ALLOC(ctx, "eigenvalues", n, &l->queue);
}

kith_status kith_graph_least(kith_ctx *ctx, const kith_graph *g, double bound, bool *reached, double *least)
{
    lanczos *l = NULL;
    const double low = least_disc(g), slack = 1e-9;
    *reached = false;
    if (low > bound + slack) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "eigenvalues", 1, &l));
    l->graph = g;
    kith_status status = allocate(ctx, l);
    if (status == KITH_OK) {
        two_sides(l);
        status = search(ctx, l, bound + slack, reached);
    }
    if (status == KITH_OK && !*reached) {
        at_random(l);
        status = search(ctx, l, bound + slack, reached);
    }
    if (status == KITH_OK && *reached) *least = bisect(l, low, bound + slack);
    kith_free(l->x);
    kith_free(l->last);
    kith_free(l->next);
    kith_free(l->queue);
    kith_free(l);
    return status;
}
