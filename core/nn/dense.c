#include "nn/clones.h"

#include <kith/nn.h>

KITH_CLONES static void add_bias(size_t rows, size_t out, const kith_real *restrict bias, kith_real *restrict y)
{
    for (size_t r = 0; r < rows; r++, y += out) {
        for (size_t o = 0; o < out; o++) y[o] += bias[o];
    }
}

/* Written so that a NaN passes: it must reach the loss and be reported there. */
KITH_CLONES static void add_bias_relu(size_t rows, size_t out, const kith_real *restrict bias, kith_real *restrict y)
{
    for (size_t r = 0; r < rows; r++, y += out) {
        for (size_t o = 0; o < out; o++) {
            const kith_real v = y[o] + bias[o];
            y[o] = 0 > v ? 0 : v;
        }
    }
}

KITH_CLONES static void relu(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++) y[i] = 0 > y[i] ? 0 : y[i];
}

KITH_CLONES static void relu_backward(size_t n, const kith_real *restrict y, kith_real *restrict dx)
{
    for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dx[i] : 0;
}

/* Sums over the rows, first to last. */
KITH_CLONES static void column_sums(size_t rows, size_t out, const kith_real *restrict dy, kith_real *restrict sums)
{
    for (size_t o = 0; o < out; o++) sums[o] = dy[o];
    for (size_t r = 1; r < rows; r++) {
        dy += out;
        for (size_t o = 0; o < out; o++) sums[o] += dy[o];
    }
}

bool kith_dense_by_input(size_t out)
{
    return out >= KITH_DENSE_WIDE;
}

static void product(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w, kith_real *y)
{
    kith_gemm(0, !kith_dense_by_input(out), rows, out, in, 1, x, w, 0, y);
}

void kith_dense(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w, const kith_real *bias,
                kith_real *y)
{
    product(rows, in, out, x, w, y);
    if (bias) add_bias(rows, out, bias, y);
}

void kith_dense_relu(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w, const kith_real *bias,
                     kith_real *y)
{
    product(rows, in, out, x, w, y);
    if (bias) add_bias_relu(rows, out, bias, y);
    else relu(rows * out, y);
}

void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                         const kith_real *dy, kith_real *gw, kith_real *gbias, kith_real *dx)
{
    const bool by_input = kith_dense_by_input(out);
    if (by_input) kith_gemm(1, 0, in, out, rows, 1, x, dy, 0, gw);
    else kith_gemm(1, 0, out, in, rows, 1, dy, x, 0, gw);
    if (gbias) {
        if (rows) column_sums(rows, out, dy, gbias);
        else kith_clear(out, gbias);
    }
    if (dx) kith_gemm(0, by_input, rows, in, out, 1, dy, w, 0, dx);
}

void kith_relu_backward(size_t n, const kith_real *y, kith_real *dx)
{
    relu_backward(n, y, dx);
}
