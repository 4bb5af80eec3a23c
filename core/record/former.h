/* The run that a database already holds. Threads: one. Errors: KITH_EIO. */
#ifndef KITH_FORMER_H
#define KITH_FORMER_H

#include <kith/base.h>

struct sqlite3;

/* Its row, and a number that tells it from all others. */
kith_status kith_former_run(kith_ctx *ctx, struct sqlite3 *db, const char *path, int64_t *run,
                            uint64_t *identity) KITH_CHECKED;

#endif
