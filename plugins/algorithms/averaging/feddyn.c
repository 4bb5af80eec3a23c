#include "averaging.h"

typedef struct config {
    double alpha;
} config;

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "0.01", "(0,inf)", "",
     "The weight of the dynamic regulariser; its authors tried 0.001, 0.01 and 0.1."},
};

/* g <- g - h_i + alpha (y - x) */
static void regularise(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    const kith_real alpha = (kith_real)((const config *)arg)->alpha, *h = v->own[0];
    for (size_t i = 0; i < v->dimension; i++)
        g[i] += alpha * (y[i] - v->model[i]) - h[i];
}

/* Acar et al. 2021, Algorithm 1, whose exact local minimum is K steps here; then h_i <- h_i - alpha (y_i - x). */
static kith_status client(void *self, kith_visit *v)
{
    const kith_sgd how = {.correct = regularise, .arg = self};
    KITH_TRY(averaging_client(v, &how));
    kith_axpy(v->dimension, (kith_real) - ((const config *)self)->alpha, v->message[0], v->own[0]);
    return KITH_OK;
}

/* h <- h - (alpha/N) sum (y_i - x); x <- mean y_i - h/alpha. A late y_i counts by how far it moved. */
static kith_status server(void *self, kith_fold *f)
{
    const double alpha = ((const config *)self)->alpha, share = (double)f->arrivals / (double)f->learners;
    double *h = f->server[0], mean[KITH_BLOCK];
    averaging_mean(f, mean);
    for (size_t i = 0; i < f->count; i++) {
        h[i] -= alpha * share * mean[i];
        f->model[i] = (kith_real)((double)f->model[i] + mean[i] - h[i] / alpha);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "h", .side = KITH_SIDE_SERVER, .element = KITH_ELEMENT_F64},
    {.name = "own-h", .side = KITH_SIDE_LEARNER},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "feddyn",
    .summary = "FedDyn: a dynamic regulariser makes learners' minima that of all",
    .reference = "arXiv 2111.04263",
};
