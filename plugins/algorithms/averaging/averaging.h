/* What algorithms share whose clients send how far local SGD moved them, and whose servers move along a mean of
 * that. */
#ifndef AVERAGING_H
#define AVERAGING_H

#include <kith/kith.h>
#include <math.h>

typedef enum averaging_kind { BY_EXAMPLES = 0, EQUALLY } averaging_kind;

/* The row of an int `weights` in the config struct. */
#define AVERAGING_WEIGHTS(config_type)                                                                                 \
    {                                                                                                                  \
        "weights", KITH_TYPE_CHOICE, 0, offsetof(config_type, weights), "examples", "examples|equal", "",              \
            "Clients weigh by their examples, or alike."                                                               \
    }

/* The row of a double `server_lr` in the config struct. */
#define AVERAGING_SERVER_LR(config_type)                                                                               \
    {                                                                                                                  \
        "server_lr", KITH_TYPE_REAL, 0, offsetof(config_type, server_lr), "1", "(0,inf)", "",                          \
            "The server's learning rate."                                                                              \
    }

/* What every table of a federated algorithm says of its planes and of its graph. */
#define AVERAGING_TABLE(rows)                                                                                          \
    .planes = (rows), .plane_count = sizeof(rows) / sizeof(rows)[0], .needs = KITH_HUB | KITH_LOSSLESS

/* What their descriptors say alike. */
#define AVERAGING_PLUGIN(config_type, rows, ops)                                                                       \
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED), .version = "1.0", KITH_PLUGIN_PARAMS(config_type, rows),    \
                                                           KITH_PLUGIN_OPS(ops)

/* The message is how far local SGD moved: Delta = y_K - x. */
static inline kith_status averaging_client(kith_visit *v, const kith_sgd *how)
{
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, how, v->work, NULL));
    kith_subtract(v->dimension, v->work, v->model, v->message[0]);
    return KITH_OK;
}

static inline kith_status averaging_plain_client(void *self, kith_visit *v)
{
    (void)self;
    return averaging_client(v, NULL);
}

/* g <- g + mu (y - x), the gradient of the proximal term mu/2 |y - x|^2; arg is a double, mu. */
static inline void averaging_pull_back(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    const kith_real mu = (kith_real) * (const double *)arg;
    for (size_t i = 0; i < v->dimension; i++)
        g[i] += mu * (y[i] - v->model[i]);
}

/* For algorithms that must know how often each gradient counts in an update: AdamW's steps are no sums of gradients. */
static inline kith_status averaging_wants_sgd(kith_ctx *ctx, const char *id, const kith_setting *setting)
{
    if (setting->local->optimizer == KITH_OPTIMIZER_SGD) return KITH_OK;
    return kith_fail(
        ctx, KITH_ECONFIG,
        "%s knows how gradients add up in steps of SGD, with momentum or without, and of nothing else; set "
        "local.optimizer = sgd",
        id);
}

/* |a|_1, how often the K gradients count in an update of K steps of SGD: K without momentum; with rho the k-th of them
 * counts 1 + rho + ... + rho^(K-1-k) times (Wang et al. 2020, arXiv 2007.07481, section 4). Weight decay is a part of
 * the gradient. */
static inline double averaging_norm(double rho, size_t steps)
{
    const double k = (double)steps;
    return (k - rho * (1.0 - pow(rho, k)) / (1.0 - rho)) / (1.0 - rho);
}

/* p_a = averaging_weight() / averaging_total(), so that they add up to 1 over the arrivals. */
static inline double averaging_weight(int weights, const kith_fold *f, size_t a)
{
    return weights == EQUALLY ? 1.0 : f->arrival[a].examples;
}

static inline double averaging_total(int weights, const kith_fold *f)
{
    double total = 0.0;
    for (size_t a = 0; a < f->arrivals; a++)
        total += averaging_weight(weights, f, a);
    return total;
}

/* delta (count) <- (1/m) sum Delta_i */
static inline void averaging_mean(const kith_fold *f, double *delta)
{
    for (size_t i = 0; i < f->count; i++)
        delta[i] = 0.0;
    for (size_t a = 0; a < f->arrivals; a++)
        for (size_t i = 0; i < f->count; i++)
            delta[i] += (double)f->message[a][i] / (double)f->arrivals;
}

/* total <- total + Delta_a - latest, latest <- Delta_a: a sum over what everyone sent last follows what changed. In
 * double adding and taking away floats loses next to nothing. */
static inline void averaging_replace(const kith_fold *f, size_t a, kith_real *latest, double *total)
{
    for (size_t i = 0; i < f->count; i++)
        total[i] += (double)f->message[a][i] - (double)latest[i];
    kith_copy(f->count, f->message[a], latest);
}

/* x <- x + eta sum p_i Delta_i */
static inline void averaging_server(double server_lr, int weights, kith_fold *f)
{
    const double total = averaging_total(weights, f);
    for (size_t a = 0; a < f->arrivals; a++) {
        const double p = averaging_weight(weights, f, a) / total;
        kith_axpy(f->count, (kith_real)(server_lr * p), f->message[a], f->model);
    }
}

/* Of a config struct that begins with int `weights`. */
static inline bool averaging_alike(const void *self)
{
    return *(const int *)self == EQUALLY;
}

/* Of servers that look at nothing but messages. */
static inline bool averaging_all_alike(const void *self)
{
    (void)self;
    return true;
}

#define AVERAGING_UPDATE                                                                                               \
    {                                                                                                                  \
        .name = "update", .side = KITH_SIDE_MESSAGE                                                                    \
    }

#endif
