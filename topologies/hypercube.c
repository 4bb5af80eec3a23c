#include <kith/graph.h>

typedef struct config {
    int weights;
} config;

static const kith_param params[] = {
    KITH_WEIGHTS_PARAM(config, "metropolis"),
};

/* Nodes whose numbers differ in one bit are linked. */
static kith_status draw(kith_ctx *ctx, const void *c, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    (void)c, (void)stream;
    for (size_t i = 0; i < nodes; i++)
        for (size_t bit = 1; bit < nodes; bit *= 2)
            if (!(i & bit)) KITH_TRY(kith_edges_link(ctx, edges, i, i | bit));
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    if (setting->learners & (setting->learners - 1))
        return kith_fail(ctx, KITH_ECONFIG,
                         "hypercube: %zu nodes are no power of two; torus and base-k take any number",
                         setting->learners);
    KITH_TRY(kith_graph_drawn(ctx, "hypercube", setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "hypercube",
    .version = "1.0",
    .summary = "A power of two nodes, linked where their numbers differ in one bit",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
