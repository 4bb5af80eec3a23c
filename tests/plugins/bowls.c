/* f_i(x) = a_i/2 |x - b_i|^2 whose curvature a_i is the example's label, so that learners have different ones. */
#include <kith/kith.h>

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    (void)config;
    size_t *dimension = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "bowls", 1, &dimension));
    *dimension = setting->shape->features;
    *self = dimension;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    return *(const size_t *)self;
}

static size_t workspace(const void *self, size_t batch)
{
    (void)batch;
    return dimension(self) * sizeof(kith_real);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx, (void)stream;
    for (size_t i = 0; i < dimension(self); i++)
        x[i] = 0;
    return KITH_OK;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx, (void)work;
    const size_t d = dimension(self);
    const double share = 1.0 / (double)batch->count;
    for (size_t i = 0; i < d; i++)
        g[i] = 0;
    *loss = 0.0;
    for (size_t r = 0; r < batch->count; r++) {
        const double a = batch->label[r];
        for (size_t i = 0; i < d; i++) {
            const double away = (double)x[i] - (double)batch->x[r * d + i];
            g[i] += (kith_real)(share * a * away);
            *loss += share * a / 2 * away * away;
        }
    }
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    double loss = 0.0;
    KITH_TRY(gradient(self, ctx, x, batch, NULL, work, &loss));
    score->loss += loss * (double)batch->count;
    score->count += batch->count;
    return KITH_OK;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    return kith_block_add(list, &(kith_block){.shape = {dimension(self)}}, "x");
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "bowls",
    .version = "1.0",
    .summary = "bowls as steep as their labels",
    .reference = "",
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
