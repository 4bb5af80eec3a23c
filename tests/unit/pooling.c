/* What keeps the largest of a window, and what normalises groups. */
#include "convworld.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_keeps_the_largest),
        cmocka_unit_test(groups_are_normalised),
        cmocka_unit_test(norm_pool_and_relu_are_one),
    };
    return cmocka_run_group_tests_name("pooling", tests, setup, teardown);
}
