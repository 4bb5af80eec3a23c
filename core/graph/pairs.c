#include <kith/graph.h>

/* Open addressing; 0 marks a free place, and no pair is 0 since u < v. */
static uint64_t key_of(size_t u, size_t v)
{
    return u < v ? (uint64_t)u << 32 | v : (uint64_t)v << 32 | u;
}

static size_t place_of(const kith_pairs *pairs, uint64_t key)
{
    size_t at = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (pairs->room - 1);
    while (pairs->key[at] && pairs->key[at] != key)
        at = (at + 1) & (pairs->room - 1);
    return at;
}

bool kith_pairs_has(const kith_pairs *pairs, size_t u, size_t v)
{
    return pairs->room && pairs->key[place_of(pairs, key_of(u, v))];
}

static kith_status grow(kith_ctx *ctx, kith_pairs *pairs)
{
    kith_pairs larger = {.count = pairs->count, .room = pairs->room ? 2 * pairs->room : 256};
    KITH_TRY(KITH_ALLOC(ctx, "links of a graph", larger.room, &larger.key));
    for (size_t i = 0; i < pairs->room; i++)
        if (pairs->key[i]) larger.key[place_of(&larger, pairs->key[i])] = pairs->key[i];
    kith_free(pairs->key);
    *pairs = larger;
    return KITH_OK;
}

kith_status kith_pairs_add(kith_ctx *ctx, kith_pairs *pairs, size_t u, size_t v)
{
    if (2 * pairs->count >= pairs->room) KITH_TRY(grow(ctx, pairs));
    const uint64_t key = key_of(u, v);
    const size_t at = place_of(pairs, key);
    if (!pairs->key[at]) pairs->count++;
    pairs->key[at] = key;
    return KITH_OK;
}

void kith_pairs_free(kith_pairs *pairs)
{
    kith_free(pairs->key);
    *pairs = (kith_pairs){0};
}
