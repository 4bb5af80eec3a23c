/* Short runs of channels, copied and added a register at a time.
 *
 * Images lie (H, W, C): what the loops over them touch are runs of C or side * C neighbouring reals, often just a few. A
 * run that ends within a register is handled as a whole register where the reals beyond it may be touched.
 */
#ifndef KITH_NN_LANES_H
#define KITH_NN_LANES_H

#include "nn/clones.h"

#include <kith/base.h>
#include <stdbool.h>
#include <string.h>

enum { KITH_LANES = 8 };

/* to[0..n-1] <- from[0..n-1]; up to KITH_LANES - 1 reals more are read and written. */
KITH_INLINE void copy_lanes(size_t n, const kith_real *from, kith_real *to)
{
    for (size_t i = 0; i < n; i += KITH_LANES) {
        kith_real held[KITH_LANES];
        memcpy(held, from + i, sizeof held);
        memcpy(to + i, held, sizeof held);
    }
}

/* Stores all lanes where `whole`, else the first n. */
KITH_INLINE void store_lanes(bool whole, size_t n, const kith_real lane[KITH_LANES], kith_real *to)
{
    if (whole) memcpy(to, lane, KITH_LANES * sizeof *to);
    else
        for (size_t l = 0; l < n; l++) to[l] = lane[l];
}

#endif
