/* The model of a run as named tensors: model.safetensors, written beside model.npy, and the files that run.init names.
 *
 * The file: eight bytes with the header's length, least significant first; the header, a JSON object that has for each
 *   tensor its type, its shape and where its bytes lie; the bytes, least significant first. The format is that of the
 *   safetensors library. Names, shapes and the order of numbers are PyTorch's: a block's `axis` and `joined` say how
 *   (kith/model.h).
 * Ownership: nothing is kept. Numbers go through a buffer of fixed size. Threads: any.
 */
#ifndef KITH_TENSORS_H
#define KITH_TENSORS_H

#include <kith/model.h>

/* Where a model comes from, as the file's metadata tell it. */
typedef struct kith_tensors_origin {
    const char *algorithm, *model, *dataset;
    uint64_t round;
} kith_tensors_origin;

/* Writes the model x, whose blocks these are: aside, flushed, renamed. */
kith_status kith_tensors_write(kith_ctx *ctx, const char *path, const kith_tensors_origin *origin,
                               const kith_block *block, size_t blocks, const kith_real *x) KITH_CHECKED;

/* Reads a model of these blocks into x (d): a NumPy array of d numbers in Kith's order, or a safetensors file that has
 * each block's tensor and no other, single or double. *digest: of the file's bytes (XXH3, 64 bits). KITH_EIO where the
 * file cannot be read, KITH_EDATA where it is no such model. */
kith_status kith_tensors_read(kith_ctx *ctx, const char *path, const kith_block *block, size_t blocks, kith_real *x,
                              uint64_t *digest) KITH_CHECKED;

/* How many models a file holds as rows of a NumPy array, as learners.npy does; 0: it is no whole array of rows. The
 * digest as above. */
kith_status kith_tensors_rows(kith_ctx *ctx, const char *path, size_t *rows, uint64_t *digest) KITH_CHECKED;
/* Reads one of them into x (d). */
kith_status kith_tensors_read_row(kith_ctx *ctx, const char *path, const kith_block *block, size_t blocks, size_t row,
                                  kith_real *x) KITH_CHECKED;

#endif
