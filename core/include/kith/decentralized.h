/* The decentralized role: no server; each learner keeps a model of its own and gossips with its neighbours.
 *
 * A round: the round's graph W is drawn; local() works on every learner's planes in place; the host mixes the planes
 * that are marked so, x_i <- sum_j W_ij x_j, neighbours in ascending order; mixed() may finish what mixing cannot say.
 * After the last round of training come `post_rounds` more with steps = 0, and a merge of all models, where
 * [decentralized] asks for them.
 *
 * Two things W cannot say have a form of their own. An algorithm with planes on edges tells each neighbour something
 * else and combines what it is told itself (edge_planes, combine). Under KITH_USES_PAIRS learners do not wait for each
 * other: each makes its visits on the virtual clock of [participation], and at the end of one it meets a neighbour,
 * drawn uniformly; both get the mean of their mixed planes. A round is then N such events.
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

/* One plane that each directed edge of a static graph has: the learner at one end writes it, the other one reads it. */
typedef struct kith_edge_plane {
    const char *name;
    uint32_t scalars; /* 0: a vector of d reals; else so many reals */
} kith_edge_plane;

/* What an algorithm makes use of; so the host can make room for it, and say which settings have no effect. */
enum {
    KITH_USES_OPTIMIZER = 1u << 0,       /* local() calls kith_visit_sgd: the learner keeps the optimizer's state */
    KITH_USES_MIXED_GRADIENTS = 1u << 1, /* mixed() takes gradients */
    KITH_USES_MEAN = 1u << 2,            /* every round mixes all learners alike, whatever the topology */
    KITH_USES_PAIRS = 1u << 3,           /* pairs meet one after another on the virtual clock; there is no mixing by
                                            W */
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
     * [once per learner] Writes the learner's planes; v->model is its initial model, drawn by the model plugin. Takes
     * no gradients. NULL: the model plane gets the initial model and the others stay zero. */
    kith_status (*init)(void *self, kith_visit *v);
    /* [any worker, any order within a round] Local work, in place. v->steps = 0: nothing but what gossip needs, without
     * a gradient. v->bytes is what each neighbour gets; one that compresses corrects it. */
    kith_status (*local)(void *self, kith_visit *v);
    /* [any worker, any order, once all is mixed] May be NULL. Under KITH_USES_PAIRS: for the learner that sought the
     * meeting, once the two are averaged. */
    kith_status (*mixed)(void *self, kith_visit *v);
    /* Planes on edges, and what takes the place of mixing: local() finds in v->edges what its neighbours told it in the
     * round before and writes what it tells them in this one; the host carries it over. They need a graph that is
     * static and undirected, and no learner's plane may be mixed. */
    const kith_edge_plane *edge_planes;
    size_t edge_plane_count;
    /* [any worker, any order, once all edges' planes have come] v->edges->in is what came in this round; comes before
     * mixed(). Wanted exactly where there are planes on edges. */
    kith_status (*combine)(void *self, kith_visit *v);
} kith_decentralized;

#ifdef __cplusplus
}
#endif
#endif
