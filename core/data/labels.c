/* Deals by label: shards (McMahan et al. 2017), label-k (NIID-Bench's #C=k), label-lognormal (Li et al. 2020). */
#include "data/internal.h"

#include "config/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where part i of an even cut starts. Counts are below 2^32. */
static uint64_t part(uint64_t count, uint64_t parts, uint64_t i)
{
    return i * count / parts;
}

/* Shard number by place: learner i holds places i * per .. i * per + per - 1. */
static kith_status shuffled_shards(kith_ctx *ctx, const kith_deal_task *task, size_t shards, uint32_t **out)
{
    uint32_t *shard = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the shards", shards, &shard));
    for (size_t k = 0; k < shards; k++)
        shard[k] = (uint32_t)k;
    kith_stream s = kith_deal_common_stream(task, KITH_DEAL_ORDER, 0);
    kith_shuffle_u32(&s, shard, shards);
    *out = shard;
    return KITH_OK;
}

static void deal_shards(const kith_deal_task *task, const kith_by_class *by, const uint32_t *shard, kith_deal *deal)
{
    const size_t per = (size_t)task->how->shards, shards = per * task->learners;
    uint64_t at = 0;
    for (size_t k = 0; k < shards; k++) {
        const uint64_t from = part(task->examples, shards, shard[k]),
                       to = part(task->examples, shards, shard[k] + 1ull);
        memcpy(deal->index + at, by->index + from, (to - from) * sizeof *deal->index);
        at += to - from;
        deal->offset[k / per + 1] = at;
    }
}

kith_status kith_deal_shards(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    if ((uint64_t)task->how->shards > task->examples / task->learners)
        return kith_config_refuse(ctx, task->config, "partition", "shards",
                                  "times %zu learners is more shards than the training pool's %zu examples; ask for at "
                                  "most %zu",
                                  task->learners, task->examples, task->examples / task->learners);
    kith_by_class by = {0};
    uint32_t *shard = NULL;
    kith_status status = kith_by_class_make(ctx, task, true, &by);
    if (status == KITH_OK) status = shuffled_shards(ctx, task, (size_t)task->how->shards * task->learners, &shard);
    if (status == KITH_OK) status = kith_deal_offsets(ctx, task->learners, deal);
    if (status == KITH_OK) status = kith_deal_indices(ctx, task->examples, deal);
    if (status == KITH_OK) deal_shards(task, &by, shard, deal);
    kith_free(shard);
    kith_by_class_free(&by);
    return status;
}

/* Who holds which of the P classes that have examples. */
typedef struct holding {
    kith_by_class by;
    size_t present;    /* P */
    uint32_t *class;   /* (P) */
    uint32_t *order;   /* (P) scratch: a permutation of 0..P-1 */
    uint32_t *held;    /* (N, k) indices into class */
    uint64_t *holders; /* (P) */
    uint64_t *turn;    /* (P) holders served so far */
} holding;

static void holding_free(holding *h)
{
    kith_by_class_free(&h->by);
    kith_free(h->class);
    kith_free(h->order);
    kith_free(h->held);
    kith_free(h->holders);
    kith_free(h->turn);
}

static kith_status holding_make(kith_ctx *ctx, const kith_deal_task *task, size_t k, holding *h)
{
    KITH_TRY(kith_by_class_make(ctx, task, true, &h->by));
    KITH_TRY(KITH_ALLOC(ctx, "the list of classes", task->classes, &h->class));
    for (size_t c = 0; c < task->classes; c++)
        if (h->by.start[c] < h->by.start[c + 1]) h->class[h->present++] = (uint32_t)c;
    if (k > h->present)
        return kith_config_refuse(ctx, task->config, "partition", "labels",
                                  "the training pool has only %zu labels; ask for at most as many", h->present);
    KITH_TRY(KITH_ALLOC(ctx, "the list of classes", h->present, &h->order));
    KITH_TRY(kith_alloc(ctx, "the learners' labels", task->learners, k * sizeof *h->held, (void **)&h->held));
    KITH_TRY(KITH_ALLOC(ctx, "the labels' holders", h->present, &h->holders));
    return KITH_ALLOC(ctx, "the labels' holders", h->present, &h->turn);
}

/* Learner i's first label goes round, so that with N >= P every label has a holder; the others are drawn. */
static void draw_labels(const kith_deal_task *task, size_t k, holding *h)
{
    for (size_t i = 0; i < task->learners; i++) {
        kith_stream s = kith_deal_stream(task, i, 0);
        for (size_t c = 0; c < h->present; c++)
            h->order[c] = (uint32_t)((i + c) % h->present);
        for (size_t j = 0; j < k; j++) {
            const size_t other = j == 0 ? 0 : j + kith_draw_below(&s, h->present - j);
            const uint32_t label = h->order[other];
            h->order[other] = h->order[j];
            h->order[j] = label;
            h->held[i * k + j] = label;
            h->holders[label]++;
        }
    }
}

static kith_status check_holders(kith_ctx *ctx, const kith_deal_task *task, const holding *h)
{
    size_t idle = 0;
    for (size_t c = 0; c < h->present; c++) {
        const uint64_t count = h->by.start[h->class[c] + 1] - h->by.start[h->class[c]];
        idle += h->holders[c] == 0;
        if (count < h->holders[c])
            return kith_config_refuse(
                ctx, task->config, "partition", "labels",
                "label %u has %llu examples for the %llu learners that would hold it; ask for fewer "
                "labels or learners",
                h->class[c], (unsigned long long)count, (unsigned long long)h -> holders[c]);
    }
    if (idle)
        kith_note(ctx,
                  "partition.kind = label-k: %zu of %zu labels are held by no learner; their examples are not used",
                  idle, h->present);
    return KITH_OK;
}

/* The run of its class that the next holder of label c gets. */
static const uint32_t *next_run(const holding *h, size_t c, uint64_t turn, uint64_t *count)
{
    const uint64_t first = h->by.start[h->class[c]], all = h->by.start[h->class[c] + 1] - first;
    const uint64_t from = part(all, h->holders[c], turn);
    *count = part(all, h->holders[c], turn + 1) - from;
    return h->by.index + first + from;
}

static kith_status deal_holding(kith_ctx *ctx, const kith_deal_task *task, size_t k, holding *h, kith_deal *deal)
{
    KITH_TRY(kith_deal_offsets(ctx, task->learners, deal));
    KITH_TRY(kith_deal_indices(ctx, task->examples, deal));
    uint64_t at = 0;
    for (size_t i = 0; i < task->learners; i++) {
        for (size_t j = 0; j < k; j++) {
            uint64_t count = 0;
            const size_t c = h->held[i * k + j];
            const uint32_t *run = next_run(h, c, h->turn[c]++, &count);
            memcpy(deal->index + at, run, count * sizeof *run);
            at += count;
        }
        deal->offset[i + 1] = at;
    }
    return KITH_OK;
}

kith_status kith_deal_label_k(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    const size_t k = (size_t)task->how->labels;
    holding h = {0};
    kith_status status = holding_make(ctx, task, k, &h);
    if (status == KITH_OK) {
        draw_labels(task, k, &h);
        status = check_holders(ctx, task, &h);
    }
    if (status == KITH_OK) status = deal_holding(ctx, task, k, &h, deal);
    holding_free(&h);
    return status;
}

/* Learner i's labels are neighbours, which begin at i: labels have as many holders as each other, but for a few. */
static void neighbour_labels(const kith_deal_task *task, size_t k, holding *h)
{
    for (size_t i = 0; i < task->learners; i++) {
        for (size_t j = 0; j < k; j++) {
            const size_t label = (i + j) % h->present;
            h->held[i * k + j] = (uint32_t)label;
            h->holders[label]++;
        }
    }
}

static uint64_t count_of(const holding *h, size_t c)
{
    return h->by.start[h->class[c] + 1] - h->by.start[h->class[c]];
}

static kith_status check_least(kith_ctx *ctx, const kith_deal_task *task, const holding *h)
{
    for (size_t c = 0; c < h->present; c++) {
        const uint64_t count = count_of(h, c), holders = h->holders[c], most = holders ? count / holders : UINT64_MAX;
        char remedy[64] = "ask for fewer learners or labels";
        if ((uint64_t)task->how->least <= most) continue;
        if (most) snprintf(remedy, sizeof remedy, "ask for at most %llu", (unsigned long long)most);
        return kith_config_refuse(ctx, task->config, "partition", "least",
                                  "label %u has %llu examples for the %llu learners that hold it; %s", h->class[c],
                                  (unsigned long long)count, (unsigned long long)holders, remedy);
    }
    return KITH_OK;
}

/* weight (N, k), total (P) */
static void draw_shares(const kith_deal_task *task, size_t k, const holding *h, double *weight, double *total)
{
    for (size_t i = 0; i < task->learners; i++) {
        kith_stream s = kith_deal_stream(task, i, 0);
        for (size_t j = 0; j < k; j++) {
            weight[i * k + j] = exp(task->how->sigma * kith_draw_normal(&s));
            total[h->held[i * k + j]] += weight[i * k + j];
        }
    }
}

/* Rounded shares may add up to a hair more than 1, but never to more examples than there are. */
static uint64_t amount(const kith_deal_task *task, const holding *h, size_t c, double share)
{
    const uint64_t least = (uint64_t)task->how->least, all = count_of(h, c), left = all - h->turn[c];
    const uint64_t count = least + (uint64_t)((double)(all - least * h->holders[c]) * share);
    return count < left ? count : left;
}

static kith_status deal_amounts(kith_ctx *ctx, const kith_deal_task *task, size_t k, holding *h, const double *weight,
                                const double *total, kith_deal *deal)
{
    KITH_TRY(kith_deal_offsets(ctx, task->learners, deal));
    KITH_TRY(kith_deal_indices(ctx, task->examples, deal));
    uint64_t at = 0;
    for (size_t i = 0; i < task->learners; i++) {
        for (size_t j = 0; j < k; j++) {
            const size_t c = h->held[i * k + j];
            const uint64_t count = amount(task, h, c, weight[i * k + j] / total[c]);
            memcpy(deal->index + at, h->by.index + h->by.start[h->class[c]] + h->turn[c], count * sizeof *deal->index);
            h->turn[c] += count;
            at += count;
        }
        deal->offset[i + 1] = at;
    }
    uint64_t unheld = 0;
    for (size_t c = 0; c < h->present; c++)
        unheld += h->holders[c] ? 0 : count_of(h, c);
    if (unheld)
        kith_note(ctx,
                  "partition.kind = label-lognormal: %llu of %zu examples are nobody's, since so few learners hold not "
                  "all labels",
                  (unsigned long long)unheld, task->examples);
    if (at + unheld < task->examples)
        kith_note(ctx,
                  "partition.kind = label-lognormal: %llu of %zu examples are nobody's, since shares are cut down to "
                  "whole numbers",
                  (unsigned long long)(task->examples - at - unheld), task->examples);
    return KITH_OK;
}

kith_status kith_deal_label_lognormal(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    const size_t k = (size_t)task->how->labels;
    holding h = {0};
    double *weight = NULL, *total = NULL;
    kith_status status = holding_make(ctx, task, k, &h);
    if (status == KITH_OK) {
        neighbour_labels(task, k, &h);
        status = check_least(ctx, task, &h);
    }
    if (status == KITH_OK)
        status = kith_alloc(ctx, "the learners' shares", task->learners, k * sizeof *weight, (void **)&weight);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the labels' totals", h.present, &total);
    if (status == KITH_OK) {
        draw_shares(task, k, &h, weight, total);
        status = deal_amounts(ctx, task, k, &h, weight, total, deal);
    }
    kith_free(weight);
    kith_free(total);
    holding_free(&h);
    return status;
}
