#include "engine/frame/measures.h"
#include "base/metrics.h"

#include <stdio.h>

struct kith_measures {
    kith_learner_tests *tests; /* NULL: nobody is tested on examples of its own */
    kith_gradients *gradients;
};

kith_status kith_measures_open(kith_ctx *ctx, const kith_engine_setup *setup, const kith_engine *engine,
                               const kith_eval_config *eval, bool validation, kith_measures **out)
{
    kith_measures *m = NULL;
    kith_status status = kith_exchange_agree(setup->exchange, KITH_ALLOC(ctx, "measures", 1, &m), NULL);
    if (status == KITH_OK && (eval->per_learner || validation))
        status = kith_learner_tests_open(ctx, setup, engine, eval, validation, &m->tests);
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
    kith_learner_tests_close(m->tests);
    kith_free(m);
}

kith_status kith_measures_take(kith_ctx *ctx, kith_measures *m, const kith_real *x, uint64_t round,
                               kith_measure measure, void *arg)
{
    /* what only one worker records may fail there alone, so that all measuring comes before it */
    double norm = 0.0, dissimilarity = 0.0;
    if (m->tests) KITH_TRY(kith_learner_tests_make(ctx, m->tests, x, round));
    if (m->gradients) KITH_TRY(kith_gradients_take(ctx, m->gradients, x, &norm, &dissimilarity));
    kith_status status = m->tests ? kith_learner_tests_give(m->tests, measure, arg) : KITH_OK;
    if (m->tests) kith_learner_tests_turn(m->tests);
    if (status == KITH_OK && m->gradients) status = measure(arg, KITH_METRIC_gradient_norm_squared, norm);
    if (status == KITH_OK && m->gradients) status = measure(arg, KITH_METRIC_gradient_dissimilarity, dissimilarity);
    return status;
}

kith_status kith_measures_histograms(const kith_measures *m, kith_tally take, void *arg)
{
    return m->tests ? kith_learner_tests_histograms(m->tests, take, arg) : KITH_OK;
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
