#include "support.h"

#include "nn/blas.h"

#include <kith/nn.h>
#include <stdbool.h>

/* The layers for images beside naive twins in double, and their gradients beside central differences. */
#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12, STEP = 1e-5, SLOPE = 1e-6;
#else
static const double EPS = 2e-5, STEP = 1e-2, SLOPE = 3e-3;
#endif

enum { ROOM = 256 }; /* that nobody may write */
static const double GUARD = 12345;
static kith_stream stream;

static kith_real *normals(size_t n)
{
    kith_real *x = calloc(n + ROOM, sizeof *x);
    assert_non_null(x);
    kith_draw_normals(&stream, 1, n, x);
    for (size_t i = 0; i < ROOM; i++)
        x[n + i] = (kith_real)GUARD;
    return x;
}

/* Nothing was written after the n reals; frees them. */
static void check_and_free(kith_real *x, size_t n)
{
    for (size_t i = 0; i < ROOM; i++)
        assert_true((double)x[n + i] == GUARD);
    free(x);
}

static double weighted(size_t n, const kith_real *weight, const kith_real *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)weight[i] * (double)y[i];
    return sum;
}

/* A layer as a function of all it depends on; value() is the sum of its outputs times fixed weights. */
struct probe {
    double (*value)(struct probe *);
    const void *shape;
    size_t images;
    kith_real *x, *w, *bias, *y, *dy, *scratch, *kept;
    size_t outputs;
};

/* Central differences along x[i]; a kink within the step shows as unequal slopes on both sides, which bound the
 * slope. */
static void check_slopes(struct probe *p, size_t n, kith_real *x, const kith_real *gradient)
{
    const double here = p->value(p);
    for (size_t k = 0; k < 40; k++) {
        const size_t i = (size_t)kith_draw_below(&stream, n);
        const kith_real was = x[i], high = was + (kith_real)STEP, low = was - (kith_real)STEP;
        x[i] = high;
        const double up = p->value(p) - here;
        x[i] = low;
        const double down = here - p->value(p);
        x[i] = was;
        const double slope = (up + down) / ((double)high - (double)low), jump = fabs(up - down) / STEP;
        assert_close((double)gradient[i], slope, SLOPE, SLOPE + (jump > 0.01 ? jump : 0));
    }
}

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

/* --- pool --- */

/* Where the largest of a window lies in x, and its number in the window. */
static size_t naive_largest(const kith_pool *p, size_t at, const kith_real *x, size_t *which)
{
    const size_t width = p->width / p->side, height = p->height / p->side;
    const size_t c = at % p->channels, w = at / p->channels % width, h = at / p->channels / width % height;
    const size_t b = at / p->channels / width / height;
    size_t best = 0;
    for (size_t k = 0; k < p->side * p->side; k++) {
        const size_t row = b * p->height + h * p->side + k / p->side, column = w * p->side + k % p->side;
        const size_t place = (row * p->width + column) * p->channels + c;
        if (k > 0 && !(x[place] > x[best]) && !isnan((double)x[place])) continue; /* the last NaN, if any */
        best = place;
        *which = k;
    }
    return best;
}

static double pool_value(struct probe *p)
{
    kith_pool_forward(p->shape, p->images, p->x, p->y, p->kept);
    return weighted(p->outputs, p->dy, p->y);
}

/* Small whole numbers tie often; `wild` is a NaN or an infinity in between. */
static void check_pool(kith_pool shape, size_t images, bool ties, double wild)
{
    const size_t in = images * shape.height * shape.width * shape.channels;
    const size_t out = images * (shape.height / shape.side) * (shape.width / shape.side) * shape.channels;
    struct probe p = {.value = pool_value,
                      .shape = &shape,
                      .images = images,
                      .x = normals(in),
                      .y = normals(out),
                      .dy = normals(out),
                      .kept = normals(out),
                      .outputs = out};
    kith_real *dx = normals(in);
    double *expected = calloc(in, sizeof *expected);
    for (size_t i = 0; i < in && ties; i++)
        p.x[i] = (kith_real)floor((double)p.x[i]);
    for (size_t i = 3; i < in && wild != 0; i += 7)
        p.x[i] = (kith_real)wild;
    kith_pool_forward(&shape, images, p.x, p.y, p.kept);
    kith_pool_backward(&shape, images, p.dy, p.kept, dx);
    for (size_t i = 0; i < out; i++) {
        size_t which = 0;
        const size_t at = naive_largest(&shape, i, p.x, &which);
        assert_memory_equal(&p.y[i], &p.x[at], sizeof *p.y);
        assert_true(p.kept[i] == (kith_real)which);
        expected[at] = (double)p.dy[i];
    }
    for (size_t i = 0; i < in; i++)
        assert_true((double)dx[i] == expected[i]);
    if (!ties && wild == 0) check_slopes(&p, in, p.x, dx);
    free(expected);
    check_and_free(p.x, in);
    check_and_free(p.y, out);
    check_and_free(p.dy, out);
    check_and_free(p.kept, out);
    check_and_free(dx, in);
}

static void pooling_keeps_the_largest(void **state)
{
    (void)state;
    static const size_t channels[] = {1, 2, 6, 8, 12, 16, 33};
    static const size_t shapes[][3] = {{2, 2, 2},  {4, 6, 2}, {5, 7, 2}, {9, 2, 2},
                                       {3, 24, 2}, {7, 8, 3}, {4, 4, 4}, {3, 5, 1}};
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            const kith_pool p = {channels[c], shapes[s][0], shapes[s][1], shapes[s][2]};
            check_pool(p, 3, false, 0);
            check_pool(p, 1, true, 0);
            check_pool(p, 2, true, NAN);
            check_pool(p, 2, false, -INFINITY);
        }
    }
}

/* --- GroupNorm --- */

static double norm_value(struct probe *p)
{
    kith_groupnorm_forward(p->shape, p->images, p->x, p->w, p->bias, p->scratch, p->y, p->kept);
    return weighted(p->outputs, p->dy, p->y);
}

static void check_group(const kith_groupnorm *n, const struct probe *p, size_t b, size_t g)
{
    const size_t width = n->channels / n->groups, count = n->pixels * width;
    const size_t origin = b * n->pixels * n->channels + g * width;
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; i++)
        mean += (double)p->x[origin + i / width * n->channels + i % width] / (double)count;
    for (size_t i = 0; i < count; i++)
        variance += pow((double)p->x[origin + i / width * n->channels + i % width] - mean, 2) / (double)count;
    const double scale = 1 / sqrt(variance + 1e-5);
    assert_close((double)p->kept[(b * n->groups + g) * 2], mean, EPS, EPS);
    assert_close((double)p->kept[(b * n->groups + g) * 2 + 1], scale, EPS, 0);
    for (size_t i = 0; i < count; i++) {
        const size_t at = origin + i / width * n->channels + i % width, c = g * width + i % width;
        assert_close((double)p->y[at], (double)p->w[c] * scale * ((double)p->x[at] - mean) + (double)p->bias[c], EPS,
                     EPS * 10);
    }
}

static void check_norm(kith_groupnorm n, size_t images, double offset)
{
    const size_t size = images * n.pixels * n.channels, stats = images * n.groups * 2;
    struct probe p = {.value = norm_value,
                      .shape = &n,
                      .images = images,
                      .x = normals(size),
                      .w = normals(n.channels),
                      .bias = normals(n.channels),
                      .y = normals(size),
                      .dy = normals(size),
                      .scratch = normals(4 * n.channels),
                      .kept = normals(stats),
                      .outputs = size};
    kith_real *ggamma = normals(n.channels), *gbeta = normals(n.channels), *dx = normals(size),
              *again = normals(n.channels);
    for (size_t i = 0; i < size; i++)
        p.x[i] = 2 * p.x[i] + (kith_real)offset;
    kith_groupnorm_forward(&n, images, p.x, p.w, p.bias, p.scratch, p.y, p.kept);
    for (size_t g = 0; g < images * n.groups; g++)
        check_group(&n, &p, g / n.groups, g % n.groups);
    kith_groupnorm_backward(&n, images, p.x, p.w, p.kept, p.dy, p.scratch, ggamma, gbeta, dx);
    kith_groupnorm_backward(&n, images, p.x, p.w, p.kept, p.dy, p.scratch, again, gbeta, NULL);
    assert_memory_equal(again, ggamma, n.channels * sizeof *again);
    check_slopes(&p, n.channels, p.bias, gbeta);
    check_slopes(&p, n.channels, p.w, ggamma);
    check_slopes(&p, size, p.x, dx);
    kith_real *all[] = {p.x, p.w, p.bias, p.y, p.dy, p.scratch, p.kept, ggamma, gbeta, dx, again};
    const size_t sizes[] = {size,  n.channels, n.channels, size, size,      4 * n.channels,
                            stats, n.channels, n.channels, size, n.channels};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_and_free(all[i], sizes[i]);
}

static void groups_are_normalised(void **state)
{
    (void)state;
    /* channels, pixels, groups */
    check_norm((kith_groupnorm){2, 9, 2}, 3, 0);
    check_norm((kith_groupnorm){4, 5, 1}, 2, 1);
    check_norm((kith_groupnorm){6, 25, 2}, 2, -1);
    check_norm((kith_groupnorm){32, 49, 2}, 3, 0.5);
    check_norm((kith_groupnorm){36, 15, 3}, 1, 0);
}

/* --- GroupNorm, pool and ReLU at once, beside one after another --- */

static double norm_pool_value(struct probe *p)
{
    const kith_norm_pool *n = p->shape;
    kith_norm_pool_forward(n, p->images, p->x, p->w, p->bias, p->scratch, p->y, p->kept, p->kept + p->outputs);
    return weighted(p->outputs, p->dy, p->y);
}

/* y and which as the three layers give them, bit by bit; dx, ggamma and gbeta but for rounding. */
static void check_three(const kith_norm_pool *n, struct probe *p, const kith_real *dx, const kith_real *ggamma,
                        const kith_real *gbeta)
{
    const size_t channels = n->norm.channels, in = 4 * p->outputs;
    const kith_pool pool = {channels, n->norm.pixels / n->width, n->width, 2};
    kith_real *middle = normals(in), *back = normals(in), *y = normals(p->outputs), *which = normals(p->outputs);
    kith_real *stats = normals(p->images * n->norm.groups * 2), *g = normals(2 * channels), *d = normals(p->outputs);
    kith_groupnorm_forward(&n->norm, p->images, p->x, p->w, p->bias, p->scratch, middle, stats);
    kith_pool_forward(&pool, p->images, middle, y, which);
    if (n->relu) kith_relu(p->outputs, y);
    assert_memory_equal(p->y, y, p->outputs * sizeof *y);
    for (size_t i = 0; i < p->outputs; i++)
        assert_true(p->kept[i] == (n->relu && !(y[i] > 0) ? -1 : which[i]));
    memcpy(d, p->dy, p->outputs * sizeof *d);
    if (n->relu) kith_relu_backward(p->outputs, y, d);
    kith_pool_backward(&pool, p->images, d, which, middle);
    kith_groupnorm_backward(&n->norm, p->images, p->x, p->w, stats, middle, p->scratch, g, g + channels, back);
    for (size_t i = 0; i < in; i++)
        assert_close((double)dx[i], (double)back[i], EPS, EPS);
    for (size_t c = 0; c < channels; c++) {
        assert_close((double)ggamma[c], (double)g[c], EPS, 10 * EPS);
        assert_close((double)gbeta[c], (double)g[channels + c], EPS, 10 * EPS);
    }
    kith_real *all[] = {middle, back, y, which, stats, g, d};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void check_norm_pool(kith_norm_pool n, size_t images, bool wild)
{
    const size_t channels = n.norm.channels, in = images * n.norm.pixels * channels, out = in / 4;
    const size_t kept = out + images * n.norm.groups * 2;
    struct probe p = {.value = norm_pool_value,
                      .shape = &n,
                      .images = images,
                      .x = normals(in),
                      .w = normals(channels),
                      .bias = normals(channels),
                      .y = normals(out),
                      .dy = normals(out),
                      .scratch = normals(4 * channels),
                      .kept = normals(kept),
                      .outputs = out};
    kith_real *ggamma = normals(channels), *gbeta = normals(channels), *dx = normals(in), *again = normals(channels);
    if (wild) p.x[in / 2] = (kith_real)NAN;
    assert_true(kith_norm_pool_fits(&n));
    norm_pool_value(&p);
    if (wild) assert_true(isnan((double)weighted(out, p.y, p.y)));
    kith_norm_pool_backward(&n, images, p.x, p.w, p.kept + out, p.dy, p.kept, p.scratch, ggamma, gbeta, dx);
    kith_norm_pool_backward(&n, images, p.x, p.w, p.kept + out, p.dy, p.kept, p.scratch, again, gbeta, NULL);
    assert_memory_equal(again, ggamma, channels * sizeof *again);
    if (!wild) {
        check_three(&n, &p, dx, ggamma, gbeta);
        check_slopes(&p, channels, p.bias, gbeta);
        check_slopes(&p, channels, p.w, ggamma);
        check_slopes(&p, in, p.x, dx);
    }
    kith_real *all[] = {p.x, p.w, p.bias, p.y, p.dy, p.scratch, p.kept, ggamma, gbeta, dx, again};
    const size_t sizes[] = {in, channels, channels, out, out, 4 * channels, kept, channels, channels, in, channels};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_and_free(all[i], sizes[i]);
}

static void norm_pool_and_relu_are_one(void **state)
{
    (void)state;
    /* channels, pixels, groups; width; relu */
    check_norm_pool((kith_norm_pool){{8, 4, 1}, 2, false}, 3, false);
    check_norm_pool((kith_norm_pool){{8, 24, 2}, 6, true}, 2, false);
    check_norm_pool((kith_norm_pool){{32, 64, 2}, 8, true}, 2, false);
    check_norm_pool((kith_norm_pool){{40, 32, 5}, 2, true}, 2, false);
    check_norm_pool((kith_norm_pool){{24, 16, 3}, 8, false}, 1, false);
    check_norm_pool((kith_norm_pool){{16, 16, 2}, 4, true}, 2, true);
    assert_false(kith_norm_pool_fits(&(kith_norm_pool){{12, 16, 2}, 4, true}));
    assert_false(kith_norm_pool_fits(&(kith_norm_pool){{16, 12, 2}, 4, true}));
    assert_false(kith_norm_pool_fits(&(kith_norm_pool){{16, 12, 2}, 3, true}));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_is_the_sum_over_windows), cmocka_unit_test(convolution_reads_its_images_only),
        cmocka_unit_test(convolution_ignores_alignment),       cmocka_unit_test(planes_become_pixels),
        cmocka_unit_test(pooling_keeps_the_largest),           cmocka_unit_test(groups_are_normalised),
        cmocka_unit_test(norm_pool_and_relu_are_one),          cmocka_unit_test(dropout_keeps_its_share_and_its_mean),
        cmocka_unit_test(bias_is_added_to_every_row),
    };
    return cmocka_run_group_tests_name("conv", tests, setup, teardown);
}
