#include "launch/services/results/distinct.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct kith_distinct_text {
    uint64_t digest;
    void *bytes;
    size_t size;
};

static kith_status grow_slots(kith_ctx *ctx, kith_distinct *d)
{
    const size_t slots = d->slots ? 2 * d->slots : 16;
    size_t *slot;
    KITH_TRY(KITH_ALLOC(ctx, "distinct texts", slots, &slot));
    for (size_t i = 0; i < d->count; i++) {
        size_t at = d->text[i].digest & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = i + 1;
    }
    kith_free(d->slot);
    d->slot = slot;
    d->slots = slots;
    return KITH_OK;
}

static kith_status grow_texts(kith_ctx *ctx, kith_distinct *d)
{
    const size_t room = d->room ? 2 * d->room : 8;
    struct kith_distinct_text *text = reallocarray(d->text, room, sizeof *text);
    if (!text) return kith_fail(ctx, KITH_EMEMORY, "no memory for distinct texts");
    d->text = text;
    d->room = room;
    return KITH_OK;
}

kith_status kith_distinct_number(kith_ctx *ctx, kith_distinct *d, const void *bytes, size_t size, size_t *number,
                                 bool *is_new)
{
    const uint64_t digest = XXH3_64bits(bytes, size);
    if (2 * (d->count + 1) > d->slots) KITH_TRY(grow_slots(ctx, d));
    if (d->count == d->room) KITH_TRY(grow_texts(ctx, d));
    size_t at = digest & (d->slots - 1);
    for (; d->slot[at]; at = (at + 1) & (d->slots - 1)) {
        const struct kith_distinct_text *t = &d->text[d->slot[at] - 1];
        if (t->digest != digest || t->size != size || memcmp(t->bytes, bytes, size) != 0) continue;
        *number = d->slot[at] - 1;
        if (is_new) *is_new = false;
        return KITH_OK;
    }
    void *copy = malloc(size + 1);
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "no memory for distinct texts");
    d->text[d->count] = (struct kith_distinct_text){digest, memcpy(copy, bytes, size), size};
    d->slot[at] = ++d->count;
    *number = d->count - 1;
    if (is_new) *is_new = true;
    return KITH_OK;
}

kith_status kith_distinct_text_number(kith_ctx *ctx, kith_distinct *d, const char *text, size_t *number, bool *is_new)
{
    /* with its end, which tells the empty text from none */
    return kith_distinct_number(ctx, d, text ? text : "", text ? strlen(text) + 1 : 0, number, is_new);
}

void kith_distinct_free(kith_distinct *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->text[i].bytes);
    free(d->text);
    kith_free(d->slot);
    *d = (kith_distinct){.count = 0};
}
