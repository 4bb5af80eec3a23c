#include "parts.h"

typedef enum whose { HEAD = 0, BODY, NORMS } whose;

typedef struct config {
    int own;
} config;

static const kith_param params[] = {
    {"own", KITH_TYPE_CHOICE, 0, offsetof(config, own), "head", "head|body|norms", "",
     "Which blocks of the model a learner keeps to itself."},
};

static bool is_head(const kith_block *block)
{
    return block->group == KITH_BLOCK_HEAD;
}

static bool is_body(const kith_block *block)
{
    return block->group != KITH_BLOCK_HEAD;
}

static bool is_norm(const kith_block *block)
{
    return block->kind == KITH_BLOCK_NORM;
}

static kith_status create(kith_ctx *ctx, const void *given, const kith_setting *setting, void **self)
{
    static bool (*const is_own[])(const kith_block *) = {is_head, is_body, is_norm};
    static const char *const what[] = {"head", "body", "norms"};
    const int own = ((const config *)given)->own;
    parts *p = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "dfedper", 1, &p));
    const kith_status status = parts_open(ctx, "dfedper", setting, is_own[own], what[own], p);
    if (status != KITH_OK) {
        kith_free(p);
        return status;
    }
    *self = p;
    return KITH_OK;
}

static void destroy(void *self)
{
    kith_free(((parts *)self)->run);
    kith_free(self);
}

/* FedPer's local steps (Arivazhagan et al. 2019, arXiv 1912.00818) under D-SGD's mixing: x_i <- sum_j W_ij x_j in the
 * shared blocks alone, and the others are not sent. */
static kith_status local(void *self, kith_visit *v)
{
    v->bytes = (double)(v->dimension - ((const parts *)self)->own) * sizeof(kith_real);
    return kith_visit_sgd(v, NULL, v->own[0], NULL);
}

static kith_status mix(void *self, kith_neighbour_rows *m)
{
    const parts *p = self;
    kith_weighted_sum(m->dimension, m->count, m->weight, m->heard, m->out[0]);
    for (size_t r = 0; r < p->runs; r++)
        kith_copy(p->run[r].count, m->own[0] + p->run[r].first, m->out[0] + p->run[r].first);
    return KITH_OK;
}

static const kith_learner_plane planes[] = {{.name = "model", .access = KITH_MIXED}};

static const kith_decentralized ops = {
    .planes = planes,
    .plane_count = 1,
    .needs = KITH_ROW_STOCHASTIC,
    .uses = KITH_USES_OPTIMIZER | KITH_USES_COMPRESSION,
    .local = local,
    .mix = mix,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_DECENTRALIZED),
    .id = "dfedper",
    .version = "1.0",
    .summary = "Decentralized FedPer: neighbours average all but the blocks that each keeps to itself",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
