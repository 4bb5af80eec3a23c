#include <kith/kith.h>

/* With equal numbers of examples this is federated averaging in which everybody takes part. */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    return kith_visit_sgd(v, NULL, v->own[0], NULL);
}

static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_MIXED}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .uses = KITH_USES_OPTIMIZER | KITH_USES_MEAN,
    .local = local,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "allreduce",
    .version = "1.0",
    .summary = "Local steps, then the mean of all models, whatever the topology: the server-based reference",
    .reference = "arXiv 1705.09056",
    KITH_PLUGIN_OPS(ops),
};
