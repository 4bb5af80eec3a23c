/* The largest entries of a vector, found by the bits of their magnitudes: as numbers without sign these are in the
 * order of the magnitudes. */
#include <kith/nn.h>
#include <string.h>

#ifdef KITH_REAL_IS_DOUBLE
typedef uint64_t real_bits;
#else
typedef uint32_t real_bits;
#endif

enum { DIGIT = 11, BINS = 1 << DIGIT, COPIES = 4, WIDTH = 8 * sizeof(real_bits) };

static real_bits magnitude(kith_real x)
{
    real_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & (real_bits) ~((real_bits)1 << (WIDTH - 1));
}

/* How many of the magnitudes that begin with `prefix` have each next digit. Neighbours often fall into one bin, so they
 * count in copies of it. */
static void count_digits(size_t n, const kith_real *x, real_bits prefix, size_t above, size_t shift, size_t *bin)
{
    uint32_t count[COPIES][BINS];
    memset(count, 0, sizeof count);
    if (above >= WIDTH)
        for (size_t i = 0; i < n; i++)
            count[i % COPIES][magnitude(x[i]) >> shift]++;
    else
        for (size_t i = 0; i < n; i++) {
            const real_bits m = magnitude(x[i]);
            if (m >> above == prefix) count[0][m >> shift & (BINS - 1)]++;
        }
    for (size_t b = 0; b < BINS; b++)
        for (size_t c = 0; c < COPIES; c++)
            bin[b] += count[c][b];
}

/* The k-th largest magnitude, digit by digit. *ties: how many entries of that magnitude are among the k largest. */
static real_bits kth_magnitude(size_t n, size_t k, const kith_real *x, size_t *ties)
{
    enum { CHUNK = 1 << 30 }; /* what 32 bits can count */
    real_bits prefix = 0;
    size_t above = WIDTH;
    for (size_t left = WIDTH - 1; left > 0;) {
        const size_t digit = left < DIGIT ? left : DIGIT, shift = left - digit;
        size_t bin[BINS] = {0}, b = BINS - 1;
        for (size_t i = 0; i < n; i += CHUNK)
            count_digits(n - i < CHUNK ? n - i : CHUNK, x + i, prefix, above, shift, bin);
        /* the last digit may be shorter, and its bins repeat part of the digit before */
        const size_t own = digit == DIGIT ? BINS - 1 : ((size_t)1 << digit) - 1;
        if (digit < DIGIT)
            for (size_t i = own + 1; i < BINS; i++) {
                bin[i & own] += bin[i];
                bin[i] = 0;
            }
        for (b = own; bin[b] < k; b--)
            k -= bin[b];
        prefix = prefix << digit | (real_bits)b;
        above = left = shift;
    }
    *ties = k;
    return prefix;
}

void kith_keep_largest(size_t n, size_t k, kith_real *x, kith_real *rest)
{
    size_t ties = 0;
    if (k >= n) {
        if (rest) kith_clear(n, rest);
        return;
    }
    const real_bits least = k ? kth_magnitude(n, k, x, &ties) : ~(real_bits)0;
    for (size_t i = 0; i < n; i++) {
        const real_bits m = magnitude(x[i]);
        bool kept = m > least;
        if (m == least && ties > 0) {
            kept = true;
            ties--;
        }
        if (rest) rest[i] = kept ? 0 : x[i];
        x[i] = kept ? x[i] : 0;
    }
}
