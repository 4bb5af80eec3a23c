/* Layers for model plugins: matrix products by BLIS and the loops around them.
 *
 * Letters: B rows of a batch, I inputs, O outputs. All matrices are dense and row by row; a matrix (R, C) has
 * leading dimension C, so the shape of every product is a function of the configuration only (results of a BLAS
 * change with shapes and leading dimensions, and never may with the number of workers). M, N and K are below 2^31.
 * Ownership: the caller's. Threads: one. Nothing allocates, nothing fails; arguments do not overlap unless said.
 */
#ifndef KITH_NN_H
#define KITH_NN_H

#include <kith/random.h>
#include <stdbool.h>
#include <stdint.h>

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
KITH_API void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                                  const kith_real *dy, kith_real *gw, kith_real *gbias, kith_real *dx);
/* Where a gradient goes that is handed over piece by piece, each while it is still in a core's nearest cache: take()
 * gets `count` entries g of it from coordinate `first` of the model on. It may change the model there. */
typedef struct kith_sink {
    void (*take)(void *arg, size_t first, size_t count, const kith_real *g);
    void *arg;
} kith_sink;

/* As kith_dense_backward, with the same bits, but the gradients of weights and bias go to the sink, as coordinates from
 * `weights` and `bias` on (SIZE_MAX: there is no bias); dx first, since w may change then. g (I O or O, whichever is
 * more): scratch. */
KITH_API void kith_dense_backward_to(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                                     const kith_real *dy, kith_real *g, const kith_sink *sink, size_t weights,
                                     size_t bias, kith_real *dx);
/* y <- y + bias in every row of y (B, O); the same followed by max(0, .). In place. */
KITH_API void kith_bias(size_t rows, size_t out, const kith_real *bias, kith_real *y);
KITH_API void kith_bias_relu(size_t rows, size_t out, const kith_real *bias, kith_real *y);
/* sums (O), overwritten: dy (B, O) added over its rows, in an order that depends on B and O only. */
KITH_API void kith_bias_backward(size_t rows, size_t out, const kith_real *dy, kith_real *sums);
/* y <- max(0, y); a NaN stays one. In place. */
KITH_API void kith_relu(size_t n, kith_real *y);
/* dx <- dx where y > 0, else 0; y is what the ReLU gave out. In place. */
KITH_API void kith_relu_backward(size_t n, const kith_real *y, kith_real *dx);

/* Images. More letters: C channels, H and W of an image, P = H W its pixels, R side of a window. Images are (B, H, W,
 * C): the channels of a pixel lie together, so that a row of a window is a run of memory. `scratch` is the caller's
 * too; it holds nothing between calls. */

/* x (B, P, C) <- planes (B, C, P), which is how data sets give images. */
KITH_API void kith_interleave(size_t images, size_t channels, size_t pixels, const kith_real *planes, kith_real *x);

/* A convolution (a cross-correlation, as everywhere in this field) with stride 1 and `pad` rows and columns of zeros
 * around the image: y[h, w, o] = sum over i, j < R and c < C of x[h + i - pad, w + j - pad, c] w[i, j, c, o].
 * pad < R <= H + 2 pad, W + 2 pad; no size is 0. */
typedef struct kith_conv {
    size_t channels, height, width; /* C, H, W of x */
    size_t filters, side, pad;      /* O, R */
} kith_conv;

/* H + 2 pad - R + 1: the height of y, and likewise its width. */
KITH_API size_t kith_conv_extent(size_t extent, size_t side, size_t pad);
/* Reals of scratch that the two functions below take, for any B. */
KITH_API size_t kith_conv_scratch(const kith_conv *c);
/* y (B, H', W', O) <- bias (O; NULL: none) + convolution of x (B, H, W, C) with w (R, R, C, O). */
KITH_API void kith_conv_forward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w,
                                const kith_real *bias, kith_real *scratch, kith_real *y);
/* Its gradients for dy (B, H', W', O): gw (as w) and, unless NULL, gbias (O) and dx (as x) are overwritten. */
KITH_API void kith_conv_backward(const kith_conv *c, size_t images, const kith_real *x, const kith_real *w,
                                 const kith_real *dy, kith_real *scratch, kith_real *gw, kith_real *gbias,
                                 kith_real *dx);

/* The largest of each R x R window; windows do not overlap, and what is left over at the right and below is ignored:
 * y has floor(H / R) rows and floor(W / R) columns. R <= H, W. */
typedef struct kith_pool {
    size_t channels, height, width, side; /* C, H, W of x; R */
} kith_pool;

/* y and which: (B, H / R, W / R, C). which: where in its window the largest stood, i R + j; the first of equals. It is
 * kept as reals since registers of the same width serve both. A NaN in a window is its largest. */
KITH_API void kith_pool_forward(const kith_pool *p, size_t images, const kith_real *x, kith_real *y, kith_real *which);
/* dx (B, H, W, C), overwritten: dy where the largest stood, else 0. */
KITH_API void kith_pool_backward(const kith_pool *p, size_t images, const kith_real *dy, const kith_real *which,
                                 kith_real *dx);

/* GroupNorm (Wu and He, "Group Normalization", ECCV 2018, eq. 1-7): the channels are cut into groups of neighbours;
 * over each group of each image, y = gamma (x - mean) / sqrt(variance + eps) + beta. */
#define KITH_GROUPNORM_EPS 1e-5
typedef struct kith_groupnorm {
    size_t channels, pixels, groups; /* C, P; groups divide C */
} kith_groupnorm;

/* x, y (B, P, C); gamma, beta (C); stats (B, groups, 2) gets mean and 1 / sqrt(variance + eps). scratch: 4 C reals. */
KITH_API void kith_groupnorm_forward(const kith_groupnorm *norm, size_t images, const kith_real *x,
                                     const kith_real *gamma, const kith_real *beta, kith_real *scratch, kith_real *y,
                                     kith_real *stats);
/* For dy (B, P, C): ggamma (C), gbeta (C) and, unless NULL, dx (B, P, C) are overwritten. scratch: 4 C reals. */
KITH_API void kith_groupnorm_backward(const kith_groupnorm *norm, size_t images, const kith_real *x,
                                      const kith_real *gamma, const kith_real *stats, const kith_real *dy,
                                      kith_real *scratch, kith_real *ggamma, kith_real *gbeta, kith_real *dx);

/* A GroupNorm, a pool of side 2 and perhaps a ReLU in few passes over memory. Results are those of the three one after
 * another; gradients are summed in another order. */
typedef struct kith_norm_pool {
    kith_groupnorm norm;
    size_t width; /* W of x */
    bool relu;
} kith_norm_pool;

/* Whether the two functions below can do it: channels by the 8, height and width even. */
KITH_API bool kith_norm_pool_fits(const kith_norm_pool *p);
/* y and which: (B, H / 2, W / 2, C); which: as with a pool, or -1 where the ReLU gives 0. The rest: as with a
 * GroupNorm.
 */
KITH_API void kith_norm_pool_forward(const kith_norm_pool *p, size_t images, const kith_real *x, const kith_real *gamma,
                                     const kith_real *beta, kith_real *scratch, kith_real *y, kith_real *which,
                                     kith_real *stats);
/* dy: (B, H / 2, W / 2, C). */
KITH_API void kith_norm_pool_backward(const kith_norm_pool *p, size_t images, const kith_real *x,
                                      const kith_real *gamma, const kith_real *stats, const kith_real *dy,
                                      const kith_real *which, kith_real *scratch, kith_real *ggamma, kith_real *gbeta,
                                      kith_real *dx);

/* Dropout (Srivastava et al., JMLR 2014), scaled while training: each of the n entries of x becomes 0 with probability
 * `rate` and is else multiplied by 1 / (1 - rate); factor (n) gets what it was multiplied by, one draw per entry in
 * order. 0 <= rate < 1. The gradient is kith_multiply(n, factor, dx). */
KITH_API void kith_dropout(size_t n, double rate, kith_stream *stream, kith_real *x, kith_real *factor);
/* y <- x y, entry by entry. */
KITH_API void kith_multiply(size_t n, const kith_real *x, kith_real *y);

/* Softmax and cross-entropy of logits (B, C) with labels 0..C-1. Returns the sum of the losses; d (B, C), unless
 * NULL, gets the gradient of their mean with respect to the logits (may be the logits' own memory); *correct,
 * unless NULL, how many rows have their largest logit at the label (ties: the lowest index wins). A row with a NaN
 * makes the sum NaN and is not correct. */
KITH_API double kith_softmax_loss(size_t rows, size_t classes, const kith_real *logits, const int32_t *label,
                                  kith_real *d, uint64_t *correct);
/* The same for training, with smoothed labels (Szegedy et al. 2016, arXiv 1512.00567, section 7): the target is 1 -
 * smoothing at the label and smoothing / C everywhere, so a row loses smoothing (z_label - mean z) more, and its
 * gradient is p less that target. d is not NULL. 0 <= smoothing <= 1; with 0 it is kith_softmax_loss to the bit. */
KITH_API double kith_softmax_smoothed(size_t rows, size_t classes, const kith_real *logits, const int32_t *label,
                                      double smoothing, kith_real *d);

/* Elementwise, n entries, in place: 1 / (1 + e^-y) and the hyperbolic tangent. Within two units in the last place of 1
 * (2.4e-7 in float, 4.4e-16 in double) of the true value; NaN stays NaN. The bits of an entry do not depend on its
 * place in the vector. */
KITH_API void kith_sigmoid(size_t n, kith_real *y);
KITH_API void kith_tanh(size_t n, kith_real *y);

/* Row r of y (rows, width) <- row index[r] of a table; what an embedding is, and a product with one-hot rows. */
KITH_API void kith_lookup(size_t rows, size_t width, const int32_t *index, const kith_real *table, kith_real *y);
/* Its gradient: gtable (entries, width) is overwritten by the sums of the rows of dy that each entry was looked up for,
 * in the order of the rows. */
KITH_API void kith_lookup_backward(size_t rows, size_t width, const int32_t *index, const kith_real *dy, size_t entries,
                                   kith_real *gtable);

/* A layer of long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gates of Gers, Schmidhuber and
 * Cummins 2000) over T steps, from a zero state. Steps are the outermost index, so that a step of the batch is one
 * matrix; H cells, whose gates lie i f g o in rows of 4H:
 *     (i f g o) = (s s tanh s)(a_t + h_{t-1} w),  c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
 * where s is the sigmoid and a_t the input's part, bias included, made by one kith_dense or kith_lookup for all steps.
 * */
typedef struct kith_lstm {
    size_t steps, rows, hidden; /* T, B, H */
    kith_real *gates;           /* (T, B, 4H) */
    kith_real *cell;            /* (T + 1, B, H), from c_{-1} = 0 on */
    kith_real *squashed, *h;    /* (T, B, H): tanh(c), h */
} kith_lstm;

/* w (H, 4H). gates: a_t comes in, the gates go out; the other arrays are written. */
KITH_API void kith_lstm_forward(const kith_lstm *layer, const kith_real *w);
/* After kith_lstm_forward. dh (T, B, H): the gradient for h from above, spoilt. gates: becomes the gradient for a_t. gw
 * (H, 4H): overwritten. carry (B, H): scratch. */
KITH_API void kith_lstm_backward(const kith_lstm *layer, const kith_real *w, kith_real *dh, kith_real *carry,
                                 kith_real *gw);

/* LayerNorm (Ba, Kiros, Hinton 2016, arXiv 1607.06450, eq. 4 with one set of gains): over each row of x (B, C),
 * y = gamma (x - mean) / sqrt(variance + eps) + beta. stats (B, 2) gets mean and 1 / sqrt(variance + eps). */
#define KITH_LAYERNORM_EPS 1e-5
KITH_API void kith_layernorm_forward(size_t rows, size_t width, const kith_real *x, const kith_real *gamma,
                                     const kith_real *beta, kith_real *y, kith_real *stats);
/* For dy (B, C): ggamma (C), gbeta (C) and, unless NULL, dx (B, C) are overwritten; dx may be dy. */
KITH_API void kith_layernorm_backward(size_t rows, size_t width, const kith_real *x, const kith_real *gamma,
                                      const kith_real *stats, const kith_real *dy, kith_real *ggamma, kith_real *gbeta,
                                      kith_real *dx);

/* A layer of gated recurrent units (Cho et al. 2014, arXiv 1406.1078, in the form whose reset gate comes after the
 * product) over T steps, which are the outermost index; H units, whose gates lie r z n in rows of 3H:
 *     u_t = h_{t-1} w,  r = s(a_r + u_r),  z = s(a_z + u_z),  n = tanh(a_n + r (u_n + bias)),  h_t = (1 - z) n + z
 *       h_{t-1}
 * where s is the sigmoid and a_t the input's part, its bias included, made by one kith_dense for all steps. */
typedef struct kith_gru {
    size_t steps, rows, hidden; /* T, B, H */
    const uint8_t *keep;        /* (T, B): 0 where a step starts from a state of zeros; NULL: nowhere */
    kith_real *gates;           /* (T, B, 3H) */
    kith_real *inner;           /* (T, B, 3H): u */
    kith_real *before;          /* (T + 1, B, H): the state before each step, and the one after all */
    kith_real *h;               /* (T, B, H) */
} kith_gru;

/* w (H, 3H), bias (H). gates: a_t comes in, the gates go out. before: its first (B, H) come in, and are cleared where
 * keep says so; the rest, inner and h are written. */
KITH_API void kith_gru_forward(const kith_gru *layer, const kith_real *w, const kith_real *bias);
/* After kith_gru_forward; nothing flows back into the state before the first step. turned (3H, H): w transposed, since
 * plain operands are the faster ones. dh (T, B, H): the gradient for h from above, spoilt. gates: becomes the gradient
 * for a_t; inner: that for u_t. gw (H, 3H), gbias (H): overwritten. */
KITH_API void kith_gru_backward(const kith_gru *layer, const kith_real *turned, kith_real *dh, kith_real *gw,
                                kith_real *gbias);

/* How many rows of logits (B, C) have their label among the `most` largest; of equals the first is larger, and a row
 * with a NaN there has not. most = 1 counts what kith_softmax_loss does. */
KITH_API uint64_t kith_top_count(size_t rows, size_t classes, size_t most, const kith_real *logits,
                                 const int32_t *label);

/* Categorical distributions, one a row. z (B, A): logits come in, log-probabilities go out; p (B, A): probabilities.
 * allowed (B, A) or NULL: where 0, p is 0 and z the least finite real; at least one of a row is not 0. A NaN among the
 * allowed logits makes the row NaN. */
KITH_API void kith_categorical(size_t rows, size_t classes, const uint8_t *allowed, kith_real *z, kith_real *p);
/* -sum p log p of one row. */
KITH_API double kith_categorical_entropy(size_t classes, const kith_real *logp, const kith_real *p);
/* The class in which `uniform`, of [0, 1), falls; never one without probability. */
KITH_API size_t kith_categorical_draw(size_t classes, const kith_real *p, double uniform);

/* w (R, C) <- gain times a matrix drawn uniformly among those with orthonormal rows, or columns where R > C (Saxe et
 * al. 2014, arXiv 1312.6120). scratch: R C doubles. */
KITH_API void kith_draw_orthogonal(kith_stream *stream, size_t rows, size_t columns, double gain, double *scratch,
                                   kith_real *w);
/* y (C, R) <- x (R, C) transposed. */
KITH_API void kith_transpose(size_t rows, size_t columns, const kith_real *x, kith_real *y);
/* Scales g down to a Euclidean norm of `most` if it is larger. Returns the norm that it had. */
KITH_API double kith_clip_norm(size_t n, double most, kith_real *g);
/* Every number of g becomes the nearest in -most .. most; one that is NaN stays it. most >= 0. */
KITH_API void kith_clamp(size_t n, kith_real most, kith_real *g);

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
/* Keeps the k entries of x (n) that are largest in magnitude, of equals the first, and sets the others to 0. rest (n),
 * unless NULL, gets what was taken away, and 0 where an entry was kept. A NaN counts as the largest. */
KITH_API void kith_keep_largest(size_t n, size_t k, kith_real *x, kith_real *rest);
/* The sum of magnitudes, in double. */
KITH_API double kith_magnitudes(size_t n, const kith_real *x);
/* Each entry of x (n) that is not 0 becomes `size` with its sign. */
KITH_API void kith_signs(size_t n, kith_real size, kith_real *x);
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
 *     m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;  u = m_scale m / (sqrt(v_scale v) + epsilon) +
 *       decay y;
 *     y <- y - lr u;  sum <- sum + u
 * where m_scale = 1 / (1 - beta1^t) and v_scale = 1 / (1 - beta2^t) in step t = 1, 2, ... sum NULL: not wanted. */
typedef struct kith_adamw {
    kith_real lr, decay, beta1, beta2, epsilon, m_scale, v_scale;
} kith_adamw;
KITH_API void kith_adamw_update(size_t n, const kith_adamw *how, const kith_real *g, kith_real *m, kith_real *v,
                                kith_real *y, kith_real *sum);

/* out <- sum over i < count of weight[i] x[i], n entries each, added in the order of i in double and rounded once. out
 * is none of the x. */
KITH_API void kith_weighted_sum(size_t n, size_t count, const double *weight, const kith_real *const *x,
                                kith_real *out);

#ifdef __cplusplus
}
#endif
#endif
