/* Tables of games with states whose transitions are known: payoffs and action values by exact evaluation. */
#include "engine/population/kind.h"
#include "base/metrics.h"
#include "base/call.h"
#include "rl/markov.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

typedef struct markov {
    kith_heap heap;
    kith_markov *model;
    size_t states, players, actions, joint; /* S, N, A, J */
    double accuracy;
    double *payoff;        /* (capacity, capacity) above the diagonal; NaN: not asked for yet */
    const double **policy; /* [opponents] of the mixture that is faced */
    double *weight;        /* [opponents] */
    double **value;        /* [opponents] (S) */
    double *values;        /* what value points to */
    size_t fixed;          /* the first so many are frozen */
    size_t opponents;
    double *joint_value; /* (S, J) */
    double *single;      /* [S] scratch */
} markov;

/* ---- opening ---- */

static uint64_t digest_of(const kith_game_shape *shape, const double *start, size_t states)
{
    const uint64_t numbers[] = {shape->players, shape->actions, shape->states, shape->transitions};
    const uint64_t digest =
        XXH3_64bits_withSeed(numbers, sizeof numbers, XXH3_64bits(&shape->discount, sizeof(double)));
    return XXH3_64bits_withSeed(start, states * sizeof *start, digest);
}

static kith_status allocate(kith_ctx *ctx, kith_arena *a, markov *m)
{
    const size_t most = KITH_MOST_COMPONENTS * (a->capacity + 1);
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "payoffs", a->capacity * a->capacity, &m->payoff));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "opponents", most, &m->policy));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "opponents", most, &m->weight));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "opponents", most, &m->value));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "values of states", most * m->states, &m->values));
    for (size_t k = 0; k < most; k++)
        m->value[k] = m->values + k * m->states;
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "values of states", m->states, &m->single));
    for (size_t k = 0; k < a->capacity * a->capacity; k++)
        m->payoff[k] = NAN;
    a->grows |= UINT64_C(1) << a->parts;
    kith_arena_add_part(a, (kith_part){"payoffs", a->capacity, a->capacity, sizeof(double)}, m->payoff);
    return KITH_TAKE(ctx, &m->heap, "values of states", m->states * m->joint, &m->joint_value);
}

static const kith_table_ops table_ops;

static kith_status markov_open(kith_ctx *ctx, kith_arena *a, const kith_game_shape *shape)
{
    const kith_instance *game = a->setup.game;
    markov *m = NULL;
    if (shape->states == 0)
        return kith_config_refuse(ctx, a->setup.config, "population", "policies",
                                  "%s has no exact model; set it to networks", game->plugin->id);
    KITH_TRY(KITH_ALLOC(ctx, "engine", 1, &m));
    a->own = m;
    const size_t most = (size_t)a->config->exact_mb * 1000000;
    KITH_TRY(kith_markov_open(ctx, game->plugin->id, game->plugin->ops, game->self, shape, most, &m->model));
    m->states = shape->states;
    m->players = shape->players;
    m->actions = shape->actions;
    m->joint = 1;
    for (size_t i = 0; i < m->players; i++)
        m->joint *= m->actions;
    m->accuracy = a->config->accuracy;
    KITH_TRY(allocate(ctx, a, m));
    KITH_TRY_VOID(ctx, game->plugin->id, "start", KITH_NOBODY,
                  ((const kith_game *)game->plugin->ops)->start(game->self, m->single));
    a->count.game = digest_of(shape, m->single, m->states);
    return kith_tables_open(
        ctx, a, &table_ops,
        (kith_policy_shape){.rows = kith_markov_rows(m->model), .players = m->players, .actions = m->actions});
}

static void markov_close(kith_arena *a)
{
    markov *m = a->own;
    kith_tables_close(a);
    if (!m) return;
    kith_heap_free(&m->heap);
    kith_markov_close(m->model);
    kith_free(m);
}

/* ---- payoffs ---- */

/* From the same guess each time, so that the bits do not depend on what was asked for before. */
static double worth(markov *m, const double *own, const double *other)
{
    memset(m->single, 0, m->states * sizeof *m->single);
    kith_markov_evaluate(m->model, own, other, m->accuracy, m->single);
    return kith_markov_start(m->model, m->single);
}

static kith_status markov_payoff(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out)
{
    markov *m = a->own;
    double *known = &m->payoff[first * a->capacity + second];
    (void)ctx;
    if (isnan(*known)) *known = worth(m, kith_tables_policy(a, first), kith_tables_policy(a, second));
    *out = *known;
    return KITH_OK;
}

/* 1, 1/2 or 0 by the sign of the payoff; what the accuracy does not tell from 0 is 0. */
static kith_status markov_rate(kith_ctx *ctx, kith_arena *a, size_t learner, size_t population, double *win)
{
    markov *m = a->own;
    (void)ctx;
    for (size_t j = 0; j < a->plan.size[population]; j++) {
        const double u = worth(m, kith_tables_live(a, learner), kith_tables_policy(a, a->member[population][j]));
        win[j] = u > 2.0 * m->accuracy ? 1.0 : u < -2.0 * m->accuracy ? 0.0 : 0.5;
    }
    return KITH_OK;
}

/* ---- steps ---- */

static void add_opponent(markov *m, const double *policy, double weight)
{
    if (weight == 0.0) return;
    m->policy[m->opponents] = policy;
    m->weight[m->opponents] = weight;
    memset(m->value[m->opponents++], 0, m->states * sizeof *m->values);
}

static void markov_begin(kith_arena *a)
{
    markov *m = a->own;
    const kith_facing *facing = a->facing;
    m->opponents = 0;
    for (size_t k = 0; k < facing->count; k++)
        add_opponent(m, kith_tables_policy(a, facing->policy[k]), facing->weight[k]);
    for (size_t l = 0; l < facing->lives; l++)
        add_opponent(m, kith_tables_live(a, facing->live[l]), facing->share[l]);
}

static kith_markov_mixture mixture_of(const markov *m)
{
    return (kith_markov_mixture){.count = m->opponents, .policy = m->policy, .weight = m->weight, .value = m->value};
}

static void markov_face(kith_arena *a, const double *policy)
{
    markov *m = a->own;
    const kith_markov_mixture mixture = mixture_of(m);
    kith_markov_values(m->model, policy, &mixture, m->accuracy, m->joint_value);
}

static void markov_actions(kith_arena *a, const double *policy, double *q)
{
    const markov *m = a->own;
    kith_markov_actions(m->model, policy, m->joint_value, q);
}

static size_t best_of(const double *value, size_t count)
{
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (value[k] > value[best]) best = k;
    return best;
}

static void choose(const markov *m, double *response, size_t row, size_t action)
{
    memset(response + row * m->actions, 0, m->actions * sizeof *response);
    response[row * m->actions + action] = 1.0;
}

static void answer_jointly(const markov *m, double *response)
{
    for (size_t s = 0; s < m->states; s++) {
        size_t left = best_of(m->joint_value + s * m->joint, m->joint);
        for (size_t i = m->players; i-- > 0; left /= m->actions)
            choose(m, response, s * m->players + i, left % m->actions);
    }
}

/* In every state; players in turn know the answers of those before them. */
static void markov_answer(kith_arena *a, const double *policy, double *response)
{
    const markov *m = a->own;
    double *q = a->tables->q;
    const size_t turns = a->config->oracle == KITH_ORACLE_SEQUENTIAL ? m->players : 1;
    if (a->config->oracle == KITH_ORACLE_JOINT) {
        answer_jointly(m, response);
        return;
    }
    memcpy(response, policy, a->entries * sizeof *response);
    for (size_t turn = 0; turn < turns; turn++) {
        kith_markov_actions(m->model, response, m->joint_value, q);
        for (size_t row = turn; row < m->states * m->players; row += turns)
            choose(m, response, row, best_of(q + row * m->actions, m->actions));
    }
}

static const kith_table_ops table_ops = {
    .visits = true, .begin = markov_begin, .face = markov_face, .actions = markov_actions, .answer = markov_answer};

/* ---- exploitability ---- */

static kith_status markov_measure(kith_arena *a, kith_measure measure, void *arg)
{
    markov *m = a->own;
    char name[96];
    double lower = 0.0, upper = 0.0;
    m->opponents = 0;
    for (size_t k = 0; k < a->count.policies; k++)
        add_opponent(m, kith_tables_policy(a, k), a->weight[k]);
    const kith_markov_mixture mixture = mixture_of(m);
    KITH_TRY(kith_markov_bracket(a->plan.ctx, m->model, &mixture, m->accuracy, &lower, &upper));
    KITH_TRY(measure(arg, KITH_METRIC_exploitability, lower));
    KITH_TRY(measure(arg, KITH_METRIC_exploitability_upper, upper));
    for (size_t l = 0; l < a->ops->learner_count; l++) {
        memset(m->single, 0, m->states * sizeof *m->single);
        kith_markov_respond(m->model, kith_tables_live(a, l), m->accuracy, m->single, NULL);
        snprintf(name, sizeof name, "%s%s", KITH_METRIC_exploitability_, a->ops->learners[l]);
        KITH_TRY(measure(arg, name, kith_markov_start(m->model, m->single)));
    }
    return KITH_OK;
}

const kith_policy_kind kith_markov_kind = {.name = "tables",
                                           .truth = KITH_IS_STATES,
                                           .open = markov_open,
                                           .close = markov_close,
                                           .live = kith_tables_live,
                                           .set_out = kith_tables_set_out,
                                           .train = kith_tables_train,
                                           .payoff = markov_payoff,
                                           .rate = markov_rate,
                                           .measure = markov_measure};
