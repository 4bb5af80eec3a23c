/* Nodes in rows and columns: what grid and torus share. */
#ifndef LATTICE_H
#define LATTICE_H

#include <kith/graph.h>

typedef struct lattice {
    int64_t rows;
    int weights;
} lattice;

static const kith_param lattice_params[] = {
    {"rows", KITH_TYPE_INT, 0, offsetof(lattice, rows), "0", "0..", "rows",
     "How many rows there are; 0: as square as the number of nodes allows."},
    KITH_WEIGHTS_PARAM(lattice, "metropolis"),
};

typedef kith_status (*lattice_draw)(kith_ctx *ctx, const void *config, size_t nodes, kith_stream *stream,
                                    kith_edges *edges);

static inline kith_status lattice_create(kith_ctx *ctx, const char *name, const lattice *c, const kith_setting *setting,
                                         lattice_draw draw, void **self)
{
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_drawn(ctx, name, setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology lattice_ops = {.properties = kith_static_properties, .row = kith_static_row};

#endif
