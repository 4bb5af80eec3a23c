/* Graphs in the results database. Within a transaction of the caller's. Threads: one.
 * Errors: KITH_EIO, naming `path`. */
#ifndef KITH_GRAPHS_H
#define KITH_GRAPHS_H

#include "record/record.h"

struct sqlite3;

/* Removes a run's graph, if there is one. */
kith_status kith_graphs_forget(kith_ctx *ctx, struct sqlite3 *db, const char *path, int64_t run) KITH_CHECKED;
/* See kith_record_graph. */
kith_status kith_graphs_enter(kith_ctx *ctx, struct sqlite3 *db, const char *path, int64_t run,
                              const kith_last_graph *graph) KITH_CHECKED;

#endif
