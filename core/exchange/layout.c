#include "exchange/machine.h"

#include <stdlib.h>

typedef struct chair {
    kith_seat seat;
    int rank;
} chair;

/* Host by host, and there room by room. */
static int by_seat(const void *a_, const void *b_)
{
    const chair *a = a_, *b = b_;
    const int order[] = {a->seat.host - b->seat.host, a->seat.room - b->seat.room, a->rank - b->rank};
    return order[0] ? order[0] : order[1] ? order[1] : order[2];
}

static bool same_room(const chair *a, const chair *b)
{
    return a->seat.host == b->seat.host && a->seat.room == b->seat.room;
}

/* Cuts the workers of a room, which is on the host that was counted last. */
static void cut_room(size_t start, size_t count, size_t forced, kith_layout *layout)
{
    size_t parts = forced ? forced : 1;
    if (parts > count) parts = count;
    for (size_t part = 0; part < parts; part++) {
        layout->first[layout->domains] = start + count * part / parts;
        layout->host_of_domain[layout->domains++] = layout->hosts - 1;
    }
    layout->first[layout->domains] = start + count;
}

kith_status kith_layout_make(kith_ctx *ctx, const kith_seat *seat_of_rank, size_t ranks, size_t forced,
                             kith_layout *out)
{
    chair *order = NULL;
    *out = (kith_layout){.workers = ranks};
    KITH_TRY(KITH_ALLOC(ctx, "workers", ranks, &out->worker_of_rank));
    KITH_TRY(KITH_ALLOC(ctx, "domains", ranks + 1, &out->first));
    KITH_TRY(KITH_ALLOC(ctx, "domains", ranks, &out->host_of_domain));
    KITH_TRY(KITH_ALLOC(ctx, "workers", ranks, &order));
    for (size_t r = 0; r < ranks; r++)
        order[r] = (chair){seat_of_rank[r], (int)r};
    qsort(order, ranks, sizeof *order, by_seat);
    for (size_t start = 0, end = 0; start < ranks; start = end) {
        while (end < ranks && same_room(&order[start], &order[end]))
            end++;
        out->hosts += !start || order[start].seat.host != order[start - 1].seat.host;
        out->rooms++;
        cut_room(start, end - start, forced, out);
    }
    for (size_t w = 0; w < ranks; w++)
        out->worker_of_rank[order[w].rank] = w;
    kith_free(order);
    return KITH_OK;
}

void kith_layout_destroy(kith_layout *layout)
{
    kith_free(layout->worker_of_rank);
    kith_free(layout->first);
    kith_free(layout->host_of_domain);
    *layout = (kith_layout){0};
}
