#include "nn/clones.h"

#include <kith/nn.h>

KITH_CLONES static void multiply(size_t n, const kith_real *restrict x, kith_real *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= x[i];
}

void kith_multiply(size_t n, const kith_real *x, kith_real *y)
{
    multiply(n, x, y);
}

void kith_dropout(size_t n, double rate, kith_stream *stream, kith_real *x, kith_real *factor)
{
    const double words = 4294967296.0; /* 2^32 */
    const uint64_t dropped = (uint64_t)(rate * words);
    const kith_real kept = (kith_real)(1 / (1 - rate));
    for (size_t i = 0; i < n; i++)
        factor[i] = kith_draw_u32(stream) < dropped ? 0 : kept;
    multiply(n, factor, x);
}
