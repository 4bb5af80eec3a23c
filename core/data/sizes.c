/* Deals that cut one long order of the pool into N runs: iid, sequential, lognormal, power-law. */
#include "data/internal.h"

#include <math.h>

static void even_sizes(const kith_deal_task *task, kith_deal *deal)
{
    for (size_t i = 0; i <= task->learners; i++)
        deal->offset[i] = (uint64_t)i * task->examples / task->learners;
}

/* One example each, and the rest in proportion to the weights: cumulated shares are cut down to whole numbers, so that
 * the sizes add up to n. */
static void weighted_sizes(const kith_deal_task *task, const double *weight, kith_deal *deal)
{
    const size_t rest = task->examples - task->learners;
    double total = 0.0, sum = 0.0;
    for (size_t i = 0; i < task->learners; i++)
        total += weight[i];
    for (size_t i = 0; i < task->learners; i++) {
        sum += weight[i];
        const uint64_t cut =
            i + 1 == task->learners ? rest : (uint64_t)fmin((double)rest * (sum / total), (double)rest);
        deal->offset[i + 1] = i + 1 + cut;
    }
}

static void draw_weights(const kith_deal_task *task, double *weight)
{
    kith_stream s = kith_deal_common_stream(task, KITH_DEAL_SIZES, 0);
    for (size_t i = 0; i < task->learners; i++)
        weight[i] = task->how->kind == KITH_PARTITION_LOGNORMAL ? exp(task->how->sigma * kith_draw_normal(&s))
                                                                : pow((double)(i + 1), -task->how->alpha);
}

kith_status kith_deal_by_size(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    const int kind = task->how->kind;
    KITH_TRY(kith_deal_offsets(ctx, task->learners, deal));
    KITH_TRY(kith_deal_indices(ctx, task->examples, deal));
    for (size_t e = 0; e < task->examples; e++)
        deal->index[e] = (uint32_t)e;
    if (kind != KITH_PARTITION_SEQUENTIAL) {
        kith_stream s = kith_deal_common_stream(task, KITH_DEAL_ORDER, 0);
        kith_shuffle_u32(&s, deal->index, task->examples);
    }
    if (kind == KITH_PARTITION_IID || kind == KITH_PARTITION_SEQUENTIAL) {
        even_sizes(task, deal);
        return KITH_OK;
    }
    double *weight = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the learners' weights", task->learners, &weight));
    draw_weights(task, weight);
    weighted_sizes(task, weight, deal);
    kith_free(weight);
    return KITH_OK;
}
