/* What a plugin tells, on its way to the record.
 *
 * A name of Kith's own is refused (KITH_EPLUGIN): it would be read as what it is not. One that no plugin in use
 * declares is noted once, since nobody knows how to read it. Ownership: borrows all. Threads: one per worker.
 */
#ifndef KITH_TOLD_H
#define KITH_TOLD_H

#include "engine/engine.h"

typedef struct kith_told {
    kith_ctx *ctx;
    const kith_engine_setup *setup;
    const char *plugin; /* who tells */
    kith_measure measure;
    void *arg;
} kith_told;

/* A kith_tell; arg: a kith_told. */
kith_status kith_told_take(void *arg, const char *name, double value) KITH_CHECKED;

#endif
