#include "nn/clones.h"

#include <kith/nn.h>

struct step {
    kith_real lr, decay, momentum;
};

/* The three flags are constants where it is called, so each caller gets a loop without branches. */
KITH_INLINE void update(size_t n, struct step s, const kith_real *restrict g, kith_real *restrict u,
                        kith_real *restrict y, kith_real *restrict sum, bool decays, bool heavy, bool sums)
{
    for (size_t i = 0; i < n; i++) {
        kith_real v = g[i];
        if (decays) v += s.decay * y[i];
        if (heavy) {
            v += s.momentum * u[i];
            u[i] = v;
        }
        y[i] -= s.lr * v;
        if (sums) sum[i] += v;
    }
}

#define UPDATE(name, decays, heavy, sums)                                                                              \
    KITH_CLONES static void name(size_t n, struct step s, const kith_real *g, kith_real *u, kith_real *y,              \
                                 kith_real *sum)                                                                       \
    {                                                                                                                  \
        update(n, s, g, u, y, sum, decays, heavy, sums);                                                               \
    }

UPDATE(plain, false, false, false)
UPDATE(plain_sum, false, false, true)
UPDATE(heavy, false, true, false)
UPDATE(heavy_sum, false, true, true)
UPDATE(decaying, true, false, false)
UPDATE(decaying_sum, true, false, true)
UPDATE(decaying_heavy, true, true, false)
UPDATE(decaying_heavy_sum, true, true, true)
#undef UPDATE

void kith_sgd_update(size_t n, kith_real lr, kith_real decay, kith_real momentum, const kith_real *g, kith_real *u,
                     kith_real *y, kith_real *sum)
{
    typedef void (*loop)(size_t, struct step, const kith_real *, kith_real *, kith_real *, kith_real *);
    static const loop loops[2][2][2] = {
        {{plain, plain_sum}, {heavy, heavy_sum}},
        {{decaying, decaying_sum}, {decaying_heavy, decaying_heavy_sum}},
    };
    const struct step s = {.lr = lr, .decay = decay, .momentum = momentum};
    loops[decay != 0][momentum != 0][sum != NULL](n, s, g, u, y, sum);
}
