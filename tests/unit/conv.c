/* Products over windows, dropout and biases. */
#include "convworld.h"

/* --- convolution --- */

static size_t extent(const kith_conv *c, size_t of)
{
    return of + 2 * c->pad + 1 - c->side;
}

static bool inside(const kith_conv *c, size_t h, size_t w)
{
    return h >= c->pad && h < c->height + c->pad && w >= c->pad && w < c->width + c->pad;
}

/* Calls each with all triples (input, weight, output) of places that a convolution multiplies and adds. */
static void each_product(const kith_conv *c, size_t images, void (*each)(void *, size_t, size_t, size_t), void *arg)
{
    const size_t height = extent(c, c->height), width = extent(c, c->width);
    for (size_t at = 0; at < images * height * width; at++) {
        const size_t w = at % width, h = at / width % height, b = at / width / height;
        for (size_t i = 0; i < c->side * c->side; i++) {
            const size_t y = h + i / c->side, x = w + i % c->side;
            if (!inside(c, y, x)) continue;
            const size_t pixel = (b * c->height + y - c->pad) * c->width + x - c->pad;
            for (size_t k = 0; k < c->channels * c->filters; k++)
                each(arg, pixel * c->channels + k / c->filters, i * c->channels * c->filters + k,
                     at * c->filters + k % c->filters);
        }
    }
}

struct naive {
    const kith_real *x, *w, *dy;
    double *y, *gw, *dx;
};

static void naive_product(void *arg, size_t x, size_t w, size_t y)
{
    struct naive *n = arg;
    n->y[y] += (double)n->x[x] * (double)n->w[w];
    n->gw[w] += (double)n->x[x] * (double)n->dy[y];
    n->dx[x] += (double)n->w[w] * (double)n->dy[y];
}

static void check_all(size_t n, const kith_real *x, double *expected, double scale)
{
    for (size_t i = 0; i < n; i++)
        assert_close((double)x[i], expected[i], EPS, EPS * scale);
    free(expected);
}

static double conv_value(struct probe *p)
{
    kith_conv_forward(p->shape, p->images, p->x, p->w, p->bias, p->scratch, p->y);
    return weighted(p->outputs, p->dy, p->y);
}

static void check_conv(kith_conv c, size_t images)
{
    const size_t in = images * c.height * c.width * c.channels, weights = c.side * c.side * c.channels * c.filters;
    const size_t out = images * extent(&c, c.height) * extent(&c, c.width) * c.filters, spare = kith_conv_scratch(&c);
    struct probe p = {.value = conv_value,
                      .shape = &c,
                      .images = images,
                      .x = normals(in),
                      .w = normals(weights),
                      .bias = normals(c.filters),
                      .y = normals(out),
                      .dy = normals(out),
                      .scratch = normals(spare),
                      .outputs = out};
    kith_real *gw = normals(weights), *gbias = normals(c.filters), *dx = normals(in), *again = normals(weights);
    double *sums = calloc(c.filters, sizeof *sums);
    struct naive n = {
        p.x, p.w, p.dy, calloc(out, sizeof(double)), calloc(weights, sizeof(double)), calloc(in, sizeof(double))};
    assert_int_equal(kith_conv_extent(c.height, c.side, c.pad), extent(&c, c.height));
    for (size_t i = 0; i < spare; i++)
        p.scratch[i] = (kith_real)NAN;
    for (size_t i = 0; i < out; i++) {
        n.y[i] = (double)p.bias[i % c.filters];
        sums[i % c.filters] += (double)p.dy[i];
    }
    each_product(&c, images, naive_product, &n);
    kith_conv_forward(&c, images, p.x, p.w, p.bias, p.scratch, p.y);
    check_all(out, p.y, n.y, sqrt((double)weights));
    kith_conv_backward(&c, images, p.x, p.w, p.dy, p.scratch, gw, gbias, dx);
    check_all(c.filters, gbias, sums, sqrt((double)out));
    check_all(weights, gw, n.gw, sqrt((double)out));
    check_all(in, dx, n.dx, sqrt((double)weights));
    kith_conv_backward(&c, images, p.x, p.w, p.dy, p.scratch, again, NULL, NULL);
    assert_memory_equal(again, gw, weights * sizeof *gw);
    check_slopes(&p, in, p.x, dx);
    check_slopes(&p, weights, p.w, gw);
    check_slopes(&p, c.filters, p.bias, gbias);
    check_and_free(p.bias, c.filters);
    check_and_free(gbias, c.filters);
    check_and_free(p.x, in);
    check_and_free(p.w, weights);
    check_and_free(p.y, out);
    check_and_free(p.dy, out);
    check_and_free(p.scratch, spare);
    check_and_free(gw, weights);
    check_and_free(dx, in);
    check_and_free(again, weights);
}

static void convolution_is_the_sum_over_windows(void **state)
{
    (void)state;
    /* channels, height, width; filters, side, pad */
    check_conv((kith_conv){1, 1, 1, 1, 1, 0}, 1);
    check_conv((kith_conv){1, 5, 5, 3, 5, 0}, 2);
    check_conv((kith_conv){1, 9, 7, 6, 5, 2}, 3);
    check_conv((kith_conv){1, 7, 9, 2, 3, 0}, 4);
    check_conv((kith_conv){3, 6, 11, 5, 3, 0}, 3);
    check_conv((kith_conv){3, 4, 4, 16, 5, 2}, 3);
    check_conv((kith_conv){6, 12, 12, 16, 5, 0}, 2);
    check_conv((kith_conv){8, 5, 4, 7, 2, 1}, 2);
    check_conv((kith_conv){13, 3, 5, 4, 1, 0}, 2);
    check_conv((kith_conv){32, 4, 3, 33, 3, 1}, 2);
    check_conv((kith_conv){43, 3, 3, 5, 3, 2}, 2);
    check_conv((kith_conv){16, 7, 6, 3, 5, 2}, 2);
    check_conv((kith_conv){42, 6, 5, 3, 5, 1}, 2);
    check_conv((kith_conv){12, 9, 8, 4, 7, 3}, 2);
    check_conv((kith_conv){2, 13, 14, 3, 5, 2}, 5);
    check_conv((kith_conv){2, 1, 2, 3, 5, 4}, 2);
    check_conv((kith_conv){3, 2, 9, 9, 5, 2}, 3);
    check_conv((kith_conv){4, 20, 23, 2, 5, 2}, 2);
    check_conv((kith_conv){1, 5, 1, 1, 1, 0}, 3);
    check_conv((kith_conv){9, 5, 17, 25, 3, 2}, 2);
    check_conv((kith_conv){17, 4, 13, 9, 2, 0}, 2);
}

/* Nothing past the images is read, which sanitizers and Valgrind see. */
static void convolution_reads_its_images_only(void **state)
{
    (void)state;
    const kith_conv c = {3, 6, 5, 2, 3, 0};
    enum { IN = 2 * 6 * 5 * 3, OUT = 2 * 4 * 3 * 2, WEIGHTS = 3 * 3 * 3 * 2 };
    kith_real *x = normals(IN), *exact = malloc(IN * sizeof *exact), *w = normals(WEIGHTS);
    kith_real *scratch = normals(kith_conv_scratch(&c)), *y = normals(OUT), *again = normals(OUT), gw[WEIGHTS];
    assert_non_null(exact);
    memcpy(exact, x, IN * sizeof *exact);
    kith_conv_forward(&c, 2, x, w, NULL, scratch, y);
    kith_conv_forward(&c, 2, exact, w, NULL, scratch, again);
    assert_memory_equal(again, y, OUT * sizeof *y);
    kith_conv_backward(&c, 2, exact, w, y, scratch, gw, NULL, NULL);
    /* One output an image: what a register holds belongs to several images. */
    const kith_conv thin = {1, 5, 1, 1, 1, 0};
    for (size_t images = 1; images <= 4; images++) {
        const size_t n = images * 5;
        kith_real *dy = malloc(n * sizeof *dy), one[1], dx[20], sum = 0;
        assert_non_null(dy);
        for (size_t i = 0; i < n; i++)
            sum += dy[i] = (kith_real)i;
        kith_real *ones = malloc(n * sizeof *ones);
        assert_non_null(ones);
        for (size_t i = 0; i < n; i++)
            ones[i] = 1;
        kith_conv_backward(&thin, images, ones, (kith_real[]){2}, dy, scratch, one, NULL, dx);
        assert_true(one[0] == sum);
        for (size_t i = 0; i < n; i++)
            assert_true(dx[i] == 2 * dy[i]);
        free(dy);
        free(ones);
    }
    kith_real *all[] = {x, exact, w, scratch, y, again};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void convolution_ignores_alignment(void **state)
{
    (void)state;
    const kith_conv c = {3, 8, 9, 7, 3, 1};
    enum { IN = 2 * 8 * 9 * 3, OUT = 2 * 8 * 9 * 7, WEIGHTS = 3 * 3 * 3 * 7 };
    kith_real *x = normals(IN), *w = normals(WEIGHTS), *dy = normals(OUT),
              *scratch = normals(kith_conv_scratch(&c) + 9);
    kith_real y[OUT], dx[IN], gw[WEIGHTS], out[OUT + 9];
    kith_conv_forward(&c, 2, x, w, NULL, scratch, y);
    kith_conv_backward(&c, 2, x, w, dy, scratch, gw, NULL, dx);
    for (size_t shift = 1; shift < 9; shift++) {
        kith_real *moved = normals(IN + 9), gw_again[WEIGHTS + 9], dx_again[IN + 9];
        memcpy(moved + shift, x, IN * sizeof *x);
        kith_conv_forward(&c, 2, moved + shift, w, NULL, scratch + shift, out + 9 - shift);
        assert_memory_equal(out + 9 - shift, y, sizeof y);
        kith_conv_backward(&c, 2, moved + shift, w, dy, scratch + shift, gw_again + shift, NULL, dx_again + 9 - shift);
        assert_memory_equal(gw_again + shift, gw, sizeof gw);
        assert_memory_equal(dx_again + 9 - shift, dx, sizeof dx);
        free(moved);
    }
    free(x);
    free(w);
    free(dy);
    free(scratch);
}

static void planes_become_pixels(void **state)
{
    (void)state;
    for (size_t channels = 1; channels < 5; channels++) {
        kith_real *planes = normals(3 * channels * 7), *x = normals(3 * channels * 7);
        kith_interleave(3, channels, 7, planes, x);
        for (size_t i = 0; i < 3 * channels * 7; i++) {
            const size_t c = i % channels, p = i / channels % 7, b = i / channels / 7;
            assert_true(x[i] == planes[(b * channels + c) * 7 + p]);
        }
        check_and_free(planes, 3 * channels * 7);
        check_and_free(x, 3 * channels * 7);
    }
}

/* --- dropout, bias --- */

static void dropout_keeps_its_share_and_its_mean(void **state)
{
    (void)state;
    enum { N = 40000 };
    static const double rates[] = {0, 0.25, 0.5, 0.9};
    kith_real *x = normals(N), *factor = normals(N), *was = normals(N), *dx = normals(N);
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        kith_stream s = kith_stream_at(5, KITH_FOR_NOISE, r, 0), replay = s;
        memcpy(was, x, N * sizeof *x);
        memcpy(dx, was, N * sizeof *dx);
        kith_dropout(N, rates[r], &s, x, factor);
        size_t kept = 0;
        for (size_t i = 0; i < N; i++) {
            const bool keep = (double)kith_draw_u32(&replay) / 4294967296.0 >= rates[r];
            assert_close((double)factor[i], keep ? 1 / (1 - rates[r]) : 0, EPS, 0);
            assert_true(x[i] == was[i] * factor[i]);
            kept += keep;
        }
        const double error = sqrt(rates[r] * (1 - rates[r]) / N);
        assert_close((double)kept / N, 1 - rates[r], 0, 5 * error);
        kith_multiply(N, factor, dx); /* linear, so its gradient is the same product */
        assert_memory_equal(dx, x, N * sizeof *dx);
        kith_draw_normals(&stream, 1, N, x);
    }
    check_and_free(x, N);
    check_and_free(factor, N);
    check_and_free(was, N);
    check_and_free(dx, N);
}

static void check_bias(size_t rows, size_t out)
{
    kith_real *y = normals(rows * out), *z = normals(rows * out), *bias = normals(out), *sums = normals(out);
    kith_real *was = normals(rows * out);
    memcpy(was, y, rows * out * sizeof *y);
    memcpy(z, y, rows * out * sizeof *y);
    kith_bias(rows, out, bias, y);
    kith_bias_relu(rows, out, bias, z);
    kith_bias_backward(rows, out, was, sums);
    for (size_t i = 0; i < rows * out; i++) {
        const kith_real v = was[i] + bias[i % out];
        assert_true(y[i] == v && z[i] == (v > 0 ? v : 0));
    }
    for (size_t o = 0; o < out; o++) {
        double sum = 0;
        for (size_t r = 0; r < rows; r++)
            sum += (double)was[r * out + o];
        assert_close((double)sums[o], sum, EPS, EPS * sqrt((double)rows));
    }
    if (rows) y[rows * out - 1] = (kith_real)NAN;
    kith_bias_relu(rows, out, bias, y);
    kith_relu(rows * out, z);
    assert_true(!rows || isnan((double)y[rows * out - 1]));
    check_and_free(y, rows * out);
    check_and_free(z, rows * out);
    check_and_free(was, rows * out);
    check_and_free(bias, out);
    check_and_free(sums, out);
}

static void bias_is_added_to_every_row(void **state)
{
    (void)state;
    static const size_t rows[] = {0, 1, 3, 8, 57, 1000};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (size_t out = 1; out < 70; out += out < 8 ? 1 : 5)
            check_bias(rows[r], out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_is_the_sum_over_windows),  cmocka_unit_test(convolution_reads_its_images_only),
        cmocka_unit_test(convolution_ignores_alignment),        cmocka_unit_test(planes_become_pixels),
        cmocka_unit_test(dropout_keeps_its_share_and_its_mean), cmocka_unit_test(bias_is_added_to_every_row),
    };
    return cmocka_run_group_tests_name("conv", tests, setup, teardown);
}
