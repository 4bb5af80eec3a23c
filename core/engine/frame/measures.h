/* Measures beyond test loss and accuracy: validation, the model on each learner's own data, the full gradient, and what
 * it took to reach a target. They are functions of the model alone, but for the targets.
 *
 * Ownership: borrows what kith_engine_setup names. Threads: one per worker; functions marked [all] agree on failures.
 * Letters: N learners, f_i a learner's mean training loss, w_i its weight (1/N, or by examples), f = sum of w_i f_i.
 */
#ifndef KITH_MEASURES_H
#define KITH_MEASURES_H

#include "engine/engine.h"
#include "engine/frame/run.h"
#include "plugin/model.h"

typedef struct kith_measures kith_measures;

/* [all] validation: whether learners hold examples out. */
kith_status kith_measures_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_engine *engine,
                               const kith_eval_config *eval, bool validation, kith_measures **out) KITH_CHECKED;
/* [all] */
void kith_measures_close(kith_measures *measures);
/* [all] Gives those that are asked for at model x, the run's after so many rounds:
 *   those of kith_learner_tests_give
 *   gradient_norm_squared                          |grad f|^2
 *   gradient_dissimilarity                         sum of w_i |grad f_i - grad f|^2, which papers call sigma_G^2 */
kith_status kith_measures_take(kith_ctx *ctx, kith_measures *measures, const kith_real *x, uint64_t round,
                               kith_measure measure, void *arg) KITH_CHECKED;
/* Gives histograms of what was measured last. */
kith_status kith_measures_histograms(const kith_measures *measures, kith_tally take, void *arg) KITH_CHECKED;
/* Gives the mean over predictions of each sum that the model names, as WHAT_NAME. */
kith_status kith_scores_give(const kith_score_names *names, const kith_score *score, const char *what,
                             kith_measure measure, void *arg) KITH_CHECKED;
/* Gives rounds_to_A, bytes_to_A and virtual_time_to_A of each target A that `accuracy` is the first to reach, and notes
 * them in `reached`, an array beside eval.target. */
kith_status kith_targets_take(const kith_eval_config *eval, kith_target *reached, const kith_target *now,
                              kith_measure measure, void *arg) KITH_CHECKED;

/* The part of learners' own examples: each learner is looked at by one worker, where its own model is. */
typedef struct kith_learner_tests kith_learner_tests;
/* [all] Borrows the engine. */
kith_status kith_learner_tests_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_engine *engine,
                                    const kith_eval_config *eval, bool validation,
                                    kith_learner_tests **out) KITH_CHECKED;
/* [all] */
void kith_learner_tests_close(kith_learner_tests *tests);
/* [all] Makes them, for x (d), the run's model after so many rounds. */
kith_status kith_learner_tests_make(kith_ctx *ctx, kith_learner_tests *tests, const kith_real *x,
                                    uint64_t round) KITH_CHECKED;
/* Gives what was made, on any worker, once:
 *   val_loss, val_accuracy    of x over all examples held out, and val_NAME of each score that the model names
 *   global_on_own_test_...    of x on each learner's own examples: accuracy_mean, _min, _worst_tenth (the lowest tenth,
 *                             rounded up), _sd, loss_mean, loss_max
 *   own_test_...              the same of the learner's own model, where the engine has some or eval.finetune_steps > 0
 * Own examples are a learner's share of the test examples, else those held out, else those it trains on; metrics of the
 * last are called ..._train_.... A learner that has none counts in none. */
kith_status kith_learner_tests_give(kith_learner_tests *tests, kith_measure measure, void *arg) KITH_CHECKED;
/* Gives histograms of what was given last, of data with classes: bin b has the learners with accuracies in [b/20,
 * (b+1)/20). */
kith_status kith_learner_tests_histograms(const kith_learner_tests *tests, kith_tally take, void *arg) KITH_CHECKED;
/* [all] Once no worker gives any more. */
void kith_learner_tests_turn(kith_learner_tests *tests);

/* The full gradient's part. */
typedef struct kith_gradients kith_gradients;
/* [all] */
kith_status kith_gradients_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_eval_config *eval,
                                kith_gradients **out) KITH_CHECKED;
/* [all] */
void kith_gradients_close(kith_gradients *gradients);
/* [all] */
kith_status kith_gradients_take(kith_ctx *ctx, kith_gradients *gradients, const kith_real *x, double *norm_squared,
                                double *dissimilarity) KITH_CHECKED;

#endif
