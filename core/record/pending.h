/* Numbers of a run that are not in its database yet, and the file that keeps them while the database takes nothing.
 *
 * A database that a reader has open in a transaction, or whose disk is full, is no reason to end a run: numbers wait in
 * memory, and before a checkpoint in `kith.db-pending` beside it, so that a run which is resumed has all of them. The
 * file has a first line with the run's identity, then lines "round,virtual_time,value,name".
 * Ownership: a list owns its names. Threads: one. Errors: KITH_EMEMORY, and KITH_EIO with the path.
 */
#ifndef KITH_PENDING_H
#define KITH_PENDING_H

#include <kith/base.h>

#define KITH_PENDING_NAME "kith.db-pending"

typedef struct kith_pending {
    char *name;
    uint64_t round;
    double virtual_time, value; /* NaN: none */
} kith_pending;

typedef struct kith_pending_list {
    kith_pending *item; /* [count] */
    size_t count, capacity;
} kith_pending_list;

kith_status kith_pending_add(kith_ctx *ctx, kith_pending_list *list, const char *name, uint64_t round,
                             double virtual_time, double value) KITH_CHECKED;
void kith_pending_forget(kith_pending_list *list);
/* Forgets, and frees the list's memory. */
void kith_pending_free(kith_pending_list *list);
/* Writes all into the file, aside, flushed, renamed. */
kith_status kith_pending_save(kith_ctx *ctx, const char *path, uint64_t run,
                              const kith_pending_list *list) KITH_CHECKED;
/* Adds what the file has of this run up to a round; nothing where there is no file, or one of another run. KITH_EDATA
 * where it is damaged. */
kith_status kith_pending_load(kith_ctx *ctx, const char *path, uint64_t run, uint64_t last,
                              kith_pending_list *list) KITH_CHECKED;

#endif
