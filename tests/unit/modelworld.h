/* The model plugins as the host sees them: modules of the build tree, through their descriptors. */
#ifndef KITH_TESTS_MODELWORLD_H
#define KITH_TESTS_MODELWORLD_H

#include "support.h"

#include "nn/blas.h"
#include "loaded.h"
#include "pieces.h"

#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-13, STEP = 1e-6, SLOPE = 1e-8;
#else
static const double EPS = 3e-6, STEP = 2e-3, SLOPE = 1e-3;
#endif

static inline kith_status create(struct model *m)
{
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &m->shape};
    KITH_TRY(m->plugin->create(m->ctx, m->config, &setting, &m->self));
    m->d = m->ops->dimension(m->self);
    return KITH_OK;
}

static inline void destroy(struct model *m)
{
    if (m->self) m->plugin->destroy(m->self);
    free(m->config);
}

static inline struct model quadratic(kith_ctx *ctx, size_t features, double a, double sigma, double init)
{
    struct model m = prepare(ctx, "quadratic", features, 0);
    put(&m, "a", a);
    put(&m, "sigma", sigma);
    put(&m, "init", init);
    assert_ok(ctx, create(&m));
    return m;
}

static inline struct model linear(kith_ctx *ctx, size_t features, size_t classes, bool normal, bool bias)
{
    struct model m = prepare(ctx, "linear", features, classes);
    put(&m, "init", normal);
    put(&m, "std", 0.1);
    put(&m, "bias", bias);
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

static inline void *memory(size_t count, size_t size)
{
    void *m = calloc(count ? count : 1, size);
    assert_non_null(m);
    return m;
}

/* A random batch at a random model; biases are not zero. */
static inline struct task task_of(const struct model *m, size_t count, uint64_t seed)
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

static inline void task_free(struct task *t)
{
    free(t->points);
    free(t->x);
    free(t->g);
    free(t->labels);
    free(t->work);
}

static inline double loss_at(const struct model *m, const struct task *t)
{
    kith_score score = {0};
    assert_int_equal(m->ops->evaluate(m->self, NULL, t->x, &t->batch, t->work, &score), KITH_OK);
    return score.loss / (double)t->batch.count;
}

/* --- what holds for every model --- */

/* Central differences of the loss that evaluate() gives, coordinate by coordinate. The slopes on both
 * sides of x bound what it may be; they are far apart where a kink of a ReLU lies within the step, which is rare. */
static inline void check_gradient(const struct model *m, size_t count, uint64_t seed)
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
static inline void check_additivity(const struct model *m)
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
static inline void check_same_bits(const struct model *m)
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
static inline void check_in_pieces(const struct model *m)
{
    for (size_t count = 1; count < 40; count += 15) {
        struct task t = task_of(m, count, 8);
        check_pieces(m->ops, m->self, m->d, t.x, &t.batch, t.work);
        task_free(&t);
    }
}

/* A workspace of the size that was asked for is enough. */
static inline void check_workspace(const struct model *m)
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

static inline void check_init(const struct model *m)
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

static inline int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static inline int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

#endif
