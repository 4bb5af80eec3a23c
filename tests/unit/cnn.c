#include "support.h"
#include "pieces.h"

#include "nn/blas.h"

#include <dlfcn.h>
#include <kith/kith.h>

/* The model cnn through its descriptor: published sizes, gradients, what it refuses. */

#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12, STEP = 1e-6, SLOPE = 1e-7;
#else
static const double EPS = 2e-5, STEP = 2e-3, SLOPE = 2e-3;
#endif

enum { NONE, MCMAHAN, NIID, PFL, GOSSIP };
enum { HE, HE_UNIFORM, XAVIER, XAVIER_UNIFORM };

struct config { /* laid out as the rows say, which setup() checks */
    int preset, init;
    const char *layers;
    int64_t top;
};

struct network {
    const kith_model *ops;
    void *self;
    size_t d;
    kith_shape shape;
};

static const kith_plugin *plugin;
static const kith_shape mnist = {.features = 784, .channels = 1, .height = 28, .width = 28, .classes = 10};
static const kith_shape cifar = {.features = 3072, .channels = 3, .height = 32, .width = 32, .classes = 10};

static kith_shape image(size_t channels, size_t height, size_t width, size_t classes)
{
    return (kith_shape){.features = channels * height * width,
                        .channels = channels,
                        .height = height,
                        .width = width,
                        .classes = classes};
}

static kith_status create(kith_ctx *ctx, struct config config, const kith_shape *shape, void **self)
{
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = shape};
    return plugin->create(ctx, &config, &setting, self);
}

static struct network network_of(kith_ctx *ctx, int preset, const char *layers, kith_shape shape)
{
    struct network n = {.ops = plugin->ops, .shape = shape};
    assert_ok(ctx, create(ctx, (struct config){preset, HE, layers, 0}, &shape, &n.self));
    n.d = n.ops->dimension(n.self);
    return n;
}

static void *memory(size_t count, size_t size)
{
    void *m = calloc(count ? count : 1, size);
    assert_non_null(m);
    return m;
}

struct task {
    kith_batch batch;
    kith_real *points, *x, *g;
    int32_t *labels;
    unsigned char *work;
    size_t bytes;
};

enum { GUARD = 64 };

/* A random batch at a model drawn by init, with biases moved; a guard lies behind the workspace. */
static struct task task_of(const struct network *n, size_t count, uint64_t seed)
{
    kith_stream s = kith_stream_at(seed, KITH_FOR_DATA, 0, 0);
    struct task t = {.points = memory(count * n->shape.features, sizeof(kith_real)),
                     .x = memory(n->d, sizeof(kith_real)),
                     .g = memory(n->d, sizeof(kith_real)),
                     .labels = memory(count, sizeof(int32_t)),
                     .bytes = n->ops->workspace(n->self, count)};
    t.work = memory(1, t.bytes + GUARD);
    memset(t.work, 0xff, t.bytes); /* NaN: nothing may be taken for granted */
    memset(t.work + t.bytes, 0xa5, GUARD);
    kith_draw_normals(&s, 1, count * n->shape.features, t.points);
    assert_int_equal(n->ops->init(n->self, NULL, &s, t.x), KITH_OK);
    for (size_t i = 0; i < n->d; i++)
        t.x[i] += (kith_real)(0.02 * kith_draw_normal(&s));
    for (size_t e = 0; e < count; e++)
        t.labels[e] = (int32_t)kith_draw_below(&s, n->shape.classes);
    t.batch = (kith_batch){.count = count, .x = t.points, .label = t.labels};
    return t;
}

static void task_free(struct task *t)
{
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(t->work[t->bytes + i], 0xa5);
    free(t->points);
    free(t->x);
    free(t->g);
    free(t->labels);
    free(t->work);
}

static double loss_at(const struct network *n, const struct task *t)
{
    kith_score score = {0};
    assert_int_equal(n->ops->evaluate(n->self, NULL, t->x, &t->batch, t->work, &score), KITH_OK);
    assert_int_equal(score.count, t->batch.count);
    return score.loss / (double)t->batch.count;
}

/* --- sizes --- */

static void check_size(kith_ctx *ctx, int preset, kith_shape shape, size_t d)
{
    struct network n = network_of(ctx, preset, "", shape);
    assert_int_equal(n.d, d);
    plugin->destroy(n.self);
}

static void sizes_are_the_published_ones(void **state)
{
    check_size(*state, MCMAHAN, mnist, 1663370);
    check_size(*state, NIID, mnist, 44426);
    check_size(*state, NIID, cifar, 62006);
    check_size(*state, PFL, cifar, 1626442);
    check_size(*state, GOSSIP, cifar, 89834);
    check_size(*state, NONE, mnist, 44426); /* the default */
}

/* --- gradients --- */

/* Central differences at some coordinates of each network; the slopes on both sides of x bound what a kink allows. */
static void check_gradient(const struct network *n, size_t count, size_t coordinates, bool noisy)
{
    struct task t = task_of(n, count, 2);
    kith_stream s = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    kith_real *other = memory(n->d, sizeof *other);
    double loss = 0, largest = 0;
    size_t kinks = 0;
    const kith_stream noise = kith_stream_at(4, KITH_FOR_NOISE, 0, 0);
    kith_stream drawn = noise;
    t.batch.noise = noisy ? &drawn : NULL;
    assert_int_equal(n->ops->gradient(n->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    if (!noisy) assert_close(loss, loss_at(n, &t), EPS, 0);
    for (size_t k = 0; k < coordinates; k++) {
        const size_t i = coordinates < n->d ? (size_t)kith_draw_below(&s, n->d) : k;
        const kith_real was = t.x[i], at[2] = {was + (kith_real)STEP, was - (kith_real)STEP};
        double side[2];
        for (int j = 0; j < 2; j++) {
            drawn = noise; /* the same entries are dropped */
            t.x[i] = at[j];
            if (noisy)
                assert_int_equal(n->ops->gradient(n->self, NULL, t.x, &t.batch, t.work, other, &side[j]), KITH_OK);
            else
                side[j] = loss_at(n, &t);
        }
        t.x[i] = was;
        const double slope = (side[0] - side[1]) / ((double)at[0] - (double)at[1]);
        const double jump = fabs(side[0] + side[1] - 2 * loss) / STEP;
        kinks += jump > 0.01 * (1 + fabs(slope));
        assert_close((double)t.g[i], slope, SLOPE, SLOPE + jump / 2);
        largest = fmax(largest, fabs(slope));
    }
    assert_true(largest > 10 * SLOPE); /* else zeros would have passed */
    assert_true(kinks <= coordinates / 5);
    free(other);
    task_free(&t);
}

static void gradients_are_slopes_of_the_loss(void **state)
{
    static const char *const layers[] = {
        "dense",
        "relu, conv 3 3 pad 1, relu, dense",
        "conv 5 3, pool 2, relu, conv 4 2 pad 1, groupnorm 2, dense 7, relu, dense",
        "groupnorm 1, conv 4 3, groupnorm 2, relu, pool 2, conv 2 1, dense",
        "pool 2, conv 3 3 pad 2, relu, pool 3, dense 5, dense",
        "conv 3 2, conv 9 3, groupnorm 3, pool 2, relu, relu, dense",
        "conv 8 3 pad 1, groupnorm 2, relu, pool 2, dense",
    };
    const kith_shape shapes[] = {image(1, 8, 8, 3), image(3, 7, 9, 17), image(2, 9, 6, 2)};
    for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++) {
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            if (shapes[s].channels > 1 && l == 3 && shapes[s].channels == 2) continue;
            struct network n = network_of(*state, NONE, layers[l], shapes[s]);
            check_gradient(&n, 1 + 2 * l, n.d < 300 ? n.d : 300, false);
            plugin->destroy(n.self);
        }
    }
}

static void gradients_of_the_presets(void **state)
{
    static const kith_shape *const shapes[] = {&mnist, &mnist, &cifar, &cifar};
    for (int preset = MCMAHAN; preset <= GOSSIP; preset++) {
        struct network n = network_of(*state, preset, "", *shapes[preset - 1]);
        check_gradient(&n, 2, 40, preset == PFL);
        plugin->destroy(n.self);
    }
}

static void gradients_in_pieces(void **state)
{
    static const kith_shape *const shapes[] = {&mnist, &mnist, &cifar, &cifar};
    for (int preset = MCMAHAN; preset <= GOSSIP; preset++) {
        struct network n = network_of(*state, preset, "", *shapes[preset - 1]);
        for (size_t count = 3; count < 20; count += 15) {
            struct task t = task_of(&n, count, 6);
            kith_stream noise = kith_stream_at(7, KITH_FOR_NOISE, 0, 0);
            t.batch.noise = &noise;
            check_pieces(n.ops, n.self, n.d, t.x, &t.batch, t.work);
            task_free(&t);
        }
        plugin->destroy(n.self);
    }
    struct network n = network_of(*state, NONE, "conv 4 3, pool 2, dense", image(1, 8, 8, 3));
    struct task t = task_of(&n, 70, 6); /* more than a slice */
    check_pieces(n.ops, n.self, n.d, t.x, &t.batch, t.work);
    task_free(&t);
    plugin->destroy(n.self);
}

/* 150 examples go through the network in three slices; their sums and means are those of parts. */
static void large_batches_are_cut_up(void **state)
{
    enum { COUNT = 150, FIRST = 37 };
    struct network n =
        network_of(*state, NONE, "conv 4 3, relu, pool 2, groupnorm 2, dense 20, relu, dense", image(1, 8, 8, 3));
    struct task t = task_of(&n, COUNT, 5);
    kith_real *sum = memory(n.d, sizeof *sum), *part = memory(n.d, sizeof *part);
    kith_score whole = {0}, parts = {0};
    double loss = 0, of_part = 0, losses = 0;
    assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    assert_int_equal(n.ops->evaluate(n.self, NULL, t.x, &t.batch, t.work, &whole), KITH_OK);
    for (size_t from = 0, rows = FIRST; from < COUNT; from += rows) {
        rows = COUNT - from < FIRST ? COUNT - from : FIRST;
        const kith_batch b = {.count = rows, .x = t.points + from * n.shape.features, .label = t.labels + from};
        assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &b, t.work, part, &of_part), KITH_OK);
        assert_int_equal(n.ops->evaluate(n.self, NULL, t.x, &b, t.work, &parts), KITH_OK);
        losses += of_part * (double)rows;
        kith_axpy(n.d, (kith_real)((double)rows / COUNT), part, sum);
    }
    assert_close(loss * COUNT, losses, EPS, 0);
    assert_close(whole.loss, losses, EPS, 0);
    assert_close(parts.loss, losses, EPS, 0);
    assert_int_equal(whole.correct, parts.correct);
    assert_int_equal(whole.count, COUNT);
    for (size_t i = 0; i < n.d; i++)
        assert_close((double)t.g[i], (double)sum[i], 30 * EPS, 30 * EPS);
    assert_int_equal(n.ops->workspace(n.self, 65), n.ops->workspace(n.self, 100000)); /* and cost no memory */
    free(sum);
    free(part);
    task_free(&t);
    plugin->destroy(n.self);
}

/* --- a network by hand --- */

static double at(const kith_real *planes, size_t height, size_t width, size_t c, long h, long w)
{
    return h < 0 || w < 0 || h >= (long)height || w >= (long)width
               ? 0
               : (double)planes[(c * height + (size_t)h) * width + (size_t)w];
}

/* conv 3 3 pad 1, relu, pool 2, dense on a 2 x 5 x 4 image given by planes; in the order of the description. */
static double loss_by_hand(const kith_real *planes, const kith_real *x, size_t label)
{
    const kith_real *bias = x + 3 * 3 * 2 * 3, *v = bias + 3, *shift = v + 12 * 2; /* two classes: (O, I) */
    double pooled[12] = {0}, logit[2];
    for (size_t i = 0; i < 4 * 4 * 3; i++) { /* the fifth row is left over */
        const size_t o = i % 3, w = i / 3 % 4, h = i / 12;
        double y = (double)bias[o];
        for (size_t k = 0; k < 3 * 3 * 2; k++)
            y += (double)x[k * 3 + o] * at(planes, 5, 4, k % 2, (long)(h + k / 6) - 1, (long)(w + k / 2 % 3) - 1);
        double *to = &pooled[(h / 2 * 2 + w / 2) * 3 + o];
        *to = fmax(*to, y);
    }
    for (size_t c = 0; c < 2; c++) {
        logit[c] = (double)shift[c];
        for (size_t i = 0; i < 12; i++)
            logit[c] += (double)v[c * 12 + i] * pooled[i];
    }
    return log(1 + exp(logit[1 - label] - logit[label]));
}

static void network_is_its_formula(void **state)
{
    struct network n = network_of(*state, NONE, "conv 3 3 pad 1, relu, pool 2, dense", image(2, 5, 4, 2));
    struct network swapped = network_of(*state, NONE, "\tconv  3 3 pad 1 ,pool 2, relu,dense ", image(2, 5, 4, 2));
    struct task t = task_of(&n, 6, 8);
    double sum = 0;
    assert_int_equal(n.d, 54 + 3 + 24 + 2);
    for (size_t b = 0; b < 6; b++)
        sum += loss_by_hand(t.points + b * 40, t.x, (size_t)t.labels[b]);
    assert_close(loss_at(&n, &t), sum / 6, EPS, 0);
    assert_true(loss_at(&n, &t) == loss_at(&swapped, &t)); /* a ReLU and a pool commute */
    task_free(&t);
    plugin->destroy(n.self);
    plugin->destroy(swapped.self);
}

/* A dropout outside training passes everything on, and keeps layers apart that would be computed as one. */
static void fused_layers_give_what_single_ones_do(void **state)
{
    static const char *const pairs[][3] = {
        /* fused, apart, and without the ReLU */
        {"conv 4 3, relu, dense", "conv 4 3, dropout 0, relu, dense", "conv 4 3, dense"},
        {"conv 4 3, relu, pool 2, dense", "conv 4 3, dropout 0, relu, dropout 0, pool 2, dense",
         "conv 4 3, pool 2, dense"},
        {"groupnorm 1, relu, dense", "groupnorm 1, dropout 0, relu, dense", "groupnorm 1, dense"},
        {"groupnorm 1, pool 2, relu, dense", "groupnorm 1, dropout 0, pool 2, dropout 0, relu, dense",
         "groupnorm 1, pool 2, dense"},
        {"conv 8 3 pad 1, groupnorm 2, relu, pool 2, dense",
         "conv 8 3 pad 1, dropout 0, groupnorm 2, dropout 0, relu, dropout 0, pool 2, dense",
         "conv 8 3 pad 1, groupnorm 2, pool 2, dense"},
        {"dense 9, relu, dense", "dense 9, dropout 0, relu, dense", "dense 9, dense"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        double loss[3];
        for (size_t k = 0; k < 3; k++) {
            struct network n = network_of(*state, NONE, pairs[i][k], image(1, 8, 8, 3));
            struct task t = task_of(&n, 5, 10);
            loss[k] = loss_at(&n, &t);
            task_free(&t);
            plugin->destroy(n.self);
        }
        assert_close(loss[0], loss[1], EPS, 0);
        assert_true(fabs(loss[0] - loss[2]) > 1e-3);
    }
}

/* --- dropout --- */

static void dropout_only_while_training_and_from_the_batch_stream(void **state)
{
    struct network n =
        network_of(*state, NONE, "dropout 0.3, conv 4 3, relu, dropout 0.25, dense 30, relu, dropout 0.5, dense",
                   image(1, 8, 8, 3));
    struct network plain = network_of(*state, NONE, "conv 4 3, relu, dense 30, relu, dense", image(1, 8, 8, 3));
    struct task t = task_of(&n, 5, 9);
    kith_real *again = memory(n.d, sizeof *again);
    kith_stream s = kith_stream_at(1, KITH_FOR_NOISE, 2, 3), replay = s,
                elsewhere = kith_stream_at(1, KITH_FOR_NOISE, 2, 4);
    double loss[4];
    assert_true(loss_at(&n, &t) == loss_at(&plain, &t));
    assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, t.g, &loss[0]),
                     KITH_OK); /* no stream: as in evaluation */
    assert_close(loss[0], loss_at(&plain, &t), EPS, 0);
    t.batch.noise = &s;
    assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, t.g, &loss[1]), KITH_OK);
    t.batch.noise = &replay;
    memset(t.work, 0xff, t.bytes);
    assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, again, &loss[2]), KITH_OK);
    assert_memory_equal(again, t.g, n.d * sizeof *again);
    t.batch.noise = &elsewhere;
    assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, again, &loss[3]), KITH_OK);
    assert_true(loss[1] == loss[2] && loss[1] != loss[3] && loss[1] != loss[0]);
    assert_true(kith_draw_u64(&s) == kith_draw_u64(&replay)); /* as many draws */
    free(again);
    task_free(&t);
    plugin->destroy(n.self);
    plugin->destroy(plain.self);
}

/* --- initial models --- */

static void check_part(const kith_real *x, size_t weights, size_t biases, double variance, bool uniform)
{
    const double spread = sqrt((uniform ? 0.8 : 2.0) / (double)weights); /* of the mean square, relative */
    double largest = 0;
    assert_close(kith_dot(weights, x, x) / (double)weights, variance, 6 * spread, 0);
    for (size_t i = 0; i < weights; i++)
        largest = fmax(largest, fabs((double)x[i]));
    assert_true(uniform ? largest <= sqrt(3 * variance) * (1 + EPS) : largest > sqrt(3 * variance) * 1.1);
    for (size_t i = 0; i < biases; i++)
        assert_true(x[weights + i] == 0);
}

static void initial_weights_have_the_named_variance(void **state)
{
    const kith_shape shape = image(3, 8, 8, 10);
    for (int init = HE; init <= XAVIER_UNIFORM; init++) {
        void *self = NULL;
        const struct config config = {NONE, init, "conv 20 5 pad 2, groupnorm 2, relu, pool 2, dense 50, relu, dense",
                                      0};
        assert_ok(*state, create(*state, config, &shape, &self));
        const kith_model *ops = plugin->ops;
        kith_real *x = memory(ops->dimension(self), sizeof *x), *at = x;
        kith_stream s = kith_stream_at(6, KITH_FOR_INIT, 0, 0);
        assert_int_equal(ops->init(self, NULL, &s, x), KITH_OK);
        const double out = init >= XAVIER ? 1 : 0;
        check_part(at, 75 * 20, 20, 2 / (75 + out * 500), init & 1);
        at += 75 * 20 + 20;
        for (size_t i = 0; i < 40; i++)
            assert_true(at[i] == (i < 20 ? 1 : 0)); /* gamma, beta */
        at += 40;
        check_part(at, 320 * 50, 50, 2 / (320 + out * 50), init & 1);
        at += 320 * 50 + 50;
        check_part(at, 50 * 10, 10, 2 / (50 + out * 10), init & 1);
        assert_ptr_equal(at + 510, x + ops->dimension(self));
        free(x);
        plugin->destroy(self);
    }
}

static void diverged_models_show_it(void **state)
{
    struct network n = network_of(*state, GOSSIP, "", image(1, 12, 12, 2));
    for (size_t i = 0; i < n.d; i += n.d / 11) {
        struct task t = task_of(&n, 2, 1);
        double loss = 0;
        t.x[i] = (kith_real)NAN;
        assert_int_equal(n.ops->gradient(n.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
        assert_true(isnan(loss));
        task_free(&t);
    }
    plugin->destroy(n.self);
}

/* --- refusals --- */

static void check_refusal(kith_ctx *ctx, struct config config, kith_shape shape, const char *text)
{
    void *self = NULL;
    assert_refused(ctx, create(ctx, config, &shape, &self), KITH_ECONFIG, text);
    assert_null(self);
}

static void other_data_is_refused(void **state)
{
    const kith_shape flat = {.features = 60, .classes = 10};
    check_refusal(*state, (struct config){NIID, HE, "", 0}, image(1, 28, 28, 0),
                  "cnn needs labelled examples; the data set has no classes");
    check_refusal(*state, (struct config){NIID, HE, "", 0}, flat,
                  "cnn needs images; the data set gives 60 numbers without height and width, so choose mlp or linear");
    check_refusal(*state, (struct config){PFL, HE, "dense", 0}, mnist,
                  "cnn.preset = pfl and cnn.layers both describe the network; leave one out");
    check_refusal(*state, (struct config){NIID, HE, "", 0}, image(1, 13, 13, 10),
                  "cnn.preset = niid-bench: conv at character 25 has a side of 5 and gets images of 4 x 4; make the "
                  "side smaller or leave the layer out");
}

#define WORDS "conv, pool, relu, groupnorm, dropout, dense"
#define CONV  "; a layer is written \"conv FILTERS SIDE [pad ROWS]\""

static void bad_descriptions_are_refused_by_place(void **state)
{
    static const struct {
        const char *layers, *text;
    } cases[] = {
        {"conv 3 3, poool 2, dense", "\"poool\" at character 11 is no layer; layers are " WORDS},
        {"Conv 3 3, dense", "\"Conv\" at character 1 is no layer; layers are " WORDS},
        {"relu,, dense", "a layer is missing at character 6; write one of " WORDS " there"},
        {"relu, dense, ", "a layer is missing at character 14; write one of " WORDS " there"},
        {" ", "a layer is missing at character 2; write one of " WORDS " there"},
        {"conv 6, dense", "conv at character 7 lacks a side from 1 to 65536" CONV},
        {"conv, dense", "conv at character 5 lacks a number of filters from 1 to 65536" CONV},
        {"conv six 5, dense", "\"six\" at character 6 is not a number of filters from 1 to 65536" CONV},
        {"conv 6 0, dense", "\"0\" at character 8 is not a side from 1 to 65536" CONV},
        {"conv 6 5x5, dense", "\"5x5\" at character 8 is not a side from 1 to 65536" CONV},
        {"conv -6 5, dense", "\"-6\" at character 6 is not a number of filters from 1 to 65536" CONV},
        {"conv 99999999999999999999 5, dense",
         "\"99999999999999999999\" at character 6 is not a number of filters from 1 to 65536" CONV},
        {"conv 6 5 pad, dense", "conv at character 13 lacks a number of rows to pad from 0 to 65536" CONV},
        {"conv 6 5 pad 5, dense",
         "pad 5 at character 14 is not below the side, 5; some outputs would see nothing but margin"},
        {"conv 6 5 2, dense",
         "\"2\" at character 10 follows a complete layer, \"conv FILTERS SIDE [pad ROWS]\"; separate "
         "layers by commas"},
        {"relu dense", "\"dense\" at character 6 follows a complete layer, \"relu\"; separate layers by commas"},
        {"pool two, dense", "\"two\" at character 6 is not a side from 1 to 65536; a layer is written \"pool SIDE\""},
        {"groupnorm, dense", "groupnorm at character 10 lacks a number of groups from 1 to 65536; a layer is written "
                             "\"groupnorm GROUPS\""},
        {"dropout 1, dense", "\"1\" at character 9 is not a rate in [0,1); a layer is written \"dropout RATE\""},
        {"dropout -.5, dense", "\"-.5\" at character 9 is not a rate in [0,1); a layer is written \"dropout RATE\""},
        {"dropout .5., dense", "\".5.\" at character 9 is not a rate in [0,1); a layer is written \"dropout RATE\""},
        {"dropout nan, dense", "\"nan\" at character 9 is not a rate in [0,1); a layer is written \"dropout RATE\""},
        {"dense 0, dense", "\"0\" at character 7 is not a number of units from 1 to 65536; a layer is written "
                           "\"dense [UNITS]\""},
        {"dense, relu, dense",
         "dense at character 1 has no number of units; only the last layer may do without, it has "
         "one for each class"},
        {"dense 10",
         "the last layer, dense at character 1, is not \"dense\" without a number; add \", dense\", which gets "
         "one unit for each class"},
        {"dense 10, relu",
         "the last layer, relu at character 11, is not \"dense\" without a number; add \", dense\", which "
         "gets one unit for each class"},
        {"conv 2 9, dense",
         "conv at character 1 has a side of 9 and gets images of 8 x 8; make the side smaller or leave "
         "the layer out"},
        {"pool 2, relu, pool 5, dense", "pool at character 15 has a side of 5 and gets images of 4 x 4; make the side "
                                        "smaller or leave the layer out"},
        {"conv 9 3, groupnorm 2, dense",
         "groupnorm at character 11 has 2 groups, which do not divide the 9 channels it "
         "gets; choose a divisor"},
        {"conv 65536 1, conv 65536 1, dense",
         "with the layer at character 15 the model has 4295163904 parameters, more "
         "than 2147483647; make it narrower"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char text[512];
        snprintf(text, sizeof text, "cnn.layers: %s", cases[c].text);
        check_refusal(*state, (struct config){NONE, HE, cases[c].layers, 0}, image(1, 8, 8, 10), text);
    }
    check_refusal(*state, (struct config){NONE, HE, "conv 65536 1, dense", 0}, image(1, 256, 256, 10),
                  "cnn.layers: the layer at character 1 has 4294967296 outputs per example, more than 2147483647; make "
                  "it narrower");
}

static void too_many_layers_are_refused(void **state)
{
    char layers[65 * 6 + 8] = "";
    for (size_t l = 0; l < 64; l++)
        memcpy(layers + l * 6, "relu, ", 7);
    memcpy(layers + 64 * 6, "dense", 6);
    check_refusal(*state, (struct config){NONE, HE, layers, 0}, image(1, 8, 8, 10),
                  "cnn.layers has more than 64 layers, from character 385 on; leave some out");
}

/* The module stays open: sanitizers name its functions when the program ends. */
static int setup(void **state)
{
    const char *top = getenv("top_builddir");
    char path[4096];
    snprintf(path, sizeof path, "%s/modules/.libs/cnn.so", top ? top : ".");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) fail_msg("%s", dlerror());
    plugin = dlsym(module, KITH_DESCRIPTOR_SYMBOL);
    static const size_t offset[] = {offsetof(struct config, preset), offsetof(struct config, layers),
                                    offsetof(struct config, init), offsetof(struct config, top)};
    static const char *const key[] = {"preset", "layers", "init", "top"};
    if (!plugin || plugin->param_count != 4 || plugin->config_size != sizeof(struct config)) return 1;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(plugin->params[i].key, key[i]) != 0 || plugin->params[i].offset != offset[i]) return 1;
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
        cmocka_unit_test(sizes_are_the_published_ones),
        cmocka_unit_test(gradients_are_slopes_of_the_loss),
        cmocka_unit_test(gradients_of_the_presets),
        cmocka_unit_test(gradients_in_pieces),
        cmocka_unit_test(large_batches_are_cut_up),
        cmocka_unit_test(network_is_its_formula),
        cmocka_unit_test(fused_layers_give_what_single_ones_do),
        cmocka_unit_test(dropout_only_while_training_and_from_the_batch_stream),
        cmocka_unit_test(initial_weights_have_the_named_variance),
        cmocka_unit_test(diverged_models_show_it),
        cmocka_unit_test(other_data_is_refused),
        cmocka_unit_test(bad_descriptions_are_refused_by_place),
        cmocka_unit_test(too_many_layers_are_refused),
    };
    return cmocka_run_group_tests_name("cnn", tests, setup, teardown);
}
