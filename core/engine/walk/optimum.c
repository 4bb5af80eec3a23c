/* The model that a convex run is compared with, by Newton's method in double. Every worker finds it by itself, to the
 * same bits. */
#include "engine/walk/walk.h"

#include "base/call.h"
#include "base/cholesky.h"
#include "base/headway.h"
#include "base/stop.h"

#include <math.h>
#include <string.h>

/* Hessians of more coordinates than this take too long. */
enum { MOST_DIMENSION = 2000, CHUNK = 64, STEPS = 100, HALVINGS = 40 };

/* f(x) = sum of mu_i weight_i f_i(x) + lambda/2 |x|^2 and how it is looked at. */
typedef struct newton {
    kith_walkers *w;
    kith_real *examples; /* (CHUNK, F) */
    int32_t *label;
    kith_real *target;        /* (CHUNK, T); NULL where T = 0 */
    kith_curvature at;        /* of the point last looked at */
    double *x, *trial, *step; /* [d] */
} newton;

static kith_status add_learner(kith_ctx *ctx, newton *f, size_t learner, const double *x)
{
    const kith_walkers *w = f->w;
    const kith_instance *model = w->setup.model;
    const size_t count = kith_data_size(w->setup.data, learner);
    const double share = w->mu[learner] * (w->weight ? w->weight[learner] : 1.0);
    uint32_t index[CHUNK];
    for (size_t first = 0; first < count; first += CHUNK) {
        const size_t n = count - first < CHUNK ? count - first : CHUNK;
        for (size_t k = 0; k < n; k++)
            index[k] = (uint32_t)(first + k);
        KITH_TRY(kith_stop_check(ctx));
        kith_data_gather(w->setup.data, index, n, f->examples, f->label);
        if (f->target) kith_data_gather_targets(w->setup.data, index, n, f->target);
        const kith_batch batch = {.count = n,
                                  .x = f->examples,
                                  .label = kith_data_shape(w->setup.data)->classes ? f->label : NULL,
                                  .target = f->target};
        const double weight = share * (double)n / (double)count;
        KITH_TRY_CALL(ctx, model->plugin->id, "curvature", learner,
                      ((const kith_model *)model->plugin->ops)->curvature(model->self, ctx, x, &batch, weight, &f->at));
    }
    return KITH_OK;
}

static kith_status look(kith_ctx *ctx, newton *f, const double *x)
{
    const kith_walkers *w = f->w;
    const double decay = w->setup.local->weight_decay;
    f->at.loss = 0.0;
    memset(f->at.gradient, 0, w->d * sizeof(double));
    memset(f->at.hessian, 0, w->d * w->d * sizeof(double));
    for (size_t i = 0; i < w->learners; i++) {
        kith_headway_within(1, "learner", i, w->learners);
        KITH_TRY(kith_data_visit(ctx, w->setup.data, i));
        KITH_TRY(add_learner(ctx, f, i, x));
    }
    for (size_t i = 0; i < w->d; i++) {
        f->at.loss += 0.5 * decay * x[i] * x[i];
        f->at.gradient[i] += decay * x[i];
        f->at.hessian[i * w->d + i] += decay;
    }
    return KITH_OK;
}

static double length(size_t n, const double *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* One step from x, halved until it does not lead up; *done where the step is lost in rounding. */
static kith_status improve(kith_ctx *ctx, newton *f, bool *done)
{
    const kith_walkers *w = f->w;
    const double before = f->at.loss;
    if (!kith_cholesky_factor(w->d, f->at.hessian))
        return kith_config_refuse(
            ctx, w->setup.config, "walk", "optimum",
            "the objective is flat in some direction and has no single optimum; set a weight decay, or set it to no");
    memcpy(f->step, f->at.gradient, w->d * sizeof(double));
    kith_cholesky_solve(w->d, f->at.hessian, f->step);
    *done = length(w->d, f->step) <= 1e-14 * (1.0 + length(w->d, f->x));
    double share = 1.0;
    for (int k = 0; k < HALVINGS; k++, share *= 0.5) {
        for (size_t i = 0; i < w->d; i++)
            f->trial[i] = f->x[i] - share * f->step[i];
        KITH_TRY(look(ctx, f, f->trial));
        if (*done || f->at.loss <= before + 1e-12 * fabs(before)) break;
    }
    memcpy(f->x, f->trial, w->d * sizeof(double));
    return KITH_OK;
}

static kith_status minimise(kith_ctx *ctx, newton *f)
{
    bool done = false;
    kith_headway_begin("optimum, Newton's step");
    KITH_TRY(look(ctx, f, f->x));
    for (int step = 0; step < STEPS && !done; step++) {
        kith_headway_reach((uint64_t)step, 0);
        KITH_TRY(improve(ctx, f, &done));
    }
    if (done) return KITH_OK;
    return kith_config_refuse(ctx, f->w->setup.config, "walk", "optimum",
                              "Newton's method found none in %d steps; set it to no", STEPS);
}

static kith_status refuse_what_has_none(kith_ctx *ctx, const kith_walkers *w)
{
    const kith_plugin *plugin = w->setup.model->plugin;
    const kith_local_config *local = w->setup.local;
    if (!((const kith_model *)plugin->ops)->curvature)
        return kith_config_refuse(ctx, w->setup.config, "walk", "optimum",
                                  "the model %s gives no curvature to find it with; quadratic and logistic do",
                                  plugin->id);
    if (local->optimizer == KITH_OPTIMIZER_ADAMW && local->weight_decay > 0.0)
        return kith_config_refuse(
            ctx, w->setup.config, "walk", "optimum",
            "AdamW's weight decay is no part of an objective; set local.weight_decay to 0 and let the model "
            "regularise (logistic.l2)");
    if (w->d <= MOST_DIMENSION) return KITH_OK;
    return kith_config_refuse(ctx, w->setup.config, "walk", "optimum",
                              "it is computed for models of at most %d numbers, and this has %zu; "
                              "set it to no",
                              MOST_DIMENSION, w->d);
}

static kith_status make_room(kith_ctx *ctx, newton *f)
{
    const kith_shape *shape = kith_data_shape(f->w->setup.data);
    kith_status status = KITH_ALLOC(ctx, "examples", CHUNK * shape->features, &f->examples);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "labels", CHUNK, &f->label);
    if (status == KITH_OK && shape->targets) status = KITH_ALLOC(ctx, "targets", CHUNK * shape->targets, &f->target);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "gradient", f->w->d, &f->at.gradient);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "Hessian", f->w->d * f->w->d, &f->at.hessian);
    return status;
}

static void free_room(newton *f)
{
    kith_free(f->examples);
    kith_free(f->label);
    kith_free(f->target);
    kith_free(f->at.gradient);
    kith_free(f->at.hessian);
}

static kith_status look_at_learners(kith_ctx *ctx, newton *f, double *gradient, double *hessian)
{
    const kith_walkers *w = f->w;
    KITH_TRY(look(ctx, f, w->optimum));
    memcpy(hessian, f->at.hessian, w->d * w->d * sizeof *hessian);
    for (size_t i = 0; i < w->learners; i++) {
        memset(f->at.gradient, 0, w->d * sizeof(double));
        KITH_TRY(kith_data_visit(ctx, w->setup.data, i));
        KITH_TRY(add_learner(ctx, f, i, w->optimum));
        for (size_t c = 0; c < w->d; c++)
            gradient[i * w->d + c] = f->at.gradient[c] / w->mu[i];
    }
    return KITH_OK;
}

kith_status kith_walk_look(kith_ctx *ctx, kith_walkers *w, double *gradient, double *hessian)
{
    newton f = {.w = w};
    kith_status status = make_room(ctx, &f);
    if (status == KITH_OK) status = look_at_learners(ctx, &f, gradient, hessian);
    free_room(&f);
    return status;
}

kith_status kith_walk_find_optimum(kith_ctx *ctx, kith_walkers *w)
{
    newton f = {.w = w};
    KITH_TRY(refuse_what_has_none(ctx, w));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "optimum", w->d, &w->optimum));
    f.x = w->optimum;
    kith_status status = make_room(ctx, &f);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "step", 2 * w->d, &f.step);
    f.trial = f.step ? f.step + w->d : NULL;
    if (status == KITH_OK) status = minimise(ctx, &f);
    free_room(&f);
    kith_free(f.step);
    return status;
}
