/* Multiplicative weights (Freund and Schapire 1999): pi <- pi exp(eta q), normalised, for every player at once. */
#include "rule.h"

#include <math.h>

typedef struct config {
    rule_config rule;
    double rate; /* eta */
} config;

static const kith_param params[] = {
    RULE_PARAMS(config, "last"),
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "0.1", "(0,inf)", "",
     "eta, the exponent for a payoff of 1; payoffs of another size want another."},
};

/* The greatest exponent is 0, so that nothing overflows. */
static void update(const void *self, const kith_update *u)
{
    const config *c = self;
    for (size_t i = 0; i < u->players; i++) {
        const double *q = u->q + i * u->actions;
        double *policy = u->policy + i * u->actions, most = q[0];
        for (size_t a = 1; a < u->actions; a++)
            most = fmax(most, q[a]);
        for (size_t a = 0; a < u->actions; a++)
            policy[a] *= exp(c->rate * (q[a] - most));
        rule_normalise(u->actions, policy);
    }
}

RULE_CALLBACKS

static const kith_population ops = SINGLE(.step = step, .output = output, .update = update);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "mwu",
    .version = "1.0",
    .summary = "Multiplicative weights in self-play",
    .reference = "10.1006/game.1999.0738",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
