/* What stands for the run, what the kind of policies says of it, and what the populations look like. */
#include "engine/population/kind.h"
#include "base/metrics.h"

#include "base/call.h"
#include "base/headway.h"
#include "engine/told.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 96, MOST_TOLD = 64 };

/* ---- the output mixture ---- */

static kith_status refuse(kith_ctx *ctx, const kith_arena *a, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: output: %s", a->setup.algorithm->plugin->id, why);
}

static kith_status spread(kith_ctx *ctx, kith_arena *a, const kith_output *out)
{
    if (out->population >= a->ops->population_count || a->size[out->population] == 0)
        return refuse(ctx, a, "the population is not declared, or empty");
    const size_t n = a->size[out->population];
    double sum = 0.0;
    memset(a->weight, 0, a->capacity * sizeof *a->weight);
    for (size_t j = 0; j < n; j++) {
        const double w = out->picking == KITH_PICK_UNIFORM ? 1.0 / (double)n
                         : out->picking == KITH_PICK_GIVEN ? out->weight[j]
                                                           : j + 1 == n;
        if (!(w >= 0.0)) return refuse(ctx, a, "a weight is below 0");
        a->weight[a->member[out->population][j]] = w;
        sum += w;
    }
    return fabs(sum - 1.0) < 1e-9 ? KITH_OK : refuse(ctx, a, "the weights' sum is not 1");
}

static kith_status take_output(kith_ctx *ctx, kith_arena *a)
{
    kith_output out = {.population = 0};
    kith_arena_begin_plan(ctx, a);
    KITH_TRY_CALL(ctx, a->setup.algorithm->plugin->id, "output", KITH_NOBODY, a->ops->output(a->self, &a->plan, &out));
    const bool given = out.picking == KITH_PICK_GIVEN && out.weight;
    if (!given && out.picking != KITH_PICK_UNIFORM && out.picking != KITH_PICK_NEWEST)
        return refuse(ctx, a, "it is none of uniform, given with weights, and newest");
    return spread(ctx, a, &out);
}

kith_status kith_arena_prepare(kith_ctx *ctx, void *self)
{
    kith_arena *a = self;
    return kith_exchange_agree(a->setup.exchange, take_output(ctx, a), NULL);
}

/* ---- measures ---- */

/* The weights, and the payoffs that are new since the last time; of the first policies only, lest a long run drown. */
static kith_status give_meta_game(kith_arena *a, kith_measure measure, void *arg)
{
    char name[NAME_SIZE];
    kith_headway_begin("payoffs");
    const size_t last = a->count.policies < MOST_TOLD ? (size_t)a->count.policies : MOST_TOLD;
    for (size_t k = 0; k < last; k++) {
        snprintf(name, sizeof name, "%s%02zu", KITH_METRIC_weight_, k);
        KITH_TRY(measure(arg, name, a->weight[k]));
    }
    for (size_t k = (size_t)a->count.told; k < last; k++)
        for (size_t j = 0; !a->kind->tell && j < k; j++) {
            double payoff = 0.0;
            snprintf(name, sizeof name, "%s%02zu_%02zu", KITH_METRIC_payoff_, k, j);
            KITH_TRY(kith_arena_payoff(a->plan.ctx, a, k, j, &payoff));
            KITH_TRY(measure(arg, name, payoff));
        }
    a->count.told = last;
    return a->kind->tell ? a->kind->tell(a, measure, arg) : KITH_OK;
}

kith_status kith_arena_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg)
{
    kith_arena *a = self;
    kith_headway_begin("exploitability");
    if (tests || a->kind->counted) KITH_TRY(a->kind->measure(a, measure, arg));
    KITH_TRY(measure(arg, KITH_METRIC_steps, (double)a->count.steps));
    KITH_TRY(measure(arg, KITH_METRIC_population_size, (double)a->count.policies));
    if (!tests) return KITH_OK;
    KITH_TRY(give_meta_game(a, measure, arg));
    kith_told told = {ctx, &a->setup, a->setup.algorithm->plugin->id, measure, arg};
    if (a->ops->tell)
        KITH_TRY_CALL(ctx, told.plugin, "tell", KITH_NOBODY, a->ops->tell(a->self, &a->plan, kith_told_take, &told));
    return KITH_OK;
}
