/* The mean of each coordinate without a share of the smallest and of the largest. */
#include "rows.h"

typedef struct config {
    double trim;
} config;

/* What is sorted follows in memory. */
typedef struct trimmed {
    double trim;
    kith_real column[];
} trimmed;

static const kith_param params[] = {
    {"trim", KITH_TYPE_REAL, 0, offsetof(config, trim), "0.2", "[0,0.5)", "",
     "The share left out at either end, rounded down."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    const double trim = ((const config *)config_)->trim, most = (double)setting->arrivals;
    trimmed *s = NULL;
    KITH_TRY(kith_alloc(ctx, "trimmed-mean", 1, sizeof *s + setting->arrivals * sizeof(kith_real), (void **)&s));
    s->trim = trim;
    if (most > 0.0 && trim * most < 1.0)
        kith_note(
            ctx,
            "trimmed-mean: %g of at most %g messages is less than one, so that nothing is left out; raise trim to %.3g",
            trim, most, 1.0 / most);
    *out = s;
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    trimmed *t = self;
    rows_trimmed_mean(s, (size_t)(t->trim * (double)s->rows), t->column);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .stage = stage, .merge = rows_to_one};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "trimmed-mean",
    .version = "1.0",
    .summary = "The mean of each coordinate without its extremes",
    .reference = "arXiv 1803.01498",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
