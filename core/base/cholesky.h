/* Linear equations with a symmetric positive definite matrix, in double.
 *
 * Threads: any. Nothing is allocated.
 */
#ifndef KITH_CHOLESKY_H
#define KITH_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Cholesky's factor L of a (n, n), A = L L', in place of its lower triangle; the rest is not looked at. False where a
 * pivot is not above 1e-14 of its diagonal entry: the matrix is not positive definite. */
bool kith_cholesky_factor(size_t n, double *a);
/* The x (n) that solves L L' x = b, in place of b. */
void kith_cholesky_solve(size_t n, const double *factor, double *b);

#endif
