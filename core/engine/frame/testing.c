#include "engine/frame/testing.h"

#include "engine/frame/frame.h"

#include <math.h>

kith_status kith_testing_open(kith_ctx *ctx, kith_run *run, kith_exchange *exchange, size_t examples)
{
    if (run->type->plays)
        return kith_config_refuse(ctx, run->config, "run", "algorithm",
                                  "its policies play a game; there is no data to test models on");
    KITH_TRY(kith_run_open_model(ctx, run, exchange));
    const kith_evaluator_setup tests = {.exchange = exchange,
                                        .queues = run->queues,
                                        .data = run->data,
                                        .trainer = run->trainer,
                                        .lane = (size_t)run->eval.lane,
                                        .examples = examples};
    if (kith_data_test_size(run->data) == 0)
        return kith_config_refuse(ctx, run->config, "run", "dataset",
                                  "it has no test examples, and models are compared on those");
    return kith_evaluator_open(ctx, &tests, &run->evaluator);
}

kith_testing kith_testing_of(const kith_run *run)
{
    return (kith_testing){.data = run->data,
                          .model = &run->chosen[KITH_CHOSEN_MODEL],
                          .block = run->blocks,
                          .blocks = run->block_count,
                          .dimension = run->dimension,
                          .learners = (size_t)run->run.learners,
                          .examples = kith_data_test_size(run->data),
                          .classes = kith_data_shape(run->data)->classes > 0};
}

kith_status kith_testing_score(kith_ctx *ctx, kith_run *run, const kith_real *x, kith_tested *out)
{
    kith_score score = {.loss = 0.0};
    KITH_TRY(kith_evaluator_score(ctx, run->evaluator, x, &score));
    const double count = (double)score.count;
    const bool classes = kith_data_shape(run->data)->classes > 0;
    *out = (kith_tested){.loss = score.loss / count, .accuracy = classes ? (double)score.correct / count : NAN};
    return KITH_OK;
}
