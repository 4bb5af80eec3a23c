/* Gradients that are changed before they are used: smoothed labels and clamped numbers. */
#include "support.h"

#include "runner.h"
#include "measured.h"
#include "quadratics.h"

#include <kith/nn.h>

enum { ROWS = 3, CLASSES = 4 };

static const kith_real logits[ROWS * CLASSES] = {(kith_real)0.5, -1, 2, 0, 1, 1, 1, 1, -3, (kith_real)0.25, 0, 4};
static const int32_t labels[ROWS] = {2, 1, 0};

/* The definition, in double: sum over classes of q_c (log sum exp - z_c), and p - q. */
static double defined(double smoothing, double *gradient)
{
    double loss = 0;
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0;
        for (size_t c = 0; c < CLASSES; c++)
            sum += exp((double)logits[r * CLASSES + c]);
        for (size_t c = 0; c < CLASSES; c++) {
            const double z = (double)logits[r * CLASSES + c];
            const double q = smoothing / CLASSES + (c == (size_t)labels[r] ? 1 - smoothing : 0);
            loss += q * (log(sum) - z);
            gradient[r * CLASSES + c] = (exp(z) / sum - q) / ROWS;
        }
    }
    return loss;
}

static void smoothed_losses_are_the_definition(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.1, 0.5, 1};
    for (size_t k = 0; k < 4; k++) {
        double expected[ROWS * CLASSES];
        kith_real d[ROWS * CLASSES];
        const double loss = defined(shares[k], expected);
        assert_close(kith_softmax_smoothed(ROWS, CLASSES, logits, labels, shares[k], d), loss, 1e-6, 0);
        for (size_t i = 0; i < ROWS * CLASSES; i++)
            assert_close((double)d[i], expected[i], 0, 2e-7);
        /* in place */
        kith_real z[ROWS * CLASSES];
        memcpy(z, logits, sizeof z);
        assert_close(kith_softmax_smoothed(ROWS, CLASSES, z, labels, shares[k], z), loss, 1e-6, 0);
        assert_memory_equal(z, d, sizeof z);
    }
    /* a row of equal logits: log C whatever the label, and 1 - smoothing times the gradient */
    kith_real d[CLASSES];
    assert_close(kith_softmax_smoothed(1, CLASSES, logits + CLASSES, labels + 1, 0.2, d), log(4), 1e-6, 0);
    for (size_t c = 0; c < CLASSES; c++)
        assert_close((double)d[c], c == 1 ? -0.6 : 0.2, 1e-6, 0);
}

static void numbers_are_clamped(void **state)
{
    (void)state;
    kith_real g[] = {-3, -1, (kith_real)-0.5, 0, (kith_real)0.5, 1, INFINITY, -INFINITY, NAN};
    const double expected[] = {-1, -1, -0.5, 0, 0.5, 1, 1, -1};
    kith_clamp(9, 1, g);
    for (size_t i = 0; i < 8; i++)
        assert_close((double)g[i], expected[i], 0, 0);
    assert_true(isnan(g[8]));
}

static void one_step(settings *s, const char *model)
{
    s->count = 0;
    set(s, "run.algorithm=dsgd");
    set(s, "run.model=%s", model);
    set(s, "run.dataset=glyphs");
    set(s, "glyphs.train=60");
    set(s, "glyphs.test=20");
    set(s, "run.learners=2");
    set(s, "run.rounds=2");
    set(s, "local.steps=1");
    set(s, "eval.every=0");
    if (!strcmp(model, "mlp")) set(s, "mlp.hidden=6");
    if (!strcmp(model, "cnn")) set(s, "cnn.layers=conv 2 3, relu, pool 2, dense");
}

/* All that is asked of the run after its step; the caller closes it. */
static double stepped(const settings *s, runner *r)
{
    assert_ok(r->ctx, runner_open(r, s->list));
    assert_ok(r->ctx, runner_step(r));
    return measured(r, "train_loss");
}

/* At zero all classes are as likely: the first step is 1 - smoothing times what it would be, at the same loss. */
static void a_step_from_zero_is_shorter(void **state)
{
    (void)state;
    settings s;
    runner plain, smooth;
    one_step(&s, "linear");
    assert_close(stepped(&s, &plain), log(10), 1e-6, 0);
    set(&s, "local.label_smoothing=0.25");
    assert_close(stepped(&s, &smooth), log(10), 1e-6, 0);
    size_t d = 0;
    const kith_real *x = kith_run_model(plain.run, &d), *y = kith_run_model(smooth.run, &d);
    double most = 0;
    for (size_t i = 0; i < d; i++) {
        assert_close((double)y[i], 0.75 * (double)x[i], 1e-4, 1e-8);
        most = fmax(most, fabs((double)x[i]));
    }
    assert_true(most > 1e-3);
    runner_close(&plain);
    runner_close(&smooth);
}

/* Smoothed altogether, labels say nothing: right and wrong ones teach the same. */
static void a_target_without_label_ignores_it(void **state)
{
    (void)state;
    static const char *const models[] = {"linear", "mlp", "cnn"};
    for (size_t k = 0; k < 3; k++)
        for (int all = 0; all < 2; all++) {
            settings s;
            runner right, wrong;
            size_t d = 0;
            double most = 0;
            one_step(&s, models[k]);
            if (k == 0) set(&s, "linear.init=normal");
            set(&s, "local.label_smoothing=%d", all);
            const double loss = stepped(&s, &right);
            set(&s, "data.flipped=1");
            set(&s, "data.flip=next");
            const double other = stepped(&s, &wrong);
            if (all) assert_close(loss, other, 1e-5, 0);
            const kith_real *x = kith_run_model(right.run, &d), *y = kith_run_model(wrong.run, &d);
            for (size_t i = 0; i < d; i++)
                most = fmax(most, fabs((double)x[i] - (double)y[i]));
            if (all)
                assert_true(most < 1e-6);
            else
                assert_true(most > 1e-4);
            runner_close(&right);
            runner_close(&wrong);
        }
}

/* f_i = (x - i)^2 / 2 from 0 with rate 1/4: gradients of -i become -2 until i - x is less. Learners 1 and 2 are never
 * clamped, 3 once (its second gradient is -2.5, so twice), and so on. */
static void clamped_steps_are_even(void **state)
{
    (void)state;
    enum { N = 6, STEPS = 7 };
    settings s;
    runner r;
    double mean = 0;
    quadratic(&s, "dsgd", N, 1.0, 2, 2);
    set(&s, "run.topology=ring");
    set(&s, "local.lr=0.25");
    set(&s, "local.steps=%d", STEPS);
    set(&s, "local.clamp=2");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    for (int i = 1; i <= N; i++) {
        double x = 0;
        for (int k = 0; k < STEPS; k++)
            x += 0.25 * fmin(i - x, 2);
        mean += x / N;
    }
    const kith_engine *engine = kith_run_engine(r.run);
    assert_ok(r.ctx, engine->prepare(r.ctx, engine->self));
    for (size_t k = 0; k < 2; k++)
        assert_close((double)runner_model(&r)[k], mean, 1e-6, 0);
    runner_close(&r);
}

/* So many models hand their gradient over in pieces; clamped ones are whole, and a clamp that is never met is none. */
static void a_loose_clamp_changes_nothing(void **state)
{
    (void)state;
    settings s;
    runner plain, loose, tight;
    one_step(&s, "mlp");
    set(&s, "local.momentum=0.5");
    set(&s, "local.weight_decay=0.01");
    stepped(&s, &plain);
    set(&s, "local.clamp=1000");
    stepped(&s, &loose);
    set(&s, "local.clamp=0.0001");
    stepped(&s, &tight);
    size_t d = 0;
    const kith_real *x = kith_run_model(plain.run, &d);
    assert_memory_equal(x, kith_run_model(loose.run, &d), d * sizeof *x);
    assert_memory_not_equal(x, kith_run_model(tight.run, &d), d * sizeof *x);
    runner_close(&plain);
    runner_close(&loose);
    runner_close(&tight);
}

static void models_that_cannot_are_refused(void **state)
{
    (void)state;
    settings s;
    runner r;
    one_step(&s, "logistic");
    set(&s, "local.label_smoothing=0.1");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                   "--set: local.label_smoothing = 0.1: the model logistic cannot smooth labels; leave it 0, or choose "
                   "linear, mlp or cnn");
    runner_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoothed_losses_are_the_definition),
        cmocka_unit_test(numbers_are_clamped),
        cmocka_unit_test(a_step_from_zero_is_shorter),
        cmocka_unit_test(a_target_without_label_ignores_it),
        cmocka_unit_test(clamped_steps_are_even),
        cmocka_unit_test(a_loose_clamp_changes_nothing),
        cmocka_unit_test(models_that_cannot_are_refused),
    };
    return cmocka_run_group_tests_name("smoothing", tests, NULL, NULL);
}
