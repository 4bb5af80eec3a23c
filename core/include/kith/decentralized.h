/* The decentralized role: no server; each learner keeps a model of its own and gossips with its neighbours.
 *
 * A round: the round's graph W is drawn; local() works on every learner's planes in place; the host mixes the planes that are
 * marked so, x_i <- sum_j W_ij x_j, neighbours in ascending order; mixed() may finish what mixing cannot say. After the
 * last round of training come `post_rounds` more with steps = 0, and a merge of all models, where [decentralized] asks
 * for them.
 *
 * Letters: N learners, d dimension, K local steps.
 * Ownership: planes are the host's and stay with the learner; all are zero before init(). Threads: one per worker.
 */
#ifndef KITH_DECENTRALIZED_H
#define KITH_DECENTRALIZED_H

#include <kith/federated.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One plane that each learner has. */
typedef struct kith_learner_plane {
    const char *name;
    uint32_t access;  /* KITH_PRIVATE, or KITH_MIXED: neighbours hear it */
    uint32_t scalars; /* 0: a vector of d reals; else so many reals */
    const char *into; /* of a mixed plane: the private plane of the same length that gets the mixture, so that this one
                         survives; NULL: the mixture replaces it */
} kith_learner_plane;

/* What an algorithm makes use of; so the host can make room for it, and say which settings have no effect. */
enum {
    KITH_USES_OPTIMIZER = 1u << 0, /* local() calls kith_visit_sgd: the learner keeps the optimizer's state */
    KITH_USES_MIXED_GRADIENTS = 1u << 1, /* mixed() takes gradients */
    KITH_USES_MEAN = 1u << 2,            /* every round mixes all learners alike, whatever the topology */
};

typedef struct kith_decentralized {
    const kith_learner_plane *planes;
    size_t plane_count;
    uint32_t model;    /* which plane, a vector, is the learner's model: it is tested and merged */
    uint32_t requires; /* topology properties, see topology.h */
    uint32_t uses;     /* KITH_USES_... */
    /* In the three callbacks v->own[p] is the p-th plane, v->model the learner's model (v->own[model], but for init),
     * v->number the round; there are no published and no message planes.
     *
     * [once per learner] Writes the learner's planes; v->model is its initial model, drawn by the model plugin. Takes no
     * gradients. NULL: the model plane gets the initial model and the others stay zero. */
    kith_status (*init)(void *self, kith_visit *v);
    /* [any worker, any order within a round] Local work, in place. v->steps = 0: nothing but what gossip needs, without a
     * gradient. v->bytes is what each neighbour gets; one that compresses corrects it. */
    kith_status (*local)(void *self, kith_visit *v);
    /* [any worker, any order, once all is mixed] May be NULL. */
    kith_status (*mixed)(void *self, kith_visit *v);
} kith_decentralized;

#ifdef __cplusplus
}
#endif
#endif
