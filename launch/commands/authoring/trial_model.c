/* Models: what the contract in kith/model.h says, on examples that are drawn. trial_slopes.c has the gradient's part.
 */
#include "launch/commands/authoring/trial_pupil.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = PUPIL_BATCH, GUARD = 1 << 14 };

/* The tolerance of sums that are added in another order. */
static const double sum_off = sizeof(kith_real) == sizeof(float) ? 1e-4 : 1e-9;

static const unsigned char guard_byte = 0xa5;

static kith_status refuse(const pupil *p, const char *what)
{
    return kith_fail(p->t->ctx, KITH_EPLUGIN, "on %s: %s", p->shape, what);
}

static void set_guard(void *end)
{
    memset(end, guard_byte, GUARD);
}

static bool guarded(const void *end)
{
    const unsigned char *byte = end;
    for (size_t i = 0; i < GUARD; i++)
        if (byte[i] != guard_byte) return false;
    return true;
}

/* Bytes that are no numbers, so that a workspace which is read before it is written shows. */
static void soil(pupil *p)
{
    memset(p->work, 0xff, p->work_size);
    memset(p->g, 0xff, p->d * sizeof *p->g);
    set_guard(p->work + p->work_size);
    set_guard(p->g + p->d);
}

static void draw_examples(pupil *p, const kith_shape *shape)
{
    kith_stream stream = kith_stream_at(1, KITH_FOR_DATA, 0, 0);
    for (size_t k = 0; k < BATCH * shape->features; k++)
        p->features[k] =
            shape->codes ? (kith_real)kith_draw_below(&stream, shape->codes) : (kith_real)kith_draw_normal(&stream);
    for (size_t e = 0; e < BATCH; e++)
        p->label[e] = shape->classes ? (int32_t)kith_draw_below(&stream, shape->classes) : 0;
    kith_draw_normals(&stream, 1.0, BATCH * shape->targets, p->target);
    p->batch = (kith_batch){.count = BATCH,
                            .x = p->features,
                            .label = shape->classes ? p->label : NULL,
                            .target = shape->targets ? p->target : NULL};
}

static kith_status make_room(pupil *p, const kith_shape *shape)
{
    kith_ctx *ctx = p->t->ctx;
    p->d = p->ops->dimension(p->self);
    p->work_size = p->ops->workspace(p->self, BATCH);
    if (p->d == 0 || p->ops->dimension(p->self) != p->d)
        return refuse(p, "dimension() is 0, or another number when asked again");
    if (p->work_size < p->ops->workspace(p->self, 1)) return refuse(p, "workspace() is smaller for a larger batch");
    const size_t room = p->d + GUARD;
    KITH_TRY(KITH_ALLOC(ctx, "model", room, &p->x));
    KITH_TRY(KITH_ALLOC(ctx, "gradient", room, &p->g));
    KITH_TRY(KITH_ALLOC(ctx, "model", room, &p->moved));
    KITH_TRY(KITH_ALLOC(ctx, "direction", room, &p->direction));
    KITH_TRY(KITH_ALLOC(ctx, "gradient", room, &p->other));
    KITH_TRY(KITH_ALLOC(ctx, "examples", BATCH * shape->features + GUARD, &p->features));
    KITH_TRY(KITH_ALLOC(ctx, "targets", BATCH * shape->targets + GUARD, &p->target));
    return KITH_ALLOC(ctx, "workspace", p->work_size + GUARD, &p->work);
}

static void close_pupil(pupil *p)
{
    kith_free(p->x);
    kith_free(p->g);
    kith_free(p->moved);
    kith_free(p->direction);
    kith_free(p->other);
    kith_free(p->features);
    kith_free(p->target);
    kith_free(p->work);
    trial_close(p->t, &p->instance);
}

/* What a model said is told with the callback and the kind of examples. */
static kith_status called(const pupil *p, const char *callback, kith_status status)
{
    char said[1024];
    if (status == KITH_OK) return status;
    snprintf(said, sizeof said, "%s", kith_ctx_message(p->t->ctx));
    kith_ctx_forget(p->t->ctx);
    return kith_fail(p->t->ctx, status, "on %s: %s() failed: %s", p->shape, callback,
                     said[0] ? said : kith_status_text(status));
}

/* Near the initial model, so that nothing is zero by symmetry. */
kith_status pupil_start(pupil *p)
{
    kith_stream stream = kith_stream_at(1, KITH_FOR_INIT, 0, 0), more = kith_stream_at(1, KITH_FOR_PLUGIN, 0, 0);
    KITH_TRY(called(p, "init", p->ops->init(p->self, p->t->ctx, &stream, p->x)));
    for (size_t i = 0; i < p->d; i++)
        p->x[i] += (kith_real)(0.1 * kith_draw_normal(&more));
    return KITH_OK;
}

/* The same random numbers in every call, so that the loss is a function of x. */
kith_status pupil_gradient(pupil *p, const kith_real *x, kith_real *g, double *loss)
{
    kith_stream noise = kith_stream_at(1, KITH_FOR_NOISE, 0, 0);
    *loss = NAN;
    p->batch.noise = &noise;
    const kith_status status = p->ops->gradient(p->self, p->t->ctx, x, &p->batch, p->work, g, loss);
    p->batch.noise = NULL;
    return called(p, "gradient", status);
}

/* ---- what is tried ---- */

static kith_status try_blocks(pupil *p)
{
    kith_block *blocks[2] = {NULL, NULL};
    size_t count[2] = {0, 0};
    kith_status status = KITH_OK;
    for (size_t k = 0; k < 2 && status == KITH_OK; k++)
        status = kith_model_blocks(p->t->ctx, &p->instance, p->d, &blocks[k], &count[k]);
    if (status != KITH_OK) status = called(p, "blocks", status);
    if (status == KITH_OK && (count[0] != count[1] || memcmp(blocks[0], blocks[1], count[0] * sizeof *blocks[0]) != 0))
        status = refuse(p, "blocks() adds others when it is asked again");
    kith_free(blocks[0]);
    kith_free(blocks[1]);
    return status;
}

static kith_status try_init(pupil *p)
{
    for (int again = 0; again < 2; again++) {
        kith_stream stream = kith_stream_at(1, KITH_FOR_INIT, 0, 0);
        kith_real *x = again ? p->moved : p->x;
        memset(x, 0xff, p->d * sizeof *x);
        set_guard(x + p->d);
        KITH_TRY(called(p, "init", p->ops->init(p->self, p->t->ctx, &stream, x)));
        if (!guarded(x + p->d)) return refuse(p, "init() writes behind the model; it has dimension() numbers");
    }
    for (size_t i = 0; i < p->d; i++)
        if (!isfinite(p->x[i]))
            return kith_fail(p->t->ctx, KITH_EPLUGIN,
                             "on %s: number %zu of the initial model is %g; init() writes all of them", p->shape, i,
                             (double)p->x[i]);
    if (memcmp(p->x, p->moved, p->d * sizeof *p->x) != 0)
        return refuse(p, "init() makes two models from one random stream; draw from the stream alone");
    return KITH_OK;
}

static kith_status try_call(pupil *p)
{
    double loss, again;
    KITH_TRY(pupil_start(p));
    soil(p);
    kith_copy(p->d, p->x, p->moved);
    KITH_TRY(pupil_gradient(p, p->x, p->g, &loss));
    if (!guarded(p->g + p->d)) return refuse(p, "gradient() writes behind the gradient; it has dimension() numbers");
    if (!guarded(p->work + p->work_size))
        return refuse(p, "gradient() writes behind its workspace; workspace() is too small");
    if (memcmp(p->x, p->moved, p->d * sizeof *p->x) != 0) return refuse(p, "gradient() changes the model");
    if (!isfinite(loss)) return kith_fail(p->t->ctx, KITH_EPLUGIN, "on %s: the loss is %g", p->shape, loss);
    for (size_t i = 0; i < p->d; i++)
        if (!isfinite(p->g[i]))
            return kith_fail(p->t->ctx, KITH_EPLUGIN,
                             "on %s: number %zu of the gradient is %g; all of it is to be overwritten, "
                             "and the workspace written before it is read",
                             p->shape, i, (double)p->g[i]);
    soil(p);
    KITH_TRY(pupil_gradient(p, p->x, p->moved, &again));
    if (again != loss) return refuse(p, "the loss at one point differs from call to call");
    KITH_TRY(pupil_gradient(p, p->x, p->g, &loss));
    if (memcmp(p->g, p->moved, p->d * sizeof *p->g) != 0)
        return refuse(p, "the gradient at one point differs from call to call");
    return KITH_OK;
}

/* ---- evaluation, and what a model may have besides ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= sum_off * (1.0 + fabs(a) + fabs(b));
}

static kith_status is_noisy(pupil *p, bool *noisy)
{
    double loss[2];
    kith_status status = KITH_OK;
    for (size_t k = 0; k < 2 && status == KITH_OK; k++) {
        kith_stream noise = kith_stream_at(1, KITH_FOR_NOISE, 1, k);
        p->batch.noise = &noise;
        status = p->ops->gradient(p->self, p->t->ctx, p->x, &p->batch, p->work, k ? p->other : p->moved, &loss[k]);
    }
    p->batch.noise = NULL;
    *noisy = status == KITH_OK && (loss[0] != loss[1] || memcmp(p->moved, p->other, p->d * sizeof *p->moved) != 0);
    return called(p, "gradient", status);
}

static kith_status evaluate(const pupil *p, const kith_batch *batch, kith_score *score)
{
    return called(p, "evaluate", p->ops->evaluate(p->self, p->t->ctx, p->x, batch, p->work, score));
}

/* Sums that the model names, the whole batch's against its halves'. */
static kith_status compare_scores(const pupil *p, const kith_score *whole, const kith_score *parts)
{
    for (size_t k = 0; k < KITH_SCORES; k++) {
        const double sum = whole->more[k], added = parts->more[k] - 5.0;
        const char *name = k < p->scores.count ? p->scores.name[k] : "which scores() does not name";
        if (isfinite(sum) && near(sum, added) && (k < p->scores.count || sum == 0.0)) continue;
        return kith_fail(p->t->ctx, KITH_EPLUGIN,
                         "on %s: evaluate() of a batch tells %.9g for sum %zu, %s, and of its two halves %.9g",
                         p->shape, sum, k, name, added);
    }
    return KITH_OK;
}

/* gradient() tells the mean of what evaluate() adds up, and the penalty. */
static kith_status compare_losses(pupil *p, const kith_score *score)
{
    bool noisy;
    double loss;
    KITH_TRY(is_noisy(p, &noisy));
    if (noisy) return KITH_OK;
    KITH_TRY(pupil_gradient(p, p->x, p->g, &loss));
    const double mean = score->loss / (double)score->count;
    const bool has = p->ops->penalty;
    const double penalty = has ? p->ops->penalty(p->self, p->x) : 0.0;
    if (near(loss, mean + penalty)) return KITH_OK;
    if (!has)
        return kith_fail(p->t->ctx, KITH_EPLUGIN, "on %s: the mean loss is %.9g by gradient() and %.9g by evaluate()",
                         p->shape, loss, mean);
    return kith_fail(p->t->ctx, KITH_EPLUGIN,
                     "on %s: the mean loss is %.9g by gradient(), and %.9g by evaluate() and %.9g by penalty()",
                     p->shape, loss, mean, penalty);
}

/* A batch in two parts gives what it gives as a whole. */
static kith_status try_evaluate(pupil *p, const kith_shape *shape)
{
    kith_score whole = {0}, parts = {.loss = 100.0, .correct = 7, .count = 9};
    for (size_t k = 0; k < KITH_SCORES; k++)
        parts.more[k] = 5.0;
    soil(p);
    KITH_TRY(kith_model_scores(p->t->ctx, &p->instance, &p->scores));
    KITH_TRY(evaluate(p, &p->batch, &whole));
    if (!guarded(p->work + p->work_size))
        return refuse(p, "evaluate() writes behind its workspace; workspace() is too small");
    for (size_t first = 0; first < BATCH; first += BATCH / 2) {
        const kith_batch part = {.count = BATCH / 2,
                                 .x = p->features + first * shape->features,
                                 .label = p->batch.label ? p->label + first : NULL,
                                 .target = p->batch.target ? p->target + first * shape->targets : NULL};
        memset(p->work, 0xff, p->work_size);
        KITH_TRY(evaluate(p, &part, &parts));
    }
    if (!isfinite(whole.loss) || whole.count == 0 || whole.correct > whole.count)
        return kith_fail(p->t->ctx, KITH_EPLUGIN,
                         "on %s: evaluate() tells a loss of %g, and %llu of %llu predictions right", p->shape,
                         whole.loss, (unsigned long long)whole.correct, (unsigned long long)whole.count);
    if (!near(parts.loss - 100.0, whole.loss) || parts.correct - 7 != whole.correct || parts.count - 9 != whole.count)
        return kith_fail(p->t->ctx, KITH_EPLUGIN,
                         "on %s: evaluate() of a batch tells a loss of %.9g, of its two halves %.9g; it adds to "
                         "what *score has already",
                         p->shape, whole.loss, parts.loss - 100.0);
    KITH_TRY(compare_scores(p, &whole, &parts));
    return compare_losses(p, &whole);
}

typedef struct pieces {
    kith_real *g;
    size_t taken;
} pieces;

static void take(void *arg, size_t first, size_t count, const kith_real *g)
{
    pieces *p = arg;
    kith_copy(count, g, p->g + first);
    p->taken += count;
}

static kith_status try_pieces(pupil *p)
{
    pieces found = {.g = p->moved};
    const kith_sink sink = {.take = take, .arg = &found};
    kith_stream noise = kith_stream_at(1, KITH_FOR_NOISE, 0, 0);
    double loss = NAN, expected;
    if (!p->ops->gradient_to) return KITH_OK;
    KITH_TRY(pupil_gradient(p, p->x, p->g, &expected));
    memset(p->moved, 0xff, p->d * sizeof *p->moved);
    p->batch.noise = &noise;
    const kith_status status =
        p->ops->gradient_to(p->self, p->t->ctx, p->x, &p->batch, p->work, p->other, &sink, &loss);
    p->batch.noise = NULL;
    KITH_TRY(called(p, "gradient_to", status));
    if (found.taken != p->d)
        return kith_fail(p->t->ctx, KITH_EPLUGIN,
                         "on %s: gradient_to() hands over %zu coordinates and has %zu, each once", p->shape,
                         found.taken, p->d);
    if (loss == expected && memcmp(p->g, p->moved, p->d * sizeof *p->g) == 0) return KITH_OK;
    return refuse(p, "gradient_to() gives other bits than gradient()");
}

/* The k-th of the steps, by gradient(). */
static kith_status step(pupil *p, const kith_shape *shape, const kith_descent *how, size_t k, double *loss)
{
    kith_stream own = kith_stream_at(1, KITH_FOR_NOISE, 0, 0);
    const size_t e = how->example[k];
    const kith_batch one = {.count = 1,
                            .x = p->features + e * shape->features,
                            .label = p->batch.label ? p->label + e : NULL,
                            .target = p->batch.target ? p->target + e * shape->targets : NULL,
                            .noise = &own};
    double found;
    KITH_TRY(called(p, "gradient", p->ops->gradient(p->self, p->t->ctx, p->x, &one, p->work, p->g, &found)));
    *loss += found;
    for (size_t i = 0; i < p->d; i++)
        p->x[i] -= (kith_real)(how->pull[k] * (double)p->g[i] + how->lr[k] * how->decay * (double)p->x[i]);
    return KITH_OK;
}

/* Steps on single examples, one after the other. */
static kith_status try_descend(pupil *p, const kith_shape *shape)
{
    const uint32_t example[] = {0, 3, 1, 1};
    const double pull[] = {0.1, 0.2, 0.05, 0.1}, lr[] = {0.1, 0.1, 0.1, 0.1};
    bool noisy;
    double loss = 0.0;
    if (!p->ops->descend) return KITH_OK;
    KITH_TRY(is_noisy(p, &noisy));
    if (noisy) return KITH_OK;
    kith_stream noise = kith_stream_at(1, KITH_FOR_NOISE, 0, 0);
    kith_descent how = {.count = 4,
                        .x = p->features,
                        .label = p->batch.label,
                        .target = p->batch.target,
                        .example = example,
                        .pull = pull,
                        .lr = lr,
                        .decay = 0.01,
                        .noise = &noise};
    KITH_TRY(pupil_start(p));
    kith_copy(p->d, p->x, p->moved);
    KITH_TRY(called(p, "descend", p->ops->descend(p->self, p->t->ctx, p->moved, &how, p->work)));
    for (size_t k = 0; k < 4; k++)
        KITH_TRY(step(p, shape, &how, k, &loss));
    if (!near(loss, how.loss))
        return kith_fail(p->t->ctx, KITH_EPLUGIN,
                         "on %s: the losses that descend() met add up to %.9g, and to %.9g by gradient()", p->shape,
                         how.loss, loss);
    for (size_t i = 0; i < p->d; i++)
        if (!near((double)p->x[i], (double)p->moved[i]))
            return kith_fail(p->t->ctx, KITH_EPLUGIN,
                             "on %s: number %zu of the model is %.9g after descend() and %.9g after the same "
                             "steps with gradient()",
                             p->shape, i, (double)p->moved[i], (double)p->x[i]);
    return KITH_OK;
}

static kith_status compare_curvature(pupil *p, const kith_curvature *c, double loss)
{
    if (!near(loss, c->loss))
        return kith_fail(p->t->ctx, KITH_EPLUGIN, "on %s: the mean loss is %.9g by gradient() and %.9g by curvature()",
                         p->shape, loss, c->loss);
    for (size_t i = 0; i < p->d; i++)
        if (!near((double)p->g[i], c->gradient[i]))
            return kith_fail(p->t->ctx, KITH_EPLUGIN,
                             "on %s: number %zu of the gradient is %.9g by gradient() and %.9g by curvature()",
                             p->shape, i, (double)p->g[i], c->gradient[i]);
    return KITH_OK;
}

static kith_status try_curvature(pupil *p)
{
    double *x = NULL;
    kith_curvature c = {.loss = 0.0};
    bool noisy;
    double loss;
    if (!p->ops->curvature || p->d > 2000) return KITH_OK;
    KITH_TRY(is_noisy(p, &noisy));
    if (noisy) return KITH_OK;
    KITH_TRY(pupil_start(p));
    KITH_TRY(pupil_gradient(p, p->x, p->g, &loss));
    kith_status status = KITH_ALLOC(p->t->ctx, "model", p->d, &x);
    if (status == KITH_OK) status = KITH_ALLOC(p->t->ctx, "gradient", p->d, &c.gradient);
    if (status == KITH_OK) status = KITH_ALLOC(p->t->ctx, "Hessian", p->d * p->d, &c.hessian);
    for (size_t i = 0; i < p->d && status == KITH_OK; i++)
        x[i] = (double)p->x[i];
    if (status == KITH_OK)
        status = called(p, "curvature", p->ops->curvature(p->self, p->t->ctx, x, &p->batch, 1.0, &c));
    if (status == KITH_OK) status = compare_curvature(p, &c, loss);
    kith_free(x);
    kith_free(c.gradient);
    kith_free(c.hessian);
    return status;
}

/* The next unit's slices in place of each, within its group, and the next group's in place of each. */
static kith_status turn_units(pupil *p, const kith_units *units)
{
    size_t *from = NULL;
    KITH_TRY(KITH_ALLOC(p->t->ctx, "units", units->most + 1, &from));
    for (size_t s = 0; s < units->sets; s++) {
        const size_t n = units->set[s].units, c = n / units->set[s].groups;
        for (size_t u = 0; u < n; u++)
            from[u] = (u / c * c + c + (u % c + 1) % c) % n;
        kith_units_move(units, s, from, p->moved, p->x);
    }
    kith_free(from);
    return KITH_OK;
}

static kith_status try_units(pupil *p)
{
    kith_units units;
    kith_block *block = NULL;
    kith_score score[2] = {{.loss = 0.0}, {.loss = 0.0}};
    size_t blocks = 0;
    if (!p->ops->units) return KITH_OK;
    KITH_TRY(pupil_start(p));
    KITH_TRY(evaluate(p, &p->batch, &score[0]));
    KITH_TRY(called(p, "blocks", kith_model_blocks(p->t->ctx, &p->instance, p->d, &block, &blocks)));
    kith_status status = called(p, "units", kith_model_units(p->t->ctx, &p->instance, block, blocks, &units));
    kith_free(block);
    if (status != KITH_OK) return status;
    status = turn_units(p, &units);
    kith_units_free(&units);
    if (status == KITH_OK) status = evaluate(p, &p->batch, &score[1]);
    if (status != KITH_OK || near(score[0].loss, score[1].loss)) return status;
    return kith_fail(p->t->ctx, KITH_EPLUGIN,
                     "on %s: a batch's loss is %.9g, and %.9g after the units of units() changed places", p->shape,
                     score[0].loss, score[1].loss);
}

/* ---- all shapes ---- */

typedef kith_status (*lesson)(pupil *p, const kith_shape *shape);

static kith_status learn_calls(pupil *p, const kith_shape *shape)
{
    (void)shape;
    KITH_TRY(try_blocks(p));
    KITH_TRY(try_init(p));
    return try_call(p);
}

static kith_status learn_gradient(pupil *p, const kith_shape *shape)
{
    (void)shape;
    return pupil_try_slopes(p);
}

static kith_status learn_evaluation(pupil *p, const kith_shape *shape)
{
    KITH_TRY(pupil_start(p));
    return try_evaluate(p, shape);
}

static kith_status learn_rest(pupil *p, const kith_shape *shape)
{
    KITH_TRY(pupil_start(p));
    KITH_TRY(try_pieces(p));
    KITH_TRY(try_descend(p, shape));
    KITH_TRY(try_units(p));
    return try_curvature(p);
}

/* A shape that the model refuses is none of its own; *taken counts the others. */
static kith_status on_shape(trial *t, const trial_shape *shape, lesson learn, size_t *taken)
{
    pupil p = {.t = t, .shape = shape->word, .ops = t->plugin->ops};
    const kith_setting setting = trial_setting(t, trial_learners(t), &shape->shape);
    kith_status status = trial_create(t, &setting, &p.instance);
    if (status != KITH_OK) {
        close_pupil(&p);
        return KITH_OK;
    }
    kith_ctx_forget(t->ctx);
    ++*taken;
    p.self = p.instance.self;
    status = make_room(&p, &shape->shape);
    if (status == KITH_OK) {
        draw_examples(&p, &shape->shape);
        status = learn(&p, &shape->shape);
    }
    close_pupil(&p);
    return status;
}

static kith_status try_shapes(trial *t, lesson learn)
{
    size_t taken = 0;
    for (size_t i = 0; i < trial_shape_count; i++)
        KITH_TRY(on_shape(t, &trial_shapes[i], learn, &taken));
    if (!taken) return KITH_EPLUGIN; /* create() has said why */
    kith_ctx_forget(t->ctx);
    trial_tell(t, "on %zu kind%s of examples", taken, taken == 1 ? "" : "s");
    return KITH_OK;
}

static kith_status try_calls(trial *t, const void *arg)
{
    (void)arg;
    return try_shapes(t, learn_calls);
}

static kith_status try_slopes(trial *t, const void *arg)
{
    (void)arg;
    return try_shapes(t, learn_gradient);
}

static kith_status try_scores(trial *t, const void *arg)
{
    (void)arg;
    return try_shapes(t, learn_evaluation);
}

static kith_status try_rest(trial *t, const void *arg)
{
    (void)arg;
    const kith_model *ops = t->plugin->ops;
    if (!ops->gradient_to && !ops->descend && !ops->curvature && !ops->units) return trial_skip(t, "it has none");
    return try_shapes(t, learn_rest);
}

void trial_all_models(subject *s)
{
    if (trial_make(s, "init() and gradient() write what is theirs, from what they get", 0, try_calls, NULL)) {
        trial_make(s, "the gradient is that of the loss", 0, try_slopes, NULL);
        trial_make(s, "evaluate() adds up, to the loss of gradient()", 0, try_scores, NULL);
        trial_make(s, "gradient_to(), descend(), curvature() and units() agree with the loss", 0, try_rest, NULL);
    }
    trial_all_runs(s);
}
