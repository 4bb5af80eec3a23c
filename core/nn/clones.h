/* Loops compiled twice, for AVX2 and for the baseline; the loader picks one.
 *
 * Both clones give the same bits: products are never contracted into fused multiply-adds (-ffp-contract=off), and
 * sums run in a fixed number of lanes whatever the width of a register. Only static functions may be marked: libtool's
 * list of exported symbols does not know the kind of symbol that the loader resolves.
 */
#ifndef KITH_NN_CLONES_H
#define KITH_NN_CLONES_H

#include <config.h>
#include <stddef.h> /* __GLIBC__ */
#include <stdlib.h>

/* Sanitizers instrument the resolver, which runs before they are set up. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(KITH_SANITIZERS)
#define KITH_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define KITH_CLONES
#endif

#if defined(__GNUC__)
#define KITH_INLINE static inline __attribute__((always_inline))
#else
#define KITH_INLINE static inline
#endif

#endif
