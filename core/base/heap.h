/* Many arrays that live and die together. Errors: KITH_EMEMORY. Threads: one. */
#ifndef KITH_BASE_HEAP_H
#define KITH_BASE_HEAP_H

#include <kith/base.h>

enum { KITH_HEAP_MOST = 64 };

/* Zero before use. */
typedef struct kith_heap {
    void *item[KITH_HEAP_MOST];
    size_t count;
} kith_heap;

/* As kith_alloc. What was taken is given back by kith_heap_free alone. */
kith_status kith_heap_take(kith_ctx *ctx, kith_heap *heap, const char *what, size_t count, size_t size,
                           void **out) KITH_CHECKED;
void kith_heap_free(kith_heap *heap);

#define KITH_TAKE(ctx, heap, what, count, out)                                                                         \
    kith_heap_take((ctx), (heap), (what), (count), sizeof **(out), (void **)(out))

#endif
