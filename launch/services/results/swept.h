/* The parameters in which configurations differ, be it that a sweep varied them or that somebody did, and what to call
 * configurations by them.
 *
 * Ownership: texts belong to the kith_results; the list is freed with kith_swept_free(). Threads: one.
 * Errors: KITH_EMEMORY only.
 */
#ifndef KITH_SWEPT_H
#define KITH_SWEPT_H

#include "launch/services/results/groups.h"

typedef struct kith_swept_key {
    const char *section, *key;
    bool lacked; /* those that have it agree, and others lack it: it comes with something else, with a plugin say */
} kith_swept_key;

typedef struct kith_swept {
    kith_swept_key *key; /* in the configuration's order */
    size_t count;
} kith_swept;

kith_status kith_swept_find(kith_ctx *ctx, const kith_groups *groups, kith_swept *out) KITH_CHECKED;
void kith_swept_free(kith_swept *swept);

/* The one of this name, "section.key"; NULL: there is none, or not every value is a value of its own (it is lacked). */
const kith_swept_key *kith_swept_named(const kith_swept *swept, const char *name);
/* "section.key" */
void kith_swept_name(const kith_swept_key *key, char *text, size_t size);

/* What tells a configuration from others, "at = 0.1, dsgd": of the keys k with told[k] (NULL: of all), without those
 * that are lacked. Names of plugins say by themselves what they are; others come with their key, and their section
 * where keys alone are ambiguous. */
void kith_swept_label(const kith_swept *swept, const kith_result *run, const bool *told, char *text, size_t size);

/* Whether two configurations have the same value. */
bool kith_swept_same(const kith_swept_key *key, const kith_result *a, const kith_result *b);

#endif
