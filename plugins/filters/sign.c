/* x <- sign(x) mean |x|: a bit for each coordinate, and one real. */
#include <kith/kith.h>

#include <math.h>
#include <stdbool.h>

typedef struct config {
    bool feedback;
} config;

typedef struct signs {
    size_t d;
    bool feedback;
} signs;

static const kith_param params[] = {
    {"feedback", KITH_TYPE_BOOL, 0, offsetof(config, feedback), "yes", "", "",
     "What is lost is added to the next message."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    signs *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "sign", 1, &s));
    *s = (signs){.d = setting->dimension, .feedback = ((const config *)config_)->feedback};
    *out = s;
    return KITH_OK;
}

static kith_keep keep(const void *self)
{
    return (kith_keep){.learner = ((const signs *)self)->feedback ? ((const signs *)self)->d : 0};
}

static double bytes(const void *self, double before)
{
    return fmin(before, ceil((double)((const signs *)self)->d / 8.0) + sizeof(kith_real));
}

static kith_status send(void *self, kith_outgoing *m)
{
    (void)self;
    double sum = 0.0;
    if (m->kept) kith_axpy(m->dimension, 1, m->kept, m->vector);
    for (size_t i = 0; i < m->dimension; i++)
        sum += fabs((double)m->vector[i]);
    const kith_real mean = (kith_real)(sum / (double)m->dimension);
    for (size_t i = 0; i < m->dimension; i++) {
        const kith_real sent = m->vector[i] < 0 ? -mean : mean;
        if (m->kept) m->kept[i] = m->vector[i] - sent;
        m->vector[i] = sent;
    }
    return KITH_OK;
}

static const kith_filter ops = {.keep = keep, .bytes = bytes, .send = send};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "sign",
    .version = "1.0",
    .summary = "Sends signs and the mean magnitude",
    .reference = "arXiv 1901.09847",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
