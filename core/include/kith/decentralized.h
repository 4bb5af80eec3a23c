/* The decentralized role: no server; each learner keeps a model of its own and gossips with its neighbours.
 *
 * A round: the round's graph W is drawn; local() works on every learner's planes in place; the host mixes the planes
 * that are marked so, x_i <- sum_j W_ij x_j, neighbours in ascending order; mixed() may finish what mixing cannot say.
 * After the last round of training come `post_rounds` more with steps = 0, and a merge of all models, where
 * [decentralized] asks for them.
 *
 * Three things W cannot say have a form of their own. An algorithm with planes on edges tells each neighbour something
 * else and combines what it is told itself (edge_planes, combine). One whose learners do not trust each other takes the
 * neighbours' rows as they are, and mixes them itself (mix). Under KITH_USES_PAIRS learners do not wait for each
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

/* What an algorithm makes use of; so the host can make room for it, and say which settings have no effect. */
enum {
    KITH_USES_OPTIMIZER = 1u << 0,       /* local() calls kith_visit_sgd: the learner keeps the optimizer's state */
    KITH_USES_MIXED_GRADIENTS = 1u << 1, /* mixed() takes gradients */
    KITH_USES_MEAN = 1u << 2,            /* every round mixes all learners alike, whatever the topology */
    KITH_USES_PAIRS = 1u << 3,           /* pairs meet one after another on the virtual clock; there is no mixing by
                                            W */
    KITH_USES_SUMS = 1u << 4,        /* its formulas need mixing that keeps the sum over learners, also where filters
                                        keep part of a message back */
    KITH_USES_COMPRESSION = 1u << 5, /* local() compresses what is sent itself; no filters stand under it */
};

/* One learner, and what it hears. Planes are numbered as in the table; of planes that are not mixed `heard` and `out`
 * are NULL. Rows are whole, so that norms and distances need no second call. */
typedef struct kith_neighbour_rows {
    kith_ctx *ctx;
    size_t dimension, learner; /* d, i */
    uint64_t round;
    size_t count;                  /* whom it hears; itself too, where W has a weight for it */
    const uint32_t *from;          /* [count] ascending */
    const double *weight;          /* [count] W_ij */
    const kith_real *const *heard; /* [p * count + e] plane p of learner from[e], as its local() left it */
    kith_real *const *own;         /* [p] the learner's planes; mixed ones are not to be written */
    kith_real *const *out;         /* [p] the mixture of plane p, to be written; not cleared */
    kith_real *work;               /* (d) scratch */
    double *say;                   /* as in kith_visit */
} kith_neighbour_rows;

typedef struct kith_decentralized {
    const kith_learner_plane *planes;
    size_t plane_count;
    uint32_t model; /* which plane, a vector, is the learner's model: it is tested and merged */
    uint32_t needs; /* topology properties, see topology.h */
    uint32_t uses;  /* KITH_USES_... */
    /* In callbacks that take a visit v->own[p] is the p-th plane, v->model the learner's model (v->own[model], but for
     * init), v->number the round; there are no published and no message planes.
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
    /* [once, after create] The learners' planes, where they depend on the configuration. NULL: those of the table. */
    const kith_learner_plane *(*layout)(const void *self, size_t *count);
    /* [any worker, any order, once all neighbours' planes have come] In place of mixing by W: writes m->out. What is
     * sent is the same. NULL: sum_j W_ij x_j. Goes with neither KITH_USES_MEAN, KITH_USES_PAIRS nor planes on edges. */
    kith_status (*mix)(void *self, kith_neighbour_rows *m);
    size_t tell_count; /* numbers that a visit adds to in v->say */
    /* [at records after a visit, on every worker] Metrics of its own. May be NULL. */
    kith_status (*tell)(const void *self, const kith_said *said, kith_tell tell, void *arg);
    /* [once, after create] All eigenvalues of W must lie above the number that is returned; `*remedy` says what to do
     * where one does not, as in "set exact-diffusion.mixing = half". -INFINITY, or NULL in its place: any will do. It
     * wants KITH_STATIC and KITH_SYMMETRIC among `needs`. [since 2.2] */
    double (*least)(const void *self, const char **remedy);
} kith_decentralized;

/* What such a table cannot do without. */
#define KITH_DECENTRALIZED_MUST(X) X(kith_decentralized, local)

#ifdef __cplusplus
}
#endif
#endif
