#include "modelworld.h"

static void put_list(struct model *m, const char *key, const double *item, size_t count)
{
    const kith_reals list = {.item = item, .count = count};
    memcpy(m->config + param(m->plugin, key)->offset, &list, sizeof list);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_keeps_the_contract),
        cmocka_unit_test(dimensions_are_the_papers),
        cmocka_unit_test(mlp_starts_with_the_named_variance),
        cmocka_unit_test(mlp_is_its_formula),
        cmocka_unit_test(mlp_learns_exclusive_or),
        cmocka_unit_test(diverged_models_show_it),
        cmocka_unit_test(unlabelled_data_is_refused),
        cmocka_unit_test(odd_widths_are_refused),
    };
    return cmocka_run_group_tests_name("models", tests, setup, teardown);
}
