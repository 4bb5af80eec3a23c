/* Fictitious self-play (Heinrich, Lanctot and Silver 2015): the policy goes on learning, against the average of all
 * that it was before; the average is what counts. */
#include "single.h"

static kith_status step(void *self, kith_population_plan *plan)
{
    (void)self;
    plan->job[0] = (kith_job){.start = KITH_WARM,
                              .met = {kith_meets_mixture(0, NULL, 1.0)},
                              .stop = {.until = KITH_UNTIL_CONVERGED, .least = plan->least_steps},
                              .freeze = 1u << 0};
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    (void)self, (void)plan;
    *out = (kith_output){.population = 0, .picking = KITH_PICK_UNIFORM};
    return KITH_OK;
}

static const kith_population ops = SINGLE(.step = step, .output = output);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "fsp",
    .version = "1.0",
    .summary = "Fictitious self-play: against the average of what the policy was before",
    .reference = "Heinrich, Lanctot and Silver, ICML 2015",
    KITH_PLUGIN_OPS(ops),
};
