#include "averaging.h"

typedef struct config {
    double server_lr, beta1, beta2, epsilon, tau_c;
} config;

static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "0.01", "(0,inf)", "", "The server's learning rate."},
    {"beta1", KITH_TYPE_REAL, 0, offsetof(config, beta1), "0.9", "[0,1)", "", "The decay of the updates' mean."},
    {"beta2", KITH_TYPE_REAL, 0, offsetof(config, beta2), "0.99", "[0,1]", "", "The decay of the squares' mean."},
    {"epsilon", KITH_TYPE_REAL, 0, offsetof(config, epsilon), "1e-8", "(0,inf)", "", "Added to the squares' root."},
    {"tau_c", KITH_TYPE_REAL, 0, offsetof(config, tau_c), "1", "[0,inf]", "versions",
     "Where a step's greatest staleness is above this, the rate is at most one over that staleness; inf: never."},
};

enum { MEAN = 0, SQUARES, GREATEST }; /* server planes */

/* AMSGrad on Delta = (1/m) sum Delta_i, with the rate of late steps held down (Wang et al. 2024, Algorithm 2 and
 * equation 2): m <- beta1 m + (1 - beta1) Delta; v likewise of the squares; x <- x + eta m / (sqrt(max v) + eps). */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    double rate = c->server_lr;
    double *m = f->server[MEAN], *v = f->server[SQUARES], *greatest = f->server[GREATEST], delta[KITH_BLOCK];
    for (size_t a = 0; a < f->arrivals; a++) {
        const double tau = (double)f->arrival[a].staleness;
        if (tau > c->tau_c) rate = fmin(rate, 1.0 / tau);
    }
    averaging_mean(f, delta);
    for (size_t i = 0; i < f->count; i++) {
        m[i] = c->beta1 * m[i] + (1.0 - c->beta1) * delta[i];
        v[i] = c->beta2 * v[i] + (1.0 - c->beta2) * delta[i] * delta[i];
        greatest[i] = fmax(greatest[i], v[i]);
        f->model[i] = (kith_real)((double)f->model[i] + rate * m[i] / (sqrt(greatest[i]) + c->epsilon));
    }
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "mean", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
    {.name = "squares", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
    {.name = "greatest", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "fadas",
    .summary = "FADAS: AMSGrad at the server on buffers of updates, slower where they are late",
    .reference = "Wang, Wang, Yu, Chen, ICML 2024",
};
