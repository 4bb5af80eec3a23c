/* Messages are dealt to buckets of some size at random, and the means of buckets go on to the next filter. */
#include <kith/kith.h>

typedef struct config {
    int64_t size;
} config;

static const kith_param params[] = {
    {"size", KITH_TYPE_INT, 0, offsetof(config, size), "2", "1..1000000", "messages",
     "How many a bucket has; the last one may have fewer."},
};

static double bound(const void *self, double before)
{
    (void)self;
    return before;
}

static size_t merge(const void *self, kith_stream *stream, size_t rows, uint32_t *into)
{
    const size_t size = (size_t)((const config *)self)->size;
    for (size_t r = 0; r < rows; r++)
        into[r] = (uint32_t)(r / size);
    kith_shuffle_u32(stream, into, rows);
    return (rows + size - 1) / size;
}

/* The first row of a bucket, to which the others are added. */
static size_t first_of(const kith_stage *s, size_t r)
{
    size_t first = 0;
    while (s->into[first] != s->into[r])
        first++;
    return first;
}

static kith_status stage(void *self, kith_stage *s)
{
    (void)self;
    for (size_t r = 0; r < s->rows; r++) {
        const size_t first = first_of(s, r);
        if (first != r) kith_axpy(s->count, 1, s->row[r], s->row[first]);
    }
    for (size_t r = 0; r < s->rows; r++) {
        size_t size = 0;
        for (size_t q = 0; q < s->rows; q++)
            size += s->into[q] == s->into[r];
        if (size > 1 && first_of(s, r) == r) kith_scale(s->count, (kith_real)(1.0 / (double)size), s->row[r]);
    }
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES, .bound = bound, .stage = stage, .merge = merge};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "bucketing",
    .version = "1.0",
    .summary = "Means of random groups of messages",
    .reference = "arXiv 2006.09365",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
