#include <kith/graph.h>
#include <stdio.h>
#include <string.h>

enum { FAULTS = 64 };

/* Neither a node's stream nor a graph's. */
#define LINK_STREAM (UINT64_C(1) << 62)
#define NODE_STREAM (UINT64_C(3) << 62)

typedef enum direction { ONE_WAY, BOTH_WAYS } direction;

typedef struct config {
    const char *graph, *outages, *partitions;
    double loss;
    int links;
} config;

/* Nodes a and b, or a to b, in rounds from .. to - 1. */
typedef struct fault {
    uint64_t a, b, from, to;
} fault;

typedef struct faulty {
    kith_inner *inner;
    void (*close)(kith_inner *inner);
    double loss;
    direction links;
    uint64_t seed;
    fault outage[FAULTS], partition[FAULTS];
    size_t outages, partitions;
} faulty;

static const kith_param params[] = {
    {"graph", KITH_TYPE_STRING, 0, offsetof(config, graph), "ring", "", "",
     "The graph whose links fail: name(key=value, ...)."},
    {"loss", KITH_TYPE_REAL, 0, offsetof(config, loss), "0", "[0,1]", "", "The probability that a message is lost."},
    {"links", KITH_TYPE_CHOICE, "loss > 0", offsetof(config, links), "one-way", "one-way|both-ways", "",
     "Whether the two directions of a link lose messages separately or together."},
    {"outages", KITH_TYPE_STRING, 0, offsetof(config, outages), "", "", "",
     "Links that are down for a while: '3-5 from 10 to 20; 0-1 from 0 to 5', the last round not included."},
    {"partitions", KITH_TYPE_STRING, 0, offsetof(config, partitions), "", "", "",
     "Nodes that are cut off from the others for a while: '0-7 from 10 to 20', the last round not included."},
};

static kith_status refuse(kith_ctx *ctx, const char *key, const char *text, const char *why)
{
    return kith_fail(ctx, KITH_ECONFIG, "faulty.%s = %s: %s; write '3-5 from 10 to 20; 0-1 from 0 to 5'", key, text,
                     why);
}

static kith_status read_faults(kith_ctx *ctx, const char *key, const char *text, size_t nodes, fault *out,
                               size_t *count)
{
    for (const char *at = text + strspn(text, " \t"); *at; at += strspn(at, "; \t")) {
        unsigned long long a = 0, b = 0, from = 0, to = 0;
        int length = 0;
        if (*count == FAULTS) return refuse(ctx, key, text, "there are more than 64");
        if (sscanf(at, "%9llu-%9llu from %18llu to %18llu%n", &a, &b, &from, &to, &length) != 4)
            return refuse(ctx, key, text, "it cannot be read");
        at += length;
        at += strspn(at, " \t");
        if (*at && *at != ';') return refuse(ctx, key, text, "it cannot be read");
        if (a >= nodes || b >= nodes) return refuse(ctx, key, text, "there is no such node");
        if (from >= to) return refuse(ctx, key, text, "it ends before it begins");
        out[(*count)++] = (fault){a, b, from, to};
    }
    return KITH_OK;
}

static kith_status open(kith_ctx *ctx, faulty *s, const config *c, const kith_setting *setting)
{
    KITH_TRY(read_faults(ctx, "outages", c->outages, setting->learners, s->outage, &s->outages));
    KITH_TRY(read_faults(ctx, "partitions", c->partitions, setting->learners, s->partition, &s->partitions));
    for (size_t i = 0; i < s->partitions; i++)
        if (s->partition[i].a > s->partition[i].b)
            return refuse(ctx, "partitions", c->partitions, "the first node comes after the last");
    return kith_inner_open(ctx, "faulty.graph", setting, c->graph, &s->inner);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    faulty *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "faulty", 1, &s));
    s->loss = c->loss;
    s->links = (direction)c->links;
    s->seed = setting->seed;
    const kith_status status = open(ctx, s, c, setting);
    if (status != KITH_OK) {
        kith_free(s);
        return status;
    }
    s->close = setting->opener->close;
    *self = s;
    return KITH_OK;
}

static void destroy(void *self)
{
    faulty *s = self;
    s->close(s->inner);
    kith_free(s);
}

static bool within(const fault *f, uint64_t node)
{
    return node >= f->a && node <= f->b;
}

static bool down(const faulty *s, uint64_t round, uint64_t u, uint64_t v)
{
    for (size_t i = 0; i < s->outages; i++) {
        const fault *f = &s->outage[i];
        if (round >= f->from && round < f->to && ((f->a == u && f->b == v) || (f->a == v && f->b == u))) return true;
    }
    for (size_t i = 0; i < s->partitions; i++) {
        const fault *f = &s->partition[i];
        if (round >= f->from && round < f->to && within(f, u) != within(f, v)) return true;
    }
    return false;
}

static bool lost(const faulty *s, kith_stream *own, uint64_t round, uint64_t u, uint64_t v)
{
    if (s->loss == 0) return false;
    if (s->links == ONE_WAY) return kith_draw_uniform(own) < s->loss;
    const uint64_t low = u < v ? u : v, high = u < v ? v : u;
    kith_stream link = kith_stream_at(s->seed, KITH_FOR_TOPOLOGY, LINK_STREAM | low << 31 | high, round);
    return kith_draw_uniform(&link) < s->loss;
}

/* The node's own weight grows; a topology may have left it out, as 0. at: where it is, or would be. */
static void add_own(kith_row *r, size_t at, double weight)
{
    if (at == r->count || r->from[at] != r->node) {
        memmove(r->from + at + 1, r->from + at, (r->count - at) * sizeof *r->from);
        memmove(r->weight + at + 1, r->weight + at, (r->count - at) * sizeof *r->weight);
        r->from[at] = (uint32_t)r->node;
        r->weight[at] = 0.0;
        r->count++;
    }
    r->weight[at] += weight;
}

/* What a node does not hear it replaces by what it has itself. */
static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    faulty *s = self;
    KITH_TRY(s->inner->ops->row(s->inner->self, ctx, r));
    kith_stream own = kith_stream_at(s->seed, KITH_FOR_TOPOLOGY, NODE_STREAM | r->node, r->round);
    double missing = 0;
    size_t count = 0, self_at = 0;
    for (size_t e = 0; e < r->count; e++) {
        const uint32_t from = r->from[e];
        const bool mine = from == r->node;
        if (!mine && (lost(s, &own, r->round, r->node, from) || down(s, r->round, r->node, from))) {
            missing += r->weight[e];
            continue;
        }
        self_at += from < r->node;
        r->from[count] = from;
        r->weight[count++] = r->weight[e];
    }
    r->count = count;
    if (missing != 0.0) add_own(r, self_at, missing);
    return KITH_OK;
}

/* With both directions lost together, a symmetric W stays one. */
static uint32_t properties(const void *self)
{
    const faulty *s = self;
    const uint32_t inner = s->inner->ops->properties(s->inner->self);
    if (s->loss == 0 && !s->outages && !s->partitions) return inner;
    uint32_t kept = KITH_ROW_STOCHASTIC;
    const bool together = s->links == BOTH_WAYS || s->loss == 0;
    if (together) kept |= KITH_UNDIRECTED | KITH_SYMMETRIC;
    if (together && (inner & KITH_SYMMETRIC)) kept |= KITH_COLUMN_STOCHASTIC;
    return inner & kept;
}

/* A graph that is drawn from sketches may have faults, too. */
static size_t sketch(const void *self)
{
    const faulty *s = self;
    return s->inner->ops->sketch ? s->inner->ops->sketch(s->inner->self) : 0;
}

static bool drawn(const void *self, uint64_t round)
{
    const faulty *s = self;
    return s->inner->ops->drawn(s->inner->self, round);
}

static kith_status draw(void *self, kith_ctx *ctx, const kith_sketches *sketches)
{
    faulty *s = self;
    return s->inner->ops->draw(s->inner->self, ctx, sketches);
}

static uint32_t hears(const void *self)
{
    const faulty *s = self;
    return s->inner->ops->hears ? s->inner->ops->hears(s->inner->self) : 0;
}

static kith_status hear(void *self, kith_ctx *ctx, const kith_published *numbers)
{
    faulty *s = self;
    return s->inner->ops->hear(s->inner->self, ctx, numbers);
}

static kith_status tell(const void *self, kith_tell say, void *arg)
{
    const faulty *s = self;
    return s->inner->ops->tell ? s->inner->ops->tell(s->inner->self, say, arg) : KITH_OK;
}

static const double *scores(const void *self)
{
    const faulty *s = self;
    return s->inner->ops->scores ? s->inner->ops->scores(s->inner->self) : NULL;
}

static bool spans(const void *self)
{
    const faulty *s = self;
    return s->inner->ops->spans && s->inner->ops->spans(s->inner->self);
}

static const kith_topology ops = {.properties = properties,
                                  .row = row,
                                  .sketch = sketch,
                                  .drawn = drawn,
                                  .draw = draw,
                                  .tell = tell,
                                  .scores = scores,
                                  .hears = hears,
                                  .hear = hear,
                                  .spans = spans};

static const char details[] =
    "Conventions\n"
    "  Rounds count from 0. A message that is lost is not replaced: its weight goes to the receiver's own model, so\n"
    "  rows still sum to 1. With one-way the two directions of a link are lost separately, each with the probability\n"
    "  `loss`, and columns no longer sum to 1. With both-ways both are lost or none, and a symmetric W stays one.\n"
    "  Outages and partitions cut both directions, beside what is lost.\n";

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "faulty",
    .version = "1.0",
    .summary = "Another graph with lost messages, links that are down and parts that are cut off",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
    .details = details,
};
