/* What an evaluation of a run measures and records. */
#include "engine/frame/frame.h"
#include "base/metrics.h"

#include "base/now.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct sink {
    kith_ctx *ctx;
    kith_run *run;
} sink;

static kith_status record_metric(void *arg, const char *name, double value)
{
    sink *s = arg;
    kith_progress *p = &s->run->progress;
    const size_t place = kith_metric_place(name);
    if (place < KITH_METRIC_COUNT) p->latest[place] = value;
    if (!s->run->record) return KITH_OK;
    return kith_record_metric(s->ctx, s->run->record, name, p->round, p->virtual_time, value);
}

/* A score on test examples, and the same under merged_test_... where the model is a mean. */
static kith_status record_score(sink *s, const char *name, double value)
{
    char merged[64];
    KITH_TRY(record_metric(s, name, value));
    if (!s->run->type->merges) return KITH_OK;
    snprintf(merged, sizeof merged, "%s%s", KITH_METRIC_merged_test_, name + strlen(KITH_METRIC_test_));
    return record_metric(s, merged, value);
}

/* What the model sums beside loss and correct predictions. */
static kith_status record_scores(sink *s, const kith_score *score)
{
    const kith_score_names *names = kith_trainer_scores(s->run->trainer);
    KITH_TRY(kith_scores_give(names, score, KITH_METRIC_test_, record_metric, s));
    return s->run->type->merges ? kith_scores_give(names, score, KITH_METRIC_merged_test_, record_metric, s) : KITH_OK;
}

kith_status kith_run_count_traffic(kith_run *run)
{
    kith_traffic total;
    KITH_TRY(kith_exchange_traffic_total(run->exchange, &total));
    run->moved.bytes += total.bytes - run->before.bytes;
    run->moved.messages += total.messages - run->before.messages;
    run->before = total;
    return KITH_OK;
}

static kith_status record_walls(sink *s)
{
    KITH_TRY(record_metric(s, KITH_METRIC_wall_time, kith_now() - s->run->started));
    KITH_TRY(record_metric(s, KITH_METRIC_wall_train_time, s->run->trained));
    KITH_TRY(record_metric(s, KITH_METRIC_wall_test_time, s->run->tested));
    KITH_TRY(record_metric(s, KITH_METRIC_wall_exchange_bytes, (double)s->run->moved.bytes));
    return record_metric(s, KITH_METRIC_wall_exchange_messages, (double)s->run->moved.messages);
}

static kith_status take_targets(kith_run *run, sink *s)
{
    const kith_progress *p = &run->progress;
    const kith_target now = {.accuracy = p->latest[KITH_AT_test_accuracy],
                             .round = p->round,
                             .bytes = p->latest[KITH_AT_bytes_sent],
                             .virtual_time = p->virtual_time};
    return kith_targets_take(&run->eval, run->target, &now, record_metric, s);
}

/* The model's score on the test set, and what it took to reach a target. */
static kith_status give_score(sink *s, const kith_score *score)
{
    kith_run *run = s->run;
    if (score->count) {
        const double count = (double)score->count;
        KITH_TRY(record_score(s, KITH_METRIC_test_loss, score->loss / count));
        if (kith_data_shape(run->data)->classes)
            KITH_TRY(record_score(s, KITH_METRIC_test_accuracy, (double)score->correct / count));
        KITH_TRY(record_scores(s, score));
    }
    return take_targets(run, s);
}

/* Of a role that plays the engine knows all there is to measure. */
static kith_status measure_play(kith_ctx *ctx, kith_run *run, bool tests, sink *s)
{
    if (tests) KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    return run->engine.measure(ctx, run->engine.self, tests, record_metric, s);
}

static kith_status measure_learning(kith_ctx *ctx, kith_run *run, bool tests, sink *s)
{
    kith_score score = {0};
    if (run->engine.prepare) KITH_TRY(run->engine.prepare(ctx, run->engine.self));
    if (tests) KITH_TRY(kith_evaluator_score(ctx, run->evaluator, run->engine.model(run->engine.self), &score));
    /* what is recorded may fail on one worker alone */
    kith_status status = run->engine.measure(ctx, run->engine.self, tests, record_metric, s);
    if (!tests) return status;
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    KITH_TRY(kith_measures_take(ctx, run->measures, run->engine.model(run->engine.self), run->progress.round,
                                record_metric, s));
    return give_score(s, &score);
}

kith_status kith_run_evaluate(kith_ctx *ctx, kith_run *run, bool tests)
{
    const double begun = kith_now();
    sink s = {.ctx = ctx, .run = run};
    KITH_TRY(kith_run_count_traffic(run));
    KITH_TRY(run->type->plays ? measure_play(ctx, run, tests, &s) : measure_learning(ctx, run, tests, &s));
    run->progress.evaluated = tests;
    run->tested += kith_now() - begun;
    return record_walls(&s);
}

kith_status kith_run_record_facts(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .run = run};
    for (size_t i = 0; i < run->facts; i++)
        KITH_TRY(record_metric(&s, run->fact[i].name, run->fact[i].value));
    return KITH_OK;
}

static kith_status record_arrival(void *arg, const kith_recorded_arrival *arrival)
{
    const sink *s = arg;
    return kith_record_arrival(s->ctx, s->run->record, arrival);
}

kith_status kith_run_record_arrivals(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .run = run};
    if (!run->record || !run->recording.arrivals || !run->engine.arrivals) return KITH_OK;
    return run->engine.arrivals(run->engine.self, record_arrival, &s);
}
