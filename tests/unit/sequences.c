#include "support.h"

#include "nn/blas.h"

#include "loaded.h"

/* The model of sequences as the host sees it: a module of the build tree, through its descriptor, on batches of codes.
 * */

#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-13, STEP = 1e-6, SLOPE = 1e-7;
#else
static const double EPS = 3e-6, STEP = 4e-3, SLOPE = 2e-3;
#endif

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

static struct model lstm(kith_ctx *ctx, size_t features, size_t codes, size_t hidden, size_t layers, size_t embedding)
{
    struct model m = prepare(ctx, "lstm", features, codes);
    m.shape.codes = codes;
    put(&m, "hidden", (double)hidden);
    put(&m, "layers", (double)layers);
    put(&m, "embedding", (double)embedding);
    put(&m, "forget_bias", 1);
    assert_ok(ctx, create(&m));
    return m;
}

struct task {
    kith_batch batch;
    kith_real *points, *x, *g;
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
                     .work = memory(1, m->ops->workspace(m->self, count))};
    for (size_t i = 0; i < count * features; i++)
        t.points[i] = (kith_real)kith_draw_below(&s, m->shape.codes);
    kith_draw_normals(&s, 0.5, m->d, t.x);
    t.batch = (kith_batch){.count = count, .x = t.points}; /* labels are not looked at */
    return t;
}

static void task_free(struct task *t)
{
    free(t->points);
    free(t->x);
    free(t->g);
    free(t->work);
}

/* Per prediction. */
static double loss_at(const struct model *m, const struct task *t)
{
    kith_score score = {0};
    assert_int_equal(m->ops->evaluate(m->self, NULL, t->x, &t->batch, t->work, &score), KITH_OK);
    return score.loss / (double)score.count;
}

/* --- the contract --- */

/* Central differences of the loss that evaluate() gives, coordinate by coordinate. */
static void check_gradient(const struct model *m, size_t count, uint64_t seed)
{
    struct task t = task_of(m, count, seed);
    double loss = 0, largest = 0;
    assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    assert_close(loss, loss_at(m, &t), EPS, 0);
    for (size_t i = 0; i < m->d; i++) {
        const kith_real was = t.x[i], high = was + (kith_real)STEP, low = was - (kith_real)STEP;
        t.x[i] = high;
        const double up = loss_at(m, &t);
        t.x[i] = low;
        const double slope = (up - loss_at(m, &t)) / ((double)high - (double)low);
        t.x[i] = was;
        assert_close((double)t.g[i], slope, SLOPE, SLOPE / 10);
        largest = fmax(largest, fabs(slope));
    }
    assert_true(largest > 20 * SLOPE); /* else zeros would have passed */
    task_free(&t);
}

/* Sums of evaluate() over parts make the whole, and what is counted is positions. */
static void check_additivity(const struct model *m)
{
    enum { COUNT = 12, FIRST = 5 };
    struct task t = task_of(m, COUNT, 5);
    kith_score whole = {0}, parts = {0};
    const size_t features = m->shape.features;
    assert_int_equal(m->ops->evaluate(m->self, NULL, t.x, &t.batch, t.work, &whole), KITH_OK);
    assert_int_equal(m->ops->evaluate(m->self, NULL, t.x, &(kith_batch){.count = FIRST, .x = t.points}, t.work, &parts),
                     KITH_OK);
    assert_int_equal(m->ops->evaluate(m->self, NULL, t.x,
                                      &(kith_batch){.count = COUNT - FIRST, .x = t.points + FIRST * features}, t.work,
                                      &parts),
                     KITH_OK);
    assert_close(parts.loss, whole.loss, EPS, 0);
    assert_int_equal(parts.correct, whole.correct);
    assert_int_equal(parts.count, COUNT * (features - 1));
    assert_int_equal(whole.count, COUNT * (features - 1));
    task_free(&t);
}

/* The same bits with every vector elsewhere, whatever the workspace and g held before, and nothing past their ends. */
static void check_same_bits(const struct model *m)
{
    enum { COUNT = 7, SHIFTS = 9, GUARD = 64 };
    struct task t = task_of(m, COUNT, 6);
    const size_t bytes = m->ops->workspace(m->self, COUNT), numbers = COUNT * m->shape.features;
    double loss = 0, again = 0;
    assert_int_equal(m->ops->gradient(m->self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
    for (size_t shift = 1; shift < SHIFTS; shift++) {
        const size_t skip = shift * sizeof(kith_real);
        kith_real *x = memory(m->d + shift + GUARD, sizeof *x), *g = memory(m->d + SHIFTS, sizeof *g);
        unsigned char *work = memory(bytes + skip + GUARD, 1), guard[GUARD];
        kith_real *points = memory(numbers + SHIFTS, sizeof *points);
        memcpy(x + shift, t.x, m->d * sizeof *x);
        memcpy(points + SHIFTS - shift, t.points, numbers * sizeof *points);
        memset(work, 0xff, bytes + skip + GUARD); /* NaN */
        memset(guard, 0xff, GUARD);
        memset(g, 0xff, (m->d + SHIFTS) * sizeof *g);
        const kith_batch b = {.count = COUNT, .x = points + SHIFTS - shift};
        assert_int_equal(m->ops->gradient(m->self, NULL, x + shift, &b, work + skip, g + SHIFTS - shift, &again),
                         KITH_OK);
        assert_true(again == loss);
        assert_memory_equal(g + SHIFTS - shift, t.g, m->d * sizeof *g);
        assert_memory_equal(work + skip + bytes, guard, GUARD);
        free(x);
        free(g);
        free(work);
        free(points);
    }
    task_free(&t);
}

static void check_model(struct model m)
{
    check_same_bits(&m); /* first: if the workspace is too small, the others crash */
    check_gradient(&m, 1, 1);
    check_gradient(&m, 10, 2);
    check_additivity(&m);
    destroy(&m);
}

static void the_contract_is_kept(void **state)
{
    kith_ctx *ctx = *state;
    check_model(lstm(ctx, 2, 3, 1, 1, 0));
    check_model(lstm(ctx, 6, 5, 4, 1, 3));
    check_model(lstm(ctx, 9, 17, 5, 1, 0));
    check_model(lstm(ctx, 5, 4, 3, 3, 2));
}

/* One step of one cell of a naive layer in double: a (4H) holds what does not come from the step before. */
static void naive_step(size_t hidden, const kith_real *w, double *a, double *h, double *c)
{
    for (size_t k = 0; k < 4 * hidden; k++)
        for (size_t j = 0; j < hidden; j++)
            a[k] += h[j] * (double)w[j * 4 * hidden + k];
    for (size_t j = 0; j < hidden; j++) {
        c[j] = c[j] / (1 + exp(-a[hidden + j])) + tanh(a[2 * hidden + j]) / (1 + exp(-a[j]));
        h[j] = tanh(c[j]) / (1 + exp(-a[3 * hidden + j]));
    }
}

/* The documented layout read from first to last: embedding, two layers, head. Returns one example's loss. */
static double naive_text_loss(const kith_real *x, const kith_real *code, size_t steps, size_t codes, size_t hidden,
                              size_t embedding)
{
    enum { MOST = 16 };
    const size_t wide = 4 * hidden;
    const kith_real *w0 = x + codes * embedding, *b0 = w0 + embedding * wide, *r0 = b0 + wide, *w1 = r0 + hidden * wide;
    const kith_real *b1 = w1 + hidden * wide, *r1 = b1 + wide, *head = r1 + hidden * wide,
                    *bias = head + hidden * codes;
    double h[2][MOST] = {{0}}, c[2][MOST] = {{0}}, loss = 0;
    for (size_t t = 0; t < steps; t++) {
        double a[4 * MOST], sum = 0, logit[MOST];
        for (size_t k = 0; k < wide; k++) {
            a[k] = (double)b0[k];
            for (size_t e = 0; e < embedding; e++)
                a[k] += (double)x[(size_t)code[t] * embedding + e] * (double)w0[e * wide + k];
        }
        naive_step(hidden, r0, a, h[0], c[0]);
        for (size_t k = 0; k < wide; k++) {
            a[k] = (double)b1[k];
            for (size_t j = 0; j < hidden; j++)
                a[k] += h[0][j] * (double)w1[j * wide + k];
        }
        naive_step(hidden, r1, a, h[1], c[1]);
        for (size_t v = 0; v < codes; v++) { /* below KITH_DENSE_WIDE codes: (V, H) */
            logit[v] = (double)bias[v];
            for (size_t j = 0; j < hidden; j++)
                logit[v] += h[1][j] * (double)head[v * hidden + j];
            sum += exp(logit[v]);
        }
        loss += log(sum) - logit[(size_t)code[t + 1]];
    }
    return loss;
}

static void lstm_is_its_equations(void **state)
{
    enum { B = 5, T = 7, V = 6, H = 4, E = 3 };
    struct model m = lstm(*state, T + 1, V, H, 2, E);
    assert_int_equal(m.d, V * E + (E * 4 * H + 4 * H + H * 4 * H) + (H * 4 * H + 4 * H + H * 4 * H) + H * V + V);
    struct task t = task_of(&m, B, 4);
    double loss = 0;
    for (size_t b = 0; b < B; b++)
        loss += naive_text_loss(t.x, t.points + b * (T + 1), T, V, H, E);
    assert_close(loss_at(&m, &t), loss / (B * T), 10 * EPS, 0);
    task_free(&t);
    destroy(&m);
}

/* An embedding by the identity is a one-hot code, whose bias is part of its row. */
static void lstm_takes_codes_without_an_embedding(void **state)
{
    enum { V = 5, H = 4, WIDE = 4 * H };
    struct model with = lstm(*state, 8, V, H, 1, V), without = lstm(*state, 8, V, H, 1, 0);
    struct task a = task_of(&with, 4, 8), b = task_of(&without, 4, 8);
    memcpy(b.points, a.points, 4 * 8 * sizeof *a.points);
    for (size_t v = 0; v < V * V; v++)
        a.x[v] = v % (V + 1) == 0;
    const kith_real *w = a.x + V * V, *bias = w + V * WIDE;
    for (size_t v = 0; v < V; v++)
        for (size_t k = 0; k < WIDE; k++)
            b.x[v * WIDE + k] = w[v * WIDE + k] + bias[k];
    memcpy(b.x + V * WIDE, bias + WIDE, (without.d - V * WIDE) * sizeof *b.x);
    assert_int_equal(with.d - without.d, V * V + WIDE);
    assert_close(loss_at(&without, &b), loss_at(&with, &a), 4 * EPS, 0);
    task_free(&a);
    task_free(&b);
    destroy(&with);
    destroy(&without);
}

/* Weights of zero leave the head's bias: a code is predicted by its share, whatever came before, and counted wherever
 * it is to come, x_0 excepted. */
static void lstm_predicts_each_next_code(void **state)
{
    enum { V = 3 };
    struct model m = lstm(*state, 5, V, 2, 1, 2);
    struct task t = task_of(&m, 2, 1);
    const kith_real codes[10] = {2, 2, 2, 1, 0, 2, 0, 0, 1, 2};
    kith_score score = {0};
    kith_clear(m.d, t.x);
    t.x[m.d - 1] = (kith_real)log(2); /* shares 1/4, 1/4, 1/2 */
    memcpy(t.points, codes, sizeof codes);
    assert_int_equal(m.ops->evaluate(m.self, NULL, t.x, &t.batch, t.work, &score), KITH_OK);
    assert_int_equal(score.count, 8);
    assert_int_equal(score.correct, 3);
    assert_close(score.loss, 3 * log(2) + 5 * log(4), EPS, 0);
    task_free(&t);
    destroy(&m);
}

static void lstm_starts_as_documented(void **state)
{
    enum { V = 40, H = 25, E = 10, WIDE = 4 * H };
    for (int bare = 0; bare < 2; bare++) {
        struct model m = lstm(*state, 3, V, H, 2, bare ? 0 : E);
        kith_stream s = kith_stream_at(1, KITH_FOR_INIT, 0, 0);
        kith_real *x = memory(m.d, sizeof *x), *at = x;
        assert_int_equal(m.ops->init(m.self, NULL, &s, x), KITH_OK);
        if (!bare) {
            assert_close(kith_dot(V * E, x, x) / (V * E), 1, 6 * sqrt(2.0 / (V * E)), 0);
            at += V * E;
        }
        for (size_t k = 0; k < (bare ? V : E) * WIDE; k++) {
            const bool forget = bare && k % WIDE >= H && k % WIDE < 2 * H;
            assert_true(fabs((double)at[k] - (forget ? 1 : 0)) <= 0.2 + EPS);
        }
        at += (bare ? V : E) * WIDE;
        for (size_t k = 0; k < WIDE && !bare; k++)
            assert_true(at[k] == (k >= H && k < 2 * H));
        if (!bare) at += WIDE;
        /* uniform in +-1/sqrt(H) has the variance 1/(3H) */
        assert_close(kith_dot(H * WIDE, at, at) / (H * WIDE), 1.0 / (3 * H), 0.1, 0);
        for (size_t k = 0; k < V; k++)
            assert_true(x[m.d - 1 - k] == 0);
        free(x);
        destroy(&m);
    }
}

static void lstm_clips_by_the_norm(void **state)
{
    struct model m = prepare(*state, "lstm", 5, 4);
    m.shape.codes = 4;
    put(&m, "hidden", 3);
    put(&m, "layers", 1);
    kith_real *whole = NULL;
    double norm = 0, loss = 0;
    for (int pass = 0; pass < 3; pass++) { /* without, above and below the norm */
        put(&m, "clip", pass == 0 ? 0 : pass == 1 ? 2 * norm : norm / 4);
        assert_ok(*state, create(&m));
        struct task t = task_of(&m, 3, 2);
        assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
        if (pass == 0) {
            whole = t.g;
            t.g = NULL;
            norm = sqrt(kith_dot(m.d, whole, whole));
            assert_true(norm > 0.01);
        } else {
            for (size_t i = 0; i < m.d; i++)
                assert_close((double)t.g[i], (double)whole[i] * (pass == 1 ? 1 : 0.25), EPS, EPS * norm);
        }
        task_free(&t);
        m.plugin->destroy(m.self);
        m.self = NULL;
    }
    free(whole);
    destroy(&m);
}

/* Which of two letters comes third depends on the first only: that must be remembered. */
static void lstm_learns_to_remember(void **state)
{
    struct model m = lstm(*state, 6, 4, 12, 1, 0);
    const kith_real codes[12] = {0, 2, 3, 2, 3, 0, 1, 2, 3, 2, 3, 1};
    kith_stream s = kith_stream_at(2, KITH_FOR_INIT, 0, 0);
    struct task t = task_of(&m, 2, 1);
    double loss = 0;
    memcpy(t.points, codes, sizeof codes);
    assert_int_equal(m.ops->init(m.self, NULL, &s, t.x), KITH_OK);
    for (int k = 0; k < 600; k++) {
        assert_int_equal(m.ops->gradient(m.self, NULL, t.x, &t.batch, t.work, t.g, &loss), KITH_OK);
        kith_sgd_update(m.d, 1, 0, 0, t.g, NULL, t.x, NULL);
    }
    kith_score score = {0};
    assert_int_equal(m.ops->evaluate(m.self, NULL, t.x, &t.batch, t.work, &score), KITH_OK);
    assert_int_equal(score.correct, 10);
    assert_true(loss < 0.05);
    task_free(&t);
    destroy(&m);
}

static void check_refusal(struct model m, const char *text)
{
    assert_refused(m.ctx, create(&m), KITH_ECONFIG, text);
    assert_null(m.self);
    destroy(&m);
}

static void codes_go_to_models_that_take_them(void **state)
{
    struct model m = prepare(*state, "lstm", 5, 4);
    put(&m, "layers", 1);
    check_refusal(
        m, "lstm needs sequences of codes, such as the data set text gives; the features of this one are no codes");
    m = prepare(*state, "lstm", 1, 4);
    put(&m, "layers", 1);
    m.shape.codes = 4;
    check_refusal(m, "lstm needs sequences of at least two codes, one to read and one to predict");
    for (int k = 0; k < 2; k++) {
        m = prepare(*state, k ? "mlp" : "linear", 5, 4);
        m.shape.codes = 4;
        check_refusal(
            m, k ? "mlp takes numbers, and the features of the data set are codes; choose a model of sequences, "
                   "such as lstm"
                 : "linear takes numbers, and the features of the data set are codes; choose a model of sequences, "
                   "such as lstm");
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
        cmocka_unit_test(the_contract_is_kept),
        cmocka_unit_test(lstm_is_its_equations),
        cmocka_unit_test(lstm_takes_codes_without_an_embedding),
        cmocka_unit_test(lstm_predicts_each_next_code),
        cmocka_unit_test(lstm_starts_as_documented),
        cmocka_unit_test(lstm_clips_by_the_norm),
        cmocka_unit_test(lstm_learns_to_remember),
        cmocka_unit_test(codes_go_to_models_that_take_them),
    };
    return cmocka_run_group_tests_name("models of sequences", tests, setup, teardown);
}
