#include "averaging.h"

typedef struct config {
    double server_lr;
} config;

typedef struct scaffold {
    double server_lr, momentum; /* eta, rho of the local steps */
} scaffold;

static const kith_param params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(config, server_lr), "1", "(0,inf)", "", "The server's learning rate."},
};

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    scaffold *s = NULL;
    KITH_TRY(averaging_wants_sgd(ctx, "scaffold", setting));
    KITH_TRY(KITH_ALLOC(ctx, "scaffold", 1, &s));
    *s = (scaffold){.server_lr = ((const config *)given)->server_lr, .momentum = setting->local->momentum};
    *self = s;
    return KITH_OK;
}

/* planes by side, in the order of the table below */
enum { UPDATE = 0, VARIATE_CHANGE }; /* messages */
enum { SERVER_VARIATE = 0 };         /* published, c */
enum { OWN_VARIATE = 0 };            /* the learner's, c_i */

/* g <- g - c_i + c */
static void correct(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    (void)arg;
    (void)y;
    const kith_real *c = v->published[SERVER_VARIATE], *own = v->own[OWN_VARIATE];
    for (size_t i = 0; i < v->dimension; i++)
        g[i] += c[i] - own[i];
}

/* Option II: c_i+ = c_i - c + (x - y) / (a eta_L), written after the steps that still use the old c_i. The way made is
 * eta_L a times the mean of the corrected gradients, a = K without momentum; dividing by K with it would make c_i grow
 * without end. */
static kith_status client(void *self, kith_visit *v)
{
    const scaffold *settings = self;
    const size_t d = v->dimension;
    const kith_sgd how = {.correct = correct};
    kith_real *update = v->message[UPDATE], *change = v->message[VARIATE_CHANGE], *own = v->own[OWN_VARIATE];
    const kith_real *c = v->published[SERVER_VARIATE];
    kith_copy(d, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, &how, v->work, NULL));
    kith_subtract(d, v->work, v->model, update);
    const kith_real rate = (kith_real)(1.0 / (averaging_norm(settings->momentum, v->steps) * v->lr));
    for (size_t i = 0; i < d; i++) {
        change[i] = -c[i] - rate * update[i];
        own[i] += change[i];
    }
    return KITH_OK;
}

/* x <- x + eta mean Delta; c <- c + (1/N) sum of the changes (Karimireddy et al. 2020, Algorithm 1). */
static kith_status server(void *self, kith_fold *f)
{
    const scaffold *settings = self;
    const kith_real rate = (kith_real)(settings->server_lr / (double)f->arrivals);
    const kith_real share = (kith_real)(1.0 / (double)f->learners);
    kith_real *c = f->server[SERVER_VARIATE];
    for (size_t a = 0; a < f->arrivals; a++) {
        kith_axpy(f->count, rate, f->message[UPDATE * f->arrivals + a], f->model);
        kith_axpy(f->count, share, f->message[VARIATE_CHANGE * f->arrivals + a], c);
    }
    return KITH_OK;
}

static const kith_plane planes[] = {
    {.name = "update", .side = KITH_SIDE_MESSAGE},
    {.name = "variate-change", .side = KITH_SIDE_MESSAGE},
    {.name = "variate", .side = KITH_SIDE_SERVER, .access = KITH_PUBLISHED},
    {.name = "own-variate", .side = KITH_SIDE_LEARNER},
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes),
    .client = client,
    .server = server,
    .alike = averaging_all_alike,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED),
    .id = "scaffold",
    .version = "1.0",
    .summary = "SCAFFOLD: control variates take the drift out of local steps",
    .reference = "arXiv 1910.06378",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
