/* A queue of numbered pieces that the workers of a domain share, however they are dealt, and the loop that works it
 * off. Which worker takes a piece never changes what the piece gives.
 *
 * A queue alternates between two of the exchange's counters, so that the one can be reset while the other is in use.
 * Ownership: borrows the exchange and its counters. Threads: one per worker.
 */
#ifndef KITH_QUEUE_H
#define KITH_QUEUE_H

#include "engine/work/dealing.h"
#include "exchange/exchange.h"

typedef struct kith_queue {
    kith_exchange *exchange;
    kith_queues *queues;
    kith_dealing deal;
    size_t number; /* of its first counter */
    size_t turn;   /* 0, 1, ...: how often it was worked off */
    size_t taken;  /* pieces that this worker took in this turn, and one more */
} kith_queue;

/* number: KITH_QUEUE_... */
void kith_queue_open(kith_exchange *exchange, kith_queues *queues, kith_dealing deal, size_t number, kith_queue *out);
/* This worker's next of the domain's `count` pieces; SIZE_MAX: none is left for it. */
size_t kith_queue_next(kith_queue *queue, size_t count);
/* [all] Ends the turn. A publish or an agreement must stand between a turn's last kith_queue_next and this. */
void kith_queue_turn(kith_queue *queue);

/* What to do with the pieces of a queue. */
typedef struct kith_chore {
    void *arg;
    /* The next item for this worker; SIZE_MAX: none is left for it. */
    size_t (*next)(void *arg);
    kith_status (*make)(kith_ctx *ctx, void *arg, size_t item);
} kith_chore;

/* Makes this worker's items. After a failure only earlier ones are still made, since the earliest that fails is the one
 * to be named, whoever makes it. */
kith_status kith_chore_make(kith_ctx *ctx, kith_exchange *exchange, const kith_chore *chore) KITH_CHECKED;

#endif
