#include "nn/squash.h"

#include <kith/nn.h>

/* One row of one step. inner comes as h w; of it the candidate's part stays, bias included, since its slope takes it.
 */
KITH_CLONES static void cell_forward(size_t hidden, kith_real *restrict r, kith_real *restrict z, kith_real *restrict n,
                                     const kith_real *restrict inner_r, const kith_real *restrict inner_z,
                                     kith_real *restrict inner_n, const kith_real *restrict bias,
                                     const kith_real *restrict before, kith_real *restrict h)
{
    for (size_t j = 0; j < hidden; j++) {
        r[j] = sigmoid_of(r[j] + inner_r[j]);
        z[j] = sigmoid_of(z[j] + inner_z[j]);
        inner_n[j] += bias[j];
        n[j] = tanh_of(n[j] + r[j] * inner_n[j]);
        h[j] = n[j] + z[j] * (before[j] - n[j]);
    }
}

/* One row of one step. dh: this step's whole gradient; leaves as the direct part of the one for the step before. */
KITH_CLONES static void cell_backward(size_t hidden, const kith_real *restrict before, kith_real *restrict dh,
                                      kith_real *restrict r, kith_real *restrict z, kith_real *restrict n,
                                      kith_real *restrict inner_r, kith_real *restrict inner_z,
                                      kith_real *restrict inner_n)
{
    for (size_t j = 0; j < hidden; j++) {
        const kith_real reset = r[j], update = z[j], new = n[j], d = dh[j];
        const kith_real dn = d * (1 - update) * (1 - new *new);
        const kith_real dr = dn * inner_n[j] * reset * (1 - reset);
        const kith_real dz = d * (before[j] - new) * update * (1 - update);
        r[j] = dr;
        z[j] = dz;
        n[j] = dn;
        inner_r[j] = dr;
        inner_z[j] = dz;
        inner_n[j] = dn * reset;
        dh[j] = d * update;
    }
}

static void clear_where_new(const kith_gru *s, size_t step, kith_real *state)
{
    if (!s->keep) return;
    for (size_t b = 0; b < s->rows; b++) {
        if (!s->keep[step * s->rows + b]) kith_clear(s->hidden, state + b * s->hidden);
    }
}

void kith_gru_forward(const kith_gru *s, const kith_real *w, const kith_real *bias)
{
    const size_t hidden = s->hidden, step = s->rows * hidden;
    for (size_t t = 0; t < s->steps; t++) {
        kith_real *a = s->gates + t * 3 * step, *u = s->inner + t * 3 * step, *before = s->before + t * step;
        kith_real *h = s->h + t * step;
        clear_where_new(s, t, before);
        kith_gemm(0, 0, s->rows, 3 * hidden, hidden, 1, before, w, 0, u);
        for (size_t at = 0; at < step; at += hidden)
            cell_forward(hidden, a + 3 * at, a + 3 * at + hidden, a + 3 * at + 2 * hidden, u + 3 * at,
                         u + 3 * at + hidden, u + 3 * at + 2 * hidden, bias, before + at, h + at);
        kith_copy(step, h, before + step);
    }
}

/* The candidate's third of du has a bias of its own; the other two share the input's. */
static void candidate_bias(const kith_gru *s, kith_real *gbias)
{
    const size_t hidden = s->hidden, rows = s->steps * s->rows;
    kith_clear(hidden, gbias);
    for (size_t i = 0; i < rows; i++)
        kith_axpy(hidden, 1, s->inner + (3 * i + 2) * hidden, gbias);
}

void kith_gru_backward(const kith_gru *s, const kith_real *turned, kith_real *dh, kith_real *gw, kith_real *gbias)
{
    const size_t hidden = s->hidden, step = s->rows * hidden;
    for (size_t t = s->steps; t-- > 0;) {
        kith_real *a = s->gates + t * 3 * step, *u = s->inner + t * 3 * step, *d = dh + t * step;
        for (size_t at = 0; at < step; at += hidden)
            cell_backward(hidden, s->before + t * step + at, d + at, a + 3 * at, a + 3 * at + hidden,
                          a + 3 * at + 2 * hidden, u + 3 * at, u + 3 * at + hidden, u + 3 * at + 2 * hidden);
        if (t == 0) continue;
        kith_gemm(0, 0, s->rows, hidden, 3 * hidden, 1, u, turned, 1, d);
        clear_where_new(s, t, d);
        kith_axpy(step, 1, d, d - step);
    }
    kith_gemm(1, 0, hidden, 3 * hidden, s->steps * s->rows, 1, s->before, s->inner, 0, gw);
    candidate_bias(s, gbias);
}
