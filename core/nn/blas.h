/* The matrix library, and the arithmetic every worker must agree on.
 *
 * Threads: one. Errors: KITH_EINTERNAL where the library does not take the setting.
 */
#ifndef KITH_NN_BLAS_H
#define KITH_NN_BLAS_H

#include <kith/base.h>

/* Before the first product: one BLAS thread, and denormals count as zero, both as input and as result. Holds for the
 * calling thread. May be called again. */
kith_status kith_blas_start(kith_ctx *ctx) KITH_CHECKED;

/* Writes "key=value" lines for the run record: blas, blas_version, blas_kernels, blas_threading, own_products,
 * denormals. They name all that changes the bits of a product beside its shape, so equal texts are a condition for
 * workers to compute together. Returns the length that the text has; it is cut where `size` is not larger. */
size_t kith_blas_describe(char *text, size_t size);

#endif
