#include "nn/squash.h"

#include <kith/nn.h>

#include <float.h>

#ifdef KITH_REAL_IS_DOUBLE
static const kith_real LEAST = -DBL_MAX;
#else
static const kith_real LEAST = -FLT_MAX;
#endif

static kith_real largest(size_t classes, const uint8_t *allowed, const kith_real *z)
{
    kith_real top = LEAST;
    for (size_t c = 0; c < classes; c++) {
        /* written so that a NaN becomes the largest and spoils the row visibly */
        if ((!allowed || allowed[c]) && !(z[c] <= top)) top = z[c];
    }
    return top;
}

KITH_CLONES static void exponentials(size_t classes, kith_real top, const kith_real *restrict z, kith_real *restrict p)
{
    for (size_t c = 0; c < classes; c++)
        p[c] = decay(top - z[c]);
}

KITH_CLONES static void shares(size_t classes, kith_real shift, kith_real share, kith_real *restrict z,
                               kith_real *restrict p)
{
    for (size_t c = 0; c < classes; c++) {
        z[c] -= shift;
        p[c] *= share;
    }
}

static void forbid(size_t classes, const uint8_t *allowed, kith_real least, kith_real *x)
{
    for (size_t c = 0; c < classes; c++)
        x[c] = allowed[c] ? x[c] : least;
}

void kith_categorical(size_t rows, size_t classes, const uint8_t *allowed, kith_real *z, kith_real *p)
{
    for (size_t r = 0; r < rows; r++, z += classes, p += classes) {
        const kith_real top = largest(classes, allowed, z);
        double sum = 0;
        exponentials(classes, top, z, p);
        if (allowed) forbid(classes, allowed, 0, p);
        for (size_t c = 0; c < classes; c++)
            sum += (double)p[c];
        shares(classes, top + (kith_real)log(sum), (kith_real)(1 / sum), z, p);
        if (allowed) forbid(classes, allowed, LEAST, z);
        allowed = allowed ? allowed + classes : NULL;
    }
}

double kith_categorical_entropy(size_t classes, const kith_real *logp, const kith_real *p)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum -= (double)(p[c] * logp[c]);
    return sum;
}

size_t kith_categorical_draw(size_t classes, const kith_real *p, double uniform)
{
    size_t last = 0;
    for (size_t c = 0; c < classes; c++) {
        if (!(p[c] > 0)) continue;
        last = c;
        uniform -= (double)p[c];
        if (uniform < 0) break;
    }
    return last;
}
