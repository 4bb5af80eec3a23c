/* new-decentralized, a decentralized algorithm: every learner trains a model of its own and moves
 * towards its neighbours'.
 *
 * A round: local() works on each learner's planes, on any worker; the host mixes what is marked
 * KITH_MIXED with the weights W of the round's graph; mixed() does what follows. x_i <- (1 -
 * gamma) y_i + gamma sum_j W_ij y_j, y_i being x_i after its steps.
 */
#include <kith/kith.h>

typedef struct config {
    double gamma;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"gamma", KITH_TYPE_REAL, 0, offsetof(config, gamma), "1", "(0,1]", "",
     "How far a learner goes from its own model to the mean of its neighbours'."},
};

/* The planes that each learner has; they are zero at first and survive rounds. */
enum { MODEL = 0, SHARED, MIXTURE };
static const kith_learner_plane planes[] = {
    [MODEL] = {.name = "model"},
    [SHARED] = {.name = "shared", .access = KITH_MIXED, .into = "mixture"},
    [MIXTURE] = {.name = "mixture"},
};

/* One learner's local work, in place. It may use v, and nothing that an earlier visit left in self. */
static kith_status local(void *self, kith_visit *v)
{
    (void)self;
    KITH_TRY(kith_visit_sgd(v, NULL, v->own[MODEL], NULL));
    kith_copy(v->dimension, v->own[MODEL], v->own[SHARED]);
    return KITH_OK;
}

static kith_status mixed(void *self, kith_visit *v)
{
    const config *c = self;
    kith_scale(v->dimension, (kith_real)(1.0 - c->gamma), v->own[MODEL]);
    kith_axpy(v->dimension, (kith_real)c->gamma, v->own[MIXTURE], v->own[MODEL]);
    return KITH_OK;
}

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .model = MODEL,
    .needs = KITH_ROW_STOCHASTIC,
    .uses = KITH_USES_OPTIMIZER,
    .local = local,
    .mixed = mixed,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "new-decentralized",
    .version = "0.1",
    .summary = "Decentralized SGD that goes part of the way to its neighbours, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
