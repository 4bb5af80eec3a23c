/* new-model: linear least squares on labels, of which each class is a number that is 1 for its
 * examples and 0 for others.
 *
 * Letters: B examples, F features, C classes. The model x is the weights, as kith_dense wants
 * them, then the bias (C): d = C F + C. loss = |X w + b - Y|^2 / (2 B) + ridge / 2 |x|^2. Every
 * step is a function of x and the batch alone.
 */
#include <kith/kith.h>

typedef struct config {
    double ridge;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"ridge", KITH_TYPE_REAL, 0, offsetof(config, ridge), "1e-4", "[0,inf)", "",
     "How strongly the model is pulled to zero."},
};

typedef struct squares {
    size_t features, classes;
    double ridge;
} squares;

/* What a parameter row cannot say is checked here. */
static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const kith_shape *shape = setting->shape;
    squares *m = NULL;
    if (shape->classes == 0 || shape->codes)
        return kith_fail(ctx, KITH_ECONFIG,
                         "new-model needs labelled examples whose features are numbers; choose another data set");
    KITH_TRY(KITH_ALLOC(ctx, "new-model", 1, &m));
    *m = (squares){.features = shape->features, .classes = shape->classes, .ridge = ((const config *)config_)->ridge};
    *self = m;
    return KITH_OK;
}

static size_t weights(const squares *m)
{
    return m->features * m->classes;
}

static size_t dimension(const void *self)
{
    const squares *m = self;
    return weights(m) + m->classes;
}

/* The residuals (B, C). */
static size_t workspace(const void *self, size_t batch)
{
    const squares *m = self;
    return batch * m->classes * sizeof(kith_real);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx, (void)stream;
    kith_clear(dimension(self), x);
    return KITH_OK;
}

static size_t largest(size_t n, const kith_real *row)
{
    size_t best = 0;
    for (size_t c = 1; c < n; c++)
        if (row[c] > row[best]) best = c;
    return best;
}

/* Writes X w + b - Y, and counts the examples whose class has the largest prediction. Returns the sum of losses. */
static double residuals(const squares *m, const kith_real *x, const kith_batch *batch, kith_real *r, uint64_t *correct)
{
    kith_dense(batch->count, m->features, m->classes, batch->x, x, x + weights(m), r);
    for (size_t e = 0; e < batch->count; e++) {
        kith_real *row = r + e * m->classes;
        *correct += largest(m->classes, row) == (size_t)batch->label[e];
        row[batch->label[e]] -= 1;
    }
    const double squared = kith_dot(batch->count * m->classes, r, r);
    return 0.5 * squared + 0.5 * m->ridge * (double)batch->count * kith_dot(dimension(m), x, x);
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const squares *m = self;
    uint64_t correct = 0;
    *loss = residuals(m, x, batch, work, &correct) / (double)batch->count;
    kith_scale(batch->count * m->classes, (kith_real)(1.0 / (double)batch->count), work);
    kith_dense_backward(batch->count, m->features, m->classes, batch->x, x, work, g, g + weights(m), NULL);
    kith_axpy(dimension(m), (kith_real)m->ridge, x, g);
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx;
    score->loss += residuals(self, x, batch, work, &score->correct);
    score->count += batch->count;
    return KITH_OK;
}

/* In the order of coordinates, with names that a user of PyTorch expects. */
static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const squares *m = self;
    const kith_block bias = {.shape = {m->classes}, .kind = KITH_BLOCK_BIAS, .group = KITH_BLOCK_HEAD};
    kith_block weight = kith_block_dense(m->features, m->classes);
    weight.group = KITH_BLOCK_HEAD;
    KITH_TRY(kith_block_add(list, &weight, "weight"));
    return kith_block_add(list, &bias, "bias");
}

static const kith_model ops = {
    .dimension = dimension,
    .workspace = workspace,
    .blocks = blocks,
    .init = init,
    .gradient = gradient,
    .evaluate = evaluate,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "new-model",
    .version = "0.1",
    .summary = "Linear least squares on labels, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
