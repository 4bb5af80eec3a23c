/* Loops compiled twice, for AVX2 and for the baseline; the loader picks one.
 *
 * Both clones give the same bits: products are never contracted into fused multiply-adds (-ffp-contract=off), and
 * sums run in a fixed number of lanes whatever the width of a register. Files that are compiled otherwise say so, and
 * have clones for processors with and without fused operations. Only static functions may be marked: libtool's list of
 * exported symbols does not know the kind of symbol that the loader resolves.
 */
#ifndef KITH_NN_CLONES_H
#define KITH_NN_CLONES_H

#include <config.h>
#include <stddef.h> /* __GLIBC__ */
#include <stdbool.h>
#include <stdlib.h>

/* Sanitizers instrument the resolver, which runs before they are set up. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(KITH_SANITIZERS)
#define KITH_CLONES       __attribute__((target_clones("avx2", "default")))
#define KITH_FUSED_CLONES __attribute__((target_clones("fma", "default")))
#define KITH_FUSED        (__builtin_cpu_supports("fma") != 0)
#else
#define KITH_CLONES
#define KITH_FUSED_CLONES
#ifdef __FP_FAST_FMA
#define KITH_FUSED true
#else
#define KITH_FUSED false
#endif
#endif

#if defined(__GNUC__)
#define KITH_INLINE static inline __attribute__((always_inline))
#else
#define KITH_INLINE static inline
#endif

#endif
