#include "nn/direct.h"

#include "nn/clones.h"

typedef kith_real wide __attribute__((vector_size(32), aligned(sizeof(kith_real)), may_alias));

/* Twelve sums hide how long one takes, and leave of sixteen registers what their operands need. */
enum { WIDTH = 32 / sizeof(kith_real), SUMS = 12 };

size_t kith_direct_width(size_t left)
{
    return left > WIDTH ? 2 * WIDTH : WIDTH;
}

const char *kith_direct_arithmetic(void)
{
    return KITH_FUSED ? "fused" : "rounded";
}

/* `n` things are cut into as few tiles of at most `most` as possible, alike in size: how many the next one takes. */
KITH_INLINE size_t next_tile(size_t n, size_t most)
{
    const size_t tiles = (n + most - 1) / most;
    return (n + tiles - 1) / tiles;
}

/* `pixels` neighbours times one or two registers of filters. Sums begin with `bias`. */
KITH_INLINE void tile(size_t pixels, size_t registers, kith_direct d, const kith_real *x, const kith_real *bias,
                      const kith_real *panel, kith_real *y, size_t stride)
{
    wide sum[SUMS][2];
    for (size_t p = 0; p < pixels; p++) {
        for (size_t l = 0; l < registers; l++)
            sum[p][l] = *(const wide *)(bias + l * WIDTH);
    }
    for (size_t i = 0; i < d.side; i++, x += d.row) {
        const kith_real *from = x, *const end = x + d.run;
        for (; from < end; from++, panel += registers * WIDTH) {
            wide w[2];
            for (size_t l = 0; l < registers; l++)
                w[l] = *(const wide *)(panel + l * WIDTH);
            for (size_t p = 0; p < pixels; p++) {
                const kith_real v = from[p * d.step];
                for (size_t l = 0; l < registers; l++)
                    sum[p][l] += w[l] * v;
            }
        }
    }
    for (size_t p = 0; p < pixels; p++) {
        for (size_t l = 0; l < registers; l++)
            *(wide *)(y + p * stride + l * WIDTH) = sum[p][l];
    }
}

/* The compiler keeps sums in registers only where it knows how many there are. */
KITH_INLINE void any_tile(size_t pixels, size_t registers, kith_direct d, const kith_real *x, const kith_real *bias,
                          const kith_real *panel, kith_real *y, size_t stride)
{
#define CASE(n)                                                                                                        \
    case n:                                                                                                            \
        tile(n, registers, d, x, bias, panel, y, stride);                                                              \
        break
    if (registers == 1) {
        switch (pixels) {
            CASE(12);
            CASE(11);
            CASE(10);
            CASE(9);
            CASE(8);
            CASE(7);
        default:
            break;
        }
    }
    switch (pixels) {
        CASE(6);
        CASE(5);
        CASE(4);
        CASE(3);
        CASE(2);
        CASE(1);
    default:
        break;
    }
#undef CASE
}

/* A row of windows. Where y has no room for whole registers, the tile is put down elsewhere first. */
KITH_INLINE void windows(size_t registers, kith_direct d, size_t lanes, const kith_real *x, const kith_real *bias,
                         const kith_real *panel, kith_real *y, size_t room)
{
    kith_real spare[SUMS * 2 * WIDTH];
    for (size_t at = 0, n = 0; at < d.width; at += n) {
        n = next_tile(d.width - at, SUMS / registers);
        kith_real *to = y + at * d.out;
        const bool fits = (at + n - 1) * d.out + registers * WIDTH <= room;
        any_tile(n, registers, d, x + at * d.step, bias, panel, fits ? to : spare, fits ? d.out : registers * WIDTH);
        for (size_t p = 0; p < n && !fits; p++) {
            for (size_t l = 0; l < lanes; l++)
                to[p * d.out + l] = spare[p * registers * WIDTH + l];
        }
    }
}

/* The least i for which row `at` + i lies in an image that begins `pad` rows on. */
KITH_INLINE size_t before(size_t at, size_t pad)
{
    return at < pad ? pad - at : 0;
}

/* And the first beyond its `rows`, `most` at most. */
KITH_INLINE size_t behind(size_t at, size_t pad, size_t rows, size_t most)
{
    const size_t end = rows + pad > at ? rows + pad - at : 0;
    return end < most ? end : most;
}

KITH_FUSED_CLONES static void product(kith_direct d, size_t lanes, const kith_real *x, const kith_real *panel,
                                      kith_real *y, size_t room)
{
    const size_t row = d.width * d.out, width = kith_direct_width(lanes);
    for (size_t h = 0; h < d.height; h++, y += row, room -= row) {
        const size_t first = before(h, d.pad), last = behind(h, d.pad, d.rows, d.side);
        const kith_real *from = x + (h + first - d.pad) * d.row, *weights = panel + (1 + first * d.run) * width;
        kith_direct here = d;
        here.side = last - first;
        if (lanes > WIDTH)
            windows(2, here, lanes, from, panel, weights, y, room);
        else
            windows(1, here, lanes, from, panel, weights, y, room);
    }
}

void kith_direct_product(const kith_direct *d, size_t lanes, const kith_real *x, const kith_real *panel, kith_real *y,
                         size_t room)
{
    product(*d, lanes, x, panel, y, room);
}

/* `entries` neighbours of the patch times one or two registers of filters; over d.height rows. */
KITH_INLINE void slope(size_t entries, size_t registers, kith_direct d, const kith_real *x, const kith_real *dy,
                       size_t dy_row, kith_real *panel)
{
    wide sum[SUMS][2];
    for (size_t e = 0; e < entries; e++) {
        for (size_t l = 0; l < registers; l++)
            sum[e][l] = *(wide *)(panel + (e * registers + l) * WIDTH);
    }
    for (size_t h = 0; h < d.height; h++, x += d.row, dy += dy_row) {
        const kith_real *from = x, *g = dy;
        for (size_t w = 0; w < d.width; w++, from += d.step, g += d.out) {
            wide v[2];
            for (size_t l = 0; l < registers; l++)
                v[l] = *(const wide *)(g + l * WIDTH);
            for (size_t e = 0; e < entries; e++) {
                for (size_t l = 0; l < registers; l++)
                    sum[e][l] += v[l] * from[e];
            }
        }
    }
    for (size_t e = 0; e < entries; e++) {
        for (size_t l = 0; l < registers; l++)
            *(wide *)(panel + (e * registers + l) * WIDTH) = sum[e][l];
    }
}

KITH_INLINE void any_slope(size_t entries, size_t registers, kith_direct d, const kith_real *x, const kith_real *dy,
                           size_t dy_row, kith_real *panel)
{
#define CASE(n)                                                                                                        \
    case n:                                                                                                            \
        slope(n, registers, d, x, dy, dy_row, panel);                                                                  \
        break
    if (registers == 1) {
        switch (entries) {
            CASE(12);
            CASE(11);
            CASE(10);
            CASE(9);
            CASE(8);
            CASE(7);
        default:
            break;
        }
    }
    switch (entries) {
        CASE(6);
        CASE(5);
        CASE(4);
        CASE(3);
        CASE(2);
        CASE(1);
    default:
        break;
    }
#undef CASE
}

/* Four pixels at once, since each sum waits for the one before it. */
KITH_INLINE void bias_slope(size_t registers, kith_direct d, const kith_real *dy, size_t dy_row, kith_real *panel)
{
    wide sum[4][2] = {{{0}}};
    for (size_t h = 0; h < d.height; h++, dy += dy_row) {
        size_t w = 0;
        for (; w + 4 <= d.width; w += 4) {
            for (size_t p = 0; p < 4; p++) {
                for (size_t l = 0; l < registers; l++)
                    sum[p][l] += *(const wide *)(dy + (w + p) * d.out + l * WIDTH);
            }
        }
        for (; w < d.width; w++) {
            for (size_t l = 0; l < registers; l++)
                sum[0][l] += *(const wide *)(dy + w * d.out + l * WIDTH);
        }
    }
    for (size_t l = 0; l < registers; l++)
        *(wide *)(panel + l * WIDTH) += (sum[0][l] + sum[1][l]) + (sum[2][l] + sum[3][l]);
}

KITH_INLINE void slopes(size_t registers, kith_direct d, size_t first, size_t last, const kith_real *x,
                        const kith_real *dy, size_t dy_row, kith_real *panel)
{
    d.height = last - first;
    bias_slope(registers, d, dy + first * dy_row, dy_row, panel);
    panel += registers * WIDTH;
    for (size_t i = 0; i < d.side; i++) {
        const size_t lo = first + before(first + i, d.pad), hi = first + behind(first + i, d.pad, d.rows, last - first);
        d.height = hi > lo ? hi - lo : 0;
        for (size_t at = 0, n = 0; at < d.run && d.height; at += n) {
            n = next_tile(d.run - at, SUMS / registers);
            any_slope(n, registers, d, x + (lo + i - d.pad) * d.row + at, dy + lo * dy_row, dy_row,
                      panel + (i * d.run + at) * registers * WIDTH);
        }
    }
}

KITH_FUSED_CLONES static void gradient(kith_direct d, size_t first, size_t last, size_t lanes, const kith_real *x,
                                       const kith_real *dy, size_t dy_row, kith_real *panel)
{
    if (lanes > WIDTH)
        slopes(2, d, first, last, x, dy, dy_row, panel);
    else
        slopes(1, d, first, last, x, dy, dy_row, panel);
}

void kith_direct_gradient(const kith_direct *d, size_t first, size_t last, size_t lanes, const kith_real *x,
                          const kith_real *dy, size_t dy_row, kith_real *panel)
{
    gradient(*d, first, last, lanes, x, dy, dy_row, panel);
}
