/* Clipping to a norm C that follows a quantile gamma of the norms: C <- C exp(-rate (b - gamma)), b the share of
 * messages within C (Andrew, Thakkar, McMahan, Ramaswamy 2021, Algorithm 1, without its noise). */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double norm, quantile, rate;
} config;

static const kith_param params[] = {
    {"norm", KITH_TYPE_REAL, 0, offsetof(config, norm), "1", "(0,inf)", "", "C at first."},
    {"quantile", KITH_TYPE_REAL, 0, offsetof(config, quantile), "0.5", "(0,1)", "",
     "gamma, the share of messages that are not to be clipped."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "0.2", "(0,inf)", "", "How fast C moves."},
};

/* The number kept is the logarithm of C over what it was at first. */
static double norm_now(const config *c, const double *scalars)
{
    return c->norm * exp(scalars[0]);
}

static kith_status stage(void *self, kith_stage *s)
{
    kith_rows_clip(s, norm_now(self, s->scalars));
    return KITH_OK;
}

static kith_status conclude(void *self, size_t rows, const double *total, double *scalars)
{
    const config *c = self;
    double within = 0.0;
    for (size_t r = 0; r < rows; r++)
        within += sqrt(total[r]) <= norm_now(c, scalars);
    scalars[0] -= c->rate * (within / (double)rows - c->quantile);
    return KITH_OK;
}

static kith_status tell(const void *self, const double *say, double visits, const double *scalars, kith_tell tell_,
                        void *arg)
{
    (void)say;
    (void)visits;
    return tell_(arg, "clip_norm", norm_now(self, scalars));
}

static const kith_filter ops = {
    .keep = kith_keep_number, .stage = stage, .sums = kith_sums_of_rows, .conclude = conclude, .tell = tell};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "adaptive-clip",
    .version = "1.0",
    .summary = "Scales messages down to a quantile of their norms",
    .reference = "arXiv 1905.03871",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
