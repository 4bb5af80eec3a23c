#include <kith/graph.h>

typedef struct one_peer {
    size_t nodes, hops; /* 1, 2, 4 ... below nodes */
} one_peer;

static uint32_t properties(const void *self)
{
    const one_peer *s = self;
    const uint32_t always = KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_LOSSLESS;
    /* one or two nodes have one graph only, and it is mutual */
    if (s->nodes > 2) return always;
    return always | KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_SYMMETRIC | KITH_HUB | KITH_TREE;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const one_peer *s = self;
    kith_row_alone(r);
    if (s->nodes == 1) return KITH_OK;
    const size_t hop = (size_t)1 << (r->round % s->hops);
    r->count = 2;
    r->from[1] = (uint32_t)((r->node + s->nodes - hop) % s->nodes);
    r->weight[0] = r->weight[1] = 0.5;
    kith_row_sort(r);
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    (void)config;
    one_peer *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "one-peer exponential graph", 1, &s));
    s->nodes = setting->learners;
    while (((size_t)1 << s->hops) < s->nodes)
        s->hops++;
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "one-peer-exponential",
    .version = "1.0",
    .summary = "One peer a round, 1, 2, 4 ... places before; exact after log2 n rounds for powers of two",
    .reference = "arXiv 2110.13363",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
