#include "nn/groupnorm.h"
#include "nn/lanes.h"

/* Two rows of pixels at a time, which stay in the nearest cache while registers full of channels take turns. */
struct rows {
    size_t channels, row, windows; /* reals of a pixel, of a row; windows in it */
    const kith_real *mean, *a, *b, *e;
};

static struct rows rows_of(const kith_norm_pool *p, const kith_real *scratch)
{
    const size_t channels = p->norm.channels;
    return (struct rows){.channels = channels,
                         .row = p->width * channels,
                         .windows = p->width / 2,
                         .mean = scratch,
                         .a = scratch + channels,
                         .b = scratch + 2 * channels,
                         .e = scratch + 3 * channels};
}

bool kith_norm_pool_fits(const kith_norm_pool *p)
{
    return p->norm.channels % KITH_LANES == 0 && p->width % 2 == 0 && p->norm.pixels / p->width % 2 == 0;
}

/* Where pixel k of a window lies. */
KITH_INLINE size_t at(struct rows r, size_t k)
{
    return k / 2 * r.row + k % 2 * r.channels;
}

/* What a ReLU cuts off comes from place -1, and so nowhere. */
KITH_INLINE void forward_rows(struct rows r, bool relu, const kith_real *x, const kith_real *beta, kith_real *y,
                              kith_real *which)
{
    const kith_simd zero = {0};
    for (size_t c = 0; c < r.channels; c += KITH_LANES) {
        const kith_simd mean = KITH_READ(r.mean + c), a = KITH_READ(r.a + c), b = KITH_READ(beta + c);
        const kith_real *from = x + c;
        for (size_t to = c; to < r.windows * r.channels; to += r.channels, from += 2 * r.channels) {
            kith_simd best = a * (KITH_READ(from) - mean) + b, place = zero;
            keep_larger(a * (KITH_READ(from + at(r, 1)) - mean) + b, 1, &best, &place);
            keep_larger(a * (KITH_READ(from + at(r, 2)) - mean) + b, 2, &best, &place);
            keep_larger(a * (KITH_READ(from + at(r, 3)) - mean) + b, 3, &best, &place);
            if (relu) {
                best = KITH_CHOOSE(zero > best, zero, best);
                place = KITH_CHOOSE(best > zero, place, zero - 1);
            }
            KITH_AT(y + to) = best;
            KITH_AT(which + to) = place;
        }
    }
}

KITH_CLONES static void forward(struct rows r, size_t pairs, bool relu, const kith_real *x, const kith_real *beta,
                                kith_real *y, kith_real *which)
{
    const size_t out = r.windows * r.channels;
    for (size_t h = 0; h < pairs; h++, x += 2 * r.row, y += out, which += out)
        forward_rows(r, relu, x, beta, y, which);
}

void kith_norm_pool_forward(const kith_norm_pool *p, size_t images, const kith_real *x, const kith_real *gamma,
                            const kith_real *beta, kith_real *scratch, kith_real *y, kith_real *which, kith_real *stats)
{
    const size_t size = p->norm.pixels * p->norm.channels, out = size / 4;
    const struct rows r = rows_of(p, scratch);
    for (size_t i = 0; i < images; i++, x += size, y += out, which += out, stats += 2 * p->norm.groups) {
        kith_groupnorm_measure(&p->norm, x, gamma, scratch, scratch + p->norm.channels, stats);
        forward(r, p->norm.pixels / p->width / 2, p->relu, x, beta, y, which);
    }
}

/* slope and shift grow by what two rows add; the next two are fetched. */
KITH_INLINE void sum_rows(struct rows r, const kith_real *x, const kith_real *dy, const kith_real *which,
                          kith_real *slope, kith_real *shift)
{
    const kith_simd zero = {0};
    for (size_t c = 0; c < r.channels; c += KITH_LANES) {
        const kith_simd mean = KITH_READ(r.mean + c);
        kith_simd centred = KITH_READ(slope + c), plain = KITH_READ(shift + c);
        const kith_real *from = x + c;
        for (size_t to = c; to < r.windows * r.channels; to += r.channels, from += 2 * r.channels) {
            for (size_t k = 0; k < 4; k++)
                __builtin_prefetch(from + 2 * r.row + at(r, k));
            const kith_simd place = KITH_READ(which + to), d = KITH_CHOOSE(place >= zero, KITH_READ(dy + to), zero);
            kith_simd v[4];
            for (size_t k = 0; k < 4; k++)
                v[k] = KITH_READ(from + at(r, k));
            const kith_simd upper = KITH_CHOOSE(place == zero + 1, v[1], v[0]);
            const kith_simd lower = KITH_CHOOSE(place == zero + 3, v[3], v[2]);
            centred += d * (KITH_CHOOSE(place > zero + 1, lower, upper) - mean);
            plain += d;
        }
        KITH_AT(slope + c) = centred;
        KITH_AT(shift + c) = plain;
    }
}

KITH_CLONES static void sums(struct rows r, size_t pairs, const kith_real *x, const kith_real *dy,
                             const kith_real *which, kith_real *slope, kith_real *shift)
{
    const size_t out = r.windows * r.channels;
    for (size_t h = 0; h < pairs; h++, x += 2 * r.row, dy += out, which += out)
        sum_rows(r, x, dy, which, slope, shift);
}

KITH_INLINE void backward_rows(struct rows r, const kith_real *x, const kith_real *dy, const kith_real *which,
                               kith_real *dx)
{
    const kith_simd zero = {0};
    for (size_t c = 0; c < r.channels; c += KITH_LANES) {
        const kith_simd mean = KITH_READ(r.mean + c), a = KITH_READ(r.a + c), b = KITH_READ(r.b + c);
        const kith_simd e = KITH_READ(r.e + c);
        size_t from = c;
        for (size_t to = c; to < r.windows * r.channels; to += r.channels, from += 2 * r.channels) {
            const kith_simd place = KITH_READ(which + to), d = a * KITH_READ(dy + to);
            for (size_t k = 0; k < 4; k++) {
                const size_t l = from + at(r, k);
                __builtin_prefetch(dx + l + 2 * r.row, 1);
                const kith_simd rest = b * (KITH_READ(x + l) - mean) + e;
                KITH_AT(dx + l) = KITH_CHOOSE(place == zero + (kith_real)k, d, zero) + rest;
            }
        }
    }
}

KITH_CLONES static void backward(struct rows r, size_t pairs, const kith_real *x, const kith_real *dy,
                                 const kith_real *which, kith_real *dx)
{
    const size_t out = r.windows * r.channels;
    for (size_t h = 0; h < pairs; h++, x += 2 * r.row, dx += 2 * r.row, dy += out, which += out)
        backward_rows(r, x, dy, which, dx);
}

void kith_norm_pool_backward(const kith_norm_pool *p, size_t images, const kith_real *x, const kith_real *gamma,
                             const kith_real *stats, const kith_real *dy, const kith_real *which, kith_real *scratch,
                             kith_real *ggamma, kith_real *gbeta, kith_real *dx)
{
    const size_t channels = p->norm.channels, size = p->norm.pixels * channels, out = size / 4;
    const size_t pairs = p->norm.pixels / p->width / 2;
    const struct rows r = rows_of(p, scratch);
    kith_real *mean = scratch, *a = mean + channels, *slope = a + channels, *shift = slope + channels;
    kith_clear(channels, ggamma);
    kith_clear(channels, gbeta);
    for (size_t i = 0; i < images; i++, x += size, dy += out, which += out, stats += 2 * p->norm.groups) {
        kith_groupnorm_means(&p->norm, stats, mean);
        kith_clear(2 * channels, slope);
        sums(r, pairs, x, dy, which, slope, shift);
        kith_groupnorm_slopes(&p->norm, gamma, stats, a, slope, shift, ggamma, gbeta);
        if (dx) backward(r, pairs, x, dy, which, dx + i * size);
    }
}
