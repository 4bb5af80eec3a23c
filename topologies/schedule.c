/* Which graph applies when: other topologies in phases, or a rate of random peers that changes with the round. */
#include <kith/graph.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PHASES = 64 };

typedef enum preset {
    PHASE_LIST,
    FIXED,
    TRUNCATE,
    WINDOW,
    LINEAR,
    COSINE,
    EVERY,
    BUDGET,
    SLOW_GROW,
    SLOW_DECREASE,
    GOSSIP_PGA
} preset;

typedef struct config {
    int preset;
    const char *phases, *sparse, *dense, *base;
    double at, width, from, to, budget;
    int64_t every;
} config;

typedef struct phase {
    uint64_t begin;
    kith_inner *inner; /* of this schedule, perhaps of several phases */
} phase;

typedef struct schedule {
    preset preset;
    phase phase[PHASES];
    size_t phases;
    bool shares; /* a phase lasts percent of the run */
    kith_inner *inner[PHASES];
    size_t inners;
    const kith_inner *sketched; /* the one of them that is drawn from sketches; NULL: none */
    void (*close)(kith_inner *inner);
    uint64_t rounds, every, seed;
    size_t nodes;
    double from, to;
} schedule;

static const kith_param params[] = {
    {"preset", KITH_TYPE_CHOICE, 0, offsetof(config, preset), "phases",
     "phases|fixed|truncate|window|linear|cosine|every|budget|slow-grow|slow-decrease|gossip-pga", "",
     "phases: as listed; fixed: sparse; truncate: dense from `at` on; window: dense from `at` for `width`; linear, "
     "cosine, slow-grow, slow-decrease: random peers at a rate that goes from `from` to `to`; every: dense in every "
     "`every`-th round; budget: random peers at the rate that `budget` pays for; gossip-pga: every, where all other "
     "rounds are `base`."},
    {"phases", KITH_TYPE_STRING, "preset = phases", offsetof(config, phases), "random-peer(rate=0.2)", "", "",
     "Topologies in turn: 'ring for 100; random-peer(rate=0.2) for 50%; complete', in rounds or in percent of the "
     "run; the last goes on to the end."},
    {"sparse", KITH_TYPE_STRING, "preset = fixed|truncate|window|every", offsetof(config, sparse),
     "random-peer(rate=0.2)", "", "", "The topology of most rounds."},
    {"base", KITH_TYPE_STRING, "preset = gossip-pga", offsetof(config, base), "ring", "", "",
     "The topology between two averages of all."},
    {"dense", KITH_TYPE_STRING, "preset = truncate|window|every|gossip-pga", offsetof(config, dense), "complete", "",
     "", "The topology of the other rounds."},
    {"at", KITH_TYPE_REAL, "preset = truncate|window", offsetof(config, at), "0.5", "[0,1]", "of the run",
     "Where dense rounds begin."},
    {"width", KITH_TYPE_REAL, "preset = window", offsetof(config, width), "0.1", "[0,1]", "of the run",
     "How long a window is."},
    {"from", KITH_TYPE_REAL, "preset = linear|cosine|slow-grow|slow-decrease", offsetof(config, from), "0", "[0,inf)",
     "peers", "The rate in the first round."},
    {"to", KITH_TYPE_REAL, "preset = linear|cosine|slow-grow|slow-decrease", offsetof(config, to), "1", "[0,inf)",
     "peers", "The rate in the last round."},
    {"every", KITH_TYPE_INT, "preset = every|gossip-pga", offsetof(config, every), "10", "1..", "rounds",
     "From one dense round to the next."},
    {"budget", KITH_TYPE_REAL, "preset = budget", offsetof(config, budget), "62", "[0,inf)", "models",
     "How many models each learner may receive, a merge at the end (2 models) included."},
};

static kith_status open_inner(kith_ctx *ctx, schedule *s, const kith_setting *setting, const char *key,
                              const char *spec, kith_inner **out)
{
    char owner[64];
    snprintf(owner, sizeof owner, "schedule.%s", key);
    KITH_TRY(kith_inner_open(ctx, owner, setting, spec, out));
    s->inner[s->inners++] = *out;
    return KITH_OK;
}

static void add_phase(schedule *s, uint64_t begin, kith_inner *inner)
{
    s->phase[s->phases++] = (phase){begin, inner};
}

static uint64_t round_at(const schedule *s, double share)
{
    return (uint64_t)floor(share * (double)s->rounds + 0.5);
}

static kith_status refuse(kith_ctx *ctx, const char *text, const char *why)
{
    return kith_fail(ctx, KITH_ECONFIG,
                     "schedule.phases: '%s' %s; write 'ring for 100; random-peer(rate=0.2) for 50%%; complete'", text,
                     why);
}

/* Up to a mark that stands outside all brackets; NULL where there is none. */
static char *find_outside(char *text, const char *mark)
{
    size_t depth = 0;
    for (; *text; text++) {
        if (*text == '(') depth++;
        if (*text == ')' && depth) depth--;
        if (depth == 0 && strncmp(text, mark, strlen(mark)) == 0) return text;
    }
    return NULL;
}

/* "SPEC for 100", "SPEC for 50%" or "SPEC"; cuts the length off. */
static kith_status read_length(kith_ctx *ctx, schedule *s, char *text, uint64_t *length, bool *open)
{
    char *mark = find_outside(text, " for ");
    *open = !mark;
    if (!mark) return KITH_OK;
    const char *end = NULL;
    const double amount = kith_number(mark + 5, &end);
    if (end == mark + 5) return refuse(ctx, text, "has no length behind 'for'");
    const bool share = *end == '%';
    if (end[share] || !(amount > 0 && amount < 1e18)) return refuse(ctx, text, "has no length above 0 behind 'for'");
    if (!share && amount != floor(amount))
        return refuse(ctx, text, "lasts a broken number of rounds; percent end with %");
    s->shares |= share;
    *length = share ? round_at(s, amount / 100) : (uint64_t)amount;
    *mark = 0;
    return KITH_OK;
}

static kith_status read_phase(kith_ctx *ctx, schedule *s, const kith_setting *setting, char *text, uint64_t begin,
                              uint64_t *rounds, bool *open)
{
    kith_inner *inner = NULL;
    size_t length = strlen(text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = 0;
    if (*open) return refuse(ctx, text, "comes after a phase without an end");
    if (s->phases == PHASES) return refuse(ctx, text, "is one phase too many");
    KITH_TRY(read_length(ctx, s, text, rounds, open));
    KITH_TRY(open_inner(ctx, s, setting, "phases", text, &inner));
    add_phase(s, begin, inner);
    return KITH_OK;
}

/* Cuts the text into its phases. */
static kith_status read_each(kith_ctx *ctx, schedule *s, const kith_setting *setting, char *text)
{
    uint64_t begin = 0, rounds = 0;
    bool open = false;
    for (char *at = text + strspn(text, "; \t"); *at; at += strspn(at, "; \t")) {
        char *end = find_outside(at, ";"), *piece = at;
        at = end ? end + 1 : at + strlen(at);
        if (end) *end = 0;
        KITH_TRY(read_phase(ctx, s, setting, piece, begin, &rounds, &open));
        begin += rounds;
    }
    return KITH_OK;
}

static kith_status read_phases(kith_ctx *ctx, schedule *s, const config *c, const kith_setting *setting)
{
    char *text = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "schedule.phases", strlen(c->phases) + 1, &text));
    memcpy(text, c->phases, strlen(c->phases) + 1);
    const kith_status status = read_each(ctx, s, setting, text);
    kith_free(text);
    KITH_TRY(status);
    return s->phases ? KITH_OK : refuse(ctx, c->phases, "names no topology");
}

/* Mostly one graph, and another in every `every`-th round; Gossip-PGA is that (Chen et al. 2021, Algorithm 1). */
static kith_status make_every(kith_ctx *ctx, schedule *s, const config *c, const kith_setting *setting)
{
    const bool named = s->preset == GOSSIP_PGA;
    kith_inner *most = NULL, *dense = NULL;
    KITH_TRY(open_inner(ctx, s, setting, named ? "base" : "sparse", named ? c->base : c->sparse, &most));
    add_phase(s, 0, most);
    KITH_TRY(open_inner(ctx, s, setting, "dense", c->dense, &dense));
    add_phase(s, 0, dense);
    return KITH_OK;
}

/* Sparse, then dense, then sparse again; parts may be empty. */
static kith_status make_window(kith_ctx *ctx, schedule *s, const config *c, const kith_setting *setting, double begin,
                               double end)
{
    kith_inner *sparse = NULL, *dense = NULL;
    KITH_TRY(open_inner(ctx, s, setting, "sparse", c->sparse, &sparse));
    add_phase(s, 0, sparse);
    if (s->preset == FIXED) return KITH_OK;
    KITH_TRY(open_inner(ctx, s, setting, "dense", c->dense, &dense));
    add_phase(s, round_at(s, begin), dense);
    if (s->preset == WINDOW && end < 1) add_phase(s, round_at(s, end), sparse);
    return KITH_OK;
}

static kith_status make_budget(kith_ctx *ctx, schedule *s, const config *c)
{
    const double rate = (c->budget - 2) / (double)s->rounds;
    if (rate < 0)
        return kith_fail(ctx, KITH_ECONFIG, "schedule.budget = %g: the merge at the end alone takes 2 models; raise it",
                         c->budget);
    kith_note(ctx, "schedule: %g models per learner pay for %g random peers a round and a merge at the end", c->budget,
              rate);
    s->from = s->to = rate;
    return KITH_OK;
}

static kith_status make(kith_ctx *ctx, schedule *s, const config *c, const kith_setting *setting)
{
    if (!s->rounds)
        return kith_fail(ctx, KITH_ECONFIG,
                         "schedule: how many rounds the run has is not known here; use another topology");
    switch (s->preset) {
    case PHASE_LIST:
        return read_phases(ctx, s, c, setting);
    case FIXED:
    case TRUNCATE:
    case WINDOW:
        return make_window(ctx, s, c, setting, c->at, c->at + c->width);
    case EVERY:
    case GOSSIP_PGA:
        return make_every(ctx, s, c, setting);
    case LINEAR:
    case COSINE:
    case SLOW_GROW:
    case SLOW_DECREASE:
        return KITH_OK;
    case BUDGET:
        return make_budget(ctx, s, c);
    }
    return KITH_OK;
}

/* At most one, since a run that goes on repeats the last draws of one and not of several. */
static kith_status find_sketched(kith_ctx *ctx, schedule *s)
{
    for (size_t i = 0; i < s->inners; i++) {
        kith_inner *inner = s->inner[i];
        if (!inner->ops->sketch || !inner->ops->sketch(inner->self)) continue;
        if (s->sketched)
            return kith_fail(
                ctx, KITH_ECONFIG,
                "schedule: two of its topologies are drawn from what learners did; use one of them in all phases");
        s->sketched = inner;
    }
    return KITH_OK;
}

static void close_all(schedule *s, void (*close)(kith_inner *inner))
{
    for (size_t i = 0; i < s->inners; i++)
        close(s->inner[i]);
    kith_free(s);
}

static void destroy(void *self)
{
    schedule *s = self;
    close_all(s, s->close);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    schedule *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "schedule", 1, &s));
    s->preset = (preset)c->preset;
    s->rounds = setting->rounds;
    s->every = (uint64_t)c->every;
    s->seed = setting->seed;
    s->nodes = setting->learners;
    s->from = c->from;
    s->to = c->to;
    kith_status status = make(ctx, s, c, setting);
    if (status == KITH_OK) status = find_sketched(ctx, s);
    if (status != KITH_OK) {
        close_all(s, s->inners ? setting->opener->close : NULL);
        return status;
    }
    s->close = s->inners ? setting->opener->close : NULL;
    *self = s;
    return KITH_OK;
}

/* The peers per round, for those presets that change it. */
static double rate_at(const schedule *s, uint64_t round)
{
    const double pi = 3.14159265358979323846;
    const double share = s->rounds > 1 ? fmin((double)round / (double)(s->rounds - 1), 1) : 1;
    switch (s->preset) {
    case COSINE:
        return s->to + (s->from - s->to) * (1 + cos(pi * share)) / 2;
    case SLOW_GROW:
        return s->from + (s->to - s->from) * log10(1 + 9 * pow(share, 80));
    case SLOW_DECREASE:
        return s->to + (s->from - s->to) * exp(-10 * share);
    default:
        return s->from + (s->to - s->from) * share;
    }
}

static const kith_inner *inner_at(const schedule *s, uint64_t round)
{
    size_t last = 0;
    if (s->preset == EVERY || s->preset == GOSSIP_PGA) return s->phase[(round + 1) % s->every == 0].inner;
    /* a phase without rounds begins where the next one does, which then counts */
    for (size_t i = 1; i < s->phases; i++)
        if (s->phase[i].begin <= round) last = i;
    return s->phase[last].inner;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    const schedule *s = self;
    if (!s->phases) {
        kith_row_pull(s->seed, rate_at(s, r->round), s->nodes, NULL, 0, r);
        return KITH_OK;
    }
    const kith_inner *inner = inner_at(s, r->round);
    return inner->ops->row(inner->self, ctx, r);
}

static uint32_t properties(const void *self)
{
    const schedule *s = self;
    if (!s->phases) return KITH_ROW_STOCHASTIC | KITH_LOSSLESS;
    uint32_t all = s->inner[0]->ops->properties(s->inner[0]->self);
    for (size_t i = 1; i < s->inners; i++)
        all &= s->inner[i]->ops->properties(s->inner[i]->self) & ~(uint32_t)KITH_STATIC;
    return all;
}

/* ---- phases that are drawn from sketches ---- */

static size_t sketch(const void *self)
{
    const kith_inner *inner = ((const schedule *)self)->sketched;
    return inner ? inner->ops->sketch(inner->self) : 0;
}

static bool drawn(const void *self, uint64_t round)
{
    const kith_inner *inner = inner_at(self, round);
    return inner == ((const schedule *)self)->sketched && inner->ops->drawn(inner->self, round);
}

static kith_status draw(void *self, kith_ctx *ctx, const kith_sketches *sketches)
{
    const kith_inner *inner = ((schedule *)self)->sketched;
    return inner->ops->draw(inner->self, ctx, sketches);
}

/* ---- phases that hear how the run goes: all of them, in all rounds ---- */

static uint32_t hears_of(const kith_inner *inner)
{
    return inner->ops->hears ? inner->ops->hears(inner->self) : 0;
}

static uint32_t hears(const void *self)
{
    const schedule *s = self;
    uint32_t all = 0;
    for (size_t i = 0; i < s->inners; i++)
        all |= hears_of(s->inner[i]);
    return all;
}

static kith_status hear(void *self, kith_ctx *ctx, const kith_published *numbers)
{
    schedule *s = self;
    for (size_t i = 0; i < s->inners; i++)
        if (hears_of(s->inner[i])) KITH_TRY(s->inner[i]->ops->hear(s->inner[i]->self, ctx, numbers));
    return KITH_OK;
}

static kith_status tell(const void *self, kith_tell say, void *arg)
{
    const schedule *s = self;
    for (size_t i = 0; i < s->inners; i++) {
        const kith_inner *inner = s->inner[i];
        if (inner->ops->tell && (inner == s->sketched || hears_of(inner)))
            KITH_TRY(inner->ops->tell(inner->self, say, arg));
    }
    return KITH_OK;
}

static const double *scores(const void *self)
{
    const kith_inner *inner = ((const schedule *)self)->sketched;
    return inner && inner->ops->scores ? inner->ops->scores(inner->self) : NULL;
}

/* Of presets in parts of the run, and where phases last percent of it. */
static bool spans(const void *self)
{
    const schedule *s = self;
    const bool parts[] = {[TRUNCATE] = true, [WINDOW] = true,    [LINEAR] = true,        [COSINE] = true,
                          [BUDGET] = true,   [SLOW_GROW] = true, [SLOW_DECREASE] = true, [GOSSIP_PGA] = false};
    bool any = s->shares || parts[s->preset];
    for (size_t i = 0; i < s->inners; i++)
        any |= s->inner[i]->ops->spans && s->inner[i]->ops->spans(s->inner[i]->self);
    return any;
}

static const kith_topology ops = {.properties = properties,
                                  .row = row,
                                  .sketch = sketch,
                                  .drawn = drawn,
                                  .draw = draw,
                                  .tell = tell,
                                  .scores = scores,
                                  .hears = hears,
                                  .hear = hear,
                                  .spans = spans};

static const char details[] =
    "Rates, for a share u = t / (T - 1) of the run\n"
    "  linear: from + (to - from) u. cosine: to + (from - to) (1 + cos(pi u)) / 2.\n"
    "  slow-grow: from + (to - from) log10(1 + 9 u^80), at `from` for nine tenths of the run, and `to` at its end.\n"
    "  slow-decrease: to + (from - to) exp(-10 u), near `to` after half of it.\n"
    "  The last two are those of the paper's own program, whose slow-grow always ends at 16 peers.\n"
    "Gossip-PGA (Chen et al. 2021, arXiv 2105.09080): gossip along `base`, and the mean of all in every `every`-th\n"
    "round. With H that follows the loss it is Gossip-AGA: adaptive(rule=loss, sparse=ring).\n";

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "schedule",
    .version = "1.0",
    .summary = "Other topologies in phases, or random peers at a rate that changes",
    .reference = "arXiv 2507.06542",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
    .details = details,
};
