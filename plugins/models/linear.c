/* Multinomial logistic regression.
 *
 * Layout of x: weights, then bias (C) if there is one; d = C F + C. The weights are (F, C) for
 * C >= KITH_DENSE_WIDE classes, else (C, F), as kith_dense takes them.
 */
#include <kith/kith.h>
#include <stdbool.h>

struct config {
    int init;
    double std;
    bool bias;
    int outputs;
};

static const kith_param params[] = {
    {"init", KITH_TYPE_CHOICE, 0, offsetof(struct config, init), "zero", "zero|normal", "",
     "initial weights: all zero, or independent normals; the bias starts at zero"},
    {"std", KITH_TYPE_REAL, KITH_WITH_CHOICE(1), offsetof(struct config, std), "0.01", "(0,inf)", "",
     "standard deviation of normal initial weights"},
    {"bias", KITH_TYPE_BOOL, 0, offsetof(struct config, bias), "yes", "", "", "whether each class has a bias"},
    {"outputs", KITH_TYPE_CHOICE, 0, offsetof(struct config, outputs), "logits", "logits|sigmoid", "",
     "what the softmax is taken of: the logits, or their sigmoids, as in much code for benchmarks; no class can be "
     "more "
     "than e times as likely as another then"},
};

struct linear {
    size_t features, classes;
    double std; /* 0: start at zero */
    bool bias, sigmoid;
};

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    if (setting->shape->classes == 0)
        return kith_fail(ctx, KITH_ECONFIG, "linear needs labelled examples; the data set has no classes");
    if (setting->shape->codes)
        return kith_fail(ctx, KITH_ECONFIG,
                         "linear takes numbers, and the features of the data set are codes; choose a model of "
                         "sequences, such as lstm");
    struct linear *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "linear", 1, &m));
    *m = (struct linear){.features = setting->shape->features,
                         .classes = setting->shape->classes,
                         .std = c->init == 1 ? c->std : 0,
                         .bias = c->bias,
                         .sigmoid = c->outputs == 1};
    *self = m;
    return KITH_OK;
}

static size_t weights(const struct linear *m)
{
    return m->features * m->classes;
}

static size_t dimension(const void *self)
{
    const struct linear *m = self;
    return weights(m) + (m->bias ? m->classes : 0);
}

/* The logits, or their sigmoids, and a copy of these. */
static size_t workspace(const void *self, size_t batch)
{
    const struct linear *m = self;
    return (m->sigmoid ? 2 : 1) * batch * m->classes * sizeof(kith_real);
}

static void init(const void *self, kith_stream *stream, kith_real *x)
{
    const struct linear *m = self;
    kith_clear(dimension(m), x);
    if (m->std > 0) kith_draw_normals(stream, m->std, weights(m), x);
}

static void forward(const struct linear *m, const kith_real *x, const kith_batch *batch, kith_real *outputs)
{
    kith_dense(batch->count, m->features, m->classes, batch->x, x, m->bias ? x + weights(m) : NULL, outputs);
    if (m->sigmoid) kith_sigmoid(batch->count * m->classes, outputs);
}

/* Returns the mean loss; `work` begins with its gradient by the logits. */
static double losses(const struct linear *m, const kith_real *x, const kith_batch *batch, kith_real *work)
{
    const size_t n = batch->count * m->classes;
    kith_real *sigmoid = work + n;
    forward(m, x, batch, work);
    if (m->sigmoid) kith_copy(n, work, sigmoid);
    const double sum = kith_softmax_loss(batch->count, m->classes, work, batch->label, work, NULL);
    for (size_t k = 0; m->sigmoid && k < n; k++)
        work[k] *= sigmoid[k] * (1 - sigmoid[k]);
    return sum / (double)batch->count;
}

static void gradient(const void *self, const kith_real *x, const kith_batch *batch, void *work, kith_real *g,
                     double *loss)
{
    const struct linear *m = self;
    *loss = losses(m, x, batch, work);
    kith_dense_backward(batch->count, m->features, m->classes, batch->x, x, work, g, m->bias ? g + weights(m) : NULL,
                        NULL);
}

static void gradient_to(const void *self, const kith_real *x, const kith_batch *batch, void *work, kith_real *g,
                        const kith_sink *sink, double *loss)
{
    const struct linear *m = self;
    *loss = losses(m, x, batch, work);
    kith_dense_backward_to(batch->count, m->features, m->classes, batch->x, x, work, g, sink, 0,
                           m->bias ? weights(m) : SIZE_MAX, NULL);
}

static void evaluate(const void *self, const kith_real *x, const kith_batch *batch, void *work, kith_score *score)
{
    const struct linear *m = self;
    uint64_t correct = 0;
    forward(m, x, batch, work);
    score->loss += kith_softmax_loss(batch->count, m->classes, work, batch->label, NULL, &correct);
    score->correct += correct;
    score->count += batch->count;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .gradient_to = gradient_to};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "linear",
    .version = "1.0",
    .summary = "multinomial logistic regression; d = C F + C",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
