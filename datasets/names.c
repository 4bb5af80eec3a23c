#include "names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash(const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 1099511628211u;
    return h ^ h >> 32;
}

/* The slot of a name, or the free one where it would go. */
static size_t slot_of(const kith_names *names, const char *name)
{
    size_t at = hash(name) & (names->slots - 1);
    while (names->slot[at] && strcmp(names->name[names->slot[at] - 1], name) != 0)
        at = (at + 1) & (names->slots - 1);
    return at;
}

/* Half of the slots stay free. */
static kith_status grow(kith_ctx *ctx, kith_names *names)
{
    const size_t room = names->room ? 2 * names->room : 64;
    uint32_t *slot = NULL;
    char **name = NULL;
    if (room > UINT32_MAX / 2) return kith_fail(ctx, KITH_EMEMORY, "more than %zu different names", names->count);
    KITH_TRY(KITH_ALLOC(ctx, "slots for names", 2 * room, &slot));
    const kith_status status = KITH_ALLOC(ctx, "names", room, &name);
    if (status != KITH_OK) {
        kith_free(slot);
        return status;
    }
    if (names->count) memcpy(name, names->name, names->count * sizeof *name);
    kith_free(names->name);
    kith_free(names->slot);
    names->name = name;
    names->room = room;
    names->slot = slot;
    names->slots = 2 * room;
    for (size_t k = 0; k < names->count; k++)
        slot[slot_of(names, name[k])] = (uint32_t)k + 1;
    return KITH_OK;
}

kith_status kith_names_add(kith_ctx *ctx, kith_names *names, const char *name, uint32_t *number)
{
    if (kith_names_find(names, name, number)) return KITH_OK;
    if (names->count == names->room) KITH_TRY(grow(ctx, names));
    char *copy = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "a name", strlen(name) + 1, &copy));
    memcpy(copy, name, strlen(name) + 1);
    *number = (uint32_t)names->count;
    names->slot[slot_of(names, name)] = *number + 1;
    names->name[names->count++] = copy;
    return KITH_OK;
}

bool kith_names_find(const kith_names *names, const char *name, uint32_t *number)
{
    if (!names->slots) return false;
    const uint32_t found = names->slot[slot_of(names, name)];
    *number = found - 1;
    return found != 0;
}

typedef struct entry {
    double value;
    const char *name;
    uint32_t number;
} entry;

static int by_value(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return strcmp(x->name, y->name);
}

kith_status kith_names_sort(kith_ctx *ctx, kith_names *names)
{
    entry *sorted = NULL;
    bool numbers = true;
    kith_free(names->rank);
    names->rank = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "names in order", names->count + 1, &sorted));
    for (size_t k = 0; k < names->count; k++) {
        const char *end = NULL;
        const double value = kith_number(names->name[k], &end);
        numbers &= end != names->name[k] && !*end && isfinite(value);
        sorted[k] = (entry){value, names->name[k], (uint32_t)k};
    }
    for (size_t k = 0; !numbers && k < names->count; k++)
        sorted[k].value = 0.0;
    const kith_status status = KITH_ALLOC(ctx, "ranks of names", names->count + 1, &names->rank);
    if (status == KITH_OK) {
        qsort(sorted, names->count, sizeof *sorted, by_value);
        for (size_t k = 0; k < names->count; k++)
            names->rank[sorted[k].number] = (uint32_t)k;
    }
    kith_free(sorted);
    return status;
}

void kith_names_free(kith_names *names)
{
    for (size_t k = 0; k < names->count; k++)
        kith_free(names->name[k]);
    kith_free(names->name);
    kith_free(names->slot);
    kith_free(names->rank);
    *names = (kith_names){0};
}
