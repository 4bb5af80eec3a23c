#include "engine/frame/measures.h"
#include "base/metrics.h"

#include "engine/work/evaluate.h"
#include "engine/work/lanes.h"

#include <stdio.h>
#include <stdlib.h>

struct kith_measures {
    kith_engine_setup setup;
    size_t learners, lane;
    bool per_learner, validation;
    kith_lanes lanes;              /* one a learner */
    const kith_score_names *names; /* of the model's further scores */
    kith_board *scores;            /* (2 N, KITH_SCORE_MORE + as many) doubles */
    double *accuracy;              /* [N] scratch */
    kith_gradients *gradients;
};

static kith_status allocate(kith_ctx *ctx, kith_measures *m)
{
    KITH_TRY(KITH_ALLOC(ctx, "learners' scores", m->learners, &m->accuracy));
    kith_queue queue;
    kith_queue_open(m->setup.exchange, m->setup.queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_LEARNERS, &queue);
    return kith_lanes_open(ctx, &queue, m->learners, &m->lanes);
}

kith_status kith_measures_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_eval_config *eval,
                               bool validation, kith_measures **out)
{
    kith_measures *m = NULL;
    kith_status status = KITH_ALLOC(ctx, "measures", 1, &m);
    const bool learners = eval->per_learner || validation;
    if (status == KITH_OK) {
        *m = (kith_measures){.setup = *setup,
                             .learners = (size_t)setup->run->learners,
                             .lane = (size_t)eval->lane,
                             .names = kith_trainer_scores(setup->trainer),
                             .per_learner = eval->per_learner,
                             .validation = validation};
        if (learners) status = allocate(ctx, m);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK && learners)
        status = kith_board_create(ctx, setup->exchange, "learners' scores", 2 * m->learners,
                                   KITH_SCORE_MORE + m->names->count, sizeof(double), &m->scores);
    if (status == KITH_OK && eval->gradient_norm) status = kith_gradients_open(ctx, setup, eval, &m->gradients);
    if (status != KITH_OK) {
        kith_measures_close(m);
        return status;
    }
    *out = m;
    return KITH_OK;
}

void kith_measures_close(kith_measures *m)
{
    if (!m) return;
    kith_gradients_close(m->gradients);
    if (m->scores) kith_board_destroy(m->scores);
    kith_lanes_close(&m->lanes);
    kith_free(m->accuracy);
    kith_free(m);
}

static kith_status score_learners(kith_ctx *ctx, kith_measures *m, const kith_real *x)
{
    kith_status status = KITH_OK;
    for (size_t i; (i = kith_lanes_next(&m->lanes)) != SIZE_MAX;) {
        kith_score score = {0};
        if (status == KITH_OK) {
            status = kith_trainer_score(ctx, m->setup.trainer, x, i, m->validation, m->lane, &score);
            if (status != KITH_OK) kith_exchange_blame(m->setup.exchange, (uint32_t)i);
        }
        kith_score_put(&score, m->names->count, kith_board_row(m->scores, kith_lanes_row(&m->lanes, i)));
    }
    return kith_lanes_publish(&m->lanes, m->scores, status);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static kith_status give_accuracies(kith_measures *m, size_t count, kith_measure measure, void *arg)
{
    const size_t tenth = (count + 9) / 10;
    double sum = 0.0, worst = 0.0;
    qsort(m->accuracy, count, sizeof *m->accuracy, ascending);
    for (size_t k = 0; k < count; k++) {
        sum += m->accuracy[k];
        if (k < tenth) worst += m->accuracy[k];
    }
    KITH_TRY(measure(arg, KITH_METRIC_accuracy_learner_mean, sum / (double)count));
    KITH_TRY(measure(arg, KITH_METRIC_accuracy_learner_min, m->accuracy[0]));
    return measure(arg, KITH_METRIC_accuracy_worst_tenth, worst / (double)tenth);
}

static kith_status give_scores(kith_measures *m, kith_measure measure, void *arg)
{
    const bool classes = kith_data_shape(m->setup.data)->classes > 0;
    kith_score all = {.loss = 0.0};
    double mean = 0.0, greatest = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < m->learners; i++) {
        const double *row = kith_board_row(m->scores, kith_lanes_row(&m->lanes, i));
        if (row[KITH_SCORE_COUNT] == 0.0) continue;
        const double own = row[KITH_SCORE_LOSS] / row[KITH_SCORE_COUNT];
        kith_score_add(row, m->names->count, &all);
        mean += own;
        if (count == 0 || own > greatest) greatest = own;
        m->accuracy[count++] = row[KITH_SCORE_CORRECT] / row[KITH_SCORE_COUNT];
    }
    if (count == 0) return KITH_OK;
    const double predictions = (double)all.count;
    if (m->validation) KITH_TRY(measure(arg, KITH_METRIC_val_loss, all.loss / predictions));
    if (m->validation && classes) KITH_TRY(measure(arg, KITH_METRIC_val_accuracy, (double)all.correct / predictions));
    if (m->validation) KITH_TRY(kith_scores_give(m->names, &all, KITH_METRIC_val_, measure, arg));
    if (!m->per_learner) return KITH_OK;
    KITH_TRY(measure(arg, KITH_METRIC_loss_learner_mean, mean / (double)count));
    KITH_TRY(measure(arg, KITH_METRIC_loss_learner_max, greatest));
    return classes ? give_accuracies(m, count, measure, arg) : KITH_OK;
}

kith_status kith_measures_take(kith_ctx *ctx, kith_measures *m, const kith_real *x, kith_measure measure, void *arg)
{
    /* what only one worker records may fail there alone, so that all measuring comes before it */
    double norm = 0.0, dissimilarity = 0.0;
    if (m->scores) KITH_TRY(score_learners(ctx, m, x));
    if (m->gradients) KITH_TRY(kith_gradients_take(ctx, m->gradients, x, &norm, &dissimilarity));
    kith_status status = m->scores ? give_scores(m, measure, arg) : KITH_OK;
    if (m->scores) kith_lanes_turn(&m->lanes);
    if (status == KITH_OK && m->gradients) status = measure(arg, KITH_METRIC_gradient_norm_squared, norm);
    if (status == KITH_OK && m->gradients) status = measure(arg, KITH_METRIC_gradient_dissimilarity, dissimilarity);
    return status;
}

kith_status kith_scores_give(const kith_score_names *names, const kith_score *score, const char *what,
                             kith_measure measure, void *arg)
{
    char name[128];
    for (size_t k = 0; k < names->count; k++) {
        snprintf(name, sizeof name, "%s%s", what, names->name[k]);
        KITH_TRY(measure(arg, name, score->more[k] / (double)score->count));
    }
    return KITH_OK;
}

/* "rounds_to_0.90": two digits, or as many as it takes. */
static kith_status give_target(const char *what, double target, double value, kith_measure measure, void *arg)
{
    char number[32], name[64];
    snprintf(number, sizeof number, "%.2f", target);
    const char *end = NULL;
    if (kith_number(number, &end) != target) snprintf(number, sizeof number, "%.6g", target);
    snprintf(name, sizeof name, "%s%s", what, number);
    return measure(arg, name, value);
}

kith_status kith_targets_take(const kith_eval_config *eval, kith_target *reached, const kith_target *now,
                              kith_measure measure, void *arg)
{
    for (size_t k = 0; k < eval->target.count; k++) {
        const double target = eval->target.item[k];
        if (reached[k].reached || !(now->accuracy >= target)) continue;
        reached[k] = *now;
        reached[k].accuracy = target;
        reached[k].reached = true;
        KITH_TRY(give_target(KITH_METRIC_rounds_to_, target, (double)now->round, measure, arg));
        KITH_TRY(give_target(KITH_METRIC_bytes_to_, target, now->bytes, measure, arg));
        if (!isnan(now->virtual_time))
            KITH_TRY(give_target(KITH_METRIC_virtual_time_to_, target, now->virtual_time, measure, arg));
    }
    return KITH_OK;
}
