/* The network of recurrent policies and critics (Yu et al. 2022, arXiv 2103.01955):
 *     LayerNorm, twice (fully connected, ReLU, LayerNorm), GRU, LayerNorm, head
 * with all parameters in one vector, and its gradient through a chunk of time.
 *
 * Letters: T steps, outermost; B rows; I inputs, H hidden units, O outputs. All arrays are dense.
 * Ownership: the caller's. Threads: one. Nothing allocates, nothing fails.
 */
#ifndef KITH_RL_TOWER_H
#define KITH_RL_TOWER_H

#include <kith/nn.h>

typedef struct kith_tower {
    size_t in, hidden, out;
} kith_tower;

/* Reals of its parameters. */
size_t kith_tower_length(const kith_tower *t);
/* Orthogonal weights with gain sqrt(2) before a ReLU, 1 in the GRU, `head_gain` in the head; biases 0; LayerNorm 1 and
 * 0. scratch: kith_tower_scratch() doubles. */
size_t kith_tower_scratch(const kith_tower *t);
void kith_tower_init(const kith_tower *t, kith_stream *stream, double head_gain, double *scratch, kith_real *w);

/* What a forward pass leaves for the backward one. */
typedef struct kith_pass {
    size_t steps, rows;                              /* T, B */
    kith_real *stats0, *unit, *a1, *stats1, *n1;     /* (T B, 2) (T B, I) (T B, H) (T B, 2) (T B, H) */
    kith_real *a2, *stats2, *n2, *stats3, *n3, *out; /* likewise; out (T B, O) */
    kith_real *slope, *other;                        /* (T B, max(I, H)) each, of the backward pass */
    kith_gru gru;
} kith_pass;

/* Reals of its arrays, and cutting them out of memory (aligned as kith_alloc gives it) of that many. */
size_t kith_pass_length(const kith_tower *t, size_t steps, size_t rows);
void kith_pass_place(const kith_tower *t, size_t steps, size_t rows, kith_real *memory, kith_pass *out);
/* (B, H): the state before the first step, to be filled in; the one after the last. */
kith_real *kith_pass_before(const kith_pass *pass);
const kith_real *kith_pass_after(const kith_pass *pass);

/* pass->out <- the network of x (T, B, I). keep (T, B): 0 where a step starts from a state of zeros; NULL: nowhere. */
void kith_tower_forward(const kith_tower *t, const kith_real *w, const kith_real *x, const uint8_t *keep,
                        const kith_pass *pass);

/* Transposed weights, for the backward pass: kith_tower_turned_length() reals. */
size_t kith_tower_turned_length(const kith_tower *t);
void kith_tower_turn(const kith_tower *t, const kith_real *w, kith_real *turned);
/* g <- the gradient of the parameters, where dout (T, B, O) is that of pass->out. After kith_tower_forward with the
 * same x and keep; spoils the pass. */
void kith_tower_backward(const kith_tower *t, const kith_real *w, const kith_real *turned, const kith_real *x,
                         const uint8_t *keep, const kith_real *dout, const kith_pass *pass, kith_real *g);

#endif
