/* Clipping to a norm C that follows a quantile of the norms: C <- C exp(-rate (b - gamma)), b the noised share of
 * messages within C (Andrew, Thakkar, McMahan, Ramaswamy 2021, Algorithm 1). The number kept is log C / norm. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double norm, quantile, rate, noise;
} config;

static const kith_param params[] = {
    {"norm", KITH_TYPE_REAL, 0, offsetof(config, norm), "1", "(0,inf)", "", "C at first."},
    {"quantile", KITH_TYPE_REAL, 0, offsetof(config, quantile), "0.5", "[0,1]", "", "gamma, the share left as it is."},
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "0.2", "[0,inf)", "", "How fast C moves."},
    {"noise", KITH_TYPE_REAL, 0, offsetof(config, noise), "0", "[0,inf)", "messages",
     "sigma_b, of normal noise in how many are within C. With gaussian(noise=z) after it both cost what noise z' alone "
     "does, z'^-2 = z^-2 + (2 sigma_b)^-2."},
};

static double bound(const void *self, size_t d, double before, const double *scalars)
{
    (void)d;
    return fmin(before, ((const config *)self)->norm * exp(scalars ? scalars[0] : 0.0));
}

static kith_status clip(void *self, kith_stage *s)
{
    kith_rows_clip(s, bound(self, 0, INFINITY, s->scalars));
    return KITH_OK;
}

static kith_status move(void *self, kith_stream *stream, size_t rows, const double *total, double *scalars)
{
    const config *c = self;
    double within = c->noise * kith_draw_normal(stream);
    for (size_t r = 0; r < rows; r++)
        within += sqrt(total[r]) <= bound(self, 0, INFINITY, scalars);
    scalars[0] -= c->rate * (within / (double)rows - c->quantile);
    return KITH_OK;
}

static kith_status tell(const void *self, const double *say, double n, const double *scalars, kith_tell say_, void *arg)
{
    (void)say, (void)n;
    return say_(arg, "clip_norm", bound(self, 0, INFINITY, scalars));
}

static const kith_filter ops = {
    .keep = kith_keep_number, .bound = bound, .stage = clip, .sums = kith_sums_of_rows, .conclude = move, .tell = tell};

static const kith_own_metric metrics[] = {
    {"clip_norm", "", KITH_BETTER_NONE, 1, "C, the norm that messages are scaled down to in the next step."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "adaptive-clip",
    .version = "1.1",
    .summary = "Scales messages down to a quantile of their norms",
    .reference = "arXiv 1905.03871",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
