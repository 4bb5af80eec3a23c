#include <kith/nn.h>

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
    if (bias) kith_bias(rows, out, bias, y);
}

void kith_dense_relu(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w, const kith_real *bias,
                     kith_real *y)
{
    product(rows, in, out, x, w, y);
    if (bias) kith_bias_relu(rows, out, bias, y);
    else kith_relu(rows * out, y);
}

void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                         const kith_real *dy, kith_real *gw, kith_real *gbias, kith_real *dx)
{
    const bool by_input = kith_dense_by_input(out);
    if (by_input) kith_gemm(1, 0, in, out, rows, 1, x, dy, 0, gw);
    else kith_gemm(1, 0, out, in, rows, 1, dy, x, 0, gw);
    if (gbias) kith_bias_backward(rows, out, dy, gbias);
    if (dx) kith_gemm(0, by_input, rows, in, out, 1, dy, w, 0, dx);
}
