/* A visit: one learner's piece of local work. It starts from one version of a model and makes K local steps.
 *
 * Letters: d dimension, K local steps, B batch size.
 * Ownership: every vector belongs to the host and is valid until the callback returns.
 * Threads: one. A visit is a pure function of the configuration, the learner and the visit's number: which
 *   worker runs it makes no difference, so it must keep nothing in `self`.
 */
#ifndef KITH_VISIT_H
#define KITH_VISIT_H

#include <kith/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kith_trainer kith_trainer; /* the host's: model, data and random streams of this visit */

/* Decentralized algorithms with planes on edges: what a learner's neighbours told it, and what it tells them. */
typedef struct kith_edge_rows {
    size_t count;               /* neighbours */
    const uint32_t *neighbour;  /* [count] ascending */
    const kith_real *const *in; /* [p * count + e] plane p of the edge from neighbour e, as it came last; zero at
                                   first */
    kith_real *const *out; /* [p * count + e] plane p of the edge to neighbour e, to be written; not cleared. NULL but
                              in local() */
} kith_edge_rows;

typedef struct kith_visit {
    kith_ctx *ctx;
    size_t dimension;                  /* d */
    size_t learner;                    /* i */
    uint64_t round;                    /* the server step (federated) or round this visit's result is for */
    uint64_t version;                  /* the version of the model it starts from; round - version is its staleness */
    uint64_t number;                   /* how many visits this learner made before: 0, 1, ... */
    size_t steps;                      /* K >= 1 */
    double examples;                   /* n_i, how many training examples the learner has */
    double lr;                         /* the local learning rate eta_L of this visit, after its schedule */
    const kith_real *model;            /* x (d), the version pulled; not to be written */
    const kith_real *const *published; /* [p] p-th published server plane at that version */
    kith_real *const *own;             /* [p] p-th learner plane; zero at first use; kept between visits */
    kith_real *const *message;         /* [p] p-th message plane, to be written; not cleared */
    kith_real *work;                   /* (d) scratch */
    kith_trainer *trainer;
    double bytes;           /* decentralized: what each neighbour gets of this round's mixed planes; local() may correct
                               it */
    kith_real *const *kept; /* the host's: optimizer state that outlives the visit, NULL where it starts anew */
    const kith_edge_rows *edges; /* NULL for algorithms without planes on edges */
    double *say; /* [tell_count] for the algorithm's tell(); visits add to it, and the host adds up what they said */
} kith_visit;

/* Draws the visit's next batch and writes the mean loss's gradient at x (d) into g (d); the loss goes into the
 * round's train_loss, and into *loss unless that is NULL. Weight decay is in neither; [local]'s smoothing of labels is
 * in both, and its clamp in g. Fails with KITH_EDIVERGED, naming
 * learner and round, when the loss is not finite. */
KITH_API KITH_CHECKED kith_status kith_visit_gradient(kith_visit *v, const kith_real *x, kith_real *g, double *loss);

/* The mean loss at x (d) of all examples the learner trains on, without noise, weight decay and smoothing; no batch is
 * drawn, and train_loss does not get it. *loss may be infinite or no number, as far from an optimum. v->steps >= 1. */
KITH_API KITH_CHECKED kith_status kith_visit_loss(kith_visit *v, const kith_real *x, double *loss);
/* The same of the batch that the visit's last gradient was taken of, for line searches. Fails where there was none. */
KITH_API KITH_CHECKED kith_status kith_visit_batch_loss(kith_visit *v, const kith_real *x, double *loss);

/* The mean gradient of v->steps batches, all at x (d), with [local]'s weight decay: for methods that make one step a
 * round. Fails as kith_visit_gradient does. steps >= 1. */
KITH_API KITH_CHECKED kith_status kith_visit_mean_gradient(kith_visit *v, const kith_real *x, kith_real *g);

/* What may be added to local SGD. Zero-initialise it. */
typedef struct kith_sgd {
    /* Changes the gradient g (d) taken at y (d) in place, before weight decay and momentum: FedProx adds
     * mu (y - x), SCAFFOLD adds c - c_i. May be NULL. */
    void (*correct)(void *arg, const kith_visit *v, const kith_real *y, kith_real *g);
    void *arg;
} kith_sgd;

/* v->steps steps (0: none) on y (d) in place, with the [local] section's optimizer, and this visit's learning rate
 * eta_L. SGD with momentum rho and weight decay lambda:
 *     u <- rho u + (g + lambda y);  y <- y - eta_L u;  sum <- sum + u
 * AdamW (Loshchilov and Hutter 2019): the direction is u = m_hat / (sqrt(v_hat) + epsilon) + lambda y.
 * u, m and v start at zero in every visit of a federated client; a decentralized learner keeps them. `sum` (d) is
 * overwritten with the sum of the K directions u, so that with momentum 0 it is the sum of the gradients; NULL where it
 * is not wanted. `how` may be NULL. Fails as kith_visit_gradient does. */
KITH_API KITH_CHECKED kith_status kith_visit_sgd(kith_visit *v, const kith_sgd *how, kith_real *y, kith_real *sum);

#ifdef __cplusplus
}
#endif
#endif
