#include <kith/walk.h>

#include <math.h>

kith_status kith_neighbours_of(kith_ctx *ctx, const kith_graph *graph, kith_neighbours *out)
{
    size_t *start = NULL, links = 0;
    uint32_t *to = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "neighbours", graph->nodes + 1, &start));
    const kith_status status = KITH_ALLOC(ctx, "neighbours", graph->start[graph->nodes], &to);
    if (status != KITH_OK) {
        kith_free(start);
        return status;
    }
    for (size_t i = 0; i < graph->nodes; i++) {
        for (size_t e = graph->start[i]; e < graph->start[i + 1]; e++)
            if (graph->from[e] != i) to[links++] = graph->from[e];
        start[i + 1] = links;
    }
    *out = (kith_neighbours){.nodes = graph->nodes, .start = start, .to = to};
    return KITH_OK;
}

void kith_neighbours_free(kith_neighbours *neighbours)
{
    kith_free((void *)neighbours->start);
    kith_free((void *)neighbours->to);
    *neighbours = (kith_neighbours){0};
}

static size_t degree(const kith_neighbours *graph, size_t node)
{
    return graph->start[node + 1] - graph->start[node];
}

void kith_stationary_fill(const kith_neighbours *graph, kith_stationary which, double *mu)
{
    const double ends = (double)graph->start[graph->nodes];
    for (size_t i = 0; i < graph->nodes; i++)
        mu[i] = which == KITH_STATIONARY_DEGREE ? (double)degree(graph, i) / ends : 1.0 / (double)graph->nodes;
}

/* P_ij of a link. */
static double link_probability(const kith_neighbours *graph, kith_stationary which, size_t i, size_t j)
{
    const double di = (double)degree(graph, i), dj = (double)degree(graph, j);
    return which == KITH_STATIONARY_DEGREE ? 1.0 / di : fmin(1.0 / di, 1.0 / dj);
}

static void fill_row(const kith_neighbours *graph, kith_stationary which, size_t i, kith_reversible *c)
{
    double rest = 1.0;
    size_t at = c->start[i];
    for (size_t e = graph->start[i]; e < graph->start[i + 1]; e++, at++) {
        c->to[at] = graph->to[e];
        c->probability[at] = link_probability(graph, which, i, graph->to[e]);
        rest -= c->probability[at];
    }
    /* 1/d summed d times is not always 1 */
    if (which == KITH_STATIONARY_UNIFORM && rest > 1e-12) {
        c->to[at] = (uint32_t)i;
        c->probability[at++] = rest;
    }
    c->start[i + 1] = at;
}

kith_status kith_reversible_create(kith_ctx *ctx, const kith_neighbours *graph, kith_stationary which,
                                   kith_reversible **out)
{
    const size_t n = graph->nodes, room = graph->start[n] + n;
    kith_reversible *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "chain", 1, &c));
    c->nodes = n;
    kith_status status = KITH_ALLOC(ctx, "chain", n + 1, &c->start);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "chain", room, &c->to);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "chain", room, &c->probability);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "chain", n, &c->mu);
    if (status != KITH_OK) {
        kith_reversible_free(c);
        return status;
    }
    for (size_t i = 0; i < n; i++)
        fill_row(graph, which, i, c);
    kith_stationary_fill(graph, which, c->mu);
    *out = c;
    return KITH_OK;
}

void kith_reversible_free(kith_reversible *c)
{
    if (!c) return;
    kith_free(c->start);
    kith_free(c->to);
    kith_free(c->probability);
    kith_free(c->mu);
    kith_free(c);
}
