/* Self-play: the policy learns from itself alone, until it comes to rest; a round goes on from there. */
#include "single.h"

static kith_status step(void *self, kith_population_plan *plan)
{
    (void)self;
    plan->job[0] = (kith_job){.start = KITH_WARM,
                              .met = {kith_meets_learner(0, 1.0)},
                              .stop = {.until = KITH_UNTIL_CONVERGED},
                              .freeze = 1u << 0};
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    (void)self, (void)plan;
    *out = (kith_output){.population = 0, .picking = KITH_PICK_NEWEST};
    return KITH_OK;
}

static const kith_population ops = SINGLE(.step = step, .output = output);

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "self-play",
    .version = "1.0",
    .summary = "A policy that learns from itself alone",
    .reference = "arXiv 1712.01815",
    KITH_PLUGIN_OPS(ops),
};
