#include "nn/thin.h"

#include "nn/clones.h"

/* A register as wide as AVX2 has them, anywhere in memory. */
typedef kith_real wide __attribute__((vector_size(32), aligned(sizeof(kith_real)), may_alias));
enum { WIDTH = 32 / sizeof(kith_real), MOST = 6 };

struct thin {
    size_t k, m, n;
};

/* A tile of up to two rows and six registers is summed in registers: a (K, M) and b (K, N) from the tile's first row
 * and column on. */
KITH_INLINE void tile(size_t rows, size_t registers, struct thin t, const kith_real *a, const kith_real *b,
                      kith_real *c)
{
    wide sum[2][MOST] = {{{0}}};
    for (size_t k = 0; k < t.k; k++, a += t.m, b += t.n) {
        for (size_t l = 0; l < registers; l++) {
            const wide v = *(const wide *)(b + l * WIDTH);
            for (size_t r = 0; r < rows; r++)
                sum[r][l] += v * a[r];
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t l = 0; l < registers; l++)
            *(wide *)(c + r * t.n + l * WIDTH) = sum[r][l];
    }
}

KITH_INLINE void narrow(struct thin t, const kith_real *a, const kith_real *b, kith_real *c)
{
    kith_real sum = 0;
    for (size_t k = 0; k < t.k; k++)
        sum += b[k * t.n] * a[k * t.m];
    *c = sum;
}

/* Four registers at a time, and the rest so that no tile is too small to hide how long an addition takes. */
KITH_INLINE void lines(size_t rows, struct thin t, const kith_real *a, const kith_real *b, kith_real *c)
{
    size_t at = 0, left = t.n / WIDTH;
    for (; left > MOST; left -= 4, at += 4 * WIDTH)
        tile(rows, 4, t, a, b + at, c + at);
    switch (left) {
    case 6:
        tile(rows, 6, t, a, b + at, c + at);
        break;
    case 5:
        tile(rows, 5, t, a, b + at, c + at);
        break;
    case 4:
        tile(rows, 4, t, a, b + at, c + at);
        break;
    case 3:
        tile(rows, 3, t, a, b + at, c + at);
        break;
    case 2:
        tile(rows, 2, t, a, b + at, c + at);
        break;
    case 1:
        tile(rows, 1, t, a, b + at, c + at);
        break;
    default:
        break;
    }
    for (at += left * WIDTH; at < t.n; at++) {
        for (size_t r = 0; r < rows; r++)
            narrow(t, a + r, b + at, c + r * t.n + at);
    }
}

KITH_FUSED_CLONES static void product(struct thin t, size_t count, const kith_real *a, const kith_real *b, kith_real *c)
{
    size_t r = 0;
    for (; r + 2 <= count; r += 2)
        lines(2, t, a + r, b, c + r * t.n);
    if (r < count) lines(1, t, a + r, b, c + r * t.n);
}

void kith_thin_product(size_t k, size_t m, size_t n, const kith_real *a, const kith_real *b, size_t first, size_t count,
                       kith_real *c)
{
    product((struct thin){.k = k, .m = m, .n = n}, count, a + first, b, c);
}
