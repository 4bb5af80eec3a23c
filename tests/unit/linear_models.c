/* Quadratics and linear models. */
#include "modelworld.h"

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

/* At zero both classes are as likely: the first is what a model says, whatever has two of them. */
static void of_equal_classes_the_first_is_said(void **state)
{
    const kith_real points[6] = {1, 0, 0, 1, 2, 1}, x[6] = {0};
    const int32_t labels[3] = {0, 0, 1};
    const kith_batch batch = {.count = 3, .x = points, .label = labels};
    for (int k = 0; k < 2; k++) {
        struct model m = k ? prepare(*state, "logistic", 2, 2) : linear(*state, 2, 2, false, true);
        kith_real work[64];
        kith_score score = {0};
        if (k) assert_ok(*state, create(&m));
        assert_true(m.ops->workspace(m.self, 3) <= sizeof work);
        assert_int_equal(m.ops->evaluate(m.self, *state, x, &batch, work, &score), KITH_OK);
        assert_int_equal(score.correct, 2);
        destroy(&m);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadratic_has_its_closed_form),
        cmocka_unit_test(quadratic_descends_geometrically),
        cmocka_unit_test(quadratic_noise_has_its_size_and_stream),
        cmocka_unit_test(linear_starts_at_log_c),
        cmocka_unit_test(linear_counts_what_is_right),
        cmocka_unit_test(of_equal_classes_the_first_is_said),
        cmocka_unit_test(sigmoids_come_before_the_softmax),
        cmocka_unit_test(the_softmax_of_sigmoids_keeps_the_contract),
    };
    return cmocka_run_group_tests_name("linear_models", tests, setup, teardown);
}
