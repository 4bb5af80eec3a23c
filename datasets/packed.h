/* Files of bytes, gzipped or plain, for the readers of binary formats.
 *
 * Ownership: kith_packed_open() borrows the strings; kith_packed_close() frees the rest. Threads: one.
 * Errors: KITH_EIO where the system refuses, KITH_EDATA for bad contents; both name the file.
 */
#ifndef KITH_DATASETS_PACKED_H
#define KITH_DATASETS_PACKED_H

#include <kith/base.h>

#include <stdbool.h>
#include <zlib.h>

/* How a file is spoken of. */
typedef struct kith_packed_name {
    const char *path;
    const char *key;    /* the parameter that names it: "idx.train_images" */
    const char *format; /* "an IDX file" */
    const char *folder; /* of the data folder, where such files lie: "mnist/"; "": anywhere there; NULL: anywhere */
} kith_packed_name;

typedef struct kith_packed {
    kith_packed_name name;
    gzFile gz;
    size_t stored; /* the file's size in bytes */
} kith_packed;

/* On failure there is nothing to close. */
kith_status kith_packed_open(kith_ctx *ctx, const kith_packed_name *name, kith_packed *out) KITH_CHECKED;
void kith_packed_close(kith_packed *file);

/* Reads up to `bytes`; *got says how many there were. */
kith_status kith_packed_read(kith_ctx *ctx, const kith_packed *file, void *out, size_t bytes, size_t *got) KITH_CHECKED;
/* Reads `bytes`, which `what` ("the header") takes, and refuses fewer. */
kith_status kith_packed_read_all(kith_ctx *ctx, const kith_packed *file, const char *what, void *out,
                                 size_t bytes) KITH_CHECKED;
/* Whether contents follow what was read. */
kith_status kith_packed_ended(kith_ctx *ctx, const kith_packed *file, int *ended) KITH_CHECKED;

/* Where images (n, a, b, c) have their channels: the choices of a parameter `channels`. */
typedef enum kith_channels { KITH_CHANNELS_AUTO = 0, KITH_CHANNELS_FIRST, KITH_CHANNELS_LAST } kith_channels;
#define KITH_CHANNELS "auto|first|last"
/* Whether of a, b and c only c is 1, 3 or 4: Keras and TensorFlow save images so. */
bool kith_channels_seem_last(const size_t size[4]);

/* The most bytes the file can unpack to. */
size_t kith_packed_most(const kith_packed *file);
/* How many bytes the file unpacks to. Of a gzipped one this is what its last four bytes say: right for one gzip member
 * below 4 GiB, to be compared with what reading finds. */
kith_status kith_packed_size(kith_ctx *ctx, const kith_packed *file, size_t *bytes) KITH_CHECKED;

#endif
