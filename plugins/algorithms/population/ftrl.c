/* Follow the regularised leader (Shalev-Shwartz 2012): pi = argmax eta (sum of q) pi - R(pi). With the entropy as R it
 * is multiplicative weights that forget where they began; with half the squared length it is a projection on the
 * simplex. */
#include "rule.h"

#include <math.h>

typedef struct config {
    rule_config rule;
    double rate; /* eta */
    int regulariser;
} config;

static const kith_param params[] = {
    RULE_PARAMS(config, "last"),
    {"rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "0.1", "(0,inf)", "",
     "eta, the weight of the past payoffs; payoffs of another size want another."},
    {"regulariser", KITH_TYPE_CHOICE, 0, offsetof(config, regulariser), "euclidean", "euclidean|entropy", "",
     "Half the squared length of the policy, or its negative entropy."},
};

static double greatest(size_t n, const double *x)
{
    double most = x[0];
    for (size_t k = 1; k < n; k++)
        most = fmax(most, x[k]);
    return most;
}

/* The nearest point of the simplex: what is left above a level, found by halving, is 1 in sum. Scores are taken from
 * the greatest on, or a 1 would be lost beside large ones. */
static void project(size_t n, double rate, const double *score, double *policy)
{
    const double most = greatest(n, score);
    double high = 0.0, low = -1.0;
    for (int k = 0; k < 60; k++) {
        const double level = 0.5 * (low + high);
        double sum = 0.0;
        for (size_t a = 0; a < n; a++)
            sum += fmax(0.0, rate * (score[a] - most) - level);
        if (sum > 1.0)
            low = level;
        else
            high = level;
    }
    for (size_t a = 0; a < n; a++)
        policy[a] = fmax(0.0, rate * (score[a] - most) - low);
    rule_normalise(n, policy);
}

static void soften(size_t n, double rate, const double *score, double *policy)
{
    const double most = greatest(n, score);
    for (size_t a = 0; a < n; a++)
        policy[a] = exp(rate * (score[a] - most));
    rule_normalise(n, policy);
}

static void update(const void *self, const kith_update *u)
{
    const config *c = self;
    for (size_t i = 0; i < u->players; i++) {
        const double *q = u->q + i * u->actions;
        double *policy = u->policy + i * u->actions, *score = u->memory[0] + i * u->actions;
        for (size_t a = 0; a < u->actions; a++)
            score[a] += q[a];
        if (c->regulariser)
            soften(u->actions, c->rate, score, policy);
        else
            project(u->actions, c->rate, score, policy);
    }
}

RULE_CALLBACKS

static const kith_population ops = SINGLE(.step = step, .output = output, .update = update, .memory = 1);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "ftrl",
    .version = "1.0",
    .summary = "Follow the regularised leader in self-play",
    .reference = "10.1561/2200000018",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
