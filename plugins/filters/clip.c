/* x <- x min(1, C / |x|), at the learner or at the server. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double norm;
} config;

static const kith_param params[] = {
    {"norm", KITH_TYPE_REAL, 0, offsetof(config, norm), "1", "(0,inf]", "", "C, the norm that none is longer than."},
};

static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)scalars;
    (void)d;
    return fmin(before, ((const config *)self)->norm);
}

static kith_status send(void *self, kith_outgoing *m)
{
    const double most = ((const config *)self)->norm;
    m->say[0] += kith_clip_norm(m->dimension, most, m->vector) > most;
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    kith_rows_clip(s, ((const config *)self)->norm);
    return KITH_OK;
}

/* The share of messages that were longer, of learners'. */
static kith_status tell(const void *self, const double *say, double visits, const double *scalars, kith_tell tell_,
                        void *arg)
{
    (void)self;
    (void)scalars;
    return tell_(arg, "clipped_share", say[0] / visits);
}

static const kith_filter ops = {
    .bound = bound, .send = send, .stage = stage, .sums = kith_sums_of_rows, .tell_count = 1, .tell = tell};

static const kith_own_metric metrics[] = {
    {"clipped_share", "", KITH_BETTER_NONE, 0,
     "The share of messages that were longer than the norm, of learners' own."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "clip",
    .version = "1.0",
    .summary = "Scales messages down to a norm",
    .reference = "10.1145/2976749.2978318",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
