/* What AFA-CD and AFA-CS share: the learner's side.
 * Source: Yang, Zhang, Khanduri, Liu, "Anarchic Federated Learning", ICML 2022 (arXiv 2108.09875), Algorithms 1 and
 *   2. */
#ifndef AFA_H
#define AFA_H

#include <kith/kith.h>
#include <math.h>

typedef struct afa_config {
    double server_lr;
} afa_config;

typedef struct afa {
    afa_config config;
    double momentum; /* rho of the local steps */
} afa;

#define AFA_REFERENCE "arXiv 2108.09875"

static const kith_param afa_params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(afa_config, server_lr), "1", "(0,inf)", "",
     "The server's learning rate."},
};

static inline kith_status afa_create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    afa *a = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "afa", 1, &a));
    *a = (afa){.config = *(const afa_config *)given};
    if (setting->local->optimizer == KITH_OPTIMIZER_SGD) a->momentum = setting->local->momentum;
    *self = a;
    return KITH_OK;
}

static inline void afa_destroy(void *self)
{
    kith_free(self);
}

/* How often the K gradients count in the sum of K directions: K without momentum; with rho the k-th of them counts 1 +
 * rho + ... + rho^(K-1-k) times. */
static inline double afa_counts(double rho, size_t steps)
{
    const double k = (double)steps;
    return (k - rho * (1.0 - pow(rho, k)) / (1.0 - rho)) / (1.0 - rho);
}

/* K steps of local SGD from the version pulled; the message is G = (1/K) sum_k g_k, so that learners that work longer
 * do not weigh more. The paper has no momentum; with it G is the mean of the gradients as they count in the way made,
 * or else it would grow with K. */
static inline kith_status afa_client(void *self, kith_visit *v)
{
    const afa *a = self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, v->message[0]));
    kith_scale(v->dimension, (kith_real)(1.0 / afa_counts(a->momentum, v->steps)), v->message[0]);
    return KITH_OK;
}

#endif
