/* The walk role: tokens that hop along the graph and learn on their way.
 *
 * A token carries a model. At each hop the algorithm picks the next learner, the token's model takes a step with that
 * learner's data, and so on; tokens never meet. Where a token goes does not depend on its model, so an algorithm is a
 * random walk and nothing else: the host learns along the path, with [local]'s optimizer and the step sizes of [walk].
 *
 * Letters: N learners (nodes), n hops made so far, mu the distribution that the walk is to have in the long run.
 * Ownership: all memory is the host's, but what prepare() puts into self. Threads: one per worker. A token may be moved
 *   by any worker: what it must remember between hops is in its `own` numbers and its stream, never in self.
 */
#ifndef KITH_WALK_H
#define KITH_WALK_H

#include <kith/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who is linked with whom: node i with to[start[i]] .. to[start[i + 1] - 1], ascending, without i itself. */
typedef struct kith_neighbours {
    size_t nodes;        /* N */
    const size_t *start; /* [N + 1] */
    const uint32_t *to;
    const double *examples; /* [N] n_i, how many training examples a learner has; NULL where no data are at hand */
} kith_neighbours;

/* Of a graph's links, whatever their weights; without examples. Free with kith_neighbours_free, which takes a zeroed
 * one. */
KITH_API KITH_CHECKED kith_status kith_neighbours_of(kith_ctx *ctx, const kith_graph *graph, kith_neighbours *out);
KITH_API void kith_neighbours_free(kith_neighbours *neighbours);

typedef struct kith_token {
    size_t number;      /* 0 .. tokens - 1 */
    uint64_t hop;       /* n */
    uint32_t at;        /* where it stands */
    kith_stream stream; /* its own */
    uint64_t asked;     /* numbers that other nodes were asked for so far (a degree, a history), for counting bytes:
                           eight each */
    double *own;        /* [own()] what the algorithm remembers for it; zero before begin() */
    double *say;        /* [tell_count] for tell(); hops add to it */
} kith_token;

/* The most hops a call of walk() asks for. */
#define KITH_WALK_MOST ((size_t)512)

/* Many hops of some tokens that all made n hops before. */
typedef struct kith_hops {
    kith_token *token;   /* [tokens]; all but `number` is to be brought up to date */
    size_t tokens, hops; /* 1 .. KITH_WALK_MOST hops each */
    uint32_t *path;      /* (tokens, hops) out: where each hop led */
} kith_hops;

/* A self-repellent walk on the base chain of its target: alpha, and gamma_n = (n + 1)^-gamma_power. alpha = 0 is the
 * base chain. */
typedef struct kith_repelling {
    double alpha, gamma_power;
} kith_repelling;

typedef struct kith_walk {
    uint32_t needs; /* topology properties, see topology.h */
    /* [once, after create, before all below] May keep tables made from the graph in self, which destroy() frees. May be
     * NULL. */
    kith_status (*prepare)(void *self, kith_ctx *ctx, const kith_neighbours *graph);
    /* [after prepare] mu[0..N-1], positive, sum 1. */
    void (*target)(const void *self, const kith_neighbours *graph, double *mu);
    /* [after prepare] How many numbers a token remembers. May be NULL: none. */
    size_t (*own)(const void *self, const kith_neighbours *graph);
    /* [once per token] Fills in token->own; the token stands where it starts. May be NULL. */
    void (*begin)(void *self, const kith_neighbours *graph, kith_token *token);
    /* [any worker] Where the token goes next: a neighbour of token->at, or token->at itself. The host moves it. */
    uint32_t (*next)(void *self, const kith_neighbours *graph, kith_token *token);
    /* [any worker] In place of next(), for walks that are faster many hops at a time. Where the hops are cut into calls
     * must not matter. An algorithm has one of the two. */
    void (*walk)(void *self, const kith_neighbours *graph, kith_hops *hops);
    size_t tell_count; /* numbers that a hop adds to in token->say */
    /* [at records after a hop, on every worker] Metrics of its own. May be NULL. */
    kith_status (*tell)(const void *self, const kith_said *said, kith_tell tell, void *arg);
    /* [after prepare] As what theory knows the walk, for walk.theory. May be NULL: there is none. */
    void (*repels)(const void *self, kith_repelling *out);
} kith_walk;

/* What such a table cannot do without. */
#define KITH_WALK_MUST(X) X(kith_walk, target)

/* ---- base chains ---- */

/* uniform: Metropolis-Hastings on the simple walk's proposals, P_ij = min(1/d_i, 1/d_j), the rest of 1 on i itself.
 * degree: the simple random walk, P_ij = 1/d_i, mu_i in proportion to d_i. */
typedef enum kith_stationary { KITH_STATIONARY_UNIFORM = 0, KITH_STATIONARY_DEGREE } kith_stationary;

/* The parameter row of a config struct that has `int target`. */
#define KITH_STATIONARY_PARAM(config_type)                                                                             \
    {                                                                                                                  \
        "target", KITH_TYPE_CHOICE, 0, offsetof(config_type, target), "uniform", "uniform|degree", "",                 \
            "What learners are visited in proportion to in the long run: alike, or by their numbers of neighbours."    \
    }

/* mu[0..N-1]. */
KITH_API void kith_stationary_fill(const kith_neighbours *graph, kith_stationary which, double *mu);

/* A reversible chain, row by row; a row holds its own node where the chain may stay. */
typedef struct kith_reversible {
    size_t nodes;
    size_t *start; /* [N + 1] */
    uint32_t *to;
    double *probability;
    double *mu; /* [N] */
} kith_reversible;
KITH_API KITH_CHECKED kith_status kith_reversible_create(kith_ctx *ctx, const kith_neighbours *graph,
                                                         kith_stationary which, kith_reversible **out);
/* Takes NULL. */
KITH_API void kith_reversible_free(kith_reversible *chain);

#ifdef __cplusplus
}
#endif
#endif
