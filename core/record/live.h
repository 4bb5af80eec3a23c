/* Events of a run that goes on, for TensorBoard: KITH_LIVE_NAME beside the database.
 *
 * A run that is resumed writes the file anew from what the database has, so that it is always whole. What keeps it from
 * being written ends no run: a note says so once, and nothing more is written. Threads: one.
 */
#ifndef KITH_LIVE_H
#define KITH_LIVE_H

#include <kith/base.h>

typedef struct kith_live kith_live;

/* All of them do nothing where live is NULL. */
void kith_live_add(kith_ctx *ctx, kith_live *live, const char *name, uint64_t round, double value);
/* Hands on what was added, so that readers see it. */
void kith_live_flush(kith_ctx *ctx, kith_live *live);
void kith_live_close(kith_live *live);

#endif
