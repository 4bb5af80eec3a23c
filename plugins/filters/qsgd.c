/* Magnitudes are rounded at random to one of s levels of the norm: a sign and a level for each coordinate, and the
 * norm. Divided by 1 + min(d / s^2, sqrt(d) / s) it is a contraction (Koloskova, Stich, Jaggi 2019). */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    bool feedback;
    int64_t levels;
    int contracts;
} config;

static const kith_param params[] = {
    {"levels", KITH_TYPE_INT, 0, offsetof(config, levels), "15", "1..65535", "", "s, how many levels there are."},
    {"scale", KITH_TYPE_CHOICE, 0, offsetof(config, contracts), "unbiased", "unbiased|contraction", "",
     "Whether the message is sent on average, or never more than it."},
    KITH_FEEDBACK_PARAM(config, "no"),
};

static double bytes(const void *self, size_t d, double before)
{
    const double bits = 1.0 + ceil(log2((double)((const config *)self)->levels + 1.0));
    return fmin(before, ceil((double)d * bits / 8.0) + sizeof(kith_real));
}

static double steps(const config *c, size_t d)
{
    const double s = (double)c->levels;
    return !c->contracts ? s : s * (1.0 + fmin((double)d / (s * s), sqrt((double)d) / s));
}

static kith_status send(void *self, kith_outgoing *m)
{
    const double s = (double)((const config *)self)->levels, down = steps(self, m->dimension);
    kith_feedback_add(m);
    const double norm = sqrt(kith_dot(m->dimension, m->vector, m->vector));
    for (size_t i = 0; i < m->dimension && norm > 0.0; i++) {
        const double x = (double)m->vector[i], level = floor(s * fabs(x) / norm + kith_draw_uniform(&m->stream));
        m->vector[i] = (kith_real)copysign(norm * level / down, x);
    }
    kith_feedback_keep(m);
    return KITH_OK;
}

static const kith_filter ops = {.keep = kith_feedback_room, .bytes = bytes, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "qsgd",
    .version = "1.0",
    .summary = "Rounds magnitudes at random to levels of the norm",
    .reference = "arXiv 1610.02132",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
