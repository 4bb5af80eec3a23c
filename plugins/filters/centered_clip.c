/* v <- v + (1/r) sum (x - v) min(1, radius / |x - v|), which begins with the v of the step before. */
#include "rows.h"

typedef struct config {
    double radius;
    int64_t iterations;
} config;

typedef struct centered {
    config how;
    size_t d;
} centered;

static const kith_param params[] = {
    {"radius", KITH_TYPE_REAL, 0, offsetof(config, radius), "1", "(0,inf)", "",
     "The norm that differences are clipped to."},
    {"iterations", KITH_TYPE_INT, 0, offsetof(config, iterations), "1", "1..100", "", "How often in a step."},
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **out)
{
    centered *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "centered-clip", 1, &s));
    *s = (centered){.how = *(const config *)config_, .d = setting->dimension};
    *out = s;
    return KITH_OK;
}

static kith_keep keep(const void *self)
{
    return (kith_keep){.server = ((const centered *)self)->d};
}
static size_t phases(const void *self)
{
    return (size_t)((const centered *)self)->how.iterations + 1;
}
static void move(const kith_stage *s, double radius)
{
    for (size_t i = 0; i < s->count; i++) {
        const double v = (double)s->kept[i];
        double sum = 0.0;
        for (size_t r = 0; r < s->rows; r++)
            sum += ((double)s->row[r][i] - v) * fmin(1.0, radius / sqrt(s->total[r]));
        s->kept[i] = (kith_real)(v + sum / (double)s->rows);
    }
}

static kith_status stage(void *self, kith_stage *s)
{
    const config *how = &((const centered *)self)->how;
    if (s->phase > 0) move(s, how->radius);
    for (size_t r = 0; r < s->rows && s->phase < (size_t)how->iterations; r++)
        s->partial[r] = kith_distance2(s->count, s->row[r], s->kept);
    if (s->phase == (size_t)how->iterations) kith_copy(s->count, s->kept, s->row[0]);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES,
                                .keep = keep,
                                .stage = stage,
                                .phases = phases,
                                .sums = rows_each,
                                .merge = rows_to_one};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "centered-clip",
    .version = "1.0",
    .summary = "A mean of differences to the last one, each clipped",
    .reference = "arXiv 2012.10333",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
