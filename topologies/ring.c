#include <kith/topology.h>

typedef enum ways { BOTH_WAYS, ONE_WAY } ways;

typedef struct config {
    int ways;
} config;

typedef struct ring {
    size_t nodes;
    ways ways;
} ring;

static const kith_param params[] = {
    {"ways", KITH_TYPE_CHOICE, 0, offsetof(config, ways), "both", "both|one", "",
     "both: a node hears the one before and the one after it, with weights 1/3; one: the one before, with 1/2."},
};

static uint32_t properties(const void *self)
{
    const uint32_t all = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC |
                         KITH_LOSSLESS | KITH_SYMMETRIC;
    const size_t n = ((const ring *)self)->nodes;
    if (n > 2 && ((const ring *)self)->ways == ONE_WAY) return all & ~(uint32_t)(KITH_UNDIRECTED | KITH_SYMMETRIC);
    /* up to three nodes, a ring links the last with every other */
    return all | (n <= 3 ? KITH_HUB : 0u) | (n <= 2 ? KITH_TREE : 0u);
}

/* Metropolis weights: 1/3 for each neighbour; 1/2 where a node has only one. */
static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const ring *s = self;
    const size_t n = s->nodes;
    const size_t before = (r->node + n - 1) % n, after = (r->node + 1) % n;
    size_t from[3] = {r->node, before, after};
    size_t count = n == 1 ? 1 : n == 2 || s->ways == ONE_WAY ? 2 : 3;
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && from[j] < from[j - 1]; j--) {
            const size_t held = from[j];
            from[j] = from[j - 1];
            from[j - 1] = held;
        }
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        r->from[i] = (uint32_t)from[i];
        r->weight[i] = 1.0 / (double)count;
    }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    ring *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "ring", 1, &s));
    *s = (ring){setting->learners, (ways)((const config *)config_)->ways};
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "ring",
    .version = "1.0",
    .summary = "Every node is linked with the one before and the one after it",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
