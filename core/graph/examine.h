/* Which properties a graph has, whatever its topology promised.
 * Threads: one. Errors: KITH_EMEMORY.
 */
#ifndef KITH_GRAPH_EXAMINE_H
#define KITH_GRAPH_EXAMINE_H

#include <kith/graph.h>

/* The properties that hold, as graph->properties keeps them. */
kith_status kith_graph_examine(kith_ctx *ctx, const kith_graph *graph, uint32_t *out) KITH_CHECKED;

#endif
