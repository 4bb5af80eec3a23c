/* A ring; in rounds after learners were further apart than `limit`, or the loss was greater than it was in the first
 * round, every learner hears every other one. */
#include "dies.h"

#include <kith/kith.h>

#include <stdbool.h>

typedef struct config {
    double limit;
    int hears;
    bool apart;
} config;

static const kith_param params[] = {
    {"limit", KITH_TYPE_REAL, 0, offsetof(config, limit), "0.5", "[0,inf)", "", "The greatest consensus distance."},
    {"hears", KITH_TYPE_CHOICE, 0, offsetof(config, hears), "all", "all|loss|moved", "", "What it asks for."},
    {"apart", KITH_TYPE_BOOL, 0, offsetof(config, apart), "no", "", "", "Whether rows lack the node itself."},
};

typedef struct follower {
    config how;
    size_t nodes;
    bool dense;
    double first_loss;
    kith_published heard;
} follower;

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    follower *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "follower", 1, &s));
    *s = (follower){.how = *(const config *)given, .nodes = setting->learners};
    *self = s;
    return KITH_OK;
}

static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_CONNECTED | KITH_UNDIRECTED | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_LOSSLESS |
           KITH_SYMMETRIC;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    const follower *s = self;
    (void)ctx;
    r->count = 0;
    for (size_t j = 0; j < s->nodes; j++)
        if (j == r->node ? !s->how.apart : s->dense || j == (r->node + 1) % s->nodes || r->node == (j + 1) % s->nodes)
            r->from[r->count++] = (uint32_t)j;
    for (size_t e = 0; e < r->count; e++)
        r->weight[e] = 1.0 / (double)r->count;
    return KITH_OK;
}

static uint32_t hears(const void *self)
{
    static const uint32_t wanted[] = {KITH_HEARS_CONSENSUS | KITH_HEARS_LOSS | KITH_HEARS_MOVED, KITH_HEARS_LOSS,
                                      KITH_HEARS_MOVED};
    return wanted[((const follower *)self)->how.hears];
}

static kith_status hear(void *self, kith_ctx *ctx, const kith_published *numbers)
{
    follower *s = self;
    dies_in(numbers->round);
    if (numbers->round != (s->first_loss == 0.0 ? 0 : s->heard.round + 1))
        return kith_fail(ctx, KITH_EINTERNAL, "follower: round %llu is out of order",
                         (unsigned long long)numbers->round);
    if (numbers->round == 0) s->first_loss = numbers->train_loss;
    s->heard = *numbers;
    s->dense = numbers->consensus > s->how.limit || numbers->train_loss > s->first_loss;
    return KITH_OK;
}

static kith_status tell(const void *self, kith_tell say, void *arg)
{
    const follower *s = self;
    if (s->first_loss == 0.0) return KITH_OK;
    KITH_TRY(say(arg, "heard_consensus", s->heard.consensus));
    KITH_TRY(say(arg, "heard_loss", s->heard.train_loss));
    KITH_TRY(say(arg, "heard_moved", s->heard.moved));
    return say(arg, "dense", s->dense);
}

static const kith_topology ops = {.properties = properties, .row = row, .tell = tell, .hears = hears, .hear = hear};

static const kith_own_metric metrics[] = {
    {"heard_consensus", "", KITH_BETTER_NONE, 0, "What it heard last, or whether the graph is dense."},
    {"heard_loss", "", KITH_BETTER_NONE, 0, "What it heard last, or whether the graph is dense."},
    {"heard_moved", "", KITH_BETTER_NONE, 0, "What it heard last, or whether the graph is dense."},
    {"dense", "", KITH_BETTER_NONE, 0, "What it heard last, or whether the graph is dense."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "follower",
    .version = "1.0",
    .summary = "A ring that becomes dense when learners drift apart, for tests",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
