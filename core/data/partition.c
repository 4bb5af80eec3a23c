#include "data/internal.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

/* Draws that belong to no single learner are those of this "learner". */
#define EVERYONE UINT64_MAX

kith_stream kith_deal_stream(const kith_deal_task *task, uint64_t a, uint64_t b)
{
    return kith_stream_at(task->seed, KITH_FOR_PARTITION, a, b);
}

kith_stream kith_deal_common_stream(const kith_deal_task *task, uint32_t use, uint32_t number)
{
    return kith_deal_stream(task, EVERYONE, (uint64_t)use << 32 | number);
}

kith_status kith_deal_offsets(kith_ctx *ctx, size_t learners, kith_deal *deal)
{
    deal->learners = learners;
    return KITH_ALLOC(ctx, "the partition's offsets", learners + 1, &deal->offset);
}

kith_status kith_deal_indices(kith_ctx *ctx, size_t count, kith_deal *deal)
{
    return KITH_ALLOC(ctx, "the partition's examples", count, &deal->index);
}

void kith_deal_accumulate(kith_deal *deal)
{
    for (size_t i = 0; i < deal->learners; i++)
        deal->offset[i + 1] += deal->offset[i];
}

void kith_deal_free(kith_deal *deal)
{
    kith_free(deal->offset);
    kith_free(deal->index);
    kith_free(deal->mix);
    *deal = (kith_deal){0};
}

kith_status kith_by_class_make(kith_ctx *ctx, const kith_deal_task *task, bool shuffled, kith_by_class *out)
{
    kith_by_class by = {.classes = task->classes};
    uint64_t *next = NULL;
    kith_status status = KITH_ALLOC(ctx, "the classes' offsets", by.classes + 1, &by.start);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the classes' cursors", by.classes, &next);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the examples by class", task->examples, &by.index);
    if (status != KITH_OK) goto done;
    for (size_t e = 0; e < task->examples; e++)
        by.start[task->label[e] + 1]++;
    for (size_t c = 0; c < by.classes; c++) {
        by.start[c + 1] += by.start[c];
        next[c] = by.start[c];
    }
    for (size_t e = 0; e < task->examples; e++)
        by.index[next[task->label[e]]++] = (uint32_t)e;
    for (size_t c = 0; shuffled && c < by.classes; c++) {
        kith_stream s = kith_deal_common_stream(task, KITH_DEAL_CLASS, (uint32_t)c);
        kith_shuffle_u32(&s, by.index + by.start[c], by.start[c + 1] - by.start[c]);
    }
    *out = by;
    by = (kith_by_class){0};
done:
    kith_free(next);
    kith_by_class_free(&by);
    return status;
}

void kith_by_class_free(kith_by_class *by)
{
    kith_free(by->start);
    kith_free(by->index);
    *by = (kith_by_class){0};
}

/* Examples in the order in which items name owners 0..N-1; owners from N on are left out. */
static kith_status deal_natural(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    if (task->users < task->learners)
        return kith_config_refuse(
            ctx, task->config, "run", "learners",
            "the data set has only %zu users, one a learner; ask for at most %zu learners, or set "
            "partition.kind = iid",
            task->users, task->users);
    KITH_TRY(kith_deal_offsets(ctx, task->learners, deal));
    for (size_t e = 0; e < task->examples; e++) {
        if (task->user[e] >= task->users)
            return kith_fail(ctx, KITH_EDATA, "user %u of example %zu is outside 0..%zu", task->user[e], e,
                             task->users - 1);
        if (task->user[e] < task->learners) deal->offset[task->user[e] + 1]++;
    }
    kith_deal_accumulate(deal);
    KITH_TRY(kith_deal_indices(ctx, deal->offset[task->learners], deal));
    uint64_t *next = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the users' cursors", task->learners, &next));
    memcpy(next, deal->offset, task->learners * sizeof *next);
    for (size_t e = 0; e < task->examples; e++)
        if (task->user[e] < task->learners) deal->index[next[task->user[e]]++] = (uint32_t)e;
    kith_free(next);
    return KITH_OK;
}

/* A kind, whether it reads labels, whether every learner has examples of its own. */
typedef struct kind_row {
    kith_status (*deal)(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal);
    const char *name;
    bool labels, disjoint;
    const char *remedy; /* against an empty learner */
} kind_row;

static const kind_row kinds[] = {
    [KITH_PARTITION_IID] = {kith_deal_by_size, "iid", false, true, "ask for fewer learners"},
    [KITH_PARTITION_SEQUENTIAL] = {kith_deal_by_size, "sequential", false, true, "ask for fewer learners"},
    [KITH_PARTITION_DIRICHLET] = {kith_deal_dirichlet, "dirichlet", true, false, "raise partition.samples"},
    [KITH_PARTITION_DIRICHLET_SHARE] = {kith_deal_dirichlet, "dirichlet-share", true, false, "raise partition.samples"},
    [KITH_PARTITION_DIRICHLET_CLASS] = {kith_deal_dirichlet_class, "dirichlet-class", true, true,
                                        "raise partition.least"},
    [KITH_PARTITION_SHARDS] = {kith_deal_shards, "shards", true, true, "ask for fewer learners"},
    [KITH_PARTITION_LABEL_K] = {kith_deal_label_k, "label-k", true, true, "ask for fewer learners"},
    [KITH_PARTITION_LABEL_LOGNORMAL] = {kith_deal_label_lognormal, "label-lognormal", true, true,
                                        "raise partition.least"},
    [KITH_PARTITION_LOGNORMAL] = {kith_deal_by_size, "lognormal", false, true, "ask for fewer learners"},
    [KITH_PARTITION_POWER_LAW] = {kith_deal_by_size, "power-law", false, true, "ask for fewer learners"},
    [KITH_PARTITION_NATURAL] = {deal_natural, "natural", false, false,
                                "ask for fewer learners, so that the users before it are taken, or set "
                                "partition.kind = iid"},
    [KITH_PARTITION_FILE] = {kith_deal_file, "file", false, false, "give it a line of its own in partition.file"},
};

static kith_status check_task(kith_ctx *ctx, const kith_deal_task *task, const kind_row *kind)
{
    if (kind->labels && !task->label)
        return kith_config_refuse(ctx, task->config, "partition", "kind",
                                  "the data set has no labels to deal by; use iid, sequential, lognormal, power-law or "
                                  "file");
    if (kind->disjoint && task->learners > task->examples)
        return kith_config_refuse(ctx, task->config, "run", "learners",
                                  "the training pool has only %zu examples; ask for at most %zu learners, or set "
                                  "partition.kind = dirichlet and partition.samples, by which learners share examples",
                                  task->examples, task->examples);
    return KITH_OK;
}

static kith_status refuse_empty(kith_ctx *ctx, const kind_row *kind, const kith_deal *deal)
{
    for (size_t i = 0; i < deal->learners; i++)
        if (deal->offset[i] == deal->offset[i + 1])
            return kith_fail(ctx, KITH_ECONFIG, "partition.kind = %s leaves learner %zu without examples; %s",
                             kind->name, i, kind->remedy);
    return KITH_OK;
}

kith_status kith_deal_make(kith_ctx *ctx, const kith_deal_task *task, kith_deal *out)
{
    const kind_row *kind = &kinds[task->how->kind];
    KITH_TRY(check_task(ctx, task, kind));
    kith_deal deal = {0};
    kith_status status = kind->deal(ctx, task, &deal);
    if (status == KITH_OK) status = refuse_empty(ctx, kind, &deal);
    if (status == KITH_OK)
        *out = deal;
    else
        kith_deal_free(&deal);
    return status;
}
