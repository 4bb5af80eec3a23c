#include "support.h"

#include "nn/blas.h"
#include "pieces.h"

#include <dlfcn.h>
#include <kith/kith.h>

/* The model plugins as the host sees them: modules of the build tree, through their descriptors. */

#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-13, STEP = 1e-6, SLOPE = 1e-8;
#else
static const double EPS = 3e-6, STEP = 2e-3, SLOPE = 1e-3;
#endif

struct model {
    kith_ctx *ctx;
    const kith_plugin *plugin;
    const kith_model *ops;
    unsigned char *config;
    void *self;
    size_t d;
    kith_shape shape;
};

/* The module stays open: sanitizers name its functions when the program ends. */
static const kith_plugin *load(const char *id)
{
    const char *top = getenv("top_builddir");
    char path[4096];
    snprintf(path, sizeof path, "%s/modules/.libs/%s.so", top ? top : ".", id);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) fail_msg("%s", dlerror());
    const kith_plugin *plugin = dlsym(module, KITH_DESCRIPTOR_SYMBOL);
    assert_non_null(plugin);
    assert_string_equal(plugin->id, id);
    assert_int_equal(plugin->kind, KITH_MODEL);
    assert_int_equal(plugin->ops_size, sizeof(kith_model));
    return plugin;
}

static const kith_param *param(const kith_plugin *plugin, const char *key)
{
    for (uint32_t i = 0; i < plugin->param_count; i++) {
        if (strcmp(plugin->params[i].key, key) == 0) return &plugin->params[i];
    }
    fail_msg("%s has no parameter %s", plugin->id, key);
    return NULL;
}

/* Sets a parameter where its row says it lies; choices and switches by number. */
static void put(struct model *m, const char *key, double value)
{
    const kith_param *p = param(m->plugin, key);
    void *at = m->config + p->offset;
    if (p->type == KITH_TYPE_REAL)
        memcpy(at, &value, sizeof value);
    else if (p->type == KITH_TYPE_CHOICE)
        memcpy(at, &(int){(int)value}, sizeof(int));
    else if (p->type == KITH_TYPE_BOOL)
        memcpy(at, &(bool){value != 0}, sizeof(bool));
    else
        fail_msg("%s.%s is neither number, choice nor switch", m->plugin->id, key);
}

static void put_list(struct model *m, const char *key, const double *item, size_t count)
{
    const kith_reals list = {.item = item, .count = count};
    memcpy(m->config + param(m->plugin, key)->offset, &list, sizeof list);
}

static struct model prepare(kith_ctx *ctx, const char *id, size_t features, size_t classes)
{
    struct model m = {.ctx = ctx, .plugin = load(id), .shape = {.features = features, .classes = classes}};
    m.ops = m.plugin->ops;
    m.config = calloc(1, m.plugin->config_size);
    assert_non_null(m.config);
    return m;
}

static kith_status create(struct model *m)
{
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &m->shape};
    KITH_TRY(m->plugin->create(m->ctx, m->config, &setting, &m->self));
    m->d = m->ops->dimension(m->self);
    return KITH_OK;
}

static void destroy(struct model *m)
{
    if (m->self) m->plugin->destroy(m->self);
    free(m->config);
}

static struct model quadratic(kith_ctx *ctx, size_t features, double a, double sigma, double init)
{
    struct model m = prepare(ctx, "quadratic", features, 0);
    put(&m, "a", a);
    put(&m, "sigma", sigma);
    put(&m, "init", init);
    assert_ok(ctx, create(&m));
    return m;
}

static struct model linear(kith_ctx *ctx, size_t features, size_t classes, bool normal, bool bias)
{
    struct model m = prepare(ctx, "linear", features, classes);
    put(&m, "init", normal);
    put(&m, "std", 0.1);
    put(&m, "bias", bias);
    assert_ok(ctx, create(&m));
    return m;
}

/* The softmax of sigmoids. */
static struct model squashed(kith_ctx *ctx, size_t features, size_t classes, bool normal, bool bias)
{
    struct model m = prepare(ctx, "linear", features, classes);
    put(&m, "init", normal);
    put(&m, "std", 0.1);
    put(&m, "bias", bias);
    put(&m, "outputs", 1);
    assert_ok(ctx, create(&m));
    return m;
}

static struct model mlp(kith_ctx *ctx, size_t features, size_t classes, const double *hidden, size_t count, bool tanh_,
                        bool xavier)
{
    struct model m = prepare(ctx, "mlp", features, classes);
    put_list(&m, "hidden", hidden, count);
    put(&m, "activation", tanh_);
    put(&m, "init", xavier);
    assert_ok(ctx, create(&m));
    return m;
}

/* --- batches --- */

struct task {
    kith_batch batch;
    kith_real *points, *x, *g;
    int32_t *labels;
    void *work;
};

static void *memory(size_t count, size_t size)
{
    void *m = calloc(count ? count : 1, size);
    assert_non_null(m);
    return m;
}

/* A random batch at a random model; biases are not zero. */
static struct task task_of(const struct model *m, size_t count, uint64_t seed)
{
    kith_stream s = kith_stream_at(seed, KITH_FOR_DATA, 0, 0);
    const size_t features = m->shape.features;
    struct task t = {.points = memory(count * features, sizeof(kith_real)),
                     .x = memory(m->d, sizeof(kith_real)),
                     .g = memory(m->d, sizeof(kith_real)),
                     .labels = memory(count, sizeof(int32_t)),
                     .work = memory(1, m->ops->workspace(m->self, count))};
    kith_draw_normals(&s, 1, count * features, t.points);
    kith_draw_normals(&s, 0.5, m->d, t.x);
    for (size_t e = 0; e < count && m->shape.classes; e++)
        t.labels[e] = (int32_t)kith_draw_below(&s, m->shape.classes);
    t.batch = (kith_batch){.count = count, .x = t.points, .label = m->shape.classes ? t.labels : NULL};
    return t;
}

static void task_free(struct task *t)
{
    free(t->points);
    free(t->x);
    free(t->g);
    free(t->labels);
    free(t->work);
}

static double loss_at(const struct model *m, const struct task *t)
{
    kith_score score = {0};
    assert_int_equal(m->ops->evaluate(m->self, NULL, t->x, &t->batch, t->work, &score), KITH_OK);
    return score.loss / (double)t->batch.count;
}

/* --- what holds for every model --- */

/* Central differences of the loss that evaluate() gives, coordinate by coordinate. The slopes on both
 * sides of x bound what it may be; they are far apart where a kink of a ReLU lies within the step, which is rare. */
static void check_gradient(const struct model *m, size_t count, uint64_t seed)
{
    struct task t = task_of(m, count, seed);
    double loss = 0, largest = 0;
    size_t kinks = 0;
    assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    assert_close(loss, loss_at(m, &t), EPS, 0);
    for (size_t i = 0; i < m->d; i++) {
        const kith_real was = t.x[i], high = was + (kith_real)STEP, low = was - (kith_real)STEP;
        t.x[i] = high;
        const double up = loss_at(m, &t) - loss;
        t.x[i] = low;
        const double down = loss - loss_at(m, &t);
        t.x[i] = was;
        const double slope = (up + down) / ((double)high - (double)low), jump = fabs(up - down) / STEP;
        kinks += jump > 0.01 * (1 + fabs(slope));
        assert_close((double)t.g[i], slope, SLOPE, SLOPE + jump / 2);
        largest = fmax(largest, fabs(slope));
    }
    assert_true(largest > 30 * SLOPE); /* else zeros would have passed */
    assert_true(kinks <= m->d / 20);
    task_free(&t);
}

/* Sums of evaluate() over parts make the whole, and means of gradients weighted by count too. */
static void check_additivity(const struct model *m)
{
    enum { COUNT = 12, FIRST = 5 };
    struct task t = task_of(m, COUNT, 5);
    kith_score whole = {0}, parts = {0};
    kith_real *sum = memory(m->d, sizeof *sum), *part = memory(m->d, sizeof *part);
    double loss = 0, losses = 0;
    assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    assert_int_equal(m->ops->evaluate(m->self, NULL, t.x, &t.batch, t.work, &whole), KITH_OK);
    for (size_t from = 0; from < COUNT; from += from ? COUNT : FIRST) {
        kith_batch b = {.count = from ? COUNT - FIRST : FIRST,
                        .x = t.points + from * m->shape.features,
                        .label = t.batch.label ? t.labels + from : NULL};
        assert_int_equal(m->ops->evaluate(m->self, NULL, t.x, &b, t.work, &parts), KITH_OK);
        assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &b, t.work, part, &loss), KITH_OK);
        losses += loss * (double)b.count;
        kith_axpy(m->d, (kith_real)b.count / COUNT, part, sum);
    }
    assert_close(parts.loss, whole.loss, EPS, 0);
    assert_close(losses, whole.loss, EPS, 0);
    assert_int_equal(parts.correct, whole.correct);
    assert_int_equal(parts.count, COUNT);
    assert_int_equal(whole.count, COUNT);
    for (size_t i = 0; i < m->d; i++)
        assert_close((double)sum[i], (double)t.g[i], 30 * EPS, 30 * EPS);
    free(sum);
    free(part);
    task_free(&t);
}

/* The same bits with every vector elsewhere, and whatever the workspace and g held before. */
static void check_same_bits(const struct model *m)
{
    enum { COUNT = 7, SHIFTS = 9 };
    struct task t = task_of(m, COUNT, 6);
    const size_t bytes = m->ops->workspace(m->self, COUNT), features = m->shape.features;
    double loss = 0, again = 0;
    assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    for (size_t shift = 1; shift < SHIFTS; shift++) {
        kith_real *x = memory(m->d + shift, sizeof *x), *g = memory(m->d + SHIFTS, sizeof *g);
        kith_real *work = memory(bytes / sizeof *work + shift + 1, sizeof *work);
        kith_real *points = memory(COUNT * features + SHIFTS, sizeof *points);
        memcpy(x + shift, t.x, m->d * sizeof *x);
        memcpy(points + SHIFTS - shift, t.points, COUNT * features * sizeof *points);
        memset(work, 0xff, bytes + shift * sizeof *work); /* NaN */
        memset(g, 0xff, (m->d + SHIFTS) * sizeof *g);
        const kith_batch b = {.count = COUNT, .x = points + SHIFTS - shift, .label = t.batch.label};
        assert_int_equal(m->ops->gradient(m->self, NULL, x + shift, &b, work + shift, g + SHIFTS - shift, &again),
                         KITH_OK);
        assert_true(again == loss);
        assert_memory_equal(g + SHIFTS - shift, t.g, m->d * sizeof *g);
        free(x);
        free(g);
        free(work);
        free(points);
    }
    task_free(&t);
}

/* Thin batches and others. */
static void check_in_pieces(const struct model *m)
{
    for (size_t count = 1; count < 40; count += 15) {
        struct task t = task_of(m, count, 8);
        check_pieces(m->ops, m->self, m->d, t.x, &t.batch, t.work);
        task_free(&t);
    }
}

/* A workspace of the size that was asked for is enough. */
static void check_workspace(const struct model *m)
{
    enum { GUARD = 256 };
    for (size_t count = 1; count < 20; count += 6) {
        struct task t = task_of(m, count, 7);
        const size_t bytes = m->ops->workspace(m->self, count);
        unsigned char *work = memory(bytes + GUARD, 1), guard[GUARD];
        kith_score score = {0};
        double loss = 0;
        memset(guard, 0xa5, GUARD);
        memcpy(work + bytes, guard, GUARD);
        assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, work, t.g, &loss), KITH_OK);
        assert_int_equal(m->ops->evaluate(m->self, NULL, t.x, &t.batch, work, &score), KITH_OK);
        assert_memory_equal(work + bytes, guard, GUARD);
        assert_true(m->ops->workspace(m->self, 19) >= bytes);
        free(work);
        task_free(&t);
    }
}

static void check_init(const struct model *m)
{
    kith_stream a = kith_stream_at(3, KITH_FOR_INIT, 0, 0), b = a;
    kith_real *x = memory(m->d, sizeof *x), *y = memory(m->d, sizeof *y);
    memset(y, 0xff, m->d * sizeof *y);
    assert_int_equal(m->ops->init(m->self, NULL, &a, x), KITH_OK);
    assert_int_equal(m->ops->init(m->self, NULL, &b, y), KITH_OK);
    assert_true(kith_all_finite(m->d, y));
    assert_memory_equal(x, y, m->d * sizeof *x);
    free(x);
    free(y);
}

static void check_model(struct model m)
{
    check_workspace(&m); /* first: if it is too small, the others crash */
    check_gradient(&m, 1, 1);
    check_gradient(&m, 10, 2);
    check_gradient(&m, 33, 3);
    check_additivity(&m);
    check_same_bits(&m);
    if (m.ops->gradient_to) check_in_pieces(&m);
    check_init(&m);
    destroy(&m);
}

static void every_model_keeps_the_contract(void **state)
{
    kith_ctx *ctx = *state;
    static const double narrow[] = {5}, wide[] = {17, 6}, deep[] = {16, 1, 20};
    check_model(quadratic(ctx, 1, 2.5, 0, 0));
    check_model(quadratic(ctx, 300, 0.5, 0, 1));
    check_model(linear(ctx, 7, 3, true, true));
    check_model(linear(ctx, 5, 16, true, false));
    check_model(linear(ctx, 4, 1 + 1, false, true));
    check_model(mlp(ctx, 6, 3, NULL, 0, false, false));
    check_model(mlp(ctx, 6, 3, narrow, 1, false, true));
    check_model(mlp(ctx, 9, 4, wide, 2, false, false));
    check_model(mlp(ctx, 3, 17, deep, 3, true, true));
}

/* --- quadratic --- */

static void quadratic_has_its_closed_form(void **state)
{
    const double tolerance = sizeof(kith_real) == 8 ? 1e-12 : 1e-6;
    struct model m = quadratic(*state, 2, 0.5, 0, 3);
    const kith_real points[6] = {1, 10, 2, 20, 6, 60}; /* mean (3, 30) */
    kith_real x[2], g[2], work[2];
    double loss = 0;
    assert_int_equal(m.d, 2);
    assert_int_equal(m.ops->init(m.self, NULL, NULL, x), KITH_OK);
    assert_true(x[0] == 3 && x[1] == 3);
    const kith_batch batch = {.count = 3, .x = points};
    assert_int_equal(m.ops->gradient(m.self, NULL, x, &batch, work, g, &loss), KITH_OK);
    assert_close((double)g[0], 0, 0, tolerance);
    assert_close((double)g[1], 0.5 * (3 - 30), tolerance, 0);
    /* squares: 4 + 49, 1 + 289, 9 + 3249 */
    assert_close(loss, 0.25 * (53 + 290 + 3258) / 3, tolerance, 0);
    kith_score score = {.loss = 1, .correct = 4, .count = 2};
    assert_int_equal(m.ops->evaluate(m.self, NULL, x, &batch, work, &score), KITH_OK);
    assert_close(score.loss, 1 + 0.25 * 3601, tolerance, 0);
    assert_int_equal(score.correct, 4);
    assert_int_equal(score.count, 5);
    destroy(&m);
}

/* Gradient descent with full batches: x_k - b = (1 - eta a)^k (x_0 - b). */
static void quadratic_descends_geometrically(void **state)
{
    enum { D = 600, K = 50 };
    struct model m = quadratic(*state, D, 1.5, 0, 2);
    struct task t = task_of(&m, 8, 9);
    double mean[D] = {0};
    for (size_t i = 0; i < 8 * D; i++)
        mean[i % D] += (double)t.points[i] / 8;
    assert_int_equal(m.ops->init(m.self, NULL, NULL, t.x), KITH_OK);
    for (int k = 0; k < K; k++) {
        double loss = 0;
        assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
        kith_sgd_update(D, (kith_real)0.1, 0, 0, t.g, NULL, t.x, NULL);
    }
    const double left = pow(1 - 0.15, K), tolerance = sizeof(kith_real) == 8 ? 1e-13 : 1e-6;
    for (size_t i = 0; i < D; i++)
        assert_close((double)t.x[i], mean[i] + left * (2 - mean[i]), 0, tolerance);
    task_free(&t);
    destroy(&m);
}

static void quadratic_noise_has_its_size_and_stream(void **state)
{
    enum { D = 40000 };
    struct model m = quadratic(*state, D, 1, 0.5, 0);
    struct task t = task_of(&m, 1, 10);
    kith_real *quiet = memory(D, sizeof *quiet);
    double loss = 0, mean = 0, square = 0;
    assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, quiet, &loss),
                     KITH_OK); /* no stream: no noise */
    kith_stream s = kith_stream_at(4, KITH_FOR_NOISE, 1, 2), replay = s;
    t.batch.noise = &s;
    assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    for (size_t i = 0; i < D; i++) {
        const double noise = (double)t.g[i] - (double)quiet[i];
        mean += noise / D;
        square += noise * noise / D;
        assert_close((double)quiet[i], (double)t.x[i] - (double)t.points[i], 0, 4 * EPS);
    }
    assert_close(mean, 0, 0, 5 * 0.5 / sqrt(D)); /* five standard errors */
    assert_close(square, 0.25, 5 * sqrt(2.0 / D), 0);
    assert_false(kith_draw_u64(&s) == kith_draw_u64(&replay)); /* it was drawn from the batch's own stream */
    free(quiet);
    task_free(&t);
    destroy(&m);
}

/* --- linear and mlp --- */

static void dimensions_are_the_papers(void **state)
{
    static const double hidden[] = {200, 200};
    struct model l = linear(*state, 784, 10, false, true), flat = linear(*state, 784, 10, false, false);
    struct model p = mlp(*state, 784, 10, hidden, 2, false, false), none = mlp(*state, 784, 10, NULL, 0, false, false);
    assert_int_equal(l.d, 7850);
    assert_int_equal(flat.d, 7840);
    assert_int_equal(p.d, 199210);
    assert_int_equal(none.d, 7850);
    destroy(&l);
    destroy(&flat);
    destroy(&p);
    destroy(&none);
}

/* At zero every class is as likely: loss log C, gradient of the bias 1/C less the share of the class. */
static void linear_starts_at_log_c(void **state)
{
    struct model m = linear(*state, 6, 4, false, true);
    struct task t = task_of(&m, 8, 12);
    double loss = 0;
    for (int e = 0; e < 8; e++)
        t.labels[e] = e < 6 ? 1 : 2;
    assert_int_equal(m.ops->init(m.self, NULL, NULL, t.x), KITH_OK);
    assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    assert_close(loss, log(4), EPS, 0);
    const double expected[4] = {0.25, 0.25 - 0.75, 0.25 - 0.25, 0.25};
    for (int c = 0; c < 4; c++)
        assert_close((double)t.g[24 + c], expected[c], 0, EPS);
    for (int c = 0; c < 4; c++) { /* weights (C, F), below KITH_DENSE_WIDE classes */
        for (int f = 0; f < 6; f++) {
            double slope = 0;
            for (int e = 0; e < 8; e++)
                slope += (0.25 - (t.labels[e] == c)) * (double)t.points[e * 6 + f] / 8;
            assert_close((double)t.g[c * 6 + f], slope, 0, 4 * EPS);
        }
    }
    task_free(&t);
    destroy(&m);
}

static void linear_counts_what_is_right(void **state)
{
    struct model m = linear(*state, 2, 2, false, true);
    const kith_real points[6] = {1, 0, 0, 1, 2, 1}, x[6] = {1, 0, 0, 1, 0, 0}; /* class of the larger feature */
    const int32_t labels[3] = {0, 0, 0};
    kith_real work[64];
    kith_score score = {0};
    const kith_batch batch = {.count = 3, .x = points, .label = labels};
    assert_true(m.ops->workspace(m.self, 3) <= sizeof work);
    assert_int_equal(m.ops->evaluate(m.self, NULL, x, &batch, work, &score), KITH_OK);
    assert_int_equal(score.correct, 2);
    assert_int_equal(score.count, 3);
    assert_close(score.loss, 2 * log(1 + exp(-1)) + log(1 + exp(1)), EPS, 0);
    destroy(&m);
}

/* Logits ln 3 and -ln 3 have the sigmoids 3/4 and 1/4, so that the loss is log(1 + e^-1/2) for class 0 and 1/2 more for
 * class 1, and a sigmoid's slope is 3/16. */
static void sigmoids_come_before_the_softmax(void **state)
{
    struct model m = squashed(*state, 1, 2, false, true);
    const kith_real points[2] = {0, 0}, x[4] = {0, 0, (kith_real)log(3), (kith_real)-log(3)};
    const int32_t labels[2] = {0, 1};
    kith_real work[64], g[4];
    kith_score score = {0};
    double loss = 0;
    const kith_batch batch = {.count = 2, .x = points, .label = labels};
    assert_true(m.ops->workspace(m.self, 2) <= sizeof work);
    assert_int_equal(m.ops->evaluate(m.self, NULL, x, &batch, work, &score), KITH_OK);
    assert_int_equal(score.correct, 1);
    assert_close(score.loss, 2 * log(1 + exp(-0.5)) + 0.5, EPS, 0);
    assert_int_equal(m.ops->gradient(m.self, NULL, x, &batch, work, g, &loss), KITH_OK);
    assert_close(loss, score.loss / 2, EPS, 0);
    const double p = 1 / (1 + exp(-0.5));
    assert_close((double)g[2], 3.0 / 16 * (p - 0.5), 0, EPS);
    assert_close((double)g[3], 3.0 / 16 * (0.5 - p), 0, EPS);
    destroy(&m);
}

/* Their gradients are small, so that check_gradient() gets few examples. */
static void the_softmax_of_sigmoids_keeps_the_contract(void **state)
{
    struct model models[] = {squashed(*state, 7, 3, true, true), squashed(*state, 5, 16, true, false)};
    for (size_t k = 0; k < 2; k++) {
        check_workspace(&models[k]);
        check_gradient(&models[k], 1, 1);
        check_gradient(&models[k], 3, 2);
        check_additivity(&models[k]);
        check_same_bits(&models[k]);
        check_in_pieces(&models[k]);
        check_init(&models[k]);
        destroy(&models[k]);
    }
}

/* Mean square of the initial weights of each layer against the rule's variance; biases are zero. */
static void check_variances(struct model m, const size_t *width, size_t layers, bool xavier)
{
    kith_stream s = kith_stream_at(1, KITH_FOR_INIT, 0, 0);
    kith_real *x = memory(m.d, sizeof *x);
    assert_int_equal(m.ops->init(m.self, NULL, &s, x), KITH_OK);
    const kith_real *at = x;
    for (size_t l = 0; l < layers; l++) {
        const size_t in = width[l], out = width[l + 1], n = in * out;
        const double variance = 2.0 / (double)(xavier ? in + out : in);
        assert_close(kith_dot(n, at, at) / (double)n, variance, 6 * sqrt(2.0 / (double)n), 0);
        at += n;
        for (size_t o = 0; o < out; o++)
            assert_true(at[o] == 0);
        at += out;
    }
    assert_ptr_equal(at, x + m.d);
    free(x);
    destroy(&m);
}

static void mlp_starts_with_the_named_variance(void **state)
{
    static const double hidden[] = {120, 60};
    static const size_t width[] = {200, 120, 60, 10};
    check_variances(mlp(*state, 200, 10, hidden, 2, false, false), width, 3, false);
    check_variances(mlp(*state, 200, 10, hidden, 2, true, true), width, 3, true);
}

/* Two hidden units by hand: x = (1, 2), W1 (O, I) = ((1, 1), (1, -1)), W2 = ((1, 0), (0, 1)). */
static void mlp_is_its_formula(void **state)
{
    static const double hidden[] = {2};
    const kith_real point[2] = {1, 2}, x[12] = {1, 1, 1, -1, (kith_real)-0.5, 0, 1, 0, 0, 1, 0, (kith_real)0.25};
    const int32_t label = 0;
    const kith_batch batch = {.count = 1, .x = point, .label = &label};
    for (int act = 0; act < 2; act++) {
        struct model m = mlp(*state, 2, 2, hidden, 1, act, false);
        assert_int_equal(m.d, 12);
        void *work = memory(1, m.ops->workspace(m.self, 1));
        kith_score score = {0};
        assert_int_equal(m.ops->evaluate(m.self, NULL, x, &batch, work, &score), KITH_OK);
        const double first = act ? tanh(2.5) : 2.5, second = 0.25 + (act ? tanh(-1) : 0);
        assert_close(score.loss, log(1 + exp(second - first)), EPS, 0);
        free(work);
        destroy(&m);
    }
}

/* Enough of a learner to see all parts work together: exclusive or. */
static void mlp_learns_exclusive_or(void **state)
{
    static const double hidden[] = {16};
    struct model m = mlp(*state, 2, 2, hidden, 1, false, false);
    kith_stream s = kith_stream_at(2, KITH_FOR_INIT, 0, 0);
    const kith_real points[8] = {-1, -1, -1, 1, 1, -1, 1, 1};
    const int32_t labels[4] = {0, 1, 1, 0};
    struct task t = task_of(&m, 4, 1);
    const kith_batch batch = {.count = 4, .x = points, .label = labels};
    kith_score score = {0};
    double loss = 0;
    assert_int_equal(m.ops->init(m.self, NULL, &s, t.x), KITH_OK);
    for (int k = 0; k < 400; k++) {
        assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &batch, t.work, t.g, &loss), KITH_OK);
        kith_sgd_update(m.d, (kith_real)0.3, 0, 0, t.g, NULL, t.x, NULL);
    }
    assert_int_equal(m.ops->evaluate(m.self, NULL, t.x, &batch, t.work, &score), KITH_OK);
    assert_int_equal(score.correct, 4);
    assert_true(loss < 0.05);
    task_free(&t);
    destroy(&m);
}

static void diverged_models_show_it(void **state)
{
    static const double hidden[] = {20};
    struct model m = mlp(*state, 3, 2, hidden, 1, false, false);
    for (size_t i = 0; i < m.d; i += 7) {
        struct task t = task_of(&m, 2, 1);
        double loss = 0;
        t.x[i] = (kith_real)NAN;
        assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
        assert_true(isnan(loss));
        task_free(&t);
    }
    destroy(&m);
}

static void check_refusal(struct model m, const char *text)
{
    assert_refused(m.ctx, create(&m), KITH_ECONFIG, text);
    assert_null(m.self);
    destroy(&m);
}

static void unlabelled_data_is_refused(void **state)
{
    check_refusal(prepare(*state, "linear", 5, 0),
                  "linear needs labelled examples; the data set has no classes and no real targets");
    check_refusal(prepare(*state, "mlp", 5, 0), "mlp needs labelled examples; the data set has no classes");
}

#define WIDTHS "the width of a layer is a whole number from 1 to 2147483647, as in \"200, 200\""

static void odd_widths_are_refused(void **state)
{
    static const double half[] = {20, 2.5}, none[] = {0}, many[] = {1e10}, nan[] = {NAN};
    static const double huge[] = {INT32_MAX, INT32_MAX};
    static const struct {
        const double *item;
        size_t count;
        const char *text;
    } cases[] = {
        {half, 2, "mlp.hidden: item 2 is 2.5; " WIDTHS},
        {none, 1, "mlp.hidden: item 1 is 0; " WIDTHS},
        {many, 1, "mlp.hidden: item 1 is 1e+10; " WIDTHS},
        {nan, 1, "mlp.hidden: item 1 is nan; " WIDTHS},
        {huge, 2,
         "mlp.hidden: layer 2 would have 2147483647 inputs and 2147483647 outputs, more weights than memory "
         "has addresses; make the layers narrower"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct model m = prepare(*state, "mlp", 5, 2);
        put_list(&m, "hidden", cases[c].item, cases[c].count);
        check_refusal(m, cases[c].text);
    }
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
        cmocka_unit_test(every_model_keeps_the_contract),
        cmocka_unit_test(quadratic_has_its_closed_form),
        cmocka_unit_test(quadratic_descends_geometrically),
        cmocka_unit_test(quadratic_noise_has_its_size_and_stream),
        cmocka_unit_test(dimensions_are_the_papers),
        cmocka_unit_test(linear_starts_at_log_c),
        cmocka_unit_test(linear_counts_what_is_right),
        cmocka_unit_test(sigmoids_come_before_the_softmax),
        cmocka_unit_test(the_softmax_of_sigmoids_keeps_the_contract),
        cmocka_unit_test(mlp_starts_with_the_named_variance),
        cmocka_unit_test(mlp_is_its_formula),
        cmocka_unit_test(mlp_learns_exclusive_or),
        cmocka_unit_test(diverged_models_show_it),
        cmocka_unit_test(unlabelled_data_is_refused),
        cmocka_unit_test(odd_widths_are_refused),
    };
    return cmocka_run_group_tests_name("models", tests, setup, teardown);
}
