#include "engine/work/lanes.h"

kith_status kith_lanes_open(kith_ctx *ctx, kith_exchange *exchange, kith_dealer *dealer, size_t deck, size_t count,
                            kith_lanes *out)
{
    const kith_place *place = kith_exchange_place(exchange);
    *out = (kith_lanes){.exchange = exchange, .dealer = dealer, .deck = deck, .count = count};
    KITH_TRY(KITH_ALLOC(ctx, "lanes", 2 * count + 1, &out->origin));
    bool any = false;
    for (size_t l = 0; l < count; l++) {
        const size_t worker = (size_t)((double)l * (double)place->workers / (double)count);
        const uint32_t domain = (uint32_t)kith_exchange_domain_of(exchange, worker);
        out->origin[l] = (kith_origin){.row = (uint32_t)l, .domain = domain};
        out->origin[count + l] = (kith_origin){.row = (uint32_t)(count + l), .domain = domain};
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
    lanes->origin = NULL;
}

size_t kith_lanes_next(kith_lanes *lanes)
{
    const uint64_t k = kith_dealer_next(lanes->dealer, lanes->deck + (lanes->turn & 1));
    return k < lanes->last - lanes->first ? lanes->first + (size_t)k : SIZE_MAX;
}

size_t kith_lanes_row(const kith_lanes *lanes, size_t lane)
{
    return (lanes->turn & 1) * lanes->count + lane;
}

kith_status kith_lanes_publish(kith_lanes *lanes, kith_board *board, kith_status mine)
{
    KITH_TRY(kith_board_publish_rows(board, mine, lanes->origin + kith_lanes_row(lanes, 0), lanes->count, NULL));
    if (kith_exchange_place(lanes->exchange)->local == 0)
        kith_dealer_reset(lanes->dealer, lanes->deck + (lanes->turn & 1));
    return KITH_OK;
}

void kith_lanes_turn(kith_lanes *lanes)
{
    lanes->turn++;
}
