/* How far what stands for the run is from a global Nash equilibrium, exactly; and what the populations look like. */
#include "engine/population.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 96, MOST_TOLD = 64 };

/* ---- the output mixture ---- */

static kith_status refuse(kith_ctx *ctx, const kith_arena *a, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: output: %s", a->about.algorithm->plugin->id, why);
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
    KITH_TRY(a->ops->output(a->self, &a->plan, &out));
    const bool given = out.picking == KITH_PICK_GIVEN && out.weight;
    if (!given && out.picking != KITH_PICK_UNIFORM && out.picking != KITH_PICK_NEWEST)
        return refuse(ctx, a, "it is none of uniform, given with weights, and newest");
    return spread(ctx, a, &out);
}

kith_status kith_arena_prepare(kith_ctx *ctx, void *self)
{
    kith_arena *a = self;
    return kith_exchange_agree(a->about.exchange, take_output(ctx, a), NULL);
}

/* ---- exploitability ---- */

/* What the best joint action wins of the mixture whose digest is a->mix; a->value is left for that mixture. */
static double team_gap(kith_arena *a)
{
    kith_payoffs_reply(a->payoffs, a->mix, a->answer);
    kith_payoffs_values(a->payoffs, a->answer, a->value);
    return a->value[kith_payoffs_best(a->payoffs, a->value)];
}

/* Adds to gain [N] what each player would win by its best action against a->value while its teammates play the policy.
 */
static void add_gains(kith_arena *a, const double *policy, double weight, double *gain)
{
    kith_payoffs_actions(a->payoffs, policy, a->value, a->q);
    for (size_t i = 0; i < a->payoffs->players; i++) {
        const double *q = a->q + i * a->payoffs->actions;
        double best = q[0];
        for (size_t k = 1; k < a->payoffs->actions; k++)
            if (q[k] > best) best = q[k];
        gain[i] += weight * best;
    }
}

static double greatest(const double *x, size_t n)
{
    double most = x[0];
    for (size_t i = 1; i < n; i++)
        if (x[i] > most) most = x[i];
    return most;
}

/* A player that deviates knows which policy of the mixture its team drew, as its teammates do. */
static void mixture_gaps(kith_arena *a, double *team, double *individual)
{
    const size_t f = a->payoffs->factors;
    memset(a->mix, 0, f * sizeof *a->mix);
    for (size_t k = 0; k < a->count.policies; k++)
        for (size_t i = 0; a->weight[k] != 0.0 && i < f; i++)
            a->mix[i] += a->weight[k] * a->digest[k * f + i];
    *team = team_gap(a);
    double *gain = a->response;
    memset(gain, 0, a->entries * sizeof *gain);
    for (size_t k = 0; k < a->count.policies; k++)
        if (a->weight[k] != 0.0) add_gains(a, a->policy + k * a->entries, a->weight[k], gain);
    *individual = greatest(gain, a->payoffs->players);
}

static void policy_gaps(kith_arena *a, const double *policy, double *team, double *individual)
{
    kith_payoffs_digest(a->payoffs, policy, a->mix);
    *team = team_gap(a);
    double *gain = a->response;
    memset(gain, 0, a->entries * sizeof *gain);
    add_gains(a, policy, 1.0, gain);
    *individual = greatest(gain, a->payoffs->players);
}

/* ---- measures ---- */

static kith_status give_learners(kith_arena *a, kith_measure measure, void *arg)
{
    for (size_t l = 0; l < a->ops->learner_count; l++) {
        char name[NAME_SIZE];
        double team = 0.0, individual = 0.0;
        policy_gaps(a, a->live + l * a->entries, &team, &individual);
        snprintf(name, sizeof name, "exploitability_%s", a->ops->learners[l]);
        KITH_TRY(measure(arg, name, team));
        snprintf(name, sizeof name, "exploitability_individual_%s", a->ops->learners[l]);
        KITH_TRY(measure(arg, name, individual));
    }
    return KITH_OK;
}

/* The weights, and the payoffs that are new since the last time; of the first policies only, lest a long run drown. */
static kith_status give_meta_game(kith_arena *a, kith_measure measure, void *arg)
{
    char name[NAME_SIZE];
    const size_t last = a->count.policies < MOST_TOLD ? (size_t)a->count.policies : MOST_TOLD;
    for (size_t k = 0; k < last; k++) {
        snprintf(name, sizeof name, "weight_%02zu", k);
        KITH_TRY(measure(arg, name, a->weight[k]));
    }
    for (size_t k = (size_t)a->count.told; k < last; k++)
        for (size_t j = 0; j < k; j++) {
            snprintf(name, sizeof name, "payoff_%02zu_%02zu", k, j);
            KITH_TRY(measure(arg, name, kith_arena_payoff(a, k, j)));
        }
    a->count.told = last;
    return KITH_OK;
}

kith_status kith_arena_measure(void *self, kith_measure measure, void *arg, double *train_loss)
{
    kith_arena *a = self;
    double team = 0.0, individual = 0.0;
    *train_loss = NAN;
    mixture_gaps(a, &team, &individual);
    KITH_TRY(measure(arg, "exploitability", team));
    KITH_TRY(measure(arg, "exploitability_individual", individual));
    KITH_TRY(measure(arg, "steps", (double)a->count.steps));
    KITH_TRY(measure(arg, "population_size", (double)a->count.policies));
    KITH_TRY(give_learners(a, measure, arg));
    return give_meta_game(a, measure, arg);
}
