#include "exchange/inside.h"

#include <stdatomic.h>

enum { COUNTERS = 16 };

/* A line each, so that drawing from one queue does not slow another. */
typedef struct counter {
    _Alignas(64) atomic_uint_least64_t next;
} counter;

/* An atomic that hides a lock in one process's memory would not be one between processes. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_LONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");

struct kith_queues {
    kith_share share;
    counter *counters; /* (COUNTERS) */
};

kith_status kith_queues_create(kith_ctx *ctx, kith_exchange *ex, kith_queues **out)
{
    kith_queues *queues = NULL;
    const kith_status mine = KITH_ALLOC(ex->trouble, "queues", 1, &queues);
    kith_status status = kith_exchange_settle(ctx, ex, mine);
    if (status == KITH_OK) status = kith_share_create(ctx, ex, "queues", COUNTERS * sizeof(counter), &queues->share);
    if (status != KITH_OK) {
        kith_free(queues);
        return status;
    }
    queues->counters = queues->share.memory;
    *out = queues;
    return KITH_OK;
}

void kith_queues_destroy(kith_queues *queues)
{
    if (!queues) return;
    kith_share_destroy(&queues->share);
    kith_free(queues);
}

uint64_t kith_queues_next(kith_queues *queues, size_t queue)
{
    return atomic_fetch_add_explicit(&queues->counters[queue].next, 1, memory_order_relaxed);
}

void kith_queues_reset(kith_queues *queues, size_t queue)
{
    atomic_store_explicit(&queues->counters[queue].next, 0, memory_order_release);
}
