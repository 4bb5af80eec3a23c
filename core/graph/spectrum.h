/* How fast graphs mix: dense matrices of up to some hundred nodes, in double.
 *
 * Shapes: matrices are n x n, row by row. Ownership: the caller's. Threads: any. Errors: KITH_EMEMORY.
 */
#ifndef KITH_SPECTRUM_H
#define KITH_SPECTRUM_H

#include <kith/graph.h>

/* The largest modulus of an eigenvalue, by repeated squaring (Gelfand's formula): symmetric or not, about 12 digits for
 * normal matrices. */
kith_status kith_spectral_radius(kith_ctx *ctx, size_t n, const double *matrix, double *out) KITH_CHECKED;

/* |lambda_2| of a W whose rows or columns sum to 1. */
kith_status kith_graph_second(kith_ctx *ctx, const kith_graph *graph, double *out) KITH_CHECKED;

/* What rounds leave of squared deviations, on average. Zero-initialise; free with kith_mixing_free. */
typedef struct kith_mixing {
    size_t nodes, rounds;
    double *gram;    /* sum over rounds of W'W */
    double *shift;   /* sum over rounds of W'11'W / n */
    double *columns; /* of the last W */
} kith_mixing;
kith_status kith_mixing_add(kith_ctx *ctx, kith_mixing *mixing, const kith_graph *graph) KITH_CHECKED;
/* *about_own = 1 - lambda_max(E[W'JW]), J = I - 11'/n: each round's deviations are taken from its own mean. *about_old
 * = 1 - lambda_max(J E[W'W] J): from the mean before it, which a W with uneven columns moves. */
kith_status kith_mixing_rates(kith_ctx *ctx, const kith_mixing *mixing, double *about_own,
                              double *about_old) KITH_CHECKED;
void kith_mixing_free(kith_mixing *mixing);

/* out = W x. */
void kith_graph_mix(const kith_graph *graph, const double *x, double *out);

#endif
