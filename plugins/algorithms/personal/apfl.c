#include "personal.h"

typedef struct config {
    int weights;
    double alpha, server_lr;
    bool adaptive;
} config;

typedef struct apfl {
    int weights; /* first, as averaging_alike() wants it */
    double alpha, server_lr, decay;
    bool adaptive;
    kith_real *g; /* (d) scratch */
} apfl;

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "0.5", "[0,1]", "",
     "How much of its own model a learner uses, the rest being the shared one; what it begins with, if it adapts."},
    {"adaptive", KITH_TYPE_BOOL, 0, offsetof(config, adaptive), "no", "", "",
     "Whether each learner's alpha follows its gradient, one step a visit."},
    AVERAGING_SERVER_LR(config),
    AVERAGING_WEIGHTS(config),
};

static void destroy(void *self)
{
    kith_free(((apfl *)self)->g);
    kith_free(self);
}

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    const config *c = given;
    apfl *a = NULL;
    KITH_TRY(personal_wants_plain_sgd(ctx, "apfl", setting));
    KITH_TRY(KITH_ALLOC(ctx, "apfl", 1, &a));
    *a = (apfl){.weights = c->weights,
                .alpha = c->alpha,
                .server_lr = c->server_lr,
                .decay = setting->local->weight_decay,
                .adaptive = c->adaptive};
    const kith_status status = KITH_ALLOC(ctx, "apfl's gradient", setting->dimension, &a->g);
    if (status != KITH_OK) {
        destroy(a);
        return status;
    }
    *self = a;
    return KITH_OK;
}

enum { OWN = 0, ALPHA, BEGUN }; /* learner planes */

static void mix(const kith_visit *v, const kith_real *w, kith_real *mixed)
{
    const kith_real alpha = v->own[ALPHA][0], *own = v->own[OWN];
    for (size_t i = 0; i < v->dimension; i++)
        mixed[i] = alpha * own[i] + (1 - alpha) * w[i];
}

/* y <- y - rate (g + decay x), g the gradient at x, which y may be. */
static void step(const apfl *a, const kith_visit *v, double rate, const kith_real *x, kith_real *y)
{
    const kith_real eta = (kith_real)rate, lambda = (kith_real)a->decay;
    for (size_t i = 0; i < v->dimension; i++)
        y[i] -= eta * (a->g[i] + lambda * x[i]);
}

/* alpha <- alpha - eta <v - w, grad f(mixed)>, within [0, 1] (equation 10). */
static void adapt(const apfl *a, const kith_visit *v, const kith_real *w)
{
    const double slope = kith_dot(v->dimension, v->own[OWN], a->g) - kith_dot(v->dimension, w, a->g);
    v->own[ALPHA][0] = (kith_real)fmin(fmax((double)v->own[ALPHA][0] - v->lr * slope, 0.0), 1.0);
}

/* Deng, Kamani, Mahdavi 2020, Algorithm 1: w_i <- w_i - eta grad f_i(w_i), v_i <- v_i - eta grad_v f_i(alpha v_i + (1 -
 * alpha) w_i), both at what they were before the step. By the chain rule the second gradient has the factor alpha. Each
 * is taken on a batch of its own. */
static kith_status client(void *self, kith_visit *v)
{
    const apfl *a = self;
    kith_real *w = v->work, *mixed = v->message[0];
    if (v->own[BEGUN][0] == 0) v->own[ALPHA][0] = (kith_real)a->alpha;
    personal_begin(v, v->own[OWN], v->own[BEGUN]);
    kith_copy(v->dimension, v->model, w);
    for (size_t k = 0; k < v->steps; k++) {
        mix(v, w, mixed);
        KITH_TRY(kith_visit_gradient(v, mixed, a->g, NULL));
        const double alpha = (double)v->own[ALPHA][0];
        if (a->adaptive && k == 0) adapt(a, v, w);
        step(a, v, v->lr * alpha, mixed, v->own[OWN]);
        KITH_TRY(kith_visit_gradient(v, w, a->g, NULL));
        step(a, v, v->lr, w, w);
    }
    kith_subtract(v->dimension, w, v->model, v->message[0]);
    return KITH_OK;
}

static kith_status server(void *self, kith_fold *f)
{
    const apfl *a = self;
    averaging_server(a->server_lr, a->weights, f);
    return KITH_OK;
}

static kith_status own_model(void *self, kith_visit *v, kith_real *x)
{
    (void)self;
    mix(v, v->model, x);
    return KITH_OK;
}

static const kith_plane planes[] = {
    AVERAGING_UPDATE,
    {.name = "own", .side = KITH_SIDE_LEARNER},
    {.name = "alpha", .side = KITH_SIDE_LEARNER, .scalars = 1},
    PERSONAL_BEGUN,
};

static const kith_federated ops = {
    AVERAGING_TABLE(planes), .client = client, .server = server, .alike = averaging_alike, .own_model = own_model,
};

KITH_EXPORT_PLUGIN = {
    AVERAGING_PLUGIN(config, params, ops),
    .id = "apfl",
    .summary = "APFL: learners use a mixture of the shared model and one of their own, trained as such",
    .reference = "arXiv 2003.13461",
    .create = create,
    .destroy = destroy,
};
