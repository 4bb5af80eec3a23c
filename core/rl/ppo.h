/* The clipped surrogate of PPO (Schulman et al. 2017, arXiv 1707.06347, eq. 7) with an entropy bonus, and its slope
 * with respect to logits. Ownership: the caller's. Threads: one. Nothing allocates, nothing fails.
 */
#ifndef KITH_RL_PPO_H
#define KITH_RL_PPO_H

#include <kith/nn.h>

typedef struct kith_ppo {
    double clip, entropy;
    double share; /* weight of one row in the mean */
} kith_ppo;

/* Sums over rows; not yet multiplied by the share. */
typedef struct kith_ppo_sums {
    double loss, entropy, clipped;
} kith_ppo_sums;

/* One row of A classes: logp and p from kith_categorical, what was done and how probable it was then. d (A) <- share
 * times the slope of  -min(r a, clip(r, 1 - clip, 1 + clip) a) - entropy H  with respect to the logits, r = p / p then;
 * sums grow.
 * */
void kith_ppo_row(const kith_ppo *how, size_t classes, const kith_real *logp, const kith_real *p, int32_t action,
                  double logp_then, double advantage, kith_real *d, kith_ppo_sums *sums);

#endif
