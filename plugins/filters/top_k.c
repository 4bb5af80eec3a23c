/* The k coordinates that are largest in magnitude, as indices and values. With feedback a learner adds to a message
 * what it held back of those before. */
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>

typedef struct config {
    double share;
    int64_t count;
    bool feedback;
} config;

typedef struct top_k {
    size_t d, k;
    bool feedback;
} top_k;

static const kith_param params[] = {
    {"share", KITH_TYPE_REAL, "count = 0", offsetof(config, share), "0.01", "(0,1]", "",
     "The share of coordinates to send, rounded up."},
    {"count", KITH_TYPE_INT, 0, offsetof(config, count), "0", "0..", "coordinates", "How many to send; 0: by share."},
    {"feedback", KITH_TYPE_BOOL, 0, offsetof(config, feedback), "yes", "", "",
     "What is not sent is added to the next message."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    const config *c = config_;
    const size_t d = setting->dimension, k = c->count ? (size_t)c->count : (size_t)ceil(c->share * (double)d);
    top_k *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "top-k", 1, &s));
    *s = (top_k){.d = d, .k = k < d ? k : d, .feedback = c->feedback};
    *out = s;
    return KITH_OK;
}

static kith_keep keep(const void *self)
{
    const top_k *s = self;
    return (kith_keep){.learner = s->feedback && s->k < s->d ? s->d : 0};
}

static double bytes(const void *self, double before)
{
    return fmin(before, (double)((const top_k *)self)->k * (sizeof(kith_real) + sizeof(uint32_t)));
}

static double bound(const void *self, double before)
{
    return keep(self).learner ? (double)INFINITY : before;
}

static kith_status send(void *self, kith_outgoing *m)
{
    if (m->kept) kith_axpy(m->dimension, 1, m->kept, m->vector);
    kith_keep_largest(m->dimension, ((const top_k *)self)->k, m->vector, m->kept);
    return KITH_OK;
}

static const kith_filter ops = {.keep = keep, .bytes = bytes, .bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "top-k",
    .version = "1.0",
    .summary = "Sends the largest coordinates only",
    .reference = "arXiv 1809.07599",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
