/* A token's model along its path. */
#include "base/call.h"
#include "engine/walk/walk.h"

#include <kith/nn.h>

#include <math.h>

/* A larger table would be held by every worker. */
static const size_t most_table = (size_t)1 << 28;

static bool has_descend(const kith_walkers *w)
{
    const kith_plugin *plugin = w->setup.model->plugin;
    return ((const kith_model *)plugin->ops)->descend;
}

/* Plain SGD, one step a visit, on learners that have one example each and draw no others. */
static bool can_descend(const kith_walkers *w)
{
    const kith_local_config *local = w->setup.local;
    const size_t features = kith_data_shape(w->setup.data)->features;
    const bool smooths = local->label_smoothing > 0.0 && kith_data_shape(w->setup.data)->classes > 0;
    if (local->clamp > 0.0 || smooths || kith_data_redraws(w->setup.data)) return false;
    if (!has_descend(w) || local->optimizer != KITH_OPTIMIZER_SGD || local->momentum > 0.0) return false;
    if (local->steps != 1 || local->steps_kind != KITH_STEPS_CONSTANT) return false;
    if (w->learners > most_table / sizeof(kith_real) / features) return false;
    for (size_t i = 0; i < w->learners; i++)
        if (kith_data_size(w->setup.data, i) != 1) return false;
    return true;
}

kith_status kith_walk_open_table(kith_ctx *ctx, kith_walkers *w)
{
    const kith_instance *model = w->setup.model;
    const kith_shape *shape = kith_data_shape(w->setup.data);
    const uint32_t only = 0;
    if (!can_descend(w)) return KITH_OK;
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "examples", w->learners * shape->features, &w->table.x));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "labels", w->learners, &w->table.label));
    if (shape->targets) KITH_TRY(KITH_TAKE(ctx, &w->heap, "targets", w->learners * shape->targets, &w->table.target));
    size_t bytes = 0;
    KITH_TRY_VOID(ctx, model->plugin->id, "workspace", KITH_NOBODY,
                  bytes = ((const kith_model *)model->plugin->ops)->workspace(model->self, 1) + 1);
    KITH_TRY(kith_heap_take(ctx, &w->heap, "model workspace", bytes, 1, &w->table.workspace));
    for (size_t i = 0; i < w->learners; i++) {
        KITH_TRY(kith_data_visit(ctx, w->setup.data, i));
        kith_data_gather(w->setup.data, &only, 1, w->table.x + i * shape->features, w->table.label + i);
        if (w->table.target) kith_data_gather_targets(w->setup.data, &only, 1, w->table.target + i * shape->targets);
    }
    return KITH_OK;
}

static kith_status descend(kith_ctx *ctx, kith_walkers *w, const kith_token *token, uint64_t n, const uint32_t *path,
                           size_t hops)
{
    const kith_instance *model = w->setup.model;
    kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token->number);
    kith_stream noise =
        kith_stream_at(kith_run_seed(w->setup.run, w->setup.run->seed_batches), KITH_FOR_NOISE, token->number, n);
    if (w->weight)
        for (size_t k = 0; k < hops; k++)
            w->pull[k] = w->lr[k] * w->weight[path[k]];
    kith_descent how = {.count = hops,
                        .x = w->table.x,
                        .label = kith_data_shape(w->setup.data)->classes ? w->table.label : NULL,
                        .target = w->table.target,
                        .example = path,
                        .pull = w->weight ? w->pull : w->lr,
                        .lr = w->lr,
                        .decay = w->setup.local->weight_decay,
                        .noise = &noise};
    kith_real *x = kith_token_row(w, KITH_TOKEN_MODEL, token->number);
    KITH_TRY_CALL_OF(ctx, model->plugin->id, "descend", "token", token->number,
                     ((const kith_model *)model->plugin->ops)->descend(model->self, ctx, x, &how, w->table.workspace));
    memory->loss += how.loss;
    memory->losses += (double)hops;
    if (isfinite(how.loss)) return KITH_OK;
    return kith_fail(ctx, KITH_EDIVERGED, "the loss of token %zu is not finite after hop %llu; lower local.lr (%g)",
                     token->number, (unsigned long long)n, w->setup.local->lr);
}

static void weigh_gradient(void *arg, const kith_visit *v, const kith_real *y, kith_real *g)
{
    const kith_walkers *w = arg;
    (void)y;
    kith_scale(v->dimension, (kith_real)w->weight[v->learner], g);
}

static kith_status visit(kith_ctx *ctx, kith_walkers *w, const kith_token *token, uint64_t n, uint32_t learner,
                         double lr)
{
    kith_real *model = kith_token_row(w, KITH_TOKEN_MODEL, token->number), *kept[KITH_KEPT];
    kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token->number);
    const kith_sgd weighed = {.correct = weigh_gradient, .arg = w};
    const uint64_t number = n * w->tokens + token->number;
    double loss = 0.0, losses = 0.0;
    for (size_t k = 0; k < KITH_KEPT; k++)
        kept[k] = w->board[KITH_TOKEN_KEPT + k] ? kith_token_row(w, KITH_TOKEN_KEPT + k, token->number) : NULL;
    kith_visit v = {.ctx = ctx,
                    .dimension = w->d,
                    .learner = learner,
                    .round = w->round,
                    .version = w->round,
                    .number = number,
                    .steps = kith_walk_steps(w, token, n, learner),
                    .lr = lr,
                    .model = model,
                    .work = w->work,
                    .kept = kept[KITH_KEPT_FIRST] ? kept : NULL};
    KITH_TRY(kith_trainer_begin(w->setup.trainer, &v));
    KITH_TRY(kith_visit_sgd(&v, w->weight ? &weighed : NULL, model, NULL));
    kith_trainer_losses(w->setup.trainer, &loss, &losses);
    memory->loss += loss;
    memory->losses += losses;
    return KITH_OK;
}

kith_status kith_walk_learn(kith_ctx *ctx, kith_walkers *w, const kith_token *token, uint64_t n, const uint32_t *path,
                            size_t hops)
{
    if (w->table.x) return descend(ctx, w, token, n, path, hops);
    for (size_t k = 0; k < hops; k++)
        KITH_TRY(visit(ctx, w, token, n + k, path[k], w->lr[k]));
    return KITH_OK;
}
