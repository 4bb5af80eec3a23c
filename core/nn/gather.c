#include "nn/clones.h"

#include <kith/nn.h>

enum { LINE = 64, AHEAD = 4 };

KITH_CLONES static void scale_row(size_t n, const uint8_t *restrict bytes, const kith_real *restrict scale,
                                  const kith_real *restrict shift, kith_real *restrict x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = scale[i] * (kith_real)bytes[i] + shift[i];
}

/* Rows are drawn at random from more memory than caches hold, which no prefetcher of hardware foresees. */
static void fetch(const uint8_t *row, size_t features)
{
    for (size_t i = 0; i < features; i += LINE)
        __builtin_prefetch(row + i);
    __builtin_prefetch(row + features - 1);
}

void kith_gather_bytes(size_t n, size_t features, const uint8_t *bytes, const uint32_t *index, const kith_real *scale,
                       const kith_real *shift, kith_real *x)
{
    if (features == 0) return;
    for (size_t r = 0; r < n && r < AHEAD; r++)
        fetch(bytes + index[r] * features, features);
    for (size_t r = 0; r < n; r++) {
        if (r + AHEAD < n) fetch(bytes + index[r + AHEAD] * features, features);
        scale_row(features, bytes + index[r] * features, scale, shift, x + r * features);
    }
}
