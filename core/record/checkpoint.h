/* A checkpoint: one file with all that the next round needs, written aside by all workers, flushed, renamed.
 *
 * The file: a header (format, round, the run it belongs to, sizes), two texts (the build, the configuration), a table
 *   of parts, and the parts. A part is rows x length elements, cut into pieces of at most KITH_BLOCK elements of one
 *   row; each piece is followed by its digest, into which its place in the file goes as well. So any worker can write
 *   or read any piece, no worker needs all of it, and the number of workers leaves no trace. Digests are XXH3 (64
 *   bits). A piece of zeros is a hole in the file, with its digest. Numbers are the machine's own.
 * Life: worker 0 creates, the others join what it created; all write pieces and seal; worker 0 places. To read: all
 *   open. Who calls whom when is the caller's business: nothing here talks to another worker.
 * Ownership: a checkpoint owns its file and buffers until kith_checkpoint_close(), which removes a file that was
 *   created and not placed. Threads: one per worker.
 * Errors: KITH_EIO what the file system refuses; KITH_EDATA what was read and is not what was written.
 */
#ifndef KITH_CHECKPOINT_H
#define KITH_CHECKPOINT_H

#include <kith/base.h>
#include <stdbool.h>

/* Array of numbers that a checkpoint holds: rows x length elements of `size` bytes. */
typedef struct kith_part {
    const char *name; /* the first 31 bytes count */
    size_t rows, length, size;
} kith_part;

typedef struct kith_checkpoint_setup {
    uint64_t round;
    uint64_t run;       /* which run in the record: kith_record_identity() */
    const char *build;  /* "key=value" lines: all that bits depend on and the configuration does not name */
    const char *config; /* "section.key = value" lines */
    const kith_part *part;
    size_t parts;
} kith_checkpoint_setup;

typedef struct kith_checkpoint kith_checkpoint;

/* Makes FOLDER if needed, and in it the file of this round under a name that says it is not complete. `about` must
 * live as long as the checkpoint. */
kith_status kith_checkpoint_create(kith_ctx *ctx, const char *folder, const kith_checkpoint_setup *setup,
                                   kith_checkpoint **out) KITH_CHECKED;
/* Opens for writing what another worker created. `digest`: what kith_checkpoint_digest() gave that worker; a file with
 * another one, or none, means that the workers do not share the folder. */
kith_status kith_checkpoint_join(kith_ctx *ctx, const char *folder, const kith_checkpoint_setup *setup, uint64_t digest,
                                 kith_checkpoint **out) KITH_CHECKED;
/* One piece: elements block * KITH_BLOCK ... of a row. Fails at the latest in kith_checkpoint_seal(). */
kith_status kith_checkpoint_write(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block,
                                  const void *elements) KITH_CHECKED;
kith_status kith_checkpoint_write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row,
                                      const void *elements) KITH_CHECKED;
/* What this worker wrote is on the disk. */
kith_status kith_checkpoint_seal(kith_ctx *ctx, kith_checkpoint *c) KITH_CHECKED;
/* Gives the file its name and removes older ones but for the `keep` newest, and incomplete ones. */
kith_status kith_checkpoint_place(kith_ctx *ctx, kith_checkpoint *c, size_t keep) KITH_CHECKED;

/* The newest complete checkpoint's round; *found false where there is none (or no folder). */
kith_status kith_checkpoint_newest(kith_ctx *ctx, const char *folder, bool *found, uint64_t *round) KITH_CHECKED;
/* Opens and checks all but the pieces. */
kith_status kith_checkpoint_open(kith_ctx *ctx, const char *folder, uint64_t round, kith_checkpoint **out) KITH_CHECKED;
/* What the file says; strings live as long as the checkpoint. */
const kith_checkpoint_setup *kith_checkpoint_setup_of(const kith_checkpoint *c);
const char *kith_checkpoint_path(const kith_checkpoint *c);
/* Of the header, the texts and the table. */
uint64_t kith_checkpoint_digest(const kith_checkpoint *c);
/* Refuses (KITH_EDATA) a file whose parts are not exactly these, naming the first that differs. grows: 1 << p of each
 * part of which the file may hold less. */
kith_status kith_checkpoint_match(kith_ctx *ctx, const kith_checkpoint *c, const kith_part *part, size_t parts,
                                  uint64_t grows) KITH_CHECKED;
/* Reads one piece and checks its digest. Memory that holds the same already is not written, so zeros on pages that were
 * never touched cost none. */
kith_status kith_checkpoint_read(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block,
                                 void *elements) KITH_CHECKED;
kith_status kith_checkpoint_read_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row,
                                     void *elements) KITH_CHECKED;
/* Takes NULL. */
void kith_checkpoint_close(kith_checkpoint *c);

/* Removes all checkpoints, and the folder if nothing else is in it. */
kith_status kith_checkpoint_remove_all(kith_ctx *ctx, const char *folder) KITH_CHECKED;

#endif
