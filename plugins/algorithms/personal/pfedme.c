#include "personal.h"

typedef struct config {
    double lambda, eta, beta;
    int64_t inner;
} config;

static const kith_param params[] = {
    {"lambda", KITH_TYPE_REAL, 0, offsetof(config, lambda), "15", "(0,inf)", "",
     "How strongly a learner's own model is held at its copy of the shared one."},
    {"eta", KITH_TYPE_REAL, 0, offsetof(config, eta), "0.005", "(0,inf)", "",
     "The learning rate of the copy; local.lr is that of the learner's own model."},
    {"inner", KITH_TYPE_INT, 0, offsetof(config, inner), "5", "1..1000000000", "steps",
     "Steps of the learner's own model for each of the copy; local.steps counts those of the copy."},
    {"beta", KITH_TYPE_REAL, 0, offsetof(config, beta), "1", "(0,inf)", "",
     "How far the server goes to the mean of the copies."},
};

/* T Dinh, Tran, Nguyen 2020, Algorithm 1: theta_i near the minimum of f_i(theta) + lambda/2 |theta - w_i|^2, by `inner`
 * steps, each on a batch of its own; w_i <- w_i - eta lambda (w_i - theta_i). */
static kith_status client(void *self, kith_visit *v)
{
    config *c = self;
    const kith_sgd how = {.correct = averaging_pull_back, .arg = &c->lambda};
    const kith_real rate = (kith_real)(c->eta * c->lambda);
    kith_real *w = v->work, *theta = v->own[0];
    kith_visit inner = *v;
    inner.steps = (size_t)c->inner;
    inner.model = w; /* what theta is pulled to */
    kith_copy(v->dimension, v->model, w);
    kith_copy(v->dimension, v->model, theta);
    for (size_t r = 0; r < v->steps; r++) {
        KITH_TRY(kith_visit_sgd(&inner, &how, theta, NULL));
        for (size_t i = 0; i < v->dimension; i++)
            w[i] -= rate * (w[i] - theta[i]);
    }
    kith_subtract(v->dimension, w, v->model, v->message[0]);
    return KITH_OK;
}

/* w <- (1 - beta) w + beta mean w_i */
static kith_status server(void *self, kith_fold *f)
{
    averaging_server(((const config *)self)->beta, EQUALLY, f);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE, {.name = "own", .side = KITH_SIDE_LEARNER}};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),         .client = client, .server = server, .alike = averaging_all_alike,
    .own_model = personal_own_model,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "pfedme",
    .summary = "pFedMe: a shared model learns from learners' own through their Moreau envelopes",
    .reference = "arXiv 2006.08848",
};
