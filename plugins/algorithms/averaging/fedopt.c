#include "averaging.h"

typedef enum rule { ADAM = 0, YOGI, ADAGRAD, SGD } rule;

typedef struct config {
    int weights, optimizer;
    double server_lr, beta1, beta2, tau;
} config;

static const kith_param params[] = {
    {"optimizer", KITH_TYPE_CHOICE, 0, offsetof(config, optimizer), "adam", "adam|yogi|adagrad|sgd", "",
     "What the server does with the mean update: FedAdam, FedYogi, FedAdagrad, or SGD with momentum (FedAvgM)."},
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "0.01", "(0,inf)", "",
     "The server's learning rate; sgd wants one near 1."},
    {"beta1", KITH_TYPE_REAL, 0, offsetof(config, beta1), "0.9", "[0,1)", "",
     "The decay of the updates' mean; of sgd the momentum. FedAdagrad's authors used 0."},
    {"beta2", KITH_TYPE_REAL, "optimizer = adam|yogi", offsetof(config, beta2), "0.99", "[0,1)", "",
     "The decay of the squared updates' mean (adam, yogi)."},
    {"tau", KITH_TYPE_REAL, "optimizer != sgd", offsetof(config, tau), "0.001", "(0,inf)", "",
     "Added to the root of the squared updates' mean, which starts at tau^2: the smaller, the more adaptive "
     "(adam, yogi, adagrad)."},
    AVERAGING_WEIGHTS(config),
};

/* server planes */
enum { MEAN = 0, SQUARES };

/* v_t from v_{t-1} and Delta_t */
static double squares(const config *c, double v, double delta)
{
    const double square = delta * delta;
    if (c->optimizer == ADAGRAD) return v + square;
    if (c->optimizer == ADAM) return c->beta2 * v + (1.0 - c->beta2) * square;
    return v - (1.0 - c->beta2) * square * ((v > square) - (v < square));
}

/* Reddi et al. 2021, Algorithm 2 (no correction of the bias towards the start) with v_{-1} = tau^2, the least that it
 * allows. */
static void adapt(const config *c, kith_fold *f, const double *delta)
{
    double *m = f->server[MEAN], *v = f->server[SQUARES];
    for (size_t i = 0; i < f->count; i++) {
        m[i] = c->beta1 * m[i] + (1.0 - c->beta1) * delta[i];
        v[i] = squares(c, f->round ? v[i] : c->tau * c->tau, delta[i]);
        f->model[i] = (kith_real)((double)f->model[i] + c->server_lr * m[i] / (sqrt(v[i]) + c->tau));
    }
}

/* Hsu, Qi, Brown 2019 (arXiv 1909.06335), FedAvgM */
static void move(const config *c, kith_fold *f, const double *delta)
{
    double *m = f->server[MEAN];
    for (size_t i = 0; i < f->count; i++) {
        m[i] = c->beta1 * m[i] + delta[i];
        f->model[i] = (kith_real)((double)f->model[i] + c->server_lr * m[i]);
    }
}

/* Delta_t is in double, as the moments are: what v gains in late rounds is small beside it. */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    const double total = averaging_total(c->weights, f);
    double delta[KITH_BLOCK] = {0.0};
    for (size_t a = 0; a < f->arrivals; a++) {
        const double p = averaging_weight(c->weights, f, a) / total;
        for (size_t i = 0; i < f->count; i++)
            delta[i] += p * (double)f->message[a][i];
    }
    if (c->optimizer == SGD) {
        move(c, f, delta);
    } else {
        adapt(c, f, delta);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "mean", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
    {.name = "squares", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = averaging_plain_client,
    .server = server,
    .alike = averaging_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "fedopt",
    .summary = "FedAdam, FedYogi, FedAdagrad, FedAvgM: the server takes the mean update for a gradient",
    .reference = "arXiv 2003.00295",
};
