/* The point whose distances to all messages add up to the least, by Weiszfeld's steps from the mean with distances of
 * at least nu (Pillutla, Kakade, Harchaoui 2022, Algorithm 2). */
#include <kith/kith.h>

#include <math.h>

enum { EQUAL = 0, EXAMPLES };

typedef struct config {
    int64_t iterations;
    double smoothing;
    int weights;
} config;

static const kith_param params[] = {
    {"iterations", KITH_TYPE_INT, 0, offsetof(config, iterations), "3", "1..100", "", "How many steps in a round."},
    {"smoothing", KITH_TYPE_REAL, 0, offsetof(config, smoothing), "1e-6", "(0,inf)", "", "nu."},
    {"weights", KITH_TYPE_CHOICE, 0, offsetof(config, weights), "equal", "equal|examples", "",
     "Whether distances weigh alike, or by the examples of those who sent."},
};

static size_t phases(const void *self)
{
    return (size_t)((const config *)self)->iterations + 1;
}

static kith_status stage(void *self, kith_stage *s)
{
    const config *c = self;
    kith_real centre[KITH_BLOCK];
    double *weight = s->work, sum = 0.0;
    kith_rows_weigh(s, c->weights == EXAMPLES, weight);
    for (size_t r = 0; r < s->rows; r++)
        sum += weight[r] /= s->total ? fmax(c->smoothing, sqrt(s->total[r])) : 1.0;
    for (size_t r = 0; r < s->rows; r++)
        weight[r] /= sum;
    kith_weighted_sum(s->count, s->rows, weight, (const kith_real *const *)s->row, centre);
    if (s->phase == (size_t)c->iterations) kith_copy(s->count, centre, s->row[0]);
    for (size_t r = 0; r < s->rows && s->phase < (size_t)c->iterations; r++)
        s->partial[r] = kith_distance2(s->count, s->row[r], centre);
    return KITH_OK;
}

static const kith_filter ops = {.flags = KITH_FILTER_MERGES,
                                .bound = kith_bound_stays,
                                .stage = stage,
                                .phases = phases,
                                .sums = kith_sums_of_rows,
                                .merge = kith_merge_all};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_FILTER, KITH_ROLE_NONE),
    .id = "geometric-median",
    .version = "1.0",
    .summary = "The point that is nearest to all messages",
    .reference = "arXiv 1912.13445",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
