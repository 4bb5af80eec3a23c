/* The median of each coordinate; of an even number of messages the mean of the middle two. */
#include "rows.h"

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **out)
{
    (void)config;
    kith_real *column = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "median", setting->arrivals, &column));
    *out = column;
    return KITH_OK;
}

static double bound(const void *self, double before)
{
    (void)self;
    (void)before;
    return (double)INFINITY;
}

static kith_status stage(void *self, kith_stage *s)
{
    rows_trimmed_mean(s, (s->rows - 1) / 2, self);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .bound = bound, .stage = stage, .merge = rows_to_one};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "median",
    .version = "1.0",
    .summary = "The median of each coordinate",
    .reference = "arXiv 1803.01498",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
