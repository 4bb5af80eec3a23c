/* Self-play that tells how many plans it made. */
#include <kith/kith.h>

static kith_status step(void *self, kith_population_plan *plan)
{
    (void)self;
    ++*(uint64_t *)plan->state;
    plan->job[0] =
        (kith_job){.met = {kith_meets_learner(0, 1.0)}, .stop = {.until = KITH_UNTIL_CONVERGED}, .freeze = 1};
    plan->jobs = 1;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    (void)self, (void)plan;
    *out = (kith_output){.population = 0, .picking = KITH_PICK_NEWEST};
    return KITH_OK;
}

static kith_status tell(const void *self, const kith_population_plan *plan, kith_tell say, void *arg)
{
    (void)self;
    KITH_TRY(say(arg, "plans", (double)*(const uint64_t *)plan->state));
    return say(arg, "frozen", (double)plan->size[0]);
}

static const char *const populations[] = {"all"}, *const learners[] = {"main"};

static const kith_population ops = {.populations = populations,
                                    .population_count = 1,
                                    .learners = learners,
                                    .learner_count = 1,
                                    .initial = 1,
                                    .frozen = 1,
                                    .state_size = sizeof(uint64_t),
                                    .step = step,
                                    .output = output,
                                    .tell = tell};

static const kith_own_metric metrics[] = {
    {"plans", "", KITH_BETTER_NONE, 0, "Plans so far."},
    {"frozen", "policies", KITH_BETTER_NONE, 0, "Frozen policies of the first learner."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "told",
    .version = "1.0",
    .summary = "Self-play that tells how many plans it made, for tests",
    .reference = "",
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
