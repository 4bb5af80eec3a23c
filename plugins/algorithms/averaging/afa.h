/* What AFA-CD and AFA-CS share: the learner's side, and their descriptors.
 * Source: Yang, Zhang, Khanduri, Liu, "Anarchic Federated Learning", ICML 2022 (arXiv 2108.09875), Algorithms 1 and
 *   2. */
#ifndef AFA_H
#define AFA_H

#include "averaging.h"

typedef struct afa_config {
    double server_lr;
} afa_config;

typedef struct afa {
    afa_config config;
    double momentum; /* rho of the local steps */
} afa;

static const kith_param afa_params[] = {
    AVERAGING_SERVER_LR(afa_config),
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

#define AFA_PLUGIN(ops)                                                                                                \
    AVERAGING_PLUGIN(afa_config, afa_params, ops), .reference = "arXiv 2108.09875", .create = afa_create,              \
                                                   .destroy = afa_destroy

/* K steps of local SGD from the version pulled; the message is G = (1/K) sum_k g_k, so that learners that work longer
 * do not weigh more. The paper has no momentum; with it G is the mean of the gradients as they count in the way made,
 * or else it would grow with K. */
static inline kith_status afa_client(void *self, kith_visit *v)
{
    const afa *a = self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, v->message[0]));
    kith_scale(v->dimension, (kith_real)(1.0 / averaging_norm(a->momentum, v->steps)), v->message[0]);
    return KITH_OK;
}

#endif
