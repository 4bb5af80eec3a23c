#include "partial.h"

static const kith_param params[] = {PARTIAL_PARAMS};

static bool is_own(const kith_block *block)
{
    return block->group != KITH_BLOCK_HEAD;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    return partial_create(ctx, "lg-fedavg", config, setting, is_own, "body", self);
}

/* Liang et al. 2020, Algorithm 1: local representations, a global model on top of them. */
static const kith_federated ops = {.client = partial_client, PARTIAL_TABLE};

KITH_EXPORT_PLUGIN = {
    PARTIAL_PLUGIN(params, create, ops),
    .id = "lg-fedavg",
    .summary = "LG-FedAvg: a shared head on a body of each learner's own",
    .reference = "arXiv 2001.01523",
};
