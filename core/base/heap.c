#include "base/heap.h"

kith_status kith_heap_take(kith_ctx *ctx, kith_heap *heap, const char *what, size_t count, size_t size, void **out)
{
    if (heap->count == KITH_HEAP_MOST)
        return kith_fail(ctx, KITH_EINTERNAL, "more than %d arrays in one heap, at %s", KITH_HEAP_MOST, what);
    KITH_TRY(kith_alloc(ctx, what, count ? count : 1, size, &heap->item[heap->count]));
    *out = heap->item[heap->count++];
    return KITH_OK;
}

void kith_heap_free(kith_heap *heap)
{
    while (heap->count > 0)
        kith_free(heap->item[--heap->count]);
}
