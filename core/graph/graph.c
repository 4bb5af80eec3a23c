#include "graph/weights.h"

#include <string.h>

void kith_graph_free(kith_graph *graph)
{
    if (!graph) return;
    kith_free(graph->start);
    kith_free(graph->from);
    kith_free(graph->weight);
    kith_free(graph);
}

static kith_status allocate(kith_ctx *ctx, size_t nodes, size_t edges, kith_graph **out)
{
    kith_graph *g = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "graph", 1, &g));
    g->nodes = nodes;
    kith_status status = KITH_ALLOC(ctx, "nodes of a graph", nodes + 1, &g->start);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "edges of a graph", edges, &g->from);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "weights of a graph", edges, &g->weight);
    if (status != KITH_OK) {
        kith_graph_free(g);
        return status;
    }
    *out = g;
    return KITH_OK;
}

static void append(kith_graph *g, size_t *count, uint32_t from, double weight)
{
    g->from[*count] = from;
    g->weight[(*count)++] = weight;
}

/* Sorted edges into rows, with an edge of each node from itself. */
static void fill(kith_graph *g, const kith_edges *edges)
{
    size_t count = 0, e = 0;
    for (size_t i = 0; i < g->nodes; i++) {
        bool own = false;
        g->start[i] = count;
        for (; e < edges->count && edges->item[e].to == i; e++) {
            const kith_edge *edge = &edges->item[e];
            if (e && edge[-1].to == i && edge[-1].from == edge->from) continue;
            if (!own && edge->from > i) append(g, &count, (uint32_t)i, 0);
            own |= edge->from >= i;
            append(g, &count, edge->from, edge->weight);
        }
        if (!own) append(g, &count, (uint32_t)i, 0);
    }
    g->start[g->nodes] = count;
}

kith_status kith_graph_create(kith_ctx *ctx, const char *name, size_t nodes, kith_edges *edges,
                              kith_weighting weighting, kith_graph **out)
{
    kith_graph *g = NULL;
    KITH_TRY(kith_edges_sort(ctx, edges, nodes));
    KITH_TRY(allocate(ctx, nodes, edges->count + nodes, &g));
    fill(g, edges);
    kith_status status = kith_graph_weigh(ctx, name, g, weighting);
    if (status == KITH_OK) status = kith_graph_examine(ctx, g, &g->properties);
    if (status != KITH_OK) {
        kith_graph_free(g);
        return status;
    }
    *out = g;
    return KITH_OK;
}

static kith_status collect(kith_ctx *ctx, const kith_topology *ops, void *topology, kith_row *row, size_t nodes,
                           kith_edges *edges)
{
    for (size_t i = 0; i < nodes; i++) {
        row->node = i;
        KITH_TRY(ops->row(topology, ctx, row));
        for (size_t e = 0; e < row->count; e++) {
            if (row->weight[e] == 0) continue;
            const kith_edge edge = {.to = (uint32_t)i, .from = row->from[e], .weight = row->weight[e]};
            KITH_TRY(kith_edges_add(ctx, edges, &edge));
        }
    }
    return KITH_OK;
}

static kith_status assemble(kith_ctx *ctx, size_t nodes, kith_edges *edges, kith_graph **out)
{
    kith_graph *g = NULL;
    KITH_TRY(allocate(ctx, nodes, edges->count + nodes, &g));
    fill(g, edges);
    const kith_status status = kith_graph_examine(ctx, g, &g->properties);
    if (status != KITH_OK) {
        kith_graph_free(g);
        return status;
    }
    *out = g;
    return KITH_OK;
}

kith_status kith_graph_of(kith_ctx *ctx, const kith_topology *ops, void *topology, size_t nodes, uint64_t round,
                          kith_graph **out)
{
    kith_edges edges = {0};
    kith_row row = {.round = round};
    kith_status status = KITH_ALLOC(ctx, "row of a graph", nodes, &row.from);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "row of a graph", nodes, &row.weight);
    if (status == KITH_OK) status = collect(ctx, ops, topology, &row, nodes, &edges);
    if (status == KITH_OK) status = assemble(ctx, nodes, &edges, out);
    kith_edges_free(&edges);
    kith_free(row.from);
    kith_free(row.weight);
    return status;
}

void kith_graph_row(const kith_graph *graph, kith_row *row)
{
    const size_t first = graph->start[row->node];
    row->count = graph->start[row->node + 1] - first;
    memcpy(row->from, graph->from + first, row->count * sizeof *row->from);
    memcpy(row->weight, graph->weight + first, row->count * sizeof *row->weight);
}

uint32_t kith_static_properties(const void *self)
{
    return ((const kith_graph *)self)->properties;
}

kith_status kith_static_row(void *self, kith_ctx *ctx, kith_row *row)
{
    (void)ctx;
    kith_graph_row(self, row);
    return KITH_OK;
}

void kith_static_destroy(void *self)
{
    kith_graph_free(self);
}
