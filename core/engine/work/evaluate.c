#include "engine/work/evaluate.h"

/* Each lane's sums are a row; they are added in lane order, so the score does not depend on who tested what. */
struct kith_evaluator {
    kith_exchange *exchange;
    kith_dealer *dealer;
    kith_trainer *trainer;
    kith_board *scores; /* (2 * lanes, KITH_SCORE_MORE + more) doubles: turns alternate, so that no row is written while
                           it is read */
    size_t more;        /* sums that the model names */
    kith_origin *origin; /* [2 * lanes] */
    size_t lane, lanes, examples;
    size_t first, last; /* this domain's lanes */
    size_t turn;
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

static kith_status deal_lanes(kith_ctx *ctx, kith_evaluator *e)
{
    const kith_place *place = kith_exchange_place(e->exchange);
    KITH_TRY(KITH_ALLOC(ctx, "test lanes", 2 * e->lanes + 1, &e->origin));
    e->first = e->last = SIZE_MAX;
    for (size_t l = 0; l < e->lanes; l++) {
        const size_t domain = kith_exchange_domain_of(e->exchange, l * place->workers / e->lanes);
        e->origin[l] = (kith_origin){.row = (uint32_t)l, .domain = (uint32_t)domain};
        e->origin[e->lanes + l] = (kith_origin){.row = (uint32_t)(e->lanes + l), .domain = (uint32_t)domain};
        if (domain != place->domain) continue;
        if (e->first == SIZE_MAX) e->first = l;
        e->last = l + 1;
    }
    if (e->first == SIZE_MAX) e->first = e->last = 0;
    return KITH_OK;
}

kith_status kith_evaluator_open(kith_ctx *ctx, const kith_evaluator_setup *about, kith_evaluator **out)
{
    const size_t lane = about->lane;
    kith_evaluator *e = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "evaluator", 1, &e));
    *e = (kith_evaluator){.exchange = about->exchange,
                          .dealer = about->dealer,
                          .trainer = about->trainer,
                          .more = kith_trainer_scores(about->trainer)->count,
                          .lane = lane,
                          .examples = kith_data_test_size(about->data)};
    e->lanes = (e->examples + lane - 1) / lane;
    kith_status status = deal_lanes(ctx, e);
    if (status == KITH_OK)
        status = kith_trainer_reserve(ctx, about->trainer, lane < e->examples ? lane : e->examples ? e->examples : 1);
    status = kith_exchange_agree(e->exchange, status, NULL);
    if (status == KITH_OK)
        status = kith_board_create(ctx, e->exchange, "test scores", 2 * e->lanes + 1, KITH_SCORE_MORE + e->more,
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
    kith_free(e->origin);
    kith_free(e);
}

kith_status kith_evaluator_score(kith_ctx *ctx, kith_evaluator *e, const kith_real *x, kith_score *out)
{
    const size_t turn = e->turn++ & 1, deck = KITH_DECK_LANES + turn, base = turn * e->lanes;
    kith_status status = KITH_OK;
    for (uint64_t k; (k = kith_dealer_next(e->dealer, deck)) < e->last - e->first;) {
        const size_t l = e->first + (size_t)k, first = l * e->lane;
        const size_t left = e->examples - first;
        kith_score score = {0};
        if (status == KITH_OK) {
            status = kith_trainer_test(ctx, e->trainer, x, first, left < e->lane ? left : e->lane, &score);
            if (status != KITH_OK) kith_exchange_blame(e->exchange, (uint32_t)l);
        }
        kith_score_put(&score, e->more, kith_board_row(e->scores, base + l));
    }
    KITH_TRY(kith_board_publish_rows(e->scores, status, e->origin + base, e->lanes, NULL));
    if (kith_exchange_place(e->exchange)->local == 0) kith_dealer_reset(e->dealer, deck);
    *out = (kith_score){0};
    for (size_t l = 0; l < e->lanes; l++)
        kith_score_add(kith_board_row(e->scores, base + l), e->more, out);
    return KITH_OK;
}
