#include "nn/thin.h"

#include <kith/nn.h>

/* How much of a thin product is handed over at once: it shall still be in the nearest cache when it is used. A larger
 * one is handed over from its end, since what was written last is what the next cache still holds. */
enum { PIECE = 2048, LARGE_PIECE = 32768 };

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
    if (bias)
        kith_bias_relu(rows, out, bias, y);
    else
        kith_relu(rows * out, y);
}

/* The gradient of weights is (M, N) = a^T b. */
struct outer {
    size_t m, n;
    const kith_real *a, *b;
};

static struct outer outer_of(size_t in, size_t out, const kith_real *x, const kith_real *dy)
{
    if (kith_dense_by_input(out)) return (struct outer){.m = in, .n = out, .a = x, .b = dy};
    return (struct outer){.m = out, .n = in, .a = dy, .b = x};
}

static void inputs_backward(size_t rows, size_t in, size_t out, const kith_real *w, const kith_real *dy, kith_real *dx)
{
    kith_gemm(0, kith_dense_by_input(out), rows, in, out, 1, dy, w, 0, dx);
}

void kith_dense_backward(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                         const kith_real *dy, kith_real *gw, kith_real *gbias, kith_real *dx)
{
    const struct outer p = outer_of(in, out, x, dy);
    if (rows <= KITH_THIN)
        kith_thin_product(rows, p.m, p.n, p.a, p.b, 0, p.m, gw);
    else
        kith_gemm(1, 0, p.m, p.n, rows, 1, p.a, p.b, 0, gw);
    if (gbias) kith_bias_backward(rows, out, dy, gbias);
    if (dx) inputs_backward(rows, in, out, w, dy, dx);
}

static void from_the_end(const kith_sink *sink, size_t first, size_t count, const kith_real *g)
{
    for (size_t left = count; left > 0;) {
        const size_t n = left % LARGE_PIECE ? left % LARGE_PIECE : LARGE_PIECE;
        left -= n;
        sink->take(sink->arg, first + left, n, g + left);
    }
}

/* What changes w comes last. */
void kith_dense_backward_to(size_t rows, size_t in, size_t out, const kith_real *x, const kith_real *w,
                            const kith_real *dy, kith_real *g, const kith_sink *sink, size_t weights, size_t bias,
                            kith_real *dx)
{
    const struct outer p = outer_of(in, out, x, dy);
    if (dx) inputs_backward(rows, in, out, w, dy, dx);
    if (bias != SIZE_MAX) {
        kith_bias_backward(rows, out, dy, g);
        sink->take(sink->arg, bias, out, g);
    }
    if (rows > KITH_THIN) {
        kith_gemm(1, 0, p.m, p.n, rows, 1, p.a, p.b, 0, g);
        from_the_end(sink, weights, p.m * p.n, g);
        return;
    }
    const size_t most = p.n < PIECE / 2 ? PIECE / p.n : 2;
    for (size_t r = 0; r < p.m; r += most) {
        const size_t count = p.m - r < most ? p.m - r : most;
        kith_thin_product(rows, p.m, p.n, p.a, p.b, r, count, g);
        sink->take(sink->arg, weights + r * p.n, count * p.n, g);
    }
}
