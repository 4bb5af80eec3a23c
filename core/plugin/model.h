/* What the host asks of a model, whoever wrote it: its blocks, the names of its scores, and the initial model. */
#ifndef KITH_PLUGIN_MODEL_H
#define KITH_PLUGIN_MODEL_H

#include "plugin/registry.h"

#include <kith/model.h>

/* The blocks of a created model of dimension d, checked: for kith_free(). A refusal names the block. */
kith_status kith_model_blocks(kith_ctx *ctx, const kith_instance *model, size_t d, kith_block **out,
                              size_t *count) KITH_CHECKED;

/* The names of a created model's further scores, checked. */
typedef struct kith_score_names {
    const char *name[KITH_SCORES];
    size_t count;
} kith_score_names;
kith_status kith_model_scores(kith_ctx *ctx, const kith_instance *model, kith_score_names *out) KITH_CHECKED;

/* The initial model x (d), drawn from the stream, of a learner, version or token. */
kith_status kith_model_init(kith_ctx *ctx, const kith_instance *model, kith_stream *stream, const char *whose,
                            size_t number, kith_real *x) KITH_CHECKED;

#endif
