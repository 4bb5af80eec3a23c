#include <kith/graph.h>

typedef struct config {
    int weights;
} config;

static const kith_param params[] = {
    KITH_WEIGHTS_PARAM(config, "uniform"),
};

/* A node hears those that are 1, 2, 4 ... places before it. */
static kith_status draw(kith_ctx *ctx, const void *c, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    (void)c, (void)stream;
    for (size_t i = 0; i < nodes; i++)
        for (size_t hop = 1; hop < nodes; hop *= 2) {
            const kith_edge edge = {.to = (uint32_t)i, .from = (uint32_t)((i + nodes - hop) % nodes), .weight = 1};
            KITH_TRY(kith_edges_add(ctx, edges, &edge));
        }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    KITH_TRY(
        kith_graph_drawn(ctx, "exponential", setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "exponential",
    .version = "1.0",
    .summary = "Every node hears those 1, 2, 4, 8 ... places before it; directed",
    .reference = "arXiv 2110.13363",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
