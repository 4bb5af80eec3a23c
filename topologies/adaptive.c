/* A sparse graph, and a dense one in rounds that what was heard of the round before asks for. */
#include <kith/graph.h>
#include <math.h>

typedef enum rule { DISTANCE, CONSENSUS, LOSS } rule;

typedef struct config {
    int rule;
    const char *sparse, *dense;
    double limit, rho, memory;
    int64_t period, warmup, budget;
    bool rest;
} config;

typedef struct adaptive {
    config how;
    kith_inner *sparse, *dense;
    void (*close)(kith_inner *inner);
    uint64_t rounds;
    uint64_t decided; /* the round that `now` is about; all others are sparse */
    bool now;
    uint64_t spent;               /* dense rounds up to that one */
    double value;                 /* what was compared last */
    double motion, motion_weight; /* moved, as an exponential mean, and the weights in it */
    double first_loss, period;    /* F_init and H */
    uint64_t since;               /* rounds since the last dense one, `now` included */
} adaptive;

static const kith_param params[] = {
    {"rule", KITH_TYPE_CHOICE, 0, offsetof(config, rule), "consensus", "distance|consensus|loss", "",
     "When a round is dense. distance: learners were further apart than `limit`; consensus: than `rho` times how far "
     "their mean moves in a round; loss: every H-th round, H growing as the loss falls."},
    {"sparse", KITH_TYPE_STRING, 0, offsetof(config, sparse), "random-peer(rate=0.2)", "", "",
     "The topology of most rounds."},
    {"dense", KITH_TYPE_STRING, 0, offsetof(config, dense), "complete", "", "", "The topology of the other rounds."},
    {"limit", KITH_TYPE_REAL, "rule = distance", offsetof(config, limit), "1", "[0,inf)", "",
     "The greatest consensus distance, the mean square of learners' distances from their mean."},
    {"rho", KITH_TYPE_REAL, "rule = consensus", offsetof(config, rho), "2", "[0,inf)", "",
     "The greatest ratio of the learners' distance from their mean to how far that moves in a round."},
    {"memory", KITH_TYPE_REAL, "rule = consensus", offsetof(config, memory), "0.9", "[0,1)", "",
     "beta: what the exponential mean of squared motions keeps of itself each round."},
    {"period", KITH_TYPE_INT, "rule = loss", offsetof(config, period), "4", "1..", "rounds",
     "H at first: from one dense round to the next."},
    {"warmup", KITH_TYPE_INT, "rule = loss", offsetof(config, warmup), "0", "0..", "rounds",
     "How long H stays and F_init, which losses are compared with, follows them."},
    {"budget", KITH_TYPE_INT, 0, offsetof(config, budget), "0", "0..", "rounds",
     "How many dense rounds there may be; 0: any number."},
    {"rest", KITH_TYPE_BOOL, "budget > 0", offsetof(config, rest), "yes", "", "",
     "Whether dense rounds that are left are the last ones of training, so that all are used."},
};

static void destroy(void *self)
{
    adaptive *s = self;
    if (s->sparse) s->close(s->sparse);
    if (s->dense) s->close(s->dense);
    kith_free(s);
}

static kith_status open_inner(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                              kith_inner **out)
{
    KITH_TRY(kith_inner_open(ctx, owner, setting, spec, out));
    if ((*out)->ops->sketch && (*out)->ops->sketch((*out)->self))
        return kith_fail(ctx, KITH_ECONFIG, "%s = %s: it is drawn from updates itself; choose a graph that is not",
                         owner, spec);
    return KITH_OK;
}

/* What the rule wants, within the budget; what is left of that is for the last rounds. */
static void decide(adaptive *s, uint64_t round, bool wanted)
{
    const uint64_t budget = (uint64_t)s->how.budget;
    const uint64_t left = s->rounds > round ? s->rounds - round : 0;
    if (budget) {
        wanted = wanted && s->spent < budget;
        if (s->how.rest && left && budget - s->spent >= left) wanted = true;
    }
    s->decided = round;
    s->now = wanted;
    s->spent += wanted;
    s->since = wanted ? 0 : s->since + 1;
}

static kith_status open(kith_ctx *ctx, adaptive *s, const kith_setting *setting)
{
    if (!setting->rounds)
        return kith_fail(ctx, KITH_ECONFIG,
                         "adaptive: how many rounds the run has is not known here; use another topology");
    KITH_TRY(open_inner(ctx, "adaptive.sparse", setting, s->how.sparse, &s->sparse));
    KITH_TRY(open_inner(ctx, "adaptive.dense", setting, s->how.dense, &s->dense));
    s->rounds = setting->rounds;
    decide(s, 0, s->how.rule == LOSS && s->how.period == 1);
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    adaptive *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "adaptive", 1, &s));
    s->how = *(const config *)config_;
    s->period = (double)s->how.period;
    s->first_loss = s->value = NAN;
    s->close = setting->opener ? setting->opener->close : NULL;
    const kith_status status = open(ctx, s, setting);
    if (status != KITH_OK) {
        destroy(s);
        return status;
    }
    *self = s;
    return KITH_OK;
}

/* The graph is another one as soon as the run says so. */
static uint32_t properties(const void *self)
{
    const adaptive *s = self;
    return s->sparse->ops->properties(s->sparse->self) & s->dense->ops->properties(s->dense->self) &
           ~(uint32_t)KITH_STATIC;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    const adaptive *s = self;
    const kith_inner *inner = s->now && r->round == s->decided ? s->dense : s->sparse;
    return inner->ops->row(inner->self, ctx, r);
}

/* ---- rules ---- */

/* Kong et al. 2021 keep sqrt(Xi^2) below rho times an exponential mean of the norms of gradients, which the mean
 * model's motion stands for here. */
static double ratio(adaptive *s, const kith_published *p)
{
    const double beta = s->how.memory;
    s->motion = beta * s->motion + (1.0 - beta) * p->moved;
    s->motion_weight = beta * s->motion_weight + (1.0 - beta);
    const double mean = s->motion / s->motion_weight;
    if (p->consensus == 0.0) return 0.0;
    return sqrt(p->consensus / mean);
}

/* Gossip-AGA (Chen et al. 2021, Algorithm 2): where all were averaged, H <- ceil(F_init / F H_init), or F_init <-
 * (F_init + F) / 2 while it warms up. */
static void adapt_period(adaptive *s, const kith_published *p)
{
    if (isnan(p->train_loss)) return;
    if (isnan(s->first_loss)) s->first_loss = p->train_loss;
    if (!s->now) return;
    if (p->round < (uint64_t)s->how.warmup)
        s->first_loss = (s->first_loss + p->train_loss) / 2.0;
    else if (p->train_loss > 0.0)
        s->period = fmax(1.0, ceil(s->first_loss / p->train_loss * (double)s->how.period));
}

static bool asks(adaptive *s, const kith_published *p)
{
    switch ((rule)s->how.rule) {
    case DISTANCE:
        s->value = p->consensus;
        return s->value > s->how.limit;
    case CONSENSUS:
        s->value = ratio(s, p);
        return s->value > s->how.rho;
    case LOSS:
        adapt_period(s, p);
        s->value = s->period;
        return (double)(s->since + 1) >= s->period;
    }
    return false;
}

static uint32_t own_wishes(const adaptive *s)
{
    static const uint32_t wanted[] = {
        [DISTANCE] = KITH_HEARS_CONSENSUS,
        [CONSENSUS] = KITH_HEARS_CONSENSUS | KITH_HEARS_MOVED,
        [LOSS] = KITH_HEARS_LOSS,
    };
    return wanted[s->how.rule];
}

static uint32_t hears_of(const kith_inner *inner)
{
    return inner->ops->hears ? inner->ops->hears(inner->self) : 0;
}

static uint32_t hears(const void *self)
{
    const adaptive *s = self;
    return own_wishes(s) | hears_of(s->sparse) | hears_of(s->dense);
}

static kith_status hear(void *self, kith_ctx *ctx, const kith_published *numbers)
{
    adaptive *s = self;
    decide(s, numbers->round + 1, asks(s, numbers));
    if (hears_of(s->sparse)) KITH_TRY(s->sparse->ops->hear(s->sparse->self, ctx, numbers));
    return hears_of(s->dense) ? s->dense->ops->hear(s->dense->self, ctx, numbers) : KITH_OK;
}

/* A number that is not finite is no measure: nothing moved, say. */
static kith_status tell(const void *self, kith_tell say, void *arg)
{
    const adaptive *s = self;
    KITH_TRY(say(arg, "adaptive_dense", s->now));
    KITH_TRY(say(arg, "adaptive_spent", (double)s->spent));
    return isfinite(s->value) ? say(arg, "adaptive_value", s->value) : KITH_OK;
}

static bool spans_of(const kith_inner *inner)
{
    return inner->ops->spans && inner->ops->spans(inner->self);
}

/* What is left of a budget is for the last rounds. */
static bool spans(const void *self)
{
    const adaptive *s = self;
    return (s->how.budget && s->how.rest) || spans_of(s->sparse) || spans_of(s->dense);
}

static const kith_topology ops = {
    .properties = properties, .row = row, .tell = tell, .hears = hears, .hear = hear, .spans = spans};

static const char details[] =
    "Rules, for what was heard of round t, about round t + 1\n"
    "  x is the mean of all models, Xi^2 = (1/N) sum_i |x_i - x|^2 after mixing (consensus_distance).\n"
    "  distance: dense where Xi^2 > limit, as the dynamic averaging of Kamp et al. 2018 (arXiv 1807.03210), who look "
    "at\n"
    "    distances from the last average and not from the present one.\n"
    "  consensus: dense where Xi > rho sqrt(m), m <- beta m + (1 - beta) |x(t) - x(t-1)|^2 over its weights. Kong et "
    "al.\n"
    "    2021 (arXiv 2102.04828) mix again until Xi is below rho times a mean of gradients' norms; here each round "
    "mixes\n"
    "    once, and next round's graph is what follows. After one plain step the mean moves by the learning rate times\n"
    "    the mean gradient's norm.\n"
    "  loss: Gossip-AGA (Chen et al. 2021, arXiv 2105.09080, Algorithm 2): every H-th round is dense, and after each\n"
    "    H = ceil(F_init / F H_init), F the mean training loss of that round. With a loss that never changes it is\n"
    "    Gossip-PGA, as schedule(preset=gossip-pga).\n"
    "  Nothing is heard before round 0, so it is sparse. Where nothing is ever heard, all rounds are.\n";

static const kith_own_metric metrics[] = {
    {"adaptive_dense", "", KITH_BETTER_NONE, 0, "1 where the round's graph is the dense one, else 0."},
    {"adaptive_spent", "rounds", KITH_BETTER_NONE, 0, "How many rounds had the dense graph so far."},
    {"adaptive_value", "", KITH_BETTER_NONE, 0,
     "What the rule compared for the round: Xi^2 (distance), Xi / sqrt(m) (consensus), H (loss)."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "adaptive",
    .version = "1.0",
    .summary = "A sparse graph that becomes dense when learners drift apart, or ever more rarely, within a budget",
    .reference = "arXiv 2102.04828",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
    .details = details,
};
