/* Policy-space response oracles (Lanctot et al. 2017): the next policy is a best response to a mixture of all that came
 * before; which mixture is the meta-solver's business. */
#include <kith/kith.h>

typedef enum meta { NASH = 0, UNIFORM, REPLICATOR, ALPHA_RANK, HARD, EVEN } meta;

typedef struct config {
    int meta;
    bool reset;
} config;

static const kith_param params[] = {
    {"meta", KITH_TYPE_CHOICE, 0, offsetof(config, meta), "nash", "nash|uniform|replicator|alpha-rank|hard|even", "",
     "Whom the next policy meets: a meta-game solution, all alike, or by how hard an opponent is to beat (P(loss), "
     "P(win) P(loss))."},
    {"reset", KITH_TYPE_BOOL, 0, offsetof(config, reset), "yes", "", "",
     "Whether every best response begins with the initial policy, or where the last one ended."},
};

static kith_status mix(const config *c, kith_population_plan *plan, uint32_t *picking, const double **weight)
{
    static const kith_solver solvers[] = {
        [NASH] = KITH_SOLVE_NASH, [REPLICATOR] = KITH_SOLVE_REPLICATOR, [ALPHA_RANK] = KITH_SOLVE_ALPHA_RANK};
    *picking = c->meta == HARD ? KITH_PICK_HARD : c->meta == EVEN ? KITH_PICK_EVEN : KITH_PICK_UNIFORM;
    if (c->meta == UNIFORM || c->meta == HARD || c->meta == EVEN) return KITH_OK;
    *picking = KITH_PICK_GIVEN;
    return kith_population_solve(plan, solvers[c->meta], 0, 0, weight);
}

static kith_status step(void *self, kith_population_plan *plan)
{
    const config *c = self;
    kith_component met = {.kind = KITH_AGAINST_POPULATION, .index = 0, .share = 1.0};
    KITH_TRY(mix(c, plan, &met.picking, &met.weight));
    plan->job[0] = (kith_job){.learner = 0,
                              .start = c->reset ? KITH_FRESH : KITH_WARM,
                              .met = {met},
                              .stop = {.until = KITH_UNTIL_CONVERGED, .least = plan->least_steps},
                              .freeze = 1u << 0};
    plan->jobs = 1;
    return KITH_OK;
}

/* Opponents picked by how hard they are depend on a learner, so that the population as a whole stands for them. */
static kith_status output(void *self, kith_population_plan *plan, kith_output *out)
{
    *out = (kith_output){.population = 0};
    KITH_TRY(mix(self, plan, &out->picking, &out->weight));
    if (out->picking != KITH_PICK_GIVEN) out->picking = KITH_PICK_UNIFORM;
    return KITH_OK;
}

static const char *const populations[] = {"all"}, *const learners[] = {"oracle"};

static const kith_population ops = {
    .populations = populations,
    .population_count = 1,
    .learners = learners,
    .learner_count = 1,
    .initial = 1u << 0,
    .frozen = 1,
    .step = step,
    .output = output,
};

static const char details[] =
    "Constants of the meta-solvers\n"
    "  Payoffs are divided by the greatest of the meta-game first, so that units make no difference.\n"
    "  nash        a linear programme, or (population.nash) 999 iterations of fictitious play, in which values within\n"
    "              1e-12 are ties and the lowest number answers.\n"
    "  replicator  the mean of 20,000 steps of 0.01 from the uniform mixture, no weight below 1e-6.\n"
    "  alpha-rank  without limit of selection: a policy is replaced by one that beats it with 1 - 1e-6, by one that "
    "it\n"
    "              beats with 1e-6, by an equal one with 1/2; payoffs below 1e-9 of the greatest count as equal.\n"
    "  hard, even  by the sign of exact payoffs (below 1e-9 of its terms: a draw, which counts 1/2), or by the share "
    "of\n"
    "              games won of networks.\n";

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_POPULATION),
    .id = "psro",
    .version = "1.0",
    .summary = "Policy-space response oracles, with any of six meta-solvers",
    .reference = "arXiv 1711.00832",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
    .details = details,
};
