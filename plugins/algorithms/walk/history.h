/* The weighted empirical measure x_n of walks that remember where they were, and the powers (x_i / mu_i)^-alpha.
 *
 *     x_{n+1} = x_n + gamma_{n+1} (delta_{X_{n+1}} - x_n),  gamma_n = (n + 1)^-a,  x_0 = mu
 *
 * Every entry shrinks at every step, so what is kept is r_i = x_i / (s mu_i) with the common scale s = prod (1 -
 * gamma): a step changes one r_i, and one power. Powers are of r: kernels use their ratios, in which s cancels. Where s
 * gets small, all are brought back to s = 1.
 *
 * A token's numbers: [0] s, [1 .. N] r, [N + 1 .. 2N] powers. Threads: as the walk's.
 */
#ifndef KITH_WALK_HISTORY_H
#define KITH_WALK_HISTORY_H

#include <kith/walk.h>

typedef struct kith_history {
    double alpha, a;
    size_t nodes;
    uint32_t whole;  /* alpha, where powers are products; else UINT32_MAX */
    double least;    /* s is brought back to 1 below this */
    double *inverse; /* [N] 1 / mu_i */
} kith_history;

/* Takes KITH_ALLOC'd memory for `inverse`; free it with kith_history_close. */
kith_status kith_history_open(kith_ctx *ctx, double alpha, double a, const kith_neighbours *graph, const double *mu,
                              kith_history *out) KITH_CHECKED;
void kith_history_close(kith_history *h);
size_t kith_history_own(const kith_history *h);
void kith_history_begin(const kith_history *h, double *own);

/* r^-alpha. */
double kith_history_power(const kith_history *h, double r);

/* Some hops of one token; hop k visits its node with kith_history_visit and gain[k]. Sets token->at and path, counts
 * token->asked. */
typedef void (*kith_history_stretch)(void *self, const kith_neighbours *graph, kith_token *token, const double *gain,
                                     size_t count, uint32_t *path);

/* All hops of all tokens, in stretches between which s is brought back to 1 where it got too small. Tokens that made
 * equally many hops have the same s, so the gains are found once for all of them. */
void kith_history_walk(const kith_history *h, void *self, const kith_neighbours *graph, kith_hops *hops,
                       kith_history_stretch stretch);

static inline double *kith_history_ratios(double *own)
{
    return own + 1;
}

static inline double *kith_history_powers(const kith_history *h, double *own)
{
    return own + 1 + h->nodes;
}

/* One visit. */
static inline void kith_history_visit(const kith_history *h, double *own, uint32_t node, double gain)
{
    double *r = &kith_history_ratios(own)[node];
    *r += gain * h->inverse[node];
    kith_history_powers(h, own)[node] = kith_history_power(h, *r);
}

/* log of (r_i / r_j)^-alpha, for ratios that no double can hold. */
double kith_history_log_ratio(const kith_history *h, double *own, uint32_t i, uint32_t j);

#endif
