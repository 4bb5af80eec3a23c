/* x <- sign(x) mean |x|: a bit for each coordinate, and one real. What is 0 stays 0. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    bool feedback;
} config;

static const kith_param params[] = {
    KITH_FEEDBACK_PARAM(config, "yes"),
};

static double bytes(const void *self, size_t d, double before)
{
    (void)self;
    return fmin(before, ceil((double)d / 8.0) + sizeof(kith_real));
}

/* sqrt(d) times the mean magnitude is at most the norm. */
static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    (void)d;
    return ((const config *)self)->feedback ? (double)INFINITY : before;
}

static kith_status send(void *self, kith_outgoing *m)
{
    (void)self;
    kith_feedback_add(m);
    const double mean = kith_magnitudes(m->dimension, m->vector) / (double)m->dimension;
    kith_signs(m->dimension, (kith_real)mean, m->vector);
    kith_feedback_keep(m);
    return KITH_OK;
}

static const kith_filter ops = {.keep = kith_feedback_room, .bytes = bytes, .bound = bound, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "sign",
    .version = "1.0",
    .summary = "Sends signs and the mean magnitude",
    .reference = "arXiv 1901.09847",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
