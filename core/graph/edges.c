#include <kith/graph.h>
#include <stdlib.h>
#include <string.h>

kith_status kith_edges_add(kith_ctx *ctx, kith_edges *edges, const kith_edge *edge)
{
    if (edges->count == edges->room) {
        const size_t room = edges->room ? 2 * edges->room : 64;
        kith_edge *grown = NULL;
        KITH_TRY(KITH_ALLOC(ctx, "edges of a graph", room, &grown));
        if (edges->count) memcpy(grown, edges->item, edges->count * sizeof *grown);
        kith_free(edges->item);
        edges->item = grown;
        edges->room = room;
    }
    edges->item[edges->count++] = *edge;
    return KITH_OK;
}

kith_status kith_edges_link(kith_ctx *ctx, kith_edges *edges, size_t u, size_t v)
{
    const kith_edge there = {.to = (uint32_t)v, .from = (uint32_t)u, .weight = 1};
    const kith_edge back = {.to = (uint32_t)u, .from = (uint32_t)v, .weight = 1};
    KITH_TRY(kith_edges_add(ctx, edges, &there));
    return kith_edges_add(ctx, edges, &back);
}

void kith_edges_free(kith_edges *edges)
{
    kith_free(edges->item);
    *edges = (kith_edges){0};
}

/* One stable pass of a radix sort, by a node number. */
static void place(const kith_edge *in, kith_edge *out, size_t count, size_t *begin, size_t nodes, bool by_from)
{
    memset(begin, 0, (nodes + 1) * sizeof *begin);
    for (size_t i = 0; i < count; i++)
        begin[(by_from ? in[i].from : in[i].to) + 1]++;
    for (size_t i = 0; i < nodes; i++)
        begin[i + 1] += begin[i];
    for (size_t i = 0; i < count; i++)
        out[begin[by_from ? in[i].from : in[i].to]++] = in[i];
}

kith_status kith_edges_sort(kith_ctx *ctx, kith_edges *edges, size_t nodes)
{
    kith_edge *other = NULL;
    size_t *begin = NULL;
    if (!edges->count) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "edges of a graph", edges->count, &other));
    const kith_status status = KITH_ALLOC(ctx, "nodes of a graph", nodes + 1, &begin);
    if (status == KITH_OK) {
        place(edges->item, other, edges->count, begin, nodes, true);
        place(other, edges->item, edges->count, begin, nodes, false);
        kith_free(begin);
    }
    kith_free(other);
    return status;
}
