#include <kith/graph.h>

typedef struct config {
    int64_t links;
    int64_t every;
    int weights;
    bool connected;
} config;

static const kith_param params[] = {
    {"links", KITH_TYPE_INT, 0, offsetof(config, links), "2", "1..", "links",
     "With how many earlier nodes each node is linked."},
    KITH_RANDOM_PARAMS(config),
};

/* A node is as likely to be chosen as it occurs in the list of all links' ends. */
static kith_status attach(kith_ctx *ctx, size_t node, size_t links, kith_stream *stream, kith_edges *edges)
{
    const size_t ends = edges->count;
    for (size_t found = 0; found < links;) {
        const uint32_t other = edges->item[kith_draw_below(stream, ends)].to;
        bool again = false;
        for (size_t e = ends; e < edges->count; e++)
            again |= edges->item[e].to == other || edges->item[e].from == other;
        if (again) continue;
        KITH_TRY(kith_edges_link(ctx, edges, node, other));
        found++;
    }
    return KITH_OK;
}

/* The first links + 1 nodes are all linked with each other. */
static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    const size_t links = (size_t)((const config *)config_)->links;
    for (size_t i = 1; i <= links; i++)
        for (size_t k = 0; k < i; k++)
            KITH_TRY(kith_edges_link(ctx, edges, i, k));
    for (size_t i = links + 1; i < nodes; i++)
        KITH_TRY(attach(ctx, i, links, stream, edges));
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    if ((uint64_t)c->links >= setting->learners)
        return kith_fail(ctx, KITH_ECONFIG, "barabasi-albert.links = %lld: there are %zu nodes; choose less than that",
                         (long long)c->links, setting->learners);
    const kith_random_setup setup = {.name = "barabasi-albert",
                                     .nodes = setting->learners,
                                     .seed = setting->seed,
                                     .every = (uint64_t)c->every,
                                     .connected = c->connected,
                                     .weighting = (kith_weighting)c->weights,
                                     .draw = draw,
                                     .config = c};
    return kith_random_create(ctx, &setup, self);
}

static const kith_topology ops = {.properties = kith_random_properties, .row = kith_random_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "barabasi-albert",
    .version = "1.0",
    .summary = "Nodes come one by one and are linked with earlier ones, likelier with those that have many links",
    .reference = "doi 10.1126/science.286.5439.509",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_random_destroy,
    KITH_PLUGIN_OPS(ops),
};
