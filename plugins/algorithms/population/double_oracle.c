/* Double oracle (McMahan, Gordon and Blum 2003): add a pure best response to the Nash equilibrium of the actions so
 * far, until none gains. Exact with population.oracle = joint; the other oracles may miss what only a whole team can
 * find. */
#include "single.h"

static kith_status step(void *self, kith_population_plan *plan)
{
    const double *weight = NULL;
    (void)self;
    KITH_TRY(kith_population_solve(plan, KITH_SOLVE_NASH, 0, 0, &weight));
    plan->job[0] = (kith_job){.start = KITH_FRESH,
                              .met = {kith_meets_mixture(0, weight, 1.0)},
                              .stop = {.until = KITH_UNTIL_ANSWERED},
                              .freeze = 1u << 0};
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    (void)self;
    *out = (kith_output){.population = 0, .picking = KITH_PICK_GIVEN};
    return kith_population_solve(plan, KITH_SOLVE_NASH, 0, 0, &out->weight);
}

static const kith_population ops = SINGLE(.step = step, .output = output);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "double-oracle",
    .version = "1.0",
    .summary = "Double oracle: pure best responses to the Nash equilibrium of those before",
    .reference = "McMahan, Gordon and Blum, ICML 2003",
    KITH_PLUGIN_OPS(ops),
};
