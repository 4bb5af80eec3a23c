#include "rl/markov_inside.h"

#include "base/call.h"

#include <kith/kith.h>
#include <math.h>
#include <string.h>

static void chain_close(kith_ways *c)
{
    kith_free(c->first);
    kith_free(c->next);
    kith_free(c->p);
    kith_free(c->reward);
}

static kith_status chain_open(kith_ctx *ctx, size_t rows, size_t entries, kith_ways *c)
{
    *c = (kith_ways){0};
    KITH_TRY(KITH_ALLOC(ctx, "exact model", rows + 1, &c->first));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", entries, &c->next));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", entries, &c->p));
    return KITH_ALLOC(ctx, "exact model", rows, &c->reward);
}

void kith_markov_close(kith_markov *m)
{
    if (!m) return;
    kith_free(m->action);
    kith_free(m->mirror);
    kith_free(m->start);
    chain_close(&m->all);
    chain_close(&m->folded);
    kith_free(m->own);
    kith_free(m->other);
    kith_free(m->gathered);
    kith_free(m->touched);
    kith_free(m->line);
    kith_free(m->sum);
    kith_free(m->spare);
    kith_free(m);
}

size_t kith_markov_states(const kith_markov *m)
{
    return m->states;
}
size_t kith_markov_rows(const kith_markov *m)
{
    return m->states * m->players;
}

double kith_markov_start(const kith_markov *m, const double *value)
{
    double sum = 0.0;
    for (size_t s = 0; s < m->states; s++)
        sum += m->start[s] * value[s];
    return sum;
}

/* ---- listing the model ---- */

/* One row's transitions; `list` has room for shape.transitions. */
static kith_status list_row(kith_ctx *ctx, const char *id, kith_markov *m, size_t s, const int32_t *action,
                            kith_transition *list, size_t row)
{
    const size_t count = m->game->transition(m->self, s, action, list);
    size_t at = m->all.first[row];
    double sum = 0.0;
    m->all.reward[row] = 0.0;
    for (size_t k = 0; k < count; k++) {
        sum += list[k].probability;
        m->all.reward[row] += list[k].probability * list[k].reward;
        if (list[k].next == KITH_GAME_OVER) continue;
        if (list[k].next >= m->states)
            return kith_fail(ctx, KITH_EPLUGIN,
                             "%s: state %zu leads to state %zu, and there are %zu; its transition() is wrong", id, s,
                             list[k].next, m->states);
        m->all.next[at] = (uint32_t)list[k].next;
        m->all.p[at++] = list[k].probability;
    }
    m->all.first[row + 1] = at;
    if (!(fabs(sum - 1.0) <= 1e-12))
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: what follows state %zu has probabilities that sum to %.17g; its transition() is wrong",
                         id, s, sum);
    return KITH_OK;
}

static kith_status list_all(kith_ctx *ctx, const char *id, kith_markov *m, kith_transition *list)
{
    int32_t action[2 * 64];
    const size_t n = m->players;
    m->all.first[0] = 0;
    for (size_t s = 0; s < m->states; s++)
        for (size_t j = 0; j < m->joint; j++)
            for (size_t k = 0; k < m->joint; k++) {
                memcpy(action, m->action + j * n, n * sizeof *action);
                memcpy(action + n, m->action + k * n, n * sizeof *action);
                KITH_TRY(list_row(ctx, id, m, s, action, list, (s * m->joint + j) * m->joint + k));
            }
    return KITH_OK;
}

static kith_status list_states(kith_ctx *ctx, const char *id, kith_markov *m)
{
    for (size_t s = 0; s < m->states; s++) {
        const size_t turned = m->game->mirror(m->self, s);
        if (turned >= m->states || m->game->mirror(m->self, turned) != s)
            return kith_fail(ctx, KITH_EPLUGIN,
                             "%s: the mirror image of state %zu does not lead back to it; its mirror() is wrong", id,
                             s);
        m->mirror[s] = (uint32_t)turned;
    }
    return KITH_OK;
}

static kith_status check_start(kith_ctx *ctx, const char *id, const kith_markov *m)
{
    double sum = 0.0;
    for (size_t s = 0; s < m->states; s++)
        sum += m->start[s];
    if (!(fabs(sum - 1.0) <= 1e-12))
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: the probabilities of its first states sum to %.17g; its start() is wrong", id, sum);
    return KITH_OK;
}

/* What one side wins with j against k, the other loses with k against j: rewards show it, and the number of ways on. */
static kith_status check_sides(kith_ctx *ctx, const char *id, const kith_markov *m)
{
    for (size_t s = 0; s < m->states; s++)
        for (size_t j = 0; j < m->joint; j++)
            for (size_t k = 0; k < m->joint; k++) {
                const size_t here = (s * m->joint + j) * m->joint + k;
                const size_t there = (m->mirror[s] * m->joint + k) * m->joint + j;
                const size_t ways = m->all.first[here + 1] - m->all.first[here];
                if (fabs(m->all.reward[here] + m->all.reward[there]) <= 1e-12 &&
                    ways == m->all.first[there + 1] - m->all.first[there])
                    continue;
                return kith_fail(ctx, KITH_EPLUGIN, "%s: state %zu is not the same game from both sides (%g and %g)",
                                 id, s, m->all.reward[here], m->all.reward[there]);
            }
    return KITH_OK;
}

static void list_actions(kith_markov *m)
{
    for (size_t j = 0; j < m->joint; j++) {
        size_t left = j;
        for (size_t i = m->players; i-- > 0; left /= m->actions)
            m->action[j * m->players + i] = (int32_t)(left % m->actions);
    }
}

/* Bytes of all lists, in double since it may be more than there can be. */
double kith_markov_bytes(const kith_game_shape *shape)
{
    const double rows = (double)shape->states * pow((double)shape->actions, 2.0 * (double)shape->players);
    return rows * (16.0 + 12.0 * (double)shape->transitions) * 2.0;
}

static kith_status allocate(kith_ctx *ctx, kith_markov *m, size_t transitions)
{
    const size_t rows = m->states * m->joint * m->joint;
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->joint * m->players, &m->action));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->mirror));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->start));
    KITH_TRY(chain_open(ctx, rows, rows * transitions, &m->all));
    KITH_TRY(chain_open(ctx, m->states * m->joint, rows * transitions, &m->folded));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->joint, &m->own));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->joint, &m->other));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->gathered));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->touched));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->line));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", m->states, &m->sum));
    return KITH_ALLOC(ctx, "exact model", m->states, &m->spare);
}

static kith_status ask(kith_ctx *ctx, const char *id, kith_markov *m, kith_transition *list)
{
    KITH_TRY_CALL(ctx, id, "mirror", KITH_NOBODY, list_states(ctx, id, m));
    KITH_TRY_VOID(ctx, id, "start", KITH_NOBODY, m->game->start(m->self, m->start));
    KITH_TRY(check_start(ctx, id, m));
    KITH_TRY_CALL(ctx, id, "transition", KITH_NOBODY, list_all(ctx, id, m, list));
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, const char *id, kith_markov *m, size_t transitions)
{
    kith_transition *list = NULL;
    KITH_TRY(allocate(ctx, m, transitions));
    KITH_TRY(KITH_ALLOC(ctx, "exact model", transitions, &list));
    memset(m->gathered, 0, m->states * sizeof *m->gathered);
    list_actions(m);
    kith_status status = ask(ctx, id, m, list);
    if (status == KITH_OK) status = check_sides(ctx, id, m);
    kith_free(list);
    return status;
}

kith_status kith_markov_open(kith_ctx *ctx, const char *id, const kith_game *game, const void *self,
                             const kith_game_shape *shape, size_t most_bytes, kith_markov **out)
{
    if (shape->states == 0)
        return kith_fail(ctx, KITH_ECONFIG, "%s: it has no exact model; choose another game, or learners that play",
                         id);
    if (!(shape->discount < 1.0))
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: exact values need a discount below 1, and its is %g; choose learners that play", id,
                         shape->discount);
    const double bytes = kith_markov_bytes(shape);
    if (bytes > (double)most_bytes || shape->players > 64)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: its exact model of %zu states and %zu actions for each of %zu players takes %.3g GB, and "
                         "%.3g GB are allowed; "
                         "choose fewer players",
                         id, shape->states, shape->actions, 2 * shape->players, bytes * 1e-9,
                         (double)most_bytes * 1e-9);
    kith_markov *m = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "exact model", 1, &m));
    size_t joint = 1;
    for (size_t i = 0; i < shape->players; i++)
        joint *= shape->actions;
    *m = (kith_markov){.game = game,
                       .self = self,
                       .states = shape->states,
                       .players = shape->players,
                       .actions = shape->actions,
                       .joint = joint,
                       .discount = shape->discount};
    const kith_status status = fill(ctx, id, m, shape->transitions);
    if (status != KITH_OK)
        kith_markov_close(m);
    else
        *out = m;
    return status;
}

/* ---- folding policies in ---- */

void kith_markov_spread(const kith_markov *m, const double *policy, size_t s, double *out)
{
    const double *row = policy + s * m->players * m->actions;
    for (size_t j = 0; j < m->joint; j++) {
        double p = 1.0;
        for (size_t i = 0; i < m->players; i++)
            p *= row[i * m->actions + (size_t)m->action[j * m->players + i]];
        out[j] = p;
    }
}

/* Adds a row, times weight, to what is gathered; returns how many states are touched now. */
static size_t gather(kith_markov *m, const kith_ways *from, size_t row, double weight, size_t touched)
{
    for (size_t e = from->first[row]; e < from->first[row + 1]; e++) {
        if (m->gathered[from->next[e]] == 0.0) m->touched[touched++] = from->next[e];
        m->gathered[from->next[e]] += weight * from->p[e];
    }
    return touched;
}

/* Writes what is gathered as a row at `at`, and forgets it. */
static size_t put_row(kith_markov *m, size_t row, size_t at, size_t touched)
{
    kith_ways *to = &m->folded;
    to->first[row] = at;
    for (size_t k = 0; k < touched; k++, at++) {
        to->next[at] = m->touched[k];
        to->p[at] = m->gathered[m->touched[k]];
        m->gathered[m->touched[k]] = 0.0;
    }
    to->first[row + 1] = at;
    return at;
}

void kith_markov_fold(kith_markov *m, const double *other)
{
    size_t at = 0;
    for (size_t s = 0; s < m->states; s++) {
        kith_markov_spread(m, other, m->mirror[s], m->other);
        for (size_t j = 0; j < m->joint; j++) {
            const size_t row = s * m->joint + j;
            size_t touched = 0;
            double reward = 0.0;
            for (size_t k = 0; k < m->joint; k++) {
                if (m->other[k] == 0.0) continue;
                reward += m->other[k] * m->all.reward[row * m->joint + k];
                touched = gather(m, &m->all, row * m->joint + k, m->other[k], touched);
            }
            m->folded.reward[row] = reward;
            at = put_row(m, row, at, touched);
        }
    }
}

void kith_markov_fold_both(kith_markov *m, const double *own, const double *other)
{
    size_t at = 0;
    for (size_t s = 0; s < m->states; s++) {
        kith_markov_spread(m, own, s, m->own);
        kith_markov_spread(m, other, m->mirror[s], m->other);
        size_t touched = 0;
        double reward = 0.0;
        for (size_t j = 0; j < m->joint; j++)
            for (size_t k = 0; k < m->joint; k++) {
                const double weight = m->own[j] * m->other[k];
                const size_t row = (s * m->joint + j) * m->joint + k;
                if (weight == 0.0) continue;
                reward += weight * m->all.reward[row];
                touched = gather(m, &m->all, row, weight, touched);
            }
        m->folded.reward[s] = reward;
        at = put_row(m, s, at, touched);
    }
}

double kith_markov_ahead(const kith_markov *m, const kith_ways *chain, size_t row, const double *value)
{
    double sum = 0.0;
    for (size_t e = chain->first[row]; e < chain->first[row + 1]; e++)
        sum += chain->p[e] * value[chain->next[e]];
    return chain->reward[row] + m->discount * sum;
}
