/* How fast graphs mix: dense matrices of up to some hundred nodes, in double; kith_graph_least() takes any graph.
 *
 * Shapes: matrices are n x n, row by row. Ownership: the caller's. Threads: any. Errors: KITH_EMEMORY.
 */
#ifndef KITH_SPECTRUM_H
#define KITH_SPECTRUM_H

#include <kith/walk.h>

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

/* Eigenpairs of a symmetric matrix a (n, n), of which only the lower triangle is read: values[n] from the largest on,
 * and in row k of a, overwritten, the unit vector of values[k]. A thousand rows take seconds. */
kith_status kith_symmetric_eigen(kith_ctx *ctx, size_t n, double *a, double *values) KITH_CHECKED;

/* The same of D^(1/2) P D^(-1/2), D = diag(mu), which has the eigenvalues of the chain P: phi_k in row k. D^(-1/2)
 * phi_k is a right eigenvector of P, and D^(1/2) phi_k a left one. */
kith_status kith_reversible_spectrum(kith_ctx *ctx, const kith_reversible *chain, double *values,
                                     double *vectors) KITH_CHECKED;

/* Whether a symmetric W has an eigenvalue of at most `bound` (+ 1e-9, since weights are decimals in files), and if so
 * *least, the least one, to some four digits. Takes the edges as they are, up to 800 products W x; the first vector of
 * a graph with two sides, and one at random. Of graphs whose least eigenvalue misses the bound by less than some 1e-4,
 * large ones may pass. */
kith_status kith_graph_least(kith_ctx *ctx, const kith_graph *graph, double bound, bool *reached,
                             double *least) KITH_CHECKED;

/* out = W x. */
void kith_graph_mix(const kith_graph *graph, const double *x, double *out);

#endif
