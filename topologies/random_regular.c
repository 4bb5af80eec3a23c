#include <kith/graph.h>

typedef struct config {
    int64_t degree;
    int64_t every;
    int weights;
    bool connected;
} config;

static const kith_param params[] = {
    {"degree", KITH_TYPE_INT, 0, offsetof(config, degree), "3", "1..", "links", "How many links each node has."},
    KITH_RANDOM_PARAMS(config),
};

/* Ends of links, paired at random; pairs that are no new link are left for the next pass (Steger and Wormald 1999). */
static kith_status pair_ends(kith_ctx *ctx, uint32_t *end, size_t *ends, kith_stream *stream, kith_pairs *pairs,
                             kith_edges *edges)
{
    size_t left = 0;
    kith_shuffle_u32(stream, end, *ends);
    for (size_t i = 0; i + 1 < *ends; i += 2) {
        const uint32_t u = end[i], v = end[i + 1];
        if (u == v || kith_pairs_has(pairs, u, v)) {
            end[left++] = u;
            end[left++] = v;
            continue;
        }
        KITH_TRY(kith_pairs_add(ctx, pairs, u, v));
        KITH_TRY(kith_edges_link(ctx, edges, u, v));
    }
    *ends = left;
    return KITH_OK;
}

/* One attempt; *done false where what is left cannot be paired. */
static kith_status attempt(kith_ctx *ctx, size_t degree, size_t nodes, uint32_t *end, kith_stream *stream,
                           kith_edges *edges, bool *done)
{
    enum { PASSES = 100 };
    kith_pairs pairs = {0};
    kith_status status = KITH_OK;
    size_t ends = nodes * degree;
    for (size_t i = 0; i < ends; i++)
        end[i] = (uint32_t)(i / degree);
    for (int pass = 0; pass < PASSES && ends && status == KITH_OK; pass++)
        status = pair_ends(ctx, end, &ends, stream, &pairs, edges);
    kith_pairs_free(&pairs);
    *done = ends == 0;
    return status;
}

static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    enum { TRIES = 1000 };
    const size_t degree = (size_t)((const config *)config_)->degree;
    uint32_t *end = NULL;
    bool done = false;
    kith_status status = KITH_ALLOC(ctx, "ends of links", nodes * degree, &end);
    for (int i = 0; i < TRIES && status == KITH_OK && !done; i++) {
        edges->count = 0;
        status = attempt(ctx, degree, nodes, end, stream, edges, &done);
    }
    kith_free(end);
    if (status != KITH_OK || done) return status;
    return kith_fail(ctx, KITH_ECONFIG,
                     "random-regular.degree = %zu: no such graph of %zu nodes was found; choose a "
                     "lower degree, or complete",
                     degree, nodes);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    if ((uint64_t)c->degree >= setting->learners)
        return kith_fail(ctx, KITH_ECONFIG, "random-regular.degree = %lld: there are %zu nodes; choose less than that",
                         (long long)c->degree, setting->learners);
    if (c->degree % 2 && setting->learners % 2)
        return kith_fail(ctx, KITH_ECONFIG,
                         "random-regular.degree = %lld: %zu nodes cannot have an odd number of links each; "
                         "choose an even degree",
                         (long long)c->degree, setting->learners);
    const kith_random_setup setup = {.name = "random-regular",
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
    .id = "random-regular",
    .version = "1.0",
    .summary = "Every node has the same number of links, with random nodes",
    .reference = "doi 10.1017/S0963548399003867",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_random_destroy,
    KITH_PLUGIN_OPS(ops),
};
