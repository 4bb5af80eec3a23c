/* RelaySGD (Vogels et al. 2021, arXiv 2110.04175, Algorithm 1). On a tree each learner tells a neighbour the sum of all
 * it knows on its own side of their edge, and of how many models that is; so no model is ever counted twice:
 *     m_{i->j} = x_i + sum_{k != j} m_{k->i} (of the round before),  c_{i->j} = 1 + sum_{k != j} c_{k->i}
 *     x_i <- (x_i + sum_j m_{j->i}) / (1 + sum_j c_{j->i})
 * A model h >= 1 edges away is h - 1 rounds old when it arrives.
 */
#include <kith/kith.h>

enum { SUM = 0, COUNT };
enum { CHUNK = 256 };

/* total <- own + all that came, coordinates lo..hi-1, in double. */
static void add_up(const kith_edge_rows *edges, size_t plane, const kith_real *own, size_t lo, size_t hi, double *total)
{
    const kith_real *const *in = edges->in + plane * edges->count;
    for (size_t i = lo; i < hi; i++)
        total[i - lo] = (double)own[i];
    for (size_t e = 0; e < edges->count; e++)
        for (size_t i = lo; i < hi; i++)
            total[i - lo] += (double)in[e][i];
}

/* A neighbour is told everything but what came from itself: one sum serves all of them. */
static void relay(const kith_edge_rows *edges, size_t plane, const kith_real *own, size_t length)
{
    double total[CHUNK];
    const kith_real *const *in = edges->in + plane * edges->count;
    kith_real *const *out = edges->out + plane * edges->count;
    for (size_t lo = 0; lo < length; lo += CHUNK) {
        const size_t hi = length - lo < CHUNK ? length : lo + CHUNK;
        add_up(edges, plane, own, lo, hi, total);
        for (size_t e = 0; e < edges->count; e++)
            for (size_t i = lo; i < hi; i++)
                out[e][i] = (kith_real)(total[i - lo] - (double)in[e][i]);
    }
}

static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    const kith_real one = 1;
    KITH_TRY(kith_visit_sgd(v, NULL, v->own[0], NULL));
    relay(v->edges, SUM, v->own[0], v->dimension);
    relay(v->edges, COUNT, &one, 1);
    return KITH_OK;
}

static kith_status combine(void *self, kith_visit *v)
{
    (void)self;
    double total[CHUNK], count = 0.0;
    const kith_real one = 1;
    kith_real *x = v->own[0];
    add_up(v->edges, COUNT, &one, 0, 1, &count);
    for (size_t lo = 0; lo < v->dimension; lo += CHUNK) {
        const size_t hi = v->dimension - lo < CHUNK ? v->dimension : lo + CHUNK;
        add_up(v->edges, SUM, x, lo, hi, total);
        for (size_t i = lo; i < hi; i++)
            x[i] = (kith_real)(total[i - lo] / count);
    }
    return KITH_OK;
}

static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_PRIVATE}};
static const kith_edge_plane edge_planes[] = {{.name = "relayed-sum"}, {.name = "relayed-count", .scalars = 1}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_LOSSLESS | KITH_TREE,
    .uses = KITH_USES_OPTIMIZER,
    .local = local,
    .edge_planes = edge_planes,
    .edge_plane_count = sizeof edge_planes / sizeof edge_planes[0],
    .combine = combine,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "relaysum",
    .version = "1.0",
    .summary = "RelaySGD: on a tree, sums of models are passed on, so that each counts once in the mean of all",
    .reference = "arXiv 2110.04175",
    KITH_PLUGIN_OPS(ops),
};
