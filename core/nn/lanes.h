/* Short runs of channels, handled a register or two at a time.
 *
 * Images lie (H, W, C): what the loops over them touch are runs of C or side * C neighbouring reals, often just a few.
 * The compiler makes scalar code of such runs, hence its vector types, which work on every machine. A run that ends
 * within a register is handled as a whole one where the reals beyond it may be touched.
 */
#ifndef KITH_NN_LANES_H
#define KITH_NN_LANES_H

#include "nn/clones.h"

#include <kith/base.h>
#include <stdbool.h>

#ifdef KITH_REAL_IS_DOUBLE
typedef int64_t kith_mark;
#else
typedef int32_t kith_mark;
#endif

#ifdef __clang__
/* Functions that take such vectors are inlined: how they would be handed over, which depends on AVX, matters to none.
 */
#pragma clang diagnostic ignored "-Wpsabi"
#endif

#define KITH_LANES ((size_t)8)

/* Anywhere in memory; comparisons of lanes give marks, all ones where true. */
typedef kith_real kith_simd __attribute__((vector_size(8 * sizeof(kith_real)), aligned(sizeof(kith_real)), may_alias));
typedef kith_mark kith_marks __attribute__((vector_size(8 * sizeof(kith_real)), aligned(sizeof(kith_real)), may_alias));

#define KITH_AT(pointer)   (*(kith_simd *)(pointer))
#define KITH_READ(pointer) (*(const kith_simd *)(pointer))
/* a where marked, else b. */
#define KITH_CHOOSE(marks, a, b) ((kith_simd)(((marks) & (kith_marks)(a)) | (~(marks) & (kith_marks)(b))))

/* to[0..n-1] <- from[0..n-1]; up to KITH_LANES - 1 reals more are read and written. */
KITH_INLINE void copy_lanes(size_t n, const kith_real *from, kith_real *to)
{
    for (size_t i = 0; i < n; i += KITH_LANES)
        KITH_AT(to + i) = KITH_READ(from + i);
}

/* Another candidate for each lane, from place `at`. The first of equals is taken, and the last NaN. */
KITH_INLINE void keep_larger(kith_simd v, kith_real at, kith_simd *best, kith_simd *place)
{
    const kith_simd zero = {0};
    const kith_marks better = (v > *best) | (v != v);
    *best = KITH_CHOOSE(better, v, *best);
    *place = KITH_CHOOSE(better, zero + at, *place);
}

#endif
