/* What the writer and the reader of tensors share. */
#ifndef KITH_TENSORS_INSIDE_H
#define KITH_TENSORS_INSIDE_H

#include "record/tensors.h"

#include <stdio.h>

/* Numbers that are converted at a time. */
enum { KITH_TENSOR_CHUNK = 4096 };

/* A walk over a block's numbers in the order of its tensor. */
typedef struct kith_tensor_walk {
    size_t extent[KITH_BLOCK_RANK], stride[KITH_BLOCK_RANK], index[KITH_BLOCK_RANK]; /* of the tensor's axes */
    uint32_t rank;
    size_t at; /* where in the block the next number lies */
} kith_tensor_walk;

kith_tensor_walk kith_tensor_begin(const kith_block *block);
void kith_tensor_step(kith_tensor_walk *walk);
/* The tensor's shape; returns its rank. */
size_t kith_tensor_shape(const kith_block *block, size_t shape[KITH_BLOCK_RANK]);

/* One tensor of a header. Text is cut off where it is too long for the names and types that Kith has; what is no
 * printable ASCII is a question mark. */
enum { KITH_TENSOR_NAME = KITH_BLOCK_NAME + 16, KITH_TENSOR_TYPE = 16 };
typedef struct kith_tensor {
    char name[KITH_TENSOR_NAME], type[KITH_TENSOR_TYPE];
    size_t rank, shape[KITH_BLOCK_RANK]; /* of more axes only the first ones are kept */
    size_t begin, end;                   /* bytes, from the header's end */
} kith_tensor;

typedef struct kith_header_cursor {
    const char *at, *end;
    size_t seen; /* entries */
} kith_header_cursor;

typedef enum kith_header_item { KITH_HEADER_TENSOR = 0, KITH_HEADER_END, KITH_HEADER_DAMAGED } kith_header_item;
/* The next tensor of a header; metadata are checked and passed over. */
kith_header_item kith_header_next(kith_header_cursor *cursor, kith_tensor *out);

/* Reads the rest of a .npy file, from its first byte on: `count` numbers in a row. false: it is something else. */
bool kith_npy_read_model(FILE *file, size_t count, kith_real *out);
/* The same of one row of an array of rows. */
bool kith_npy_read_row(FILE *file, size_t count, size_t row, kith_real *out);
/* How many rows an array of rows has that makes up a file of so many bytes; 0: it is something else. */
size_t kith_npy_rows_of(FILE *file, size_t size);

#endif
