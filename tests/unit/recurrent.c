#include "support.h"

#include "nn/blas.h"

#include <kith/nn.h>
#include <kith/random.h>

/* What recurrent policies are made of, each beside its naive twin in double. EPS: rounding of sums of numbers near 1.
 */
#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12;
#else
static const double EPS = 1e-5;
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

static double *doubles(const kith_real *x, size_t n)
{
    double *y = calloc(n + 1, sizeof *y);
    assert_non_null(y);
    for (size_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

static int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    stream = kith_stream_at(21, KITH_FOR_PLUGIN, 0, 0);
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

/* ---- LayerNorm ---- */

struct norm {
    size_t rows, width;
    double *x, *gamma, *beta;
    const kith_real *weight;
};

/* The sum of weight times y; y too unless NULL. */
static double naive_norm(const struct norm *t, double *y)
{
    double total = 0;
    for (size_t r = 0; r < t->rows; r++) {
        const double *x = t->x + r * t->width;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < t->width; i++)
            mean += x[i] / (double)t->width;
        for (size_t i = 0; i < t->width; i++)
            variance += (x[i] - mean) * (x[i] - mean) / (double)t->width;
        for (size_t i = 0; i < t->width; i++) {
            const double v = t->gamma[i] * (x[i] - mean) / sqrt(variance + 1e-5) + t->beta[i];
            total += v * (double)t->weight[r * t->width + i];
            if (y) y[r * t->width + i] = v;
        }
    }
    return total;
}

static void check_norm_slopes(const struct norm *t, double *moved, size_t count, const kith_real *g)
{
    const double step = 1e-5;
    for (size_t i = 0; i < count; i++) {
        const double was = moved[i];
        moved[i] = was + step;
        const double up = naive_norm(t, NULL);
        moved[i] = was - step;
        const double slope = (up - naive_norm(t, NULL)) / (2 * step);
        moved[i] = was;
        assert_close((double)g[i], slope, 20 * EPS + 1e-8, 20 * EPS + 1e-8);
    }
}

static void check_norm(size_t rows, size_t width)
{
    const size_t n = rows * width;
    kith_real *x = normals(n), *gamma = normals(width), *beta = normals(width), *dy = normals(n), *y = normals(n);
    kith_real *stats = normals(2 * rows), *gg = normals(width), *gb = normals(width), *dx = normals(n);
    struct norm t = {.rows = rows,
                     .width = width,
                     .x = doubles(x, n),
                     .gamma = doubles(gamma, width),
                     .beta = doubles(beta, width),
                     .weight = dy};
    double *naive = calloc(n, sizeof *naive);
    kith_layernorm_forward(rows, width, x, gamma, beta, y, stats);
    naive_norm(&t, naive);
    for (size_t i = 0; i < n; i++)
        assert_close((double)y[i], naive[i], 10 * EPS, 10 * EPS);
    kith_layernorm_backward(rows, width, x, gamma, stats, dy, gg, gb, dx);
    check_norm_slopes(&t, t.x, n, dx);
    check_norm_slopes(&t, t.gamma, width, gg);
    check_norm_slopes(&t, t.beta, width, gb);
    kith_real *all[] = {x, gamma, beta, dy, y, stats, gg, gb, dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    free(t.x);
    free(t.gamma);
    free(t.beta);
    free(naive);
}

static void layernorm_is_its_equation_and_its_slopes(void **state)
{
    (void)state;
    check_norm(1, 2);
    check_norm(3, 7);
    check_norm(4, 8);
    check_norm(5, 21);
    check_norm(2, 64);
}

static void layernorm_works_in_place(void **state)
{
    (void)state;
    enum { ROWS = 5, WIDTH = 21, N = ROWS * WIDTH };
    kith_real *x = normals(N), *gamma = normals(WIDTH), *y = normals(N), *dy = normals(N), *dx = normals(N);
    kith_real stats[2 * ROWS], gg[WIDTH], gb[WIDTH];
    kith_layernorm_forward(ROWS, WIDTH, x, gamma, gamma, y, stats);
    kith_layernorm_backward(ROWS, WIDTH, x, gamma, stats, dy, gg, gb, dx);
    kith_layernorm_backward(ROWS, WIDTH, x, gamma, stats, dy, gg, gb, dy);
    assert_memory_equal(dx, dy, N * sizeof *dx);
    kith_real *all[] = {x, gamma, y, dy, dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* ---- gated recurrent units ---- */

struct cells {
    size_t steps, rows, hidden;
    uint8_t *keep;
    double *a, *w, *bias, *first;
    const kith_real *weight;
};

static double gate(double x)
{
    return 1 / (1 + exp(-x));
}

static double row_product(const struct cells *t, const double *h, size_t column)
{
    double sum = 0;
    for (size_t j = 0; j < t->hidden; j++)
        sum += h[j] * t->w[j * 3 * t->hidden + column];
    return sum;
}

/* One row at a time, straight from the equations. */
static double naive_cells(const struct cells *t, double *out)
{
    const size_t n = t->hidden;
    double *h = calloc(2 * n, sizeof *h), *next = h + n, total = 0;
    for (size_t b = 0; b < t->rows; b++) {
        memcpy(h, t->first + b * n, n * sizeof *h);
        for (size_t s = 0; s < t->steps; s++) {
            const size_t row = s * t->rows + b;
            const double *a = t->a + row * 3 * n;
            if (t->keep && !t->keep[row]) memset(h, 0, n * sizeof *h);
            for (size_t j = 0; j < n; j++) {
                const double r = gate(a[j] + row_product(t, h, j)), z = gate(a[n + j] + row_product(t, h, n + j));
                const double c = tanh(a[2 * n + j] + r * (row_product(t, h, 2 * n + j) + t->bias[j]));
                next[j] = (1 - z) * c + z * h[j];
                total += next[j] * (double)t->weight[row * n + j];
                if (out) out[row * n + j] = next[j];
            }
            memcpy(h, next, n * sizeof *h);
        }
    }
    free(h);
    return total;
}

static void check_cell_slopes(const struct cells *t, double *moved, size_t count, const kith_real *g)
{
    const double step = 1e-5;
    for (size_t i = 0; i < count; i++) {
        const double was = moved[i];
        moved[i] = was + step;
        const double up = naive_cells(t, NULL);
        moved[i] = was - step;
        const double slope = (up - naive_cells(t, NULL)) / (2 * step);
        moved[i] = was;
        assert_close((double)g[i], slope, 20 * EPS + 1e-9, 20 * EPS + 1e-8);
    }
}

static void check_gru(size_t steps, size_t rows, size_t hidden, bool ends)
{
    const size_t all = steps * rows * hidden, step = rows * hidden, weights = 3 * hidden * hidden;
    kith_real *a = normals(3 * all), *w = normals(weights), *turned = normals(weights), *bias = normals(hidden);
    kith_real *before = normals(all + step), *h = normals(all), *inner = normals(3 * all), *weight = normals(all);
    kith_real *dh = normals(all), *gw = normals(weights), *gb = normals(hidden);
    uint8_t *keep = calloc(steps * rows, 1);
    for (size_t i = 0; i < steps * rows; i++)
        keep[i] = kith_draw_below(&stream, 3) > 0;
    kith_scale(weights, (kith_real)(1 / sqrt((double)hidden)), w);
    kith_transpose(hidden, 3 * hidden, w, turned);
    struct cells t = {.steps = steps,
                      .rows = rows,
                      .hidden = hidden,
                      .keep = ends ? keep : NULL,
                      .a = doubles(a, 3 * all),
                      .w = doubles(w, weights),
                      .bias = doubles(bias, hidden),
                      .first = doubles(before, step),
                      .weight = weight};
    const kith_gru layer = {.steps = steps,
                            .rows = rows,
                            .hidden = hidden,
                            .keep = t.keep,
                            .gates = a,
                            .inner = inner,
                            .before = before,
                            .h = h};
    double *naive = calloc(all, sizeof *naive);
    kith_gru_forward(&layer, w, bias);
    naive_cells(&t, naive);
    for (size_t i = 0; i < all; i++)
        assert_close((double)h[i], naive[i], EPS, EPS);
    assert_memory_equal(before + all, h + (all - step), step * sizeof *h);
    memcpy(dh, weight, all * sizeof *dh);
    kith_gru_backward(&layer, turned, dh, gw, gb);
    check_cell_slopes(&t, t.a, 3 * all, a);
    check_cell_slopes(&t, t.w, weights, gw);
    check_cell_slopes(&t, t.bias, hidden, gb);
    kith_real *used[] = {a, w, turned, bias, before, h, inner, weight, dh, gw, gb};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        free(used[i]);
    double *twins[] = {t.a, t.w, t.bias, t.first, naive};
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++)
        free(twins[i]);
    free(keep);
}

static void gated_units_are_their_equations_and_slopes(void **state)
{
    (void)state;
    check_gru(1, 1, 1, false);
    check_gru(1, 3, 4, true);
    check_gru(5, 2, 3, false);
    check_gru(6, 4, 5, true);
    check_gru(3, 3, 9, true);
}

/* ---- categorical distributions ---- */

static void probabilities_are_those_of_the_softmax(void **state)
{
    (void)state;
    enum { ROWS = 7, A = 21 };
    kith_real *z = normals(ROWS * A), *logp = normals(ROWS * A), *p = normals(ROWS * A);
    uint8_t allowed[ROWS * A];
    for (size_t i = 0; i < ROWS * A; i++)
        allowed[i] = i % 21 == 4 || kith_draw_below(&stream, 2);
    memcpy(logp, z, ROWS * A * sizeof *z);
    kith_categorical(ROWS, A, allowed, logp, p);
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0, entropy = 0;
        for (size_t c = r * A; c < (r + 1) * A; c++)
            sum += allowed[c] ? exp((double)z[c]) : 0;
        for (size_t c = r * A; c < (r + 1) * A; c++) {
            const double truth = allowed[c] ? exp((double)z[c]) / sum : 0;
            assert_close((double)p[c], truth, EPS, EPS);
            if (!allowed[c]) continue;
            assert_close((double)logp[c], log(truth), EPS, EPS);
            entropy -= truth * log(truth);
        }
        assert_close(kith_categorical_entropy(A, logp + r * A, p + r * A), entropy, EPS, EPS);
    }
    free(z);
    free(logp);
    free(p);
}

static void a_forbidden_class_is_never_drawn(void **state)
{
    (void)state;
    kith_real z[] = {3, 1000, 0, -1000, 2}, p[5];
    const uint8_t allowed[] = {1, 0, 1, 0, 0};
    kith_categorical(1, 5, allowed, z, p);
    assert_true(p[1] == 0 && p[3] == 0 && p[4] == 0);
    assert_close((double)p[0], 1 / (1 + exp(-3)), EPS, EPS);
    assert_int_equal(kith_categorical_draw(5, p, 0), 0);
    assert_int_equal(kith_categorical_draw(5, p, 0.9), 0);
    assert_int_equal(kith_categorical_draw(5, p, 0.96), 2);
    assert_int_equal(kith_categorical_draw(5, p, 1 - 1e-16), 2);
    assert_int_equal(kith_categorical_draw(5, p, 2), 2); /* beyond any rounding of the sum */
    assert_true(isfinite(kith_categorical_entropy(5, z, p)));
    kith_real bad[] = {1, (kith_real)NAN, 2};
    kith_categorical(1, 3, NULL, bad, p);
    assert_true(isnan((double)bad[0]) && isnan((double)p[0]));
}

static void draws_have_their_frequencies(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    const kith_real p[] = {(kith_real)0.5, 0, (kith_real)0.2, (kith_real)0.3};
    double count[4] = {0};
    for (size_t i = 0; i < DRAWS; i++)
        count[kith_categorical_draw(4, p, kith_draw_uniform(&stream))] += 1.0 / DRAWS;
    for (size_t c = 0; c < 4; c++)
        assert_close(count[c], (double)p[c], 0, 5 * 0.5 / sqrt(DRAWS)); /* 5 sigma */
    assert_true(count[1] == 0);
}

/* ---- initialisation, clipping, Adam ---- */

static void check_orthogonal(size_t rows, size_t columns, double gain)
{
    kith_real *w = normals(rows * columns);
    double *scratch = calloc(rows * columns, sizeof *scratch);
    kith_draw_orthogonal(&stream, rows, columns, gain, scratch, w);
    const bool wide = columns >= rows;
    const size_t count = wide ? rows : columns, length = wide ? columns : rows;
    for (size_t u = 0; u < count; u++) {
        for (size_t v = 0; v < count; v++) {
            double sum = 0;
            for (size_t i = 0; i < length; i++)
                sum += wide ? (double)w[u * columns + i] * (double)w[v * columns + i]
                            : (double)w[i * columns + u] * (double)w[i * columns + v];
            assert_close(sum, u == v ? gain * gain : 0, EPS, EPS * gain * gain);
        }
    }
    free(scratch);
    free(w);
}

static void initial_weights_are_orthonormal(void **state)
{
    (void)state;
    check_orthogonal(1, 1, 1);
    check_orthogonal(8, 8, sqrt(2));
    check_orthogonal(21, 64, sqrt(2));
    check_orthogonal(64, 21, 0.01);
    check_orthogonal(64, 192, 1);
}

static void transposing_twice_gives_the_matrix(void **state)
{
    (void)state;
    enum { R = 37, C = 19 };
    kith_real *x = normals(R * C), *y = normals(R * C);
    kith_transpose(R, C, x, y);
    for (size_t r = 0; r < R; r++) {
        for (size_t c = 0; c < C; c++)
            assert_true(y[c * R + r] == x[r * C + c]);
    }
    free(x);
    free(y);
}

static void a_long_gradient_is_cut_and_a_short_one_kept(void **state)
{
    (void)state;
    kith_real g[] = {3, 4, 12}, same[] = {3, 4, 12};
    assert_close(kith_clip_norm(3, 13.5, g), 13, EPS, 0);
    assert_memory_equal(g, same, sizeof g);
    assert_close(kith_clip_norm(3, 6.5, g), 13, EPS, 0);
    assert_close((double)g[0], 1.5, EPS, 0);
    assert_close((double)g[2], 6, EPS, 0);
}

/* Adam (Kingma and Ba 2015, Algorithm 1) is AdamW without decay. With a constant gradient m_hat = g and v_hat = g^2, so
 * each step goes lr |g| / (|g| + eps) against it. */
static void adam_goes_the_learning_rate(void **state)
{
    (void)state;
    const double lr = 5e-4, epsilon = 1e-5, g[] = {3, -1e-5, 0};
    kith_real slope[3], m[3] = {0}, v[3] = {0}, y[] = {1, 1, 1};
    for (size_t i = 0; i < 3; i++)
        slope[i] = (kith_real)g[i];
    for (int t = 1; t <= 20; t++) {
        const kith_adamw how = {.lr = (kith_real)lr,
                                .beta1 = (kith_real)0.9,
                                .beta2 = (kith_real)0.999,
                                .epsilon = (kith_real)epsilon,
                                .m_scale = (kith_real)(1 / (1 - pow(0.9, t))),
                                .v_scale = (kith_real)(1 / (1 - pow(0.999, t)))};
        kith_adamw_update(3, &how, slope, m, v, y, NULL);
    }
    for (size_t i = 0; i < 3; i++)
        assert_close((double)y[i], 1 - 20 * lr * g[i] / (fabs(g[i]) + epsilon), 10 * EPS, 10 * EPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layernorm_is_its_equation_and_its_slopes),
        cmocka_unit_test(layernorm_works_in_place),
        cmocka_unit_test(gated_units_are_their_equations_and_slopes),
        cmocka_unit_test(probabilities_are_those_of_the_softmax),
        cmocka_unit_test(a_forbidden_class_is_never_drawn),
        cmocka_unit_test(draws_have_their_frequencies),
        cmocka_unit_test(initial_weights_are_orthonormal),
        cmocka_unit_test(transposing_twice_gives_the_matrix),
        cmocka_unit_test(a_long_gradient_is_cut_and_a_short_one_kept),
        cmocka_unit_test(adam_goes_the_learning_rate),
    };
    return cmocka_run_group_tests_name("recurrent", tests, setup, teardown);
}
