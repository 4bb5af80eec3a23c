#include <kith/kith.h>

enum { SUM = 0, WEIGHT, MODEL };

static kith_status init(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->own[SUM]);
    kith_copy(v->dimension, v->model, v->own[MODEL]);
    v->own[WEIGHT][0] = 1;
    return KITH_OK;
}

/* Subgradient-push (Nedic, Olshevsky 2015, arXiv 1303.2289): x and w are mixed by a column-stochastic W, z = x / w,
 * gradients are taken at z. K steps: z makes them, and x moves as far as z did. */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    kith_real *x = v->own[SUM], *z = v->own[MODEL], *moved = v->work;
    if (v->steps == 0) return KITH_OK;
    KITH_TRY(kith_visit_sgd(v, NULL, z, moved));
    kith_axpy(v->dimension, (kith_real)-v->lr, moved, x);
    return KITH_OK;
}

/* A learner that hears nobody halves its weight in every round. As z = x / w, its steps grow by 1 / w until the loss
 * overflows, which would look like a learning rate that is too high. */
static bool is_forsaken(const kith_visit *v, double w)
{
    static const double least = 1e-25, longest = 1e3; /* of a weight; of eta / w */
    return !(w >= least) || (v->steps && v->lr > longest * w);
}

static kith_status mixed(void *self, kith_visit *v)
{
    (void)self;
    const kith_real *x = v->own[SUM], w = v->own[WEIGHT][0];
    kith_real *z = v->own[MODEL];
    if (is_forsaken(v, (double)w))
        return kith_fail(
            v->ctx, KITH_ECONFIG,
            "push-sum: the weight of learner %zu has shrunk to %g in round %llu, since hardly anybody sends "
            "to it; choose a topology in which, over some rounds, a path leads from every learner to every "
            "other",
            v->learner, (double)w, (unsigned long long)v->round);
    for (size_t i = 0; i < v->dimension; i++)
        z[i] = x[i] / w;
    return KITH_OK;
}

static const kith_learner_plane planes[] = {
    {.name = "sum", .access = KITH_MIXED},
    {.name = "weight", .access = KITH_MIXED, .scalars = 1},
    {.name = "model", .access = KITH_PRIVATE},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_COLUMN_STOCHASTIC,
    .uses = KITH_USES_OPTIMIZER | KITH_USES_SUMS,
    .init = init,
    .local = local,
    .mixed = mixed,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "push-sum",
    .version = "1.0",
    .summary = "Subgradient-push: gossip on directed graphs, where a weight that travels along takes their bias out",
    .reference = "arXiv 1303.2289",
    KITH_PLUGIN_OPS(ops),
};
