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

/* McMahan et al. 2017, Algorithm 1, written with differences. */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    averaging_server(c->server_lr, c->weights, f);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .alike = averaging_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "fedavg",
    .summary = "Federated averaging: the clients' updates, weighed and added",
    .reference = "arXiv 1602.05629",
};
