/* Numbers for names: the labels and the users of a text file, counted as they come and then put in order.
 *
 * Ownership: the set copies names; kith_names_free() frees it, a zeroed one too. Threads: one.
 * Errors: KITH_EMEMORY.
 */
#ifndef KITH_DATASETS_NAMES_H
#define KITH_DATASETS_NAMES_H

#include <kith/base.h>

#include <stdbool.h>

/* Zero-initialise it. */
typedef struct kith_names {
    char **name;
    size_t count, room;
    uint32_t *slot; /* name + 1, by hash */
    size_t slots;   /* a power of two */
    uint32_t *rank; /* after kith_names_sort */
} kith_names;

/* The number of a name, the next free one if it is new: 0, 1, ... in order of appearance. */
kith_status kith_names_add(kith_ctx *ctx, kith_names *names, const char *name, uint32_t *number) KITH_CHECKED;
/* The number of a name; false if it was never added. */
bool kith_names_find(const kith_names *names, const char *name, uint32_t *number);
/* Fills rank[number]: numbers by value where all names are finite numbers, else names by their bytes. */
kith_status kith_names_sort(kith_ctx *ctx, kith_names *names) KITH_CHECKED;
void kith_names_free(kith_names *names);

#endif
