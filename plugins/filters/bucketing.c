/* Messages are dealt to buckets of some size at random, and the means of buckets go on to the next filter. */
#include <kith/kith.h>

typedef struct config {
    int64_t size;
} config;

static const kith_param params[] = {
    {"size", KITH_TYPE_INT, 0, offsetof(config, size), "2", "1..1000000", "messages",
     "How many a bucket has; the last one may have fewer."},
};

static size_t merge(const void *self, kith_stream *stream, size_t rows, uint32_t *into)
{
    const size_t size = (size_t)((const config *)self)->size;
    for (size_t r = 0; r < rows; r++)
        into[r] = (uint32_t)(r / size);
    kith_shuffle_u32(stream, into, rows);
    return (rows + size - 1) / size;
}

static kith_status stage(void *self, kith_stage *s)
{
    (void)self;
    kith_rows_mean(s);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .bound = kith_bound_stays, .stage = stage, .merge = merge};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "bucketing",
    .version = "1.0",
    .summary = "Means of random groups of messages",
    .reference = "arXiv 2006.09365",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
