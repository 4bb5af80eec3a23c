/* A convolutional network: from the text that describes its layers to the steps that a batch goes through.
 *
 * Letters: B examples in a batch, C channels, H and W of an image, O outputs, d parameters.
 */
#ifndef KITH_PLUGINS_CNN_H
#define KITH_PLUGINS_CNN_H

#include <kith/kith.h>
#include <stdbool.h>

enum { CNN_LAYERS = 64 };

/* The words of the description. */
typedef enum cnn_word { CNN_CONV, CNN_POOL, CNN_RELU, CNN_GROUPNORM, CNN_DROPOUT, CNN_DENSE } cnn_word;

/* One layer as it was described. */
typedef struct cnn_layer {
    cnn_word word;
    size_t at;        /* where its word starts in the text, from 1 on */
    size_t size;      /* filters, side of a pool, groups, units (0: as many as there are classes) */
    size_t side, pad; /* of a convolution */
    double rate;      /* of dropout */
} cnn_layer;

/* Reads "conv 32 5 pad 2, relu, ..." into layer[0..*count-1]. `key` is named in errors, with position and word. */
kith_status cnn_read(kith_ctx *ctx, const char *key, const char *text, cnn_layer layer[CNN_LAYERS], size_t *count);

/* What a batch goes through. A bias stands apart where it waits until after a pool, where a quarter is left. */
typedef enum cnn_kind {
    CNN_STEP_CONV,
    CNN_STEP_BIAS,
    CNN_STEP_POOL,
    CNN_STEP_NORM,
    CNN_STEP_NORM_POOL, /* and the ReLU behind it, if any */
    CNN_STEP_RELU,
    CNN_STEP_DROPOUT,
    CNN_STEP_DENSE,
} cnn_kind;

typedef struct cnn_step {
    cnn_kind kind;
    bool relu;            /* bias, dense: followed by a ReLU */
    bool biased;          /* convolution: adds its bias itself */
    size_t in, out;       /* reals per example before and after */
    size_t channels;      /* of the output */
    size_t height, width; /* of the input */
    size_t layer;         /* where its word stands in the description, from 0 on */
    size_t weights, bias; /* where they start in x; gamma and beta of a norm */
    size_t fan_in, fan_out;
    double rate;
    union {
        kith_conv conv;
        kith_pool pool;
        kith_groupnorm norm;
        kith_norm_pool norm_pool;
    };
} cnn_step;

typedef struct cnn_plan {
    size_t count, dimension;
    size_t first;                     /* the first step with parameters: no gradient is wanted before it */
    size_t widest;                    /* reals per example of the widest thing between steps */
    size_t scratch;                   /* reals that the steps need beside their inputs and outputs */
    size_t channels, pixels, classes; /* of the images */
    cnn_step step[2 * CNN_LAYERS];
} cnn_plan;

/* Fits the layers to the images. */
kith_status cnn_plan_make(kith_ctx *ctx, const char *key, const cnn_layer *layer, size_t count, const kith_shape *shape,
                          cnn_plan *plan);

#endif
