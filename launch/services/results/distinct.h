/* Numbers texts in the order in which each comes first, so that what is asked of many runs takes one pass over them.
 *
 * Ownership: texts are copied; kith_distinct_free() frees all. Start with zeros. Threads: one. Errors: KITH_EMEMORY.
 */
#ifndef KITH_DISTINCT_H
#define KITH_DISTINCT_H

#include <kith/base.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kith_distinct {
    struct kith_distinct_text *text; /* [count] */
    size_t count, room;
    size_t *slot; /* [slots] one more than a number; 0: free */
    size_t slots;
} kith_distinct;

/* *number: that of these bytes, count - 1 and *is_new where they are new. is_new: NULL if nobody asks. */
kith_status kith_distinct_number(kith_ctx *ctx, kith_distinct *d, const void *bytes, size_t size, size_t *number,
                                 bool *is_new) KITH_CHECKED;
/* The same of a text; NULL is a text of its own. */
kith_status kith_distinct_text_number(kith_ctx *ctx, kith_distinct *d, const char *text, size_t *number,
                                      bool *is_new) KITH_CHECKED;
void kith_distinct_free(kith_distinct *d);

#endif
