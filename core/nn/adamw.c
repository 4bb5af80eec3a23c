#include "nn/clones.h"

#include <kith/nn.h>

#include <math.h>

#ifdef KITH_REAL_IS_DOUBLE
#define ROOT sqrt
#else
#define ROOT sqrtf
#endif

KITH_INLINE void update(size_t n, kith_adamw a, const kith_real *restrict g, kith_real *restrict m,
                        kith_real *restrict v, kith_real *restrict y, kith_real *restrict sum, bool sums)
{
    for (size_t i = 0; i < n; i++) {
        m[i] = a.beta1 * m[i] + ((kith_real)1 - a.beta1) * g[i];
        v[i] = a.beta2 * v[i] + ((kith_real)1 - a.beta2) * (g[i] * g[i]);
        const kith_real u = a.m_scale * m[i] / (ROOT(a.v_scale * v[i]) + a.epsilon) + a.decay * y[i];
        y[i] -= a.lr * u;
        if (sums) sum[i] += u;
    }
}

KITH_CLONES static void plain(size_t n, kith_adamw a, const kith_real *g, kith_real *m, kith_real *v, kith_real *y)
{
    update(n, a, g, m, v, y, NULL, false);
}

KITH_CLONES static void summed(size_t n, kith_adamw a, const kith_real *g, kith_real *m, kith_real *v, kith_real *y,
                               kith_real *sum)
{
    update(n, a, g, m, v, y, sum, true);
}

void kith_adamw_update(size_t n, const kith_adamw *how, const kith_real *g, kith_real *m, kith_real *v, kith_real *y,
                       kith_real *sum)
{
    if (sum) {
        summed(n, *how, g, m, v, y, sum);
    } else {
        plain(n, *how, g, m, v, y);
    }
}
