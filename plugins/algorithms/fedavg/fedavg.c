#include <kith/kith.h>

typedef enum weighting { BY_EXAMPLES = 0, EQUALLY } weighting;

typedef struct config {
    double server_lr;
    int weights;
} config;

static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "",
     "The server's learning rate; 1 replaces the model by the mean of the clients' models."},
    {"weights", KITH_TYPE_CHOICE, 0, offsetof(config, weights), "examples", "examples|equal", "",
     "Clients weigh by their examples, or alike."},
};

/* The message is how far local SGD moved: Delta = y_K - x. */
static kith_status client(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    return KITH_OK;
}

/* x <- x + eta sum p_i Delta_i (McMahan et al. 2017, Algorithm 1, written with differences). */
static kith_status server(void *self, kith_fold *f)
{
    const config *c = self;
    double examples = 0.0;
    for (size_t a = 0; a < f->arrivals; a++) examples += f->arrival[a].examples;
    for (size_t a = 0; a < f->arrivals; a++) {
        const double p = c->weights == EQUALLY ? 1.0 / (double)f->arrivals : f->arrival[a].examples / examples;
        kith_axpy(f->count, (kith_real)(c->server_lr * p), f->message[a], f->model);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {{"update", KITH_SIDE_MESSAGE, KITH_PRIVATE, KITH_ELEMENT_REAL}};

static const kith_federated ops = {
    .planes = planes,
    .plane_count = sizeof planes / sizeof planes[0],
    .requires = KITH_HUB | KITH_LOSSLESS,
    .client = client,
    .server = server,
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
