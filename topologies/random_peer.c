#include <kith/graph.h>

typedef struct config {
    double rate;
} config;

typedef struct random_peer {
    double rate;
    size_t nodes;
    uint64_t seed;
} random_peer;

static const kith_param params[] = {
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "1", "[0,inf)", "peers",
     "How many random others a node hears each round; 0.2: one, in every fifth round on average."},
};

static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_ROW_STOCHASTIC | KITH_LOSSLESS;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const random_peer *s = self;
    kith_row_pull(s->seed, s->rate, s->nodes, NULL, 0, r);
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    random_peer *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "random-peer", 1, &s));
    *s = (random_peer){((const config *)config_)->rate, setting->learners, setting->seed};
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "random-peer",
    .version = "1.0",
    .summary = "Every node hears a random number of random others each round (pull); not doubly stochastic",
    .reference = "arXiv 2507.06542",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
