/* Multinomial logistic regression; on real targets linear regression, whose loss is |x'a - y|^2 / 2.
 *
 * Layout of x: weights, then bias (O) if there is one, of O = C classes or T targets; d = O F + O. The weights are
 * (F, O) for O >= KITH_DENSE_WIDE, else (O, F), as kith_dense takes them.
 */
#include <kith/kith.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* What is summed of real targets beside the loss. */
enum { SQUARED, ABSOLUTE };

struct config {
    int init;
    double std;
    bool bias;
    int outputs;
    int64_t top;
};

static const kith_param params[] = {
    {"init", KITH_TYPE_CHOICE, 0, offsetof(struct config, init), "zero", "zero|normal", "",
     "initial weights: all zero, or independent normals; the bias starts at zero"},
    {"std", KITH_TYPE_REAL, "init = normal", offsetof(struct config, std), "0.01", "(0,inf)", "",
     "standard deviation of normal initial weights"},
    {"bias", KITH_TYPE_BOOL, 0, offsetof(struct config, bias), "yes", "", "",
     "whether each class or target has a bias"},
    {"outputs", KITH_TYPE_CHOICE, 0, offsetof(struct config, outputs), "logits", "logits|sigmoid", "",
     "what the softmax is taken of: the logits, or their sigmoids, as in much code for benchmarks; no class can be "
     "more "
     "than e times as likely as another then"},
    {"top", KITH_TYPE_INT, 0, offsetof(struct config, top), "0", "0..", "classes",
     "tests also count the examples whose class is among so many most likely ones, as test_topN; 0: not"},
};

struct linear {
    size_t features, outputs;
    double std; /* 0: start at zero */
    bool bias, sigmoid, real;
    size_t top;
    char top_name[32];
};

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    const kith_shape *shape = setting->shape;
    if (shape->classes == 0 && shape->targets == 0)
        return kith_fail(ctx, KITH_ECONFIG,
                         "linear needs labelled examples; the data set has no classes and no real targets");
    if (shape->targets && (c->outputs == 1 || c->top))
        return kith_fail(ctx, KITH_ECONFIG, "linear.%s is for classes, and the data set has real targets; leave it out",
                         c->outputs == 1 ? "outputs = sigmoid" : "top");
    if (shape->codes)
        return kith_fail(ctx, KITH_ECONFIG,
                         "linear takes numbers, and the features of the data set are codes; choose a model of "
                         "sequences, such as lstm");
    struct linear *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "linear", 1, &m));
    *m = (struct linear){.features = shape->features,
                         .outputs = shape->targets ? shape->targets : shape->classes,
                         .std = c->init == 1 ? c->std : 0,
                         .bias = c->bias,
                         .sigmoid = c->outputs == 1,
                         .real = shape->targets > 0,
                         .top = (size_t)c->top};
    snprintf(m->top_name, sizeof m->top_name, "top%zu", m->top);
    *self = m;
    return KITH_OK;
}

static size_t weights(const struct linear *m)
{
    return m->features * m->outputs;
}

static size_t dimension(const void *self)
{
    const struct linear *m = self;
    return weights(m) + (m->bias ? m->outputs : 0);
}

/* The logits, or their sigmoids, and a copy of these. */
static size_t workspace(const void *self, size_t batch)
{
    const struct linear *m = self;
    return (m->sigmoid ? 2 : 1) * batch * m->outputs * sizeof(kith_real);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx;
    const struct linear *m = self;
    kith_clear(dimension(m), x);
    if (m->std > 0) kith_draw_normals(stream, m->std, weights(m), x);
    return KITH_OK;
}

static void forward(const struct linear *m, const kith_real *x, const kith_batch *batch, kith_real *outputs)
{
    kith_dense(batch->count, m->features, m->outputs, batch->x, x, m->bias ? x + weights(m) : NULL, outputs);
    if (m->sigmoid) kith_sigmoid(batch->count * m->outputs, outputs);
}

/* Outputs become their distances from the targets; returns half their squares' sum, and adds to the sums of a score. */
static double distances(size_t n, const kith_real *target, kith_real *outputs, double more[2])
{
    double squares = 0;
    for (size_t k = 0; k < n; k++) {
        outputs[k] -= target[k];
        squares += (double)outputs[k] * (double)outputs[k];
        more[ABSOLUTE] += fabs((double)outputs[k]);
    }
    more[SQUARED] += squares;
    return squares / 2;
}

/* Returns the mean loss; `work` begins with its gradient by the logits. */
static double losses(const struct linear *m, const kith_real *x, const kith_batch *batch, kith_real *work)
{
    const size_t n = batch->count * m->outputs;
    kith_real *sigmoid = work + n;
    forward(m, x, batch, work);
    if (m->real) {
        double more[2] = {0, 0};
        const double half = distances(n, batch->target, work, more);
        kith_scale(n, (kith_real)(1.0 / (double)batch->count), work);
        return half / (double)batch->count;
    }
    if (m->sigmoid) kith_copy(n, work, sigmoid);
    const double sum = kith_softmax_smoothed(batch->count, m->outputs, work, batch->label, batch->smoothing, work);
    for (size_t k = 0; m->sigmoid && k < n; k++)
        work[k] *= sigmoid[k] * (1 - sigmoid[k]);
    return sum / (double)batch->count;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const struct linear *m = self;
    *loss = losses(m, x, batch, work);
    kith_dense_backward(batch->count, m->features, m->outputs, batch->x, x, work, g, m->bias ? g + weights(m) : NULL,
                        NULL);
    return KITH_OK;
}

static kith_status gradient_to(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                               kith_real *g, const kith_sink *sink, double *loss)
{
    (void)ctx;
    const struct linear *m = self;
    *loss = losses(m, x, batch, work);
    kith_dense_backward_to(batch->count, m->features, m->outputs, batch->x, x, work, g, sink, 0,
                           m->bias ? weights(m) : SIZE_MAX, NULL);
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx;
    const struct linear *m = self;
    score->count += batch->count;
    forward(m, x, batch, work);
    if (m->real) {
        double more[2] = {0, 0};
        score->loss += distances(batch->count * m->outputs, batch->target, work, more);
        for (size_t k = 0; k < 2; k++)
            score->more[k] += more[k] / (double)m->outputs;
        return KITH_OK;
    }
    uint64_t correct = 0;
    score->loss += kith_softmax_loss(batch->count, m->outputs, work, batch->label, NULL, &correct);
    score->correct += correct;
    if (m->top) score->more[0] += (double)kith_top_count(batch->count, m->outputs, m->top, work, batch->label);
    return KITH_OK;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const struct linear *m = self;
    const kith_block bias = {.shape = {m->outputs}, .kind = KITH_BLOCK_BIAS, .group = KITH_BLOCK_HEAD};
    kith_block weight = kith_block_dense(m->features, m->outputs);
    weight.group = KITH_BLOCK_HEAD;
    KITH_TRY(kith_block_add(list, &weight, "weight"));
    return m->bias ? kith_block_add(list, &bias, "bias") : KITH_OK;
}

/* The mean over targets and examples of squared and absolute distances. */
static size_t scores(const void *self, const char **name)
{
    const struct linear *m = self;
    if (m->real) {
        name[SQUARED] = "mse";
        name[ABSOLUTE] = "mae";
        return 2;
    }
    name[0] = m->top_name;
    return m->top ? 1 : 0;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .gradient_to = gradient_to,
                                 .scores = scores,
                                 .smooths = true};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "linear",
    .version = "1.0",
    .summary = "multinomial logistic regression, or linear regression on real targets; d = C F + C",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
