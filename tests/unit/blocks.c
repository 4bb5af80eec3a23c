/* Blocks of models: what each lists, that a network rebuilt from them by PyTorch's conventions has the same loss, and
 * what is refused. */
#include "support.h"

#include "dataworld.h"
#include "nn/blas.h"
#include "plugin/model.h"

enum { B = 5, MOST = 64 };

static const double off = sizeof(kith_real) == sizeof(float) ? 1e-5 : 1e-12;

typedef struct subject {
    world w;
    kith_registry *registry;
    kith_instance model;
    const kith_model *ops;
    kith_shape shape;
    size_t d, count;
    kith_block *block;
    kith_real *x, *features;
    int32_t label[B];
} subject;

/* Somewhere near the initial model, with examples. `settings` ends with NULL. */
static subject subject_of(const char *id, kith_shape shape, const char *const *settings)
{
    subject s = {.w = world_open(settings), .shape = shape};
    kith_ctx *ctx = s.w.ctx;
    const kith_plugin *plugin = NULL;
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &s.shape};
    kith_stream stream = kith_stream_at(3, KITH_FOR_INIT, 0, 0);
    assert_ok(ctx, kith_registry_create(ctx, &s.registry));
    assert_ok(ctx, kith_registry_find(ctx, s.registry, KITH_MODEL, id, "test", &plugin));
    assert_ok(ctx, kith_instance_bind(ctx, s.w.config, plugin, &s.model));
    assert_ok(ctx, kith_instance_create(ctx, &s.model, &setting));
    s.ops = plugin->ops;
    s.d = s.ops->dimension(s.model.self);
    assert_ok(ctx, kith_model_blocks(ctx, &s.model, s.d, &s.block, &s.count));
    assert_ok(ctx, KITH_ALLOC(ctx, "model", s.d, &s.x));
    assert_ok(ctx, KITH_ALLOC(ctx, "examples", B * shape.features, &s.features));
    assert_ok(ctx, s.ops->init(s.model.self, ctx, &stream, s.x));
    for (size_t i = 0; i < s.d; i++)
        s.x[i] += (kith_real)(0.2 * kith_draw_normal(&stream));
    for (size_t k = 0; k < B * shape.features; k++)
        s.features[k] =
            shape.codes ? (kith_real)kith_draw_below(&stream, shape.codes) : (kith_real)kith_draw_normal(&stream);
    for (size_t b = 0; b < B; b++)
        s.label[b] = shape.classes ? (int32_t)kith_draw_below(&stream, shape.classes) : 0;
    return s;
}

static void subject_free(subject *s)
{
    kith_free(s->block);
    kith_free(s->x);
    kith_free(s->features);
    kith_instance_close(&s->model);
    kith_registry_destroy(s->registry);
    world_close(&s->w);
}

/* Sum of losses over the batch, as Kith has it. */
static double kiths_loss(subject *s)
{
    kith_score score = {.loss = 0.0};
    void *work = NULL;
    const kith_batch batch = {.count = B, .x = s->features, .label = s->label};
    assert_ok(s->w.ctx, kith_alloc(s->w.ctx, "workspace", s->ops->workspace(s->model.self, B), 1, &work));
    assert_ok(s->w.ctx, s->ops->evaluate(s->model.self, s->w.ctx, s->x, &batch, work, &score));
    kith_free(work);
    return score.loss / (double)score.count;
}

/* ---- a block as PyTorch's tensor ---- */

typedef struct tensor {
    size_t shape[KITH_BLOCK_RANK], rank;
    double *v;
} tensor;

static const kith_block *block_named(const subject *s, const char *name)
{
    for (size_t k = 0; k < s->count; k++)
        if (!strcmp(s->block[k].name, name)) return &s->block[k];
    return NULL;
}

static tensor torch(const subject *s, const char *name)
{
    const kith_block *b = block_named(s, name);
    if (!b) fail_msg("there is no block %s", name);
    tensor t = {.rank = b->rank - (b->joined - 1)};
    size_t stride[KITH_BLOCK_RANK], whole[KITH_BLOCK_RANK], all = 1;
    for (size_t k = b->rank; k-- > 0;) {
        stride[k] = all;
        all *= b->shape[k];
    }
    for (size_t k = 0; k < b->rank; k++)
        whole[k] = b->shape[b->axis[k]];
    for (size_t k = 0; k < t.rank; k++)
        t.shape[k] = whole[k];
    for (size_t k = t.rank; k < b->rank; k++)
        t.shape[t.rank - 1] *= whole[k];
    t.v = calloc(b->count, sizeof *t.v);
    assert_non_null(t.v);
    for (size_t i = 0; i < b->count; i++) {
        size_t rest = i, from = 0;
        for (size_t k = b->rank; k-- > 0; rest /= whole[k])
            from += rest % whole[k] * stride[b->axis[k]];
        t.v[i] = (double)s->x[b->first + from];
    }
    return t;
}

/* ---- layers as PyTorch documents them, example by example ---- */

static double *room(size_t count)
{
    double *v = calloc(count, sizeof *v);
    assert_non_null(v);
    return v;
}

/* nn.Linear: y = W x + b, W (O, I). Takes x. */
static double *linear(const subject *s, const char *prefix, double *x, size_t in)
{
    char name[MOST];
    snprintf(name, sizeof name, "%sweight", prefix);
    tensor w = torch(s, name);
    snprintf(name, sizeof name, "%sbias", prefix);
    tensor bias = torch(s, name);
    assert_int_equal(w.rank, 2);
    assert_int_equal(w.shape[1], in);
    assert_int_equal(bias.shape[0], w.shape[0]);
    double *y = room(w.shape[0]);
    for (size_t o = 0; o < w.shape[0]; o++) {
        y[o] = bias.v[o];
        for (size_t i = 0; i < in; i++)
            y[o] += w.v[o * in + i] * x[i];
    }
    free(w.v);
    free(bias.v);
    free(x);
    return y;
}

static void relu(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = fmax(x[i], 0.0);
}

static double cross_entropy(const double *z, size_t classes, size_t label)
{
    double sum = 0.0;
    for (size_t c = 0; c < classes; c++)
        sum += exp(z[c]);
    return log(sum) - z[label];
}

/* nn.Conv2d with stride 1: W (O, C, R, R), images (C, H, W). Takes x. */
static double *conv(const subject *s, const char *prefix, double *x, size_t channels, size_t side, size_t pad)
{
    char name[MOST];
    snprintf(name, sizeof name, "%sweight", prefix);
    tensor w = torch(s, name);
    snprintf(name, sizeof name, "%sbias", prefix);
    tensor bias = torch(s, name);
    const size_t filters = w.shape[0], r = w.shape[2], out = side + 2 * pad - r + 1;
    assert_int_equal(w.rank, 4);
    assert_int_equal(w.shape[1], channels);
    double *y = room(filters * out * out);
    for (size_t o = 0; o < filters; o++)
        for (size_t i = 0; i < out; i++)
            for (size_t j = 0; j < out; j++) {
                double sum = bias.v[o];
                for (size_t c = 0; c < channels; c++)
                    for (size_t a = 0; a < r; a++)
                        for (size_t b = 0; b < r; b++) {
                            if (i + a < pad || j + b < pad || i + a - pad >= side || j + b - pad >= side) continue;
                            sum += w.v[((o * channels + c) * r + a) * r + b] *
                                   x[(c * side + i + a - pad) * side + j + b - pad];
                        }
                y[(o * out + i) * out + j] = sum;
            }
    free(w.v);
    free(bias.v);
    free(x);
    return y;
}

/* nn.GroupNorm, in place. */
static void group_norm(const subject *s, const char *prefix, double *x, size_t channels, size_t pixels, size_t groups)
{
    char name[MOST];
    snprintf(name, sizeof name, "%sweight", prefix);
    tensor gain = torch(s, name);
    snprintf(name, sizeof name, "%sbias", prefix);
    tensor shift = torch(s, name);
    const size_t n = channels / groups * pixels;
    for (size_t g = 0; g < groups; g++) {
        double *part = x + g * n, mean = 0.0, square = 0.0;
        for (size_t i = 0; i < n; i++)
            mean += part[i] / (double)n;
        for (size_t i = 0; i < n; i++)
            square += (part[i] - mean) * (part[i] - mean) / (double)n;
        for (size_t i = 0; i < n; i++) {
            const size_t c = g * (channels / groups) + i / pixels;
            part[i] = (part[i] - mean) / sqrt(square + 1e-5) * gain.v[c] + shift.v[c];
        }
    }
    free(gain.v);
    free(shift.v);
}

/* nn.MaxPool2d(2). Takes x. */
static double *pool(double *x, size_t channels, size_t side)
{
    const size_t half = side / 2;
    double *y = room(channels * half * half);
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < half; i++)
            for (size_t j = 0; j < half; j++) {
                const double *from = x + (c * side + 2 * i) * side + 2 * j;
                y[(c * half + i) * half + j] = fmax(fmax(from[0], from[1]), fmax(from[side], from[side + 1]));
            }
    free(x);
    return y;
}

static double *example(const subject *s, size_t b)
{
    double *x = room(s->shape.features);
    for (size_t k = 0; k < s->shape.features; k++)
        x[k] = (double)s->features[b * s->shape.features + k];
    return x;
}

/* ---- tests ---- */

static void listed(const subject *s, const char *const *text)
{
    for (size_t k = 0; k < s->count; k++) {
        static const char *const kinds[] = {"weights", "bias", "norm", "embedding"}, *const parts[] = {"body", "head"};
        const kith_block *b = &s->block[k];
        char line[256] = "", extent[32];
        for (size_t a = 0; a < b->rank; a++) {
            snprintf(extent, sizeof extent, " %zu", b->shape[a]);
            strcat(line, extent);
        }
        char whole[512];
        snprintf(whole, sizeof whole, "%zu %s%s %s %s", b->first, b->name, line, kinds[b->kind], parts[b->group]);
        assert_string_equal(whole, text[k]);
    }
    assert_null(text[s->count]);
}

#define LISTED(id, shape, list, ...)                                                                                   \
    do {                                                                                                               \
        subject s_ = subject_of(id, shape, (const char *const[]){__VA_ARGS__ "run.learners=1", NULL});                 \
        listed(&s_, list);                                                                                             \
        subject_free(&s_);                                                                                             \
    } while (0)

static const kith_shape digits = {.features = 64, .channels = 1, .height = 8, .width = 8, .classes = 10};
static const kith_shape colours = {.features = 300, .channels = 3, .height = 10, .width = 10, .classes = 20};
static const kith_shape words = {.features = 7, .codes = 20, .classes = 20};

static void every_model_lists_its_own(void **state)
{
    (void)state;
    LISTED("quadratic", ((kith_shape){.features = 4}), ((const char *const[]){"0 x 4 weights body", NULL}), );
    LISTED("linear", digits, ((const char *const[]){"0 weight 10 64 weights head", "640 bias 10 bias head", NULL}), );
    LISTED("linear", colours, ((const char *const[]){"0 weight 300 20 weights head", NULL}), "linear.bias=no", );
    LISTED("linear", ((kith_shape){.features = 4, .targets = 2}),
           ((const char *const[]){"0 weight 2 4 weights head", "8 bias 2 bias head", NULL}), );
    LISTED("logistic", ((kith_shape){.features = 4, .classes = 2}),
           ((const char *const[]){"0 weight 1 4 weights head", "4 bias 1 bias head", NULL}), "logistic.bias=yes", );
    LISTED("mlp", digits,
           ((const char *const[]){"0 layers.0.weight 64 30 weights body", "1920 layers.0.bias 30 bias body",
                                  "1950 layers.1.weight 5 30 weights body", "2100 layers.1.bias 5 bias body",
                                  "2105 layers.2.weight 10 5 weights head", "2155 layers.2.bias 10 bias head", NULL}),
           "mlp.hidden=30,5", );
    LISTED("cnn", digits,
           ((const char *const[]){"0 layers.0.weight 3 3 1 4 weights body", "36 layers.0.bias 4 bias body",
                                  "40 layers.1.weight 4 norm body", "44 layers.1.bias 4 norm body",
                                  "48 layers.4.weight 4 4 4 17 weights body", "1136 layers.4.bias 17 bias body",
                                  "1153 layers.6.weight 10 17 weights head", "1323 layers.6.bias 10 bias head", NULL}),
           "cnn.layers=conv 4 3 pad 1, groupnorm 2, relu, pool 2, dense 17, relu, dense", );
    LISTED("lstm", words,
           ((const char *const[]){"0 embedding.weight 20 3 embedding body", "60 lstm.weight_ih_l0 3 16 weights body",
                                  "108 lstm.bias_ih_l0 16 bias body", "124 lstm.weight_hh_l0 4 16 weights body",
                                  "188 head.weight 4 20 weights head", "268 head.bias 20 bias head", NULL}),
           "lstm.hidden=4", "lstm.embedding=3", );
}

static double loss_of_mlp(const subject *s, const size_t *width, size_t layers)
{
    double sum = 0.0;
    for (size_t b = 0; b < B; b++) {
        double *x = example(s, b);
        for (size_t l = 0; l < layers; l++) {
            char prefix[MOST];
            snprintf(prefix, sizeof prefix, "layers.%zu.", l);
            x = linear(s, prefix, x, width[l]);
            if (l + 1 < layers) relu(x, width[l + 1]);
        }
        sum += cross_entropy(x, width[layers], (size_t)s->label[b]);
        free(x);
    }
    return sum / B;
}

static void an_mlp_is_rebuilt(void **state)
{
    (void)state;
    static const size_t width[] = {64, 30, 5, 10};
    subject s = subject_of("mlp", digits, (const char *const[]){"mlp.hidden=30,5", NULL});
    assert_close(kiths_loss(&s), loss_of_mlp(&s, width, 3), off, off);
    subject_free(&s);
}

/* conv 6 3 pad 1, groupnorm 3, relu, pool 2, conv 4 2, relu, dense UNITS, relu, dense */
static double loss_of_cnn(const subject *s, size_t channels, size_t side, size_t units)
{
    double sum = 0.0;
    for (size_t b = 0; b < B; b++) {
        double *x = conv(s, "layers.0.", example(s, b), channels, side, 1);
        group_norm(s, "layers.1.", x, 6, side * side, 3);
        relu(x, 6 * side * side);
        const size_t half = side / 2, last = half - 1;
        x = conv(s, "layers.4.", pool(x, 6, side), 6, half, 0);
        relu(x, 4 * last * last);
        x = linear(s, "layers.6.", x, 4 * last * last);
        relu(x, units);
        x = linear(s, "layers.8.", x, units);
        sum += cross_entropy(x, s->shape.classes, (size_t)s->label[b]);
        free(x);
    }
    return sum / B;
}

/* The first dense layer lies either way round. */
static void a_cnn_is_rebuilt(void **state)
{
    (void)state;
#define LAYERS(units)                                                                                                  \
    "cnn.layers=conv 6 3 pad 1, groupnorm 3, relu, pool 2, conv 4 2, relu, dense " units ", relu, dense"
    subject s = subject_of("cnn", colours, (const char *const[]){LAYERS("18"), NULL});
    assert_close(kiths_loss(&s), loss_of_cnn(&s, 3, 10, 18), off, off);
    subject_free(&s);
    s = subject_of("cnn", digits, (const char *const[]){LAYERS("7"), NULL});
    assert_close(kiths_loss(&s), loss_of_cnn(&s, 1, 8, 7), off, off);
    subject_free(&s);
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* One step of nn.LSTM's layer l on x (I): gates i f g o in rows of H. The second bias is zero. */
static void lstm_step(const subject *s, size_t l, const double *x, size_t in, double *h, double *c, size_t hidden)
{
    char name[MOST];
    snprintf(name, sizeof name, "lstm.weight_ih_l%zu", l);
    tensor wi = torch(s, name);
    snprintf(name, sizeof name, "lstm.weight_hh_l%zu", l);
    tensor wh = torch(s, name);
    snprintf(name, sizeof name, "lstm.bias_ih_l%zu", l);
    tensor bias = block_named(s, name) ? torch(s, name) : (tensor){.rank = 0};
    assert_int_equal(wi.shape[0], 4 * hidden);
    assert_int_equal(wi.shape[1], in);
    double *gate = room(4 * hidden);
    for (size_t k = 0; k < 4 * hidden; k++) {
        gate[k] = bias.v ? bias.v[k] : 0.0;
        for (size_t i = 0; i < in; i++)
            gate[k] += wi.v[k * in + i] * x[i];
        for (size_t i = 0; i < hidden; i++)
            gate[k] += wh.v[k * hidden + i] * h[i];
    }
    for (size_t k = 0; k < hidden; k++) {
        c[k] = sigmoid(gate[hidden + k]) * c[k] + sigmoid(gate[k]) * tanh(gate[2 * hidden + k]);
        h[k] = sigmoid(gate[3 * hidden + k]) * tanh(c[k]);
    }
    free(wi.v);
    free(wh.v);
    free(bias.v);
    free(gate);
}

static double loss_of_lstm(const subject *s, size_t hidden, size_t embedding)
{
    const size_t codes = s->shape.codes, steps = s->shape.features - 1, in = embedding ? embedding : codes;
    tensor table = embedding ? torch(s, "embedding.weight") : (tensor){.rank = 0};
    double sum = 0.0;
    for (size_t b = 0; b < B; b++) {
        double *x = example(s, b), *h = room(2 * hidden), *c = room(2 * hidden);
        for (size_t t = 0; t < steps; t++) {
            double *input = room(in), *top = room(hidden);
            for (size_t i = 0; i < in; i++)
                input[i] = embedding ? table.v[(size_t)x[t] * in + i] : i == (size_t)x[t];
            lstm_step(s, 0, input, in, h, c, hidden);
            lstm_step(s, 1, h, hidden, h + hidden, c + hidden, hidden);
            memcpy(top, h + hidden, hidden * sizeof *top);
            top = linear(s, "head.", top, hidden);
            sum += cross_entropy(top, codes, (size_t)x[t + 1]);
            free(input);
            free(top);
        }
        free(x);
        free(h);
        free(c);
    }
    free(table.v);
    return sum / (double)(B * steps);
}

static void an_lstm_is_rebuilt(void **state)
{
    (void)state;
    subject s =
        subject_of("lstm", words, (const char *const[]){"lstm.hidden=3", "lstm.layers=2", "lstm.embedding=5", NULL});
    assert_close(kiths_loss(&s), loss_of_lstm(&s, 3, 5), off, off);
    subject_free(&s);
    s = subject_of("lstm", words, (const char *const[]){"lstm.hidden=5", "lstm.layers=2", "lstm.embedding=0", NULL});
    assert_close(kiths_loss(&s), loss_of_lstm(&s, 5, 0), off, off);
    subject_free(&s);
}

/* ---- what is refused ---- */

static kith_block added[3];
static const char *added_name[3];
static size_t added_count;

static kith_status add_them(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)self, (void)ctx;
    for (size_t k = 0; k < added_count; k++)
        KITH_TRY(kith_block_add(list, &added[k], "%s", added_name[k]));
    return added_count ? KITH_OK : KITH_EDATA;
}

static size_t name_them(const void *self, const char **name)
{
    (void)self;
    for (size_t k = 0; k < added_count; k++)
        name[k] = added_name[k];
    return added_count;
}

static const kith_model fake_ops = {.blocks = add_them, .scores = name_them};
static const kith_plugin fake = {.id = "fake", .ops = &fake_ops, .ops_size = sizeof fake_ops};

static void blocks_that_are_wrong(void **state)
{
    kith_ctx *ctx = *state;
    static const struct {
        kith_block block[2];
        const char *name[2];
        const char *message;
    } cases[] = {
        {{{.shape = {4}}, {.shape = {5}}},
         {"a", "b"},
         "fake: blocks(): \"b\", the last, ends after 9 numbers, and dimension() is 8; each number is in one block"},
        {{{.shape = {4}}, {.shape = {4}}},
         {"a", "a"},
         "fake: blocks(): \"a\" is there twice; give each block its own name"},
        {{{.shape = {4}}, {.shape = {4}}},
         {"a", "b c"},
         "fake: blocks(): \"b c\" is no name; use letters, digits, _ and points"},
        {{{.shape = {4}}, {.shape = {4}}},
         {"a", ""},
         "fake: blocks(): \"\" is no name; use letters, digits, _ and points"},
        {{{.shape = {4}}, {.rank = 1}},
         {"a", "b"},
         "fake: blocks(): \"b\" has an extent of 0; its shape is one to four numbers from 1 on"},
        {{{.shape = {4}}, {.shape = {2, 0, 2}}},
         {"a", "b"},
         "fake: blocks(): \"b\" has an extent of 0; its shape is one to four numbers from 1 on"},
        {{{.shape = {4}}, {.shape = {2, 2}, .axis = {1, 1}}},
         {"a", "b"},
         "fake: blocks(): \"b\" has axes that are no order of its own; each is there once"},
        {{{.shape = {4}}, {.shape = {4}, .axis = {2}}},
         {"a", "b"},
         "fake: blocks(): \"b\" has axes that are no order of its own; each is there once"},
        {{{.shape = {4}}, {.shape = {4}, .joined = 2}},
         {"a", "b"},
         "fake: blocks(): \"b\" joins more axes than it has"},
        {{{.shape = {4}}, {.shape = {4}, .kind = 4}}, {"a", "b"}, "fake: blocks(): \"b\" is of no kind that there is"},
        {{{.shape = {4}}, {.shape = {4}, .group = 2}},
         {"a", "b"},
         "fake: blocks(): \"b\" is of no group that there is"},
        {{{.shape = {4}}, {.shape = {SIZE_MAX, 2}}}, {"a", "b"}, "fake: blocks(): \"b\" is too large"},
        {{{.shape = {4}}, {.shape = {SIZE_MAX - 1}}}, {"a", "b"}, "fake: blocks(): \"b\" is too large"},
    };
    const kith_instance model = {.plugin = &fake};
    kith_block *block = NULL;
    size_t count = 7;
    added_count = 2;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        memcpy(added, cases[c].block, sizeof cases[c].block);
        memcpy(added_name, cases[c].name, sizeof cases[c].name);
        assert_refused(ctx, kith_model_blocks(ctx, &model, 8, &block, &count), KITH_EPLUGIN, cases[c].message);
        assert_true(block == NULL && count == 7);
    }
    char longest[80] = "";
    memset(longest, 'a', 64);
    added_name[1] = longest;
    assert_int_equal(kith_model_blocks(ctx, &model, 8, &block, &count), KITH_EPLUGIN);
    assert_non_null(strstr(kith_ctx_message(ctx), "is cut off; a name has at most 63 bytes"));
    kith_ctx_clear(ctx);
    added_count = 0;
    assert_refused(ctx, kith_model_blocks(ctx, &model, 8, &block, &count), KITH_EDATA,
                   "fake: blocks() returned KITH_EDATA (bad data) without a message; word failures with kith_fail()");
}

static void scores_that_are_wrong(void **state)
{
    kith_ctx *ctx = *state;
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"loss", "fake: scores(): every model has \"loss\"; leave it out"},
        {"accuracy", "fake: scores(): every model has \"accuracy\"; leave it out"},
        {"Top", "fake: scores(): \"Top\" is no name; use lower case letters, digits and _"},
        {"", "fake: scores(): \"\" is no name; use lower case letters, digits and _"},
        {"mse", "fake: scores(): \"mse\" is there twice"},
        {NULL, "fake: scores(): \"\" is no name; use lower case letters, digits and _"},
    };
    const kith_instance model = {.plugin = &fake};
    kith_score_names names;
    added_name[0] = "mse";
    added_count = 2;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        added_name[1] = cases[c].name;
        assert_refused(ctx, kith_model_scores(ctx, &model, &names), KITH_EPLUGIN, cases[c].message);
    }
    added_name[1] = "mae";
    assert_ok(ctx, kith_model_scores(ctx, &model, &names));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.name[1], "mae");
}

static int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_lists_its_own), cmocka_unit_test(an_mlp_is_rebuilt),
        cmocka_unit_test(a_cnn_is_rebuilt),          cmocka_unit_test(an_lstm_is_rebuilt),
        cmocka_unit_test(blocks_that_are_wrong),     cmocka_unit_test(scores_that_are_wrong),
    };
    return cmocka_run_group_tests_name("blocks", tests, setup, teardown);
}
