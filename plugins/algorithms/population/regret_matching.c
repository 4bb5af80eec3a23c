/* Regret matching (Hart and Mas-Colell 2000), the update of CFR: actions in proportion to how much more they would have
 * won so far, where that is positive. */
#include "rule.h"

typedef struct config {
    rule_config rule;
} config;

static const kith_param params[] = {RULE_PARAMS(config, "average")};

static void update(const void *self, const kith_update *u)
{
    (void)self;
    for (size_t i = 0; i < u->players; i++) {
        const double *q = u->q + i * u->actions;
        double *policy = u->policy + i * u->actions, *regret = u->memory[0] + i * u->actions;
        const double mean = rule_mean(u->actions, policy, q);
        for (size_t a = 0; a < u->actions; a++) {
            regret[a] += q[a] - mean;
            policy[a] = regret[a] > 0.0 ? regret[a] : 0.0;
        }
        rule_normalise(u->actions, policy);
    }
}

RULE_CALLBACKS

static const kith_population ops = SINGLE(.step = step, .output = output, .update = update, .memory = 1);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "regret-matching",
    .version = "1.0",
    .summary = "Regret matching in self-play, as in CFR",
    .reference = "10.1111/1468-0262.00153",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
