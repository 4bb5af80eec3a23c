#include "engine/population/kind.h"
#include "base/call.h"
#include "base/headway.h"
#include "engine/population/size.h"
#include "rl/markov.h"

#include <stdlib.h>
#include <string.h>

/* ---- policies ---- */

static void enrol(kith_arena *a, size_t k)
{
    for (size_t p = 0; p < a->ops->population_count; p++)
        if (a->joined[k] >> p & 1u) a->member[p][a->size[p]++] = (uint32_t)k;
}

void kith_arena_freeze(kith_arena *a, const void *policy, uint32_t populations)
{
    const size_t k = (size_t)a->count.policies++, size = a->entries * a->element;
    memcpy((char *)a->policy + k * size, policy, size);
    a->joined[k] = populations;
    if (a->kind->admit) a->kind->admit(a, k);
    enrol(a, k);
}

void kith_arena_recall(kith_arena *a)
{
    a->solutions = 0;
    memset(a->size, 0, sizeof a->size);
    for (size_t k = 0; k < a->count.policies; k++) {
        if (a->kind->admit) a->kind->admit(a, k);
        enrol(a, k);
    }
}

/* One way round only, so that both ways agree to the last bit. */
kith_status kith_arena_payoff(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out)
{
    *out = 0.0;
    if (first == second) return KITH_OK;
    if (first < second) return a->kind->payoff(ctx, a, first, second, out);
    KITH_TRY(a->kind->payoff(ctx, a, second, first, out));
    *out = -*out;
    return KITH_OK;
}

/* ---- what a plan may ask ---- */

kith_status kith_population_payoff(kith_population_plan *plan, size_t a, size_t b, double *out)
{
    if (a >= plan->policies || b >= plan->policies)
        return kith_fail(plan->ctx, KITH_EPLUGIN, "%s: a payoff is asked for of policy %zu, and there are %zu",
                         plan->host->setup.algorithm->plugin->id, a > b ? a : b, plan->policies);
    return kith_arena_payoff(plan->ctx, plan->host, a, b, out);
}

kith_status kith_arena_make_room(kith_ctx *ctx, kith_arena *a, size_t entries)
{
    double *matrix = NULL;
    if (entries <= a->matrix_size) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "meta-game", 2 * entries, &matrix));
    kith_free(a->matrix);
    a->matrix = matrix;
    a->matrix_size = 2 * entries;
    return KITH_OK;
}

/* A plan's populations stay as they are, and so do payoffs between policies. NULL: it was not asked for yet. */
static const double *find_solution(const kith_arena *a, const kith_solved *game)
{
    for (size_t k = 0; k < a->solutions; k++) {
        const kith_solved *s = &a->solved[k];
        if (s->solver == game->solver && s->rows == game->rows && s->columns == game->columns &&
            s->size[0] == game->size[0] && s->size[1] == game->size[1])
            return a->solution + k * a->capacity;
    }
    return NULL;
}

/* Whether a population grew since one of the solutions. */
static bool are_stale(const kith_arena *a)
{
    for (size_t k = 0; k < a->solutions; k++)
        if (a->solved[k].size[0] != a->size[a->solved[k].rows] || a->solved[k].size[1] != a->size[a->solved[k].columns])
            return true;
    return false;
}

kith_status kith_population_solve(kith_population_plan *plan, kith_solver solver, size_t rows, size_t columns,
                                  const double **weight)
{
    kith_arena *a = plan->host;
    const char *id = a->setup.algorithm->plugin->id;
    if (rows >= a->ops->population_count || columns >= a->ops->population_count)
        return kith_fail(plan->ctx, KITH_EPLUGIN, "%s: a meta-game is asked for of a population that is not declared",
                         id);
    if (a->asked == KITH_MOST_SOLUTIONS)
        return kith_fail(plan->ctx, KITH_EPLUGIN, "%s: a plan may ask for %d solutions of meta-games, not more", id,
                         KITH_MOST_SOLUTIONS);
    const size_t r = a->size[rows], c = a->size[columns];
    if (solver == KITH_SOLVE_NASH) solver = a->config->nash == 0 ? KITH_SOLVE_LP : KITH_SOLVE_FICTITIOUS;
    a->asked++;
    const kith_solved game = {.solver = solver, .rows = rows, .columns = columns, .size = {r, c}};
    *weight = find_solution(a, &game);
    if (*weight) return KITH_OK;
    KITH_TRY(kith_arena_make_room(plan->ctx, a, r * c));
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < c; j++) {
            kith_headway_within(1, "payoff", i * c + j, r * c);
            KITH_TRY(kith_arena_payoff(plan->ctx, a, a->member[rows][i], a->member[columns][j], &a->matrix[i * c + j]));
        }
    double *out = a->solution + a->solutions * a->capacity;
    KITH_TRY(kith_meta_solve(plan->ctx, solver, a->matrix, r, c, out));
    a->solver_calls++;
    a->solved[a->solutions++] = game;
    *weight = out;
    return KITH_OK;
}

void kith_arena_begin_plan(kith_ctx *ctx, kith_arena *a)
{
    a->asked = 0;
    if (are_stale(a) || a->solutions > KITH_MOST_SOLUTIONS) a->solutions = 0;
    a->plan = (kith_population_plan){.ctx = ctx,
                                     .round = a->count.round,
                                     .state = a->state,
                                     .policies = (size_t)a->count.policies,
                                     .report = a->report,
                                     .reports = (size_t)a->count.reports,
                                     .least_steps = (uint64_t)a->config->least_steps,
                                     .host = a};
    for (size_t p = 0; p < a->ops->population_count; p++) {
        a->plan.size[p] = a->size[p];
        a->plan.member[p] = a->member[p];
    }
}

/* ---- rounds ---- */

static kith_status plan_round(kith_ctx *ctx, kith_arena *a)
{
    kith_arena_begin_plan(ctx, a);
    kith_headway_begin("planning");
    KITH_TRY_CALL(ctx, a->setup.algorithm->plugin->id, "step", KITH_NOBODY, a->ops->step(a->self, &a->plan));
    KITH_TRY(kith_arena_check_plan(ctx, a));
    return kith_arena_check_kind(ctx, a);
}

static kith_status make_round(kith_ctx *ctx, kith_arena *a)
{
    KITH_TRY(kith_exchange_agree(a->setup.exchange, plan_round(ctx, a), NULL));
    KITH_TRY(kith_arena_make(ctx, a));
    a->count.reports = a->plan.jobs;
    a->count.round++;
    return KITH_OK;
}

static kith_status population_round(kith_ctx *ctx, void *self)
{
    kith_arena *a = self;
    return kith_exchange_agree(a->setup.exchange, make_round(ctx, a), NULL);
}

static double population_steps(const void *self)
{
    return (double)((const kith_arena *)self)->count.steps;
}

/* ---- what stands for the run ---- */

static size_t population_length(const void *self)
{
    const kith_arena *a = self;
    return (size_t)a->count.policies * a->entries;
}

/* Networks are reals already. */
static const kith_real *population_model(const void *self)
{
    const kith_arena *a = self;
    const double *policy = a->policy;
    if (!a->written) return a->policy;
    for (size_t k = 0; k < population_length(a); k++)
        a->written[k] = (kith_real)policy[k];
    return a->written;
}

/* ---- opening ---- */

static kith_status check_table(kith_ctx *ctx, const kith_population *ops, const char *id)
{
    const bool counts = ops->population_count >= 1 && ops->population_count <= KITH_MOST_POPULATIONS &&
                        ops->learner_count >= 1 && ops->learner_count <= KITH_MOST_LEARNERS;
    if (!counts || !ops->populations || !ops->learners)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: it needs 1 to %d populations and 1 to %d learners, with names",
                         id, KITH_MOST_POPULATIONS, KITH_MOST_LEARNERS);
    if (ops->initial >> ops->population_count || ops->frozen > KITH_MOST_JOBS)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: ops: initial names populations that are not declared, or frozen is above %d", id,
                         KITH_MOST_JOBS);
    return KITH_OK;
}

static const kith_policy_kind *const kinds[] = {[KITH_FORM_MATRIX] = &kith_matrix_kind,
                                                [KITH_FORM_STATES] = &kith_markov_kind,
                                                [KITH_FORM_NETWORKS] = &kith_network_kind};

kith_policy_form kith_policy_form_of(const kith_population_config *c, const kith_game_shape *shape)
{
    if (shape->form == KITH_GAME_MATRIX) return KITH_FORM_MATRIX;
    if (c->policies == KITH_POLICIES_TABLES) return KITH_FORM_STATES;
    const bool exact = shape->states && shape->discount < 1.0 && kith_markov_bytes(shape) <= 1e6 * (double)c->exact_mb;
    return c->policies == KITH_POLICIES_AUTO && exact ? KITH_FORM_STATES : KITH_FORM_NETWORKS;
}

const char *kith_policy_form_name(kith_policy_form form)
{
    return kinds[form]->name;
}

static kith_status choose_kind(kith_ctx *ctx, kith_arena *a, kith_game_shape *shape)
{
    const kith_instance *game = a->setup.game;
    const kith_game *ops = game->plugin->ops;
    KITH_TRY_CALL(ctx, game->plugin->id, "describe", KITH_NOBODY, ops->describe(game->self, ctx, shape));
    a->kind = kinds[kith_policy_form_of(a->config, shape)];
    if (shape->form == KITH_GAME_MATRIX && a->config->policies == KITH_POLICIES_NETWORKS)
        return kith_config_refuse(ctx, a->setup.config, "population", "policies",
                                  "networks play games with states, and %s is a matrix game; set it to auto",
                                  game->plugin->id);
    if (a->kind == &kith_network_kind && a->ops->update)
        return kith_config_refuse(
            ctx, a->setup.config, "run", "algorithm",
            "it changes tables of probabilities by a rule of its own, and in %s policies are networks; "
            "choose fxp, psro, self-play or fsp",
            game->plugin->id);
    return KITH_OK;
}

static kith_status allocate(kith_ctx *ctx, kith_arena *a)
{
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "populations", a->capacity, &a->joined));
    for (size_t p = 0; p < a->ops->population_count; p++)
        KITH_TRY(KITH_TAKE(ctx, &a->heap, "populations", a->capacity, &a->member[p]));
    if (a->ops->state_size)
        KITH_TRY(kith_heap_take(ctx, &a->heap, "the algorithm's state", a->ops->state_size, 1, &a->state));
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "meta-weights", a->capacity, &a->weight));
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "meta-weights", a->capacity, &a->picked));
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "meta-weights", 2 * KITH_MOST_SOLUTIONS * a->capacity, &a->solution));
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "opponents", 1, &a->facing));
    *a->facing = (kith_facing){.count = 0};
    KITH_TRY(KITH_TAKE(ctx, &a->heap, "opponents", KITH_MOST_COMPONENTS * a->capacity, &a->facing->policy));
    return KITH_TAKE(ctx, &a->heap, "opponents", KITH_MOST_COMPONENTS * a->capacity, &a->facing->weight);
}

static kith_status number_policies(kith_ctx *ctx, kith_arena *a)
{
    if (a->ops->frozen && (uint64_t)a->setup.run->rounds >= UINT32_MAX / a->ops->frozen)
        return kith_config_refuse(ctx, a->setup.config, "run", "rounds",
                                  "so many policies cannot be numbered; use fewer rounds");
    a->capacity = 1 + (size_t)a->setup.run->rounds * a->ops->frozen;
    return KITH_OK;
}

static kith_status open_local(kith_ctx *ctx, kith_arena *a, kith_game_shape *shape)
{
    KITH_TRY(check_table(ctx, a->ops, a->setup.algorithm->plugin->id));
    KITH_TRY(number_policies(ctx, a));
    KITH_TRY(choose_kind(ctx, a, shape));
    return allocate(ctx, a);
}

/* A plan as the first round will make it, for what it asks of policies alone. The one policy there is needs no payoffs,
 * and the algorithm's state is as it was. */
static kith_status try_plan(kith_ctx *ctx, kith_arena *a)
{
    if (!a->kind->refuses) return KITH_OK;
    const kith_status status = plan_round(ctx, a);
    if (a->state) memset(a->state, 0, a->ops->state_size);
    return status;
}

static kith_status begin(kith_ctx *ctx, kith_arena *a)
{
    KITH_TRY(kith_heap_take(ctx, &a->heap, "policies", a->capacity * a->entries, a->element, &a->policy));
    if (a->tables) KITH_TRY(KITH_TAKE(ctx, &a->heap, "policies", a->capacity * a->entries, &a->written));
    kith_arena_freeze(a, a->kind->live(a, 0), a->ops->initial);
    kith_arena_list_parts(a);
    return try_plan(ctx, a);
}

static void population_close(void *self)
{
    kith_arena *a = self;
    if (!a) return;
    if (a->kind) a->kind->close(a);
    kith_free(a->matrix);
    kith_heap_free(&a->heap);
    kith_free(a);
}

/* [all] What a kind opens may exchange, so that all must be ready for it. */
static kith_status open_all(kith_ctx *ctx, kith_arena *a, kith_status status, const kith_game_shape *shape)
{
    KITH_TRY(kith_exchange_agree(a->setup.exchange, status, NULL));
    kith_arena_tell_size(a, shape);
    status = a->kind->open(ctx, a, shape);
    if (status == KITH_OK) status = begin(ctx, a);
    if (status == KITH_OK) kith_arena_tell_pace(a, shape);
    return kith_exchange_agree(a->setup.exchange, status, NULL);
}

#define ALL_KINDS (UINT32_C(1) << KITH_IS_MATRIX | UINT32_C(1) << KITH_IS_STATES | UINT32_C(1) << KITH_IS_NETWORKS)

static kith_status population_open(kith_ctx *ctx, const kith_engine_setup *setup, kith_engine *out)
{
    kith_arena *a = NULL;
    const kith_population_settings *own = setup->own;
    kith_game_shape shape = {.form = 0};
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &a);
    if (status == KITH_OK) {
        *a = (kith_arena){.setup = *setup,
                          .config = &own->population,
                          .mappo = &own->mappo,
                          .ops = setup->algorithm->plugin->ops,
                          .self = setup->algorithm->self};
        status = open_local(ctx, a, &shape);
    }
    status = a ? open_all(ctx, a, status, &shape) : kith_exchange_agree(setup->exchange, status, NULL);
    if (status != KITH_OK) {
        population_close(a);
        return status;
    }
    *out = (kith_engine){.self = a,
                         .round = population_round,
                         .prepare = kith_arena_prepare,
                         .model = population_model,
                         .truths = {.known = ALL_KINDS, .holds = UINT32_C(1) << a->kind->truth},
                         .length = population_length,
                         .leave = kith_arena_leave,
                         .steps = population_steps,
                         .measure = kith_arena_measure,
                         .close = population_close,
                         .parts = kith_arena_parts,
                         .grows = a->grows,
                         .save = kith_arena_save,
                         .load = kith_arena_load};
    return KITH_OK;
}

static void set_kind(kith_truths *out, kith_truth kind)
{
    for (kith_truth k = KITH_IS_MATRIX; k <= KITH_IS_NETWORKS; k++)
        kith_truths_set(out, k, k == kind);
}

/* Of a game with an exact model that is played by tables where they fit, only the game itself can tell. */
static void population_facts(const kith_plugin *algorithm, const kith_plugin *game, const void *own, kith_truths *out)
{
    (void)algorithm;
    const kith_game *ops = game ? game->ops : NULL;
    const kith_population_settings *settings = own;
    if (!ops) return;
    kith_truths_set(out, KITH_IS_MATRIX, ops->payoff != NULL);
    if (ops->payoff) {
        set_kind(out, KITH_IS_MATRIX);
    } else if (settings && settings->population.policies != KITH_POLICIES_AUTO) {
        set_kind(out, settings->population.policies == KITH_POLICIES_TABLES ? KITH_IS_STATES : KITH_IS_NETWORKS);
    } else if (!ops->start) {
        set_kind(out, KITH_IS_NETWORKS);
    }
}

static const kith_role_section sections[] = {
    {{"population", kith_population_params, &kith_population_param_count, "@plays"},
     offsetof(kith_population_settings, population)},
    {{"mappo", kith_learner_params, &kith_learner_param_count, "@networks"},
     offsetof(kith_population_settings, mappo)}};

const kith_engine_type kith_population_engine = {.role = KITH_ROLE_POPULATION,
                                                 .plays = true,
                                                 .sections = sections,
                                                 .section_count = sizeof sections / sizeof sections[0],
                                                 .settings_size = sizeof(kith_population_settings),
                                                 .facts = population_facts,
                                                 .open = population_open};
