/* Convolutional networks with a softmax at their end, described layer by layer or chosen by name.
 *
 * Layout of x: the layers' parameters in the order of the description, weights before bias. A convolution's weights are
 * (R, R, C, O); a dense layer's (I, O) for O >= KITH_DENSE_WIDE, else (O, I), where its inputs are an image's pixels,
 * row by row, with the channels of a pixel together; a GroupNorm has gamma (C), then beta (C).
 */
#include "cnn.h"

#include <math.h>
#include <stdio.h>

enum { NONE = 0, HE = 0, HE_UNIFORM, XAVIER, XAVIER_UNIFORM };

/* How many examples go through the network at once, whatever the batch: what a step needs stays in caches, and tests
 * on large lanes need no more memory than training. */
enum { SLICE = 64 };

struct config {
    int preset, init;
    const char *layers;
    int64_t top;
};

static const kith_param params[] = {
    {"preset", KITH_TYPE_CHOICE, 0, offsetof(struct config, preset), "none", "none|mcmahan|niid-bench|pfl|gossip-lenet",
     "",
     "a published network: mnist-cnn of arXiv 1602.05629, the LeNet of 2102.02079, the network of 2404.06430, "
     "or the LeNet of gossip benchmarks; none with no layers: niid-bench"},
    {"layers", KITH_TYPE_STRING, "preset = none", offsetof(struct config, layers), "", "", "",
     "layers separated by commas: conv FILTERS SIDE [pad ROWS], pool SIDE, relu, groupnorm GROUPS, dropout RATE, "
     "dense [UNITS]; the last is dense without a number"},
    {"init", KITH_TYPE_CHOICE, 0, offsetof(struct config, init), "he", "he|he-uniform|xavier|xavier-uniform", "",
     "initial weights: variance 2/fan-in (He et al. 2015) or 2/(fan-in + fan-out) (Glorot and Bengio 2010), normal or "
     "uniform; biases zero"},
    {"top", KITH_TYPE_INT, 0, offsetof(struct config, top), "0", "0..", "classes",
     "tests also count the examples whose class is among so many most likely ones, as test_topN; 0: not"},
};

static const char *const preset_name[] = {"none", "mcmahan", "niid-bench", "pfl", "gossip-lenet"};
static const char *const preset_layers[] = {
    "conv 6 5, relu, pool 2, conv 16 5, relu, pool 2, dense 120, relu, dense 84, relu, dense",
    "conv 32 5 pad 2, relu, pool 2, conv 64 5 pad 2, relu, pool 2, dense 512, relu, dense",
    "conv 6 5, relu, pool 2, conv 16 5, relu, pool 2, dense 120, relu, dense 84, relu, dense",
    "conv 32 3, relu, conv 64 3, relu, pool 2, dropout 0.25, dense 128, relu, dropout 0.5, dense",
    ("conv 32 5 pad 2, groupnorm 2, relu, pool 2, conv 32 5 pad 2, groupnorm 2, relu, pool 2, "
     "conv 64 5 pad 2, groupnorm 2, relu, pool 2, dense"),
};

struct cnn {
    int init;
    size_t top;
    char top_name[32];
    cnn_plan plan;
};

static kith_status make_plan(kith_ctx *ctx, const struct config *c, const kith_shape *shape, cnn_plan *plan)
{
    static const char *const keys[] = {"cnn.preset = none", "cnn.preset = mcmahan", "cnn.preset = niid-bench",
                                       "cnn.preset = pfl", "cnn.preset = gossip-lenet"};
    const bool own = c->layers[0] != '\0';
    if (own && c->preset != NONE)
        return kith_fail(ctx, KITH_ECONFIG, "cnn.preset = %s and cnn.layers both describe the network; leave one out",
                         preset_name[c->preset]);
    cnn_layer layer[CNN_LAYERS];
    size_t count = 0;
    const char *key = own ? "cnn.layers" : keys[c->preset];
    KITH_TRY(cnn_read(ctx, key, own ? c->layers : preset_layers[c->preset], layer, &count));
    return cnn_plan_make(ctx, key, layer, count, shape, plan);
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    const kith_shape *shape = setting->shape;
    if (shape->classes == 0)
        return kith_fail(ctx, KITH_ECONFIG, "cnn needs labelled examples; the data set has no classes%s",
                         shape->targets ? ", but real targets: choose linear" : "");
    if (shape->channels == 0)
        return kith_fail(ctx, KITH_ECONFIG,
                         "cnn needs images; the data set gives %zu numbers without height and width, so "
                         "choose mlp or linear",
                         shape->features);
    struct cnn *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "cnn", 1, &m));
    m->init = c->init;
    m->top = (size_t)c->top;
    snprintf(m->top_name, sizeof m->top_name, "top%zu", m->top);
    const kith_status status = make_plan(ctx, c, shape, &m->plan);
    if (status != KITH_OK) {
        kith_free(m);
        return status;
    }
    *self = m;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    const struct cnn *m = self;
    return m->plan.dimension;
}

/* --- the workspace: input, then what each step keeps, two gradients, scratch, a whole gradient --- */

/* Vectors start at cache lines if the workspace does, with room after them for kernels that look past a matrix. */
static size_t padded(size_t reals)
{
    return (reals + 2 * 16 - 1) / 16 * 16;
}

static bool in_place(const cnn_step *s)
{
    return s->kind == CNN_STEP_BIAS || s->kind == CNN_STEP_RELU || s->kind == CNN_STEP_DROPOUT;
}

/* What a step must keep for the way back beside its output. */
static size_t kept(const cnn_step *s, size_t rows)
{
    switch (s->kind) {
    case CNN_STEP_POOL:
    case CNN_STEP_DROPOUT:
        return padded(rows * s->out);
    case CNN_STEP_NORM:
        return padded(rows * s->norm.groups * 2);
    case CNN_STEP_NORM_POOL:
        return padded(rows * s->out) + padded(rows * s->norm_pool.norm.groups * 2);
    default:
        return 0;
    }
}

static size_t output(const cnn_step *s, size_t rows)
{
    return in_place(s) ? 0 : padded(rows * s->out);
}

/* Ends with room for a row of any matrix, which kernels may look at. */
static size_t slice_reals(const cnn_plan *p, size_t rows)
{
    size_t reals = padded(rows * p->channels * p->pixels) + 2 * padded(rows * p->widest) + padded(p->scratch);
    for (size_t i = 0; i < p->count; i++)
        reals += output(&p->step[i], rows) + kept(&p->step[i], rows);
    return reals + padded(p->widest);
}

static size_t workspace(const void *self, size_t batch)
{
    const cnn_plan *p = &((const struct cnn *)self)->plan;
    const size_t reals = slice_reals(p, batch < SLICE ? batch : SLICE) + (batch > SLICE ? p->dimension : 0);
    return reals * sizeof(kith_real);
}

/* --- forward --- */

struct pass {
    const cnn_plan *plan;
    const kith_real *x; /* the model */
    size_t rows;
    kith_stream *noise;
    double smoothing;
    kith_real *dx[2], *scratch, *input;
    kith_real *in[2 * CNN_LAYERS], *out[2 * CNN_LAYERS],
        *keep[2 * CNN_LAYERS]; /* by step; in and out may be the same */
};

static void cut_up(struct pass *p, const struct cnn *m, size_t rows, kith_real *work)
{
    const cnn_plan *plan = &m->plan;
    p->plan = plan;
    p->rows = rows;
    p->dx[0] = work;
    p->dx[1] = p->dx[0] + padded(rows * plan->widest);
    p->scratch = p->dx[1] + padded(rows * plan->widest);
    p->input = p->scratch + padded(plan->scratch);
    kith_real *in = p->input, *at = in + padded(rows * plan->channels * plan->pixels);
    for (size_t i = 0; i < plan->count; i++) {
        p->in[i] = in;
        p->out[i] = in_place(&plan->step[i]) ? in : at;
        p->keep[i] = at + output(&plan->step[i], rows);
        at = p->keep[i] + kept(&plan->step[i], rows);
        in = p->out[i];
    }
}

static void step_forward(const struct pass *p, size_t i)
{
    const cnn_step *s = &p->plan->step[i];
    const kith_real *in = p->in[i], *w = p->x + s->weights, *bias = p->x + s->bias;
    kith_real *out = p->out[i], *keep = p->keep[i];
    const size_t n = p->rows * s->out;
    switch (s->kind) {
    case CNN_STEP_CONV:
        kith_conv_forward(&s->conv, p->rows, in, w, s->biased ? bias : NULL, p->scratch, out);
        break;
    case CNN_STEP_BIAS:
        (s->relu ? kith_bias_relu : kith_bias)(n / s->channels, s->channels, bias, out);
        break;
    case CNN_STEP_POOL:
        kith_pool_forward(&s->pool, p->rows, in, out, keep);
        break;
    case CNN_STEP_NORM:
        kith_groupnorm_forward(&s->norm, p->rows, in, w, bias, p->scratch, out, keep);
        break;
    case CNN_STEP_NORM_POOL:
        kith_norm_pool_forward(&s->norm_pool, p->rows, in, w, bias, p->scratch, out, keep, keep + padded(n));
        break;
    case CNN_STEP_RELU:
        kith_relu(n, out);
        break;
    case CNN_STEP_DROPOUT:
        if (p->noise) kith_dropout(n, s->rate, p->noise, out, keep);
        break;
    case CNN_STEP_DENSE:
        (s->relu ? kith_dense_relu : kith_dense)(p->rows, s->in, s->out, in, w, bias, out);
        break;
    }
}

/* Returns the logits. */
static kith_real *forward(const struct pass *p, const kith_real *examples)
{
    kith_interleave(p->rows, p->plan->channels, p->plan->pixels, examples, p->input);
    for (size_t i = 0; i < p->plan->count; i++)
        step_forward(p, i);
    return p->out[p->plan->count - 1];
}

/* --- backward --- */

/* Where gradients go: into g (d), or piece by piece to a sink, and then g is scratch. */
struct target {
    kith_real *g;
    const kith_sink *sink;
};

/* A piece that was written where it belongs in g. */
static void hand_over(const struct target *to, size_t first, size_t count)
{
    if (to->sink) to->sink->take(to->sink->arg, first, count, to->g + first);
}

static void dense_backward(const struct pass *p, size_t i, const kith_real *dy, kith_real *dx, const struct target *to)
{
    const cnn_step *s = &p->plan->step[i];
    const kith_real *in = p->in[i], *w = p->x + s->weights;
    if (to->sink)
        kith_dense_backward_to(p->rows, s->in, s->out, in, w, dy, to->g, to->sink, s->weights, s->bias, dx);
    else
        kith_dense_backward(p->rows, s->in, s->out, in, w, dy, to->g + s->weights, to->g + s->bias, dx);
}

/* The gradient dy at the step's output becomes that at its input, in place or in dx; returns where it is. */
static kith_real *step_backward(const struct pass *p, size_t i, kith_real *dy, kith_real *dx, const struct target *to)
{
    const cnn_step *s = &p->plan->step[i];
    const kith_real *in = p->in[i], *out = p->out[i], *keep = p->keep[i], *w = p->x + s->weights;
    kith_real *gw = to->g + s->weights, *gbias = to->g + s->bias;
    const size_t n = p->rows * s->out;
    if (s->relu) kith_relu_backward(n, out, dy);
    switch (s->kind) {
    case CNN_STEP_CONV:
        kith_conv_backward(&s->conv, p->rows, in, w, dy, p->scratch, gw, s->biased ? gbias : NULL, dx);
        hand_over(to, s->weights, (s->fan_in + s->biased) * s->channels);
        return dx;
    case CNN_STEP_BIAS:
        kith_bias_backward(n / s->channels, s->channels, dy, gbias);
        hand_over(to, s->bias, s->channels);
        return dy;
    case CNN_STEP_POOL:
        kith_pool_backward(&s->pool, p->rows, dy, keep, dx);
        return dx;
    case CNN_STEP_NORM:
        kith_groupnorm_backward(&s->norm, p->rows, in, w, keep, dy, p->scratch, gw, gbias, dx);
        hand_over(to, s->weights, 2 * s->channels);
        return dx;
    case CNN_STEP_NORM_POOL:
        kith_norm_pool_backward(&s->norm_pool, p->rows, in, w, keep + padded(n), dy, keep, p->scratch, gw, gbias, dx);
        hand_over(to, s->weights, 2 * s->channels);
        return dx;
    case CNN_STEP_RELU:
        kith_relu_backward(n, out, dy);
        return dy;
    case CNN_STEP_DROPOUT:
        if (p->noise) kith_multiply(n, keep, dy);
        return dy;
    case CNN_STEP_DENSE:
        dense_backward(p, i, dy, dx, to);
        return dx;
    }
    return dy;
}

static void backward(const struct pass *p, kith_real *dy, const struct target *to)
{
    for (size_t i = p->plan->count; i-- > p->plan->first;) {
        kith_real *spare = dy == p->dx[0] ? p->dx[1] : p->dx[0];
        dy = step_backward(p, i, dy, i > p->plan->first ? spare : NULL, to);
    }
}

/* --- the model --- */

/* The gradient of the mean over one slice. Returns the sum of its losses. */
static double slice_gradient(struct pass *p, const kith_real *examples, const int32_t *label, const struct target *to)
{
    kith_real *logits = forward(p, examples);
    const double loss = kith_softmax_smoothed(p->rows, p->plan->classes, logits, label, p->smoothing, logits);
    backward(p, logits, to);
    return loss;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const struct cnn *m = self;
    const cnn_plan *plan = &m->plan;
    struct pass p = {.x = x, .noise = batch->noise, .smoothing = batch->smoothing};
    const size_t slice = batch->count < SLICE ? batch->count : SLICE;
    kith_real *part = (kith_real *)work + slice_reals(plan, slice);
    double sum = 0;
    for (size_t first = 0; first < batch->count; first += SLICE) {
        const size_t rows = batch->count - first < SLICE ? batch->count - first : SLICE;
        const struct target to = {.g = first ? part : g};
        cut_up(&p, m, rows, work);
        sum += slice_gradient(&p, batch->x + first * plan->channels * plan->pixels, batch->label + first, &to);
        if (rows == batch->count) continue;
        const kith_real share = (kith_real)((double)rows / (double)batch->count);
        if (first)
            kith_axpy(plan->dimension, share, part, g);
        else
            kith_scale(plan->dimension, share, g);
    }
    *loss = sum / (double)batch->count;
    return KITH_OK;
}

/* Slices have to be added up first. */
static kith_status gradient_to(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                               kith_real *g, const kith_sink *sink, double *loss)
{
    (void)ctx;
    const struct cnn *m = self;
    struct pass p = {.x = x, .noise = batch->noise, .smoothing = batch->smoothing};
    const struct target to = {.g = g, .sink = sink};
    if (batch->count > SLICE) {
        KITH_TRY(gradient(self, ctx, x, batch, work, g, loss));
        sink->take(sink->arg, 0, m->plan.dimension, g);
        return KITH_OK;
    }
    cut_up(&p, m, batch->count, work);
    *loss = slice_gradient(&p, batch->x, batch->label, &to) / (double)batch->count;
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)ctx;
    const struct cnn *m = self;
    struct pass p = {.x = x};
    for (size_t first = 0; first < batch->count; first += SLICE) {
        uint64_t correct = 0;
        cut_up(&p, m, batch->count - first < SLICE ? batch->count - first : SLICE, work);
        const kith_real *logits = forward(&p, batch->x + first * m->plan.channels * m->plan.pixels);
        score->loss += kith_softmax_loss(p.rows, m->plan.classes, logits, batch->label + first, NULL, &correct);
        score->correct += correct;
        if (m->top)
            score->more[0] += (double)kith_top_count(p.rows, m->plan.classes, m->top, logits, batch->label + first);
    }
    score->count += batch->count;
    return KITH_OK;
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx;
    const struct cnn *m = self;
    for (size_t i = 0; i < m->plan.count; i++) {
        const cnn_step *s = &m->plan.step[i];
        if (s->kind == CNN_STEP_NORM || s->kind == CNN_STEP_NORM_POOL) {
            for (size_t c = 0; c < s->channels; c++)
                x[s->weights + c] = 1;
            kith_clear(s->channels, x + s->bias);
        }
        if (s->kind != CNN_STEP_CONV && s->kind != CNN_STEP_DENSE) continue;
        const double fan = (double)s->fan_in + (m->init >= XAVIER ? (double)s->fan_out : 0);
        const size_t weights = s->bias - s->weights;
        if (m->init == HE || m->init == XAVIER)
            kith_draw_normals(stream, sqrt(2 / fan), weights, x + s->weights);
        else /* a uniform number on [-a, a) has variance a^2/3 */
            for (size_t w = 0; w < weights; w++)
                x[s->weights + w] = (kith_real)(sqrt(6 / fan) * (2 * kith_draw_uniform(stream) - 1));
        kith_clear(s->channels, x + s->bias);
    }
    return KITH_OK;
}

/* Weights as they lie; PyTorch has channels before rows, and a dense layer's inputs in that order, too. */
static kith_block weight_block(const cnn_step *s)
{
    const kith_conv *c = &s->conv;
    if (s->kind == CNN_STEP_CONV)
        return (kith_block){.shape = {c->side, c->side, c->channels, c->filters}, .axis = {3, 2, 0, 1}};
    if (s->kind != CNN_STEP_DENSE) return (kith_block){.shape = {s->channels}, .kind = KITH_BLOCK_NORM};
    const size_t channels = s->in / (s->height * s->width);
    if (s->height * s->width == 1) return kith_block_dense(s->in, s->out);
    if (kith_dense_by_input(s->out))
        return (kith_block){.shape = {s->height, s->width, channels, s->out}, .axis = {3, 2, 0, 1}, .joined = 3};
    return (kith_block){.shape = {s->out, s->height, s->width, channels}, .axis = {0, 3, 1, 2}, .joined = 3};
}

static bool has_weights(const cnn_step *s)
{
    return s->kind == CNN_STEP_CONV || s->kind == CNN_STEP_DENSE || s->kind == CNN_STEP_NORM ||
           s->kind == CNN_STEP_NORM_POOL;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const cnn_plan *plan = &((const struct cnn *)self)->plan;
    for (size_t i = 0; i < plan->count; i++) {
        const cnn_step *s = &plan->step[i];
        if (!has_weights(s)) continue;
        kith_block weight = weight_block(s), bias = {.shape = {s->channels}, .kind = KITH_BLOCK_BIAS};
        weight.group = bias.group = i + 1 == plan->count ? KITH_BLOCK_HEAD : KITH_BLOCK_BODY;
        if (weight.kind == KITH_BLOCK_NORM) bias.kind = KITH_BLOCK_NORM;
        KITH_TRY(kith_block_add(list, &weight, "layers.%zu.weight", s->layer));
        KITH_TRY(kith_block_add(list, &bias, "layers.%zu.bias", s->layer));
    }
    return KITH_OK;
}

/* Channels of one layer are inputs of the next; norms between them have one gain and shift each. */
static kith_status units(const void *self, kith_ctx *ctx, kith_unit_list *list)
{
    (void)ctx;
    const cnn_plan *plan = &((const struct cnn *)self)->plan;
    bool begun = false;
    size_t block = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cnn_step *s = &plan->step[i];
        const bool norm = s->kind == CNN_STEP_NORM || s->kind == CNN_STEP_NORM_POOL;
        if (!has_weights(s)) continue;
        if (norm && begun)
            KITH_TRY(kith_units_grouped(list, s->kind == CNN_STEP_NORM ? s->norm.groups : s->norm_pool.norm.groups));
        if (!norm && begun) KITH_TRY(kith_units_along(list, block, 1));
        if (i + 1 == plan->count) break;
        if (!norm) KITH_TRY(kith_units_begin(list));
        begun = begun || !norm;
        if (begun) KITH_TRY(kith_units_along(list, block, 0));
        if (begun) KITH_TRY(kith_units_along(list, block + 1, 0));
        block += 2;
    }
    return KITH_OK;
}

static size_t scores(const void *self, const char **name)
{
    const struct cnn *m = self;
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
    .id = "cnn",
    .version = "1.0",
    .summary = "convolutional network with softmax, described layer by layer",
    .reference = "",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
