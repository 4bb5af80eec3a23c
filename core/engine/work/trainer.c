#include "engine/work/trainer.h"

#include "base/call.h"
#include "base/headway.h"
#include "base/stop.h"

#include <kith/nn.h>

#include <math.h>
#include <string.h>

/* Room for examples that are gathered. */
struct rows {
    kith_real *x; /* (room, F) */
    int32_t *label;
    kith_real *target; /* (room, T); NULL where T = 0 */
    size_t room;
};

/* How many examples a loss of them all takes at a time. */
enum { LANE = 64 };

/* How many examples are drawn at a time. */
enum { CHUNK = 256 };

struct kith_trainer {
    kith_trainer_setup setup;
    const kith_model *model;
    kith_score_names scores;
    /* buffers, each with its room */
    struct rows batch, aside; /* aside: where a batch must stay */
    void *workspace;
    size_t workspace_room;
    uint32_t *order; /* a permutation of the learner's examples, drawn as far as it is used */
    size_t examples_room;
    kith_real *g, *state[KITH_KEPT]; /* (d): gradient, and optimizer state that ends with the visit */
    /* this visit */
    size_t examples, drawn; /* n_i; how many of the permutation this epoch has used */
    size_t held;            /* examples of the last batch, which `batch` still holds */
    kith_stream batches, noise;
    double loss, losses, squares; /* sums over its gradients: of losses, of 1, of squared losses */
};

size_t kith_trainer_keeps(const kith_local_config *local, size_t row, size_t d)
{
    const bool adamw = local->optimizer == KITH_OPTIMIZER_ADAMW;
    if (row == KITH_KEPT_FIRST) return adamw || local->momentum > 0.0 ? d : 0;
    return adamw ? row == KITH_KEPT_SECOND ? d : 1 : 0;
}

static void free_rows(struct rows *r)
{
    kith_free(r->x);
    kith_free(r->label);
    kith_free(r->target);
    *r = (struct rows){.room = 0};
}

void kith_trainer_close(kith_trainer *t)
{
    if (!t) return;
    free_rows(&t->batch);
    free_rows(&t->aside);
    kith_free(t->workspace);
    kith_free(t->order);
    kith_free(t->g);
    for (size_t k = 0; k < KITH_KEPT; k++)
        kith_free(t->state[k]);
    kith_free(t);
}

static kith_status reserve_rows(kith_ctx *ctx, const kith_trainer *t, size_t count, struct rows *r)
{
    const kith_shape *shape = kith_data_shape(t->setup.data);
    size_t numbers = 0, targets = 0;
    if (count <= r->room) return KITH_OK;
    free_rows(r);
    if (__builtin_mul_overflow(count, shape->features, &numbers) ||
        __builtin_mul_overflow(count, shape->targets, &targets))
        return kith_fail(ctx, KITH_EMEMORY, "a batch of %zu examples is more than can be addressed; lower local.batch",
                         count);
    KITH_TRY(KITH_ALLOC(ctx, "batch", numbers, &r->x));
    KITH_TRY(KITH_ALLOC(ctx, "batch labels", count, &r->label));
    if (targets) KITH_TRY(KITH_ALLOC(ctx, "batch targets", targets, &r->target));
    r->room = count;
    return KITH_OK;
}

static kith_status reserve_workspace(kith_ctx *ctx, kith_trainer *t, size_t batch)
{
    if (batch <= t->workspace_room) return KITH_OK;
    kith_free(t->workspace);
    t->workspace = NULL;
    t->workspace_room = 0;
    size_t bytes = 0;
    KITH_TRY_VOID(ctx, t->setup.model->plugin->id, "workspace", KITH_NOBODY,
                  bytes = t->model->workspace(t->setup.model->self, batch));
    KITH_TRY(kith_alloc(ctx, "model workspace", bytes, 1, &t->workspace));
    t->workspace_room = batch;
    return KITH_OK;
}

kith_status kith_trainer_reserve(kith_ctx *ctx, kith_trainer *t, size_t batch)
{
    KITH_TRY(reserve_rows(ctx, t, batch, &t->batch));
    return reserve_workspace(ctx, t, batch);
}

static kith_status reserve_examples(kith_ctx *ctx, kith_trainer *t, size_t examples)
{
    if (examples <= t->examples_room) return KITH_OK;
    kith_free(t->order);
    t->order = NULL;
    t->examples_room = 0;
    KITH_TRY(KITH_ALLOC(ctx, "example order", examples, &t->order));
    t->examples_room = examples;
    return KITH_OK;
}

static size_t batch_of(const kith_trainer *t, size_t examples)
{
    const size_t batch = (size_t)t->setup.local->batch;
    if (batch == 0) return examples;
    if (kith_data_redraws(t->setup.data)) return batch;
    return t->setup.local->batches == KITH_BATCHES_EPOCH && batch > examples ? examples : batch;
}

kith_status kith_trainer_open(kith_ctx *ctx, const kith_trainer_setup *setup, kith_trainer **out)
{
    kith_trainer *t = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "trainer", 1, &t));
    t->setup = *setup;
    t->model = setup->model->plugin->ops;
    kith_status status = kith_model_scores(ctx, setup->model, &t->scores);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "gradient", setup->dimension, &t->g);
    for (size_t k = 0; k < KITH_KEPT && status == KITH_OK; k++) {
        const size_t length = kith_trainer_keeps(setup->local, k, setup->dimension);
        if (length) status = KITH_ALLOC(ctx, "optimizer state", length, &t->state[k]);
    }
    if (status == KITH_OK && setup->largest) status = reserve_examples(ctx, t, setup->largest);
    if (status == KITH_OK && setup->largest) status = kith_trainer_reserve(ctx, t, batch_of(t, setup->largest));
    if (status != KITH_OK) {
        kith_trainer_close(t);
        return status;
    }
    *out = t;
    return KITH_OK;
}

kith_status kith_trainer_begin(kith_trainer *t, kith_visit *v)
{
    const size_t examples = kith_data_size(t->setup.data, v->learner);
    KITH_TRY(reserve_examples(v->ctx, t, examples));
    KITH_TRY(kith_trainer_reserve(v->ctx, t, batch_of(t, examples)));
    KITH_TRY(kith_data_visit(v->ctx, t->setup.data, v->learner));
    t->examples = examples;
    t->drawn = examples; /* the first batch begins an epoch */
    t->held = 0;
    t->batches = kith_stream_at(t->setup.seed, KITH_FOR_BATCH, v->learner, v->number);
    t->noise = kith_stream_at(t->setup.seed, KITH_FOR_NOISE, v->learner, v->number);
    t->loss = t->losses = t->squares = 0.0;
    v->examples = (double)examples;
    v->trainer = t;
    return KITH_OK;
}

const kith_score_names *kith_trainer_scores(const kith_trainer *t)
{
    return &t->scores;
}

void kith_trainer_losses(const kith_trainer *t, double *sum, double *count)
{
    *sum = t->loss;
    *count = t->losses;
}

double kith_trainer_square_loss(const kith_trainer *t)
{
    return t->losses > 0.0 ? t->squares / t->losses : NAN;
}

/* Fisher-Yates, only as far as this batch reaches: a visit of a few steps need not shuffle a large learner. */
static const uint32_t *next_of_epoch(kith_trainer *t, size_t *count)
{
    if (t->drawn == t->examples) {
        for (size_t i = 0; i < t->examples; i++)
            t->order[i] = (uint32_t)i;
        t->drawn = 0;
    }
    const size_t left = t->examples - t->drawn, batch = batch_of(t, t->examples);
    const size_t first = t->drawn;
    *count = batch < left ? batch : left;
    for (size_t k = 0; k < *count; k++, t->drawn++) {
        const size_t j = t->drawn + (size_t)kith_draw_below(&t->batches, t->examples - t->drawn);
        const uint32_t held = t->order[j];
        t->order[j] = t->order[t->drawn];
        t->order[t->drawn] = held;
    }
    return t->order + first;
}

/* Rows of the learner last visited, as entries first .. first + count - 1 of r. */
static void gather_rows(const kith_trainer *t, const uint32_t *index, size_t count, size_t first, const struct rows *r)
{
    const kith_shape *shape = kith_data_shape(t->setup.data);
    kith_data_gather(t->setup.data, index, count, r->x + first * shape->features, r->label + first);
    if (r->target) kith_data_gather_targets(t->setup.data, index, count, r->target + first * shape->targets);
}

static kith_batch batch_in(const kith_trainer *t, const struct rows *r, size_t count)
{
    return (kith_batch){.count = count,
                        .x = r->x,
                        .label = kith_data_shape(t->setup.data)->classes ? r->label : NULL,
                        .target = r->target};
}

/* A batch of the whole pool. */
static void redraw(kith_trainer *t, size_t count)
{
    const size_t features = kith_data_shape(t->setup.data)->features;
    uint32_t row[CHUNK];
    for (size_t k = 0; k < count; k += CHUNK) {
        const size_t n = count - k < CHUNK ? count - k : CHUNK;
        kith_data_redraw(t->setup.data, &t->batches, n, row);
        kith_data_gather_pool(t->setup.data, row, n, t->batch.x + k * features, t->batch.label + k);
    }
}

static void gather(kith_trainer *t, size_t *count)
{
    if (kith_data_redraws(t->setup.data)) {
        *count = batch_of(t, t->examples);
        redraw(t, *count);
        return;
    }
    if (t->setup.local->batches == KITH_BATCHES_EPOCH || t->setup.local->batch == 0) {
        const uint32_t *index = next_of_epoch(t, count);
        gather_rows(t, index, *count, 0, &t->batch);
        return;
    }
    uint32_t index[CHUNK];
    *count = (size_t)t->setup.local->batch;
    for (size_t k = 0; k < *count; k += CHUNK) {
        const size_t n = *count - k < CHUNK ? *count - k : CHUNK;
        for (size_t i = 0; i < n; i++)
            index[i] = (uint32_t)kith_draw_below(&t->batches, t->examples);
        gather_rows(t, index, n, k, &t->batch);
    }
}

/* With a sink the gradient goes there, and g is scratch. loss: NULL where it is not wanted. */
static kith_status take_gradient(kith_visit *v, const kith_real *x, kith_real *g, const kith_sink *sink, double *loss)
{
    kith_trainer *t = v->trainer;
    const char *id = t->setup.model->plugin->id;
    const void *self = t->setup.model->self;
    KITH_TRY(kith_stop_check(v->ctx));
    /* some algorithms take more gradients than one a step */
    kith_headway_within(1, "step", (uint64_t)t->losses, t->losses < (double)v->steps ? v->steps : 0);
    gather(t, &t->held);
    kith_batch batch = batch_in(t, &t->batch, t->held);
    batch.noise = &t->noise;
    batch.smoothing = t->setup.local->label_smoothing;
    double found = 0.0;
    if (sink)
        KITH_TRY_CALL(v->ctx, id, "gradient_to", v->learner,
                      t->model->gradient_to(self, v->ctx, x, &batch, t->workspace, g, sink, &found));
    else
        KITH_TRY_CALL(v->ctx, id, "gradient", v->learner,
                      t->model->gradient(self, v->ctx, x, &batch, t->workspace, g, &found));
    if (t->setup.local->clamp > 0.0 && !sink) kith_clamp(v->dimension, (kith_real)t->setup.local->clamp, g);
    t->loss += found;
    t->losses += 1.0;
    t->squares += found * found;
    if (loss) *loss = found;
    if (isfinite(found)) return KITH_OK;
    return kith_fail(
        v->ctx, KITH_EDIVERGED,
        "the loss of learner %zu is not finite in round %llu, local step %.0f of %zu; lower local.lr (%g there)%s",
        v->learner, (unsigned long long)v->round, t->losses, v->steps, v->lr,
        t->setup.server ? " or the server's learning rate" : "");
}

kith_status kith_visit_gradient(kith_visit *v, const kith_real *x, kith_real *g, double *loss)
{
    return take_gradient(v, x, g, NULL, loss);
}

static double penalty(const kith_trainer *t, const kith_real *x)
{
    double found = 0.0;
    if (t->model->penalty)
        KITH_CALL(t->setup.model->plugin->id, "penalty", KITH_NOBODY,
                  found = t->model->penalty(t->setup.model->self, x));
    return found;
}

static kith_status evaluate_rows(kith_visit *v, const kith_real *x, const struct rows *r, size_t count,
                                 kith_score *score)
{
    kith_trainer *t = v->trainer;
    const kith_batch batch = batch_in(t, r, count);
    KITH_TRY_CALL(v->ctx, t->setup.model->plugin->id, "evaluate", v->learner,
                  t->model->evaluate(t->setup.model->self, v->ctx, x, &batch, t->workspace, score));
    return KITH_OK;
}

kith_status kith_visit_loss(kith_visit *v, const kith_real *x, double *loss)
{
    kith_trainer *t = v->trainer;
    kith_score score = {.loss = 0.0};
    uint32_t index[LANE];
    const size_t lane = t->examples < LANE ? t->examples : LANE;
    KITH_TRY(reserve_rows(v->ctx, t, lane, &t->aside));
    KITH_TRY(reserve_workspace(v->ctx, t, lane));
    for (size_t first = 0; first < t->examples; first += lane) {
        const size_t count = t->examples - first < lane ? t->examples - first : lane;
        for (size_t k = 0; k < count; k++)
            index[k] = (uint32_t)(first + k);
        KITH_TRY(kith_stop_check(v->ctx));
        gather_rows(t, index, count, 0, &t->aside);
        KITH_TRY(evaluate_rows(v, x, &t->aside, count, &score));
    }
    *loss = score.loss / (double)score.count + penalty(t, x);
    return KITH_OK;
}

kith_status kith_visit_batch_loss(kith_visit *v, const kith_real *x, double *loss)
{
    kith_trainer *t = v->trainer;
    kith_score score = {.loss = 0.0};
    if (!t->held)
        return kith_fail(v->ctx, KITH_EPLUGIN,
                         "learner %zu in round %llu: the loss of the last batch is asked for before any gradient; call "
                         "kith_visit_gradient() first",
                         v->learner, (unsigned long long)v->round);
    KITH_TRY(evaluate_rows(v, x, &t->batch, t->held, &score));
    *loss = score.loss / (double)score.count + penalty(t, x);
    return KITH_OK;
}

kith_status kith_visit_mean_gradient(kith_visit *v, const kith_real *x, kith_real *g)
{
    kith_trainer *t = v->trainer;
    KITH_TRY(kith_visit_gradient(v, x, g, NULL));
    for (size_t k = 1; k < v->steps; k++) {
        KITH_TRY(kith_visit_gradient(v, x, t->g, NULL));
        kith_axpy(v->dimension, 1, t->g, g);
    }
    if (v->steps > 1) kith_scale(v->dimension, (kith_real)(1.0 / (double)v->steps), g);
    if (t->setup.local->weight_decay > 0.0) kith_axpy(v->dimension, (kith_real)t->setup.local->weight_decay, x, g);
    return KITH_OK;
}

/* The state to use: the learner's own, or the worker's, which starts at zero. */
static kith_real *const *optimizer_state(kith_trainer *t, const kith_visit *v)
{
    if (v->kept) return v->kept;
    for (size_t k = 0; k < KITH_KEPT; k++)
        if (t->state[k]) kith_clear(kith_trainer_keeps(t->setup.local, k, v->dimension), t->state[k]);
    return t->state;
}

/* One step of the optimizer, in as many pieces as the gradient comes in. */
struct step {
    const kith_trainer *trainer;
    kith_real lr, decay;
    kith_adamw adamw;
    kith_real *const *state;
    kith_real *y, *sum;
};

static struct step begin_step(const kith_trainer *t, const kith_visit *v, kith_real *const *state, kith_real *y,
                              kith_real *sum)
{
    const kith_local_config *local = t->setup.local;
    struct step s = {.trainer = t,
                     .lr = (kith_real)v->lr,
                     .decay = (kith_real)local->weight_decay,
                     .state = state,
                     .y = y,
                     .sum = sum};
    if (local->optimizer == KITH_OPTIMIZER_SGD) return s;
    const double step = (double)(state[KITH_KEPT_STEPS][0] += 1);
    s.adamw = (kith_adamw){.lr = s.lr,
                           .decay = s.decay,
                           .beta1 = (kith_real)local->beta1,
                           .beta2 = (kith_real)local->beta2,
                           .epsilon = (kith_real)local->epsilon,
                           .m_scale = (kith_real)(1.0 / (1.0 - pow(local->beta1, step))),
                           .v_scale = (kith_real)(1.0 / (1.0 - pow(local->beta2, step)))};
    return s;
}

static void optimizer_step(void *arg, size_t first, size_t count, const kith_real *g)
{
    const struct step *s = arg;
    const kith_local_config *local = s->trainer->setup.local;
    kith_real *m = s->state[KITH_KEPT_FIRST], *y = s->y + first, *sum = s->sum ? s->sum + first : NULL;
    if (m) m += first;
    if (local->optimizer == KITH_OPTIMIZER_SGD)
        kith_sgd_update(count, s->lr, s->decay, (kith_real)local->momentum, g, m, y, sum);
    else
        kith_adamw_update(count, &s->adamw, g, m, s->state[KITH_KEPT_SECOND] + first, y, sum);
}

/* The model is updated while its gradient comes in, but where it is changed first. */
static kith_status train(kith_visit *v, const kith_sgd *how, kith_real *const *state, kith_real *y, kith_real *sum)
{
    kith_trainer *t = v->trainer;
    struct step step = begin_step(t, v, state, y, sum);
    const kith_sink sink = {.take = optimizer_step, .arg = &step};
    const bool corrects = how && how->correct;
    if (!corrects && t->model->gradient_to && t->setup.local->clamp <= 0.0)
        return take_gradient(v, y, t->g, &sink, NULL);
    KITH_TRY(take_gradient(v, y, t->g, NULL, NULL));
    if (corrects) how->correct(how->arg, v, y, t->g);
    optimizer_step(&step, 0, v->dimension, t->g);
    return KITH_OK;
}

/* Where steps are made: where the model wants them, if there are several and nobody sees them before the last. */
static kith_status find_home(kith_visit *v, const kith_sgd *how, kith_real **at)
{
    const kith_trainer *t = v->trainer;
    if (!t->model->home || v->steps < 2 || (how && how->correct)) return KITH_OK;
    KITH_TRY_VOID(v->ctx, t->setup.model->plugin->id, "home", v->learner, *at = t->model->home(t->setup.model->self));
    return KITH_OK;
}

kith_status kith_visit_sgd(kith_visit *v, const kith_sgd *how, kith_real *y, kith_real *sum)
{
    kith_real *at = y;
    if (sum) kith_clear(v->dimension, sum);
    if (v->steps == 0) return KITH_OK; /* a visit without gradients has no trainer */
    KITH_TRY(find_home(v, how, &at));
    if (at != y) memcpy(at, y, v->dimension * sizeof *y);
    kith_real *const *state = optimizer_state(v->trainer, v);
    for (size_t k = 0; k < v->steps; k++)
        KITH_TRY(train(v, how, state, at, sum));
    if (at != y) memcpy(y, at, v->dimension * sizeof *y);
    return KITH_OK;
}

kith_status kith_trainer_test(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t first, size_t count,
                              kith_score *score)
{
    KITH_TRY(kith_stop_check(ctx));
    kith_data_test(t->setup.data, first, count, t->batch.x, t->batch.label);
    if (t->batch.target) kith_data_test_targets(t->setup.data, first, count, t->batch.target);
    const kith_batch batch = batch_in(t, &t->batch, count);
    KITH_TRY_CALL_OF(ctx, t->setup.model->plugin->id, "evaluate", "the test examples from", first,
                     t->model->evaluate(t->setup.model->self, ctx, x, &batch, t->workspace, score));
    return KITH_OK;
}

/* Makes examples first..first+count-1 of the learner last visited the batch. `order` is free between visits. */
static kith_batch run_of_examples(kith_trainer *t, size_t first, size_t count)
{
    for (size_t k = 0; k < count; k++)
        t->order[k] = (uint32_t)(first + k);
    gather_rows(t, t->order, count, 0, &t->batch);
    return batch_in(t, &t->batch, count);
}

static kith_status visit_own(kith_ctx *ctx, kith_trainer *t, size_t learner, size_t lane)
{
    KITH_TRY(reserve_examples(ctx, t, lane));
    KITH_TRY(kith_trainer_reserve(ctx, t, lane));
    return kith_data_visit(ctx, t->setup.data, learner);
}

/* Makes test examples first..first+count-1 of a learner the batch. */
static kith_batch run_of_tests(kith_trainer *t, size_t learner, size_t first, size_t count)
{
    kith_data_own_test(t->setup.data, learner, first, count, t->batch.x, t->batch.label);
    if (t->batch.target) kith_data_own_test_targets(t->setup.data, learner, first, count, t->batch.target);
    return batch_in(t, &t->batch, count);
}

kith_status kith_trainer_score(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t learner, kith_examples which,
                               size_t lane, kith_score *score)
{
    const size_t trained = kith_data_size(t->setup.data, learner);
    const bool tests = which == KITH_EXAMPLES_TESTED, held = which == KITH_EXAMPLES_HELD_OUT;
    const size_t first = held ? trained : 0;
    const size_t last = tests  ? kith_data_own_test_size(t->setup.data, learner)
                        : held ? trained + kith_data_validation_size(t->setup.data, learner)
                               : trained;
    KITH_TRY(visit_own(ctx, t, learner, lane));
    for (size_t at = first; at < last; at += lane) {
        const size_t count = last - at < lane ? last - at : lane;
        const kith_batch batch = tests ? run_of_tests(t, learner, at, count) : run_of_examples(t, at, count);
        KITH_TRY(kith_stop_check(ctx));
        KITH_TRY_CALL(ctx, t->setup.model->plugin->id, "evaluate", learner,
                      t->model->evaluate(t->setup.model->self, ctx, x, &batch, t->workspace, score));
    }
    return KITH_OK;
}

uint64_t kith_trainer_eval_number(kith_eval_visit what, uint64_t round)
{
    return ((uint64_t)what << 40) + round;
}

kith_status kith_trainer_tune(kith_trainer *t, kith_visit *v, kith_real *x)
{
    v->dimension = t->setup.dimension;
    v->number = kith_trainer_eval_number(KITH_EVAL_TUNING, v->round);
    v->model = x;
    KITH_TRY(kith_trainer_begin(t, v));
    return kith_visit_sgd(v, NULL, x, NULL);
}

kith_status kith_trainer_full_gradient(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t learner, size_t lane,
                                       double *g)
{
    const size_t d = t->setup.dimension, examples = kith_data_size(t->setup.data, learner);
    KITH_TRY(visit_own(ctx, t, learner, lane));
    for (size_t i = 0; i < d; i++)
        g[i] = 0.0;
    for (size_t at = 0; at < examples; at += lane) {
        const kith_batch batch = run_of_examples(t, at, examples - at < lane ? examples - at : lane);
        const double share = (double)batch.count / (double)examples;
        double loss = 0.0;
        KITH_TRY(kith_stop_check(ctx));
        KITH_TRY_CALL(ctx, t->setup.model->plugin->id, "gradient", learner,
                      t->model->gradient(t->setup.model->self, ctx, x, &batch, t->workspace, t->g, &loss));
        for (size_t i = 0; i < d; i++)
            g[i] += share * (double)t->g[i];
    }
    return KITH_OK;
}
