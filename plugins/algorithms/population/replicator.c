/* Replicator dynamics (Taylor and Jonker 1978), one small step of time after another: pi <- pi + dt pi (q - pi q). */
#include "rule.h"

#include <math.h>

typedef struct config {
    rule_config rule;
    double dt;
} config;

static const kith_param params[] = {
    RULE_PARAMS(config, "last"),
    {"dt", KITH_TYPE_REAL, 0, offsetof(config, dt), "0.1", "(0,inf)", "",
     "The time a step takes, in units of 1 / payoff; an action that it would make negative is gone."},
};

static void update(const void *self, const kith_update *u)
{
    const config *c = self;
    for (size_t i = 0; i < u->players; i++) {
        const double *q = u->q + i * u->actions;
        double *policy = u->policy + i * u->actions;
        const double mean = rule_mean(u->actions, policy, q);
        for (size_t a = 0; a < u->actions; a++)
            policy[a] *= fmax(0.0, 1.0 + c->dt * (q[a] - mean));
        rule_normalise(u->actions, policy);
    }
}

RULE_CALLBACKS

static const kith_population ops = SINGLE(.step = step, .output = output, .update = update);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "replicator",
    .version = "1.0",
    .summary = "Replicator dynamics in self-play",
    .reference = "10.1016/0025-5564(78)90077-9",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
