/* The median of each coordinate; of an even number of messages the mean of the middle two. */
#include <kith/kith.h>

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    *self = (void *)config;
    if (setting->arrivals && setting->arrivals < 3)
        kith_note(ctx, "median: of at most %zu message%s it is the mean; raise participation.arrivals",
                  setting->arrivals, setting->arrivals > 1 ? "s" : "");
    return KITH_OK;
}

static kith_status stage(void *self, kith_stage *s)
{
    (void)self;
    kith_rows_trimmed_mean(s, (s->rows - 1) / 2);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .stage = stage, .merge = kith_merge_all};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "median",
    .version = "1.0",
    .summary = "The median of each coordinate",
    .reference = "arXiv 1803.01498",
    .create = create,
    KITH_PLUGIN_OPS(ops),
};
