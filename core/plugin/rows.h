/* Tables of rows that a descriptor brings. Rows only grow at their end, so each table says how long its own are.
 *
 * Ownership: a table borrows the plugin's. Threads: any.
 */
#ifndef KITH_PLUGIN_ROWS_H
#define KITH_PLUGIN_ROWS_H

#include <kith/plugin.h>

/* Bytes of a type up to the end of a field. */
#define KITH_END_OF(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

/* A table that came after version 1.0, so that a descriptor may end before it. */
typedef struct kith_rows {
    const char *name, *macro; /* "metric", and what makes the table */
    const void *rows;
    uint32_t count, size;    /* size: bytes of a row there */
    size_t least, own, step; /* bytes that a row must have, that it has in this host, and what they are multiples of */
} kith_rows;

/* What the plugin declares; none where its descriptor is shorter, whatever lies behind its end. */
kith_rows kith_rows_metrics(const kith_plugin *plugin);
kith_rows kith_rows_defaults(const kith_plugin *plugin);
/* Rows as long as this host's; *out is NULL where there are none. To be freed with kith_free. */
kith_status kith_rows_copy(kith_ctx *ctx, const kith_rows *table, void **out) KITH_CHECKED;

/* Rows of a table of the plugin's, `size` bytes each, as this host has them, `own` bytes each: what is missing is zero.
 * `what` names the table in messages. To be freed with kith_free. */
kith_status kith_rows_lengthen(kith_ctx *ctx, const char *what, const void *rows, size_t count, size_t size, size_t own,
                               void **out) KITH_CHECKED;

#endif
