#include "rl/tower.h"

#include <math.h>

/* Where the parameters lie in their vector: gains and shifts of LayerNorm, weights and biases. Weights are (in, out),
 * but the head's (out, in), whose products are faster so for a few outputs. */
struct parts {
    size_t gain0, shift0, w1, b1, gain1, shift1, w2, b2, gain2, shift2, wi, bi, wh, bn, gain3, shift3, head, bias, end;
};

static size_t take(size_t count, size_t *at)
{
    const size_t start = *at;
    *at += count;
    return start;
}

static struct parts parts_of(const kith_tower *t)
{
    const size_t in = t->in, h = t->hidden;
    struct parts p = {0};
    size_t *at = &p.end;
    p.gain0 = take(in, at);
    p.shift0 = take(in, at);
    p.w1 = take(in * h, at);
    p.b1 = take(h, at);
    p.gain1 = take(h, at);
    p.shift1 = take(h, at);
    p.w2 = take(h * h, at);
    p.b2 = take(h, at);
    p.gain2 = take(h, at);
    p.shift2 = take(h, at);
    p.wi = take(3 * h * h, at);
    p.bi = take(3 * h, at);
    p.wh = take(3 * h * h, at);
    p.bn = take(h, at);
    p.gain3 = take(h, at);
    p.shift3 = take(h, at);
    p.head = take(t->out * h, at);
    p.bias = take(t->out, at);
    return p;
}

size_t kith_tower_length(const kith_tower *t)
{
    return parts_of(t).end;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t kith_tower_scratch(const kith_tower *t)
{
    return t->hidden * larger(3 * t->hidden, larger(t->in, t->out));
}

static void fill(size_t n, kith_real value, kith_real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

void kith_tower_init(const kith_tower *t, kith_stream *stream, double head_gain, double *scratch, kith_real *w)
{
    const struct parts p = parts_of(t);
    const size_t h = t->hidden;
    kith_clear(p.end, w);
    fill(t->in, 1, w + p.gain0);
    fill(h, 1, w + p.gain1);
    fill(h, 1, w + p.gain2);
    fill(h, 1, w + p.gain3);
    kith_draw_orthogonal(stream, t->in, h, sqrt(2), scratch, w + p.w1);
    kith_draw_orthogonal(stream, h, h, sqrt(2), scratch, w + p.w2);
    kith_draw_orthogonal(stream, h, 3 * h, 1, scratch, w + p.wi);
    kith_draw_orthogonal(stream, h, 3 * h, 1, scratch, w + p.wh);
    kith_draw_orthogonal(stream, t->out, h, head_gain, scratch, w + p.head);
}

/* ---- a pass ---- */

/* Arrays start at cache lines. */
static kith_real *cut(size_t count, kith_real *memory, size_t *at)
{
    enum { LINE = 16 };
    kith_real *start = memory ? memory + *at : NULL;
    *at += (count + LINE - 1) / LINE * LINE;
    return start;
}

static size_t place(const kith_tower *t, size_t steps, size_t rows, kith_real *memory, kith_pass *pass)
{
    const size_t n = steps * rows, h = t->hidden;
    size_t at = 0;
    *pass = (kith_pass){.steps = steps, .rows = rows};
    pass->stats0 = cut(2 * n, memory, &at);
    pass->unit = cut(n * t->in, memory, &at);
    pass->a1 = cut(n * h, memory, &at);
    pass->stats1 = cut(2 * n, memory, &at);
    pass->n1 = cut(n * h, memory, &at);
    pass->a2 = cut(n * h, memory, &at);
    pass->stats2 = cut(2 * n, memory, &at);
    pass->n2 = cut(n * h, memory, &at);
    pass->stats3 = cut(2 * n, memory, &at);
    pass->n3 = cut(n * h, memory, &at);
    pass->out = cut(n * t->out, memory, &at);
    pass->slope = cut(n * larger(t->in, h), memory, &at);
    pass->other = cut(n * larger(t->in, h), memory, &at);
    pass->gru = (kith_gru){.steps = steps, .rows = rows, .hidden = h};
    pass->gru.gates = cut(3 * n * h, memory, &at);
    pass->gru.inner = cut(3 * n * h, memory, &at);
    pass->gru.before = cut((steps + 1) * rows * h, memory, &at);
    pass->gru.h = cut(n * h, memory, &at);
    cut(larger(3 * h, t->in), memory, &at); /* kith_gemm may look at a row past a matrix */
    return at;
}

size_t kith_pass_length(const kith_tower *t, size_t steps, size_t rows)
{
    kith_pass none;
    return place(t, steps, rows, NULL, &none);
}

void kith_pass_place(const kith_tower *t, size_t steps, size_t rows, kith_real *memory, kith_pass *out)
{
    place(t, steps, rows, memory, out);
}

kith_real *kith_pass_before(const kith_pass *pass)
{
    return pass->gru.before;
}

const kith_real *kith_pass_after(const kith_pass *pass)
{
    return pass->gru.before + pass->steps * pass->rows * pass->gru.hidden;
}

void kith_tower_forward(const kith_tower *t, const kith_real *w, const kith_real *x, const uint8_t *keep,
                        const kith_pass *pass)
{
    const struct parts p = parts_of(t);
    const size_t n = pass->steps * pass->rows, h = t->hidden;
    kith_gru gru = pass->gru;
    gru.keep = keep;
    kith_layernorm_forward(n, t->in, x, w + p.gain0, w + p.shift0, pass->unit, pass->stats0);
    kith_gemm(0, 0, n, h, t->in, 1, pass->unit, w + p.w1, 0, pass->a1);
    kith_bias_relu(n, h, w + p.b1, pass->a1);
    kith_layernorm_forward(n, h, pass->a1, w + p.gain1, w + p.shift1, pass->n1, pass->stats1);
    kith_gemm(0, 0, n, h, h, 1, pass->n1, w + p.w2, 0, pass->a2);
    kith_bias_relu(n, h, w + p.b2, pass->a2);
    kith_layernorm_forward(n, h, pass->a2, w + p.gain2, w + p.shift2, pass->n2, pass->stats2);
    kith_gemm(0, 0, n, 3 * h, h, 1, pass->n2, w + p.wi, 0, gru.gates);
    kith_bias(n, 3 * h, w + p.bi, gru.gates);
    kith_gru_forward(&gru, w + p.wh, w + p.bn);
    kith_layernorm_forward(n, h, gru.h, w + p.gain3, w + p.shift3, pass->n3, pass->stats3);
    kith_gemm(0, 1, n, t->out, h, 1, pass->n3, w + p.head, 0, pass->out);
    kith_bias(n, t->out, w + p.bias, pass->out);
}

/* ---- and back ---- */

size_t kith_tower_turned_length(const kith_tower *t)
{
    return t->hidden * (t->in + 7 * t->hidden);
}

void kith_tower_turn(const kith_tower *t, const kith_real *w, kith_real *turned)
{
    const struct parts p = parts_of(t);
    const size_t h = t->hidden;
    kith_transpose(t->in, h, w + p.w1, turned);
    turned += t->in * h;
    kith_transpose(h, h, w + p.w2, turned);
    turned += h * h;
    kith_transpose(h, 3 * h, w + p.wi, turned);
    turned += 3 * h * h;
    kith_transpose(h, 3 * h, w + p.wh, turned);
}

void kith_tower_backward(const kith_tower *t, const kith_real *w, const kith_real *turned, const kith_real *x,
                         const uint8_t *keep, const kith_real *dout, const kith_pass *pass, kith_real *g)
{
    const struct parts p = parts_of(t);
    const size_t n = pass->steps * pass->rows, h = t->hidden;
    const kith_real *turned1 = turned, *turned2 = turned1 + t->in * h, *turned_i = turned2 + h * h;
    kith_real *d = pass->slope, *e = pass->other;
    kith_gru gru = pass->gru;
    gru.keep = keep;
    kith_gemm(1, 0, t->out, h, n, 1, dout, pass->n3, 0, g + p.head);
    kith_bias_backward(n, t->out, dout, g + p.bias);
    kith_gemm(0, 0, n, h, t->out, 1, dout, w + p.head, 0, d);
    kith_layernorm_backward(n, h, gru.h, w + p.gain3, pass->stats3, d, g + p.gain3, g + p.shift3, d);
    kith_gru_backward(&gru, turned_i + 3 * h * h, d, g + p.wh, g + p.bn);
    kith_gemm(1, 0, h, 3 * h, n, 1, pass->n2, gru.gates, 0, g + p.wi);
    kith_bias_backward(n, 3 * h, gru.gates, g + p.bi);
    kith_gemm(0, 0, n, h, 3 * h, 1, gru.gates, turned_i, 0, d);
    kith_layernorm_backward(n, h, pass->a2, w + p.gain2, pass->stats2, d, g + p.gain2, g + p.shift2, d);
    kith_relu_backward(n * h, pass->a2, d);
    kith_gemm(1, 0, h, h, n, 1, pass->n1, d, 0, g + p.w2);
    kith_bias_backward(n, h, d, g + p.b2);
    kith_gemm(0, 0, n, h, h, 1, d, turned2, 0, e);
    kith_layernorm_backward(n, h, pass->a1, w + p.gain1, pass->stats1, e, g + p.gain1, g + p.shift1, e);
    kith_relu_backward(n * h, pass->a1, e);
    kith_gemm(1, 0, t->in, h, n, 1, pass->unit, e, 0, g + p.w1);
    kith_bias_backward(n, h, e, g + p.b1);
    kith_gemm(0, 0, n, t->in, h, 1, e, turned1, 0, d);
    kith_layernorm_backward(n, t->in, x, w + p.gain0, pass->stats0, d, g + p.gain0, g + p.shift0, NULL);
}
