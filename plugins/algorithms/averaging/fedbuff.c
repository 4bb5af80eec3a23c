#include "averaging.h"
#include "staleness.h"

typedef struct config {
    double server_lr;
    staleness staleness;
} config;

static const kith_param params[] = {
    STALENESS_ROWS(config),
    AVERAGING_SERVER_LR(config),
};

/* x <- x + eta (1/m) sum s(tau) Delta over a buffer of m arrivals (Nguyen et al. 2022, Algorithm 1 and section 5.2).
 * The weights are not made to add up to one: late messages make a smaller step. */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    const double rate = c->server_lr / (double)f->arrivals;
    for (size_t a = 0; a < f->arrivals; a++) {
        const double s = staleness_weight(&c->staleness, f->arrival[a].staleness);
        kith_axpy(f->count, (kith_real)(rate * s), f->message[a], f->model);
    }
    return KITH_OK;
}

static bool alike(const void *self)
{
    const config *c = self;
    return c->staleness.kind == STALENESS_CONSTANT;
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
    .id = "fedbuff",
    .summary = "FedBuff: a step for every m updates, late ones with less weight",
    .reference = "arXiv 2106.06639",
};
