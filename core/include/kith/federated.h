/* The federated role: a server and clients, synchronous or anarchic.
 *
 * The host draws who arrives at each server step (learner, version pulled, K), runs client() for each arrival on
 * whichever worker is free, and then folds the messages into the model. The server has no place of its own: each
 * worker owns some of the blocks of coordinates and folds just those, arrivals in order, so a sum is the same for
 * any number of workers.
 *
 * Ownership: planes and arrays are the host's. Threads: one per worker.
 */
#ifndef KITH_FEDERATED_H
#define KITH_FEDERATED_H

#include <kith/visit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whose a plane is, and where it lies. */
typedef enum kith_side {
    KITH_SIDE_MESSAGE = 1, /* one row per arrival; client() writes it, server() reads it */
    KITH_SIDE_SERVER,      /* one row at the server */
    KITH_SIDE_MEMORY,      /* at the server, one row per learner; zero until written */
    KITH_SIDE_LEARNER,     /* one row per learner that was seen, with the learner; zero at first use */
} kith_side;

typedef enum kith_access {
    KITH_PRIVATE = 0, /* only its owner sees it */
    KITH_MIXED,       /* decentralized: mixed with the round's weights */
    KITH_PUBLISHED,   /* a server plane that clients get with the model; counted as bytes sent */
} kith_access;

typedef enum kith_element { KITH_ELEMENT_REAL = 0, KITH_ELEMENT_F64 = 1 } kith_element;

/* One plane that the algorithm asks for. Lengths are d. F64 planes (always doubles) may be private server planes
 * only. */
typedef struct kith_plane {
    const char *name;
    uint32_t side, access, element;
} kith_plane;

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
    size_t learners;  /* N */
    size_t dimension; /* d */
    uint64_t round;   /* t: this step makes version t+1 */
    size_t phase;     /* 0 .. phases-1 */
    size_t lo, hi, count;
    size_t arrivals;                 /* m >= 1 */
    const kith_arrival *arrival;     /* [m], in order of arrival */
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
    uint32_t requires; /* topology properties, see topology.h */
    /* [any worker, any order within a step] Local work. Writes every message plane. */
    kith_status (*client)(void *self, kith_visit *v);
    /* [each block of each phase] Folds the arrivals into one block. May touch nothing but that block. */
    kith_status (*server)(void *self, kith_fold *f);
    /* [after create] How many phases a step has, and how many sums a phase makes when m messages arrived. NULL: one
     * phase and no sums. A rule that needs a number over all coordinates (a norm, distances between messages) makes
     * partial sums in one phase and finds the totals in the next. */
    size_t (*phases)(const void *self);
    size_t (*sums)(const void *self, size_t arrivals);
} kith_federated;

#ifdef __cplusplus
}
#endif
#endif
