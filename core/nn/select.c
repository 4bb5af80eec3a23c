/* The largest entries of a vector, found by the bits of their magnitudes: as numbers without sign these are in the
 * order of the magnitudes. */
#include "nn/clones.h"

#include <kith/nn.h>
#include <math.h>
#include <string.h>

#ifdef KITH_REAL_IS_DOUBLE
typedef uint64_t real_bits;
#else
typedef uint32_t real_bits;
#endif

enum { DIGIT = 11, BINS = 1 << DIGIT, COPIES = 4, WIDTH = 8 * sizeof(real_bits) };

KITH_INLINE real_bits magnitude(kith_real x)
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

/* The least magnitude of those that are kept. */
typedef struct threshold {
    real_bits least;
    size_t equal, kept; /* how many entries have it, and how many of them are kept */
} threshold;

/* The k-th largest magnitude, digit by digit. */
static threshold kth_magnitude(size_t n, size_t k, const kith_real *x)
{
    enum { CHUNK = 1 << 30 }; /* what 32 bits can count */
    real_bits prefix = 0;
    size_t above = WIDTH, equal = 0;
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
        equal = bin[b];
    }
    return (threshold){prefix, equal, k};
}

enum { SAMPLE = 8192, ROOM = 32768, STRIP = 1024 };

/* The entries whose magnitudes are at least `bound`. Returns how many; more than ROOM - STRIP are not listed. */
static size_t list_large(size_t n, real_bits bound, const kith_real *x, kith_real *list)
{
    size_t count = 0;
    for (size_t lo = 0; lo < n && count <= ROOM - STRIP; lo += STRIP)
        for (size_t i = lo; i < lo + STRIP && i < n; i++) {
            list[count] = x[i];
            count += magnitude(x[i]) >= bound;
        }
    return count;
}

/* Where few of many are kept, a sample tells a bound that some more of them pass, and the k-th largest is looked for
 * among these. A sample that misleads costs time only. */
static threshold find_threshold(size_t n, size_t k, const kith_real *x)
{
    kith_real sample[SAMPLE], list[ROOM];
    const double expected = (double)k / (double)n * SAMPLE, rank = expected + 4.0 * sqrt(expected) + 8.0;
    const size_t stride = n / SAMPLE;
    if (stride < 4 || rank * (double)(stride + 1) > 0.7 * ROOM) return kth_magnitude(n, k, x);
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = x[i * stride];
    const size_t count = list_large(n, kth_magnitude(SAMPLE, (size_t)rank, sample).least, x, list);
    return count < k || count > ROOM - STRIP ? kth_magnitude(n, k, x) : kth_magnitude(count, k, list);
}

KITH_CLONES static void keep(size_t n, real_bits least, kith_real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = magnitude(x[i]) >= least ? x[i] : 0;
}

KITH_CLONES static void keep_and_rest(size_t n, real_bits least, kith_real *restrict x, kith_real *restrict rest)
{
    for (size_t i = 0; i < n; i++) {
        const kith_real y = x[i];
        const bool kept = magnitude(y) >= least;
        x[i] = kept ? y : 0;
        rest[i] = kept ? 0 : y;
    }
}

static void keep_first(size_t n, threshold t, kith_real *x, kith_real *rest)
{
    for (size_t i = 0; i < n; i++) {
        const real_bits m = magnitude(x[i]);
        const bool tie = m == t.least && t.kept > 0, kept = m > t.least || tie;
        t.kept -= tie;
        if (rest) rest[i] = kept ? 0 : x[i];
        x[i] = kept ? x[i] : 0;
    }
}

void kith_keep_largest(size_t n, size_t k, kith_real *x, kith_real *rest)
{
    if (k >= n) {
        if (rest) kith_clear(n, rest);
        return;
    }
    const threshold t = k ? find_threshold(n, k, x) : (threshold){.least = ~(real_bits)0};
    if (t.kept < t.equal)
        keep_first(n, t, x, rest);
    else if (rest)
        keep_and_rest(n, t.least, x, rest);
    else
        keep(n, t.least, x);
}
