#include "averaging.h"
#include "staleness.h"

typedef struct config {
    double alpha, rho;
    staleness staleness;
} config;

static const kith_param params[] = {
    STALENESS_ROWS(config),
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "0.6", "(0,1]", "",
     "The share of the model that a fresh message replaces."},
    {"rho", KITH_TYPE_REAL, 0, offsetof(config, rho), "0", "[0,inf)", "",
     "The weight of the term rho/2 |y - x|^2 of the local objective."},
};

/* Xie et al. 2020, Algorithm 1, option II; the message is the model y_K itself. */
static kith_status client(void *self, kith_visit *v)
{
    config *c = self;
    const kith_sgd how = {.correct = averaging_pull_back, .arg = &c->rho};
    kith_copy(v->dimension, v->model, v->message[0]);
    return kith_visit_sgd(v, c->rho > 0.0 ? &how : NULL, v->message[0], NULL);
}

/* x <- (1 - alpha_tau) x + alpha_tau y for each arrival, alpha_tau = alpha s(tau). */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    for (size_t a = 0; a < f->arrivals; a++) {
        const double share = c->alpha * staleness_weight(&c->staleness, f->arrival[a].staleness);
        kith_scale(f->count, (kith_real)(1.0 - share), f->model);
        kith_axpy(f->count, (kith_real)share, f->message[a], f->model);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {{.name = "model", .side = KITH_SIDE_MESSAGE}};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "fedasync",
    .summary = "FedAsync: each model that arrives is mixed in, the later the less",
    .reference = "arXiv 1903.03934",
};
