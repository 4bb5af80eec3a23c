/* new-topology: nodes on a circle, each linked with the nearest ones on both sides.
 *
 * create() lists the edges, and kith_graph weighs them, hands out rows and knows what the graph
 * keeps. A graph that changes from round to round writes row() itself, as a pure function of
 * (config, seed, round, node); kith/topology.h has the contract.
 */
#include <kith/kith.h>

typedef struct config {
    int64_t reach;
    int weights;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"reach", KITH_TYPE_INT, 0, offsetof(config, reach), "2", "1..1000000", "nodes",
     "How many nodes on either side a node is linked with."},
    KITH_WEIGHTS_PARAM(config, "metropolis"),
};

/* Links that come twice, where the circle is small, count once. Random graphs draw from `stream`. */
static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    const config *c = config_;
    (void)stream;
    const size_t reach = (size_t)c->reach < nodes / 2 ? (size_t)c->reach : nodes / 2;
    for (size_t i = 0; i < nodes; i++)
        for (size_t hop = 1; hop <= reach; hop++)
            KITH_TRY(kith_edges_link(ctx, edges, i, (i + hop) % nodes));
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    KITH_TRY(
        kith_graph_drawn(ctx, "new-topology", setting->learners, (kith_weighting)c->weights, draw, c, NULL, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "new-topology",
    .version = "0.1",
    .summary = "Nodes on a circle, linked with the nearest ones, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
