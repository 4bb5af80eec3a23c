/* What AFA-CD and AFA-CS share: the learner's side.
 * Source: Yang, Zhang, Khanduri, Liu, "Anarchic Federated Learning", ICML 2022 (arXiv 2108.09875), Algorithms 1 and
 *   2. */
#ifndef AFA_H
#define AFA_H

#include <kith/kith.h>

typedef struct afa_config {
    double server_lr;
} afa_config;

#define AFA_REFERENCE "arXiv 2108.09875"

static const kith_param afa_params[] = {
    {"server_lr", KITH_TYPE_REAL, 0, offsetof(afa_config, server_lr), "1", "(0,inf)", "",
     "The server's learning rate."},
};

/* K steps of local SGD from the version pulled; the message is G = (1/K) sum_k g_k, so that learners that work longer
 * do not weigh more. */
static inline kith_status afa_client(void *self, kith_visit *v)
{
    (void)self;
    kith_copy(v->dimension, v->model, v->work);
    KITH_TRY(kith_visit_sgd(v, NULL, v->work, v->message[0]));
    kith_scale(v->dimension, (kith_real)(1.0 / (double)v->steps), v->message[0]);
    return KITH_OK;
}

#endif
