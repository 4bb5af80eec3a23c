/* RelaySGD (Vogels et al. 2021, arXiv 2110.04175, Algorithm 1). On a tree each learner tells a neighbour the sum of all
 * it knows on its own side of their edge, and of how many models that is; so no model is ever counted twice:
 *     m_{i->j} = x_i + sum_{k != j} m_{k->i} (of the round before),  c_{i->j} = 1 + sum_{k != j} c_{k->i}
 *     x_i <- (x_i + sum_j m_{j->i}) / (1 + sum_j c_{j->i})
 * A model h >= 1 edges away is h - 1 rounds old when it arrives. In the first rounds not all have come. The mean is
 * then over those that have, or over all N, where the learner's own first model stands for one that has not.
 */
#include <kith/kith.h>

enum { MODEL = 0, FIRST };
enum { SUM = 0, COUNT };
enum { CHUNK = 256 };

typedef enum divisor { BY_COUNT = 0, BY_LEARNERS } divisor;

typedef struct config {
    int divide_by;
} config;

typedef struct relaysum {
    int divide_by;
    double learners;
} relaysum;

static const kith_param params[] = {
    {"divide_by", KITH_TYPE_CHOICE, 0, offsetof(config, divide_by), "count", "count|learners", "",
     "What the sum is divided by: how many models have come, or N, where the learner's first model stands for each "
     "that "
     "is still on its way."},
};

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    relaysum *r = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "relaysum", 1, &r));
    *r = (relaysum){.divide_by = ((const config *)given)->divide_by, .learners = (double)setting->learners};
    *self = r;
    return KITH_OK;
}

static kith_status init(void *self, kith_visit *v)
{
    kith_copy(v->dimension, v->model, v->own[MODEL]);
    if (((const relaysum *)self)->divide_by == BY_LEARNERS) kith_copy(v->dimension, v->model, v->own[FIRST]);
    return KITH_OK;
}

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
    KITH_TRY(kith_visit_sgd(v, NULL, v->own[MODEL], NULL));
    relay(v->edges, SUM, v->own[MODEL], v->dimension);
    relay(v->edges, COUNT, &one, 1);
    return KITH_OK;
}

static kith_status combine(void *self, kith_visit *v)
{
    const relaysum *r = self;
    double total[CHUNK], count = 0.0;
    const kith_real one = 1, *first = r->divide_by == BY_LEARNERS ? v->own[FIRST] : NULL;
    kith_real *x = v->own[MODEL];
    add_up(v->edges, COUNT, &one, 0, 1, &count);
    for (size_t lo = 0; lo < v->dimension; lo += CHUNK) {
        const size_t hi = v->dimension - lo < CHUNK ? v->dimension : lo + CHUNK;
        add_up(v->edges, SUM, x, lo, hi, total);
        for (size_t i = lo; i < hi; i++)
            x[i] = first ? (kith_real)((total[i - lo] + (r->learners - count) * (double)first[i]) / r->learners)
                         : (kith_real)(total[i - lo] / count);
    }
    return KITH_OK;
}

/* The first model is kept where it counts. */
static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_PRIVATE},
                                            {.name = "first-model", .access = KITH_PRIVATE}};

static const kith_learner_plane *layout(const void *self, size_t *count)
{
    *count = ((const relaysum *)self)->divide_by == BY_LEARNERS ? 2 : 1;
    return planes;
}

static const kith_edge_plane edge_planes[] = {{.name = "relayed-sum"}, {.name = "relayed-count", .scalars = 1}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .model = MODEL,
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED | KITH_LOSSLESS | KITH_TREE,
    .uses = KITH_USES_OPTIMIZER,
    .init = init,
    .local = local,
    .edge_planes = edge_planes,
    .edge_plane_count = sizeof edge_planes / sizeof edge_planes[0],
    .combine = combine,
    .layout = layout,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "relaysum",
    .version = "1.0",
    .summary = "RelaySGD: on a tree, sums of models are passed on, so that each counts once in the mean of all",
    .reference = "arXiv 2110.04175",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
