/* What `kith graph --walk` tells of the random walk on a graph: its eigenvalues, and the variances that self-repellence
 * leaves (Doshi, Hu, Eun 2023; Hu, Doshi, Eun 2024; Hu, Ma, Eun 2025).
 *
 * Ownership: plain values; strings are the command line's. Threads: one.
 */
#ifndef KITH_LAUNCH_CHAIN_H
#define KITH_LAUNCH_CHAIN_H

#include <kith/walk.h>
#include <stdbool.h>

#define CHAIN_ALPHAS 16

typedef struct chain_options {
    bool wanted;
    kith_stationary target;
    double alpha[CHAIN_ALPHAS];
    size_t alphas;
    const char *points;               /* NULL: every one-hot vector */
    uint64_t hops;                    /* 0: the long run only */
    double lr_power;                  /* b */
    double gamma_power[CHAIN_ALPHAS]; /* a */
    size_t gamma_powers;
} chain_options;

chain_options chain_defaults(void);
/* These take the text of an option; false where it is none. */
bool chain_target(const char *text, chain_options *out);
bool chain_alphas(const char *text, chain_options *out);
bool chain_gamma_powers(const char *text, chain_options *out);
bool chain_lr_power(const char *text, chain_options *out);

/* Prints all there is to say; promised: the topology's properties. Errors: KITH_ECONFIG for graphs that no walk of
 * these can use, KITH_EDATA and KITH_EIO for the file of points. */
kith_status chain_tell(kith_ctx *ctx, const char *name, const kith_graph *graph, uint32_t promised,
                       const chain_options *options) KITH_CHECKED;

/* error[k]: what remains along an eigenvector of the base chain of eigenvalue lambda_k, E theta^2 / beta_n after n hops
 * of
 *
 *     xi    += gamma_k (-(1 + alpha (1 + lambda)) xi + e)
 *     theta += beta_k (-theta - alpha (1 + lambda) xi + e),   beta_k = (k + 1)^-b,  gamma_k = (k + 1)^-a,
 *
 * both from 0, where e is noise of variance (1 + lambda) / (1 - lambda): the walk's equations to first order about
 * their limit, but for early steps of strong walks, where xi is not let past the middle (gamma_k (1 + alpha (1 +
 * lambda)) counts as 1 at the most). It tends to the cases (i), (ii), (iii) as n grows. */
void chain_errors(const double *lambda, size_t values, double alpha, double a, double b, uint64_t hops, double *error);

#endif
