#include <kith/graph.h>

typedef struct complete {
    size_t nodes;
} complete;

static uint32_t properties(const void *self)
{
    const uint32_t all = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC |
                         KITH_LOSSLESS | KITH_HUB | KITH_SYMMETRIC;
    return ((const complete *)self)->nodes <= 2 ? all | KITH_TREE : all;
}

/* Never stored: n squared edges would be too many. */
static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const size_t n = ((const complete *)self)->nodes;
    r->count = n;
    for (size_t i = 0; i < n; i++) {
        r->from[i] = (uint32_t)i;
        r->weight[i] = 1.0 / (double)n;
    }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    (void)config;
    complete *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "complete graph", 1, &s));
    s->nodes = setting->learners;
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "complete",
    .version = "1.0",
    .summary = "Everyone is linked with everyone, with equal weights",
    .reference = "",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
