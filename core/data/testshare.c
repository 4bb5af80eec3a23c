/* Test examples out of what learners were dealt: a share of each one's, all in one set (data.test_share). */
#include "data/internal.h"

#include "config/config.h"

#include <float.h>
#include <string.h>

/* A learner's stream of its own, as validation's is another: what is dealt does not change with what is tested on. */
#define TEST_DRAW (UINT64_MAX - 1)

static size_t trained_of(size_t examples, double share)
{
    /* Of 10 examples a share of 0.8 leaves 2, though 1 - 0.8 lies below 0.2 in doubles. */
    const size_t trained = (size_t)((1.0 - share) * (double)examples * (1.0 + 4.0 * DBL_EPSILON));
    return trained ? trained : 1;
}

static void split_all(const kith_deal_task *task, const kith_deal *whole, uint32_t *order, kith_deal *trained,
                      uint32_t *tests)
{
    size_t tested = 0;
    for (size_t i = 0; i < whole->learners; i++) {
        const size_t from = (size_t)whole->offset[i], count = (size_t)whole->offset[i + 1] - from;
        const size_t first = (size_t)trained->offset[i], kept = (size_t)trained->offset[i + 1] - first;
        kith_stream s = kith_deal_stream(task, i, TEST_DRAW);
        memcpy(order, whole->index + from, count * sizeof *order);
        kith_shuffle_u32(&s, order, count);
        memcpy(trained->index + first, order, kept * sizeof *order);
        memcpy(tests + tested, order + kept, (count - kept) * sizeof *order);
        tested += count - kept;
    }
    memcpy(tests + tested, tests, tested * sizeof *tests);
    /* The first so many of them (data.eval_examples) are not the first learners'. */
    kith_stream s = kith_deal_common_stream(task, KITH_DEAL_TESTS, 0);
    kith_shuffle_u32(&s, tests, tested);
}

/* What somebody trains on says little as a test. */
static kith_status check_apart(kith_ctx *ctx, const kith_deal_task *task, const kith_deal *trained,
                               const uint32_t *tests, size_t tested)
{
    unsigned char *known = NULL;
    kith_status status = KITH_OK;
    if (tested == 0)
        return kith_config_refuse(ctx, task->config, "data", "test_share",
                                  "no learner has an example to spare; raise it, or ask for fewer learners");
    KITH_TRY(KITH_ALLOC(ctx, "who trains on what", task->examples, &known));
    for (uint64_t k = 0; k < trained->offset[trained->learners]; k++)
        known[trained->index[k]] = 1;
    for (size_t k = 0; status == KITH_OK && k < tested; k++)
        if (known[tests[k]])
            status = kith_config_refuse(ctx, task->config, "data", "test_share",
                                        "example %u would be one learner's to train on and another's to test on; "
                                        "choose a partition.kind by which learners share none",
                                        tests[k]);
    kith_free(known);
    return status;
}

kith_status kith_deal_split(kith_ctx *ctx, const kith_deal_task *task, const kith_deal *whole, double share,
                            kith_deal *trained, uint32_t **tests)
{
    const size_t learners = whole->learners, all = (size_t)whole->offset[learners];
    size_t largest = 0;
    uint32_t *order = NULL, *drawn = NULL;
    kith_deal deal = {0};
    kith_status status = kith_deal_offsets(ctx, learners, &deal);
    if (status != KITH_OK) goto done;
    for (size_t i = 0; i < learners; i++) {
        const size_t count = (size_t)(whole->offset[i + 1] - whole->offset[i]);
        deal.offset[i + 1] = deal.offset[i] + trained_of(count, share);
        if (count > largest) largest = count;
    }
    status = kith_deal_indices(ctx, (size_t)deal.offset[learners], &deal);
    const size_t tested = all - (size_t)deal.offset[learners];
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the test examples", 2 * tested + 1, &drawn);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a learner's order of examples", largest, &order);
    if (status != KITH_OK) goto done;
    split_all(task, whole, order, &deal, drawn);
    status = check_apart(ctx, task, &deal, drawn, tested);
    if (status != KITH_OK) goto done;
    *trained = deal;
    *tests = drawn;
    deal = (kith_deal){0};
    drawn = NULL;
done:
    kith_deal_free(&deal);
    kith_free(drawn);
    kith_free(order);
    return status;
}
