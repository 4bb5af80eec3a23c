/* Fictitious cross-play (Xu et al. 2023). A main policy learns from itself and from everyone; a counter policy, from
 * scratch each time, learns to beat the main ones, and so finds the joint deviations that self-play never tries.
 *
 *     all = {mu0}
 *     in turn:  w = Nash of all x all;           main <- best response to eta main + (1 - eta) w, from where it is
 *               c = Nash of mains x counters;    counter <- best response to c over mains, from scratch
 *     output: Nash of all x all
 *
 * Where policies are networks, a Nash equilibrium of many policies takes many episodes, and a counter that forgets
 * takes many steps. The same with `opponents`, `together`, `reset` and `output` set: main and counter side by side,
 * against mixtures that cost nothing, and the main policy alone as what comes out. */
#include <kith/kith.h>

enum { ALL = 0, MAINS, COUNTERS, POPULATIONS };
enum { MAIN = 0, COUNTER, LEARNERS };

typedef enum opponents { NASH = 0, UNIFORM, PRIORITISED } opponents;

typedef struct config {
    double self_play; /* eta */
    int opponents;
    bool together, reset;
    int output; /* 0: the Nash mixture, 1: the newest main policy */
} config;

static const kith_param params[] = {
    {"self_play", KITH_TYPE_REAL, 0, offsetof(config, self_play), "0.3", "[0,1]", "",
     "eta, the share of its own live policy among the main policy's opponents; 1: none is frozen, 0: all are."},
    {"opponents", KITH_TYPE_CHOICE, 0, offsetof(config, opponents), "nash", "nash|uniform|prioritised", "",
     "The frozen ones: by Nash equilibria; mains and counters alike; or in proportion to how often they win (of the "
     "counter: to P(win) P(loss))."},
    {"together", KITH_TYPE_BOOL, 0, offsetof(config, together), "no", "", "",
     "Whether a round trains main and counter side by side, or one of them in turn."},
    {"reset", KITH_TYPE_BOOL, 0, offsetof(config, reset), "yes", "", "", "Whether each counter begins from scratch."},
    {"output", KITH_TYPE_CHOICE, 0, offsetof(config, output), "nash", "nash|main", "",
     "What stands for the run: the Nash mixture of all policies, or the newest main policy."},
};

/* Before there are any, the initial policy stands for the main ones. */
static size_t mains_of(const kith_population_plan *plan)
{
    return plan->size[MAINS] ? MAINS : ALL;
}

static kith_status train_main(const config *c, kith_population_plan *plan, kith_job *job)
{
    const double frozen = 1.0 - c->self_play;
    *job = (kith_job){
        .learner = MAIN,
        .start = KITH_WARM,
        .stop = {.until = KITH_UNTIL_CONVERGED, .least = plan->least_steps},
        .freeze = 1u << ALL | 1u << MAINS,
    };
    kith_component *met = job->met;
    if (c->self_play > 0.0) *met++ = kith_meets_learner(MAIN, c->self_play);
    if (frozen <= 0.0) return KITH_OK;
    if (c->opponents == NASH) {
        const double *w = NULL;
        KITH_TRY(kith_population_solve(plan, KITH_SOLVE_NASH, ALL, ALL, &w));
        *met = kith_meets_mixture(ALL, w, frozen);
        return KITH_OK;
    }
    met[0] = kith_meets_mixture(mains_of(plan), NULL, 0.5 * frozen);
    met[1] = kith_meets_mixture(COUNTERS, NULL, 0.5 * frozen);
    if (c->opponents == PRIORITISED) met[0].picking = met[1].picking = KITH_PICK_HARD;
    return KITH_OK;
}

static kith_status train_counter(const config *c, kith_population_plan *plan, kith_job *job)
{
    const size_t mains = mains_of(plan);
    *job = (kith_job){
        .learner = COUNTER,
        .start = c->reset ? KITH_FRESH : KITH_WARM,
        .met = {kith_meets_mixture(mains, NULL, 1.0)},
        .stop = {.until = KITH_UNTIL_CONVERGED},
        .freeze = 1u << ALL | 1u << COUNTERS,
    };
    if (c->opponents == PRIORITISED) job->met[0].picking = KITH_PICK_EVEN;
    if (c->opponents != NASH) return KITH_OK;
    const double *weight = NULL;
    KITH_TRY(kith_population_solve(plan, KITH_SOLVE_NASH, mains, COUNTERS, &weight));
    job->met[0] = kith_meets_mixture(mains, weight, 1.0);
    return KITH_OK;
}

/* The counter makes no more steps than the main policy did. */
static kith_status step(void *self, kith_population_plan *plan)
{
    const config *c = self;
    plan->jobs = c->together ? 2 : 1;
    if (c->together || plan->round % 2 == 0) KITH_TRY(train_main(c, plan, &plan->job[0]));
    if (!c->together && plan->round % 2 == 0) return KITH_OK;
    kith_job *job = &plan->job[plan->jobs - 1];
    KITH_TRY(train_counter(c, plan, job));
    if (c->together)
        job->stop.follow = 1;
    else
        job->stop.most = plan->report[0].steps;
    return KITH_OK;
}

static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    const config *c = self;
    *out = (kith_output){.population = c->output ? mains_of(plan) : ALL,
                         .picking = c->output ? KITH_PICK_NEWEST : KITH_PICK_GIVEN};
    return c->output ? KITH_OK : kith_population_solve(plan, KITH_SOLVE_NASH, ALL, ALL, &out->weight);
}

static const char *const populations[] = {"all", "mains", "counters"}, *const learners[] = {"main", "counter"};

static const kith_population ops = {
    .populations = populations,
    .population_count = POPULATIONS,
    .learners = learners,
    .learner_count = LEARNERS,
    .initial = 1u << ALL,
    .frozen = 2,
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
