#include "nn/squash.h"

#include <kith/nn.h>

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
