/* Weights for a graph whose rows hold edges but no weights yet, own edges included.
 * Threads: one. Errors: KITH_ECONFIG, with the graph's name in front.
 */
#ifndef KITH_WEIGHTS_H
#define KITH_WEIGHTS_H

#include "graph/examine.h"

kith_status kith_graph_weigh(kith_ctx *ctx, const char *name, kith_graph *graph, kith_weighting weighting) KITH_CHECKED;
/* Whether i hears j exactly when j hears i; and with the same weight, if `weights`. */
bool kith_graph_mutual(const kith_graph *graph, bool weights);
/* The place of `from` in node's row, SIZE_MAX where it is not heard. */
size_t kith_graph_find(const kith_graph *graph, size_t node, uint32_t from);
/* How many other nodes a node hears. */
static inline size_t kith_graph_degree(const kith_graph *graph, size_t node)
{
    return graph->start[node + 1] - graph->start[node] - 1;
}

#endif
