#include "engine/work/queue.h"

#include "base/headway.h"
#include "base/stop.h"

#include <stdio.h>

enum { MESSAGE_SIZE = 2048 };

void kith_queue_open(kith_exchange *exchange, kith_queues *queues, kith_dealing deal, size_t number, kith_queue *out)
{
    *out = (kith_queue){.exchange = exchange, .queues = queues, .deal = deal, .number = number};
}

static size_t counter_of(const kith_queue *q)
{
    return q->number + (q->turn & 1);
}

size_t kith_queue_next(kith_queue *q, size_t count)
{
    const kith_place *place = kith_exchange_place(q->exchange);
    size_t k = 0, end = count;
    switch (q->deal) {
    case KITH_DEAL_CYCLIC:
        k = place->local + place->locals * q->taken++;
        break;
    case KITH_DEAL_BLOCKED:
        k = count * place->local / place->locals + q->taken++;
        end = count * (place->local + 1) / place->locals;
        break;
    default:
        k = (size_t)kith_queues_next(q->queues, counter_of(q));
        break;
    }
    if (k >= end) return SIZE_MAX;
    kith_headway_reach(k, count);
    return k;
}

void kith_queue_turn(kith_queue *q)
{
    if (kith_exchange_place(q->exchange)->local == 0) kith_queues_reset(q->queues, counter_of(q));
    q->turn++;
    q->taken = 0;
}

kith_status kith_chore_make(kith_ctx *ctx, kith_exchange *exchange, const kith_chore *chore)
{
    char worded[MESSAGE_SIZE] = "";
    kith_status status = KITH_OK;
    size_t failed = SIZE_MAX;
    for (size_t item; (item = chore->next(chore->arg)) != SIZE_MAX;) {
        if (item > failed) continue;
        kith_ctx_forget(ctx);
        kith_status made = kith_stop_check(ctx);
        if (made == KITH_OK) made = chore->make(ctx, chore->arg, item);
        if (made == KITH_OK) continue;
        status = made;
        failed = item;
        snprintf(worded, sizeof worded, "%s", kith_ctx_message(ctx));
    }
    if (status == KITH_OK) return KITH_OK;
    kith_ctx_forget(ctx);
    kith_exchange_blame(exchange, (uint32_t)failed);
    return kith_fail(ctx, status, "%s", worded);
}
