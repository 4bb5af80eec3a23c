#include "averaging.h"

typedef struct config {
    double server_lr;
    int weights;
} config;

typedef struct fednova {
    config config;
    double momentum; /* rho of the local steps */
} fednova;

static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "",
     "The server's learning rate; 1 moves by as many steps as clients made in the mean."},
    AVERAGING_WEIGHTS(config),
};

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    KITH_TRY(averaging_wants_sgd(ctx, "fednova", setting));
    fednova *f = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "fednova", 1, &f));
    *f = (fednova){.config = *(const config *)given, .momentum = setting->local->momentum};
    *self = f;
    return KITH_OK;
}

/* x <- x + eta tau_eff sum p_i Delta_i / |a_i|, tau_eff = sum p_i |a_i| (Wang et al. 2020): where all make as many
 * steps it is federated averaging. */
static kith_status server(void *self, kith_fold *f)
{
    const fednova *n = self;
    const int weights = n->config.weights;
    const double total = averaging_total(weights, f);
    double tau = 0.0;
    for (size_t a = 0; a < f->arrivals; a++)
        tau += averaging_weight(weights, f, a) / total * averaging_norm(n->momentum, f->arrival[a].steps);
    for (size_t a = 0; a < f->arrivals; a++) {
        const double p = averaging_weight(weights, f, a) / total;
        const double rate = n->config.server_lr * tau * p / averaging_norm(n->momentum, f->arrival[a].steps);
        kith_axpy(f->count, (kith_real)rate, f->message[a], f->model);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "fednova",
    .version = "1.0",
    .summary = "FedNova: updates are divided by how many local steps they took, so that busy clients do not weigh more",
    .reference = "arXiv 2007.07481",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
