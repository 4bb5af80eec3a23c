#include "graph/weights.h"

#include <math.h>

size_t kith_graph_find(const kith_graph *graph, size_t node, uint32_t from)
{
    size_t low = graph->start[node], high = graph->start[node + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (graph->from[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < graph->start[node + 1] && graph->from[low] == from ? low : SIZE_MAX;
}

bool kith_graph_mutual(const kith_graph *g, bool weights)
{
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
            const size_t back = kith_graph_find(g, g->from[e], (uint32_t)i);
            if (back == SIZE_MAX) return false;
            if (weights && fabs(g->weight[e] - g->weight[back]) > 1e-12) return false;
        }
    return true;
}

kith_status kith_graph_sums(kith_ctx *ctx, const kith_graph *g, kith_sums *out)
{
    double *column = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "sums of a graph", g->nodes, &column));
    kith_sums s = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < g->nodes; i++) {
        double row = 0;
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
            row += g->weight[e];
            column[g->from[e]] += g->weight[e];
        }
        s.row_least = fmin(s.row_least, row);
        s.row_most = fmax(s.row_most, row);
    }
    for (size_t i = 0; i < g->nodes; i++) {
        s.column_least = fmin(s.column_least, column[i]);
        s.column_most = fmax(s.column_most, column[i]);
    }
    kith_free(column);
    *out = s;
    return KITH_OK;
}

/* The same edges, seen from the sender: the nodes that hear i are to[begin[i]] .. to[begin[i + 1] - 1]. */
typedef struct heard {
    size_t *begin;
    uint32_t *to;
} heard;

static void heard_free(heard *h)
{
    kith_free(h->begin);
    kith_free(h->to);
}

static kith_status heard_create(kith_ctx *ctx, const kith_graph *g, heard *out)
{
    heard h = {0};
    kith_status status = KITH_ALLOC(ctx, "nodes of a graph", g->nodes + 2, &h.begin);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "edges of a graph", g->start[g->nodes], &h.to);
    if (status != KITH_OK) {
        heard_free(&h);
        return status;
    }
    /* begin[j + 1] is where the next one of j goes, so that in the end it is where j + 1 begins */
    for (size_t e = 0; e < g->start[g->nodes]; e++)
        h.begin[g->from[e] + 2]++;
    for (size_t i = 0; i < g->nodes; i++)
        h.begin[i + 2] += h.begin[i + 1];
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            h.to[h.begin[g->from[e] + 1]++] = (uint32_t)i;
    *out = h;
    return KITH_OK;
}

static void visit(uint8_t *seen, uint32_t *queue, size_t *tail, const uint32_t *node, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (seen[node[k]]) continue;
        seen[node[k]] = 1;
        queue[(*tail)++] = node[k];
    }
}

/* How many nodes are reached from node 0, along edges, against them, or both. */
static size_t reach(const kith_graph *g, const heard *h, bool along, bool against, uint8_t *seen, uint32_t *queue)
{
    size_t tail = 1;
    for (size_t i = 0; i < g->nodes; i++)
        seen[i] = i == 0;
    queue[0] = 0;
    for (size_t head = 0; head < tail; head++) {
        const size_t i = queue[head];
        if (against) visit(seen, queue, &tail, g->from + g->start[i], g->start[i + 1] - g->start[i]);
        if (along) visit(seen, queue, &tail, h->to + h->begin[i], h->begin[i + 1] - h->begin[i]);
    }
    return tail;
}

kith_status kith_graph_connected(kith_ctx *ctx, const kith_graph *g, bool strongly, bool *out)
{
    heard h = {0};
    uint8_t *seen = NULL;
    uint32_t *queue = NULL;
    KITH_TRY(heard_create(ctx, g, &h));
    kith_status status = KITH_ALLOC(ctx, "nodes of a graph", g->nodes, &seen);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "nodes of a graph", g->nodes, &queue);
    if (status == KITH_OK)
        *out = strongly ? reach(g, &h, true, false, seen, queue) == g->nodes &&
                              reach(g, &h, false, true, seen, queue) == g->nodes
                        : reach(g, &h, true, true, seen, queue) == g->nodes;
    kith_free(queue);
    kith_free(seen);
    heard_free(&h);
    return status;
}

static bool has_hub(const kith_graph *g)
{
    const size_t hub = g->nodes - 1;
    if (g->start[g->nodes] - g->start[hub] != g->nodes) return false;
    for (size_t i = 0; i < hub; i++)
        if (g->from[g->start[i + 1] - 1] != hub) return false;
    return true;
}

/* Edges from other nodes. */
static size_t others(const kith_graph *g)
{
    return g->start[g->nodes] - g->nodes;
}

kith_status kith_graph_examine(kith_ctx *ctx, const kith_graph *g, uint32_t *out)
{
    kith_sums s;
    bool connected = false;
    KITH_TRY(kith_graph_sums(ctx, g, &s));
    KITH_TRY(kith_graph_connected(ctx, g, true, &connected));
    uint32_t found = KITH_STATIC | KITH_LOSSLESS;
    if (connected) found |= KITH_CONNECTED;
    if (kith_graph_mutual(g, false)) found |= KITH_UNDIRECTED;
    if (kith_graph_mutual(g, true)) found |= KITH_SYMMETRIC;
    if (fmax(1 - s.row_least, s.row_most - 1) <= 1e-9) found |= KITH_ROW_STOCHASTIC;
    if (fmax(1 - s.column_least, s.column_most - 1) <= 1e-9) found |= KITH_COLUMN_STOCHASTIC;
    if (has_hub(g)) found |= KITH_HUB;
    if (connected && (found & KITH_UNDIRECTED) && others(g) == 2 * (g->nodes - 1)) found |= KITH_TREE;
    *out = found;
    return KITH_OK;
}
