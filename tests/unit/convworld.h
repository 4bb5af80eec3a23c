/* The layers for images beside naive twins in double, and their gradients beside central differences. */
#ifndef KITH_TESTS_CONVWORLD_H
#define KITH_TESTS_CONVWORLD_H

#include "support.h"

#include "nn/blas.h"

#include <kith/nn.h>
#include <stdbool.h>

#ifdef KITH_REAL_IS_DOUBLE
static const double EPS = 1e-12, STEP = 1e-5, SLOPE = 1e-6;
#else
static const double EPS = 2e-5, STEP = 1e-2, SLOPE = 3e-3;
#endif

enum { ROOM = 256 }; /* that nobody may write */
static const double GUARD = 12345;
static kith_stream stream;

static inline kith_real *normals(size_t n)
{
    kith_real *x = calloc(n + ROOM, sizeof *x);
    assert_non_null(x);
    kith_draw_normals(&stream, 1, n, x);
    for (size_t i = 0; i < ROOM; i++)
        x[n + i] = (kith_real)GUARD;
    return x;
}

/* Nothing was written after the n reals; frees them. */
static inline void check_and_free(kith_real *x, size_t n)
{
    for (size_t i = 0; i < ROOM; i++)
        assert_true((double)x[n + i] == GUARD);
    free(x);
}

static inline double weighted(size_t n, const kith_real *weight, const kith_real *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)weight[i] * (double)y[i];
    return sum;
}

/* A layer as a function of all it depends on; value() is the sum of its outputs times fixed weights. */
struct probe {
    double (*value)(struct probe *);
    const void *shape;
    size_t images;
    kith_real *x, *w, *bias, *y, *dy, *scratch, *kept;
    size_t outputs;
};

/* Central differences along x[i]; a kink within the step shows as unequal slopes on both sides, which bound the
 * slope. */
static inline void check_slopes(struct probe *p, size_t n, kith_real *x, const kith_real *gradient)
{
    const double here = p->value(p);
    for (size_t k = 0; k < 40; k++) {
        const size_t i = (size_t)kith_draw_below(&stream, n);
        const kith_real was = x[i], high = was + (kith_real)STEP, low = was - (kith_real)STEP;
        x[i] = high;
        const double up = p->value(p) - here;
        x[i] = low;
        const double down = here - p->value(p);
        x[i] = was;
        const double slope = (up + down) / ((double)high - (double)low), jump = fabs(up - down) / STEP;
        assert_close((double)gradient[i], slope, SLOPE, SLOPE + (jump > 0.01 ? jump : 0));
    }
}

static inline int setup(void **state)
{
    kith_ctx *ctx = kith_ctx_create();
    *state = ctx;
    stream = kith_stream_at(12, KITH_FOR_PLUGIN, 0, 0);
    return ctx ? kith_blas_start(ctx) != KITH_OK : 1;
}

static inline int teardown(void **state)
{
    kith_ctx_destroy(*state);
    return 0;
}

#endif
