/* Tables of matrix games: policies are summed up in digests, so that payoffs are exact and mixtures cheap. */
#include "engine/population/kind.h"
#include "base/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

typedef struct matrix {
    kith_heap heap;
    kith_payoffs *payoffs;
    double *digest, *reply;       /* (capacity, F) of each policy */
    double *mix, *faced, *answer; /* [F] scratch */
    double *value;                /* [J] of joint actions */
    double *gain;                 /* [N] scratch */
} matrix;

/* ---- opening ---- */

static uint64_t digest_of(const kith_payoffs *p)
{
    const uint64_t shape[] = {p->players, p->actions, p->factors, p->rows};
    uint64_t digest = XXH3_64bits(shape, sizeof shape);
    digest = XXH3_64bits_withSeed(p->kernel, p->factors * p->factors * sizeof *p->kernel, digest);
    return p->factor ? XXH3_64bits_withSeed(p->factor, p->rows * p->factors * sizeof *p->factor, digest) : digest;
}

static const kith_table_ops table_ops;

static kith_status matrix_open(kith_ctx *ctx, kith_arena *a, const kith_game_shape *shape)
{
    const kith_instance *game = a->setup.game;
    matrix *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "engine", 1, &m));
    a->own = m;
    KITH_TRY(kith_payoffs_open(ctx, game->plugin->id, game->plugin->ops, game->self, shape, &m->payoffs));
    a->count.game = digest_of(m->payoffs);
    const size_t f = m->payoffs->factors;
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "policies' digests", a->capacity * f, &m->digest));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "policies' digests", a->capacity * f, &m->reply));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "digests", 3 * f, &m->mix));
    m->faced = m->mix + f;
    m->answer = m->faced + f;
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "values", m->payoffs->rows, &m->value));
    KITH_TRY(KITH_TAKE(ctx, &m->heap, "values", shape->players, &m->gain));
    return kith_tables_open(
        ctx, a, &table_ops,
        (kith_policy_shape){.rows = shape->players, .players = shape->players, .actions = shape->actions});
}

static void matrix_close(kith_arena *a)
{
    matrix *m = a->own;
    kith_tables_close(a);
    if (!m) return;
    kith_heap_free(&m->heap);
    kith_payoffs_close(m->payoffs);
    kith_free(m);
}

/* ---- payoffs ---- */

static void matrix_admit(kith_arena *a, size_t k)
{
    matrix *m = a->own;
    const size_t f = m->payoffs->factors;
    kith_payoffs_digest(m->payoffs, kith_tables_policy(a, k), m->digest + k * f);
    kith_payoffs_reply(m->payoffs, m->digest + k * f, m->reply + k * f);
}

static kith_status matrix_payoff(kith_ctx *ctx, kith_arena *a, size_t first, size_t second, double *out)
{
    const matrix *m = a->own;
    const size_t f = m->payoffs->factors;
    (void)ctx;
    *out = kith_payoffs_between(m->payoffs, m->digest + first * f, m->reply + second * f);
    return KITH_OK;
}

/* What digest wins of reply, by sign; what rounding could have made of 0 is 0. */
static int sign_of(const kith_payoffs *p, const double *digest, const double *reply)
{
    static const double share = 1e-9;
    double size = 0.0;
    for (size_t f = 0; f < p->factors; f++)
        size += fabs(digest[f] * reply[f]);
    const double u = kith_payoffs_between(p, digest, reply);
    return u > share * size ? 1 : u < -share * size ? -1 : 0;
}

/* 1, 1/2 or 0 by the sign of the exact payoff. */
static kith_status matrix_rate(kith_ctx *ctx, kith_arena *a, size_t learner, size_t population, double *win)
{
    matrix *m = a->own;
    const size_t f = m->payoffs->factors;
    (void)ctx;
    kith_payoffs_digest(m->payoffs, kith_tables_live(a, learner), m->faced);
    for (size_t j = 0; j < a->plan.size[population]; j++)
        win[j] = 0.5 + 0.5 * sign_of(m->payoffs, m->faced, m->reply + a->member[population][j] * f);
    return KITH_OK;
}

/* ---- steps ---- */

static void matrix_begin(kith_arena *a)
{
    matrix *m = a->own;
    const size_t f = m->payoffs->factors;
    memset(m->mix, 0, f * sizeof *m->mix);
    for (size_t k = 0; k < a->facing->count; k++) {
        const double *digest = m->digest + a->facing->policy[k] * f;
        for (size_t i = 0; i < f; i++)
            m->mix[i] += a->facing->weight[k] * digest[i];
    }
}

static void matrix_face(kith_arena *a, const double *policy)
{
    matrix *m = a->own;
    const size_t f = m->payoffs->factors;
    (void)policy;
    memcpy(m->faced, m->mix, f * sizeof *m->mix);
    for (size_t l = 0; l < a->facing->lives; l++) {
        kith_payoffs_digest(m->payoffs, kith_tables_live(a, a->facing->live[l]), m->answer);
        for (size_t i = 0; i < f; i++)
            m->faced[i] += a->facing->share[l] * m->answer[i];
    }
    kith_payoffs_reply(m->payoffs, m->faced, m->answer);
    kith_payoffs_values(m->payoffs, m->answer, m->value);
}

static void matrix_actions(kith_arena *a, const double *policy, double *q)
{
    const matrix *m = a->own;
    kith_payoffs_actions(m->payoffs, policy, m->value, q);
}

static void matrix_answer(kith_arena *a, const double *policy, double *response)
{
    const matrix *m = a->own;
    kith_oracle_answer(m->payoffs, (kith_oracle)a->config->oracle, policy, m->value, a->tables->q, response);
}

static const kith_table_ops table_ops = {
    .begin = matrix_begin, .face = matrix_face, .actions = matrix_actions, .answer = matrix_answer};

/* ---- exploitability ---- */

/* What the best joint action wins of the mixture whose digest is mix; value is left for that mixture. */
static double team_gap(matrix *m)
{
    kith_payoffs_reply(m->payoffs, m->mix, m->answer);
    kith_payoffs_values(m->payoffs, m->answer, m->value);
    return m->value[kith_payoffs_best(m->payoffs, m->value)];
}

/* Adds to gain [N] what each player would win by its best action against the values while its teammates play the
 * policy. */
static void add_gains(kith_arena *a, const double *policy, double weight)
{
    matrix *m = a->own;
    double *all = a->tables->q;
    kith_payoffs_actions(m->payoffs, policy, m->value, all);
    for (size_t i = 0; i < m->payoffs->players; i++) {
        const double *q = all + i * m->payoffs->actions;
        double best = q[0];
        for (size_t k = 1; k < m->payoffs->actions; k++)
            if (q[k] > best) best = q[k];
        m->gain[i] += weight * best;
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
    matrix *m = a->own;
    const size_t f = m->payoffs->factors, n = m->payoffs->players;
    memset(m->mix, 0, f * sizeof *m->mix);
    for (size_t k = 0; k < a->count.policies; k++)
        for (size_t i = 0; a->weight[k] != 0.0 && i < f; i++)
            m->mix[i] += a->weight[k] * m->digest[k * f + i];
    *team = team_gap(m);
    memset(m->gain, 0, n * sizeof *m->gain);
    for (size_t k = 0; k < a->count.policies; k++)
        if (a->weight[k] != 0.0) add_gains(a, kith_tables_policy(a, k), a->weight[k]);
    *individual = greatest(m->gain, n);
}

static void policy_gaps(kith_arena *a, const double *policy, double *team, double *individual)
{
    matrix *m = a->own;
    kith_payoffs_digest(m->payoffs, policy, m->mix);
    *team = team_gap(m);
    memset(m->gain, 0, m->payoffs->players * sizeof *m->gain);
    add_gains(a, policy, 1.0);
    *individual = greatest(m->gain, m->payoffs->players);
}

static kith_status matrix_measure(kith_arena *a, kith_measure measure, void *arg)
{
    char name[96];
    double team = 0.0, individual = 0.0;
    mixture_gaps(a, &team, &individual);
    KITH_TRY(measure(arg, KITH_METRIC_exploitability, team));
    KITH_TRY(measure(arg, KITH_METRIC_exploitability_individual, individual));
    for (size_t l = 0; l < a->ops->learner_count; l++) {
        policy_gaps(a, kith_tables_live(a, l), &team, &individual);
        snprintf(name, sizeof name, "%s%s", KITH_METRIC_exploitability_, a->ops->learners[l]);
        KITH_TRY(measure(arg, name, team));
        snprintf(name, sizeof name, "%s%s", KITH_METRIC_exploitability_individual_, a->ops->learners[l]);
        KITH_TRY(measure(arg, name, individual));
    }
    return KITH_OK;
}

const kith_policy_kind kith_matrix_kind = {.name = "tables",
                                           .truth = KITH_IS_MATRIX,
                                           .open = matrix_open,
                                           .close = matrix_close,
                                           .live = kith_tables_live,
                                           .set_out = kith_tables_set_out,
                                           .train = kith_tables_train,
                                           .admit = matrix_admit,
                                           .payoff = matrix_payoff,
                                           .rate = matrix_rate,
                                           .measure = matrix_measure};
