/* AD-PSGD (Lian, Zhang, Zhang, Liu 2018, arXiv 1710.06952, Algorithm 1): a learner takes its gradient at the model it
 * began with, say x', in its own time; when it is done it meets a neighbour, both models become their mean, and then it
 * steps:
 *     x_i, x_j <- (x_i + x_j) / 2;  x_i <- x_i - eta g(x')
 * Others may have met it in between, so x' may be old. K local steps: x_i moves as far as they lead away from x'. The
 * paper's split of the graph into two parts keeps threads from waiting for each other in a circle; meetings here come
 * one after another, so none is needed.
 */
#include <kith/kith.h>

/* START: the model that the visit began with; once its steps are made, the way from there to where they led. */
enum { MODEL = 0, START };

static kith_status init(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->own[MODEL]);
    kith_copy(v->dimension, v->model, v->own[START]);
    return KITH_OK;
}

static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    kith_real *start = v->own[START], *y = v->work;
    kith_copy(v->dimension, start, y);
    KITH_TRY(kith_visit_sgd(v, NULL, y, NULL));
    for (size_t i = 0; i < v->dimension; i++)
        start[i] = y[i] - start[i];
    return KITH_OK;
}

static kith_status mixed(void *self, kith_visit *v)
{
    (void)self;
    kith_real *x = v->own[MODEL], *start = v->own[START];
    for (size_t i = 0; i < v->dimension; i++)
        x[i] += start[i];
    kith_copy(v->dimension, x, start);
    return KITH_OK;
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_MIXED},
    {.name = "start", .access = KITH_PRIVATE},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_LOSSLESS,
    .uses = KITH_USES_OPTIMIZER | KITH_USES_PAIRS,
    .init = init,
    .local = local,
    .mixed = mixed,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "ad-psgd",
    .version = "1.0",
    .summary = "AD-PSGD: nobody waits; pairs of neighbours meet on the virtual clock whenever a gradient is ready",
    .reference = "arXiv 1710.06952",
    KITH_PLUGIN_OPS(ops),
};
