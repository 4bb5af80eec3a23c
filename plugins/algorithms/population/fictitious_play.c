/* Fictitious play (Brown 1951), by N players a team: everyone answers what all others did on average, each of them
 * taken by itself, and the answer goes into its own average. */
#include "rule.h"

typedef struct config {
    rule_config rule;
} config;

static const kith_param params[] = {RULE_PARAMS(config, "last")};

/* memory[0][0] counts the answers; the initial policy is the first. */
static void update(const void *self, const kith_update *u)
{
    (void)self;
    double *answers = u->memory[0];
    answers[0] += 1.0;
    const double share = 1.0 / (answers[0] + 1.0);
    for (size_t i = 0; i < u->players; i++) {
        const double *q = u->q + i * u->actions;
        double *average = u->policy + i * u->actions;
        size_t best = 0;
        for (size_t a = 1; a < u->actions; a++)
            if (q[a] > q[best]) best = a;
        for (size_t a = 0; a < u->actions; a++)
            average[a] += share * ((a == best ? 1.0 : 0.0) - average[a]);
    }
}

RULE_CALLBACKS

static const kith_population ops = SINGLE(.step = step, .output = output, .update = update, .memory = 1);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "fictitious-play",
    .version = "1.0",
    .summary = "Fictitious play: every player answers the others' averages",
    .reference = "Brown 1951",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
