#include "rl/ppo.h"

#include "nn/clones.h"

#include <math.h>

/* d <- share (q (1[a] - p) + e p (log p + H)), but for the 1[a]. */
KITH_CLONES static void slopes(size_t classes, kith_real q, kith_real e, kith_real entropy,
                               const kith_real *restrict logp, const kith_real *restrict p, kith_real *restrict d)
{
    for (size_t c = 0; c < classes; c++)
        d[c] = p[c] * (e * (logp[c] + entropy) - q);
}

void kith_ppo_row(const kith_ppo *how, size_t classes, const kith_real *logp, const kith_real *p, int32_t action,
                  double logp_then, double advantage, kith_real *d, kith_ppo_sums *sums)
{
    const double ratio = exp((double)logp[action] - logp_then);
    const double kept = ratio > 1 + how->clip ? 1 + how->clip : ratio < 1 - how->clip ? 1 - how->clip : ratio;
    const double entropy = kith_categorical_entropy(classes, logp, p);
    const bool clipped = kept * advantage < ratio * advantage;
    const double q = clipped ? 0 : -ratio * advantage;
    slopes(classes, (kith_real)(how->share * q), (kith_real)(how->share * how->entropy), (kith_real)entropy, logp, p,
           d);
    d[action] += (kith_real)(how->share * q);
    sums->loss -= clipped ? kept * advantage : ratio * advantage;
    sums->entropy += entropy;
    sums->clipped += kept != ratio;
}
