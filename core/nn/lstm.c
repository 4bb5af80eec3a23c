#include "nn/clones.h"

#include <kith/nn.h>
#include <math.h>
#include <string.h>

/* What the exponential needs to know of the precision. ln 2 is cut in two, so that n ln 2 is subtracted exactly; adding and
 * subtracting ROUND, 1.5 times two to the power of the mantissa's bits, rounds to a whole number and leaves it in the low
 * bits; 1/k! up to TERMS is exact enough for |r| <= ln 2 / 2; e^-SPAN is not yet a denormal. */
#ifdef KITH_REAL_IS_DOUBLE
typedef uint64_t real_bits;
#define TERMS 13
#define real_copysign copysign
#define real_fabs fabs
static const kith_real SPAN = 708, ROUND = 0x1.8p52, LN2_HIGH = 0x1.62e42feep-1, LN2_LOW = 0x1.a39ef35793c76p-33;
enum { MANTISSA = 52, BIAS = 1023 };
#else
typedef uint32_t real_bits;
#define TERMS 7
#define real_copysign copysignf
#define real_fabs fabsf
static const kith_real SPAN = 87, ROUND = 0x1.8p23f, LN2_HIGH = 0x1.63p-1f, LN2_LOW = -0x1.bd0106p-13f;
enum { MANTISSA = 23, BIAS = 127 };
#endif

static const kith_real INVERSE_LN2 = (kith_real)1.44269504088896340736;

/* 1/k! for k = 13 .. 0; the float starts at 7. */
static const double inverse_factorial[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
                                           1.0 / 40320,      1.0 / 5040,      1.0 / 720,      1.0 / 120,     1.0 / 24,
                                           1.0 / 6,          0.5,             1,              1};

/* e^x for x cut to -SPAN..SPAN; NaN stays NaN. Sums, products and integer operations only, the same for each lane of a
 * register as for what is left over, so the bits do not depend on where in a vector a number lies. */
KITH_INLINE kith_real exponential(kith_real x)
{
    x = x > SPAN ? SPAN : x;
    x = x < -SPAN ? -SPAN : x;
    const kith_real shifted = x * INVERSE_LN2 + ROUND, n = shifted - ROUND;
    const kith_real r = (x - n * LN2_HIGH) - n * LN2_LOW;
    kith_real sum = (kith_real)inverse_factorial[13 - TERMS];
    for (size_t k = 14 - TERMS; k < 14; k++) sum = sum * r + (kith_real)inverse_factorial[k];
    real_bits bits = 0;
    kith_real power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + BIAS) << MANTISSA;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

KITH_INLINE kith_real sigmoid_of(kith_real x)
{
    return 1 / (1 + exponential(-x));
}

KITH_INLINE kith_real tanh_of(kith_real x)
{
    const kith_real e = exponential(-2 * real_fabs(x));
    return real_copysign((1 - e) / (1 + e), x);
}

KITH_CLONES static void sigmoid(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++) y[i] = sigmoid_of(y[i]);
}

KITH_CLONES static void hyperbolic_tangent(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++) y[i] = tanh_of(y[i]);
}

void kith_sigmoid(size_t n, kith_real *y)
{
    sigmoid(n, y);
}

void kith_tanh(size_t n, kith_real *y)
{
    hyperbolic_tangent(n, y);
}

/* ---- lookup ---- */

KITH_CLONES static void add_row(size_t n, const kith_real *restrict x, kith_real *restrict y)
{
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void kith_lookup(size_t rows, size_t width, const int32_t *index, const kith_real *table, kith_real *y)
{
    for (size_t r = 0; r < rows; r++) kith_copy(width, table + (size_t)index[r] * width, y + r * width);
}

void kith_lookup_backward(size_t rows, size_t width, const int32_t *index, const kith_real *dy, size_t entries,
                          kith_real *gtable)
{
    kith_clear(entries * width, gtable);
    for (size_t r = 0; r < rows; r++) add_row(width, dy + r * width, gtable + (size_t)index[r] * width);
}

/* ---- the layer ---- */

/* One row of one step: a holds the gates i f g o. */
KITH_CLONES static void cell_forward(size_t hidden, kith_real *restrict a, const kith_real *restrict before,
                                     kith_real *restrict cell, kith_real *restrict squashed, kith_real *restrict h)
{
    for (size_t j = 0; j < hidden; j++) {
        const kith_real i = sigmoid_of(a[j]), f = sigmoid_of(a[hidden + j]);
        const kith_real g = tanh_of(a[2 * hidden + j]), o = sigmoid_of(a[3 * hidden + j]);
        const kith_real c = f * before[j] + i * g, s = tanh_of(c);
        a[j] = i;
        a[hidden + j] = f;
        a[2 * hidden + j] = g;
        a[3 * hidden + j] = o;
        cell[j] = c;
        squashed[j] = s;
        h[j] = o * s;
    }
}

/* Of one row of one step: carry comes as the gradient of the next step's c with respect to this one's. */
KITH_CLONES static void cell_backward(size_t hidden, const kith_real *restrict before, const kith_real *restrict squashed,
                                      const kith_real *restrict dh, kith_real *restrict carry, kith_real *restrict a)
{
    for (size_t j = 0; j < hidden; j++) {
        const kith_real i = a[j], f = a[hidden + j], g = a[2 * hidden + j], o = a[3 * hidden + j], s = squashed[j];
        const kith_real dc = carry[j] + dh[j] * o * (1 - s * s);
        a[j] = dc * g * i * (1 - i);
        a[hidden + j] = dc * before[j] * f * (1 - f);
        a[2 * hidden + j] = dc * i * (1 - g * g);
        a[3 * hidden + j] = dh[j] * s * o * (1 - o);
        carry[j] = dc * f;
    }
}

void kith_lstm_forward(const kith_lstm *s, const kith_real *w)
{
    const size_t hidden = s->hidden, step = s->rows * hidden;
    kith_clear(step, s->cell);
    for (size_t t = 0; t < s->steps; t++) {
        kith_real *a = s->gates + t * 4 * step, *before = s->cell + t * step;
        if (t > 0) kith_gemm(0, 0, s->rows, 4 * hidden, hidden, 1, s->h + (t - 1) * step, w, 1, a);
        for (size_t r = 0; r < step; r += hidden)
            cell_forward(hidden, a + 4 * r, before + r, before + step + r, s->squashed + t * step + r, s->h + t * step + r);
    }
}

void kith_lstm_backward(const kith_lstm *s, const kith_real *w, kith_real *dh, kith_real *carry, kith_real *gw)
{
    const size_t hidden = s->hidden, step = s->rows * hidden;
    kith_clear(step, carry);
    for (size_t t = s->steps; t-- > 0;) {
        kith_real *a = s->gates + t * 4 * step, *d = dh + t * step;
        if (t + 1 < s->steps) kith_gemm(0, 1, s->rows, hidden, 4 * hidden, 1, a + 4 * step, w, 1, d);
        for (size_t r = 0; r < step; r += hidden)
            cell_backward(hidden, s->cell + t * step + r, s->squashed + t * step + r, d + r, carry + r, a + 4 * r);
    }
    const size_t pairs = s->steps ? (s->steps - 1) * s->rows : 0;
    kith_gemm(1, 0, hidden, 4 * hidden, pairs, 1, s->h, s->gates + 4 * step, 0, gw);
}
