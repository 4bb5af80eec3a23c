/* What entrants win of each other: exactly where policies are tables, by episodes where there are states. */
#include "engine/contest/inside.h"
#include "rl/interval.h"

#include <math.h>
#include <string.h>

/* ---- preparing ---- */

static size_t most_policies(const kith_contest *c)
{
    size_t most = 0;
    for (size_t i = 0; i < c->entrants; i++)
        if (c->entrant[i].count > most) most = c->entrant[i].count;
    return most;
}

static kith_status prepare_matrix(kith_ctx *ctx, kith_contest *c)
{
    KITH_TRY(kith_payoffs_open(ctx, c->game.plugin->id, c->game.plugin->ops, c->game.self, &c->shape, &c->payoffs));
    const size_t f = c->payoffs->factors, j = c->payoffs->rows;
    return KITH_TAKE(ctx, &c->heap, "values", 4 * f + 3 * j + 2 * c->entries, &c->scratch);
}

static kith_status prepare_states(kith_ctx *ctx, kith_contest *c)
{
    const size_t most = most_policies(c);
    c->match_setup = (kith_match_setup){.id = c->game.plugin->id,
                                        .game = c->game.plugin->ops,
                                        .self = c->game.self,
                                        .shape = &c->shape,
                                        .tables = c->kind == KITH_FORM_STATES};
    for (size_t side = 0; side < 2; side++)
        KITH_TRY(KITH_TAKE(ctx, &c->heap, "policies", most, &c->playing[side]));
    if (c->kind == KITH_FORM_NETWORKS) return KITH_OK;
    const size_t bytes = (size_t)c->source[0].own->population.exact_mb * 1000000;
    KITH_TRY(
        kith_markov_open(ctx, c->game.plugin->id, c->game.plugin->ops, c->game.self, &c->shape, bytes, &c->markov));
    return KITH_TAKE(ctx, &c->heap, "values of states", most * c->shape.states, &c->scratch);
}

kith_status kith_contest_prepare(kith_ctx *ctx, kith_contest *c)
{
    return c->kind == KITH_FORM_MATRIX ? prepare_matrix(ctx, c) : prepare_states(ctx, c);
}

/* ---- matrix games ---- */

/* The mixture's digest [F], and its distribution over rows of actions [J]. one [F] is scratch. */
static void sum_up(const kith_contest *c, const kith_entrant *e, double *digest, double *rows, double *one)
{
    kith_payoffs *p = c->payoffs;
    memset(digest, 0, p->factors * sizeof *digest);
    memset(rows, 0, p->rows * sizeof *rows);
    for (size_t k = 0; k < e->count; k++) {
        kith_payoffs_digest(p, kith_entrant_table(c, e, k), one);
        for (size_t f = 0; f < p->factors; f++)
            digest[f] += e->weight[k] * one[f];
        for (size_t j = 0; j < p->rows; j++)
            rows[j] += e->weight[k] * p->spread[j];
    }
}

/* Probabilities of every outcome. */
static void count_outcomes(const kith_payoffs *p, const double *own, const double *other, kith_pairing *out)
{
    for (size_t i = 0; i < p->rows; i++)
        for (size_t j = 0; own[i] > 0.0 && j < p->rows; j++) {
            if (other[j] <= 0.0) continue;
            const double u = p->game->payoff(p->self, p->action + i * p->players, p->action + j * p->players);
            double *outcome = u > 0.0 ? &out->won : u < 0.0 ? &out->lost : &out->drawn;
            *outcome += own[i] * other[j];
        }
}

static void play_matrix(kith_contest *c, const kith_entrant *row, const kith_entrant *column, kith_pairing *out)
{
    kith_payoffs *p = c->payoffs;
    double *own = c->scratch, *other = own + p->factors, *reply = other + p->factors, *one = reply + p->factors;
    double *own_rows = one + p->factors, *other_rows = own_rows + p->rows;
    sum_up(c, row, own, own_rows, one);
    sum_up(c, column, other, other_rows, one);
    kith_payoffs_reply(p, other, reply);
    *out = (kith_pairing){.payoff = kith_payoffs_between(p, own, reply), .low = NAN, .high = NAN};
    count_outcomes(p, own_rows, other_rows, out);
}

/* gain [N] by each player's best action while its teammates play the policy, each policy with its weight. */
static double individual_gap(kith_contest *c, const kith_entrant *e, const double *value, double *q, double *gain)
{
    const size_t players = c->shape.players, actions = c->shape.actions;
    double most = -INFINITY;
    memset(gain, 0, players * sizeof *gain);
    for (size_t k = 0; k < e->count; k++) {
        kith_payoffs_actions(c->payoffs, kith_entrant_table(c, e, k), value, q);
        for (size_t i = 0; i < players; i++) {
            double best = q[i * actions];
            for (size_t a = 1; a < actions; a++)
                best = fmax(best, q[i * actions + a]);
            gain[i] += e->weight[k] * best;
        }
    }
    for (size_t i = 0; i < players; i++)
        most = fmax(most, gain[i]);
    return most;
}

static void expose_matrix(kith_contest *c, const kith_entrant *e, kith_exposure *out)
{
    kith_payoffs *p = c->payoffs;
    double *digest = c->scratch, *reply = digest + p->factors, *one = reply + p->factors;
    double *rows = one + 2 * p->factors, *value = rows + p->rows, *q = value + 2 * p->rows;
    sum_up(c, e, digest, rows, one);
    kith_payoffs_reply(p, digest, reply);
    kith_payoffs_values(p, reply, value);
    out->lower = out->upper = value[kith_payoffs_best(p, value)];
    out->individual = individual_gap(c, e, value, q, q + c->entries);
}

/* ---- games with states ---- */

static double accuracy_of(const kith_contest *c)
{
    return c->source[0].own->population.accuracy;
}

/* Every pair of policies from the same guess, so that the bits do not depend on what was asked for before. */
static double value_of(kith_contest *c, const kith_entrant *row, const kith_entrant *column)
{
    double sum = 0.0, *value = c->scratch;
    for (size_t i = 0; i < row->count; i++)
        for (size_t j = 0; j < column->count; j++) {
            memset(value, 0, c->shape.states * sizeof *value);
            kith_markov_evaluate(c->markov, kith_entrant_table(c, row, i), kith_entrant_table(c, column, j),
                                 accuracy_of(c), value);
            sum += row->weight[i] * column->weight[j] * kith_markov_start(c->markov, value);
        }
    return sum;
}

static kith_status expose_states(kith_ctx *ctx, kith_contest *c, const kith_entrant *e, kith_exposure *out)
{
    const double **policy = NULL;
    double **value = NULL;
    kith_status status = KITH_ALLOC(ctx, "opponents", e->count, &policy);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "opponents", e->count, &value);
    if (status == KITH_OK) {
        memset(c->scratch, 0, e->count * c->shape.states * sizeof *c->scratch);
        for (size_t k = 0; k < e->count; k++) {
            policy[k] = kith_entrant_table(c, e, k);
            value[k] = c->scratch + k * c->shape.states;
        }
        const kith_markov_mixture mixture = {.count = e->count, .policy = policy, .weight = e->weight, .value = value};
        out->individual = NAN;
        status = kith_markov_bracket(ctx, c->markov, &mixture, accuracy_of(c), &out->lower, &out->upper);
    }
    kith_free((void *)policy);
    kith_free((void *)value);
    return status;
}

kith_opponents kith_entrant_side(kith_contest *c, const kith_entrant *e, size_t side)
{
    for (size_t k = 0; k < e->count; k++)
        c->playing[side][k] = kith_entrant_policy(c, e, k);
    return (kith_opponents){.count = e->count, .policy = c->playing[side], .weight = e->weight};
}

kith_status kith_contest_match(kith_ctx *ctx, kith_contest *c, kith_match *m, kith_pairing *out)
{
    m->episodes = c->setup.episodes;
    KITH_TRY(kith_play(ctx, c->setup.exchange, &c->match_setup, kith_contest_mappo(c), c->setup.seed, m, 1));
    const double n = (double)m->episodes;
    *out = (kith_pairing){.won = (double)m->won / n,
                          .drawn = (double)m->drawn / n,
                          .lost = (double)m->lost / n,
                          .episodes = m->episodes,
                          .payoff = ((double)m->won - (double)m->lost) / n};
    kith_payoff_interval(m->won, m->drawn, m->lost, &out->low, &out->high);
    return KITH_OK;
}

static kith_status play_episodes(kith_ctx *ctx, kith_contest *c, size_t row, size_t column, kith_pairing *out)
{
    const kith_opponents rows = kith_entrant_side(c, &c->entrant[row], 0);
    const kith_opponents columns = kith_entrant_side(c, &c->entrant[column], 1);
    kith_match m = {.rows = &rows, .columns = &columns, .number = kith_pair_number(c, row, column)};
    return kith_contest_match(ctx, c, &m, out);
}

const kith_match_setup *kith_contest_match_setup(const kith_contest *c)
{
    return &c->match_setup;
}

kith_status kith_contest_watch(kith_ctx *ctx, kith_contest *c, size_t row, size_t column, uint64_t episode,
                               kith_watcher watcher, void *arg)
{
    const kith_opponents rows = kith_entrant_side(c, &c->entrant[row], 0);
    const kith_opponents columns = kith_entrant_side(c, &c->entrant[column], 1);
    const kith_match m = {.rows = &rows, .columns = &columns, .number = kith_pair_number(c, row, column)};
    return kith_watch(ctx, &c->match_setup, kith_contest_mappo(c), c->setup.seed, &m, episode, watcher, arg);
}

/* ---- either ---- */

kith_status kith_contest_play(kith_ctx *ctx, kith_contest *c, size_t row, size_t column, kith_pairing *out)
{
    const kith_entrant *one = &c->entrant[row], *other = &c->entrant[column];
    if (c->kind == KITH_FORM_MATRIX) {
        play_matrix(c, one, other, out);
        return KITH_OK;
    }
    KITH_TRY(play_episodes(ctx, c, row, column, out));
    if (c->kind == KITH_FORM_NETWORKS) return KITH_OK;
    out->payoff = value_of(c, one, other);
    out->low = out->high = NAN;
    return KITH_OK;
}

kith_status kith_contest_expose(kith_ctx *ctx, kith_contest *c, size_t entrant, kith_exposure *out)
{
    kith_status status = KITH_OK;
    if (c->kind == KITH_FORM_MATRIX)
        expose_matrix(c, &c->entrant[entrant], out);
    else if (c->kind == KITH_FORM_STATES)
        status = expose_states(ctx, c, &c->entrant[entrant], out);
    else
        status = kith_fail(ctx, KITH_EINTERNAL, "exploitability of networks is not known exactly");
    return kith_exchange_agree(c->setup.exchange, status, NULL);
}
