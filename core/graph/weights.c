#include "graph/weights.h"

#include <math.h>

/* Whatever the edges leave of 1 stays with the node. */
static void keep_rest(kith_graph *g, size_t node)
{
    double sum = 0;
    size_t own = 0;
    for (size_t e = g->start[node]; e < g->start[node + 1]; e++) {
        if (g->from[e] == node)
            own = e;
        else
            sum += g->weight[e];
    }
    g->weight[own] = 1.0 - sum;
}

static void weigh_metropolis(kith_graph *g)
{
    for (size_t i = 0; i < g->nodes; i++) {
        const size_t mine = kith_graph_degree(g, i);
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
            const size_t other = kith_graph_degree(g, g->from[e]);
            g->weight[e] = 1.0 / (double)(1 + (mine > other ? mine : other));
        }
        keep_rest(g, i);
    }
}

static void weigh_uniform(kith_graph *g)
{
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            g->weight[e] = 1.0 / (double)(g->start[i + 1] - g->start[i]);
}

static void weigh_max_degree(kith_graph *g)
{
    size_t most = 0;
    for (size_t i = 0; i < g->nodes; i++)
        if (kith_graph_degree(g, i) > most) most = kith_graph_degree(g, i);
    for (size_t i = 0; i < g->nodes; i++) {
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            g->weight[e] = 1.0 / (double)(1 + most);
        keep_rest(g, i);
    }
}

static kith_status weigh_push_sum(kith_ctx *ctx, kith_graph *g)
{
    size_t *heard = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "degrees of a graph", g->nodes, &heard));
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        heard[g->from[e]]++;
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        g->weight[e] = 1.0 / (double)heard[g->from[e]];
    kith_free(heard);
    return KITH_OK;
}

static void scale_columns(kith_graph *g, double *sum)
{
    for (size_t i = 0; i < g->nodes; i++)
        sum[i] = 0;
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        sum[g->from[e]] += g->weight[e];
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        g->weight[e] /= sum[g->from[e]];
}

/* Returns how far the sums were from 1 before. */
static double scale_rows(kith_graph *g)
{
    double worst = 0;
    for (size_t i = 0; i < g->nodes; i++) {
        double sum = 0;
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            sum += g->weight[e];
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            g->weight[e] /= sum;
        worst = fmax(worst, fabs(sum - 1));
    }
    return worst;
}

/* The limit of a mutual graph is symmetric, what was reached of it up to rounding only. */
static void level(kith_graph *g)
{
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1] && g->from[e] < i; e++) {
            const size_t back = kith_graph_find(g, g->from[e], (uint32_t)i);
            g->weight[e] = g->weight[back] = (g->weight[e] + g->weight[back]) / 2;
        }
}

static kith_status weigh_sinkhorn(kith_ctx *ctx, const char *name, kith_graph *g)
{
    enum { SWEEPS = 20000 };
    double *sum = NULL, off = INFINITY;
    KITH_TRY(KITH_ALLOC(ctx, "sums of a graph", g->nodes, &sum));
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        g->weight[e] = 1;
    for (int sweep = 0; sweep < SWEEPS && off > 1e-14; sweep++) {
        scale_columns(g, sum);
        off = scale_rows(g);
    }
    kith_free(sum);
    if (off > 1e-12)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: weights = sinkhorn: after %d sweeps sums are still %.1g off 1; a directed graph must be "
                         "strongly connected, an undirected one is better served by metropolis",
                         name, SWEEPS, off);
    if (kith_graph_mutual(g, false)) level(g);
    return KITH_OK;
}

static kith_status check_mutual(kith_ctx *ctx, const char *name, const kith_graph *g, const char *weighting)
{
    if (kith_graph_mutual(g, false)) return KITH_OK;
    return kith_fail(
        ctx, KITH_ECONFIG,
        "%s: weights = %s needs an undirected graph, and this one is not; use uniform, push-sum or sinkhorn", name,
        weighting);
}

static kith_status check_given(kith_ctx *ctx, const char *name, const kith_graph *g)
{
    kith_sums sums;
    KITH_TRY(kith_graph_sums(ctx, g, &sums));
    const double rows = fmax(fabs(sums.row_least - 1), fabs(sums.row_most - 1));
    const double columns = fmax(fabs(sums.column_least - 1), fabs(sums.column_most - 1));
    if (rows <= 1e-9 || columns <= 1e-9) return KITH_OK;
    for (size_t i = 0; i < g->nodes; i++) {
        double sum = 0;
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            sum += g->weight[e];
        if (fabs(sum - 1) > 1e-9)
            return kith_fail(
                ctx, KITH_EDATA,
                "%s: the weights of node %zu's row sum to %.10g; the rows (or the columns) of a W must sum "
                "to 1",
                name, i, sum);
    }
    return KITH_OK;
}

kith_status kith_graph_weigh(kith_ctx *ctx, const char *name, kith_graph *g, kith_weighting weighting)
{
    switch (weighting) {
    case KITH_WEIGHTS_METROPOLIS:
        KITH_TRY(check_mutual(ctx, name, g, "metropolis"));
        weigh_metropolis(g);
        return KITH_OK;
    case KITH_WEIGHTS_UNIFORM:
        weigh_uniform(g);
        return KITH_OK;
    case KITH_WEIGHTS_MAX_DEGREE:
        weigh_max_degree(g);
        return KITH_OK;
    case KITH_WEIGHTS_SINKHORN:
        return weigh_sinkhorn(ctx, name, g);
    case KITH_WEIGHTS_PUSH_SUM:
        return weigh_push_sum(ctx, g);
    case KITH_WEIGHTS_FILE:
        return check_given(ctx, name, g);
    }
    return kith_fail(ctx, KITH_EINTERNAL, "%s: there is no weighting %d", name, (int)weighting);
}
