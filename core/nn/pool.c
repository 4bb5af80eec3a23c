#include "nn/lanes.h"

#include <kith/nn.h>
#include <stdbool.h>

/* The windows side by side in one row of y. Their pixels lie at x[i down + j across], i, j < side. Passed by value:
 * registers full of reals may be stored anywhere, for all the compiler knows. */
struct row {
    size_t side, across, down;
    size_t windows;
    size_t safe; /* how many of them, from the left, may spill over */
    size_t full; /* channels that fill registers; those left over take one more, which spills over what comes next */
    bool spills;
};

/* Whole registers are read and written where y goes on behind them, for `room` reals from the row's start; then so does
 * x, of which there are at least as many. What one pixel writes beyond its own the next one overwrites. */
static struct row row_of(const kith_pool *p, size_t room)
{
    const size_t full = p->channels / KITH_LANES * KITH_LANES, needs = full + KITH_LANES;
    struct row w = {.side = p->side,
                    .across = p->channels,
                    .down = p->width * p->channels,
                    .windows = p->width / p->side,
                    .full = full,
                    .spills = full < p->channels};
    w.safe = room < needs ? 0 : (room - needs) / p->channels + 1;
    if (!w.spills || w.safe > w.windows) w.safe = w.windows;
    return w;
}

/* A register full of channels of a pixel of y. The common side is written out: the compiler leaves loops that short. */
KITH_INLINE void largest(struct row w, size_t side, const kith_real *x, kith_real *y, kith_real *which)
{
    kith_simd best = KITH_READ(x), place = {0};
    if (side == 2) {
        keep_larger(KITH_READ(x + w.across), 1, &best, &place);
        keep_larger(KITH_READ(x + w.down), 2, &best, &place);
        keep_larger(KITH_READ(x + w.down + w.across), 3, &best, &place);
    } else {
        for (size_t k = 1; k < side * side; k++)
            keep_larger(KITH_READ(x + k / side * w.down + k % side * w.across), (kith_real)k, &best, &place);
    }
    KITH_AT(y) = best;
    KITH_AT(which) = place;
}

static void largest_few(struct row w, size_t n, const kith_real *x, kith_real *y, kith_real *which)
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

KITH_INLINE void pool_row(struct row w, size_t side, const kith_real *x, kith_real *y, kith_real *which)
{
    const size_t channels = w.across, full = w.full;
    for (size_t out = 0; out < w.windows; out++, x += side * channels, y += channels, which += channels) {
        for (size_t c = 0; c < full; c += KITH_LANES)
            largest(w, side, x + c, y + c, which + c);
        if (!w.spills) continue;
        if (out < w.safe)
            largest(w, side, x + full, y + full, which + full);
        else
            largest_few(w, channels - full, x + full, y + full, which + full);
    }
}

KITH_CLONES static void pool(struct row w, const kith_real *x, kith_real *y, kith_real *which)
{
    if (w.side == 2)
        pool_row(w, 2, x, y, which);
    else
        pool_row(w, w.side, x, y, which);
}

void kith_pool_forward(const kith_pool *p, size_t images, const kith_real *x, kith_real *y, kith_real *which)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels, height = p->height / p->side;
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++) {
            const size_t from = (b * p->height + h * p->side) * row, to = (b * height + h) * out_row;
            pool(row_of(p, images * height * out_row - to), x + from, y + to, which + to);
        }
    }
}

static void spread_few(size_t n, kith_real place, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    for (size_t l = 0; l < n; l++)
        dx[l] = which[l] == place ? dy[l] : 0;
}

/* dy where the largest stood, else zero, at one place of one window. */
KITH_INLINE void spread(struct row w, size_t out, kith_simd place, const kith_real *dy, const kith_real *which,
                        kith_real *dx)
{
    const kith_simd zero = {0};
    const size_t full = w.full;
    for (size_t c = 0; c < full; c += KITH_LANES)
        KITH_AT(dx + c) = KITH_CHOOSE(KITH_READ(which + c) == place, KITH_READ(dy + c), zero);
    if (!w.spills) return;
    if (out < w.safe)
        KITH_AT(dx + full) = KITH_CHOOSE(KITH_READ(which + full) == place, KITH_READ(dy + full), zero);
    else
        spread_few(w.across - full, place[0], dy + full, which + full, dx + full);
}

/* One row of dx, the windows' places from `first` on; left to right, since what spills over must be written later. */
KITH_INLINE void spread_row(struct row w, size_t side, kith_real first, const kith_real *dy, const kith_real *which,
                            kith_real *dx)
{
    const size_t channels = w.across;
    const kith_simd place = (kith_simd){0} + first;
    for (size_t out = 0; out < w.windows; out++, dy += channels, which += channels, dx += side * channels) {
        if (side == 2) {
            spread(w, out, place, dy, which, dx);
            spread(w, out, place + 1, dy, which, dx + channels);
        } else {
            for (size_t j = 0; j < side; j++)
                spread(w, out, place + (kith_real)j, dy, which, dx + j * channels);
        }
    }
}

KITH_CLONES static void spread_rows(struct row w, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const size_t used = w.windows * w.side * w.across;
    for (size_t i = 0; i < w.side; i++, dx += w.down) {
        if (w.side == 2)
            spread_row(w, 2, (kith_real)(2 * i), dy, which, dx);
        else
            spread_row(w, w.side, (kith_real)(i * w.side), dy, which, dx);
        kith_clear(w.down - used, dx + used);
    }
}

void kith_pool_backward(const kith_pool *p, size_t images, const kith_real *dy, const kith_real *which, kith_real *dx)
{
    const size_t row = p->width * p->channels, out_row = p->width / p->side * p->channels, height = p->height / p->side;
    const size_t rest = (p->height - height * p->side) * row;
    for (size_t b = 0; b < images; b++) {
        for (size_t h = 0; h < height; h++, dx += p->side * row, dy += out_row, which += out_row)
            spread_rows(row_of(p, ((images - b) * height - h) * out_row), dy, which, dx);
        kith_clear(rest, dx);
        dx += rest;
    }
}
