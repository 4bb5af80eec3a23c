#include "nn/groupnorm.h"
#include "nn/lanes.h"

#include <kith/nn.h>
#include <math.h>

/* Pixels have few channels, so what belongs to a channel stays in registers while pixel after pixel goes by: four
 * registers full of channels at a time, then one. Numbers of channels that fill no registers have plain loops. */
enum { MOST = 4 };

struct image {
    size_t pixels, channels;
};

/* Sums over pixels of (x - mean)^2, or, where there is dy, of dy (x - mean). */
KITH_INLINE void centred_registers(size_t registers, struct image i, const kith_real *x, const kith_real *mean,
                                   const kith_real *dy, kith_real *sums)
{
    kith_simd sum[MOST] = {{0}, {0}, {0}, {0}}, m[MOST];
    for (size_t r = 0; r < registers; r++)
        m[r] = KITH_READ(mean + r * KITH_LANES);
    for (size_t at = 0; at < i.pixels * i.channels; at += i.channels) {
        for (size_t r = 0; r < registers; r++) {
            const kith_simd v = KITH_READ(x + at + r * KITH_LANES) - m[r];
            sum[r] += (dy ? KITH_READ(dy + at + r * KITH_LANES) : v) * v;
        }
    }
    for (size_t r = 0; r < registers; r++)
        KITH_AT(sums + r * KITH_LANES) = sum[r];
}

KITH_INLINE void centred(struct image i, const kith_real *x, const kith_real *mean, const kith_real *dy,
                         kith_real *sums)
{
    size_t c = 0;
    for (; c + MOST * KITH_LANES <= i.channels; c += MOST * KITH_LANES)
        centred_registers(MOST, i, x + c, mean + c, dy ? dy + c : NULL, sums + c);
    for (; c < i.channels; c += KITH_LANES)
        centred_registers(1, i, x + c, mean + c, dy ? dy + c : NULL, sums + c);
}

KITH_CLONES static void centred_squares(struct image i, const kith_real *restrict x, const kith_real *restrict mean,
                                        kith_real *restrict sums)
{
    if (i.channels % KITH_LANES == 0) {
        centred(i, x, mean, NULL, sums);
        return;
    }
    for (size_t c = 0; c < i.channels; c++)
        sums[c] = 0;
    for (size_t p = 0; p < i.pixels; p++, x += i.channels) {
        for (size_t c = 0; c < i.channels; c++) {
            const kith_real v = x[c] - mean[c];
            sums[c] += v * v;
        }
    }
}

KITH_CLONES static void centred_products(struct image i, const kith_real *restrict x, const kith_real *restrict mean,
                                         const kith_real *restrict dy, kith_real *restrict sums)
{
    if (i.channels % KITH_LANES == 0) {
        centred(i, x, mean, dy, sums);
        return;
    }
    for (size_t c = 0; c < i.channels; c++)
        sums[c] = 0;
    for (size_t p = 0; p < i.pixels; p++, x += i.channels, dy += i.channels) {
        for (size_t c = 0; c < i.channels; c++)
            sums[c] += dy[c] * (x[c] - mean[c]);
    }
}

/* What a map between images needs of each channel. */
struct map {
    const kith_real *mean, *a, *b, *e;
};

/* y <- a (x - mean) + b, or, where there is dy, y <- a dy + (b (x - mean) + e). */
KITH_INLINE void map_registers(size_t registers, struct image i, struct map m, size_t c, const kith_real *x,
                               const kith_real *dy, kith_real *restrict y)
{
    kith_simd mean[MOST], a[MOST], b[MOST], e[MOST] = {{0}, {0}, {0}, {0}};
    for (size_t r = 0, at = c; r < registers; r++, at += KITH_LANES) {
        mean[r] = KITH_READ(m.mean + at);
        a[r] = KITH_READ(m.a + at);
        b[r] = KITH_READ(m.b + at);
        if (dy) e[r] = KITH_READ(m.e + at);
    }
    for (size_t at = c; at < i.pixels * i.channels; at += i.channels) {
        for (size_t r = 0; r < registers; r++) {
            const size_t l = at + r * KITH_LANES;
            const kith_simd v = KITH_READ(x + l) - mean[r];
            KITH_AT(y + l) = dy ? a[r] * KITH_READ(dy + l) + (b[r] * v + e[r]) : a[r] * v + b[r];
        }
    }
}

KITH_INLINE void map(struct image i, struct map m, const kith_real *x, const kith_real *dy, kith_real *y)
{
    size_t c = 0;
    for (; c + MOST * KITH_LANES <= i.channels; c += MOST * KITH_LANES)
        map_registers(MOST, i, m, c, x, dy, y);
    for (; c < i.channels; c += KITH_LANES)
        map_registers(1, i, m, c, x, dy, y);
}

KITH_CLONES static void affine(struct image i, struct map m, const kith_real *restrict x, kith_real *restrict y)
{
    if (i.channels % KITH_LANES == 0) {
        map(i, m, x, NULL, y);
        return;
    }
    for (size_t p = 0; p < i.pixels; p++, x += i.channels, y += i.channels) {
        for (size_t c = 0; c < i.channels; c++)
            y[c] = m.a[c] * (x[c] - m.mean[c]) + m.b[c];
    }
}

KITH_CLONES static void combine(struct image i, struct map m, const kith_real *restrict dy, const kith_real *restrict x,
                                kith_real *restrict dx)
{
    if (i.channels % KITH_LANES == 0) {
        map(i, m, x, dy, dx);
        return;
    }
    for (size_t p = 0; p < i.pixels; p++, x += i.channels, dy += i.channels, dx += i.channels) {
        for (size_t c = 0; c < i.channels; c++)
            dx[c] = m.a[c] * dy[c] + (m.b[c] * (x[c] - m.mean[c]) + m.e[c]);
    }
}

static double total(size_t n, const kith_real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

static void fill(size_t n, double value, kith_real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (kith_real)value;
}

void kith_groupnorm_measure(const kith_groupnorm *norm, const kith_real *x, const kith_real *gamma, kith_real *mean,
                            kith_real *a, kith_real *stats)
{
    const size_t width = norm->channels / norm->groups;
    const double count = (double)(norm->pixels * width);
    kith_bias_backward(norm->pixels, norm->channels, x, a);
    for (size_t g = 0; g < norm->groups; g++) {
        const double m = total(width, a + g * width) / count;
        stats[2 * g] = (kith_real)m;
        fill(width, m, mean + g * width);
    }
    centred_squares((struct image){.pixels = norm->pixels, .channels = norm->channels}, x, mean, a);
    for (size_t g = 0; g < norm->groups; g++) {
        const double variance = total(width, a + g * width) / count;
        stats[2 * g + 1] = (kith_real)(1 / sqrt(variance + KITH_GROUPNORM_EPS));
        for (size_t c = g * width; c < (g + 1) * width; c++)
            a[c] = gamma[c] * stats[2 * g + 1];
    }
}

void kith_groupnorm_means(const kith_groupnorm *norm, const kith_real *stats, kith_real *mean)
{
    const size_t width = norm->channels / norm->groups;
    for (size_t g = 0; g < norm->groups; g++)
        fill(width, (double)stats[2 * g], mean + g * width);
}

void kith_groupnorm_slopes(const kith_groupnorm *norm, const kith_real *gamma, const kith_real *stats, kith_real *a,
                           kith_real *slope, kith_real *shift, kith_real *ggamma, kith_real *gbeta)
{
    const size_t width = norm->channels / norm->groups;
    const double count = (double)(norm->pixels * width);
    for (size_t g = 0; g < norm->groups; g++) {
        const double scale = (double)stats[2 * g + 1];
        double plain = 0, centred = 0;
        for (size_t c = g * width; c < (g + 1) * width; c++) {
            gbeta[c] += shift[c];
            ggamma[c] += (kith_real)(scale * (double)slope[c]);
            plain += (double)gamma[c] * (double)shift[c];
            centred += (double)gamma[c] * (double)slope[c];
            a[c] = (kith_real)(scale * (double)gamma[c]);
        }
        fill(width, -scale * scale * scale * centred / count, slope + g * width);
        fill(width, -scale * plain / count, shift + g * width);
    }
}

void kith_groupnorm_forward(const kith_groupnorm *norm, size_t images, const kith_real *x, const kith_real *gamma,
                            const kith_real *beta, kith_real *scratch, kith_real *y, kith_real *stats)
{
    const size_t size = norm->pixels * norm->channels;
    const struct image image = {.pixels = norm->pixels, .channels = norm->channels};
    kith_real *mean = scratch, *a = scratch + norm->channels;
    for (size_t b = 0; b < images; b++, x += size, y += size, stats += 2 * norm->groups) {
        kith_groupnorm_measure(norm, x, gamma, mean, a, stats);
        affine(image, (struct map){.mean = mean, .a = a, .b = beta}, x, y);
    }
}

void kith_groupnorm_backward(const kith_groupnorm *norm, size_t images, const kith_real *x, const kith_real *gamma,
                             const kith_real *stats, const kith_real *dy, kith_real *scratch, kith_real *ggamma,
                             kith_real *gbeta, kith_real *dx)
{
    const size_t channels = norm->channels, size = norm->pixels * channels;
    const struct image image = {.pixels = norm->pixels, .channels = channels};
    kith_real *mean = scratch, *a = mean + channels, *slope = a + channels, *shift = slope + channels;
    const struct map m = {.mean = mean, .a = a, .b = slope, .e = shift};
    kith_clear(channels, ggamma);
    kith_clear(channels, gbeta);
    for (size_t i = 0; i < images; i++, x += size, dy += size, stats += 2 * norm->groups) {
        kith_groupnorm_means(norm, stats, mean);
        kith_bias_backward(norm->pixels, channels, dy, shift);
        centred_products(image, x, mean, dy, slope);
        kith_groupnorm_slopes(norm, gamma, stats, a, slope, shift, ggamma, gbeta);
        if (dx) combine(image, m, dy, x, dx + i * size);
    }
}
