/* k coordinates drawn without replacement. Who reads them draws the same ones, so values alone are sent. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    bool feedback;
    double share;
    int contracts;
} config;

static const kith_param params[] = {
    {"share", KITH_TYPE_REAL, 0, offsetof(config, share), "0.01", "(0,1]", "",
     "The share of coordinates to send, rounded up."},
    {"scale", KITH_TYPE_CHOICE, 0, offsetof(config, contracts), "unbiased", "unbiased|contraction", "",
     "Whether they are sent d / k times as large, on average the message itself, or as they are."},
    KITH_FEEDBACK_PARAM(config, "no"),
};

static double bytes(const void *self, size_t d, double before)
{
    return fmin(before, (double)kith_share_up(((const config *)self)->share, d) * sizeof(kith_real));
}

static double up(const config *c, size_t d)
{
    return c->contracts ? 1.0 : (double)d / (double)kith_share_up(c->share, d);
}

static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    return ((const config *)self)->feedback ? (double)INFINITY : before * up(self, d);
}

/* Each is taken with the probability of what is still wanted among what is left. */
static kith_status send(void *self, kith_outgoing *m)
{
    const size_t d = m->dimension, k = kith_share_up(((const config *)self)->share, d);
    kith_feedback_add(m);
    for (size_t i = 0, wanted = k; i < d && k < d; i++) {
        const bool taken = wanted > 0 && kith_draw_below(&m->stream, d - i) < wanted;
        m->vector[i] = taken ? (kith_real)up(self, d) * m->vector[i] : 0;
        wanted -= taken;
    }
    kith_feedback_keep(m);
    return KITH_OK;
}

static const kith_filter ops = {.keep = kith_feedback_room, .bytes = bytes, .bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "rand-k",
    .version = "1.0",
    .summary = "Sends coordinates that are drawn",
    .reference = "arXiv 1809.07599",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
