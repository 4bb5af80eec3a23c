#include <kith/kith.h>

static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    return kith_visit_sgd(v, NULL, v->own[0], NULL);
}

static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_PRIVATE}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .uses = KITH_USES_OPTIMIZER,
    .local = local,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),      .id = "local-only", .version = "1.0",
    .summary = "Every learner trains alone: what gossip must beat", .reference = "",    KITH_PLUGIN_OPS(ops),
};
