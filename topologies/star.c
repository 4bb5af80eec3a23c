#include <kith/topology.h>

typedef struct star {
    size_t nodes;
} star;

/* Everyone is linked with the last node, and with no one else. */
static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC |
           KITH_LOSSLESS | KITH_HUB | KITH_SYMMETRIC | KITH_TREE;
}

/* Metropolis weights: an edge weighs 1 / (1 + the larger degree) = 1/n, the rest stays with the node. */
static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const size_t n = ((const star *)self)->nodes, hub = n - 1;
    const double edge = 1.0 / (double)n;
    if (r->node == hub) {
        r->count = n;
        for (size_t i = 0; i < n; i++) {
            r->from[i] = (uint32_t)i;
            r->weight[i] = edge;
        }
        return KITH_OK;
    }
    r->count = 2;
    r->from[0] = (uint32_t)r->node;
    r->from[1] = (uint32_t)hub;
    r->weight[0] = 1.0 - edge;
    r->weight[1] = edge;
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    (void)config;
    star *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "star", 1, &s));
    s->nodes = setting->learners;
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "star",
    .version = "1.0",
    .summary = "Every node is linked with one hub, the server of a federated run",
    .reference = "",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
