/* A gradient that comes in pieces has the bits of one that comes whole, every coordinate once, and no coordinate of the
 * model is read after its piece was handed over. Include "support.h" first. */
#ifndef PIECES_H
#define PIECES_H

#include <kith/model.h>

struct pieces {
    size_t d;
    kith_real *x, *g;
    unsigned char *times; /* each coordinate came */
};

/* Whoever reads x there once more gets NaN. */
static void take_piece(void *arg, size_t first, size_t count, const kith_real *g)
{
    struct pieces *p = arg;
    assert_true(count > 0 && first < p->d && count <= p->d - first);
    for (size_t i = 0; i < count; i++) {
        p->g[first + i] = g[i];
        p->x[first + i] = (kith_real)NAN;
        p->times[first + i]++;
    }
}

static void check_pieces(const kith_model *ops, const void *self, size_t d, const kith_real *x, const kith_batch *batch,
                         void *work)
{
    struct pieces p = {.d = d, .x = calloc(d, sizeof *p.x), .g = calloc(d, sizeof *p.g), .times = calloc(d, 1)};
    kith_real *whole = calloc(d, sizeof *whole), *scratch = calloc(d, sizeof *scratch);
    const kith_sink sink = {.take = take_piece, .arg = &p};
    kith_stream noise = batch->noise ? *batch->noise : (kith_stream){0}, again = noise;
    kith_batch b = *batch;
    double loss = 0, in_pieces = 0;
    assert_true(p.x && p.g && p.times && whole && scratch);
    assert_non_null(ops->gradient_to);
    if (batch->noise) b.noise = &noise;
    assert_int_equal(ops->gradient(self, NULL, x, &b, work, whole, &loss), KITH_OK);
    if (batch->noise) b.noise = &again;
    memcpy(p.x, x, d * sizeof *x);
    assert_int_equal(ops->gradient_to(self, NULL, p.x, &b, work, scratch, &sink, &in_pieces), KITH_OK);
    assert_true(loss == in_pieces);
    assert_memory_equal(p.g, whole, d * sizeof *whole);
    for (size_t i = 0; i < d; i++)
        assert_int_equal(p.times[i], 1);
    free(p.x);
    free(p.g);
    free(p.times);
    free(whole);
    free(scratch);
}

#endif
