/* Best responses and what moves a product policy towards them.
 *
 * Shapes: a policy, its action values q and a response are (N, A), in doubles; value [J] is that of every row of
 * actions (payoff.h). Ties, those of rounding too, go to the lowest action. Threads: one.
 */
#ifndef KITH_ORACLE_H
#define KITH_ORACLE_H

#include "rl/payoff.h"

typedef enum kith_oracle {
    KITH_ORACLE_INDIVIDUAL = 0, /* every player answers its teammates' present policies, all at once */
    KITH_ORACLE_SEQUENTIAL,     /* players in turn: each knows the answers of those before it */
    KITH_ORACLE_JOINT,          /* the best joint action */
} kith_oracle;

/* response: one action with probability 1 for each player. q, where the oracle asks for it, is overwritten. */
void kith_oracle_answer(const kith_payoffs *p, kith_oracle oracle, const double *policy, const double *value, double *q,
                        double *response);

/* How a policy follows its responses. */
typedef struct kith_pace {
    double lr;        /* share of the response in a step */
    double turn_lr;   /* the same for player (step mod N), so that players do not move in lockstep */
    double tolerance; /* of max over rows |pi_i - response_i|^2 */
    double patience,
        share; /* this many steps in a row within the tolerance, or this share of all steps if that is more */
} kith_pace;

/* What must not be forgotten between two steps of a job. Zero at its start. */
typedef struct kith_gait {
    uint64_t steps; /* made */
    uint64_t near;  /* the last so many within the tolerance */
} kith_gait;

/* A policy's rows, each a distribution over actions; row r is player (r mod N)'s. */
typedef struct kith_policy_shape {
    size_t rows, players, actions;
} kith_policy_shape;

/* policy <- (1 - lr) policy + lr response. */
void kith_pace_step(const kith_policy_shape *shape, const kith_pace *pace, kith_gait *gait, const double *response,
                    double *policy);
/* Whether it has come to rest. */
bool kith_pace_rests(const kith_pace *pace, const kith_gait *gait);

#endif
