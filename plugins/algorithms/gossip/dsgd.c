#include <kith/kith.h>

/* H steps of the local optimizer, then x_i <- sum_j W_ij x_j (Lian et al. 2017, arXiv 1705.09056; H > 1: Koloskova et
 * al. 2020, arXiv 2003.10422, Algorithm 1). */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    return kith_visit_sgd(v, NULL, v->own[0], NULL);
}

static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_MIXED}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .needs = KITH_ROW_STOCHASTIC,
    .uses = KITH_USES_OPTIMIZER,
    .local = local,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "dsgd",
    .version = "1.0",
    .summary = "Decentralized SGD: local steps, then the neighbours' models are averaged",
    .reference = "arXiv 1705.09056",
    KITH_PLUGIN_OPS(ops),
};
