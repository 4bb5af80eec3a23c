#include "exchange/machine.h"

/* before[h] = how many ranks stand on hosts that come before host h (the lowest rank on it). */
static void count_before(const int *host_of_rank, size_t ranks, size_t *before)
{
    for (size_t r = 0; r < ranks; r++)
        before[host_of_rank[r]]++;
    size_t sum = 0;
    for (size_t h = 0; h < ranks; h++) {
        const size_t here = before[h];
        before[h] = sum;
        sum += here;
    }
}

/* Cuts one host's workers. */
static void cut_host(size_t start, size_t count, size_t forced, kith_layout *layout)
{
    size_t parts = forced ? forced : 1;
    if (parts > count) parts = count;
    for (size_t part = 0; part < parts; part++) {
        layout->first[layout->domains] = start + count * part / parts;
        layout->host_of_domain[layout->domains++] = layout->hosts;
    }
    layout->first[layout->domains] = start + count;
    layout->hosts++;
}

kith_status kith_layout_make(kith_ctx *ctx, const int *host_of_rank, size_t ranks, size_t forced, kith_layout *out)
{
    size_t *before = NULL;
    *out = (kith_layout){.workers = ranks};
    KITH_TRY(KITH_ALLOC(ctx, "workers", ranks, &out->worker_of_rank));
    KITH_TRY(KITH_ALLOC(ctx, "domains", ranks + 1, &out->first));
    KITH_TRY(KITH_ALLOC(ctx, "domains", ranks, &out->host_of_domain));
    KITH_TRY(KITH_ALLOC(ctx, "hosts", ranks + 1, &before));
    count_before(host_of_rank, ranks, before);
    before[ranks] = ranks;
    /* A host's entry is the lowest rank on it; the entries between hosts repeat the next host's start. */
    for (size_t h = 0; h < ranks; h++)
        if (before[h + 1] != before[h]) cut_host(before[h], before[h + 1] - before[h], forced, out);
    for (size_t r = 0; r < ranks; r++)
        out->worker_of_rank[r] = before[host_of_rank[r]]++;
    kith_free(before);
    return KITH_OK;
}

void kith_layout_destroy(kith_layout *layout)
{
    kith_free(layout->worker_of_rank);
    kith_free(layout->first);
    kith_free(layout->host_of_domain);
    *layout = (kith_layout){0};
}
