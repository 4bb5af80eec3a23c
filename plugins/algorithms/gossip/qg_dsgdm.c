#include <kith/kith.h>

enum { MODEL = 0, MOMENTUM, BEGUN, RATE };

typedef struct config {
    double beta, mu;
    bool nesterov;
} config;

static const kith_param params[] = {
    {"beta", KITH_TYPE_REAL, 0, offsetof(config, beta), "0.9", "[0,1)", "",
     "How much of the quasi-global momentum a step has."},
    {"mu", KITH_TYPE_REAL, 0, offsetof(config, mu), "0.9", "[0,1)", "",
     "How much of itself the quasi-global momentum keeps in a round; the paper has beta."},
    {"nesterov", KITH_TYPE_BOOL, 0, offsetof(config, nesterov), "no", "", "",
     "Whether a step is Nesterov's, g + beta m, as in QG-DSGDm-N; else m."},
};

/* m^ <- mu m^ + (1 - mu) (x_t - x_t+1) / eta, once x_t+1 is what mixing left. */
static void follow(const config *c, kith_visit *v)
{
    const kith_real *x = v->own[MODEL], *begun = v->own[BEGUN];
    const kith_real mu = (kith_real)c->mu, rest = (kith_real)((1.0 - c->mu) / (double)v->own[RATE][0]);
    kith_real *momentum = v->own[MOMENTUM];
    for (size_t i = 0; i < v->dimension; i++)
        momentum[i] = mu * momentum[i] + rest * (begun[i] - x[i]);
}

/* Quasi-global momentum (Lin, Karimireddy, Stich, Jaggi 2021, arXiv 2102.04761, Algorithm 1):
 *     m = beta m^ + g,  x_t+1/2 = x - eta m,  x_t+1 = W x_t+1/2,  d = (x_t - x_t+1) / eta,  m^ <- mu m^ + (1 - mu) d
 * with m^ = 0 at first. m^ is brought up to date when the next round begins. K steps: the mean gradient of K batches.
 */
static kith_status local(void *self, kith_visit *v)
{
    const config *c = self;
    kith_real *x = v->own[MODEL], *g = v->work;
    const kith_real beta = (kith_real)c->beta, lr = (kith_real)v->lr, *momentum = v->own[MOMENTUM];
    if (v->steps == 0) return KITH_OK;
    if (v->own[RATE][0] > 0) follow(c, v);
    kith_copy(v->dimension, x, v->own[BEGUN]);
    v->own[RATE][0] = lr;
    KITH_TRY(kith_visit_mean_gradient(v, x, g));
    for (size_t i = 0; i < v->dimension; i++) {
        const kith_real m = beta * momentum[i] + g[i];
        x[i] -= lr * (c->nesterov ? g[i] + beta * m : m);
    }
    return KITH_OK;
}

static const kith_learner_plane planes[] = {
    {.name = "model", .access = KITH_MIXED},
    {.name = "momentum", .access = KITH_PRIVATE},
    {.name = "begun", .access = KITH_PRIVATE},
    {.name = "rate", .access = KITH_PRIVATE, .scalars = 1},
};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_ROW_STOCHASTIC,
    .local = local,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "qg-dsgdm",
    .version = "1.0",
    .summary = "Quasi-global momentum: a learner's momentum follows what mixing made of its model; one step a round",
    .reference = "arXiv 2102.04761",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
