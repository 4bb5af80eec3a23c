/* The self-repellent walk and the model that it carries, to first order about their limit (Hu, Doshi, Eun 2024, arXiv
 * 2401.09665): along one eigenvector of the base chain, of eigenvalue lambda, with drift = alpha (1 + lambda),
 *
 *     xi    += gamma (-(1 + drift) xi + e)
 *     theta += beta (-curvature theta - drift xi + e),   Var e = noise = (1 + lambda) / (1 - lambda).
 *
 * Threads: any. Errors: none. */
#ifndef KITH_REPELLED_H
#define KITH_REPELLED_H

/* E xi^2, E xi theta, E theta^2; zeros at the start. */
typedef struct kith_repelled {
    double xx, xt, tt;
} kith_repelled;

/* One hop. Early steps of strong walks are not let past the middle: gamma (1 + drift) counts as 1 at the most. */
void kith_repelled_step(kith_repelled *m, double drift, double noise, double gamma, double beta, double curvature);

#endif
