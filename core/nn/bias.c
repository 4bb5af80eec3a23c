#include "nn/clones.h"

#include <kith/nn.h>

/* A row of a few outputs is repeated until it fills registers; rows are then taken in that many at a time. */
enum { NARROW = 32, TILE = 64 };

static size_t tile_of(size_t out)
{
    return TILE / out * out;
}

KITH_CLONES static void add(size_t rows, size_t out, const kith_real *restrict bias, kith_real *restrict y)
{
    for (size_t r = 0; r < rows; r++, y += out) {
        for (size_t o = 0; o < out; o++)
            y[o] += bias[o];
    }
}

/* Written so that a NaN passes: it must reach the loss and be reported there. */
KITH_CLONES static void add_relu(size_t rows, size_t out, const kith_real *restrict bias, kith_real *restrict y)
{
    for (size_t r = 0; r < rows; r++, y += out) {
        for (size_t o = 0; o < out; o++) {
            const kith_real v = y[o] + bias[o];
            y[o] = 0 > v ? 0 : v;
        }
    }
}

typedef void (*adder)(size_t, size_t, const kith_real *, kith_real *);

static void by_tiles(adder f, size_t rows, size_t out, const kith_real *bias, kith_real *y)
{
    kith_real tile[TILE];
    if (out == 0) return;
    if (out > NARROW) {
        f(rows, out, bias, y);
        return;
    }
    const size_t length = tile_of(out), whole = rows * out / length;
    for (size_t i = 0; i < length; i++)
        tile[i] = bias[i % out];
    f(whole, length, tile, y);
    f(1, rows * out - whole * length, tile, y + whole * length);
}

void kith_bias(size_t rows, size_t out, const kith_real *bias, kith_real *y)
{
    by_tiles(add, rows, out, bias, y);
}

void kith_bias_relu(size_t rows, size_t out, const kith_real *bias, kith_real *y)
{
    by_tiles(add_relu, rows, out, bias, y);
}

/* Four rows at once, since each sum waits for the one before it. */
KITH_CLONES static void add_rows(size_t rows, size_t out, const kith_real *restrict dy, kith_real *restrict sums)
{
    size_t r = 0;
    for (; r + 4 <= rows; r += 4, dy += 4 * out) {
        for (size_t o = 0; o < out; o++)
            sums[o] += (dy[o] + dy[out + o]) + (dy[2 * out + o] + dy[3 * out + o]);
    }
    for (; r < rows; r++, dy += out) {
        for (size_t o = 0; o < out; o++)
            sums[o] += dy[o];
    }
}

void kith_bias_backward(size_t rows, size_t out, const kith_real *dy, kith_real *sums)
{
    kith_real tile[TILE] = {0};
    kith_clear(out, sums);
    if (out == 0) return;
    if (out > NARROW) {
        add_rows(rows, out, dy, sums);
        return;
    }
    const size_t length = tile_of(out), whole = rows * out / length;
    add_rows(whole, length, dy, tile);
    add_rows(1, rows * out - whole * length, dy + whole * length, tile);
    add_rows(length / out, out, tile, sums);
}

KITH_CLONES static void relu(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 0 > y[i] ? 0 : y[i];
}

KITH_CLONES static void relu_backward(size_t n, const kith_real *restrict y, kith_real *restrict dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dx[i] : 0;
}

void kith_relu(size_t n, kith_real *y)
{
    relu(n, y);
}

void kith_relu_backward(size_t n, const kith_real *y, kith_real *dx)
{
    relu_backward(n, y, dx);
}
