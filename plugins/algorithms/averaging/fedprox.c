#include "averaging.h"

typedef struct config {
    int weights;
    double mu, server_lr;
} config;

static const kith_param params[] = {
    {"mu", KITH_TYPE_REAL, 0, offsetof(config, mu), "0.01", "[0,inf)", "",
     "The weight of the proximal term mu/2 |y - x|^2, for which its authors tried 0.001, 0.01, 0.1 and 1; "
     "0: federated averaging."},
    AVERAGING_SERVER_LR(config),
    AVERAGING_WEIGHTS(config),
};

/* Li et al. 2020, Algorithm 2, whose inexact local minimum is K steps here. Without the term the bits
 * are fedavg's, signs of zeros included, since nothing is added at all. */
static kith_status client(void *self, kith_visit *v)
{
    config *c = self;
    const kith_sgd how = {.correct = averaging_pull_back, .arg = &c->mu};
    return averaging_client(v, c->mu > 0.0 ? &how : NULL);
}

static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    averaging_server(c->server_lr, c->weights, f);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = client,
    .server = server,
    .alike = averaging_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "fedprox",
    .summary = "FedProx: federated averaging whose local steps are pulled back to where they began",
    .reference = "arXiv 1812.06127",
};
