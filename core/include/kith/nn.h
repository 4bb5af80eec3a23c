/* Layers for model plugins: matrix products by BLIS and the loops around them.
 *
 * Letters: B rows of a batch, I inputs, O outputs. All matrices are dense and row by row; a matrix (R, C) has
 * leading dimension C, so the shape of every product is a function of the configuration only (results of a BLAS
 * change with shapes and leading dimensions, and never may with the number of workers).
 * Ownership: the caller's. Threads: one. Nothing allocates, nothing fails; arguments do not overlap unless said.
 */
#ifndef KITH_NN_H
#define KITH_NN_H

#include <kith/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* C (M, N) <- alpha op(A) op(B) + beta C, op(A) is (M, K), op(B) is (K, N). ta, tb: nonzero to transpose.
 * beta = 0 overwrites C whatever it held. */
KITH_API void kith_gemm(int ta, int tb, size_t m, size_t n, size_t k, kith_real alpha, const kith_real *a,
                        const kith_real *b, kith_real beta, kith_real *c);

/* y (B, O) = x (B, I) w' + bias, w (O, I), bias (O). */
KITH_API void kith_dense(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                         const kith_real *bias, kith_real *y);
/* The same followed by max(0, .). */
KITH_API void kith_dense_relu(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                              const kith_real *bias, kith_real *y);
/* Gradients of kith_dense for dy (B, O): gw (O, I) and gbias (O) are overwritten; dx (B, I) too unless NULL. */
KITH_API void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x,
                                  const kith_real *w, const kith_real *dy, kith_real *gw,
                                  kith_real *gbias, kith_real *dx);
/* dx <- dx where y > 0, else 0; y is what the ReLU gave out. In place. */
KITH_API void kith_relu_backward(size_t n, const kith_real *y, kith_real *dx);

/* Softmax and cross-entropy of logits (B, C) with labels 0..C-1. Returns the sum of the losses; d (B, C), unless
 * NULL, gets the gradient of their mean with respect to the logits (may be the logits' own memory); *correct,
 * unless NULL, how many rows have their largest logit at the label (ties: the lowest index wins). */
KITH_API double kith_softmax_loss(size_t rows, size_t classes, const kith_real *logits,
                                  const int32_t *label, kith_real *d, uint64_t *correct);

/* Elementwise, n entries. y <- y + a x; y <- a y; y <- 0; y <- x. */
KITH_API void kith_axpy(size_t n, kith_real a, const kith_real *x, kith_real *y);
KITH_API void kith_scale(size_t n, kith_real a, kith_real *y);
KITH_API void kith_clear(size_t n, kith_real *y);
KITH_API void kith_copy(size_t n, const kith_real *x, kith_real *y);
/* out <- x - y; out may be either. */
KITH_API void kith_subtract(size_t n, const kith_real *x, const kith_real *y, kith_real *out);
/* Sums of products and of squared differences in double, in an order that depends on n only. */
KITH_API double kith_dot(size_t n, const kith_real *x, const kith_real *y);
KITH_API double kith_distance2(size_t n, const kith_real *x, const kith_real *y);

#ifdef __cplusplus
}
#endif
#endif
