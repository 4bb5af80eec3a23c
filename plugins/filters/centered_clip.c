/* v <- v + (1/r) sum (x - v) min(1, radius / |x - v|), which begins with the v of the step before. */
#include <kith/kith.h>

#include <math.h>

typedef struct config {
    double radius;
    int64_t iterations;
} config;

static const kith_param params[] = {
    {"radius", KITH_TYPE_REAL, 0, offsetof(config, radius), "1", "(0,inf]", "",
     "The norm that differences are clipped to."},
    {"iterations", KITH_TYPE_INT, 0, offsetof(config, iterations), "1", "1..100", "", "How often in a step."},
};

static kith_keep keep(const void *self, size_t d)
{
    (void)self;
    return (kith_keep){.server = d};
}

static size_t phases(const void *self)
{
    return (size_t)((const config *)self)->iterations + 1;
}

static kith_status stage(void *self, kith_stage *s)
{
    const config *c = self;
    for (size_t i = 0; s->phase > 0 && i < s->count; i++) {
        const double v = (double)s->kept[i];
        double sum = 0.0;
        for (size_t r = 0; r < s->rows; r++)
            sum += ((double)s->row[r][i] - v) * fmin(1.0, c->radius / sqrt(s->total[r]));
        s->kept[i] = (kith_real)(v + sum / (double)s->rows);
    }
    if (s->phase == (size_t)c->iterations) kith_copy(s->count, s->kept, s->row[0]);
    for (size_t r = 0; r < s->rows && s->phase < (size_t)c->iterations; r++)
        s->partial[r] = kith_distance2(s->count, s->row[r], s->kept);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES,
                                .keep = keep,
                                .stage = stage,
                                .phases = phases,
                                .sums = kith_sums_of_rows,
                                .merge = kith_merge_all};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "centered-clip",
    .version = "1.0",
    .summary = "A mean of differences to the last one, each clipped",
    .reference = "arXiv 2012.10333",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
