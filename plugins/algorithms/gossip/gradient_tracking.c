#include <kith/kith.h>

enum { MODEL = 0, TRACKER, LAST };

/* y <- y + g - g_last, x <- x - eta y; then the host mixes both: x+ = W (x - eta y), y+ = W y + g+ - g with y_0 = g_0
 * (Nedic, Olshevsky, Shi 2017, arXiv 1607.03218, in its adapt-then-combine form). K steps: the mean gradient of K
 * batches. */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    kith_real *x = v->own[MODEL], *y = v->own[TRACKER], *last = v->own[LAST], *g = v->work;
    if (v->steps == 0) return KITH_OK;
    KITH_TRY(kith_visit_mean_gradient(v, x, g));
    for (size_t i = 0; i < v->dimension; i++) {
        y[i] += g[i] - last[i];
        last[i] = g[i];
    }
    kith_axpy(v->dimension, (kith_real)-v->lr, y, x);
    return KITH_OK;
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_MIXED},
    {.name = "tracker", .access = KITH_MIXED},
    {.name = "last-gradient", .access = KITH_PRIVATE},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC,
    .uses = KITH_USES_SUMS,
    .local = local,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "gradient-tracking",
    .version = "1.0",
    .summary = "DIGing: each learner follows an estimate of everybody's mean gradient; one step a round",
    .reference = "arXiv 1607.03218",
    KITH_PLUGIN_OPS(ops),
};
