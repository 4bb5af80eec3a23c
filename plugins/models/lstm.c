/* A character model: embedding, layers of long short-term memory, and a softmax over the next code after every one.
 *
 * An example is a sequence of F codes 0..V-1, x_0 .. x_{F-1}. The model reads x_0 .. x_{T-1}, T = F - 1, from a zero
 * state and predicts x_1 .. x_T; labels are not looked at. The loss is the mean over all T positions of all examples,
 * and a score counts positions, not examples. Gradients run back through the T steps of the example and no further.
 *
 * Layout of x: embedding (V, E), if there is one; for each layer the input's weights from I to 4H as kith_dense takes
 * them, their bias (4H) and the weights from the step before (H, 4H), gates in the order i f g o; the head's weights
 * from H to V, as kith_dense takes them, and its bias (V). Without an embedding the first layer takes one-hot codes:
 * weights (V, 4H) and no bias, which each row holds for itself.
 *
 * All steps of all examples go through one product wherever the recurrence allows, which needs steps outermost: row t B
 * + b. The first layer's input part depends on the code only, so it is computed once per code and looked up.
 */
#include <kith/kith.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { MOST_LAYERS = 8 };

struct config {
    int64_t hidden, layers, embedding, top;
    double forget_bias, clip;
};

static const kith_param params[] = {
    {"hidden", KITH_TYPE_INT, 0, offsetof(struct config, hidden), "128", "1..65536", "units", "cells in each layer"},
    {"layers", KITH_TYPE_INT, 0, offsetof(struct config, layers), "1", "1..8", "layers", "layers, one above the other"},
    {"embedding", KITH_TYPE_INT, 0, offsetof(struct config, embedding), "8", "0..65536", "units",
     "numbers that stand for a code; 0: one-hot codes"},
    {"forget_bias", KITH_TYPE_REAL, 0, offsetof(struct config, forget_bias), "1", "", "",
     "initial bias of the forget gates; all other biases start at 0"},
    {"clip", KITH_TYPE_REAL, 0, offsetof(struct config, clip), "0", "[0,inf)", "",
     "longest norm of a gradient, which is scaled down to it; 0: any"},
    {"top", KITH_TYPE_INT, 0, offsetof(struct config, top), "0", "0..", "classes",
     "tests also count the codes that were among so many most likely ones, as test_topN; 0: not"},
};

struct layer {
    size_t in;                     /* I */
    size_t input, bias, recurrent; /* where they start in x; input of the first one-hot layer: V rows, no bias */
};

struct lstm {
    struct config how;
    size_t codes, steps, hidden, embedding; /* V, T, H, E */
    size_t head, dimension;
    char top_name[32];
    size_t count; /* layers */
    struct layer layer[];
};

/* What a batch needs of the workspace. */
struct work {
    int32_t *in, *out;         /* (T, B): codes that are read, codes to predict */
    kith_real *table, *gtable; /* (V, 4H): the first layer's input part and its gradient; embeddings only */
    kith_real *carry, *dh;     /* (B, H), (T, B, H) */
    kith_real *logits;         /* (T, B, V) */
    kith_lstm layer[MOST_LAYERS];
};

static void lay_out(struct lstm *m)
{
    const size_t wide = 4 * m->hidden;
    size_t at = m->codes * m->embedding;
    for (size_t l = 0; l < m->count; l++) {
        struct layer *a = &m->layer[l];
        const bool bare = l == 0 && m->embedding == 0;
        a->in = l > 0 ? m->hidden : bare ? m->codes : m->embedding;
        a->input = at;
        a->bias = at + a->in * wide;
        a->recurrent = a->bias + (bare ? 0 : wide);
        at = a->recurrent + m->hidden * wide;
    }
    m->head = at;
    m->dimension = at + m->hidden * m->codes + m->codes;
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const struct config *c = config;
    const kith_shape *shape = setting->shape;
    if (shape->codes == 0)
        return kith_fail(ctx, KITH_ECONFIG,
                         "lstm needs sequences of codes, such as the data set text gives; the features "
                         "of this one are no codes");
    if (shape->features < 2)
        return kith_fail(ctx, KITH_ECONFIG,
                         "lstm needs sequences of at least two codes, one to read and one to predict");
    struct lstm *m = NULL;
    KITH_TRY(kith_alloc(ctx, "lstm", 1, sizeof *m + (size_t)c->layers * sizeof m->layer[0], (void **)&m));
    m->how = *c;
    snprintf(m->top_name, sizeof m->top_name, "top%lld", (long long)c->top);
    m->codes = shape->codes;
    m->steps = shape->features - 1;
    m->hidden = (size_t)c->hidden;
    m->embedding = (size_t)c->embedding;
    m->count = (size_t)c->layers;
    lay_out(m);
    *self = m;
    return KITH_OK;
}

static size_t dimension(const void *self)
{
    const struct lstm *m = self;
    return m->dimension;
}

/* Gives out the workspace from its start on; without memory it only counts. */
struct tape {
    char *memory;
    size_t used;
};

/* Everything starts at a cache line if the workspace does. */
static void *take(struct tape *tape, size_t count, size_t size)
{
    void *taken = tape->memory ? tape->memory + tape->used : NULL;
    tape->used += (count * size + 63) / 64 * 64;
    return taken;
}

static kith_real *take_reals(struct tape *tape, size_t count)
{
    return take(tape, count, sizeof(kith_real));
}

static void share_out(const struct lstm *m, size_t batch, struct tape *tape, struct work *w)
{
    const size_t places = m->steps * batch, step = batch * m->hidden;
    const size_t table = m->embedding ? m->codes * 4 * m->hidden : 0;
    w->in = take(tape, places, sizeof *w->in);
    w->out = take(tape, places, sizeof *w->out);
    w->table = take_reals(tape, table);
    w->gtable = take_reals(tape, table);
    for (size_t l = 0; l < m->count; l++)
        w->layer[l] = (kith_lstm){.steps = m->steps,
                                  .rows = batch,
                                  .hidden = m->hidden,
                                  .gates = take_reals(tape, 4 * places * m->hidden),
                                  .cell = take_reals(tape, places * m->hidden + step),
                                  .squashed = take_reals(tape, places * m->hidden),
                                  .h = take_reals(tape, places * m->hidden)};
    w->carry = take_reals(tape, step);
    w->dh = take_reals(tape, places * m->hidden);
    w->logits = take_reals(tape, places * m->codes);
}

/* A row more than is used: kernels read past a matrix. */
static size_t workspace(const void *self, size_t batch)
{
    const struct lstm *m = self;
    struct tape tape = {0};
    struct work w;
    share_out(m, batch, &tape, &w);
    take_reals(&tape, 4 * m->hidden);
    return tape.used;
}

static void draw_uniform(kith_stream *stream, double bound, size_t n, kith_real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (kith_real)((2 * kith_draw_uniform(stream) - 1) * bound);
}

/* Uniform in +-1/sqrt(H) for the layers and the head, as is common for recurrent nets; normal for embeddings. */
static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx;
    const struct lstm *m = self;
    const size_t hidden = m->hidden, wide = 4 * hidden;
    const double bound = 1 / sqrt((double)hidden);
    kith_draw_normals(stream, 1, m->codes * m->embedding, x);
    for (size_t l = 0; l < m->count; l++) {
        const struct layer *a = &m->layer[l];
        const bool bare = a->bias == a->recurrent;
        draw_uniform(stream, bound, a->in * wide, x + a->input);
        if (!bare) kith_clear(wide, x + a->bias);
        kith_real *row = x + (bare ? a->input : a->bias);
        for (size_t r = 0; r < (bare ? a->in : 1); r++, row += wide)
            for (size_t j = hidden; j < 2 * hidden; j++)
                row[j] += (kith_real)m->how.forget_bias;
        draw_uniform(stream, bound, hidden * wide, x + a->recurrent);
    }
    draw_uniform(stream, bound, hidden * m->codes, x + m->head);
    kith_clear(m->codes, x + m->head + hidden * m->codes);
    return KITH_OK;
}

/* Codes come example by example and leave step by step. */
static void turn_codes(const struct lstm *m, const kith_batch *batch, struct work *w)
{
    for (size_t b = 0; b < batch->count; b++) {
        const kith_real *x = batch->x + b * (m->steps + 1);
        for (size_t t = 0; t < m->steps; t++) {
            w->in[t * batch->count + b] = (int32_t)x[t];
            w->out[t * batch->count + b] = (int32_t)x[t + 1];
        }
    }
}

/* Where the first layer's input part of each code is. */
static const kith_real *input_table(const struct lstm *m, const kith_real *x, const struct work *w)
{
    const struct layer *first = &m->layer[0];
    if (!m->embedding) return x + first->input;
    kith_dense(m->codes, m->embedding, 4 * m->hidden, x, x + first->input, x + first->bias, w->table);
    return w->table;
}

static void forward(const struct lstm *m, const kith_real *x, const kith_batch *batch, struct work *w)
{
    const size_t places = m->steps * batch->count, hidden = m->hidden;
    turn_codes(m, batch, w);
    kith_lookup(places, 4 * hidden, w->in, input_table(m, x, w), w->layer[0].gates);
    for (size_t l = 0; l < m->count; l++) {
        const struct layer *a = &m->layer[l];
        if (l > 0)
            kith_dense(places, hidden, 4 * hidden, w->layer[l - 1].h, x + a->input, x + a->bias, w->layer[l].gates);
        kith_lstm_forward(&w->layer[l], x + a->recurrent);
    }
    kith_dense(places, hidden, m->codes, w->layer[m->count - 1].h, x + m->head, x + m->head + hidden * m->codes,
               w->logits);
}

/* The gradients of all that came before the first layer's recurrence. */
static void backward_input(const struct lstm *m, const kith_real *x, size_t places, const struct work *w, kith_real *g)
{
    const struct layer *first = &m->layer[0];
    kith_real *gtable = m->embedding ? w->gtable : g + first->input;
    kith_lookup_backward(places, 4 * m->hidden, w->in, w->layer[0].gates, m->codes, gtable);
    if (m->embedding)
        kith_dense_backward(m->codes, m->embedding, 4 * m->hidden, x, x + first->input, gtable, g + first->input,
                            g + first->bias, g);
}

/* From the logits' gradient down. */
static void backward(const struct lstm *m, const kith_real *x, size_t batch, const struct work *w, kith_real *g)
{
    const size_t places = m->steps * batch, hidden = m->hidden;
    kith_dense_backward(places, hidden, m->codes, w->layer[m->count - 1].h, x + m->head, w->logits, g + m->head,
                        g + m->head + hidden * m->codes, w->dh);
    for (size_t l = m->count; l-- > 0;) {
        const struct layer *a = &m->layer[l];
        kith_lstm_backward(&w->layer[l], x + a->recurrent, w->dh, w->carry, g + a->recurrent);
        if (l > 0)
            kith_dense_backward(places, hidden, 4 * hidden, w->layer[l - 1].h, x + a->input, w->layer[l].gates,
                                g + a->input, g + a->bias, w->dh);
    }
    backward_input(m, x, places, w, g);
}

static void clip(double most, size_t d, kith_real *g)
{
    const double norm = sqrt(kith_dot(d, g, g));
    if (norm > most) kith_scale(d, (kith_real)(most / norm), g);
}

static struct work open_work(const struct lstm *m, size_t batch, void *memory)
{
    struct work w;
    share_out(m, batch, &(struct tape){.memory = memory}, &w);
    return w;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *memory,
                            kith_real *g, double *loss)
{
    (void)ctx;
    const struct lstm *m = self;
    const size_t places = m->steps * batch->count;
    struct work w = open_work(m, batch->count, memory);
    forward(m, x, batch, &w);
    *loss = kith_softmax_loss(places, m->codes, w.logits, w.out, w.logits, NULL) / (double)places;
    backward(m, x, batch->count, &w, g);
    if (m->how.clip > 0) clip(m->how.clip, m->dimension, g);
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *memory,
                            kith_score *score)
{
    (void)ctx;
    const struct lstm *m = self;
    const size_t places = m->steps * batch->count;
    uint64_t correct = 0;
    struct work w = open_work(m, batch->count, memory);
    forward(m, x, batch, &w);
    score->loss += kith_softmax_loss(places, m->codes, w.logits, w.out, NULL, &correct);
    score->correct += correct;
    score->count += places;
    if (m->how.top) score->more[0] += (double)kith_top_count(places, m->codes, (size_t)m->how.top, w.logits, w.out);
    return KITH_OK;
}

/* One bias a gate: PyTorch adds two. */
static kith_status layer_blocks(const struct lstm *m, size_t l, kith_block_list *list)
{
    const struct layer *a = &m->layer[l];
    const size_t wide = 4 * m->hidden;
    const kith_block bias = {.shape = {wide}, .kind = KITH_BLOCK_BIAS};
    const kith_block recurrent = {.shape = {m->hidden, wide}, .axis = {1, 0}};
    const kith_block codes = {.shape = {a->in, wide}, .axis = {1, 0}}, input = kith_block_dense(a->in, wide);
    const bool bare = a->bias == a->recurrent;
    KITH_TRY(kith_block_add(list, bare ? &codes : &input, "lstm.weight_ih_l%zu", l));
    if (!bare) KITH_TRY(kith_block_add(list, &bias, "lstm.bias_ih_l%zu", l));
    return kith_block_add(list, &recurrent, "lstm.weight_hh_l%zu", l);
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    const struct lstm *m = self;
    const kith_block embedding = {.shape = {m->codes, m->embedding}, .kind = KITH_BLOCK_EMBEDDING};
    const kith_block bias = {.shape = {m->codes}, .kind = KITH_BLOCK_BIAS, .group = KITH_BLOCK_HEAD};
    kith_block head = kith_block_dense(m->hidden, m->codes);
    head.group = KITH_BLOCK_HEAD;
    if (m->embedding) KITH_TRY(kith_block_add(list, &embedding, "embedding.weight"));
    for (size_t l = 0; l < m->count; l++)
        KITH_TRY(layer_blocks(m, l, list));
    KITH_TRY(kith_block_add(list, &head, "head.weight"));
    return kith_block_add(list, &bias, "head.bias");
}

static size_t scores(const void *self, const char **name)
{
    const struct lstm *m = self;
    name[0] = m->top_name;
    return m->how.top ? 1 : 0;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .scores = scores};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "lstm",
    .version = "1.0",
    .summary = "long short-term memory that predicts each next code of a sequence (characters, say)",
    .reference = "10.1162/neco.1997.9.8.1735",
    KITH_PLUGIN_PARAMS(struct config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(model),
};
