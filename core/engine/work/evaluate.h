/* Tests a model on the test set, in lanes of fixed size that the workers share.
 *
 * Ownership: borrows what kith_evaluator_setup names until close. Threads: one per worker; functions marked [all] are
 * called by all workers in the same order and agree on failures.
 */
#ifndef KITH_EVALUATE_H
#define KITH_EVALUATE_H

#include "data/data.h"
#include "engine/work/dealing.h"
#include "engine/work/trainer.h"
#include "exchange/exchange.h"

/* A score as a row of doubles: loss, correct, count, and the sums that the model names. */
enum { KITH_SCORE_LOSS = 0, KITH_SCORE_CORRECT, KITH_SCORE_COUNT, KITH_SCORE_MORE };
void kith_score_put(const kith_score *score, size_t more, double *row);
/* Adds a row to *score. */
void kith_score_add(const double *row, size_t more, kith_score *score);

typedef struct kith_evaluator kith_evaluator;

typedef struct kith_evaluator_setup {
    kith_exchange *exchange;
    kith_queues *queues; /* of which KITH_QUEUE_LANES is the evaluator's */
    kith_data *data;
    kith_trainer *trainer;
    size_t lane;     /* test examples */
    size_t examples; /* the first so many of them; 0: all */
} kith_evaluator_setup;

/* [all] */
kith_status kith_evaluator_open(kith_ctx *ctx, const kith_evaluator_setup *setup, kith_evaluator **out) KITH_CHECKED;
/* [all] x (d), readable here. */
kith_status kith_evaluator_score(kith_ctx *ctx, kith_evaluator *evaluator, const kith_real *x,
                                 kith_score *out) KITH_CHECKED;
/* [all] */
void kith_evaluator_close(kith_evaluator *evaluator);

#endif
