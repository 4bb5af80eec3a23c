/* Products of a few rows, A^T B for A (K, M) and B (K, N) with K at most KITH_THIN: what a small batch gives for
 * weights.
 *
 * There BLIS spends as long on calls and packing as on arithmetic (784 x 200 and K = 10: 58 us, a third of them for six
 * calls instead of one), so that its result cannot be cut into pieces that stay in the nearest cache until they are
 * used. Every entry is the sum over k in ascending order, fused where the processor can (as the products of BLIS are):
 * bits depend on K alone, not on how the rows of the result are cut.
 */
#ifndef KITH_NN_THIN_H
#define KITH_NN_THIN_H

#include <kith/base.h>

/* The most rows for which the weights' gradient is computed so. */
#define KITH_THIN ((size_t)16)

/* c (count, N) <- rows first..first+count-1 of A^T B. */
void kith_thin_product(size_t k, size_t m, size_t n, const kith_real *a, const kith_real *b, size_t first, size_t count,
                       kith_real *c);

#endif
