/* What several configurations have under each name: which names there are, how many have them, whether values differ.
 *
 * Ownership: texts belong to whoever noted them; the list is freed with kith_varieties_free(). Threads: one.
 * Errors: KITH_EMEMORY only.
 */
#ifndef KITH_VARIETIES_H
#define KITH_VARIETIES_H

#include "launch/services/results/distinct.h"
#include "launch/services/results/results.h"

#include <string.h>

typedef struct kith_variety {
    const kith_setting_text *first;
    size_t count; /* of those that have it */
    bool other;   /* values than the first's */
} kith_variety;

typedef struct kith_varieties {
    kith_distinct name;    /* in the order in which they were noted */
    kith_variety *variety; /* [name.count] */
    size_t room;
} kith_varieties;

/* Zeroed at first. Once for each parameter of each configuration. */
kith_status kith_varieties_note(kith_ctx *ctx, kith_varieties *v, const kith_setting_text *p) KITH_CHECKED;
void kith_varieties_free(kith_varieties *v);

/* Whether both are NULL, or the same text. */
static inline bool kith_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

#endif
