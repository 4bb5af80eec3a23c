#include "averaging.h"

typedef struct config {
    double q;
} config;

static const kith_param params[] = {
    {"q", KITH_TYPE_REAL, 0, offsetof(config, q), "1", "[0,inf)", "",
     "How much more learners count whose loss is large; 0: all alike."},
};

enum { UPDATE = 0, H }; /* messages */

/* F is the loss of all the learner's examples at the version pulled, L = 1/eta_L and Delta = L (x - y); the message is
 * -F^q Delta and h = q F^(q-1) |Delta|^2 + L F^q (Li et al. 2020, Algorithm 2, q-FedAvg). */
static kith_status client(void *self, kith_visit *v)
{
    const double q = ((const config *)self)->q, l = 1.0 / v->lr;
    double loss = 0.0;
    KITH_TRY(kith_visit_loss(v, v->model, &loss));
    if (loss < 0.0) return kith_fail(v->ctx, KITH_ECONFIG, "qffl needs losses that are at least 0");
    KITH_TRY(averaging_client(v, NULL));
    const double f = fmax(loss, 1e-10), weight = pow(f, q); /* an exact 0 has no power q - 1 */
    const double moved = l * l * kith_dot(v->dimension, v->message[UPDATE], v->message[UPDATE]);
    v->message[H][0] = (kith_real)(q * weight / f * moved + l * weight);
    kith_scale(v->dimension, (kith_real)(l * weight), v->message[UPDATE]);
    return KITH_OK;
}

/* x <- x - sum F^q Delta / sum h */
static kith_status server(void *self, kith_fold *f)
{
    (void)self;
    double total = 0.0;
    for (size_t a = 0; a < f->arrivals; a++)
        total += (double)f->message[H * f->arrivals + a][0];
    for (size_t a = 0; a < f->arrivals; a++)
        kith_axpy(f->count, (kith_real)(1.0 / total), f->message[UPDATE * f->arrivals + a], f->model);
    return KITH_OK;
}

static const kith_plane planes[] = {AVERAGING_UPDATE, {.name = "h", .side = KITH_SIDE_MESSAGE, .scalars = 1}};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "qffl",
    .summary = "q-FedAvg: learners whose loss is large count for more",
    .reference = "arXiv 1905.10497",
};
