/* The trainer: what a visit needs to take gradients. One per worker, made once, reused for every visit.
 *
 * Ownership: the trainer owns its buffers; model and data are borrowed. Threads: one. Nothing is allocated between
 *   kith_trainer_begin() and the visit's end, but for the first visit of a larger generated learner.
 */
#ifndef KITH_TRAINER_H
#define KITH_TRAINER_H

#include "data/data.h"
#include "engine/work/settings.h"
#include "plugin/model.h"

#include <kith/visit.h>
#include <stdbool.h>

typedef struct kith_trainer_setup {
    const kith_instance *model;
    kith_data *data;
    const kith_local_config *local;
    size_t dimension;
    const uint64_t *round; /* the run's, for messages about models that fail */
    bool server;           /* a server folds what learners send, at a rate of its own */
    size_t largest;        /* the most examples any learner has, where known; else 0 */
    uint64_t seed;         /* of batches and noise */
} kith_trainer_setup;

kith_status kith_trainer_open(kith_ctx *ctx, const kith_trainer_setup *setup, kith_trainer **out) KITH_CHECKED;
void kith_trainer_close(kith_trainer *trainer);

/* Optimizer state that outlives a visit: the rows of kith_visit's `kept`. */
enum { KITH_KEPT_FIRST = 0, KITH_KEPT_SECOND, KITH_KEPT_STEPS, KITH_KEPT };
/* How many reals the optimizer keeps in each of these rows for a model of dimension d; 0: it does not need it. */
size_t kith_trainer_keeps(const kith_local_config *local, size_t row, size_t d);

/* Makes the learner's examples and streams ready; v->learner, v->number and v->steps are set. */
kith_status kith_trainer_begin(kith_trainer *trainer, kith_visit *v) KITH_CHECKED;
/* Of the visit so far: the sum of its gradients' losses, and how many. */
void kith_trainer_losses(const kith_trainer *trainer, double *sum, double *count);
/* The mean square of them; NaN where there are none. */
double kith_trainer_square_loss(const kith_trainer *trainer);

/* Scores model x on test examples first..first+count-1; the trainer's buffers serve both. */
kith_status kith_trainer_test(kith_ctx *ctx, kith_trainer *trainer, const kith_real *x, size_t first, size_t count,
                              kith_score *score) KITH_CHECKED;
/* The names of what the model sums in a score's `more`. */
const kith_score_names *kith_trainer_scores(const kith_trainer *trainer);
/* Which of a learner's own examples: those it trains on, those held out (data.validation), or those that it was dealt
 * and that are tested on (data.test_share). */
typedef enum kith_examples { KITH_EXAMPLES_TRAINED = 0, KITH_EXAMPLES_HELD_OUT, KITH_EXAMPLES_TESTED } kith_examples;
/* Scores model x on a learner's own examples, `lane` at a time. Adds to *score. */
kith_status kith_trainer_score(kith_ctx *ctx, kith_trainer *trainer, const kith_real *x, size_t learner,
                               kith_examples which, size_t lane, kith_score *score) KITH_CHECKED;
/* Visits that evaluations make: their batches are those of no visit of a round. */
typedef enum kith_eval_visit {
    KITH_EVAL_OWN = 2, /* finding a learner's own model */
    KITH_EVAL_TUNING,
} kith_eval_visit;
/* A visit's number for the evaluation of a round. */
uint64_t kith_trainer_eval_number(kith_eval_visit what, uint64_t round);
/* A learner's v->steps local steps on x (d), whose optimizer begins anew; v has ctx, learner, round, lr and steps. */
kith_status kith_trainer_tune(kith_trainer *trainer, kith_visit *v, kith_real *x) KITH_CHECKED;
/* The gradient g (d) at x of a learner's mean loss over all examples it trains on, `lane` at a time, without noise and
 * weight decay. */
kith_status kith_trainer_full_gradient(kith_ctx *ctx, kith_trainer *trainer, const kith_real *x, size_t learner,
                                       size_t lane, double *g) KITH_CHECKED;
/* Makes room for test lanes of this many examples. */
kith_status kith_trainer_reserve(kith_ctx *ctx, kith_trainer *trainer, size_t batch) KITH_CHECKED;

#endif
