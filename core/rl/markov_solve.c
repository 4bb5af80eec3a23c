#include "rl/markov_inside.h"

#include "base/headway.h"
#include "base/stop.h"
#include "rl/meta.h"

#include <kith/kith.h>
#include <math.h>
#include <string.h>

/* An iteration that changes nothing by more than this leaves at most `tolerance` of error: the map is a contraction by
 * the discount. */
static double enough(const kith_markov *m, double tolerance)
{
    return tolerance * (1.0 - m->discount) / m->discount;
}

void kith_markov_evaluate(kith_markov *m, const double *own, const double *other, double tolerance, double *value)
{
    kith_markov_fold_both(m, own, other);
    double change;
    do {
        change = 0.0;
        for (size_t s = 0; s < m->states; s++) {
            const double now = kith_markov_ahead(m, &m->folded, s, value);
            change = fmax(change, fabs(now - value[s]));
            value[s] = now;
        }
    } while (change > enough(m, tolerance) && !kith_stop_due());
}

/* The best joint action of state s in the folded model, and its value. */
static size_t best_of(const kith_markov *m, size_t s, const double *value, double *most)
{
    size_t best = 0;
    *most = kith_markov_ahead(m, &m->folded, s * m->joint, value);
    for (size_t j = 1; j < m->joint; j++) {
        const double worth = kith_markov_ahead(m, &m->folded, s * m->joint + j, value);
        if (worth > *most) {
            *most = worth;
            best = j;
        }
    }
    return best;
}

static void choose(const kith_markov *m, size_t s, size_t joint, double *policy)
{
    double *row = policy + s * m->players * m->actions;
    memset(row, 0, m->players * m->actions * sizeof *row);
    for (size_t i = 0; i < m->players; i++)
        row[i * m->actions + (size_t)m->action[joint * m->players + i]] = 1.0;
}

void kith_markov_respond(kith_markov *m, const double *other, double tolerance, double *value, double *response)
{
    kith_markov_fold(m, other);
    double change;
    do {
        change = 0.0;
        for (size_t s = 0; s < m->states; s++) {
            double most;
            best_of(m, s, value, &most);
            change = fmax(change, fabs(most - value[s]));
            value[s] = most;
        }
    } while (change > enough(m, tolerance) && !kith_stop_due());
    for (size_t s = 0; response && s < m->states; s++) {
        double most;
        choose(m, s, best_of(m, s, value, &most), response);
    }
}

/* ---- Shapley ---- */

/* The matrix game of state s: payoff (J, J). */
static void lay_out(const kith_markov *m, size_t s, const double *value, double *payoff)
{
    for (size_t row = 0; row < m->joint * m->joint; row++)
        payoff[row] = kith_markov_ahead(m, &m->all, s * m->joint * m->joint + row, value);
}

static kith_status shapley(kith_ctx *ctx, kith_markov *m, double tolerance, double *value, double *payoff,
                           double *strategy)
{
    double change;
    do {
        change = 0.0;
        for (size_t s = 0; s < m->states; s++) {
            double *weight = strategy ? strategy + s * m->joint : m->own;
            KITH_TRY(kith_stop_check(ctx));
            lay_out(m, s, value, payoff);
            KITH_TRY(kith_meta_lp(ctx, payoff, m->joint, m->joint, weight));
            const double now = kith_meta_guarantees(payoff, m->joint, m->joint, weight);
            change = fmax(change, fabs(now - value[s]));
            value[s] = now;
        }
    } while (change > enough(m, tolerance) && !kith_stop_due());
    return KITH_OK;
}

kith_status kith_markov_minimax(kith_ctx *ctx, kith_markov *m, double tolerance, double *value, double *strategy)
{
    double *payoff = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->joint * m->joint, &payoff));
    const kith_status status = shapley(ctx, m, tolerance, value, payoff, strategy);
    kith_free(payoff);
    return status;
}

/* ---- against a hidden opponent ---- */

/* visits [S]: the discounted number of times that each state is seen, times (1 - discount); m->folded has S rows. */
static void count_visits(kith_markov *m, double tolerance, double *visits)
{
    double *spare = m->spare;
    memcpy(visits, m->start, m->states * sizeof *visits);
    double change;
    do {
        for (size_t s = 0; s < m->states; s++)
            spare[s] = m->start[s];
        for (size_t s = 0; s < m->states; s++)
            for (size_t e = m->folded.first[s]; e < m->folded.first[s + 1]; e++)
                spare[m->folded.next[e]] += m->discount * visits[s] * m->folded.p[e];
        change = 0.0;
        for (size_t s = 0; s < m->states; s++) {
            change += fabs(spare[s] - visits[s]);
            visits[s] = spare[s];
        }
    } while (change > enough(m, tolerance) && !kith_stop_due());
}

/* Adds weight times the action values against one policy. */
static void add_values(kith_markov *m, const double *other, const double *weight, const double *ahead, double *value)
{
    for (size_t s = 0; s < m->states; s++) {
        if (weight[s] == 0.0) continue;
        kith_markov_spread(m, other, m->mirror[s], m->other);
        for (size_t j = 0; j < m->joint; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < m->joint; k++)
                if (m->other[k] != 0.0)
                    sum += m->other[k] * kith_markov_ahead(m, &m->all, (s * m->joint + j) * m->joint + k, ahead);
            value[s * m->joint + j] += weight[s] * sum;
        }
    }
}

double kith_markov_values(kith_markov *m, const double *own, const kith_markov_mixture *against, double tolerance,
                          double *value)
{
    double won = 0.0;
    memset(value, 0, m->states * m->joint * sizeof *value);
    memset(m->sum, 0, m->states * sizeof *m->sum);
    for (size_t k = 0; k < against->count; k++) {
        kith_headway_within(2, "opponent", k, against->count);
        if (against->weight[k] == 0.0) continue;
        kith_markov_evaluate(m, own, against->policy[k], tolerance, against->value[k]);
        won += against->weight[k] * kith_markov_start(m, against->value[k]);
        /* A state that is never seen counts by its weight alone, and by so little that it matters only where all do. */
        count_visits(m, tolerance, m->line);
        for (size_t s = 0; s < m->states; s++)
            m->line[s] = against->weight[k] * (m->line[s] + 1e-12);
        add_values(m, against->policy[k], m->line, against->value[k], value);
        for (size_t s = 0; s < m->states; s++)
            m->sum[s] += m->line[s];
    }
    for (size_t s = 0; s < m->states; s++)
        for (size_t j = 0; j < m->joint; j++)
            value[s * m->joint + j] /= m->sum[s];
    return won;
}

void kith_markov_actions(const kith_markov *m, const double *own, const double *value, double *q)
{
    const size_t n = m->players, a = m->actions;
    memset(q, 0, m->states * n * a * sizeof *q);
    for (size_t s = 0; s < m->states; s++)
        for (size_t j = 0; j < m->joint; j++)
            for (size_t i = 0; i < n; i++) {
                double mates = 1.0;
                for (size_t l = 0; l < n; l++)
                    if (l != i) mates *= own[(s * n + l) * a + (size_t)m->action[j * n + l]];
                q[(s * n + i) * a + (size_t)m->action[j * n + i]] += mates * value[s * m->joint + j];
            }
}

/* ---- how much a mixture can lose ---- */

static double worth(kith_markov *m, const double *own, const kith_markov_mixture *mixture, double tolerance)
{
    double won = 0.0;
    for (size_t k = 0; k < mixture->count; k++) {
        if (mixture->weight[k] == 0.0) continue;
        kith_markov_evaluate(m, own, mixture->policy[k], tolerance, mixture->value[k]);
        won += mixture->weight[k] * kith_markov_start(m, mixture->value[k]);
    }
    return won;
}

/* Climbs from `own`: in every state towards the best joint action, with a share that is halved where it does not help.
 */
static double climb(kith_markov *m, double *own, double *tried, double *value, const kith_markov_mixture *mixture,
                    double tolerance)
{
    const size_t length = m->states * m->players * m->actions;
    double most = kith_markov_values(m, own, mixture, tolerance, value);
    for (double share = 1.0; share > 1e-3;) {
        for (size_t s = 0; s < m->states; s++) {
            size_t best = 0;
            for (size_t j = 1; j < m->joint; j++)
                if (value[s * m->joint + j] > value[s * m->joint + best]) best = j;
            choose(m, s, best, tried);
        }
        for (size_t k = 0; k < length; k++)
            tried[k] = own[k] + share * (tried[k] - own[k]);
        if (worth(m, tried, mixture, tolerance) <= most + tolerance) {
            share *= 0.5;
            continue;
        }
        memcpy(own, tried, length * sizeof *own);
        most = kith_markov_values(m, own, mixture, tolerance, value);
    }
    return most;
}

static void begin_uniform(const kith_markov *m, double *policy)
{
    for (size_t k = 0; k < m->states * m->players * m->actions; k++)
        policy[k] = 1.0 / (double)m->actions;
}

static void bracket(kith_markov *m, const kith_markov_mixture *mixture, double tolerance, double *const room[3],
                    double *lower, double *upper)
{
    kith_headway_within(1, "policy", 0, mixture->count + 1);
    begin_uniform(m, room[0]);
    *lower = climb(m, room[0], room[1], room[2], mixture, tolerance);
    *upper = 0.0;
    for (size_t k = 0; k < mixture->count; k++) {
        kith_headway_within(1, "policy", k + 1, mixture->count + 1);
        if (mixture->weight[k] == 0.0) continue;
        kith_markov_respond(m, mixture->policy[k], tolerance, mixture->value[k], room[0]);
        *upper += mixture->weight[k] * kith_markov_start(m, mixture->value[k]);
        *lower = fmax(*lower, climb(m, room[0], room[1], room[2], mixture, tolerance));
    }
}

kith_status kith_markov_bracket(kith_ctx *ctx, kith_markov *m, const kith_markov_mixture *mixture, double tolerance,
                                double *lower, double *upper)
{
    const size_t length = m->states * m->players * m->actions;
    double *room = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "exact model", 2 * length + m->states * m->joint, &room));
    double *const parts[3] = {room, room + length, room + 2 * length};
    bracket(m, mixture, tolerance, parts, lower, upper);
    kith_free(room);
    return KITH_OK;
}
