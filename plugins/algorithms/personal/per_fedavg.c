#include "personal.h"

typedef struct config {
    int weights;
    double alpha, server_lr;
} config;

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "0.01", "[0,inf)", "",
     "The step by which a learner makes the shared model its own; local.lr is the rate of the shared model's steps."},
    AVERAGING_SERVER_LR(config),
    AVERAGING_WEIGHTS(config),
};

/* x (d) <- y - alpha g */
static void adapt(double alpha, size_t d, const kith_real *y, const kith_real *g, kith_real *x)
{
    const kith_real rate = (kith_real)alpha;
    for (size_t i = 0; i < d; i++)
        x[i] = y[i] - rate * g[i];
}

typedef struct ahead {
    double alpha;
    kith_visit *visit;
    kith_status status; /* of the second gradients */
} ahead;

/* g <- the gradient, on another batch, at y - alpha g */
static void look_ahead(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    ahead *a = arg;
    kith_real *x = v->message[0];
    if (a->status != KITH_OK) return;
    adapt(a->alpha, v->dimension, y, g, x);
    a->status = kith_visit_gradient(a->visit, x, g, NULL);
}

/* Fallah, Mokhtari, Ozdaglar 2020, Algorithm 1, first order: w <- w - beta grad f_i(w - alpha grad f_i(w)), without the
 * factor I - alpha Hessian of equation 8. */
static kith_status client(void *self, kith_visit *v)
{
    const config *c = self;
    ahead a = {.alpha = c->alpha, .visit = v, .status = KITH_OK};
    const kith_sgd how = {.correct = look_ahead, .arg = &a};
    const kith_status status = averaging_client(v, &how);
    return a.status != KITH_OK ? a.status : status;
}

static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    averaging_server(c->server_lr, c->weights, f);
    return KITH_OK;
}

/* One step from the newest version. */
static kith_status own_model(void *self, kith_visit *v, kith_real *x)
{
    KITH_TRY(kith_visit_gradient(v, v->model, v->work, NULL));
    adapt(((const config *)self)->alpha, v->dimension, v->model, v->work, x);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE};

static const kith_federated ops = {
    AVERAGING_TABLE(planes), .client = client, .server = server, .alike = averaging_alike, .own_model = own_model,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "per-fedavg",
    .summary = "Per-FedAvg, first order: a shared model from which one step leads to a good model of one's own",
    .reference = "arXiv 2002.07948",
};
