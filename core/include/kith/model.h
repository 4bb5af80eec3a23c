/* Models: a loss over a batch and its gradient, for a flat vector of d reals whose layout is the model's business.
 *
 * Letters: B examples in a batch, F features, d dimension.
 * Ownership: all vectors and the workspace are the host's; the workspace is private to the worker, is not cleared
 *   between calls, and must not be relied on to keep anything.
 * Threads: one. No callback may allocate: everything a step needs is in the workspace.
 */
#ifndef KITH_MODEL_H
#define KITH_MODEL_H

#include <kith/dataset.h>
#include <kith/nn.h>
#include <kith/random.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kith_batch {
    size_t count;         /* B */
    const kith_real *x;   /* (B, F) */
    const int32_t *label; /* (B), NULL where the data set has no labels */
    kith_stream *noise;   /* this step's own random stream; NULL in evaluation */
} kith_batch;

/* Sums over a batch, so that parts can be added. What is counted is predictions: one an example, unless the model makes
 * more, such as one for each character of a text. */
typedef struct kith_score {
    double loss;      /* sum of the predictions' losses */
    uint64_t correct; /* how many were right; 0 where there are no labels */
    uint64_t count;   /* predictions */
} kith_score;

/* Plain SGD steps in a row, each on one example of a table. */
typedef struct kith_descent {
    size_t count;            /* steps */
    const kith_real *x;      /* (n, F), the examples */
    const int32_t *label;    /* (n), NULL where the data set has no labels */
    const uint32_t *example; /* [count] 0 .. n-1 */
    const double *pull;      /* [count] what the loss's gradient is multiplied with: the learning rate, times a
                                weight */
    const double *lr;        /* [count] the learning rate alone, for the weight decay */
    double decay;            /* lambda >= 0 */
    kith_stream *noise;
    double loss; /* out: sum of the losses that the steps met */
} kith_descent;

/* What Newton's method wants to know, in double whatever kith_real is. */
typedef struct kith_curvature {
    double loss;      /* the batch's mean loss */
    double *gradient; /* (d) */
    double *hessian;  /* (d, d) row by row; only the lower triangle, diagonal included, counts */
} kith_curvature;

typedef struct kith_model {
    /* [after create] d >= 1. */
    size_t (*dimension)(const void *self);
    /* [after create] Bytes a worker must set aside for batches of up to B examples. */
    size_t (*workspace)(const void *self, size_t batch);
    /* [any time] Writes the initial model x (d), drawn from the stream. */
    void (*init)(const void *self, kith_stream *stream, kith_real *x);
    /* [any time] Mean loss of the batch at x (d) into *loss and its gradient into g (d), overwritten.
     * g, x and the workspace do not overlap. A loss that is not finite is the host's to report. */
    void (*gradient)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace, kith_real *g,
                     double *loss);
    /* [any time] Adds the batch's sums at x (d) to *score. */
    void (*evaluate)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace, kith_score *score);
    /* [any time] May be NULL. As gradient, with the same bits, but hands the gradient to the sink in pieces that hold
     * each coordinate once. The sink may change x where it got the gradient: whatever else needs those coordinates
     * comes before. g (d): scratch. */
    void (*gradient_to)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace, kith_real *g,
                        const kith_sink *sink, double *loss);
    /* [any time, optional] `count` times x <- x - pull * gradient of the example's loss - lr * decay * x, for walks
     * whose steps are too cheap for a call each. It may compute in double and round at the end. The workspace is that
     * of one example. */
    void (*descend)(const void *self, kith_real *x, kith_descent *how, void *workspace);
    /* [any time, optional; convex models] Adds `weight` times the batch's mean loss, its gradient and its Hessian at x
     * (d) to *out, without noise. So the host finds the optimum that a run is compared with. */
    void (*curvature)(const void *self, const double *x, const kith_batch *batch, double weight, kith_curvature *out);
    /* The model never looks at labels, so experiments that change them are refused. */
    bool unlabelled;
} kith_model;

#ifdef __cplusplus
}
#endif
#endif
