#include <kith/graph.h>

typedef struct config {
    int64_t neighbours;
    double rewire;
    int64_t every;
    int weights;
    bool connected;
} config;

static const kith_param params[] = {
    {"neighbours", KITH_TYPE_INT, 0, offsetof(config, neighbours), "4", "2..", "nodes",
     "With how many nearest nodes of a ring each is linked at first; an even number."},
    {"rewire", KITH_TYPE_REAL, 0, offsetof(config, rewire), "0.1", "[0,1]", "",
     "The probability that a link is led to a random node instead."},
    KITH_RANDOM_PARAMS(config),
};

/* Node i's link with i + hop, or with a random node that it is not linked with. */
static kith_status lead(kith_ctx *ctx, double rewire, size_t nodes, size_t i, size_t hop, kith_stream *stream,
                        kith_pairs *pairs, kith_edges *edges)
{
    enum { TRIES = 1000 };
    size_t other = (i + hop) % nodes;
    if (kith_draw_uniform(stream) < rewire)
        for (int k = 0; k < TRIES; k++) {
            const size_t drawn = (size_t)kith_draw_below(stream, nodes);
            if (drawn == i || kith_pairs_has(pairs, i, drawn)) continue;
            other = drawn;
            break;
        }
    KITH_TRY(kith_pairs_add(ctx, pairs, i, other));
    return kith_edges_link(ctx, edges, i, other);
}

static kith_status lead_all(kith_ctx *ctx, const config *c, size_t nodes, kith_stream *stream, kith_pairs *pairs,
                            kith_edges *edges)
{
    const size_t hops = (size_t)c->neighbours / 2;
    for (size_t i = 0; i < nodes; i++)
        for (size_t hop = 1; hop <= hops; hop++)
            KITH_TRY(kith_pairs_add(ctx, pairs, i, (i + hop) % nodes));
    for (size_t hop = 1; hop <= hops; hop++)
        for (size_t i = 0; i < nodes; i++)
            KITH_TRY(lead(ctx, c->rewire, nodes, i, hop, stream, pairs, edges));
    return KITH_OK;
}

static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    kith_pairs pairs = {0};
    const kith_status status = lead_all(ctx, config_, nodes, stream, &pairs, edges);
    kith_pairs_free(&pairs);
    return status;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    if (c->neighbours % 2)
        return kith_fail(ctx, KITH_ECONFIG,
                         "watts-strogatz.neighbours = %lld: half of them lie on each side; choose an even "
                         "number",
                         (long long)c->neighbours);
    if ((uint64_t)c->neighbours >= setting->learners)
        return kith_fail(ctx, KITH_ECONFIG,
                         "watts-strogatz.neighbours = %lld: there are %zu nodes; choose less than that",
                         (long long)c->neighbours, setting->learners);
    const kith_random_setup setup = {.name = "watts-strogatz",
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
    .id = "watts-strogatz",
    .version = "1.0",
    .summary = "A ring of near neighbours, some of whose links lead elsewhere: a small world",
    .reference = "doi 10.1038/30918",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_random_destroy,
    KITH_PLUGIN_OPS(ops),
};
