#include "engine/work/evaluate.h"

#include "base/headway.h"
#include "engine/work/lanes.h"

/* Each lane's sums are a row; they are added in lane order, so the score does not depend on who tested what. */
struct kith_evaluator {
    kith_exchange *exchange;
    kith_trainer *trainer;
    kith_lanes lanes;
    kith_board *scores; /* (2 * lanes, KITH_SCORE_MORE + more) doubles */
    size_t more;        /* sums that the model names */
    size_t lane, examples;
};

void kith_score_put(const kith_score *score, size_t more, double *row)
{
    row[KITH_SCORE_LOSS] = score->loss;
    row[KITH_SCORE_CORRECT] = (double)score->correct;
    row[KITH_SCORE_COUNT] = (double)score->count;
    for (size_t k = 0; k < more; k++)
        row[KITH_SCORE_MORE + k] = score->more[k];
}

void kith_score_add(const double *row, size_t more, kith_score *score)
{
    score->loss += row[KITH_SCORE_LOSS];
    score->correct += (uint64_t)row[KITH_SCORE_CORRECT];
    score->count += (uint64_t)row[KITH_SCORE_COUNT];
    for (size_t k = 0; k < more; k++)
        score->more[k] += row[KITH_SCORE_MORE + k];
}

kith_status kith_evaluator_open(kith_ctx *ctx, const kith_evaluator_setup *setup, kith_evaluator **out)
{
    const size_t lane = setup->lane;
    kith_evaluator *e = NULL;
    const size_t all = kith_data_test_size(setup->data);
    KITH_TRY(KITH_ALLOC(ctx, "evaluator", 1, &e));
    *e = (kith_evaluator){.exchange = setup->exchange,
                          .trainer = setup->trainer,
                          .more = kith_trainer_scores(setup->trainer)->count,
                          .lane = lane,
                          .examples = setup->examples && setup->examples < all ? setup->examples : all};
    kith_queue queue;
    kith_queue_open(setup->exchange, setup->queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_LANES, &queue);
    kith_status status = kith_lanes_open(ctx, &queue, (e->examples + lane - 1) / lane, &e->lanes);
    if (status == KITH_OK)
        status = kith_trainer_reserve(ctx, setup->trainer, lane < e->examples ? lane : e->examples ? e->examples : 1);
    status = kith_exchange_agree(e->exchange, status, NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, e->exchange, "test scores", 2 * e->lanes.count + 1, KITH_SCORE_MORE + e->more,
                                   sizeof(double), &e->scores);
    if (status != KITH_OK) {
        kith_evaluator_close(e);
        return status;
    }
    *out = e;
    return KITH_OK;
}

void kith_evaluator_close(kith_evaluator *e)
{
    if (!e) return;
    if (e->scores) kith_board_destroy(e->scores);
    kith_lanes_close(&e->lanes);
    kith_free(e);
}

kith_status kith_evaluator_score(kith_ctx *ctx, kith_evaluator *e, const kith_real *x, kith_score *out)
{
    kith_status status = KITH_OK;
    kith_headway_begin("testing the model, part");
    for (size_t l; (l = kith_lanes_next(&e->lanes)) != SIZE_MAX;) {
        const size_t first = l * e->lane, left = e->examples - first;
        kith_score score = {0};
        if (status == KITH_OK) {
            status = kith_trainer_test(ctx, e->trainer, x, first, left < e->lane ? left : e->lane, &score);
            if (status != KITH_OK) kith_exchange_blame(e->exchange, (uint32_t)l);
        }
        kith_score_put(&score, e->more, kith_board_row(e->scores, kith_lanes_row(&e->lanes, l)));
    }
    KITH_TRY(kith_lanes_publish(&e->lanes, e->scores, status));
    *out = (kith_score){0};
    for (size_t l = 0; l < e->lanes.count; l++)
        kith_score_add(kith_board_row(e->scores, kith_lanes_row(&e->lanes, l)), e->more, out);
    kith_lanes_turn(&e->lanes);
    return KITH_OK;
}
