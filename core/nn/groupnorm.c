#include "nn/clones.h"

#include <kith/nn.h>
#include <math.h>

/* Sums over pixels, channel by channel, of (x - mean)^2, and of dy (x - mean). */
KITH_CLONES static void centred_squares(size_t pixels, size_t channels, const kith_real *restrict x,
                                        const kith_real *restrict mean, kith_real *restrict sums)
{
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t p = 0; p < pixels; p++, x += channels) {
        for (size_t c = 0; c < channels; c++) {
            const kith_real v = x[c] - mean[c];
            sums[c] += v * v;
        }
    }
}

KITH_CLONES static void centred_products(size_t pixels, size_t channels, const kith_real *restrict x,
                                         const kith_real *restrict mean, const kith_real *restrict dy,
                                         kith_real *restrict sums)
{
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t p = 0; p < pixels; p++, x += channels, dy += channels) {
        for (size_t c = 0; c < channels; c++) sums[c] += dy[c] * (x[c] - mean[c]);
    }
}

/* y <- a (x - mean) + b, channel by channel. */
KITH_CLONES static void affine(size_t pixels, size_t channels, const kith_real *restrict x,
                               const kith_real *restrict mean, const kith_real *restrict a,
                               const kith_real *restrict b, kith_real *restrict y)
{
    for (size_t p = 0; p < pixels; p++, x += channels, y += channels) {
        for (size_t c = 0; c < channels; c++) y[c] = a[c] * (x[c] - mean[c]) + b[c];
    }
}

/* dx <- a dy + b (x - mean) + e */
KITH_CLONES static void combine(size_t pixels, size_t channels, const kith_real *restrict dy,
                                const kith_real *restrict x, const kith_real *restrict mean,
                                const kith_real *restrict a, const kith_real *restrict b, const kith_real *restrict e,
                                kith_real *restrict dx)
{
    for (size_t p = 0; p < pixels; p++, x += channels, dy += channels, dx += channels) {
        for (size_t c = 0; c < channels; c++) dx[c] = a[c] * dy[c] + (b[c] * (x[c] - mean[c]) + e[c]);
    }
}

static double total(size_t n, const kith_real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i];
    return sum;
}

static void fill(size_t n, double value, kith_real *x)
{
    for (size_t i = 0; i < n; i++) x[i] = (kith_real)value;
}

void kith_groupnorm_forward(const kith_groupnorm *norm, size_t images, const kith_real *x, const kith_real *gamma,
                            const kith_real *beta, kith_real *scratch, kith_real *y, kith_real *stats)
{
    const size_t channels = norm->channels, width = channels / norm->groups, size = norm->pixels * channels;
    const double count = (double)(norm->pixels * width);
    kith_real *mean = scratch, *sums = scratch + channels;
    for (size_t b = 0; b < images; b++, x += size, y += size, stats += 2 * norm->groups) {
        kith_bias_backward(norm->pixels, channels, x, sums);
        for (size_t g = 0; g < norm->groups; g++) {
            const double m = total(width, sums + g * width) / count;
            stats[2 * g] = (kith_real)m;
            fill(width, m, mean + g * width);
        }
        centred_squares(norm->pixels, channels, x, mean, sums);
        for (size_t g = 0; g < norm->groups; g++) {
            const double variance = total(width, sums + g * width) / count;
            stats[2 * g + 1] = (kith_real)(1 / sqrt(variance + KITH_GROUPNORM_EPS));
            for (size_t c = g * width; c < (g + 1) * width; c++) sums[c] = gamma[c] * stats[2 * g + 1];
        }
        affine(norm->pixels, channels, x, mean, sums, beta, y);
    }
}

void kith_groupnorm_backward(const kith_groupnorm *norm, size_t images, const kith_real *x, const kith_real *gamma,
                             const kith_real *stats, const kith_real *dy, kith_real *scratch, kith_real *ggamma,
                             kith_real *gbeta, kith_real *dx)
{
    const size_t channels = norm->channels, width = channels / norm->groups, size = norm->pixels * channels;
    const double count = (double)(norm->pixels * width);
    kith_real *mean = scratch, *a = mean + channels, *slope = a + channels, *shift = slope + channels;
    kith_clear(channels, ggamma);
    kith_clear(channels, gbeta);
    for (size_t i = 0; i < images; i++, x += size, dy += size, stats += 2 * norm->groups) {
        for (size_t g = 0; g < norm->groups; g++) fill(width, (double)stats[2 * g], mean + g * width);
        kith_bias_backward(norm->pixels, channels, dy, shift);
        centred_products(norm->pixels, channels, x, mean, dy, slope);
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
        if (dx) combine(norm->pixels, channels, dy, x, mean, a, slope, shift, dx + i * size);
    }
}
