#include <kith/graph.h>

typedef struct config {
    int weights;
} config;

static const kith_param params[] = {
    KITH_WEIGHTS_PARAM(config, "metropolis"),
};

static kith_status draw(kith_ctx *ctx, const void *c, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    (void)c, (void)stream;
    for (size_t i = 1; i < nodes; i++)
        KITH_TRY(kith_edges_link(ctx, edges, i - 1, i));
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_drawn(ctx, "chain", setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "chain",
    .version = "1.0",
    .summary = "Every node is linked with the next one; the ends are apart",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
