/* A multilayer perceptron with a softmax at its end.
 *
 * Layout of x, layer by layer from the input: weights, then bias (O). The weights of a layer of I inputs and O outputs
 * are (I, O) for O >= KITH_DENSE_WIDE, else (O, I), as kith_dense takes them. d = sum of I O + O.
 */
#include <kith/kith.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { RELU = 0, TANH = 1 };
enum { HE = 0, XAVIER = 1 };

struct config {
    kith_reals hidden;
    int activation, init;
    int64_t top;
};

static const kith_param params[] = {
    {"hidden", KITH_TYPE_REALS, 0, offsetof(struct config, hidden), "200, 200", "[1,2147483647]", "units",
     "width of each hidden layer, first to last; empty: none"},
    {"activation", KITH_TYPE_CHOICE, 0, offsetof(struct config, activation), "relu", "relu|tanh", "",
     "what follows each hidden layer"},
    {"init", KITH_TYPE_CHOICE, 0, offsetof(struct config, init), "he", "he|xavier", "",
     "variance of the normal initial weights: 2/I (He et al. 2015) or 2/(I+O) (Glorot and Bengio 2010); biases zero"},
    {"top", KITH_TYPE_INT, 0, offsetof(struct config, top), "0", "0..", "classes",
     "tests also count the examples whose class is among so many most likely ones, as test_topN; 0: not"},
};

struct layer {
    size_t in, out;
    size_t weights, bias; /* where they start in x */
};

struct mlp {
    int activation, init;
    size_t dimension;
    size_t widest; /* hidden layer */
    size_t top;
    char top_name[32];
    size_t count; /* layers, the last one included */
    struct layer layer[];
};

/* Vectors in the workspace start at cache lines if the workspace does. */
static size_t padded(size_t reals)
{
    return (reals + 15) / 16 * 16;
}

static kith_status add_layer(kith_ctx *ctx, struct mlp *m, size_t in, size_t out)
{
    size_t weights = 0, bias = 0, end = 0, bytes = 0;
    if (__builtin_mul_overflow(in, out, &weights) || __builtin_add_overflow(m->dimension, weights, &bias) ||
        __builtin_add_overflow(bias, out, &end) || __builtin_mul_overflow(end, sizeof(kith_real), &bytes))
        return kith_fail(ctx, KITH_ECONFIG,
                         "mlp.hidden: layer %zu would have %zu inputs and %zu outputs, more weights "
                         "than memory has addresses; make the layers narrower",
                         m->count + 1, in, out);
    m->layer[m->count++] = (struct layer){.in = in, .out = out, .weights = m->dimension, .bias = bias};
    m->dimension = end;
    return KITH_OK;
}

static kith_status add_layers(kith_ctx *ctx, struct mlp *m, const kith_reals *hidden, const kith_shape *shape)
{
    size_t in = shape->features;
    for (size_t l = 0; l < hidden->count; l++) {
        const double width = hidden->item[l];
        if (!(width >= 1 && width <= INT32_MAX && width == floor(width)))
            return kith_fail(ctx, KITH_ECONFIG,
                             "mlp.hidden: item %zu is %g; the width of a layer is a whole number "
                             "from 1 to %d, as in \"200, 200\"",
                             l + 1, width, INT32_MAX);
        const size_t out = (size_t)width;
        KITH_TRY(add_layer(ctx, m, in, out));
        if (out > m->widest) m->widest = out;
        in = out;
    }
    return add_layer(ctx, m, in, shape->classes);
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    if (setting->shape->classes == 0)
        return kith_fail(ctx, KITH_ECONFIG, "mlp needs labelled examples; the data set has no classes%s",
                         setting->shape->targets ? ", but real targets: choose linear" : "");
    if (setting->shape->codes)
        return kith_fail(ctx, KITH_ECONFIG,
                         "mlp takes numbers, and the features of the data set are codes; choose a model of "
                         "sequences, such as lstm");
    struct mlp *m = NULL;
    KITH_TRY(kith_alloc(ctx, "mlp", 1, sizeof *m + (c->hidden.count + 1) * sizeof m->layer[0], (void **)&m));
    m->activation = c->activation;
    m->init = c->init;
    m->top = (size_t)c->top;
    snprintf(m->top_name, sizeof m->top_name, "top%zu", m->top);
    const kith_status status = add_layers(ctx, m, &c->hidden, setting->shape);
    if (status != KITH_OK) {
        kith_free(m);
        return status;
    }
    *self = m;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    const struct mlp *m = self;
    return m->dimension;
}

/* The outputs of all layers, two vectors for the gradients between them, and a row more: kernels read past a matrix. */
static size_t workspace(const void *self, size_t batch)
{
    const struct mlp *m = self;
    size_t reals = 2 * padded(batch * m->widest) + padded(m->widest);
    for (size_t l = 0; l < m->count; l++)
        reals += padded(batch * m->layer[l].out);
    return reals * sizeof(kith_real);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx;
    const struct mlp *m = self;
    for (size_t l = 0; l < m->count; l++) {
        const struct layer *a = &m->layer[l];
        const double fan = m->init == HE ? (double)a->in : (double)(a->in + a->out);
        kith_draw_normals(stream, sqrt(2 / fan), a->in * a->out, x + a->weights);
        kith_clear(a->out, x + a->bias);
    }
    return KITH_OK;
}

static void hidden_forward(const struct mlp *m, const struct layer *a, size_t rows, const kith_real *x,
                           const kith_real *input, kith_real *y)
{
    if (m->activation == RELU) {
        kith_dense_relu(rows, a->in, a->out, input, x + a->weights, x + a->bias, y);
        return;
    }
    kith_dense(rows, a->in, a->out, input, x + a->weights, x + a->bias, y);
    for (size_t i = 0; i < rows * a->out; i++)
        y[i] = (kith_real)tanh((double)y[i]);
}

/* Writes the outputs of every layer from `work` on; returns the logits, which are the last. */
static kith_real *forward(const struct mlp *m, const kith_real *x, const kith_batch *batch, kith_real *work)
{
    const kith_real *input = batch->x;
    for (size_t l = 0; l + 1 < m->count; l++) {
        hidden_forward(m, &m->layer[l], batch->count, x, input, work);
        input = work;
        work += padded(batch->count * m->layer[l].out);
    }
    const struct layer *last = &m->layer[m->count - 1];
    kith_dense(batch->count, last->in, last->out, input, x + last->weights, x + last->bias, work);
    return work;
}

/* dx <- dx times the slope of the activation whose output was y. */
static void activation_backward(const struct mlp *m, size_t n, const kith_real *y, kith_real *dx)
{
    if (m->activation == RELU) {
        kith_relu_backward(n, y, dx);
        return;
    }
    for (size_t i = 0; i < n; i++)
        dx[i] *= 1 - y[i] * y[i];
}

static void layer_backward(const struct layer *a, size_t rows, const kith_real *x, const kith_real *input,
                           const kith_real *dy, kith_real *g, const kith_sink *sink, kith_real *dx)
{
    const kith_real *w = x + a->weights;
    if (sink)
        kith_dense_backward_to(rows, a->in, a->out, input, w, dy, g, sink, a->weights, a->bias, dx);
    else
        kith_dense_backward(rows, a->in, a->out, input, w, dy, g + a->weights, g + a->bias, dx);
}

static void backward(const struct mlp *m, const kith_real *x, const kith_batch *batch, kith_real *logits, kith_real *g,
                     const kith_sink *sink)
{
    const struct layer *last = &m->layer[m->count - 1];
    kith_real *dy = logits;
    kith_real *dx = logits + padded(batch->count * last->out);
    kith_real *spare = dx + padded(batch->count * m->widest);
    const kith_real *y = logits;
    for (size_t l = m->count - 1; l > 0; l--) {
        const struct layer *a = &m->layer[l];
        y -= padded(batch->count * a->in);
        layer_backward(a, batch->count, x, y, dy, g, sink, dx);
        activation_backward(m, batch->count * a->in, y, dx);
        dy = dx;
        dx = spare;
        spare = dy;
    }
    layer_backward(&m->layer[0], batch->count, x, batch->x, dy, g, sink, NULL);
}

static kith_status gradient_to(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                               kith_real *g, const kith_sink *sink, double *loss)
{
    (void)ctx;
    const struct mlp *m = self;
    const size_t classes = m->layer[m->count - 1].out;
    kith_real *logits = forward(m, x, batch, work);
    *loss = kith_softmax_smoothed(batch->count, classes, logits, batch->label, batch->smoothing, logits) /
            (double)batch->count;
    backward(m, x, batch, logits, g, sink);
    return KITH_OK;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    return gradient_to(self, ctx, x, batch, work, g, NULL, loss);
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx;
    const struct mlp *m = self;
    const size_t classes = m->layer[m->count - 1].out;
    uint64_t correct = 0;
    const kith_real *logits = forward(m, x, batch, work);
    score->loss += kith_softmax_loss(batch->count, classes, logits, batch->label, NULL, &correct);
    score->correct += correct;
    score->count += batch->count;
    if (m->top) score->more[0] += (double)kith_top_count(batch->count, classes, m->top, logits, batch->label);
    return KITH_OK;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const struct mlp *m = self;
    for (size_t l = 0; l < m->count; l++) {
        const uint32_t group = l + 1 == m->count ? KITH_BLOCK_HEAD : KITH_BLOCK_BODY;
        const kith_block bias = {.shape = {m->layer[l].out}, .kind = KITH_BLOCK_BIAS, .group = group};
        kith_block weight = kith_block_dense(m->layer[l].in, m->layer[l].out);
        weight.group = group;
        KITH_TRY(kith_block_add(list, &weight, "layers.%zu.weight", l));
        KITH_TRY(kith_block_add(list, &bias, "layers.%zu.bias", l));
    }
    return KITH_OK;
}

/* Blocks 2 l and 2 l + 1 are the weights and the bias of layer l. */
static kith_status units(const void *self, kith_ctx *ctx, kith_unit_list *list)
{
    (void)ctx;
    const struct mlp *m = self;
    for (size_t l = 0; l + 1 < m->count; l++) {
        KITH_TRY(kith_units_begin(list));
        KITH_TRY(kith_units_along(list, 2 * l, 0));
        KITH_TRY(kith_units_along(list, 2 * l + 1, 0));
        KITH_TRY(kith_units_along(list, 2 * l + 2, 1));
    }
    return KITH_OK;
}

static size_t scores(const void *self, const char **name)
{
    const struct mlp *m = self;
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
                                 .units = units,
                                 .smooths = true};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "mlp",
    .version = "1.0",
    .summary = "multilayer perceptron with softmax; d = sum over layers of I O + O",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
