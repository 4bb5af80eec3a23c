/* Models: a loss over a batch and its gradient, for a flat vector of d reals whose layout is the model's business.
 *
 * Letters: B examples in a batch, F features, T targets, d dimension.
 * Ownership: all vectors and the workspace are the host's; the workspace is private to the worker, is not cleared
 *   between calls, and must not be relied on to keep anything.
 * Threads: one. No callback may allocate: everything a step needs is in the workspace.
 * Errors: a callback that can fail says why with kith_fail(); the host puts plugin, callback, learner and round before
 *   it.
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
    size_t count;            /* B */
    const kith_real *x;      /* (B, F) */
    const int32_t *label;    /* (B), NULL where the data set has no labels */
    const kith_real *target; /* (B, T), NULL where the data set has no real targets */
    kith_stream *noise;      /* this step's own random stream; NULL in evaluation */
    double smoothing;        /* of labels, for gradient() and gradient_to(); 0 unless the model says `smooths` */
} kith_batch;

/* Sums over a batch, so that parts can be added. What is counted is predictions: one an example, unless the model makes
 * more, such as one for each character of a text. */
#define KITH_SCORES 8
typedef struct kith_score {
    double loss;              /* sum of the predictions' losses */
    uint64_t correct;         /* how many were right; 0 where there are no labels */
    uint64_t count;           /* predictions */
    double more[KITH_SCORES]; /* sums that the model names in scores(), in this order */
} kith_score;

/* What a run of coordinates is. */
typedef enum kith_block_kind {
    KITH_BLOCK_WEIGHTS = 0,
    KITH_BLOCK_BIAS,
    KITH_BLOCK_NORM,      /* gains and shifts of a normalisation */
    KITH_BLOCK_EMBEDDING, /* a row for each code */
} kith_block_kind;

/* The head is what turns features into predictions: the last layer, as a rule. */
typedef enum kith_block_group { KITH_BLOCK_BODY = 0, KITH_BLOCK_HEAD } kith_block_group;

/* A tensor of the model: coordinates first .. first + count - 1 are an array of this shape, whose last axis runs
 * fastest. Names and tensors are those that PyTorch's layers would have. Axes may come in another order there:
 * PyTorch's axis k is axis[k] here, and its last `joined` axes are one to it. */
#define KITH_BLOCK_RANK 4
#define KITH_BLOCK_NAME 64
typedef struct kith_block {
    char name[KITH_BLOCK_NAME]; /* letters, digits, _ and points; no other block has it */
    size_t first, count;
    size_t shape[KITH_BLOCK_RANK]; /* `rank` extents, then zeros */
    uint32_t rank;                 /* 1..4 */
    uint32_t axis[KITH_BLOCK_RANK];
    uint32_t joined; /* 1..rank */
    uint32_t kind;   /* kith_block_kind */
    uint32_t group;  /* kith_block_group */
} kith_block;

/* What a model's blocks() adds to. */
typedef struct kith_block_list kith_block_list;
/* Adds the next block: its shape, kind and group, and where PyTorch has other axes those. Name, first, count and rank
 * follow; zeros for `axis` are the same order, and for `joined` 1. Weights that lie (I, O), which nn.Linear has as (O,
 * I), are {.shape = {I, O}, .axis = {1, 0}}. */
KITH_API KITH_CHECKED kith_status kith_block_add(kith_block_list *list, const kith_block *block, const char *name, ...)
    KITH_PRINTF(3, 4);
/* The weights of kith_dense, which nn.Linear has as (O, I): in the body, to be added. */
KITH_API kith_block kith_block_dense(size_t in, size_t out);

/* Hidden units that may change places: a set of axes of blocks along which they lie, one slice each, such as a hidden
 * layer's outputs (rows of its weights, its bias) and the next layer's inputs. Permuting all axes of a set alike does
 * not change what the model computes. What a model's units() adds to. */
typedef struct kith_unit_list kith_unit_list;
/* The next set. */
KITH_API KITH_CHECKED kith_status kith_units_begin(kith_unit_list *list);
/* The set's units lie along an axis of block number `block`, by PyTorch's order of axes as in kith_block: 0 is a
 * layer's outputs, 1 its inputs. A set has a block once. */
KITH_API KITH_CHECKED kith_status kith_units_along(kith_unit_list *list, size_t block, uint32_t axis);
/* They are normalised in so many runs of consecutive units: only units of one run, and runs as a whole, may change
 * places. Where a set is grouped in two ways, it stays as it is. */
KITH_API KITH_CHECKED kith_status kith_units_grouped(kith_unit_list *list, size_t groups);

/* Plain SGD steps in a row, each on one example of a table. */
typedef struct kith_descent {
    size_t count;            /* steps */
    const kith_real *x;      /* (n, F), the examples */
    const int32_t *label;    /* (n), NULL where the data set has no labels */
    const kith_real *target; /* (n, T), NULL where the data set has no real targets */
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
    /* [after create] Adds the model's blocks in the order of coordinates: together they are all of 0 .. d - 1. */
    kith_status (*blocks)(const void *self, kith_ctx *ctx, kith_block_list *list);
    /* [any time] Writes the initial model x (d), drawn from the stream. */
    kith_status (*init)(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x);
    /* [any time] Mean loss of the batch at x (d) into *loss and its gradient into g (d), overwritten.
     * g, x and the workspace do not overlap. A loss that is not finite is the host's to report. */
    kith_status (*gradient)(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                            void *workspace, kith_real *g, double *loss);
    /* [any time] Adds the batch's sums at x (d) to *score. */
    kith_status (*evaluate)(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                            void *workspace, kith_score *score);
    /* [any time] May be NULL. As gradient, with the same bits, but hands the gradient to the sink in pieces that hold
     * each coordinate once. The sink may change x where it got the gradient: whatever else needs those coordinates
     * comes before. g (d): scratch. */
    kith_status (*gradient_to)(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                               void *workspace, kith_real *g, const kith_sink *sink, double *loss);
    /* [any time, optional] `count` times x <- x - pull * gradient of the example's loss - lr * decay * x, for walks
     * whose steps are too cheap for a call each. It may compute in double and round at the end. The workspace is that
     * of one example. */
    kith_status (*descend)(const void *self, kith_ctx *ctx, kith_real *x, kith_descent *how, void *workspace);
    /* [any time, optional; convex models] Adds `weight` times the batch's mean loss, its gradient and its Hessian at x
     * (d) to *out, without noise. So the host finds the optimum that a run is compared with. */
    kith_status (*curvature)(const void *self, kith_ctx *ctx, const double *x, const kith_batch *batch, double weight,
                             kith_curvature *out);
    /* [any time, optional] What gradient() adds to the mean loss of the predictions, such as l2/2 |x|^2, at x (d). */
    double (*penalty)(const void *self, const kith_real *x);
    /* [after create, optional] Writes the names of the sums in kith_score's `more`, lower case letters, digits and _;
     * they last as long as the model. Returns how many there are, at most KITH_SCORES. Their means over predictions are
     * recorded as the metrics test_NAME. */
    size_t (*scores)(const void *self, const char **name);
    /* The model never looks at labels, so experiments that change them are refused. */
    bool unlabelled;
    /* [after create, optional] Memory of the model's own for d numbers, always the same, where gradient() and
     * gradient_to() like to find x: visits make several steps there, one after the other. Calls with x elsewhere may
     * overwrite it. */
    kith_real *(*home)(const void *self);
    /* gradient() and gradient_to() take batch->smoothing, as kith_softmax_smoothed does; else local.label_smoothing is
     * refused. */
    bool smooths;
    /* [after create, optional] Adds the sets of hidden units that may change places, so that models can be aligned
     * before they are averaged (decentralized.merge = aligned). */
    kith_status (*units)(const void *self, kith_ctx *ctx, kith_unit_list *list);
} kith_model;

#ifdef __cplusplus
}
#endif
#endif
