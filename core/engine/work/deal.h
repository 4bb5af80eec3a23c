/* Dealing visits to workers. Which worker makes a visit never changes what it gives: only how long a round takes.
 *
 * A task is one or more visits that must be made in order (a learner that keeps planes and arrives twice). Tasks are
 * dealt to domains beforehand, the costliest first to the domain that is least loaded, because every worker must know
 * in which domain a row is written; within a domain the next free worker takes the next task.
 *
 * Ownership: the queue owns its lists. Threads: one per worker.
 */
#ifndef KITH_DEAL_H
#define KITH_DEAL_H

#include "engine/work/queue.h"

#include <kith/federated.h>

typedef struct kith_visit_queue kith_visit_queue;

/* Room for `most` visits a round. learners: N where learners keep planes, which binds each to a domain; else 0. */
kith_status kith_visit_queue_open(kith_ctx *ctx, kith_exchange *exchange, kith_queues *queues, kith_dealing deal,
                                  size_t most, size_t learners, kith_visit_queue **out) KITH_CHECKED;
void kith_visit_queue_close(kith_visit_queue *queue);
/* Deals one round's visits; the same on every worker. */
void kith_visit_queue_deal(kith_visit_queue *queue, const kith_arrival *visit, size_t count);
/* The domain that has the planes of a learner. */
uint32_t kith_visit_queue_home(const kith_visit_queue *queue, size_t learner);
/* The domain in which a visit of this round is made. */
uint32_t kith_visit_queue_domain(const kith_visit_queue *queue, size_t visit);
/* This worker's next visit; SIZE_MAX when there is none left for it. */
size_t kith_visit_queue_next(kith_visit_queue *queue);
/* [all] As kith_queue_turn. */
void kith_visit_queue_turn(kith_visit_queue *queue);

#endif
