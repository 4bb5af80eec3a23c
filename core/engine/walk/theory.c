/* What theory has for the squared error of a walk's models after so many hops, where it has an answer: objectives whose
 * Hessian is a multiple of the identity at the optimum, plain SGD, one example a learner. Every worker finds it by
 * itself, to the same bits, from the first hop on, also in a run that is resumed. */
#include "engine/walk/walk.h"

#include "base/call.h"
#include "graph/repelled.h"

#include <math.h>

#define REFUSE(ctx, w, ...) kith_config_refuse(ctx, (w)->setup.config, "walk", "theory", __VA_ARGS__)

/* Of all hops so far. */
struct kith_walk_theory {
    kith_repelling walk;
    double curvature, begins, held; /* |x_0 - x*|^2, and what the hops have left of it */
    uint64_t hops;
    double *weight;       /* [N] of eigenvector k: (u_k's)^2 summed over coordinates, s_i: gradients at the optimum */
    kith_repelled *share; /* [N] */
};

static kith_status refuse_what_has_none(kith_ctx *ctx, const kith_walkers *w)
{
    const char *id = w->setup.algorithm->plugin->id;
    if (!w->ops->repels) return REFUSE(ctx, w, "there is none for %s; srrw has one", id);
    if (!w->optimum) return REFUSE(ctx, w, "it is about the distance from the optimum; set walk.optimum to yes");
    if (!w->table.x)
        return REFUSE(ctx, w, "it is for plain SGD in one step a hop on learners with one example each; set it to no");
    return KITH_OK;
}

/* The one number on the Hessian's diagonal. */
static kith_status find_curvature(kith_ctx *ctx, const kith_walkers *w, const double *hessian, double *out)
{
    double off = 0.0;
    for (size_t i = 0; i < w->d; i++)
        for (size_t j = 0; j < w->d; j++)
            off = fmax(off, fabs(hessian[i * w->d + j] - (i == j ? hessian[0] : 0.0)));
    *out = hessian[0];
    if (off <= 1e-9 * fabs(hessian[0])) return KITH_OK;
    return REFUSE(ctx, w,
                  "it is for objectives that are curved alike in all directions, as quadratic's is; set it to "
                  "no");
}

/* u_k = D^(1/2) phi_k, left eigenvectors of the base chain. */
static void project(const kith_walkers *w, const double *modes, const double *gradient, double *weight)
{
    for (size_t k = 1; k < w->learners; k++)
        for (size_t c = 0; c < w->d; c++) {
            double along = 0.0;
            for (size_t i = 0; i < w->learners; i++)
                along += sqrt(w->mu[i]) * modes[k * w->learners + i] * gradient[i * w->d + c];
            weight[k] += along * along;
        }
}

static kith_status find_start(kith_ctx *ctx, const kith_walkers *w, double *out)
{
    kith_stream init = kith_stream_at(kith_run_seed(w->setup.run, w->setup.run->seed_init), KITH_FOR_INIT, 0, 0);
    *out = 0.0;
    KITH_TRY(kith_initial_model(ctx, w->setup.initial, w->setup.model, w->d, &init, "token", 0, w->work));
    for (size_t i = 0; i < w->d; i++)
        *out += ((double)w->work[i] - w->optimum[i]) * ((double)w->work[i] - w->optimum[i]);
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, kith_walkers *w, double *gradient, double *hessian)
{
    kith_walk_theory *t = w->theory;
    KITH_TRY(kith_walk_look(ctx, w, gradient, hessian));
    KITH_TRY(find_curvature(ctx, w, hessian, &t->curvature));
    KITH_TRY(find_start(ctx, w, &t->begins));
    if (!w->modes) KITH_TRY(kith_walk_find_modes(ctx, w));
    project(w, w->modes, gradient, t->weight);
    return KITH_OK;
}

kith_status kith_walk_open_theory(kith_ctx *ctx, kith_walkers *w)
{
    double *gradient = NULL, *hessian = NULL;
    KITH_TRY(refuse_what_has_none(ctx, w));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "theory of a walk", 1, &w->theory));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "theory of a walk", w->learners, &w->theory->weight));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "theory of a walk", w->learners, &w->theory->share));
    w->theory->held = 1.0;
    KITH_TRY_VOID(ctx, w->setup.algorithm->plugin->id, "repels", KITH_NOBODY,
                  w->ops->repels(w->self, &w->theory->walk));
    kith_status status = KITH_ALLOC(ctx, "gradients", w->learners * w->d, &gradient);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "Hessian", w->d * w->d, &hessian);
    if (status == KITH_OK) status = fill(ctx, w, gradient, hessian);
    kith_free(gradient);
    kith_free(hessian);
    return status;
}

double kith_walk_theory_error(kith_walkers *w)
{
    kith_walk_theory *t = w->theory;
    double error = 0.0;
    for (const uint64_t hops = kith_walk_hops(w); t->hops < hops; t->hops++) {
        const double beta = kith_walk_lr(w, t->hops), gamma = pow((double)t->hops + 2.0, -t->walk.gamma_power);
        t->held *= (1.0 - beta * t->curvature) * (1.0 - beta * t->curvature);
        for (size_t k = 1; k < w->learners; k++) {
            const double l = w->values[k], noise = (1.0 + l) / (1.0 - l);
            kith_repelled_step(&t->share[k], t->walk.alpha * (1.0 + l), noise, gamma, beta, t->curvature);
        }
    }
    for (size_t k = 1; k < w->learners; k++)
        error += t->weight[k] * t->share[k].tt;
    return error + t->held * t->begins;
}
