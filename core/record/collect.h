/* One database for many runs: a sweep's. Each run is recorded in a folder of its own by whoever makes it; when it has
 * ended, one process moves it into the common database, in one transaction a run. So runs that go on at the same time
 * never wait for one another's locks, and nothing depends on how well a network file system locks.
 *
 * Life of a run's own kith.db: it is written while the run goes on; kith_collect_offer() renames it when the run has
 *   ended; kith_collect_take() copies it and removes it. Whatever is interrupted between two of these steps is made up
 *   for by the next.
 * Errors: KITH_EIO with the path. Threads: one; only one process may have a collection open.
 */
#ifndef KITH_COLLECT_H
#define KITH_COLLECT_H

#include <kith/base.h>
#include <stdbool.h>

/* In a sweep's folder, while it goes on: which group makes which run. Hidden: results are not looked for in it. */
#define KITH_CLAIMS_FOLDER ".claims"

typedef struct kith_collection kith_collection;

/* Makes folder and database where there are none, and locks the folder: KITH_EIO if another process has it open, or if
 * it holds what no sweep left there (holdings.h). */
kith_status kith_collection_open(kith_ctx *ctx, const char *folder, kith_collection **out) KITH_CHECKED;
/* The same of a folder that has one, whatever else lies in it. */
kith_status kith_collection_reopen(kith_ctx *ctx, const char *folder, kith_collection **out) KITH_CHECKED;
/* Drops a run, with all that hangs on it; one that is not there is no error. */
kith_status kith_collection_drop(kith_ctx *ctx, const kith_collection *collection, int64_t id) KITH_CHECKED;
/* The sweep's file does not have these runs (any more), and has all others. */
kith_status kith_collection_mark_outdated(kith_ctx *ctx, const kith_collection *collection, const int64_t *id,
                                          size_t count) KITH_CHECKED;
/* Drops all runs. */
kith_status kith_collection_empty(kith_ctx *ctx, const kith_collection *collection) KITH_CHECKED;
/* Takes NULL. */
void kith_collection_close(kith_collection *collection);

/* A run of the collection. digest: of its parameters, by the function that was given. */
typedef struct kith_collected {
    int64_t id;
    uint64_t digest;
    bool done;        /* ended as "done" */
    bool other_build; /* its environment does not begin with the lines of `build` */
} kith_collected;
typedef uint64_t (*kith_collect_digest)(uint64_t digest, const char *section, const char *key, const char *value);
/* All runs, oldest number first. The list is the caller's, to be freed with kith_free(). */
kith_status kith_collection_list(kith_ctx *ctx, const kith_collection *collection, kith_collect_digest add,
                                 const char *build, kith_collected **out, size_t *count) KITH_CHECKED;

/* After the record of a run in `folder` was closed: it may be taken. */
kith_status kith_collect_offer(kith_ctx *ctx, const char *folder) KITH_CHECKED;
/* Whether a run in `folder` was offered and not taken yet. */
bool kith_collect_offered(const char *folder);
/* Removes what was offered. */
kith_status kith_collect_forget(kith_ctx *ctx, const char *folder) KITH_CHECKED;
/* Moves the run that `folder` offers. *id: in, the run that it replaces (0: none); out, its number in the collection:
 * `wish` if that is free, else a new one. */
kith_status kith_collect_take(kith_ctx *ctx, kith_collection *collection, const char *folder, int64_t wish,
                              int64_t *id) KITH_CHECKED;

/* Run `from` of another database as run `id` of the collection, which is free, with its results in `output`. */
typedef struct kith_collect_copy {
    int64_t from, id;
    const char *output;
} kith_collect_copy;
/* Copies runs of the kith.db at `path`, with what users wrote about them, in one transaction. */
kith_status kith_collection_copy(kith_ctx *ctx, kith_collection *collection, const char *path,
                                 const kith_collect_copy *copy, size_t count) KITH_CHECKED;

#endif
