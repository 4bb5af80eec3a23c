/* What the algorithms share that move a table of probabilities by a rule of their own, in self-play: some steps a
 * round, a copy frozen after each, and the last of them or all alike as the output. An average is over policies and not
 * over their action probabilities: what two players do together is lost in those. */
#ifndef KITH_POPULATION_RULE_H
#define KITH_POPULATION_RULE_H

#include "single.h"

typedef struct rule_config {
    int64_t steps;
    int output; /* 0: last, 1: average */
} rule_config;

/* Rows for a config struct whose field `rule` is a rule_config. */
#define RULE_PARAMS(type, fallback)                                                                                    \
    {"steps", KITH_TYPE_INT, 0, offsetof(type, rule.steps), "50", "1..1000000000", "steps", "Steps of a round."},      \
    {                                                                                                                  \
        "output", KITH_TYPE_CHOICE, 0, offsetof(type, rule.output), fallback, "last|average", "",                      \
            "What stands for the run: the newest policy, or all that rounds ended with, alike."                        \
    }

static kith_status rule_step(const rule_config *c, kith_population_plan *plan)
{
    plan->job[0] = (kith_job){.start = KITH_WARM,
                              .met = {kith_meets_learner(0, 1.0)},
                              .stop = {.until = KITH_UNTIL_STEPS, .most = (uint64_t)c->steps},
                              .freeze = 1u << 0};
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status rule_output(const rule_config *c, kith_output *out)
{
    *out = (kith_output){.population = 0, .picking = c->output ? KITH_PICK_UNIFORM : KITH_PICK_NEWEST};
    return KITH_OK;
}

/* The callbacks of a plugin whose config is the type `config`. */
#define RULE_CALLBACKS                                                                                                 \
    static kith_status step(void *self, kith_population_plan *plan)                                                    \
    {                                                                                                                  \
        return rule_step(&((const config *)self)->rule, plan);                                                         \
    }                                                                                                                  \
    static kith_status output(void *self, kith_population_plan *plan, kith_output *out)                                \
    {                                                                                                                  \
        (void)plan;                                                                                                    \
        return rule_output(&((const config *)self)->rule, out);                                                        \
    }

/* What a player's policy (A) is worth. */
static inline double rule_mean(size_t actions, const double *policy, const double *q)
{
    double sum = 0.0;
    for (size_t a = 0; a < actions; a++)
        sum += policy[a] * q[a];
    return sum;
}

/* Divides by the sum; all 0: uniform. */
static inline void rule_normalise(size_t actions, double *policy)
{
    double sum = 0.0;
    for (size_t a = 0; a < actions; a++)
        sum += policy[a];
    for (size_t a = 0; a < actions; a++)
        policy[a] = sum > 0.0 ? policy[a] / sum : 1.0 / (double)actions;
}

#endif
