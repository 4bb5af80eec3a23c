/* What the two ways through a GroupNorm share, with and without a pool behind it. One image at a time; mean, a, slope
 * and shift have C reals.
 */
#ifndef KITH_NN_GROUPNORM_H
#define KITH_NN_GROUPNORM_H

#include <kith/nn.h>

/* stats as in kith_groupnorm_forward, and y = a (x - mean) + beta. */
void kith_groupnorm_measure(const kith_groupnorm *norm, const kith_real *x, const kith_real *gamma, kith_real *mean,
                            kith_real *a, kith_real *stats);
/* mean <- each channel's. */
void kith_groupnorm_means(const kith_groupnorm *norm, const kith_real *stats, kith_real *mean);
/* shift, the sums of dy, and slope, those of dy (x - mean), add to ggamma and gbeta. Then they become what makes dx =
 * a dy + (slope (x - mean) + shift). */
void kith_groupnorm_slopes(const kith_groupnorm *norm, const kith_real *gamma, const kith_real *stats, kith_real *a,
                           kith_real *slope, kith_real *shift, kith_real *ggamma, kith_real *gbeta);

#endif
