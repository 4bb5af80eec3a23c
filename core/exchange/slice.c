#include "exchange/inside.h"

size_t kith_block_count(size_t length)
{
    return length / KITH_BLOCK + (length % KITH_BLOCK != 0);
}

void kith_block_range(size_t length, size_t block, size_t *lo, size_t *hi)
{
    const size_t start = block * KITH_BLOCK;
    *lo = start < length ? start : length;
    *hi = length - *lo < KITH_BLOCK ? length : start + KITH_BLOCK;
}

/* floor(blocks * part / parts) without overflow for any number of blocks. */
static size_t cut(size_t blocks, size_t part, size_t parts)
{
    return blocks / parts * part + blocks % parts * part / parts;
}

void kith_exchange_slice(const kith_exchange *ex, size_t worker, size_t length, size_t *first, size_t *last)
{
    const size_t blocks = kith_block_count(length);
    *first = cut(blocks, worker, ex->place.workers);
    *last = cut(blocks, worker + 1, ex->place.workers);
}

void kith_exchange_domain(const kith_exchange *ex, size_t domain, size_t *first, size_t *last)
{
    *first = ex->layout.first[domain];
    *last = ex->layout.first[domain + 1];
}

size_t kith_exchange_domain_of(const kith_exchange *ex, size_t worker)
{
    size_t domain = 0;
    while (worker >= ex->layout.first[domain + 1])
        domain++;
    return domain;
}

void kith_domain_slice(const kith_exchange *ex, size_t domain, size_t length, size_t *first, size_t *last)
{
    const size_t blocks = kith_block_count(length);
    *first = cut(blocks, ex->layout.first[domain], ex->place.workers);
    *last = cut(blocks, ex->layout.first[domain + 1], ex->place.workers);
}
