/* e^-|x|, the sigmoid and the hyperbolic tangent, made of sums, products and integer operations only, so that loops
 * over them are vectorised and an entry's bits do not depend on its place.
 */
#ifndef KITH_NN_SQUASH_H
#define KITH_NN_SQUASH_H

#include "nn/clones.h"

#include <kith/base.h>
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

#endif
