#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* The largest of the side x side pixels from `x` on, channel by channel, and its place in the window; the first of
 * equals. A NaN wins and stays. */
KITH_INLINE void best_of(const kith_pool *p, const kith_real *x, kith_real *best, kith_real *which)
{
    memcpy(best, x, KITH_LANES * sizeof *best);
    for (size_t l = 0; l < KITH_LANES; l++) which[l] = 0;
    for (size_t k = 1; k < p->side * p->side; k++) {
        const kith_real *from = x + (k / p->side * p->width + k % p->side) * p->channels, place = (kith_real)k;
        for (size_t l = 0; l < KITH_LANES; l++) {
            const kith_real v = from[l];
            const bool better = (v > best[l]) | (v != v);
            best[l] = better ? v : best[l];
            which[l] = better ? place : which[l];
        }
    }
}

static void best_of_few(const kith_pool *p, size_t n, const kith_real *x, kith_real *best, kith_real *which)
{
    for (size_t l = 0; l < n; l++) {
        best[l] = x[l];
        which[l] = 0;
        for (size_t k = 1; k < p->side * p->side; k++) {
            const kith_real v = x[(k / p->side * p->width + k % p->side) * p->channels + l];
            if (!(v > best[l]) && v == v) continue;
            best[l] = v;
            which[l] = (kith_real)k;
        }
    }
}

/* Whole registers where they end within the rows read and the memory written. A register at the end of a pixel spills
 * into the next, which is written later. */
KITH_CLONES static void pool_row(const kith_pool *p, const kith_real *x, size_t x_room, kith_real *y, kith_real *which,
                                 size_t y_room)
{
    const size_t width = p->width / p->side, reach = ((p->side - 1) * p->width + p->side - 1) * p->channels;
    for (size_t w = 0; w < width; w++) {
        for (size_t c = 0; c < p->channels; c += KITH_LANES) {
            const size_t from = w * p->side * p->channels + c, to = w * p->channels + c;
            const size_t left = p->channels - c;
            if (from + reach + KITH_LANES <= x_room && to + KITH_LANES <= y_room)
                best_of(p, x + from, y + to, which + to);
            else best_of_few(p, left < KITH_LANES ? left : KITH_LANES, x + from, y + to, which + to);
        }
    }
}

void kith_pool_forward(const kith_pool *p, size_t images, const kith_real *x, kith_real *y, kith_real *which)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels;
    const size_t height = p->height / p->side, size = images * p->height * row, out_size = images * height * out_row;
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++) {
            const size_t from = (b * p->height + h * p->side) * row, to = (b * height + h) * out_row;
            pool_row(p, x + from, size - from, y + to, which + to, out_size - to);
        }
    }
}

/* dx at place k of the window: dy where the largest stood there, else zero. */
KITH_INLINE void spread_lanes(bool whole, size_t n, kith_real k, const kith_real *dy, const kith_real *which,
                              kith_real *dx)
{
    kith_real lane[KITH_LANES];
    if (!whole) {
        for (size_t l = 0; l < n; l++) dx[l] = which[l] == k ? dy[l] : 0;
        return;
    }
    for (size_t l = 0; l < KITH_LANES; l++) lane[l] = which[l] == k ? dy[l] : 0;
    memcpy(dx, lane, sizeof lane);
}

/* What spills over is written later, except from the end of a row. */
KITH_CLONES static void spread_row(const kith_pool *p, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const size_t width = p->width / p->side;
    for (size_t w = 0; w < width; w++, dy += p->channels, which += p->channels, dx += p->side * p->channels) {
        for (size_t k = 0; k < p->side * p->side; k++) {
            kith_real *to = dx + (k / p->side * p->width + k % p->side) * p->channels;
            for (size_t c = 0; c < p->channels; c += KITH_LANES) {
                const size_t left = p->channels - c;
                const bool whole = left >= KITH_LANES || (w + 1) * p->channels + KITH_LANES <= width * p->channels;
                spread_lanes(whole, left, (kith_real)k, dy + c, which + c, to + c);
            }
        }
    }
}

void kith_pool_backward(const kith_pool *p, size_t images, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels;
    const size_t height = p->height / p->side;
    if (p->height % p->side || p->width % p->side) kith_clear(images * p->height * row, dx);
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++) {
            const size_t from = (b * height + h) * out_row;
            spread_row(p, dy + from, which + from, dx + (b * p->height + h * p->side) * row);
        }
    }
}
