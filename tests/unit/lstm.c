#include "support.h"

#include "nn/blas.h"

#include <kith/nn.h>
#include <kith/random.h>

/* The recurrent layer and what it is made of, each beside its naive twin in double. EPS: rounding of sums of numbers
 * near 1 over a few steps. */
#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12, ULP = 2.220446049250313e-16;
#else
static const double EPS = 1e-5, ULP = 1.1920928955078125e-7;
#endif

static kith_stream stream;

static kith_real *normals(size_t n)
{
    enum { ROOM = 1024 }; /* that kith_gemm's kernels may look at */
    kith_real *x = calloc(n + ROOM, sizeof *x);
    assert_non_null(x);
    kith_draw_normals(&stream, 1, n, x);
    return x;
}

static int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    stream = kith_stream_at(12, KITH_FOR_PLUGIN, 0, 0);
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

/* ---- squashing ---- */

static void check_squashed(double at, double *worst_sigmoid, double *worst_tanh)
{
    kith_real s = (kith_real)at, t = (kith_real)at;
    const double x = (double)s;
    kith_sigmoid(1, &s);
    kith_tanh(1, &t);
    *worst_sigmoid = fmax(*worst_sigmoid, fabs((double)s - 1 / (1 + exp(-x))));
    *worst_tanh = fmax(*worst_tanh, fabs((double)t - tanh(x)));
}

/* Against libm's, over the whole range and densely about zero. */
static void squashing_is_as_exact_as_documented(void **state)
{
    (void)state;
    double sigmoid = 0, tangent = 0;
    for (int k = -400000; k <= 400000; k++)
        check_squashed(k * 0.00025 + k * 1e-9, &sigmoid, &tangent);
    for (double x = 1e-30; x < 1e30; x *= 1.37) {
        check_squashed(x, &sigmoid, &tangent);
        check_squashed(-x, &sigmoid, &tangent);
    }
    assert_true(sigmoid > 0 && tangent > 0); /* else libm was compared with itself */
    assert_close(sigmoid, 0, 0, 2 * ULP);
    assert_close(tangent, 0, 0, 2 * ULP);
}

static void squashing_knows_its_limits(void **state)
{
    (void)state;
    const kith_real inf = (kith_real)INFINITY, none = (kith_real)NAN;
    kith_real s[] = {inf, -inf, 0, none, -none, 1000, -1000}, t[] = {inf, -inf, 0, none, -none, 1000, -1000};
    kith_sigmoid(7, s);
    kith_tanh(7, t);
    assert_true(s[0] == 1 && s[1] >= 0 && s[1] < 1e-30 && s[2] == (kith_real)0.5 && s[5] == 1 && s[6] < 1e-30);
    assert_true(t[0] == 1 && t[1] == -1 && t[2] == 0 && t[5] == 1 && t[6] == -1);
    assert_true(isnan((double)s[3]) && isnan((double)s[4]) && isnan((double)t[3]) && isnan((double)t[4]));
}

/* An entry's bits are the same first, last, alone, in whole registers and in what is left of one. */
static void squashing_does_not_depend_on_the_place(void **state)
{
    (void)state;
    enum { N = 41 };
    kith_real *x = normals(N);
    for (size_t i = 0; i < N; i++)
        x[i] *= 7;
    for (size_t from = 0; from < N; from++) {
        for (size_t n = 1; from + n <= N; n++) {
            kith_real s[N], t[N];
            memcpy(s, x + from, n * sizeof *s);
            memcpy(t, x + from, n * sizeof *t);
            kith_sigmoid(n, s);
            kith_tanh(n, t);
            kith_real last = x[from + n - 1], same = last;
            kith_sigmoid(1, &last);
            kith_tanh(1, &same);
            assert_memory_equal(&s[n - 1], &last, sizeof last);
            assert_memory_equal(&t[n - 1], &same, sizeof same);
        }
    }
    free(x);
}

/* ---- lookup ---- */

static void lookup_is_a_product_with_one_hot_rows(void **state)
{
    (void)state;
    enum { ROWS = 29, WIDTH = 13, ENTRIES = 5 };
    kith_real *table = normals(ENTRIES * WIDTH), *y = normals(ROWS * WIDTH), *dy = normals(ROWS * WIDTH);
    kith_real *g = normals(ENTRIES * WIDTH);
    int32_t index[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        index[r] = (int32_t)(r * r % (ENTRIES - 1)); /* never the last */
    kith_lookup(ROWS, WIDTH, index, table, y);
    kith_lookup_backward(ROWS, WIDTH, index, dy, ENTRIES, g);
    for (size_t c = 0; c < WIDTH; c++) {
        double sum[ENTRIES] = {0};
        for (size_t r = 0; r < ROWS; r++) {
            assert_true(y[r * WIDTH + c] == table[(size_t)index[r] * WIDTH + c]);
            sum[index[r]] += (double)dy[r * WIDTH + c];
        }
        for (size_t e = 0; e < ENTRIES; e++)
            assert_close((double)g[e * WIDTH + c], sum[e], EPS, EPS);
    }
    free(table);
    free(y);
    free(dy);
    free(g);
}

/* ---- the layer ---- */

struct task {
    size_t steps, rows, hidden;
    kith_lstm layer;
    kith_real *input, *w, *dh, *carry, *gw; /* input: a, kept */
};

static struct task task_of(size_t steps, size_t rows, size_t hidden)
{
    const size_t all = steps * rows * hidden;
    struct task t = {.steps = steps,
                     .rows = rows,
                     .hidden = hidden,
                     .input = normals(4 * all),
                     .w = normals(hidden * 4 * hidden),
                     .dh = normals(all),
                     .carry = normals(rows * hidden),
                     .gw = normals(hidden * 4 * hidden)};
    t.layer = (kith_lstm){.steps = steps,
                          .rows = rows,
                          .hidden = hidden,
                          .gates = normals(4 * all),
                          .cell = normals(all + rows * hidden),
                          .squashed = normals(all),
                          .h = normals(all)};
    for (size_t i = 0; i < hidden * 4 * hidden; i++)
        t.w[i] = (kith_real)((double)t.w[i] / sqrt((double)hidden));
    return t;
}

static void task_free(struct task *t)
{
    kith_real *all[] = {t->input,          t->w,      t->dh, t->carry, t->gw, t->layer.gates, t->layer.cell,
                        t->layer.squashed, t->layer.h};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* One row at a time, straight from the equations; returns the sum of weight (T, B, H) times h, and writes h unless
 * NULL. */
static double naive(const struct task *t, const double *input, const double *w, const kith_real *weight, double *h_out,
                    double *c_out)
{
    const size_t n = t->hidden;
    double *h = calloc(n, sizeof *h), *c = calloc(n, sizeof *c), *a = calloc(4 * n, sizeof *a), sum = 0;
    for (size_t b = 0; b < t->rows; b++) {
        for (size_t j = 0; j < n; j++)
            h[j] = c[j] = 0;
        for (size_t s = 0; s < t->steps; s++) {
            const size_t row = s * t->rows + b;
            for (size_t k = 0; k < 4 * n; k++) {
                a[k] = input[row * 4 * n + k];
                for (size_t j = 0; j < n; j++)
                    a[k] += h[j] * w[j * 4 * n + k];
            }
            for (size_t j = 0; j < n; j++) {
                const double i = 1 / (1 + exp(-a[j])), f = 1 / (1 + exp(-a[n + j])), o = 1 / (1 + exp(-a[3 * n + j]));
                c[j] = f * c[j] + i * tanh(a[2 * n + j]);
                h[j] = o * tanh(c[j]);
                sum += h[j] * (double)weight[row * n + j];
                if (h_out) h_out[row * n + j] = h[j];
                if (c_out) c_out[row * n + j] = c[j];
            }
        }
    }
    free(h);
    free(c);
    free(a);
    return sum;
}

static double *doubles(const kith_real *x, size_t n)
{
    double *y = calloc(n + 1, sizeof *y);
    assert_non_null(y);
    for (size_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

static void check_forward(struct task *t, const double *input, const double *w)
{
    const size_t all = t->steps * t->rows * t->hidden, step = t->rows * t->hidden;
    double *h = calloc(all, sizeof *h), *c = calloc(all, sizeof *c);
    memcpy(t->layer.gates, t->input, 4 * all * sizeof *t->input);
    kith_lstm_forward(&t->layer, t->w);
    naive(t, input, w, t->dh, h, c);
    for (size_t i = 0; i < all; i++) {
        assert_close((double)t->layer.h[i], h[i], 0, EPS);
        assert_close((double)t->layer.cell[step + i], c[i], EPS, EPS);
        assert_close((double)t->layer.squashed[i], tanh(c[i]), 0, EPS);
    }
    for (size_t i = 0; i < step; i++)
        assert_true(t->layer.cell[i] == 0);
    free(h);
    free(c);
}

/* Central differences of the naive sum, all in double, so that the step is all there is to be lost. */
static void check_slopes(const struct task *t, double *input, double *w, double *moved, size_t count,
                         const kith_real *g)
{
    const double step = 1e-5;
    for (size_t i = 0; i < count; i++) {
        const double was = moved[i];
        moved[i] = was + step;
        const double up = naive(t, input, w, t->dh, NULL, NULL);
        moved[i] = was - step;
        const double slope = (up - naive(t, input, w, t->dh, NULL, NULL)) / (2 * step);
        moved[i] = was;
        assert_close((double)g[i], slope, 20 * EPS + 1e-9, 20 * EPS + 1e-8);
    }
}

static void check_layer(size_t steps, size_t rows, size_t hidden)
{
    struct task t = task_of(steps, rows, hidden);
    const size_t all = steps * rows * hidden;
    double *input = doubles(t.input, 4 * all), *w = doubles(t.w, hidden * 4 * hidden);
    kith_real *weight = t.dh, *spoilt = normals(all);
    check_forward(&t, input, w);
    memcpy(spoilt, weight, all * sizeof *spoilt);
    kith_lstm_backward(&t.layer, t.w, spoilt, t.carry, t.gw);
    check_slopes(&t, input, w, input, 4 * all, t.layer.gates);
    check_slopes(&t, input, w, w, hidden * 4 * hidden, t.gw);
    free(spoilt);
    free(input);
    free(w);
    task_free(&t);
}

static void the_layer_is_its_equations_and_their_slopes(void **state)
{
    (void)state;
    check_layer(1, 1, 1);
    check_layer(1, 3, 5);
    check_layer(2, 1, 3);
    check_layer(5, 2, 4);
    check_layer(7, 3, 9);
    check_layer(4, 9, 2);
    check_layer(3, 2, 17);
}

/* With gates that are shut or open: a cell that takes 1 in at the first step and keeps it shows tanh(1) for ever. */
static void a_cell_keeps_what_it_was_given(void **state)
{
    (void)state;
    enum { STEPS = 50 };
    struct task t = task_of(STEPS, 1, 1);
    const kith_real open = 60, shut = -60;
    for (size_t i = 0; i < 4; i++)
        t.w[i] = 0;
    for (size_t s = 0; s < STEPS; s++) {
        t.layer.gates[4 * s] = s ? shut : open;
        t.layer.gates[4 * s + 1] = open;
        t.layer.gates[4 * s + 2] = open;
        t.layer.gates[4 * s + 3] = open;
    }
    kith_lstm_forward(&t.layer, t.w);
    for (size_t s = 0; s < STEPS; s++)
        assert_close((double)t.layer.h[s], tanh(1), 0, 4 * ULP);
    task_free(&t);
}

static void a_nan_comes_through(void **state)
{
    (void)state;
    struct task t = task_of(3, 2, 5);
    memcpy(t.layer.gates, t.input, 4 * 30 * sizeof *t.input);
    t.layer.gates[7] = (kith_real)NAN;
    kith_lstm_forward(&t.layer, t.w);
    assert_false(kith_all_finite(10, t.layer.h + 20));
    task_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squashing_is_as_exact_as_documented),
        cmocka_unit_test(squashing_knows_its_limits),
        cmocka_unit_test(squashing_does_not_depend_on_the_place),
        cmocka_unit_test(lookup_is_a_product_with_one_hot_rows),
        cmocka_unit_test(the_layer_is_its_equations_and_their_slopes),
        cmocka_unit_test(a_cell_keeps_what_it_was_given),
        cmocka_unit_test(a_nan_comes_through),
    };
    return cmocka_run_group_tests_name("lstm", tests, setup, teardown);
}
