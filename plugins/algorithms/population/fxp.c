/* Fictitious cross-play (Xu et al. 2023). A main policy learns from itself and from everyone; a counter policy, from
 * scratch each time, learns to beat the main ones, and so finds the joint deviations that self-play never tries.
 *
 *     all = {mu0}
 *     in turn:  w = Nash of all x all;           main <- best response to eta main + (1 - eta) w, from where it is
 *               c = Nash of mains x counters;    counter <- best response to c over mains, from scratch
 *     output: Nash of all x all */
#include <kith/kith.h>

enum { ALL = 0, MAINS, COUNTERS, POPULATIONS };
enum { MAIN = 0, COUNTER, LEARNERS };

typedef struct config {
    double self_play; /* eta */
} config;

static const kith_param params[] = {
    {"self_play", KITH_TYPE_REAL, 0, offsetof(config, self_play), "0.3", "(0,1)", "",
     "eta, the share of its own live policy among the main policy's opponents."},
};

static kith_status train_main(const config *c, kith_plan *plan)
{
    const double *w = NULL;
    KITH_TRY(kith_plan_solve(plan, KITH_SOLVE_NASH, ALL, ALL, &w));
    plan->job[0] = (kith_job){
        .learner = MAIN,
        .start = KITH_WARM,
        .met = {kith_meets_learner(MAIN, c->self_play), kith_meets_mixture(ALL, w, 1.0 - c->self_play)},
        .stop = {.until = KITH_UNTIL_CONVERGED, .least = plan->least_steps},
        .freeze = 1u << ALL | 1u << MAINS,
    };
    return KITH_OK;
}

static kith_status train_counter(kith_plan *plan)
{
    const double *c = NULL;
    KITH_TRY(kith_plan_solve(plan, KITH_SOLVE_NASH, MAINS, COUNTERS, &c));
    plan->job[0] = (kith_job){
        .learner = COUNTER,
        .start = KITH_FRESH,
        .met = {kith_meets_mixture(MAINS, c, 1.0)},
        .stop = {.until = KITH_UNTIL_CONVERGED, .most = plan->report[0].steps},
        .freeze = 1u << ALL | 1u << COUNTERS,
    };
    return KITH_OK;
}

static kith_status step(void *self, kith_plan *plan)
{
    plan->jobs = 1;
    return plan->round % 2 == 0 ? train_main(self, plan) : train_counter(plan);
}

static kith_status output(void *self, kith_plan *plan, kith_output *out)
{
    (void)self;
    *out = (kith_output){.population = ALL, .picking = KITH_PICK_GIVEN};
    return kith_plan_solve(plan, KITH_SOLVE_NASH, ALL, ALL, &out->weight);
}

static const char *const populations[] = {"all", "mains", "counters"}, *const learners[] = {"main", "counter"};

static const kith_population ops = {
    .populations = populations,
    .population_count = POPULATIONS,
    .learners = learners,
    .learner_count = LEARNERS,
    .initial = 1u << ALL,
    .frozen = 1,
    .step = step,
    .output = output,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "fxp",
    .version = "1.0",
    .summary = "Fictitious cross-play: a main policy, and counters that keep it honest",
    .reference = "arXiv 2310.03354",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
