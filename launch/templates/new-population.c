/* new-population, a population algorithm: one policy learns from itself and from all that it was
 * before.
 *
 * A round: step() returns jobs; the host trains the learner of each against the opponents named,
 * until it rests or its steps are used up, and freezes the policy into populations. output() says
 * which mixture stands for the run.
 */
#include <kith/kith.h>

typedef struct config {
    double own;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"own", KITH_TYPE_REAL, 0, offsetof(config, own), "0.5", "(0,1]", "",
     "The share of games against the policy as it is; the others are against frozen ones, all alike."},
};

enum { ALL = 0 };
static const char *const populations[] = {"all"};
static const char *const learners[] = {"learner"};

/* A function of the plan and the config alone: what must survive a round goes into plan->state, never into self. */
static kith_status step(void *self, kith_population_plan *plan)
{
    const config *c = self;
    kith_job *job = &plan->job[0];
    *job = (kith_job){.start = KITH_WARM,
                      .met = {kith_meets_learner(0, c->own)},
                      .stop = {.until = KITH_UNTIL_CONVERGED},
                      .freeze = 1u << ALL};
    if (c->own < 1.0) job->met[1] = kith_meets_mixture(ALL, NULL, 1.0 - c->own);
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    (void)self, (void)plan;
    *out = (kith_output){.population = ALL, .picking = KITH_PICK_NEWEST};
    return KITH_OK;
}

static const kith_population ops = {
    .populations = populations,
    .population_count = 1,
    .learners = learners,
    .learner_count = 1,
    .initial = 1u << ALL,
    .frozen = 1,
    .step = step,
    .output = output,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "new-population",
    .version = "0.1",
    .summary = "Self-play that remembers, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
