#include "engine/population.h"

#include <kith/random.h>

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- policies ---- */

static void sum_up(kith_arena *a, size_t k)
{
    const size_t f = a->payoffs->factors;
    kith_payoffs_digest(a->payoffs, a->policy + k * a->entries, a->digest + k * f);
    kith_payoffs_reply(a->payoffs, a->digest + k * f, a->reply + k * f);
}

static void enrol(kith_arena *a, size_t k)
{
    for (size_t p = 0; p < a->ops->population_count; p++)
        if (a->joined[k] >> p & 1u) a->member[p][a->size[p]++] = (uint32_t)k;
}

void kith_arena_freeze(kith_arena *a, const double *policy, uint32_t populations)
{
    const size_t k = (size_t)a->count.policies++;
    memcpy(a->policy + k * a->entries, policy, a->entries * sizeof *policy);
    a->joined[k] = populations;
    sum_up(a, k);
    enrol(a, k);
}

void kith_arena_recall(kith_arena *a)
{
    memset(a->size, 0, sizeof a->size);
    for (size_t k = 0; k < a->count.policies; k++) {
        sum_up(a, k);
        enrol(a, k);
    }
}

/* One way round only, so that both ways agree to the last bit. */
double kith_arena_payoff(const kith_arena *a, size_t first, size_t second)
{
    const size_t f = a->payoffs->factors;
    if (first == second) return 0.0;
    if (first > second) return -kith_arena_payoff(a, second, first);
    return kith_payoffs_between(a->payoffs, a->digest + first * f, a->reply + second * f);
}

/* ---- what a plan may ask ---- */

double kith_plan_payoff(const kith_plan *plan, size_t a, size_t b)
{
    return a < plan->policies && b < plan->policies ? kith_arena_payoff(plan->host, a, b) : 0.0;
}

static kith_status make_room(kith_ctx *ctx, kith_arena *a, size_t entries)
{
    double *matrix = NULL;
    if (entries <= a->matrix_size) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "meta-game", 2 * entries, &matrix));
    kith_free(a->matrix);
    a->matrix = matrix;
    a->matrix_size = 2 * entries;
    return KITH_OK;
}

kith_status kith_plan_solve(kith_plan *plan, kith_solver solver, size_t rows, size_t columns, const double **weight)
{
    kith_arena *a = plan->host;
    const char *id = a->about.algorithm->plugin->id;
    if (rows >= a->ops->population_count || columns >= a->ops->population_count)
        return kith_fail(plan->ctx, KITH_EPLUGIN, "%s: a meta-game is asked for of a population that is not declared",
                         id);
    if (a->solutions == KITH_MOST_SOLUTIONS)
        return kith_fail(plan->ctx, KITH_EPLUGIN, "%s: a plan may ask for %d solutions of meta-games, not more", id,
                         KITH_MOST_SOLUTIONS);
    const size_t r = a->size[rows], c = a->size[columns];
    KITH_TRY(make_room(plan->ctx, a, r * c));
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < c; j++)
            a->matrix[i * c + j] = kith_arena_payoff(a, a->member[rows][i], a->member[columns][j]);
    if (solver == KITH_SOLVE_NASH) solver = a->config->nash == 0 ? KITH_SOLVE_LP : KITH_SOLVE_FICTITIOUS;
    double *out = a->solution + a->solutions * a->capacity;
    KITH_TRY(kith_meta_solve(plan->ctx, solver, a->matrix, r, c, out));
    a->solutions++;
    *weight = out;
    return KITH_OK;
}

void kith_arena_begin_plan(kith_ctx *ctx, kith_arena *a)
{
    a->solutions = 0;
    a->plan = (kith_plan){.ctx = ctx,
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

static kith_status make_round(kith_ctx *ctx, kith_arena *a)
{
    kith_arena_begin_plan(ctx, a);
    KITH_TRY(a->ops->step(a->self, &a->plan));
    KITH_TRY(kith_arena_check_plan(ctx, a));
    for (size_t k = 0; k < a->plan.jobs; k++)
        KITH_TRY(kith_arena_make(ctx, a, k));
    a->count.reports = a->plan.jobs;
    a->count.round++;
    return KITH_OK;
}

static kith_status population_round(kith_ctx *ctx, void *self)
{
    kith_arena *a = self;
    return kith_exchange_agree(a->about.exchange, make_round(ctx, a), NULL);
}

static double population_time(const void *self)
{
    return (double)((const kith_arena *)self)->count.steps;
}

/* ---- what stands for the run ---- */

static size_t population_length(const void *self)
{
    const kith_arena *a = self;
    return (size_t)a->count.policies * a->entries;
}

static const kith_real *population_model(const void *self)
{
    const kith_arena *a = self;
    for (size_t k = 0; k < population_length(a); k++)
        a->written[k] = (kith_real)a->policy[k];
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

/* Policy 0: uniform, or weights drawn uniformly from [0, 1) and normalised. */
static void begin(kith_arena *a)
{
    const size_t actions = a->payoffs->actions;
    kith_stream stream = kith_stream_at(kith_run_seed(a->about.run, a->about.run->seed_init), KITH_FOR_INIT, 0, 0);
    for (size_t i = 0; i < a->payoffs->players; i++) {
        double *row = a->live + i * actions, sum = 0.0;
        for (size_t k = 0; k < actions; k++) {
            row[k] = a->config->start ? 1.0 - kith_draw_uniform(&stream) : 1.0;
            sum += row[k];
        }
        for (size_t k = 0; k < actions; k++)
            row[k] /= sum;
    }
    for (size_t l = 1; l < a->ops->learner_count; l++)
        memcpy(a->live + l * a->entries, a->live, a->entries * sizeof *a->live);
    kith_arena_freeze(a, a->live, a->ops->initial);
}

static kith_status allocate_scratch(kith_ctx *ctx, kith_arena *a)
{
    const size_t f = a->payoffs->factors;
    KITH_TRY(KITH_ALLOC(ctx, "meta-weights", a->capacity, &a->weight));
    KITH_TRY(KITH_ALLOC(ctx, "meta-weights", a->capacity, &a->picked));
    KITH_TRY(KITH_ALLOC(ctx, "meta-weights", KITH_MOST_SOLUTIONS * a->capacity, &a->solution));
    KITH_TRY(KITH_ALLOC(ctx, "digests", 3 * f, &a->mix));
    a->faced = a->mix + f;
    a->answer = a->faced + f;
    KITH_TRY(KITH_ALLOC(ctx, "values", a->payoffs->rows, &a->value));
    KITH_TRY(KITH_ALLOC(ctx, "action values", 2 * a->entries, &a->q));
    a->response = a->q + a->entries;
    return KITH_ALLOC(ctx, "policies", a->capacity * a->entries, &a->written);
}

static kith_status allocate(kith_ctx *ctx, kith_arena *a)
{
    const size_t f = a->payoffs->factors, learners = a->ops->learner_count, planes = a->ops->memory;
    a->entries = a->payoffs->players * a->payoffs->actions;
    if (a->ops->frozen && (uint64_t)a->about.run->rounds >= UINT32_MAX / a->ops->frozen)
        return kith_config_refuse(ctx, a->about.config, "run", "rounds",
                                  "so many policies cannot be numbered; use fewer rounds");
    a->capacity = 1 + (size_t)a->about.run->rounds * a->ops->frozen;
    KITH_TRY(KITH_ALLOC(ctx, "policies", a->capacity * a->entries, &a->policy));
    KITH_TRY(KITH_ALLOC(ctx, "policies' digests", a->capacity * f, &a->digest));
    KITH_TRY(KITH_ALLOC(ctx, "policies' digests", a->capacity * f, &a->reply));
    KITH_TRY(KITH_ALLOC(ctx, "populations", a->capacity, &a->joined));
    for (size_t p = 0; p < a->ops->population_count; p++)
        KITH_TRY(KITH_ALLOC(ctx, "populations", a->capacity, &a->member[p]));
    KITH_TRY(KITH_ALLOC(ctx, "learners", learners * a->entries, &a->live));
    if (planes) KITH_TRY(KITH_ALLOC(ctx, "learners' memory", learners * planes * a->entries, &a->memory));
    if (planes) KITH_TRY(KITH_ALLOC(ctx, "learners' memory", planes, &a->plane));
    if (a->ops->state_size) KITH_TRY(kith_alloc(ctx, "the algorithm's state", a->ops->state_size, 1, &a->state));
    return allocate_scratch(ctx, a);
}

static uint64_t digest_of(const kith_payoffs *p)
{
    const uint64_t shape[] = {p->players, p->actions, p->factors, p->rows};
    uint64_t digest = XXH3_64bits(shape, sizeof shape);
    digest = XXH3_64bits_withSeed(p->kernel, p->factors * p->factors * sizeof *p->kernel, digest);
    return p->factor ? XXH3_64bits_withSeed(p->factor, p->rows * p->factors * sizeof *p->factor, digest) : digest;
}

static kith_status open_game(kith_ctx *ctx, kith_arena *a)
{
    const kith_instance *game = a->about.game;
    const kith_game *ops = game->plugin->ops;
    kith_game_shape shape = {.form = 0};
    KITH_TRY(ops->describe(game->self, ctx, &shape));
    if (shape.form != KITH_GAME_MATRIX)
        return kith_config_refuse(
            ctx, a->about.config, "run", "game",
            "policies here are tables, which play matrix games only; `kith info` lists the games");
    KITH_TRY(kith_payoffs_open(ctx, game->plugin->id, ops, game->self, &shape, &a->payoffs));
    a->count.game = digest_of(a->payoffs);
    return KITH_OK;
}

static kith_status open_local(kith_ctx *ctx, kith_arena *a)
{
    const kith_population_config *c = a->config;
    a->pace = (kith_pace){.lr = c->lr,
                          .turn_lr = c->turn_lr,
                          .tolerance = c->tolerance,
                          .patience = (double)c->patience,
                          .share = c->patience_share};
    KITH_TRY(check_table(ctx, a->ops, a->about.algorithm->plugin->id));
    KITH_TRY(open_game(ctx, a));
    KITH_TRY(allocate(ctx, a));
    begin(a);
    kith_arena_list_parts(a);
    return KITH_OK;
}

static void population_close(void *self)
{
    kith_arena *a = self;
    if (!a) return;
    void *const lists[] = {a->written, a->q,      a->value,  a->mix,           a->solution, a->picked,
                           a->weight,  a->matrix, a->state,  (void *)a->plane, a->memory,   a->live,
                           a->joined,  a->reply,  a->digest, a->policy};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        kith_free(lists[i]);
    for (size_t p = 0; p < KITH_MOST_POPULATIONS; p++)
        kith_free(a->member[p]);
    kith_payoffs_close(a->payoffs);
    kith_free(a);
}

static kith_status population_open(kith_ctx *ctx, const kith_engine_about *about, kith_engine *out)
{
    kith_arena *a = NULL;
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &a);
    if (status == KITH_OK) {
        *a = (kith_arena){.about = *about,
                          .config = about->population,
                          .ops = about->algorithm->plugin->ops,
                          .self = about->algorithm->self};
        status = open_local(ctx, a);
    }
    status = kith_exchange_agree(about->exchange, status, NULL);
    if (status != KITH_OK) {
        population_close(a);
        return status;
    }
    *out = (kith_engine){.self = a,
                         .round = population_round,
                         .prepare = kith_arena_prepare,
                         .model = population_model,
                         .length = population_length,
                         .virtual_time = population_time,
                         .measure = kith_arena_measure,
                         .close = population_close,
                         .parts = kith_arena_parts,
                         .save = kith_arena_save,
                         .load = kith_arena_load};
    return KITH_OK;
}

const kith_engine_type kith_population_engine = {.role = KITH_ROLE_POPULATION, .plays = true, .open = population_open};
