/* The k coordinates that are largest in magnitude, as indices and values. With feedback a learner adds to a message
 * what it held back of those before. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    bool feedback;
    double share;
    int64_t count;
} config;

static const kith_param params[] = {
    {"share", KITH_TYPE_REAL, "count = 0", offsetof(config, share), "0.01", "(0,1]", "",
     "The share of coordinates to send, rounded up."},
    {"count", KITH_TYPE_INT, 0, offsetof(config, count), "0", "0..", "coordinates", "How many to send; 0: by share."},
    KITH_FEEDBACK_PARAM(config, "yes"),
};

static size_t sent(const config *c, size_t d)
{
    const size_t k = c->count ? (size_t)c->count : kith_share_up(c->share, d);
    return k < d ? k : d;
}

static kith_keep keep(const void *self, size_t d)
{
    return sent(self, d) < d ? kith_feedback_room(self, d) : (kith_keep){0};
}

static double bytes(const void *self, size_t d, double before)
{
    return fmin(before, (double)sent(self, d) * (sizeof(kith_real) + sizeof(uint32_t)));
}

static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    return keep(self, d).learner ? (double)INFINITY : before;
}

static kith_status send(void *self, kith_outgoing *m)
{
    if (m->kept) kith_axpy(m->dimension, 1, m->kept, m->vector);
    kith_keep_largest(m->dimension, sent(self, m->dimension), m->vector, m->kept);
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
    KITH_PLUGIN_OPS(ops),
};
