#include "nn/clones.h"

#include <kith/nn.h>
#include <math.h>
#include <string.h>

/* What the exponential needs to know of the precision. ln 2 is cut in two, so that n ln 2 is subtracted exactly; adding
 * and subtracting ROUND, 1.5 times two to the power of the mantissa's bits, rounds to a whole number and leaves it in
 * the low bits; e^-SPAN is not yet a denormal. Taylor's series to the 7th (13th) power is exact to the precision for
 * |r| <= ln 2 / 2. */
#ifdef KITH_REAL_IS_DOUBLE
typedef uint64_t real_bits;
#define real_copysign copysign
static const kith_real SPAN = 708, ROUND = 0x1.8p52, LN2_HIGH = 0x1.62e42feep-1, LN2_LOW = 0x1.a39ef35793c76p-33;
enum { MANTISSA = 52, EXPONENT = 11, BIAS = 1023 };
#else
typedef uint32_t real_bits;
#define real_copysign copysignf
static const kith_real SPAN = 87, ROUND = 0x1.8p23f, LN2_HIGH = 0x1.63p-1f, LN2_LOW = -0x1.bd0106p-13f;
enum { MANTISSA = 23, EXPONENT = 8, BIAS = 127 };
#endif

static const kith_real INVERSE_LN2 = (kith_real)1.44269504088896340736;

/* Written out, since a loop within a loop is not vectorised. */
KITH_INLINE kith_real taylor(kith_real r)
{
#define TERM(k_factorial) sum = sum * r + (kith_real)(1.0 / (k_factorial))
#ifdef KITH_REAL_IS_DOUBLE
    kith_real sum = 1.0 / 6227020800; /* 1/13! */
    TERM(479001600);
    TERM(39916800);
    TERM(3628800);
    TERM(362880);
    TERM(40320);
    TERM(5040);
#else
    kith_real sum = (kith_real)(1.0 / 5040); /* 1/7! */
#endif
    TERM(720);
    TERM(120);
    TERM(24);
    TERM(6);
    TERM(2);
    TERM(1);
    TERM(1);
#undef TERM
    return sum;
}

KITH_INLINE real_bits bits_of(kith_real x)
{
    real_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

KITH_INLINE kith_real real_of(real_bits bits)
{
    kith_real x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* e^-|x|, cut at e^-SPAN; NaN stays NaN. Sums, products and integer operations only, the same for each lane of a
 * register as for what is left over, so the bits do not depend on where in a vector a number lies. Positive reals lie
 * in the order of their bits, and comparing those makes no branches, which would keep GCC from using vectors. */
KITH_INLINE kith_real decay(kith_real x)
{
    const real_bits infinite = (((real_bits)1 << EXPONENT) - 1) << MANTISSA, most = bits_of(SPAN);
    const real_bits size = bits_of(x) & ~((real_bits)1 << (MANTISSA + EXPONENT));
    const kith_real y = -real_of(size < most ? size : most);
    const kith_real shifted = y * INVERSE_LN2 + ROUND, n = shifted - ROUND;
    const kith_real r = (y - n * LN2_HIGH) - n * LN2_LOW;
    const kith_real e = taylor(r) * real_of((bits_of(shifted) + BIAS) << MANTISSA);
    return real_of(bits_of(e) | (real_bits) - (real_bits)(size > infinite));
}

KITH_INLINE kith_real sigmoid_of(kith_real x)
{
    const kith_real e = decay(x);
    return (x < 0 ? e : 1) / (1 + e);
}

KITH_INLINE kith_real tanh_of(kith_real x)
{
    const kith_real e = decay(2 * x);
    return real_copysign((1 - e) / (1 + e), x);
}

KITH_CLONES static void sigmoid(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = sigmoid_of(y[i]);
}

KITH_CLONES static void hyperbolic_tangent(size_t n, kith_real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = tanh_of(y[i]);
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
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

void kith_lookup(size_t rows, size_t width, const int32_t *index, const kith_real *table, kith_real *y)
{
    for (size_t r = 0; r < rows; r++)
        kith_copy(width, table + (size_t)index[r] * width, y + r * width);
}

void kith_lookup_backward(size_t rows, size_t width, const int32_t *index, const kith_real *dy, size_t entries,
                          kith_real *gtable)
{
    kith_clear(entries * width, gtable);
    for (size_t r = 0; r < rows; r++)
        add_row(width, dy + r * width, gtable + (size_t)index[r] * width);
}

/* ---- the layer ---- */

/* One row of one step. Separate names for the gates tell the compiler that they do not overlap. */
KITH_CLONES static void cell_forward(size_t hidden, kith_real *restrict i, kith_real *restrict f, kith_real *restrict g,
                                     kith_real *restrict o, const kith_real *restrict before, kith_real *restrict cell,
                                     kith_real *restrict squashed, kith_real *restrict h)
{
    for (size_t j = 0; j < hidden; j++) {
        i[j] = sigmoid_of(i[j]);
        f[j] = sigmoid_of(f[j]);
        g[j] = tanh_of(g[j]);
        o[j] = sigmoid_of(o[j]);
        cell[j] = f[j] * before[j] + i[j] * g[j];
        squashed[j] = tanh_of(cell[j]);
        h[j] = o[j] * squashed[j];
    }
}

/* One row of one step. carry comes as the part of the gradient for this step's c that later steps gave, and leaves as
 * the one for the step before. */
KITH_CLONES static void cell_backward(size_t hidden, const kith_real *restrict before,
                                      const kith_real *restrict squashed, const kith_real *restrict dh,
                                      kith_real *restrict carry, kith_real *restrict i, kith_real *restrict f,
                                      kith_real *restrict g, kith_real *restrict o)
{
    for (size_t j = 0; j < hidden; j++) {
        const kith_real in = i[j], forget = f[j], new = g[j], out = o[j], s = squashed[j];
        const kith_real dc = carry[j] + dh[j] * out * (1 - s * s);
        i[j] = dc * new *in *(1 - in);
        f[j] = dc * before[j] * forget * (1 - forget);
        g[j] = dc * in * (1 - new *new);
        o[j] = dh[j] * s * out * (1 - out);
        carry[j] = dc * forget;
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
            cell_forward(hidden, a + 4 * r, a + 4 * r + hidden, a + 4 * r + 2 * hidden, a + 4 * r + 3 * hidden,
                         before + r, before + step + r, s->squashed + t * step + r, s->h + t * step + r);
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
            cell_backward(hidden, s->cell + t * step + r, s->squashed + t * step + r, d + r, carry + r, a + 4 * r,
                          a + 4 * r + hidden, a + 4 * r + 2 * hidden, a + 4 * r + 3 * hidden);
    }
    const size_t pairs = s->steps ? (s->steps - 1) * s->rows : 0;
    kith_gemm(1, 0, hidden, 4 * hidden, pairs, 1, s->h, s->gates + 4 * step, 0, gw);
}
