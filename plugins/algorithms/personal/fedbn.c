#include "partial.h"

static const kith_param params[] = {PARTIAL_PARAMS};

static bool is_own(const kith_block *block)
{
    return block->kind == KITH_BLOCK_NORM;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    return partial_create(ctx, "fedbn", config, setting, is_own, "norms", self);
}

/* Li et al. 2021, Algorithm 1, with gains and shifts of any normalisation for those of batch normalisation. */
static const kith_federated ops = {.client = partial_client, PARTIAL_TABLE};

/* A small network that has norms, as the run's own default has none. */
static const kith_default defaults[] = {
    {"run", "model", "cnn"},
    {"cnn", "layers", "conv 8 5, groupnorm 2, relu, pool 2, dense"},
};

KITH_EXPORT_PLUGIN = {
    PARTIAL_PLUGIN(params, create, ops),
    KITH_PLUGIN_DEFAULTS(defaults),
    .id = "fedbn",
    .summary = "FedBN: federated averaging of all but normalisation, which is each learner's own",
    .reference = "arXiv 2102.07623",
};
