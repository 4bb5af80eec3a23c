#include "averaging.h"

typedef struct config {
    int weights;
    double server_lr;
} config;

static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "",
     "The server's learning rate; 1 replaces the model by the mean of the clients' models."},
    AVERAGING_WEIGHTS(config),
};

static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    return averaging_client(v, NULL);
}

/* McMahan et al. 2017, Algorithm 1, written with differences. */
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
    .id = "fedavg",
    .version = "1.0",
    .summary = "Federated averaging: the clients' updates, weighed and added",
    .reference = "arXiv 1602.05629",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
