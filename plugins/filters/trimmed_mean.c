/* The mean of each coordinate without a share of the smallest and of the largest. */
#include <kith/kith.h>

typedef struct config {
    double trim;
} config;

typedef struct trimmed {
    double trim;
    bool nothing; /* not even of the most messages that a step has */
} trimmed;

static const kith_param params[] = {
    {"trim", KITH_TYPE_REAL, 0, offsetof(config, trim), "0.2", "[0,0.5)", "",
     "The share left out at either end, rounded down."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    trimmed *t = NULL;
    const double trim = ((const config *)config_)->trim;
    KITH_TRY(KITH_ALLOC(ctx, "trimmed-mean", 1, &t));
    *t = (trimmed){.trim = trim, .nothing = setting->arrivals && kith_share_down(trim, setting->arrivals) == 0};
    if (t->nothing && trim > 0.0)
        kith_note(ctx,
                  "trimmed-mean: trim = %g of at most %zu messages is less than one, so nothing is left out and it "
                  "is the mean; raise trim or participation.arrivals",
                  trim, setting->arrivals);
    *out = t;
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    const trimmed *t = self;
    const size_t out = kith_share_down(t->trim, s->rows);
    if (out == 0 && !t->nothing)
        return kith_fail(s->ctx, KITH_ECONFIG,
                         "trimmed-mean: trim = %g leaves out none of the %zu messages of round "
                         "%llu; raise trim or participation.oversample, lower participation.dropout, or set "
                         "participation.short = wait",
                         t->trim, s->rows, (unsigned long long)s->round);
    kith_rows_trimmed_mean(s, out);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .stage = stage, .merge = kith_merge_all};

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
