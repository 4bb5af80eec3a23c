#include "nn/lanes.h"

#include <kith/nn.h>
#include <math.h>

#ifdef KITH_REAL_IS_DOUBLE
#define ROOT sqrt
#else
#define ROOT sqrtf
#endif

/* Always the same tree, whatever the registers are. */
KITH_INLINE kith_real fold(kith_simd v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

KITH_INLINE kith_real mean_of(size_t width, const kith_real *x)
{
    kith_simd sum = {0};
    kith_real rest = 0;
    size_t i = 0;
    for (; i + KITH_LANES <= width; i += KITH_LANES)
        sum += KITH_READ(x + i);
    for (; i < width; i++)
        rest += x[i];
    return (fold(sum) + rest) / (kith_real)width;
}

KITH_INLINE kith_real variance_of(size_t width, const kith_real *x, kith_real mean)
{
    kith_simd sum = {0};
    kith_real rest = 0;
    size_t i = 0;
    for (; i + KITH_LANES <= width; i += KITH_LANES) {
        const kith_simd v = KITH_READ(x + i) - mean;
        sum += v * v;
    }
    for (; i < width; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    return (fold(sum) + rest) / (kith_real)width;
}

KITH_CLONES static void forward(size_t rows, size_t width, const kith_real *restrict x, const kith_real *restrict gamma,
                                const kith_real *restrict beta, kith_real *restrict y, kith_real *restrict stats)
{
    for (size_t r = 0; r < rows; r++, x += width, y += width, stats += 2) {
        const kith_real mean = mean_of(width, x);
        const kith_real scale = 1 / ROOT(variance_of(width, x, mean) + (kith_real)KITH_LAYERNORM_EPS);
        for (size_t i = 0; i < width; i++)
            y[i] = gamma[i] * ((x[i] - mean) * scale) + beta[i];
        stats[0] = mean;
        stats[1] = scale;
    }
}

/* One row's shares of the parameters' gradients, and the two means that dx takes. */
KITH_INLINE void row_sums(size_t width, const kith_real *restrict x, const kith_real *restrict gamma, kith_real mean,
                          kith_real scale, const kith_real *restrict dy, kith_real *restrict ggamma,
                          kith_real *restrict gbeta, kith_real *plain, kith_real *centred)
{
    kith_simd first = {0}, second = {0};
    kith_real rest = 0, other = 0;
    size_t i = 0;
    for (; i + KITH_LANES <= width; i += KITH_LANES) {
        const kith_simd unit = (KITH_READ(x + i) - mean) * scale, d = KITH_READ(dy + i), g = d * KITH_READ(gamma + i);
        KITH_AT(ggamma + i) += d * unit;
        KITH_AT(gbeta + i) += d;
        first += g;
        second += g * unit;
    }
    for (; i < width; i++) {
        const kith_real unit = (x[i] - mean) * scale, g = dy[i] * gamma[i];
        ggamma[i] += dy[i] * unit;
        gbeta[i] += dy[i];
        rest += g;
        other += g * unit;
    }
    *plain = (fold(first) + rest) / (kith_real)width;
    *centred = (fold(second) + other) / (kith_real)width;
}

/* dx may be dy: lanes are read before they are written, which the compiler could not assume of a plain loop. */
KITH_INLINE void row_slope(size_t width, const kith_real *x, const kith_real *gamma, kith_real mean, kith_real scale,
                           const kith_real *dy, kith_real plain, kith_real centred, kith_real *dx)
{
    size_t i = 0;
    for (; i + KITH_LANES <= width; i += KITH_LANES) {
        const kith_simd unit = (KITH_READ(x + i) - mean) * scale;
        KITH_AT(dx + i) = scale * ((KITH_READ(dy + i) * KITH_READ(gamma + i) - plain) - unit * centred);
    }
    for (; i < width; i++)
        dx[i] = scale * ((dy[i] * gamma[i] - plain) - (x[i] - mean) * scale * centred);
}

KITH_CLONES static void backward(size_t rows, size_t width, const kith_real *x, const kith_real *gamma,
                                 const kith_real *stats, const kith_real *dy, kith_real *ggamma, kith_real *gbeta,
                                 kith_real *dx)
{
    for (size_t r = 0; r < rows; r++, x += width, dy += width, stats += 2) {
        kith_real plain, centred;
        row_sums(width, x, gamma, stats[0], stats[1], dy, ggamma, gbeta, &plain, &centred);
        if (dx) row_slope(width, x, gamma, stats[0], stats[1], dy, plain, centred, dx + r * width);
    }
}

void kith_layernorm_forward(size_t rows, size_t width, const kith_real *x, const kith_real *gamma,
                            const kith_real *beta, kith_real *y, kith_real *stats)
{
    forward(rows, width, x, gamma, beta, y, stats);
}

void kith_layernorm_backward(size_t rows, size_t width, const kith_real *x, const kith_real *gamma,
                             const kith_real *stats, const kith_real *dy, kith_real *ggamma, kith_real *gbeta,
                             kith_real *dx)
{
    kith_clear(width, ggamma);
    kith_clear(width, gbeta);
    backward(rows, width, x, gamma, stats, dy, ggamma, gbeta, dx);
}
