/* Layers for model plugins: matrix products by BLIS and the loops around them.
 *
 * Letters: B rows of a batch, I inputs, O outputs. All matrices are dense and row by row; a matrix (R, C) has
 * leading dimension C, so the shape of every product is a function of the configuration only (results of a BLAS
 * change with shapes and leading dimensions, and never may with the number of workers). M, N and K are below 2^31.
 * Ownership: the caller's. Threads: one. Nothing allocates, nothing fails; arguments do not overlap unless said.
 */
#ifndef KITH_NN_H
#define KITH_NN_H

#include <kith/base.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* C (M, N) <- alpha op(A) op(B) + beta C, op(A) is (M, K), op(B) is (K, N). ta, tb: nonzero to transpose.
 * beta = 0 overwrites C whatever it held. BLIS's kernels look at what lies past a matrix, without using it: up to a
 * row past A (BLIS 0.9, float, A plain and B transposed, M = 1 modulo 3, N >= 16) and 15 bytes past C.
 * So that much memory must be readable there; only a matrix at the very end of a mapping has to care. */
KITH_API void kith_gemm(int ta, int tb, size_t m, size_t n, size_t k, kith_real alpha, const kith_real *a,
                        const kith_real *b, kith_real beta, kith_real *c);

/* How a layer's weights lie: (I, O) where O is at least this, else (O, I). BLIS is faster so; a layer of 784 inputs
 * takes 137 us instead of 160 for 200 outputs, and 8 instead of 15 for 10 outputs (32 rows, AVX2 kernels). */
#define KITH_DENSE_WIDE ((size_t)16)
/* Whether w is (I, O) in the three functions below; else it is (O, I). */
KITH_API bool kith_dense_by_input(size_t out);

/* y (B, O) = x (B, I) w + bias, w (I, O) or its transpose as above, bias (O) or NULL: none. */
KITH_API void kith_dense(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                         const kith_real *bias, kith_real *y);
/* The same followed by max(0, .); a NaN stays one. */
KITH_API void kith_dense_relu(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                              const kith_real *bias, kith_real *y);
/* Gradients of kith_dense for dy (B, O): gw (as w), gbias (O) and dx (B, I) are overwritten; the latter two unless
 * NULL. */
KITH_API void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x,
                                  const kith_real *w, const kith_real *dy, kith_real *gw,
                                  kith_real *gbias, kith_real *dx);
/* dx <- dx where y > 0, else 0; y is what the ReLU gave out. In place. */
KITH_API void kith_relu_backward(size_t n, const kith_real *y, kith_real *dx);

/* Softmax and cross-entropy of logits (B, C) with labels 0..C-1. Returns the sum of the losses; d (B, C), unless
 * NULL, gets the gradient of their mean with respect to the logits (may be the logits' own memory); *correct,
 * unless NULL, how many rows have their largest logit at the label (ties: the lowest index wins). A row with a NaN
 * makes the sum NaN and is not correct. */
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
/* Neither an infinity nor a NaN among the n. */
KITH_API bool kith_all_finite(size_t n, const kith_real *x);

/* Row r of x (n, F) <- scale * row index[r] of bytes (., F) + shift, entry by entry: scale (F), shift (F). Examples
 * stay bytes in memory and become reals when a batch is gathered; rows to come are fetched ahead. */
KITH_API void kith_gather_bytes(size_t n, size_t features, const uint8_t *bytes, const uint32_t *index,
                                const kith_real *scale, const kith_real *shift, kith_real *x);

/* One step of SGD in one pass over memory, n entries:
 *     u <- momentum u + (g + decay y);  y <- y - lr u;  sum <- sum + u
 * momentum 0: u may be NULL, is left alone, and the direction is g + decay y. decay 0: that term is skipped. sum NULL:
 * not wanted. */
KITH_API void kith_sgd_update(size_t n, kith_real lr, kith_real decay, kith_real momentum, const kith_real *g,
                              kith_real *u, kith_real *y, kith_real *sum);

/* One step of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, Algorithm 2, with alpha = eta), n entries:
 *     m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;  u = m_scale m / (sqrt(v_scale v) + epsilon) + decay y;
 *     y <- y - lr u;  sum <- sum + u
 * where m_scale = 1 / (1 - beta1^t) and v_scale = 1 / (1 - beta2^t) in step t = 1, 2, ... sum NULL: not wanted. */
typedef struct kith_adamw {
    kith_real lr, decay, beta1, beta2, epsilon, m_scale, v_scale;
} kith_adamw;
KITH_API void kith_adamw_update(size_t n, const kith_adamw *how, const kith_real *g, kith_real *m, kith_real *v, kith_real *y,
                                kith_real *sum);

/* out <- sum over i < count of weight[i] x[i], n entries each, added in the order of i in double and rounded once. out is none
 * of the x. */
KITH_API void kith_weighted_sum(size_t n, size_t count, const double *weight, const kith_real *const *x, kith_real *out);

#ifdef __cplusplus
}
#endif
#endif
