#include <kith/graph.h>

typedef struct config {
    int64_t rows;
    int weights;
} config;

static const kith_param params[] = {
    {"rows", KITH_TYPE_INT, 0, offsetof(config, rows), "0", "0..", "rows",
     "How many rows there are; 0: as square as the number of nodes allows."},
    KITH_WEIGHTS_PARAM(config, "metropolis"),
};

static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    (void)stream;
    return kith_edges_grid(ctx, "torus", nodes, (size_t)((const config *)config_)->rows, true, edges);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_drawn(ctx, "torus", setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "torus",
    .version = "1.0",
    .summary = "A grid whose opposite edges are linked",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
