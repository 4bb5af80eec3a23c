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

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kith_batch {
    size_t count;          /* B */
    const kith_real *x;    /* (B, F) */
    const int32_t *label;  /* (B), NULL where the data set has no labels */
    kith_stream *noise;    /* this step's own random stream; NULL in evaluation */
} kith_batch;

/* Sums over a batch, so that parts can be added. What is counted is predictions: one an example, unless the model makes
 * more, such as one for each character of a text. */
typedef struct kith_score {
    double loss;      /* sum of the predictions' losses */
    uint64_t correct; /* how many were right; 0 where there are no labels */
    uint64_t count;   /* predictions */
} kith_score;

typedef struct kith_model {
    /* [after create] d >= 1. */
    size_t (*dimension)(const void *self);
    /* [after create] Bytes a worker must set aside for batches of up to B examples. */
    size_t (*workspace)(const void *self, size_t batch);
    /* [any time] Writes the initial model x (d), drawn from the stream. */
    void (*init)(const void *self, kith_stream *stream, kith_real *x);
    /* [any time] Mean loss of the batch at x (d) into *loss and its gradient into g (d), overwritten.
     * g, x and the workspace do not overlap. A loss that is not finite is the host's to report. */
    void (*gradient)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace,
                     kith_real *g, double *loss);
    /* [any time] Adds the batch's sums at x (d) to *score. */
    void (*evaluate)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace,
                     kith_score *score);
    /* [any time] May be NULL. As gradient, with the same bits, but hands the gradient to the sink in pieces that hold each
     * coordinate once. The sink may change x where it got the gradient: whatever else needs those coordinates comes before.
     * g (d): scratch. */
    void (*gradient_to)(const void *self, const kith_real *x, const kith_batch *batch, void *workspace, kith_real *g,
                        const kith_sink *sink, double *loss);
} kith_model;

#ifdef __cplusplus
}
#endif
#endif
