/* Dealing visits to workers. Which worker makes a visit never changes what it gives: only how long a round takes.
 *
 * A task is one or more visits that must be made in order (a learner that keeps planes and arrives twice). Tasks are
 * dealt to domains beforehand, the costliest first to the domain that is least loaded, because every worker must know
 * in which domain a row is written; within a domain the next free worker takes the next task.
 *
 * Ownership: the hand owns its lists. Threads: one per worker.
 */
#ifndef KITH_DEAL_H
#define KITH_DEAL_H

#include "engine/work/dealing.h"
#include "exchange/exchange.h"

#include <kith/federated.h>

typedef struct kith_hand kith_hand;

/* Room for `most` visits a round. learners: N where learners keep planes, which binds each to a domain; else 0. */
kith_status kith_hand_open(kith_ctx *ctx, kith_exchange *exchange, kith_dealer *dealer, kith_dealing deal, size_t most,
                           size_t learners, kith_hand **out) KITH_CHECKED;
void kith_hand_close(kith_hand *hand);
/* Deals one round's visits; the same on every worker. deck: which counter serves this round. */
void kith_hand_deal(kith_hand *hand, size_t deck, const kith_arrival *visit, size_t count);
/* The domain that has the planes of a learner. */
uint32_t kith_hand_home(const kith_hand *hand, size_t learner);
/* The domain in which a visit of this round is made. */
uint32_t kith_hand_domain(const kith_hand *hand, size_t visit);
/* This worker's next visit; SIZE_MAX when there is none left for it. */
size_t kith_hand_next(kith_hand *hand);

#endif
