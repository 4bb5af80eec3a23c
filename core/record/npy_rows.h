/* An array in NumPy's format whose rows several workers write: learners.npy. It appears whole or not at all.
 *
 * Life: worker 0 creates, the others join with its ticket; all write rows and seal; worker 0 places. Who calls whom
 * when is the caller's business. Ownership: file and names belong to the kith_npy_rows until place, abandon, or a
 * failure of any of these, which removes what worker 0 created. The path is borrowed. Threads: one per worker. Errors:
 * KITH_EIO.
 */
#ifndef KITH_NPY_ROWS_H
#define KITH_NPY_ROWS_H

#include "record/aside.h"

typedef struct kith_npy_rows {
    const char *path;
    kith_aside file; /* worker 0's */
    int fd;
    size_t count, columns;
} kith_npy_rows;

kith_status kith_npy_rows_create(kith_ctx *ctx, const char *path, size_t count, size_t columns,
                                 kith_npy_rows *out) KITH_CHECKED;
/* What others need of the worker that created a file. */
uint64_t kith_npy_rows_ticket(void);
/* Refuses where the file is not there: the workers do not share the folder. */
kith_status kith_npy_rows_join(kith_ctx *ctx, const char *path, size_t count, size_t columns, uint64_t ticket,
                               kith_npy_rows *out) KITH_CHECKED;
/* x (columns) becomes a row. */
kith_status kith_npy_rows_write(kith_ctx *ctx, kith_npy_rows *rows, size_t row, const kith_real *x) KITH_CHECKED;
/* What this worker wrote is on the disk. */
kith_status kith_npy_rows_seal(kith_ctx *ctx, kith_npy_rows *rows) KITH_CHECKED;
kith_status kith_npy_rows_place(kith_ctx *ctx, kith_npy_rows *rows) KITH_CHECKED;
void kith_npy_rows_abandon(kith_npy_rows *rows);

#endif
