#include <kith/kith.h>
#include <math.h>

enum { MODEL = 0, MIXTURE, CORRECTION };

typedef enum mixing { HALF = 0, FULL } mixing;

typedef struct config {
    int mixing;
} config;

static const kith_param params[] = {
    {"mixing", KITH_TYPE_CHOICE, 0, offsetof(config, mixing), "half", "half|full", "",
     "What mixes: (I + W)/2, as exact diffusion has it, or W itself, as D^2 has it, which diverges unless all "
     "eigenvalues of W are above -1/3, and is refused then."},
};

/* Exact diffusion (Yuan, Ying, Zhao, Sayed 2019, arXiv 1702.05122) and D^2 (Tang, Lian, Yan, Zhang, Liu 2018, arXiv
 * 1803.07068):
 *     psi+ = x - eta g;  phi = psi+ + x - psi;  x+ = V phi,  V = (I + W)/2 or W
 * The correction c = x - psi is kept instead of psi: phi = x + (c - eta g), and c+ = x+ - psi+ = c + V phi - phi. It is
 * small where x is not, so that rounding errors do not pile up. K steps: the mean gradient of K batches. */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    kith_real *x = v->own[MODEL], *g = v->work;
    const kith_real *c = v->own[CORRECTION], lr = (kith_real)v->lr;
    if (v->steps == 0) return KITH_OK;
    KITH_TRY(kith_visit_mean_gradient(v, x, g));
    for (size_t i = 0; i < v->dimension; i++)
        x[i] += c[i] - lr * g[i];
    return KITH_OK;
}

/* x is still phi */
static kith_status mixed(void *self, kith_visit *v)
{
    kith_real *x = v->own[MODEL], *c = v->own[CORRECTION];
    const kith_real *mixture = v->own[MIXTURE];
    const kith_real share =
        ((const config *)self)->mixing == FULL ? 1 : (kith_real)0.5; /* V phi - phi of W phi - phi */
    for (size_t i = 0; i < v->dimension; i++) {
        const kith_real move = share * (mixture[i] - x[i]);
        x[i] += move;
        c[i] += move;
    }
    return KITH_OK;
}

/* Of D^2's recursion without gradients, z^2 - 2 lambda z + lambda = 0 has a root of modulus 1 or more exactly where
 * lambda <= -1/3 or lambda = 1 (Tang et al. 2018, assumption 1.4). (I + W)/2 has no such eigenvalue. */
static double least(const void *self, const char **remedy)
{
    if (((const config *)self)->mixing != FULL) return -INFINITY;
    *remedy = "set exact-diffusion.mixing = half";
    return -1.0 / 3.0;
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_MIXED, .into = "mixture"},
    {.name = "mixture", .access = KITH_PRIVATE},
    {.name = "correction", .access = KITH_PRIVATE},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC,
    .uses = KITH_USES_SUMS,
    .local = local,
    .mixed = mixed,
    .least = least,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "exact-diffusion",
    .version = "1.0",
    .summary = "Exact diffusion (D^2): gossip whose bias is corrected by the last step; one step a round",
    .reference = "arXiv 1702.05122, 1803.07068",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
