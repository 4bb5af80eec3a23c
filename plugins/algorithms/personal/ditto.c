#include "personal.h"

typedef struct config {
    int weights;
    double lambda, server_lr;
    int64_t steps;
} config;

static const kith_param params[] = {
    {"lambda", KITH_TYPE_REAL, 0, offsetof(config, lambda), "1", "[0,inf)", "",
     "How strongly a learner's own model is pulled to the version it pulled; its authors tried 0.05 to 2. 0: it trains "
     "alone."},
    {"steps", KITH_TYPE_INT, 0, offsetof(config, steps), "0", "0..1000000000", "steps",
     "Steps of a learner's own model in a visit, beside those of the shared one; 0: as many."},
    AVERAGING_SERVER_LR(config),
    AVERAGING_WEIGHTS(config),
};

enum { OWN = 0, BEGUN }; /* learner planes */

/* Li et al. 2021, Algorithm 1: FedAvg for w, and v_i <- v_i - eta (grad F_i(v_i) + lambda (v_i - w)). */
static kith_status client(void *self, kith_visit *v)
{
    config *c = self;
    const kith_sgd how = {.correct = averaging_pull_back, .arg = &c->lambda};
    kith_visit own = *v;
    personal_begin(v, v->own[OWN], v->own[BEGUN]);
    KITH_TRY(averaging_client(v, NULL));
    if (c->steps) own.steps = (size_t)c->steps;
    return kith_visit_sgd(&own, c->lambda > 0.0 ? &how : NULL, v->own[OWN], NULL);
}

static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    averaging_server(c->server_lr, c->weights, f);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE, {.name = "own", .side = KITH_SIDE_LEARNER}, PERSONAL_BEGUN};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),         .client = client, .server = server, .alike = averaging_alike,
    .own_model = personal_own_model,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "ditto",
    .summary = "Ditto: federated averaging, and models of learners' own that are pulled to its",
    .reference = "arXiv 2012.04221",
};
