#include "nn/clones.h"

#include <kith/nn.h>

#include <math.h>
#include <string.h>

KITH_CLONES static void axpy(size_t n, kith_real a, const kith_real *restrict x, kith_real *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

KITH_CLONES static void scale(size_t n, kith_real a, kith_real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= a;
}

KITH_CLONES static void subtract(size_t n, const kith_real *x, const kith_real *y, kith_real *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] - y[i];
}

void kith_axpy(size_t n, kith_real a, const kith_real *x, kith_real *y)
{
    axpy(n, a, x, y);
}

void kith_scale(size_t n, kith_real a, kith_real *y)
{
    scale(n, a, y);
}

void kith_clear(size_t n, kith_real *y)
{
    if (n) memset(y, 0, n * sizeof *y);
}

void kith_copy(size_t n, const kith_real *x, kith_real *y)
{
    if (n) memcpy(y, x, n * sizeof *y);
}

void kith_subtract(size_t n, const kith_real *x, const kith_real *y, kith_real *out)
{
    subtract(n, x, y, out);
}

enum { LANES = 16 };

/* Halves the lanes until one is left, so the order of the sum depends on nothing. */
KITH_INLINE double fold(double lane[LANES])
{
    for (size_t half = LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    }
    return lane[0];
}

KITH_CLONES static double dot(size_t n, const kith_real *x, const kith_real *y)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++)
            lane[l] += (double)x[i + l] * (double)y[i + l];
    }
    for (size_t l = 0; i + l < n; l++)
        lane[l] += (double)x[i + l] * (double)y[i + l];
    return fold(lane);
}

KITH_CLONES static double distance2(size_t n, const kith_real *x, const kith_real *y)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            const double d = (double)x[i + l] - (double)y[i + l];
            lane[l] += d * d;
        }
    }
    for (size_t l = 0; i + l < n; l++) {
        const double d = (double)x[i + l] - (double)y[i + l];
        lane[l] += d * d;
    }
    return fold(lane);
}

KITH_CLONES static double magnitudes(size_t n, const kith_real *x)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++)
            lane[l] += fabs((double)x[i + l]);
    }
    for (size_t l = 0; i + l < n; l++)
        lane[l] += fabs((double)x[i + l]);
    return fold(lane);
}

KITH_CLONES static void signs(size_t n, kith_real size, kith_real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0 ? size : x[i] < 0 ? -size : x[i];
}

double kith_magnitudes(size_t n, const kith_real *x)
{
    return magnitudes(n, x);
}

void kith_signs(size_t n, kith_real size, kith_real *x)
{
    signs(n, size, x);
}

double kith_dot(size_t n, const kith_real *x, const kith_real *y)
{
    return dot(n, x, y);
}

double kith_distance2(size_t n, const kith_real *x, const kith_real *y)
{
    return distance2(n, x, y);
}

#ifdef KITH_REAL_IS_DOUBLE
typedef uint64_t real_bits;
static const real_bits exponent = UINT64_C(0x7ff) << 52;
#else
typedef uint32_t real_bits;
static const real_bits exponent = UINT32_C(0xff) << 23;
#endif
_Static_assert(sizeof(real_bits) == sizeof(kith_real), "a real is as wide as its bits");

/* An exponent of all ones is an infinity or not a number. */
KITH_CLONES static real_bits count_wild(size_t n, const kith_real *x)
{
    real_bits wild = 0;
    for (size_t i = 0; i < n; i++) {
        real_bits bits;
        memcpy(&bits, &x[i], sizeof bits);
        wild += (bits & exponent) == exponent;
    }
    return wild;
}

bool kith_all_finite(size_t n, const kith_real *x)
{
    for (size_t i = 0; i < n; i += KITH_BLOCK) {
        const size_t count = n - i < KITH_BLOCK ? n - i : KITH_BLOCK;
        if (count_wild(count, x + i)) return false;
    }
    return true;
}
