#include "averaging.h"

typedef struct config {
    int weights;
    double mu, server_lr;
} config;

static const kith_param params[] = {
    {"mu", KITH_TYPE_REAL, 0, offsetof(config, mu), "0.01", "[0,inf)", "",
     "The weight of the proximal term mu/2 |y - x|^2, for which its authors tried 0.001, 0.01, 0.1 and 1; "
     "0: federated averaging."},
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "", "The server's learning rate."},
    AVERAGING_WEIGHTS(config),
};

/* g <- g + mu (y - x), the gradient of the proximal term */
static void pull_back(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    const config *c = arg;
    const kith_real mu = (kith_real)c->mu;
    for (size_t i = 0; i < v->dimension; i++)
        g[i] += mu * (y[i] - v->model[i]);
}

/* Li et al. 2020, Algorithm 2, whose inexact local minimum is K steps here. Without the term the bits
 * are fedavg's, signs of zeros included, since nothing is added at all. */
static kith_status client(void *self, kith_visit *v)
{
    const config *c = self;
    const kith_sgd how = {.correct = pull_back, .arg = self};
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
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .needs = KITH_HUB | KITH_LOSSLESS,
    .client = client,
    .server = server,
    .alike = averaging_alike,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "fedprox",
    .version = "1.0",
    .summary = "FedProx: federated averaging whose local steps are pulled back to where they began",
    .reference = "arXiv 1812.06127",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
