#include "rl/oracle.h"

#include <math.h>
#include <string.h>

/* The first of those that are as good as the best but for rounding. Whoever answers a Nash mixture meets such ties at
 * every step, and which action comes out must not depend on the unit of payoffs. */
static size_t best_of(const kith_payoffs *p, const double *value, size_t count)
{
    size_t best = 0;
    double most = value[0];
    for (size_t k = 1; k < count; k++)
        most = fmax(most, value[k]);
    while (value[best] < most - p->slack)
        best++;
    return best;
}

static void choose(const kith_payoffs *p, double *response, size_t player, size_t action)
{
    double *row = response + player * p->actions;
    memset(row, 0, p->actions * sizeof *row);
    row[action] = 1.0;
}

static void answer_in_turn(const kith_payoffs *p, const double *policy, const double *value, double *q,
                           double *response)
{
    memcpy(response, policy, p->players * p->actions * sizeof *response);
    for (size_t i = 0; i < p->players; i++) {
        kith_payoffs_actions(p, response, value, q);
        choose(p, response, i, best_of(p, q + i * p->actions, p->actions));
    }
}

void kith_oracle_answer(const kith_payoffs *p, kith_oracle oracle, const double *policy, const double *value, double *q,
                        double *response)
{
    if (oracle == KITH_ORACLE_SEQUENTIAL) {
        answer_in_turn(p, policy, value, q, response);
    } else if (oracle == KITH_ORACLE_JOINT) {
        const int32_t *action = p->action + best_of(p, value, p->rows) * p->players;
        for (size_t i = 0; i < p->players; i++)
            choose(p, response, i, (size_t)action[i]);
    } else {
        kith_payoffs_actions(p, policy, value, q);
        for (size_t i = 0; i < p->players; i++)
            choose(p, response, i, best_of(p, q + i * p->actions, p->actions));
    }
}

static double distance(const double *x, const double *y, size_t count)
{
    double sum = 0.0;
    for (size_t k = 0; k < count; k++)
        sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sum;
}

void kith_pace_step(const kith_policy_shape *shape, const kith_pace *pace, kith_gait *gait, const double *response,
                    double *policy)
{
    double furthest = 0.0;
    for (size_t i = 0; i < shape->rows; i++) {
        const double lr = gait->steps % shape->players == i % shape->players ? pace->turn_lr : pace->lr;
        double *own = policy + i * shape->actions;
        const double *to = response + i * shape->actions;
        for (size_t a = 0; a < shape->actions; a++)
            own[a] = (1.0 - lr) * own[a] + lr * to[a];
        const double apart = distance(own, to, shape->actions);
        if (apart > furthest) furthest = apart;
    }
    gait->near = furthest < pace->tolerance ? gait->near + 1 : 0;
    gait->steps++;
}

/* The share is one of the steps before the last. */
bool kith_pace_rests(const kith_pace *pace, const kith_gait *gait)
{
    const double longer = pace->share * (double)(gait->steps - 1);
    return gait->steps > 0 && (double)gait->near >= (longer > pace->patience ? longer : pace->patience);
}
