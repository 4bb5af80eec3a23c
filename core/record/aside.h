/* A file that appears whole or not at all: written under another name beside its place, flushed to the disk, renamed.
 *
 * Use: open; write to file->stream; then either commit, which puts it in place, or abandon, which removes every trace.
 * Ownership: the stream and the names belong to the kith_aside; commit and abandon free them, on failure too.
 * Errors: KITH_EIO with the path, what went wrong, and the remedy. A path that is there and is no regular file (a
 *   device, a folder) is refused: a rename would replace it. So is a file that is not of the kind which is written
 *   (marks.h), unless it is empty: it may be somebody's data.
 * Threads: one per file.
 */
#ifndef KITH_ASIDE_H
#define KITH_ASIDE_H

#include "record/marks.h"

#include <kith/base.h>
#include <stdio.h>

typedef struct kith_aside {
    FILE *stream;
    char *path, *temporary;
} kith_aside;

kith_status kith_aside_open(kith_ctx *ctx, const char *path, kith_product kind, kith_aside *out) KITH_CHECKED;
/* The name under which the process of that number writes, for others that write into its file; for free(). */
kith_status kith_aside_name(kith_ctx *ctx, const char *path, uint64_t process, char **out) KITH_CHECKED;
/* Writes bytes, for callers to whom stdio's own errors come too late to be told apart. Abandons the file on failure. */
kith_status kith_aside_write(kith_ctx *ctx, kith_aside *file, const void *bytes, size_t size) KITH_CHECKED;
/* Flushes and closes, so that the contents are on the disk; kith_aside_place() is then a rename. */
kith_status kith_aside_seal(kith_ctx *ctx, kith_aside *file) KITH_CHECKED;
/* Renames a sealed file into its place and makes the folder's entry durable. */
kith_status kith_aside_place(kith_ctx *ctx, kith_aside *file) KITH_CHECKED;
/* Seal and place. */
kith_status kith_aside_commit(kith_ctx *ctx, kith_aside *file) KITH_CHECKED;
/* Removes what was written. Does nothing after place, or after a failure of any of the above. */
void kith_aside_abandon(kith_aside *file);

#endif
