#include "engine/work/trainer.h"

#include "base/call.h"

#include <kith/nn.h>

#include <math.h>

struct kith_trainer {
    kith_trainer_about about;
    const kith_model *model;
    /* buffers, each with its room */
    kith_real *x; /* (batch, F) */
    int32_t *label;
    void *workspace;
    size_t batch;
    uint32_t *order; /* a permutation of the learner's examples, drawn as far as it is used */
    size_t examples_room;
    kith_real *g, *state[KITH_KEPT]; /* (d): gradient, and optimizer state that ends with the visit */
    /* this visit */
    size_t examples, drawn; /* n_i; how many of the permutation this epoch has used */
    kith_stream batches, noise;
    double loss, losses;
};

size_t kith_trainer_keeps(const kith_local_config *local, size_t row, size_t d)
{
    const bool adamw = local->optimizer == KITH_OPTIMIZER_ADAMW;
    if (row == KITH_KEPT_FIRST) return adamw || local->momentum > 0.0 ? d : 0;
    return adamw ? row == KITH_KEPT_SECOND ? d : 1 : 0;
}

void kith_trainer_close(kith_trainer *t)
{
    if (!t) return;
    kith_free(t->x);
    kith_free(t->label);
    kith_free(t->workspace);
    kith_free(t->order);
    kith_free(t->g);
    for (size_t k = 0; k < KITH_KEPT; k++)
        kith_free(t->state[k]);
    kith_free(t);
}

kith_status kith_trainer_reserve(kith_ctx *ctx, kith_trainer *t, size_t batch)
{
    if (batch <= t->batch) return KITH_OK;
    kith_free(t->x);
    kith_free(t->label);
    kith_free(t->workspace);
    t->x = NULL;
    t->label = NULL;
    t->workspace = NULL;
    t->batch = 0;
    size_t numbers = 0;
    if (__builtin_mul_overflow(batch, kith_data_shape(t->about.data)->features, &numbers))
        return kith_fail(ctx, KITH_EMEMORY, "a batch of %zu examples is more than can be addressed; lower local.batch",
                         batch);
    KITH_TRY(KITH_ALLOC(ctx, "batch", numbers, &t->x));
    KITH_TRY(KITH_ALLOC(ctx, "batch labels", batch, &t->label));
    size_t bytes = 0;
    KITH_TRY_VOID(ctx, t->about.model->plugin->id, "workspace", KITH_NOBODY,
                  bytes = t->model->workspace(t->about.model->self, batch));
    KITH_TRY(kith_alloc(ctx, "model workspace", bytes, 1, &t->workspace));
    t->batch = batch;
    return KITH_OK;
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
    const size_t batch = (size_t)t->about.local->batch;
    if (batch == 0) return examples;
    return t->about.local->batches == KITH_BATCHES_EPOCH && batch > examples ? examples : batch;
}

kith_status kith_trainer_open(kith_ctx *ctx, const kith_trainer_about *about, kith_trainer **out)
{
    kith_trainer *t = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "trainer", 1, &t));
    t->about = *about;
    t->model = about->model->plugin->ops;
    kith_status status = KITH_ALLOC(ctx, "gradient", about->dimension, &t->g);
    for (size_t k = 0; k < KITH_KEPT && status == KITH_OK; k++) {
        const size_t length = kith_trainer_keeps(about->local, k, about->dimension);
        if (length) status = KITH_ALLOC(ctx, "optimizer state", length, &t->state[k]);
    }
    if (status == KITH_OK && about->largest) status = reserve_examples(ctx, t, about->largest);
    if (status == KITH_OK && about->largest) status = kith_trainer_reserve(ctx, t, batch_of(t, about->largest));
    if (status != KITH_OK) {
        kith_trainer_close(t);
        return status;
    }
    *out = t;
    return KITH_OK;
}

kith_status kith_trainer_begin(kith_trainer *t, kith_visit *v)
{
    const size_t examples = kith_data_size(t->about.data, v->learner);
    KITH_TRY(reserve_examples(v->ctx, t, examples));
    KITH_TRY(kith_trainer_reserve(v->ctx, t, batch_of(t, examples)));
    KITH_TRY(kith_data_visit(v->ctx, t->about.data, v->learner));
    t->examples = examples;
    t->drawn = examples; /* the first batch begins an epoch */
    t->batches = kith_stream_at(t->about.seed, KITH_FOR_BATCH, v->learner, v->number);
    t->noise = kith_stream_at(t->about.seed, KITH_FOR_NOISE, v->learner, v->number);
    t->loss = t->losses = 0.0;
    v->examples = (double)examples;
    v->trainer = t;
    return KITH_OK;
}

void kith_trainer_losses(const kith_trainer *t, double *sum, double *count)
{
    *sum = t->loss;
    *count = t->losses;
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

static void gather(kith_trainer *t, size_t *count)
{
    enum { CHUNK = 256 };
    if (t->about.local->batches == KITH_BATCHES_EPOCH || t->about.local->batch == 0) {
        const uint32_t *index = next_of_epoch(t, count);
        kith_data_gather(t->about.data, index, *count, t->x, t->label);
        return;
    }
    const size_t features = kith_data_shape(t->about.data)->features;
    uint32_t index[CHUNK];
    *count = (size_t)t->about.local->batch;
    for (size_t k = 0; k < *count; k += CHUNK) {
        const size_t n = *count - k < CHUNK ? *count - k : CHUNK;
        for (size_t i = 0; i < n; i++)
            index[i] = (uint32_t)kith_draw_below(&t->batches, t->examples);
        kith_data_gather(t->about.data, index, n, t->x + k * features, t->label + k);
    }
}

/* With a sink the gradient goes there, and g is scratch. */
static kith_status take_gradient(kith_visit *v, const kith_real *x, kith_real *g, const kith_sink *sink)
{
    kith_trainer *t = v->trainer;
    kith_batch batch = {.x = t->x, .noise = &t->noise};
    gather(t, &batch.count);
    if (kith_data_shape(t->about.data)->classes) batch.label = t->label;
    double loss = 0.0;
    if (sink)
        KITH_TRY_VOID(v->ctx, t->about.model->plugin->id, "gradient_to", v->learner,
                      t->model->gradient_to(t->about.model->self, x, &batch, t->workspace, g, sink, &loss));
    else
        KITH_TRY_VOID(v->ctx, t->about.model->plugin->id, "gradient", v->learner,
                      t->model->gradient(t->about.model->self, x, &batch, t->workspace, g, &loss));
    t->loss += loss;
    t->losses += 1.0;
    if (isfinite(loss)) return KITH_OK;
    return kith_fail(
        v->ctx, KITH_EDIVERGED,
        "the loss of learner %zu is not finite in round %llu, local step %.0f of %zu; lower local.lr (%g there)%s",
        v->learner, (unsigned long long)v->round, t->losses, v->steps, v->lr,
        t->about.server ? " or the server's learning rate" : "");
}

kith_status kith_visit_gradient(kith_visit *v, const kith_real *x, kith_real *g)
{
    return take_gradient(v, x, g, NULL);
}

kith_status kith_visit_mean_gradient(kith_visit *v, const kith_real *x, kith_real *g)
{
    kith_trainer *t = v->trainer;
    KITH_TRY(kith_visit_gradient(v, x, g));
    for (size_t k = 1; k < v->steps; k++) {
        KITH_TRY(kith_visit_gradient(v, x, t->g));
        kith_axpy(v->dimension, 1, t->g, g);
    }
    if (v->steps > 1) kith_scale(v->dimension, (kith_real)(1.0 / (double)v->steps), g);
    if (t->about.local->weight_decay > 0.0) kith_axpy(v->dimension, (kith_real)t->about.local->weight_decay, x, g);
    return KITH_OK;
}

/* The state to use: the learner's own, or the worker's, which starts at zero. */
static kith_real *const *optimizer_state(kith_trainer *t, const kith_visit *v)
{
    if (v->kept) return v->kept;
    for (size_t k = 0; k < KITH_KEPT; k++)
        if (t->state[k]) kith_clear(kith_trainer_keeps(t->about.local, k, v->dimension), t->state[k]);
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
    const kith_local_config *local = t->about.local;
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
    const kith_local_config *local = s->trainer->about.local;
    kith_real *m = s->state[KITH_KEPT_FIRST], *y = s->y + first, *sum = s->sum ? s->sum + first : NULL;
    if (m) m += first;
    if (local->optimizer == KITH_OPTIMIZER_SGD)
        kith_sgd_update(count, s->lr, s->decay, (kith_real)local->momentum, g, m, y, sum);
    else
        kith_adamw_update(count, &s->adamw, g, m, s->state[KITH_KEPT_SECOND] + first, y, sum);
}

/* The model is updated while its gradient comes in, but where somebody wants to see all of it first. */
static kith_status train(kith_visit *v, const kith_sgd *how, kith_real *const *state, kith_real *y, kith_real *sum)
{
    kith_trainer *t = v->trainer;
    struct step step = begin_step(t, v, state, y, sum);
    const kith_sink sink = {.take = optimizer_step, .arg = &step};
    const bool corrects = how && how->correct;
    if (!corrects && KITH_HAS(t->model, t->about.model->plugin->ops_size, kith_model, gradient_to))
        return take_gradient(v, y, t->g, &sink);
    KITH_TRY(take_gradient(v, y, t->g, NULL));
    if (corrects) how->correct(how->arg, v, y, t->g);
    optimizer_step(&step, 0, v->dimension, t->g);
    return KITH_OK;
}

kith_status kith_visit_sgd(kith_visit *v, const kith_sgd *how, kith_real *y, kith_real *sum)
{
    if (sum) kith_clear(v->dimension, sum);
    if (v->steps == 0) return KITH_OK; /* a visit without gradients has no trainer */
    kith_real *const *state = optimizer_state(v->trainer, v);
    for (size_t k = 0; k < v->steps; k++)
        KITH_TRY(train(v, how, state, y, sum));
    return KITH_OK;
}

kith_status kith_trainer_test(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t first, size_t count,
                              kith_score *score)
{
    kith_data_test(t->about.data, first, count, t->x, t->label);
    const kith_batch batch = {
        .count = count, .x = t->x, .label = kith_data_shape(t->about.data)->classes ? t->label : NULL};
    KITH_TRY_VOID(ctx, t->about.model->plugin->id, "evaluate", KITH_NOBODY,
                  t->model->evaluate(t->about.model->self, x, &batch, t->workspace, score));
    return KITH_OK;
}

/* Makes examples first..first+count-1 of the learner last visited the batch. `order` is free between visits. */
static kith_batch run_of_examples(kith_trainer *t, size_t first, size_t count)
{
    for (size_t k = 0; k < count; k++)
        t->order[k] = (uint32_t)(first + k);
    kith_data_gather(t->about.data, t->order, count, t->x, t->label);
    return (kith_batch){.count = count, .x = t->x, .label = kith_data_shape(t->about.data)->classes ? t->label : NULL};
}

static kith_status visit_own(kith_ctx *ctx, kith_trainer *t, size_t learner, size_t lane)
{
    KITH_TRY(reserve_examples(ctx, t, lane));
    KITH_TRY(kith_trainer_reserve(ctx, t, lane));
    return kith_data_visit(ctx, t->about.data, learner);
}

kith_status kith_trainer_score(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t learner, bool held_out,
                               size_t lane, kith_score *score)
{
    const size_t trained = kith_data_size(t->about.data, learner);
    const size_t first = held_out ? trained : 0;
    const size_t last = held_out ? trained + kith_data_validation_size(t->about.data, learner) : trained;
    KITH_TRY(visit_own(ctx, t, learner, lane));
    for (size_t at = first; at < last; at += lane) {
        const kith_batch batch = run_of_examples(t, at, last - at < lane ? last - at : lane);
        KITH_TRY_VOID(ctx, t->about.model->plugin->id, "evaluate", learner,
                      t->model->evaluate(t->about.model->self, x, &batch, t->workspace, score));
    }
    return KITH_OK;
}

kith_status kith_trainer_full_gradient(kith_ctx *ctx, kith_trainer *t, const kith_real *x, size_t learner, size_t lane,
                                       double *g)
{
    const size_t d = t->about.dimension, examples = kith_data_size(t->about.data, learner);
    KITH_TRY(visit_own(ctx, t, learner, lane));
    for (size_t i = 0; i < d; i++)
        g[i] = 0.0;
    for (size_t at = 0; at < examples; at += lane) {
        const kith_batch batch = run_of_examples(t, at, examples - at < lane ? examples - at : lane);
        const double share = (double)batch.count / (double)examples;
        double loss = 0.0;
        KITH_TRY_VOID(ctx, t->about.model->plugin->id, "gradient", learner,
                      t->model->gradient(t->about.model->self, x, &batch, t->workspace, t->g, &loss));
        for (size_t i = 0; i < d; i++)
            g[i] += share * (double)t->g[i];
    }
    return KITH_OK;
}
