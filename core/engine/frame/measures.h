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
kith_status kith_measures_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_eval_config *eval,
                               bool validation, kith_measures **out) KITH_CHECKED;
/* [all] */
void kith_measures_close(kith_measures *measures);
/* [all] Gives those that are asked for at model x:
 *   val_loss, val_accuracy                         over all examples held out, and val_NAME of each score that the
 *                                                       model names
 *   accuracy_learner_mean, _min, accuracy_worst_tenth   over learners; the last is the mean of the lowest tenth,
 *                                                       rounded up
 *   loss_learner_mean, loss_learner_max
 *   gradient_norm_squared                          |grad f|^2
 *   gradient_dissimilarity                         sum of w_i |grad f_i - grad f|^2, which papers call sigma_G^2
 * A learner with nothing held out counts in none of the first seven where data.validation is set. */
kith_status kith_measures_take(kith_ctx *ctx, kith_measures *measures, const kith_real *x, kith_measure measure,
                               void *arg) KITH_CHECKED;
/* Gives the mean over predictions of each sum that the model names, as WHAT_NAME. */
kith_status kith_scores_give(const kith_score_names *names, const kith_score *score, const char *what,
                             kith_measure measure, void *arg) KITH_CHECKED;
/* Gives rounds_to_A, bytes_to_A and virtual_time_to_A of each target A that `accuracy` is the first to reach, and notes
 * them in `reached`, an array beside eval.target. */
kith_status kith_targets_take(const kith_eval_config *eval, kith_target *reached, const kith_target *now,
                              kith_measure measure, void *arg) KITH_CHECKED;

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
