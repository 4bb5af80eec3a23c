#include "cnn.h"

/* Larger networks would overflow the interface to the matrix library, and memory before that. */
static const double most = INT32_MAX;

struct planner {
    kith_ctx *ctx;
    const char *key;
    cnn_plan *plan;
    size_t channels, height, width; /* of what the next step gets */
    size_t layer;                   /* the one that is being added */
};

static size_t most_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static kith_status add(struct planner *p, const cnn_layer *l, cnn_step step, size_t channels, size_t height,
                       size_t width)
{
    const double out = (double)channels * (double)height * (double)width;
    if (out > most)
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: the layer at character %zu has %.0f outputs per example, more than "
                         "2147483647; make it narrower",
                         p->key, l->at, out);
    cnn_plan *plan = p->plan;
    step.in = p->channels * p->height * p->width;
    step.out = channels * height * width;
    step.channels = channels;
    step.height = p->height;
    step.width = p->width;
    step.layer = p->layer;
    p->channels = channels;
    p->height = height;
    p->width = width;
    plan->widest = most_of(plan->widest, step.out);
    plan->step[plan->count++] = step;
    return KITH_OK;
}

/* Room in x for weights and biases, in this order. */
static kith_status claim(struct planner *p, const cnn_layer *l, double weights, size_t biases, size_t *at_weights,
                         size_t *at_bias)
{
    cnn_plan *plan = p->plan;
    const double d = (double)plan->dimension + weights + (double)biases;
    if (d > most)
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: with the layer at character %zu the model has %.0f parameters, more "
                         "than 2147483647; make it narrower",
                         p->key, l->at, d);
    if (plan->dimension == 0) plan->first = plan->count;
    *at_weights = plan->dimension;
    *at_bias = plan->dimension + (size_t)weights;
    plan->dimension = *at_bias + biases;
    return KITH_OK;
}

/* H and W must hold a window of this side. */
static kith_status check_window(const struct planner *p, const cnn_layer *l, const char *what, size_t side, size_t pad)
{
    if (side <= p->height + 2 * pad && side <= p->width + 2 * pad) return KITH_OK;
    return kith_fail(p->ctx, KITH_ECONFIG,
                     "%s: %s at character %zu has a side of %zu and gets images of %zu x %zu; make "
                     "the side smaller or leave the layer out",
                     p->key, what, l->at, side, p->height, p->width);
}

static kith_status add_pool(struct planner *p, const cnn_layer *l)
{
    KITH_TRY(check_window(p, l, "pool", l->size, 0));
    const cnn_step step = {.kind = CNN_STEP_POOL,
                           .pool = {.channels = p->channels, .height = p->height, .width = p->width, .side = l->size}};
    return add(p, l, step, p->channels, p->height / l->size, p->width / l->size);
}

static kith_status add_same(struct planner *p, const cnn_layer *l, cnn_step step)
{
    return add(p, l, step, p->channels, p->height, p->width);
}

static bool at(const cnn_layer *layer, size_t left, size_t i, cnn_word word)
{
    return i < left && layer[i].word == word;
}

/* Pooling commutes with what is monotonic: the ReLU, and (rounded) addition of a bias that a window shares. Done before
 * them it leaves them a quarter of the work. Gradients are the same but where entries of a window tie. How many layers,
 * this one and its pool and ReLU, are taken together; *pool: which of them pools, or 0. */
static size_t pool_early(const cnn_layer *layer, size_t left, size_t *pool, bool *relu)
{
    size_t i = 1;
    *relu = at(layer, left, i, CNN_RELU);
    i += *relu;
    *pool = at(layer, left, i, CNN_POOL) ? i++ : 0;
    if (*pool && !*relu && at(layer, left, i, CNN_RELU)) {
        *relu = true;
        i++;
    }
    return i;
}

static kith_status add_conv(struct planner *p, const cnn_layer *layer, size_t left, size_t *used)
{
    const cnn_layer *l = layer;
    KITH_TRY(check_window(p, l, "conv", l->side, l->pad));
    cnn_step step = {.kind = CNN_STEP_CONV,
                     .conv = {.channels = p->channels,
                              .height = p->height,
                              .width = p->width,
                              .filters = l->size,
                              .side = l->side,
                              .pad = l->pad}};
    const double patch = (double)l->side * (double)l->side * (double)p->channels;
    KITH_TRY(claim(p, l, patch * (double)l->size, l->size, &step.weights, &step.bias));
    step.fan_in = l->side * l->side * p->channels;
    step.fan_out = l->side * l->side * l->size;
    size_t pool = 0;
    cnn_step bias = {.kind = CNN_STEP_BIAS, .bias = step.bias};
    *used = pool_early(layer, left, &pool, &bias.relu);
    step.biased = pool == 0;
    KITH_TRY(add(p, l, step, l->size, kith_conv_extent(p->height, l->side, l->pad),
                 kith_conv_extent(p->width, l->side, l->pad)));
    p->plan->scratch = most_of(p->plan->scratch, kith_conv_scratch(&step.conv));
    if (pool) {
        KITH_TRY(add_pool(p, &layer[pool]));
        return add_same(p, l, bias);
    }
    return bias.relu ? add_same(p, l, (cnn_step){.kind = CNN_STEP_RELU}) : KITH_OK;
}

static kith_status add_norm(struct planner *p, const cnn_layer *layer, size_t left, size_t *used)
{
    const cnn_layer *l = layer;
    if (p->channels % l->size)
        return kith_fail(p->ctx, KITH_ECONFIG,
                         "%s: groupnorm at character %zu has %zu groups, which do not divide the %zu "
                         "channels it gets; choose a divisor",
                         p->key, l->at, l->size, p->channels);
    const kith_groupnorm norm = {.channels = p->channels, .pixels = p->height * p->width, .groups = l->size};
    kith_norm_pool both = {.norm = norm, .width = p->width};
    size_t pool = 0;
    *used = pool_early(layer, left, &pool, &both.relu);
    cnn_step step = {.kind = CNN_STEP_NORM, .norm = norm};
    KITH_TRY(claim(p, l, (double)p->channels, p->channels, &step.weights, &step.bias));
    p->plan->scratch = most_of(p->plan->scratch, 4 * p->channels);
    if (pool && layer[pool].size == 2 && kith_norm_pool_fits(&both)) {
        step.kind = CNN_STEP_NORM_POOL;
        step.norm_pool = both;
        return add(p, l, step, p->channels, p->height / 2, p->width / 2);
    }
    KITH_TRY(add_same(p, l, step));
    if (pool) KITH_TRY(add_pool(p, &layer[pool]));
    return both.relu ? add_same(p, l, (cnn_step){.kind = CNN_STEP_RELU}) : KITH_OK;
}

static kith_status add_dense(struct planner *p, const cnn_layer *layer, size_t left, size_t *used)
{
    const size_t in = p->channels * p->height * p->width, out = layer->size ? layer->size : p->plan->classes;
    cnn_step step = {.kind = CNN_STEP_DENSE, .fan_in = in, .fan_out = out, .relu = at(layer, left, 1, CNN_RELU)};
    KITH_TRY(claim(p, layer, (double)in * (double)out, out, &step.weights, &step.bias));
    *used = 1 + step.relu;
    return add(p, layer, step, out, 1, 1);
}

static kith_status add_layer(struct planner *p, const cnn_layer *layer, size_t left, size_t *used)
{
    *used = 1;
    switch (layer->word) {
    case CNN_CONV:
        return add_conv(p, layer, left, used);
    case CNN_POOL:
        return add_pool(p, layer);
    case CNN_RELU:
        return add_same(p, layer, (cnn_step){.kind = CNN_STEP_RELU});
    case CNN_GROUPNORM:
        return add_norm(p, layer, left, used);
    case CNN_DROPOUT:
        return add_same(p, layer, (cnn_step){.kind = CNN_STEP_DROPOUT, .rate = layer->rate});
    case CNN_DENSE:
        return add_dense(p, layer, left, used);
    }
    return KITH_OK;
}

kith_status cnn_plan_make(kith_ctx *ctx, const char *key, const cnn_layer *layer, size_t count, const kith_shape *shape,
                          cnn_plan *plan)
{
    *plan = (cnn_plan){.channels = shape->channels,
                       .pixels = shape->height * shape->width,
                       .widest = shape->features,
                       .classes = shape->classes};
    struct planner p = {.ctx = ctx,
                        .key = key,
                        .plan = plan,
                        .channels = shape->channels,
                        .height = shape->height,
                        .width = shape->width};
    for (size_t used = 0; p.layer < count; p.layer += used)
        KITH_TRY(add_layer(&p, &layer[p.layer], count - p.layer, &used));
    return KITH_OK;
}
