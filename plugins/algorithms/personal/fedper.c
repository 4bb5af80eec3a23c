#include "partial.h"

static const kith_param params[] = {PARTIAL_PARAMS};

static bool is_own(const kith_block *block)
{
    return block->group == KITH_BLOCK_HEAD;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    return partial_create(ctx, "fedper", config, setting, is_own, "head", self);
}

/* Arivazhagan et al. 2019, Algorithms 1 and 2: SGD moves base and personalization layers together, the server averages
 * the base. */
static const kith_federated ops = {.client = partial_client, PARTIAL_TABLE};

KITH_EXPORT_PLUGIN = {
    PARTIAL_PLUGIN(params, create, ops),
    .id = "fedper",
    .summary = "FedPer: a shared body under a head of each learner's own",
    .reference = "arXiv 1912.00818",
};
