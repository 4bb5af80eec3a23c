#include "exchange/inside.h"

#include <stdatomic.h>

enum { DECKS = 16 };

/* A line each, so that drawing from one deck does not slow another. */
typedef struct counter {
    _Alignas(64) atomic_uint_least64_t next;
} counter;

/* An atomic that hides a lock in one process's memory would not be one between processes. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_LONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");

struct kith_dealer {
    kith_share share;
    counter *decks; /* (DECKS) */
};

kith_status kith_dealer_create(kith_ctx *ctx, kith_exchange *ex, kith_dealer **out)
{
    kith_dealer *dealer = NULL;
    const kith_status mine = KITH_ALLOC(ex->trouble, "dealer", 1, &dealer);
    kith_status status = kith_exchange_settle(ctx, ex, mine);
    if (status == KITH_OK) status = kith_share_create(ctx, ex, "dealer", DECKS * sizeof(counter), &dealer->share);
    if (status != KITH_OK) {
        kith_free(dealer);
        return status;
    }
    dealer->decks = dealer->share.memory;
    *out = dealer;
    return KITH_OK;
}

void kith_dealer_destroy(kith_dealer *dealer)
{
    if (!dealer) return;
    kith_share_destroy(&dealer->share);
    kith_free(dealer);
}

uint64_t kith_dealer_next(kith_dealer *dealer, size_t deck)
{
    return atomic_fetch_add_explicit(&dealer->decks[deck].next, 1, memory_order_relaxed);
}

void kith_dealer_reset(kith_dealer *dealer, size_t deck)
{
    atomic_store_explicit(&dealer->decks[deck].next, 0, memory_order_release);
}
