#include <kith/graph.h>

typedef struct config {
    double rate;
} config;

typedef struct matching {
    double rate;
    size_t nodes;
    uint64_t seed, round; /* of `partner` */
    uint32_t *partner;    /* a node's own number where it has none */
    uint32_t *order;
    bool drawn;
} matching;

static const kith_param params[] = {
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "1", "[0,1]", "",
     "The probability that a pair meets in a round; 1: everyone (but one of an odd number) does."},
};

static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_UNDIRECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_LOSSLESS;
}

/* All pairs of a round come from one stream, so that both partners agree. */
static void draw(matching *m, uint64_t round)
{
    kith_stream s = kith_graph_stream(m->seed, round);
    for (size_t i = 0; i < m->nodes; i++)
        m->order[i] = m->partner[i] = (uint32_t)i;
    kith_shuffle_u32(&s, m->order, m->nodes);
    for (size_t i = 0; i + 1 < m->nodes; i += 2) {
        if (kith_draw_uniform(&s) >= m->rate) continue;
        m->partner[m->order[i]] = m->order[i + 1];
        m->partner[m->order[i + 1]] = m->order[i];
    }
    m->round = round;
    m->drawn = true;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    matching *m = self;
    if (!m->drawn || m->round != r->round) draw(m, r->round);
    kith_row_alone(r);
    if (m->partner[r->node] == r->node) return KITH_OK;
    r->count = 2;
    r->from[1] = m->partner[r->node];
    r->weight[0] = r->weight[1] = 0.5;
    kith_row_sort(r);
    return KITH_OK;
}

static void destroy(void *self)
{
    matching *m = self;
    kith_free(m->partner);
    kith_free(m->order);
    kith_free(m);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    matching *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "matching", 1, &m));
    m->rate = ((const config *)config_)->rate;
    m->nodes = setting->learners;
    m->seed = setting->seed;
    kith_status status = KITH_ALLOC(ctx, "matching", m->nodes, &m->partner);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "matching", m->nodes, &m->order);
    if (status != KITH_OK) {
        destroy(m);
        return status;
    }
    *self = m;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "matching",
    .version = "1.0",
    .summary = "Random pairs, which average; doubly stochastic",
    .reference = "doi 10.1109/TIT.2006.874516",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
