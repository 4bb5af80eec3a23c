#include "support.h"

#include "nn/blas.h"

#include <float.h>
#include <kith/nn.h>
#include <kith/random.h>

/* Every fast path beside its naive twin in double. EPS: what a few hundred rounded additions of numbers near 1 may add
 * up to in this precision. */
#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12, STEP = 1e-6, SLOPE = 1e-8;
#else
static const double EPS = 2e-5, STEP = 1e-3, SLOPE = 1e-5;
#endif

static kith_stream stream;

/* With room after it that kith_gemm's kernels may look at. */
static kith_real *normals(size_t n)
{
    enum { ROOM = 256 };
    kith_real *x = calloc(n + ROOM, sizeof *x);
    assert_non_null(x);
    kith_draw_normals(&stream, 1, n, x);
    return x;
}

static int setup(void **state)
{
    setenv("BLIS_NUM_THREADS", "2", 1); /* what the user's environment says must not count */
    setenv("OMP_NUM_THREADS", "2", 1);
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    stream = kith_stream_at(11, KITH_FOR_PLUGIN, 0, 0);
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

static void check_gemm(int ta, int tb, size_t m, size_t n, size_t k, double alpha, double beta)
{
    kith_real *a = normals(m * k), *b = normals(k * n), *c = normals(m * n), *was = normals(m * n);
    memcpy(was, c, m * n * sizeof *c);
    if (beta == 0)
        for (size_t i = 0; i < m * n; i++)
            c[i] = (kith_real)NAN; /* must be overwritten */
    kith_gemm(ta, tb, m, n, k, (kith_real)alpha, a, b, (kith_real)beta, c);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t l = 0; l < k; l++)
                sum += (double)(ta ? a[l * m + i] : a[i * k + l]) * (double)(tb ? b[j * k + l] : b[l * n + j]);
            const double expected = alpha * sum + beta * (double)was[i * n + j];
            assert_close((double)c[i * n + j], expected, EPS, EPS * sqrt((double)k + 1));
        }
    }
    free(a);
    free(b);
    free(c);
    free(was);
}

static void gemm_is_the_triple_loop(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 7, 16, 33, 130};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    for (int t = 0; t < 4; t++) {
        for (size_t s = 0; s < COUNT * COUNT * COUNT; s++) {
            const double beta = s % 3 == 0 ? 0 : s % 3 == 1 ? 1 : -0.5;
            check_gemm(t & 1, t >> 1, sizes[s % COUNT], sizes[s / COUNT % COUNT], sizes[s / COUNT / COUNT],
                       s % 2 ? 1 : 0.75, beta);
        }
    }
    check_gemm(0, 0, 3, 4, 0, 1, 0);
    check_gemm(1, 1, 3, 4, 0, 1, 0.5);
    kith_gemm(0, 0, 0, 4, 2, 1, NULL, NULL, 0, NULL); /* nothing to write */
}

struct layer {
    size_t rows, in, out;
    kith_real *x, *w, *bias, *y, *dy, *gw, *gbias, *dx;
};

static struct layer layer_of(size_t rows, size_t in, size_t out)
{
    return (struct layer){.rows = rows,
                          .in = in,
                          .out = out,
                          .x = normals(rows * in),
                          .w = normals(in * out),
                          .bias = normals(out),
                          .y = normals(rows * out),
                          .dy = normals(rows * out),
                          .gw = normals(in * out),
                          .gbias = normals(out),
                          .dx = normals(rows * in)};
}

static void layer_free(struct layer *l)
{
    kith_real *all[] = {l->x, l->w, l->bias, l->y, l->dy, l->gw, l->gbias, l->dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* The documented place of the weight from input i to output o. */
static size_t place(const struct layer *l, size_t i, size_t o)
{
    return l->out >= 16 ? i * l->out + o : o * l->in + i;
}

static double naive_output(const struct layer *l, size_t r, size_t o, bool bias)
{
    double sum = bias ? (double)l->bias[o] : 0;
    for (size_t i = 0; i < l->in; i++)
        sum += (double)l->x[r * l->in + i] * (double)l->w[place(l, i, o)];
    return sum;
}

static void check_forward(struct layer *l)
{
    const double atol = EPS * sqrt((double)l->in + 1);
    for (int bias = 0; bias < 2; bias++) {
        for (int relu = 0; relu < 2; relu++) {
            (relu ? kith_dense_relu : kith_dense)(l->rows, l->in, l->out, l->x, l->w, bias ? l->bias : NULL, l->y);
            for (size_t r = 0; r < l->rows; r++) {
                for (size_t o = 0; o < l->out; o++) {
                    const double y = naive_output(l, r, o, bias);
                    assert_close((double)l->y[r * l->out + o], relu && y < 0 ? 0 : y, EPS, atol);
                }
            }
        }
    }
}

static void check_backward(struct layer *l)
{
    const double atol = EPS * sqrt((double)(l->rows + l->out));
    kith_dense_backward(l->rows, l->in, l->out, l->x, l->w, l->dy, l->gw, l->gbias, l->dx);
    for (size_t o = 0; o < l->out; o++) {
        double bias = 0;
        for (size_t r = 0; r < l->rows; r++)
            bias += (double)l->dy[r * l->out + o];
        assert_close((double)l->gbias[o], bias, EPS, atol);
        for (size_t i = 0; i < l->in; i++) {
            double w = 0;
            for (size_t r = 0; r < l->rows; r++)
                w += (double)l->dy[r * l->out + o] * (double)l->x[r * l->in + i];
            assert_close((double)l->gw[place(l, i, o)], w, EPS, atol);
        }
    }
    for (size_t r = 0; r < l->rows; r++) {
        for (size_t i = 0; i < l->in; i++) {
            double dx = 0;
            for (size_t o = 0; o < l->out; o++)
                dx += (double)l->dy[r * l->out + o] * (double)l->w[place(l, i, o)];
            assert_close((double)l->dx[r * l->in + i], dx, EPS, atol);
        }
    }
}

/* gbias and dx are left out where NULL, and change nothing else. */
static void check_backward_without(struct layer *l)
{
    kith_real *gw = normals(l->in * l->out);
    kith_dense_backward(l->rows, l->in, l->out, l->x, l->w, l->dy, gw, NULL, NULL);
    assert_memory_equal(gw, l->gw, l->in * l->out * sizeof *gw);
    free(gw);
}

struct gathered {
    kith_real *g;
    size_t count, entries;
};

static void gather_piece(void *arg, size_t first, size_t count, const kith_real *g)
{
    struct gathered *p = arg;
    assert_true(first + count <= p->entries);
    memcpy(p->g + first, g, count * sizeof *g);
    p->count += count;
}

/* The same bits in pieces: bias before the weights in the model, behind them, and none. */
static void check_backward_to(struct layer *l)
{
    const size_t weights = l->in * l->out, entries = weights + l->out;
    for (int where = 0; where < 3; where++) {
        struct gathered p = {.g = normals(entries), .entries = entries};
        const kith_sink sink = {.take = gather_piece, .arg = &p};
        const size_t first = where == 0 ? l->out : 0, bias = where == 0 ? 0 : where == 1 ? weights : SIZE_MAX;
        kith_real *g = normals(weights + l->out), *dx = normals(l->rows * l->in);
        kith_dense_backward_to(l->rows, l->in, l->out, l->x, l->w, l->dy, g, &sink, first, bias, where ? dx : NULL);
        assert_int_equal(p.count, where == 2 ? weights : entries);
        assert_memory_equal(p.g + first, l->gw, weights * sizeof *g);
        if (where < 2) assert_memory_equal(p.g + bias, l->gbias, l->out * sizeof *g);
        if (where) assert_memory_equal(dx, l->dx, l->rows * l->in * sizeof *dx);
        free(p.g);
        free(g);
        free(dx);
    }
}

static void dense_is_the_naive_layer(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1},    {1, 5, 10},   {3, 1, 16},     {10, 7, 15},  {10, 60, 10},
                                       {7, 13, 17},  {32, 65, 33}, {1, 40, 200},   {64, 100, 1}, {33, 129, 64},
                                       {16, 3, 18},  {16, 9, 27},  {10, 784, 200}, {5, 2, 47},   {12, 5, 56},
                                       {9, 3000, 3}, {17, 33, 40}, {20, 90, 200}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        struct layer l = layer_of(shapes[s][0], shapes[s][1], shapes[s][2]);
        check_forward(&l);
        check_backward(&l);
        check_backward_without(&l);
        check_backward_to(&l);
        layer_free(&l);
    }
}

static void relu_keeps_nan_and_cuts_the_rest(void **state)
{
    (void)state;
    const kith_real inf = (kith_real)INFINITY, none = (kith_real)NAN;
    const kith_real x[5] = {-inf, -1, 0, 2, inf}, w[5] = {1, 1, 1, 1, 1};
    kith_real y[5] = {0}, dx[5] = {1, 2, 3, 4, 5};
    kith_dense_relu(5, 1, 1, x, w, NULL, y);
    const kith_real expected[5] = {0, 0, 0, 2, inf}, slope[5] = {0, 0, 0, 4, 5};
    assert_memory_equal(y, expected, sizeof y);
    kith_relu_backward(5, y, dx);
    assert_memory_equal(dx, slope, sizeof dx);
    const kith_real bias[3] = {0, none, -1}, one[1] = {1}, v[3] = {1, 1, 1};
    kith_real z[3];
    kith_dense_relu(1, 1, 3, one, v, bias, z);
    assert_true(isnan((double)z[1]) && z[0] == 1 && z[2] == 0);
}

static double naive_loss(size_t rows, size_t classes, const kith_real *z, const int32_t *label)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++, z += classes) {
        double top = -INFINITY, sum = 0;
        for (size_t c = 0; c < classes; c++)
            top = fmax(top, (double)z[c]);
        for (size_t c = 0; c < classes; c++)
            sum += exp((double)z[c] - top);
        loss += log(sum) + top - (double)z[label[r]];
    }
    return loss;
}

static void check_softmax(size_t rows, size_t classes)
{
    kith_real *z = normals(rows * classes), *d = normals(rows * classes);
    int32_t *label = calloc(rows, sizeof *label);
    uint64_t right = 0, naive_right = 0;
    for (size_t r = 0; r < rows; r++) {
        label[r] = (int32_t)kith_draw_below(&stream, classes);
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            best = z[r * classes + c] > z[r * classes + best] ? c : best;
        naive_right += best == (size_t)label[r];
    }
    const double loss = kith_softmax_loss(rows, classes, z, label, d, &right);
    assert_close(loss, naive_loss(rows, classes, z, label), EPS, 0);
    assert_close(kith_softmax_loss(rows, classes, z, label, NULL, NULL), loss, 0, 0);
    assert_int_equal(right, naive_right);
    for (size_t i = 0; i < rows * classes; i++) { /* central differences of the mean, of the naive loss */
        const kith_real was = z[i];
        z[i] = was + (kith_real)STEP;
        const double up = naive_loss(rows, classes, z, label), high = (double)z[i];
        z[i] = was - (kith_real)STEP;
        const double slope = (up - naive_loss(rows, classes, z, label)) / (high - (double)z[i]) / (double)rows;
        z[i] = was;
        assert_close((double)d[i], slope, 0, SLOPE / (double)rows);
    }
    assert_close(kith_softmax_loss(rows, classes, z, label, z, NULL), loss, 0, 0); /* in place */
    assert_memory_equal(z, d, rows * classes * sizeof *z);
    free(z);
    free(d);
    free(label);
}

static void softmax_is_the_naive_one(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 1}, {1, 2}, {5, 3}, {10, 10}, {32, 10}, {7, 33}, {3, 100}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        check_softmax(shapes[s][0], shapes[s][1]);
}

static void softmax_takes_huge_logits(void **state)
{
    (void)state;
    const kith_real z[3] = {(kith_real)1e4, (kith_real)-1e4, 0};
    const int32_t first = 0, second = 1;
    kith_real d[3];
    uint64_t right = 9;
    assert_close(kith_softmax_loss(1, 3, z, &first, d, &right), 0, 0, 0);
    assert_int_equal(right, 1);
    for (int c = 0; c < 3; c++)
        assert_close((double)d[c], 0, 0, 0);
    assert_close(kith_softmax_loss(1, 3, z, &second, d, &right), 2e4, 1e-15, 0);
    assert_int_equal(right, 0);
    assert_close((double)d[0], 1, 0, 0);
    assert_close((double)d[1], -1, 0, 0);
    assert_close((double)d[2], 0, 0, 0);
}

static void softmax_breaks_ties_and_shows_nan(void **state)
{
    (void)state;
    const kith_real tie[3] = {1, 1, 0};
    const int32_t labels[2] = {0, 1};
    uint64_t right = 0;
    kith_softmax_loss(1, 3, tie, &labels[0], NULL, &right);
    assert_int_equal(right, 1);
    kith_softmax_loss(1, 3, tie, &labels[1], NULL, &right);
    assert_int_equal(right, 0);
    for (int place = 0; place < 3; place++) {
        kith_real bad[3] = {1, 1, 0}, d[3];
        bad[place] = (kith_real)NAN;
        assert_true(isnan(kith_softmax_loss(1, 3, bad, &labels[0], d, &right)));
        assert_int_equal(right, 0);
        bad[place] = (kith_real)INFINITY;
        const double loss = kith_softmax_loss(1, 3, bad, &labels[1], d, NULL);
        assert_true(isnan(loss) || isinf(loss));
    }
}

static void elementwise_loops(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70; n++) {
        kith_real *x = normals(n), *y = normals(n), *z = normals(n), *out = normals(n);
        const kith_real a = (kith_real)0.37;
        memcpy(z, y, n * sizeof *y);
        kith_axpy(n, a, x, z);
        kith_subtract(n, x, y, out);
        for (size_t i = 0; i < n; i++) {
            assert_close((double)z[i], (double)y[i] + (double)a * (double)x[i], EPS, EPS);
            assert_true(out[i] == x[i] - y[i]);
        }
        kith_copy(n, x, z);
        assert_memory_equal(z, x, n * sizeof *x);
        kith_scale(n, a, z);
        for (size_t i = 0; i < n; i++)
            assert_true(z[i] == a * x[i]);
        kith_copy(n, x, z);
        kith_subtract(n, z, y, z); /* either operand may be the result */
        assert_memory_equal(z, out, n * sizeof *z);
        kith_copy(n, y, z);
        kith_subtract(n, x, z, z);
        assert_memory_equal(z, out, n * sizeof *z);
        kith_clear(n, z);
        for (size_t i = 0; i < n; i++)
            assert_true(z[i] == 0);
        free(x);
        free(y);
        free(z);
        free(out);
    }
}

/* The order is part of the promise: sixteen lanes, halved until one is left. */
static double laned(size_t n, const kith_real *x, const kith_real *y, bool difference)
{
    double lane[16] = {0};
    for (size_t i = 0; i < n; i++) {
        const double d = (double)x[i] - (double)y[i];
        lane[i % 16] += difference ? d * d : (double)x[i] * (double)y[i];
    }
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    }
    return lane[0];
}

static void sums_are_right_and_ordered(void **state)
{
    (void)state;
    kith_real *memory = normals(20020), *other = normals(20020);
    for (size_t n = 0; n < 20000; n = n * 3 / 2 + 1) {
        for (size_t shift = 0; shift < 9; shift++) { /* alignment makes no difference */
            memmove(memory + shift, memory + (shift ? shift - 1 : 0), n * sizeof *memory);
            memmove(other + 8 - shift, other + 8 - (shift ? shift - 1 : 0), n * sizeof *other);
            const kith_real *x = memory + shift, *y = other + 8 - shift;
            assert_true(kith_dot(n, x, y) == laned(n, x, y, false));
            assert_true(kith_distance2(n, x, y) == laned(n, x, y, true));
        }
    }
    const kith_real big[3] = {(kith_real)16777216, 1, (kith_real)-16777216}, ones[3] = {1, 1, 1};
    assert_close(kith_dot(3, big, ones), 1, 0, 0); /* in float the 1 would be lost */
    assert_close(kith_distance2(3, big, big), 0, 0, 0);
    free(memory);
    free(other);
}

static void finite_sees_every_place(void **state)
{
    (void)state;
    const double wild[] = {NAN, -NAN, INFINITY, -INFINITY};
    const size_t sizes[] = {1, 7, 33, 100, 4096, 4101, 8200};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const size_t n = sizes[s];
        kith_real *x = normals(n);
        x[n / 2] = (kith_real)-1e38;
        assert_true(kith_all_finite(n, x));
        for (size_t i = 0; i < n; i++) {
            const kith_real was = x[i];
            x[i] = (kith_real)wild[i % 4];
            assert_false(kith_all_finite(n, x));
            x[i] = was;
        }
        free(x);
    }
    assert_true(kith_all_finite(0, NULL));
    /* As many as a byte counts, or a power of two, do not cancel out. */
    kith_real *x = normals(4096);
    for (size_t i = 0; i < 4096; i++)
        x[i] = (kith_real)INFINITY;
    assert_false(kith_all_finite(256, x));
    assert_false(kith_all_finite(4096, x));
    free(x);
}

static void check_update(size_t n, double lr, double decay, double momentum, bool with_sum)
{
    kith_real *g = normals(n), *u = normals(n), *y = normals(n), *sum = normals(n);
    kith_real *u0 = normals(n), *y0 = normals(n), *sum0 = normals(n);
    memcpy(u0, u, n * sizeof *u);
    memcpy(y0, y, n * sizeof *y);
    memcpy(sum0, sum, n * sizeof *sum);
    kith_sgd_update(n, (kith_real)lr, (kith_real)decay, (kith_real)momentum, g, momentum == 0 ? NULL : u, y,
                    with_sum ? sum : NULL);
    for (size_t i = 0; i < n; i++) {
        const double v = momentum * (double)u0[i] + ((double)g[i] + decay * (double)y0[i]);
        assert_close((double)u[i], momentum == 0 ? (double)u0[i] : v, EPS, EPS);
        assert_close((double)y[i], (double)y0[i] - lr * v, EPS, EPS);
        assert_close((double)sum[i], (double)sum0[i] + (with_sum ? v : 0), EPS, EPS);
    }
    kith_real *all[] = {g, u, y, sum, u0, y0, sum0};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void sgd_update_is_the_formula(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 5, 8, 31, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int c = 0; c < 8; c++)
            check_update(sizes[s], 0.1, c & 1 ? 0.3 : 0, c & 2 ? 0.9 : 0, c & 4);
    }
}

static void gather_scales_bytes(void **state)
{
    (void)state;
    enum { ROWS = 9, MOST = 130 };
    uint8_t bytes[ROWS * MOST];
    kith_real scale[MOST], shift[MOST], x[7 * MOST + 1];
    const uint32_t index[7] = {8, 0, 3, 3, 1, 7, 5};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + i / 256);
    kith_draw_normals(&stream, 1, MOST, scale);
    kith_draw_normals(&stream, 1, MOST, shift);
    for (size_t f = 1; f <= MOST; f += 43) {
        x[7 * f] = 77;
        kith_gather_bytes(7, f, bytes, index, scale, shift, x);
        for (size_t i = 0; i < 7 * f; i++) {
            const double byte = bytes[index[i / f] * f + i % f];
            assert_close((double)x[i], (double)scale[i % f] * byte + (double)shift[i % f], EPS, 10 * EPS);
        }
        assert_true(x[7 * f] == 77);
    }
}

static void blas_is_started_and_described(void **state)
{
    kith_ctx *ctx = *state;
    assert_ok(ctx, kith_blas_start(ctx));
    volatile kith_real tiny = sizeof(kith_real) == 4 ? (kith_real)FLT_MIN : (kith_real)DBL_MIN;
    volatile kith_real half = tiny / 2;
    const char *preloaded = getenv("LD_PRELOAD");
    const bool flushed = !preloaded || !strstr(preloaded, "vgpreload"); /* Valgrind keeps denormals */
    assert_true((half == 0) == flushed);
    char text[1024], cut[8];
    const size_t length = kith_blas_describe(text, sizeof text);
    assert_int_equal(length, strlen(text));
    const char *const keys[] = {
        "blas=", "\nblas_version=", "\nblas_kernels=", "\nblas_threading=", "\nown_products=", "\ndenormals="};
    const char *at = text;
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        at = strstr(at, keys[k]);
        assert_non_null(at);
        assert_true(at[strlen(keys[k])] != '\n');
    }
    assert_non_null(strstr(text, ", 1 thread\n"));
    assert_string_equal(at, flushed ? "\ndenormals=flushed\n" : "\ndenormals=kept\n");
    assert_int_equal(kith_blas_describe(cut, sizeof cut), length);
    assert_int_equal(strlen(cut), sizeof cut - 1);
}

/* Same bits wherever the operands lie; what model plugins and checkpoints rely on. */
static void products_ignore_alignment(void **state)
{
    (void)state;
    enum { ROWS = 10, IN = 61, OUT = 35 };
    kith_real first[ROWS * OUT];
    kith_real *x = normals(ROWS * IN + 16), *w = normals(IN * OUT + 16), *y = normals(ROWS * OUT + 16);
    for (size_t shift = 0; shift < 16; shift++) {
        if (shift) memmove(x + shift, x + shift - 1, ROWS * IN * sizeof *x);
        if (shift) memmove(w + shift, w + shift - 1, IN * OUT * sizeof *w);
        kith_dense_relu(ROWS, IN, OUT, x + shift, w + shift, w + shift, y + (16 - shift));
        if (shift == 0) memcpy(first, y + 16, sizeof first);
        assert_memory_equal(y + (16 - shift), first, sizeof first);
    }
    free(x);
    free(w);
    free(y);
}

/* In the order of the rows, in double, rounded once: equal to the last bit, whatever the number of rows. */
static void weighted_sums_are_the_naive_ones(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 3, 8, 1023, 1024, 1025, 2500};
    enum { ROWS = 13, LONGEST = 2500 };
    const kith_real *row[ROWS];
    double weight[ROWS];
    kith_real *x = normals(ROWS * LONGEST), out[LONGEST + 1];
    for (size_t i = 0; i < ROWS; i++) {
        row[i] = x + i * LONGEST;
        weight[i] = 1.0 / (double)(i + 3) - 0.1;
    }
    for (size_t count = 0; count <= ROWS; count++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            const size_t n = sizes[k];
            out[n] = 77;
            kith_weighted_sum(n, count, weight, row, out);
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t i = 0; i < count; i++)
                    sum += weight[i] * (double)row[i][j];
                assert_true(out[j] == (kith_real)sum);
            }
            assert_true(out[n] == 77);
        }
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_is_the_triple_loop),           cmocka_unit_test(dense_is_the_naive_layer),
        cmocka_unit_test(weighted_sums_are_the_naive_ones),  cmocka_unit_test(relu_keeps_nan_and_cuts_the_rest),
        cmocka_unit_test(softmax_is_the_naive_one),          cmocka_unit_test(softmax_takes_huge_logits),
        cmocka_unit_test(softmax_breaks_ties_and_shows_nan), cmocka_unit_test(elementwise_loops),
        cmocka_unit_test(sums_are_right_and_ordered),        cmocka_unit_test(finite_sees_every_place),
        cmocka_unit_test(sgd_update_is_the_formula),         cmocka_unit_test(gather_scales_bytes),
        cmocka_unit_test(blas_is_started_and_described),     cmocka_unit_test(products_ignore_alignment),
    };
    return cmocka_run_group_tests_name("nn", tests, setup, teardown);
}
