#include "engine/decentralized/gossip.h"

#include "base/call.h"
#include "graph/spectrum.h"

#include <math.h>
#include <string.h>

/* How far a sum of weights may be from 1: they are decimals in files, and thousands of them are added. */
static const double slack = 1e-9;

kith_status kith_gossip_graph_open(kith_ctx *ctx, const kith_instance *topology, size_t nodes, kith_gossip_graph *out)
{
    *out = (kith_gossip_graph){.table = *(const kith_topology *)topology->plugin->ops,
                               .self = topology->self,
                               .id = topology->plugin->id,
                               .nodes = nodes};
    KITH_TRY_VOID(ctx, out->id, "properties", KITH_NOBODY, out->promises = out->table.properties(out->self));
    KITH_TRY(KITH_ALLOC(ctx, "graph", nodes + 1, &out->start));
    KITH_TRY(KITH_ALLOC(ctx, "graph", nodes, &out->heard));
    KITH_TRY(KITH_ALLOC(ctx, "graph", nodes, &out->column));
    KITH_TRY(KITH_ALLOC(ctx, "graph", nodes, &out->row_from));
    return KITH_ALLOC(ctx, "graph", nodes, &out->row_weight);
}

/* W keeps the mean of all models where its columns sum to 1, and an algorithm that needs this means to reach it. On a
 * graph that never changes and falls into parts it cannot; what changes may be connected over some rounds. */
kith_status kith_gossip_graph_reaches(kith_ctx *ctx, const kith_gossip_graph *g, const char *algorithm, uint32_t needs)
{
    static const char what[] = "not connected: there are learners from which no path leads to some other one";
    if (!(g->promises & KITH_STATIC) || g->promises & KITH_CONNECTED || needs & KITH_CONNECTED) return KITH_OK;
    if (needs & KITH_COLUMN_STOCHASTIC)
        return kith_fail(ctx, KITH_ECONFIG,
                         "run.topology = %s: the graph is the same in every round and %s, so that %s cannot find the "
                         "mean of all; add edges, or take a topology that changes",
                         g->id, what, algorithm);
    kith_note(ctx,
              "run.topology = %s: the graph is the same in every round and %s; nothing but a merge mixes all of them",
              g->id, what);
    return KITH_OK;
}

void kith_gossip_graph_close(kith_gossip_graph *g)
{
    kith_free(g->start);
    kith_free(g->from);
    kith_free(g->weight);
    kith_free(g->heard);
    kith_free(g->column);
    kith_free(g->row_from);
    kith_free(g->row_weight);
}

/* A gossip step of gamma makes 1 - gamma (1 - lambda) of an eigenvalue lambda. */
kith_status kith_gossip_graph_bears(kith_ctx *ctx, kith_gossip *g)
{
    const uint32_t needed = KITH_STATIC | KITH_SYMMETRIC;
    const char *algorithm = g->setup.algorithm->plugin->id, *remedy = "choose other weights or another topology";
    double bound = -INFINITY, least = 0.0;
    bool reached = false;
    if (!g->ops->least) return KITH_OK;
    if ((g->ops->needs & needed) != needed)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: least eigenvalues are those of a graph that stays and is symmetric; add KITH_STATIC and "
                         "KITH_SYMMETRIC to ops.needs",
                         algorithm);
    KITH_TRY_VOID(ctx, algorithm, "least", KITH_NOBODY, bound = g->ops->least(g->self, &remedy));
    if (!isfinite(bound)) return KITH_OK;
    KITH_TRY(kith_gossip_graph_draw(ctx, &g->graph, 0));
    const double step = g->differences.keeps_sums ? g->differences.step : 1.0;
    const kith_graph w = {
        .nodes = g->learners, .start = g->graph.start, .from = g->graph.from, .weight = g->graph.weight};
    if (!g->graph.complete) KITH_TRY(kith_graph_least(ctx, &w, 1.0 - (1.0 - bound) / step, &reached, &least));
    if (!reached) return KITH_OK;
    return kith_config_refuse(ctx, g->setup.config, "run", "topology",
                              "its W has the eigenvalue %.4g, and %s diverges unless all of them are above %.4g; %s",
                              least, algorithm, 1.0 - (1.0 - bound) / step, remedy);
}

static kith_status check_row(kith_ctx *ctx, const kith_gossip_graph *g, const kith_row *r)
{
    double sum = 0.0;
    const char *wrong = r->count > g->nodes ? "it has more edges than there are nodes" : NULL;
    for (size_t e = 0; e < r->count && !wrong; e++) {
        if (r->from[e] >= g->nodes) wrong = "an edge comes from a node that there is not";
        if (e && r->from[e] <= r->from[e - 1]) wrong = "its edges are not in ascending order";
        if (!isfinite(r->weight[e])) wrong = "a weight is not finite";
        sum += r->weight[e];
    }
    if (wrong)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: the row of node %zu in round %llu is wrong: %s", g->id, r->node,
                         (unsigned long long)r->round, wrong);
    if (!(g->promises & KITH_ROW_STOCHASTIC) || fabs(sum - 1.0) <= slack) return KITH_OK;
    return kith_fail(
        ctx, KITH_ECONFIG,
        "%s: the weights that node %zu hears with in round %llu sum to %.12g and not to 1; correct its weights", g->id,
        r->node, (unsigned long long)r->round, sum);
}

/* Whom a node hears with a weight of 0 it does not hear. */
static void leave_out_silent(kith_row *r)
{
    size_t kept = 0;
    for (size_t e = 0; e < r->count; e++) {
        if (r->weight[e] == 0.0 && r->from[e] != r->node) continue;
        r->from[kept] = r->from[e];
        r->weight[kept++] = r->weight[e];
    }
    r->count = kept;
}

static kith_status read_row(kith_ctx *ctx, kith_gossip_graph *g, uint64_t round, size_t node, kith_row *r)
{
    *r = (kith_row){.round = round, .node = node, .from = g->row_from, .weight = g->row_weight};
    KITH_TRY_CALL(ctx, g->id, "row", node, g->table.row(g->self, ctx, r));
    KITH_TRY(check_row(ctx, g, r));
    leave_out_silent(r);
    return KITH_OK;
}

/* 1/N each, but for rounding: a weight that is what others leave of 1 is rarely theirs to the last bit. */
static bool is_even(const kith_gossip_graph *g, const kith_row *r)
{
    if (r->count != g->nodes) return false;
    for (size_t e = 0; e < r->count; e++)
        if (!(fabs(r->weight[e] * (double)g->nodes - 1.0) <= slack)) return false;
    return true;
}

/* A complete graph has N * N weights, too many to keep, and all the same. */
static kith_status look_if_complete(kith_ctx *ctx, kith_gossip_graph *g, uint64_t round)
{
    kith_row r;
    g->complete = false;
    for (size_t i = 0; i < g->nodes; i++) {
        KITH_TRY(read_row(ctx, g, round, i, &r));
        if (!is_even(g, &r)) return KITH_OK;
    }
    g->complete = true;
    g->edges = (double)g->nodes * (double)(g->nodes - 1);
    for (size_t i = 0; i < g->nodes; i++)
        g->heard[i] = (uint32_t)(g->nodes - 1);
    return KITH_OK;
}

static kith_status reserve(kith_ctx *ctx, kith_gossip_graph *g, size_t edges)
{
    if (edges <= g->room) return KITH_OK;
    const size_t room = edges + edges / 2 + 4 * g->nodes;
    uint32_t *from = NULL;
    double *weight = NULL;
    kith_status status = KITH_ALLOC(ctx, "edges", room, &from);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "edges", room, &weight);
    if (status != KITH_OK) {
        kith_free(from);
        return status;
    }
    if (g->room) {
        memcpy(from, g->from, g->room * sizeof *from);
        memcpy(weight, g->weight, g->room * sizeof *weight);
    }
    kith_free(g->from);
    kith_free(g->weight);
    g->from = from;
    g->weight = weight;
    g->room = room;
    return KITH_OK;
}

static kith_status keep_row(kith_ctx *ctx, kith_gossip_graph *g, const kith_row *r)
{
    const size_t start = g->start[r->node];
    KITH_TRY(reserve(ctx, g, start + r->count));
    for (size_t e = 0; e < r->count; e++) {
        const uint32_t from = r->from[e];
        g->from[start + e] = from;
        g->weight[start + e] = r->weight[e];
        g->column[from] += r->weight[e];
        if (from == r->node) continue;
        g->heard[from]++;
        g->edges += 1.0;
    }
    g->start[r->node + 1] = start + r->count;
    return KITH_OK;
}

static kith_status check_columns(kith_ctx *ctx, const kith_gossip_graph *g, uint64_t round)
{
    if (!(g->promises & KITH_COLUMN_STOCHASTIC)) return KITH_OK;
    for (size_t j = 0; j < g->nodes; j++)
        if (fabs(g->column[j] - 1.0) > slack)
            return kith_fail(
                ctx, KITH_ECONFIG,
                "%s: the weights that node %zu is heard with in round %llu sum to %.12g and not to 1; correct its "
                "weights",
                g->id, j, (unsigned long long)round, g->column[j]);
    return KITH_OK;
}

kith_status kith_gossip_graph_draw(kith_ctx *ctx, kith_gossip_graph *g, uint64_t round)
{
    if (g->drawn && g->promises & KITH_STATIC) return KITH_OK;
    if (!g->listed) KITH_TRY(look_if_complete(ctx, g, round));
    g->drawn = true;
    if (g->complete) return KITH_OK;
    g->edges = 0.0;
    memset(g->heard, 0, g->nodes * sizeof *g->heard);
    memset(g->column, 0, g->nodes * sizeof *g->column);
    for (size_t i = 0; i < g->nodes; i++) {
        kith_row r;
        KITH_TRY(read_row(ctx, g, round, i, &r));
        KITH_TRY(keep_row(ctx, g, &r));
    }
    return check_columns(ctx, g, round);
}
