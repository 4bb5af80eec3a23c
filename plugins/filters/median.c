/* The median of each coordinate; of an even number of messages the mean of the middle two. */
#include <kith/kith.h>

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
    KITH_PLUGIN_OPS(ops),
};
