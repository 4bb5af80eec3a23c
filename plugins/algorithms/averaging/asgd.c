#include "averaging.h"

typedef struct config {
    double tau_c;
} config;

static const kith_param params[] = {
    {"tau_c", KITH_TYPE_REAL, 0, offsetof(config, tau_c), "inf", "(0,inf]", "versions",
     "The rate of a message that is tau > tau_c versions late is gamma tau_c / tau; inf: always gamma."},
};

/* gamma g is what one step of [local] moves; more local steps make asynchronous local SGD. */
/* x <- x - gamma_tau g for each arrival, gamma_tau = gamma / max(1, tau / tau_c) (Koloskova, Stich, Jaggi 2022,
 * Algorithm 1 and equation 5). One local step moves by gamma g; more of them make asynchronous local SGD. */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    for (size_t a = 0; a < f->arrivals; a++) {
        const double late = (double)f->arrival[a].staleness / c->tau_c;
        kith_axpy(f->count, (kith_real)(1.0 / fmax(1.0, late)), f->message[a], f->model);
    }
    return KITH_OK;
}

static bool alike(const void *self)
{
    return isinf(((const config *)self)->tau_c);
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .alike = alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "asgd",
    .summary = "Asynchronous SGD: a step for every gradient that arrives, the rate of late ones held down on request",
    .reference = "arXiv 2206.08307",
};
