/* The federated role: a server and clients, synchronous or anarchic.
 *
 * The host draws who arrives at each server step (learner, version pulled, K), runs client() for each arrival on
 * whichever worker is free, and then folds the messages into the model. The server has no place of its own: each
 * worker owns some of the blocks of coordinates and folds just those, arrivals in order, so a sum is the same for
 * any number of workers. Planes of scalars have no blocks: every worker keeps the server's, and scalars() changes them
 * on each of them alike.
 *
 * Ownership: planes and arrays are the host's. Threads: one per worker.
 */
#ifndef KITH_FEDERATED_H
#define KITH_FEDERATED_H

#include <kith/visit.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the server is told of one message. */
typedef struct kith_arrival {
    size_t learner;
    uint64_t version;   /* of the model it pulled */
    uint64_t staleness; /* tau = round - version */
    uint64_t number;    /* the learner's visits before this one */
    size_t steps;       /* K it made */
    double examples;    /* n_i */
    double time;        /* virtual time of the arrival, s */
} kith_arrival;

/* One block of coordinates in one phase of one server step. Every vector starts at coordinate lo and has
 * count = hi - lo <= KITH_BLOCK entries. */
typedef struct kith_fold {
    kith_ctx *ctx;
    size_t learners;             /* N */
    size_t dimension;            /* d */
    uint64_t round;              /* t: this step makes version t+1 */
    size_t phase;                /* 0 .. phases-1 */
    size_t lo, hi, count;        /* all 0 in scalars() */
    size_t arrivals;             /* m >= 1 */
    const kith_arrival *arrival; /* [m], in order of arrival */
    /* Of planes of scalars the pointers lead to all of them, in every block; in scalars() those of vectors are NULL. */
    const kith_real *const *message; /* [p * m + a]: plane p of arrival a */
    kith_real *model;                /* in: version t; out: version t+1 (written in the last phase) */
    void *const *server;             /* [p]: p-th server plane, kith_real or double as declared */
    kith_real *const *memory;        /* [p * m + a]: the p-th memory plane of arrival a's learner */
    double *partial;                 /* [sums] zeroed; what this block adds to the phase's totals */
    const double *total;             /* [sums] of the phase before, all blocks added in order; NULL in phase 0 */
} kith_fold;

typedef struct kith_federated {
    const kith_plane *planes;
    size_t plane_count;
    uint32_t needs; /* topology properties, see topology.h */
    /* [any worker, any order within a step] Local work. Writes every message plane. */
    kith_status (*client)(void *self, kith_visit *v);
    /* [each block of each phase] Folds the arrivals into one block. May touch nothing but that block. */
    kith_status (*server)(void *self, kith_fold *f);
    /* [after create] How many phases a step has, and how many sums a phase makes when m messages arrived. NULL: one
     * phase and no sums. A rule that needs a number over all coordinates (a norm, distances between messages) makes
     * partial sums in one phase and finds the totals in the next. */
    size_t (*phases)(const void *self);
    size_t (*sums)(const void *self, size_t arrivals);
    /* [once, after create] The planes, where they depend on the configuration. NULL: those of the table. */
    const kith_plane *(*layout)(const void *self, size_t *count);
    /* [once a step, on every worker, before the last phase] Changes server and memory planes of scalars, from what is
     * the same on every worker: arrivals, scalars of messages, and the totals that the last phase gets, too. Wanted
     * where there are such planes; server() may read them and never writes them. */
    kith_status (*scalars)(void *self, kith_fold *f);
    /* [after create] Whether the server weighs all messages of a step alike: whoever sent them, whatever their
     * examples, steps and staleness. NULL: it does not. */
    bool (*alike)(const void *self);
    size_t tell_count; /* numbers that a visit adds to in v->say */
    /* [at records after a visit, on every worker] Metrics of its own. May be NULL. */
    kith_status (*tell)(const void *self, const kith_said *said, kith_tell tell, void *arg);
    /* [at evaluations, any worker] Writes into x (d) the model that the learner would use now: v->model is the newest
     * version, v->published its planes, v->own the learner's as its last visit left them, not to be written; there are
     * no messages. It may take gradients and losses, v->steps of them. x overlaps none of these; v->work is scratch. Of
     * an algorithm with learner planes it is not called for learners that made no visit yet, who use the newest
     * version. NULL: all do. */
    kith_status (*own_model)(void *self, kith_visit *v, kith_real *x);
    /* [after create] How many of the model's d coordinates are sent, up and down; the others are learners' own, and
     * messages leave them zero. NULL: all. */
    size_t (*sent)(const void *self, size_t d);
} kith_federated;

/* What such a table cannot do without. */
#define KITH_FEDERATED_MUST(X) X(kith_federated, client) X(kith_federated, server)

#ifdef __cplusplus
}
#endif
#endif
