#include "engine/work/lanes.h"

static void set_origin(kith_lanes *lanes, size_t l, uint32_t domain)
{
    lanes->origin[l] = (kith_origin){.row = (uint32_t)l, .domain = domain};
    lanes->origin[lanes->count + l] = (kith_origin){.row = (uint32_t)(lanes->count + l), .domain = domain};
}

kith_status kith_lanes_open_at(kith_ctx *ctx, const kith_queue *queue, size_t count, const uint32_t *home,
                               kith_lanes *out)
{
    const uint32_t mine = (uint32_t)kith_exchange_place(queue->exchange)->domain;
    *out = (kith_lanes){.queue = *queue, .count = count};
    KITH_TRY(KITH_ALLOC(ctx, "lanes", 2 * count + 1, &out->origin));
    KITH_TRY(KITH_ALLOC(ctx, "lanes", count + 1, &out->here));
    for (size_t l = 0; l < count; l++) {
        set_origin(out, l, home[l]);
        if (home[l] == mine) out->here[out->last++] = l;
    }
    return KITH_OK;
}

kith_status kith_lanes_open(kith_ctx *ctx, const kith_queue *queue, size_t count, kith_lanes *out)
{
    const kith_place *place = kith_exchange_place(queue->exchange);
    *out = (kith_lanes){.queue = *queue, .count = count};
    KITH_TRY(KITH_ALLOC(ctx, "lanes", 2 * count + 1, &out->origin));
    bool any = false;
    for (size_t l = 0; l < count; l++) {
        const size_t worker = (size_t)((double)l * (double)place->workers / (double)count);
        const uint32_t domain = (uint32_t)kith_exchange_domain_of(queue->exchange, worker);
        set_origin(out, l, domain);
        if (domain != place->domain) continue;
        if (!any) out->first = l;
        any = true;
        out->last = l + 1;
    }
    return KITH_OK;
}

void kith_lanes_close(kith_lanes *lanes)
{
    kith_free(lanes->origin);
    kith_free(lanes->here);
    lanes->origin = NULL;
    lanes->here = NULL;
}

size_t kith_lanes_next(kith_lanes *lanes)
{
    const size_t k = kith_queue_next(&lanes->queue, lanes->last - lanes->first);
    if (k == SIZE_MAX) return SIZE_MAX;
    return lanes->here ? lanes->here[k] : lanes->first + k;
}

size_t kith_lanes_row(const kith_lanes *lanes, size_t lane)
{
    return (lanes->queue.turn & 1) * lanes->count + lane;
}

kith_status kith_lanes_publish(kith_lanes *lanes, kith_board *board, kith_status mine)
{
    return kith_board_publish_rows(board, mine, lanes->origin + kith_lanes_row(lanes, 0), lanes->count, NULL);
}

void kith_lanes_turn(kith_lanes *lanes)
{
    kith_queue_turn(&lanes->queue);
}
