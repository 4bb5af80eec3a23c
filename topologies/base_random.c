#include <kith/graph.h>

typedef struct config {
    const char *base;
    double rate;
} config;

typedef struct base_random {
    kith_inner *base;
    void (*close)(kith_inner *inner);
    double rate;
    uint64_t seed;
    size_t nodes;
    uint32_t *neighbour;
} base_random;

static const kith_param params[] = {
    {"base", KITH_TYPE_STRING, 0, offsetof(config, base), "ring", "", "",
     "The graph whose neighbours are drawn from: name(key=value, ...)."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "1", "[0,inf)", "peers",
     "How many of its neighbours a node hears each round."},
};

static void destroy(void *self)
{
    base_random *s = self;
    s->close(s->base);
    kith_free(s->neighbour);
    kith_free(s);
}

static kith_status open(kith_ctx *ctx, base_random *s, const config *c, const kith_setting *setting)
{
    KITH_TRY(kith_inner_open(ctx, "base-random.base", setting, c->base, &s->base));
    if (!(s->base->ops->properties(s->base->self) & KITH_STATIC))
        return kith_fail(ctx, KITH_ECONFIG,
                         "base-random.base = %s: it changes from round to round; choose a static graph", c->base);
    return KITH_ALLOC(ctx, "base-random", setting->learners, &s->neighbour);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    base_random *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "base-random", 1, &s));
    s->rate = c->rate;
    s->seed = setting->seed;
    s->nodes = setting->learners;
    const kith_status status = open(ctx, s, c, setting);
    if (status != KITH_OK) {
        if (s->base) setting->opener->close(s->base);
        kith_free(s);
        return status;
    }
    s->close = setting->opener->close;
    *self = s;
    return KITH_OK;
}

static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_ROW_STOCHASTIC | KITH_LOSSLESS;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    base_random *s = self;
    size_t count = 0;
    KITH_TRY(s->base->ops->row(s->base->self, ctx, r));
    for (size_t e = 0; e < r->count; e++)
        if (r->from[e] != r->node) s->neighbour[count++] = r->from[e];
    kith_row_pull(s->seed, s->rate, s->nodes, s->neighbour, count, r);
    return KITH_OK;
}

static bool spans(const void *self)
{
    const base_random *s = self;
    return s->base->ops->spans && s->base->ops->spans(s->base->self);
}

static const kith_topology ops = {.properties = properties, .row = row, .spans = spans};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "base-random",
    .version = "1.0",
    .summary = "Every node hears a random number of its neighbours in another graph each round (pull)",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
