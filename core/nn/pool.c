#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* One window's pixels lie at x[i down + j across], i, j < side. */
struct window {
    size_t side, across, down;
};

/* A register full of channels of a pixel of y. The first of equals is taken, and the last NaN. */
KITH_INLINE void largest(struct window w, const kith_real *x, kith_real *y, kith_real *which)
{
    const kith_lanes zero = {0};
    kith_lanes best = KITH_READ(x), places = zero;
    for (size_t i = 0; i < w.side; i++) {
        for (size_t j = i == 0; j < w.side; j++) {
            const kith_lanes v = KITH_READ(x + i * w.down + j * w.across), place = zero + (kith_real)(i * w.side + j);
            const kith_marks better = (v > best) | (v != v);
            best = KITH_CHOOSE(better, v, best);
            places = KITH_CHOOSE(better, place, places);
        }
    }
    KITH_AT(y) = best;
    KITH_AT(which) = places;
}

KITH_INLINE void largest_few(struct window w, size_t n, const kith_real *x, kith_real *y, kith_real *which)
{
    for (size_t l = 0; l < n; l++) {
        y[l] = x[l];
        which[l] = 0;
        for (size_t k = 1; k < w.side * w.side; k++) {
            const kith_real v = x[k / w.side * w.down + k % w.side * w.across + l];
            if (!(v > y[l]) && v == v) continue;
            y[l] = v;
            which[l] = (kith_real)k;
        }
    }
}

/* Whole registers but where they end beyond `room`, which counts from y on. What one writes beyond its pixel the next
 * pixel overwrites; what it reads there lies in a row of x that has `room` and more. */
KITH_INLINE void pool_row(const kith_pool *p, struct window w, const kith_real *x, kith_real *y, kith_real *which,
                          size_t room)
{
    const size_t channels = p->channels, width = p->width / p->side;
    for (size_t out = 0; out < width; out++) {
        for (size_t c = 0; c < channels; c += KITH_LANES) {
            if (c + KITH_LANES <= room) largest(w, x + c, y + c, which + c);
            else largest_few(w, channels - c, x + c, y + c, which + c);
        }
        x += w.side * channels;
        y += channels;
        which += channels;
        room -= channels;
    }
}

static struct window window_of(const kith_pool *p, size_t side)
{
    return (struct window){.side = side, .across = p->channels, .down = p->width * p->channels};
}

KITH_CLONES static void pool_2(const kith_pool *p, const kith_real *x, kith_real *y, kith_real *which, size_t room)
{
    const struct window w = {.side = 2, .across = p->channels, .down = p->width * p->channels};
    pool_row(p, w, x, y, which, room);
}

KITH_CLONES static void pool_any(const kith_pool *p, const kith_real *x, kith_real *y, kith_real *which, size_t room)
{
    pool_row(p, window_of(p, p->side), x, y, which, room);
}

void kith_pool_forward(const kith_pool *p, size_t images, const kith_real *x, kith_real *y, kith_real *which)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels, height = p->height / p->side;
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++) {
            const size_t from = (b * p->height + h * p->side) * row, to = (b * height + h) * out_row;
            const size_t room = (images * height - b * height - h) * out_row;
            (p->side == 2 ? pool_2 : pool_any)(p, x + from, y + to, which + to, room);
        }
    }
}

/* dx at every place of each window: dy where the largest stood, else zero. Place by place, since what spills over must
 * be written later; at the end of a row nothing may spill. */
KITH_INLINE void spread_row(const kith_pool *p, struct window w, const kith_real *dy, const kith_real *which,
                            kith_real *dx)
{
    const size_t channels = p->channels, width = p->width / p->side;
    const kith_lanes zero = {0};
    size_t room = width * channels;
    for (size_t out = 0; out < width; out++) {
        for (size_t k = 0, i = 0; i < w.side; i++) {
            for (size_t j = 0; j < w.side; j++, k++) {
                kith_real *to = dx + i * w.down + j * w.across;
                for (size_t c = 0; c < channels; c += KITH_LANES) {
                    if (c + KITH_LANES <= room)
                        KITH_AT(to + c) = KITH_CHOOSE(KITH_READ(which + c) == zero + (kith_real)k, KITH_READ(dy + c), zero);
                    else
                        for (size_t l = c; l < channels; l++) to[l] = which[l] == (kith_real)k ? dy[l] : 0;
                }
            }
        }
        dx += w.side * channels;
        dy += channels;
        which += channels;
        room -= channels;
    }
}

KITH_CLONES static void spread_2(const kith_pool *p, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const struct window w = {.side = 2, .across = p->channels, .down = p->width * p->channels};
    spread_row(p, w, dy, which, dx);
}

KITH_CLONES static void spread_any(const kith_pool *p, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    spread_row(p, window_of(p, p->side), dy, which, dx);
}

void kith_pool_backward(const kith_pool *p, size_t images, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels, height = p->height / p->side;
    if (p->height % p->side || p->width % p->side) kith_clear(images * p->height * row, dx);
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++) {
            const size_t from = (b * height + h) * out_row;
            (p->side == 2 ? spread_2 : spread_any)(p, dy + from, which + from, dx + (b * p->height + h * p->side) * row);
        }
    }
}
