/* Who hears whom is drawn anew from what learners did: contributors are heard by those whose updates resemble theirs.
 *
 * The mechanism is that of Tastan, Horvath, Nandakumar 2025 (arXiv 2510.00685), where agents are language models and
 * vectors embed their answers. Here vectors are sketches of model updates; thresholds, weights and the mixture with a
 * base graph are an adaptation to learning. */
#include <kith/graph.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARENTS = 64 };

typedef enum candidates { OF_ALL, OF_BASE } candidates;

typedef struct config {
    const char *base;
    double threshold, share, epsilon;
    int64_t parents, sketch, every, until;
    int among;
} config;

/* A learner's parents in a draw, in the order of their contributions. */
typedef struct family {
    uint32_t count, parent[PARENTS];
} family;

typedef struct contribution {
    config how;
    kith_inner *base;
    void (*close)(kith_inner *inner);
    size_t nodes;
    double *psi, *norm, *mean; /* [N], [N], [S] */
    uint32_t *order;           /* [N] by falling contribution */
    uint32_t *place;           /* [N] where a learner stands in it */
    uint32_t *length;          /* [N] edges of the longest way to it */
    double *weight;            /* [N] */
    uint32_t *near;            /* [N] */
    family *now, *former;      /* [N] */
    uint64_t round, draws;
    double edges, sources, depth, churn; /* of the last draw */
} contribution;

static const kith_param params[] = {
    {"base", KITH_TYPE_STRING, 0, offsetof(config, base), "ring", "", "",
     "The graph that is mixed in, name(key=value, ...): without it learners would never agree."},
    {"threshold", KITH_TYPE_REAL, 0, offsetof(config, threshold), "0", "[-1,1]", "",
     "tau: the least cosine between the updates of a learner and of one that it hears."},
    {"parents", KITH_TYPE_INT, 0, offsetof(config, parents), "3", "1..64", "learners",
     "The most that a learner hears; those who contribute most are taken."},
    {"among", KITH_TYPE_CHOICE, 0, offsetof(config, among), "all", "all|base", "",
     "Whether anyone may be heard, or neighbours in the base graph only."},
    {"share", KITH_TYPE_REAL, 0, offsetof(config, share), "0.5", "[0,1]", "",
     "lambda: what parents weigh together; a learner keeps the rest, and everything if it has none."},
    {"epsilon", KITH_TYPE_REAL, 0, offsetof(config, epsilon), "0.1", "[0,1]", "",
     "W = (1 - epsilon) of this graph + epsilon of the base graph."},
    {"every", KITH_TYPE_INT, 0, offsetof(config, every), "0", "0..", "rounds",
     "Every so many rounds the base graph alone is used; 0: never."},
    {"until", KITH_TYPE_INT, 0, offsetof(config, until), "0", "0..", "rounds",
     "The graph is drawn anew in so many rounds at the beginning, and the last one stays; 0: in all rounds."},
    {"sketch", KITH_TYPE_INT, 0, offsetof(config, sketch), "512", "1..1048576", "numbers",
     "How many numbers stand for an update; cosines are off by some 1 / sqrt(sketch)."},
};

static void destroy(void *self)
{
    contribution *c = self;
    void *const lists[] = {c->psi,    c->norm,   c->mean, c->order, c->place,
                           c->length, c->weight, c->near, c->now,   c->former};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        kith_free(lists[i]);
    if (c->base) c->close(c->base);
    kith_free(c);
}

static kith_status allocate(kith_ctx *ctx, contribution *c)
{
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->psi));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->norm));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", (size_t)c->how.sketch, &c->mean));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->order));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->place));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->length));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->weight));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->near));
    KITH_TRY(KITH_ALLOC(ctx, "contributions", c->nodes, &c->now));
    return KITH_ALLOC(ctx, "contributions", c->nodes, &c->former);
}

static kith_status open(kith_ctx *ctx, contribution *c, const kith_setting *setting)
{
    KITH_TRY(kith_inner_open(ctx, "contribution.base", setting, c->how.base, &c->base));
    c->close = setting->opener->close;
    if (c->base->ops->sketch && c->base->ops->sketch(c->base->self))
        return kith_fail(ctx, KITH_ECONFIG,
                         "contribution.base = %s: it is drawn from updates itself; choose a graph that is not",
                         c->how.base);
    if (!(c->base->ops->properties(c->base->self) & KITH_ROW_STOCHASTIC))
        return kith_fail(ctx, KITH_ECONFIG,
                         "contribution.base = %s: the weights that its nodes hear with do not sum to 1; choose others",
                         c->how.base);
    return allocate(ctx, c);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    contribution *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "contribution", 1, &c));
    c->how = *(const config *)config_;
    c->nodes = setting->learners;
    const kith_status status = open(ctx, c, setting);
    if (status != KITH_OK) {
        destroy(c);
        return status;
    }
    *self = c;
    return KITH_OK;
}

static uint32_t properties(const void *self)
{
    const contribution *c = self;
    return KITH_ROW_STOCHASTIC | (c->base->ops->properties(c->base->self) & KITH_LOSSLESS);
}

static size_t sketch(const void *self)
{
    const contribution *c = self;
    return (size_t)c->how.sketch;
}

/* Whether a round's graph is the base alone. */
static bool is_plain(const contribution *c, uint64_t round)
{
    return c->how.every && (round + 1) % (uint64_t)c->how.every == 0;
}

static bool is_kept(const contribution *c, uint64_t round)
{
    return c->how.until && round >= (uint64_t)c->how.until;
}

static bool drawn(const void *self, uint64_t round)
{
    const contribution *c = self;
    return !is_plain(c, round) && !is_kept(c, round);
}

/* ---- drawing ---- */

/* Eight sums side by side, added in order: a compiler may not do that to one sum by itself. */
static double dot(size_t n, const double *x, const double *y)
{
    double sum[8] = {0};
    size_t s = 0;
    for (; s + 8 <= n; s += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += x[s + k] * y[s + k];
    for (size_t k = 0; s + k < n; k++)
        sum[k] += x[s + k] * y[s + k];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* An update of length 0 is like no other: its cosines are 0. */
static double cosine(size_t n, const double *x, const double *y, double norms)
{
    return norms > 0.0 ? dot(n, x, y) / norms : 0.0;
}

/* psi_n = cos(r_n, mean of all r). */
static void score(contribution *c, const kith_sketches *s)
{
    memset(c->mean, 0, s->length * sizeof *c->mean);
    for (size_t i = 0; i < s->learners; i++) {
        c->norm[i] = sqrt(dot(s->length, s->row[i], s->row[i]));
        for (size_t k = 0; k < s->length; k++)
            c->mean[k] += s->row[i][k] / (double)s->learners;
    }
    const double norm = sqrt(dot(s->length, c->mean, c->mean));
    for (size_t i = 0; i < s->learners; i++)
        c->psi[i] = cosine(s->length, s->row[i], c->mean, c->norm[i] * norm);
}

static int contributes_more(const void *a, const void *b, void *arg)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const double *psi = arg;
    if (psi[i] != psi[j]) return psi[i] > psi[j] ? -1 : 1;
    return i < j ? -1 : i > j;
}

static void rank(contribution *c)
{
    for (size_t i = 0; i < c->nodes; i++)
        c->order[i] = (uint32_t)i;
    qsort_r(c->order, c->nodes, sizeof *c->order, contributes_more, c->psi);
    for (size_t i = 0; i < c->nodes; i++)
        c->place[c->order[i]] = (uint32_t)i;
}

static int by_place(const void *a, const void *b, void *arg)
{
    const uint32_t *place = arg, i = place[*(const uint32_t *)a], j = place[*(const uint32_t *)b];
    return i < j ? -1 : i > j;
}

/* Whom a learner may hear, in the order of contributions. */
static kith_status candidates_of(kith_ctx *ctx, contribution *c, uint64_t round, size_t node, const uint32_t **list,
                                 size_t *count)
{
    *list = c->order;
    *count = c->place[node];
    if (c->how.among == OF_ALL) return KITH_OK;
    kith_row row = {.round = round, .node = node, .from = c->near, .weight = c->weight};
    KITH_TRY(c->base->ops->row(c->base->self, ctx, &row));
    qsort_r(c->near, row.count, sizeof *c->near, by_place, c->place);
    *list = c->near;
    *count = 0;
    while (*count < row.count && c->place[c->near[*count]] < c->place[node])
        ++*count;
    return KITH_OK;
}

/* A parent contributes more than its child, so there is no way around in a circle, and ties make no edge. One whose
 * contribution is not above 0 would weigh nothing. */
static void choose(const contribution *c, const kith_sketches *s, size_t node, const uint32_t *list, size_t count,
                   family *out)
{
    out->count = 0;
    for (size_t k = 0; k < count && out->count < (size_t)c->how.parents; k++) {
        const uint32_t m = list[k];
        if (c->psi[m] <= 0.0 || c->psi[m] <= c->psi[node]) return;
        if (cosine(s->length, s->row[m], s->row[node], c->norm[m] * c->norm[node]) >= c->how.threshold)
            out->parent[out->count++] = m;
    }
}

/* Parents come before their children in the order, so one pass finds the longest ways. */
static double depth_of(contribution *c)
{
    uint32_t most = 0;
    for (size_t k = 0; k < c->nodes; k++) {
        const uint32_t i = c->order[k];
        const family *f = &c->now[i];
        c->length[i] = 0;
        for (size_t p = 0; p < f->count; p++)
            if (c->length[f->parent[p]] >= c->length[i]) c->length[i] = c->length[f->parent[p]] + 1;
        if (c->length[i] > most) most = c->length[i];
    }
    return most;
}

static bool has(const family *f, uint32_t parent)
{
    for (size_t k = 0; k < f->count; k++)
        if (f->parent[k] == parent) return true;
    return false;
}

/* churn = 1 - |both| / |either|, of the edges of two draws. */
static void describe(contribution *c)
{
    double both = 0.0, former = 0.0;
    c->edges = c->sources = 0.0;
    for (size_t i = 0; i < c->nodes; i++) {
        for (size_t k = 0; k < c->now[i].count; k++)
            both += has(&c->former[i], c->now[i].parent[k]);
        c->edges += c->now[i].count;
        c->sources += c->now[i].count == 0;
        former += c->former[i].count;
    }
    const double either = c->edges + former - both;
    c->churn = either > 0.0 ? 1.0 - both / either : 0.0;
    c->depth = depth_of(c);
}

static kith_status draw(void *self, kith_ctx *ctx, const kith_sketches *s)
{
    contribution *c = self;
    family *const former = c->former;
    score(c, s);
    rank(c);
    c->former = c->now;
    c->now = former;
    for (size_t i = 0; i < c->nodes; i++) {
        const uint32_t *list = NULL;
        size_t count = 0;
        KITH_TRY(candidates_of(ctx, c, s->round, i, &list, &count));
        choose(c, s, i, list, count, &c->now[i]);
    }
    c->round = s->round;
    c->draws++;
    describe(c);
    return KITH_OK;
}

/* ---- rows ---- */

/* Parents in proportion to their contributions, and the node itself. */
static void own_row(contribution *c, const family *f, size_t node, double total)
{
    double sum = 0.0;
    for (size_t k = 0; k < f->count; k++)
        sum += c->psi[f->parent[k]];
    for (size_t k = 0; k < f->count; k++)
        c->weight[f->parent[k]] += total * c->how.share * c->psi[f->parent[k]] / sum;
    c->weight[node] += total * (f->count ? 1.0 - c->how.share : 1.0);
}

static int ascending(const void *a, const void *b)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    return i < j ? -1 : i > j;
}

/* Adds the nodes of a list to those of the row, each once. */
static size_t join(uint32_t *from, size_t count, const uint32_t *list, size_t more)
{
    const size_t before = count;
    for (size_t k = 0; k < more; k++)
        if (!bsearch(&list[k], from, before, sizeof *from, ascending)) from[count++] = list[k];
    qsort(from, count, sizeof *from, ascending);
    return count;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    contribution *c = self;
    if (is_plain(c, r->round)) return c->base->ops->row(c->base->self, ctx, r);
    if (!c->draws || (c->round != r->round && !is_kept(c, r->round)))
        return kith_fail(
            ctx, KITH_ECONFIG,
            "contribution: this graph is drawn from what learners did in a round, which is not known here; use it "
            "in a run with a decentralized algorithm whose learners move in step");
    /* parents who weigh nothing are not heard, and cost nothing */
    static const family nobody = {.count = 0};
    const family *f = c->how.share > 0.0 && c->how.epsilon < 1.0 ? &c->now[r->node] : &nobody;
    const uint32_t node = (uint32_t)r->node;
    KITH_TRY(c->base->ops->row(c->base->self, ctx, r));
    if (c->how.epsilon == 0.0) r->count = 0;
    c->weight[node] = 0.0;
    for (size_t k = 0; k < f->count; k++)
        c->weight[f->parent[k]] = 0.0;
    for (size_t e = 0; e < r->count; e++)
        c->weight[r->from[e]] = c->how.epsilon * r->weight[e];
    own_row(c, f, r->node, 1.0 - c->how.epsilon);
    r->count = join(r->from, r->count, f->parent, f->count);
    r->count = join(r->from, r->count, &node, 1);
    for (size_t e = 0; e < r->count; e++)
        r->weight[e] = c->weight[r->from[e]];
    return KITH_OK;
}

static kith_status tell(const void *self, kith_tell say, void *arg)
{
    const contribution *c = self;
    double mean = 0.0, least = INFINITY;
    if (c->draws == 0) return KITH_OK;
    for (size_t i = 0; i < c->nodes; i++) {
        mean += c->psi[i] / (double)c->nodes;
        least = fmin(least, c->psi[i]);
    }
    KITH_TRY(say(arg, "contribution_edges", c->edges));
    KITH_TRY(say(arg, "contribution_depth", c->depth));
    KITH_TRY(say(arg, "contribution_sources", c->sources));
    if (c->draws > 1) KITH_TRY(say(arg, "contribution_churn", c->churn));
    KITH_TRY(say(arg, "contribution_mean", mean));
    return say(arg, "contribution_min", least);
}

static const double *scores(const void *self)
{
    const contribution *c = self;
    return c->psi;
}

/* The graph at the base may follow how the run goes. */
static uint32_t hears(const void *self)
{
    const contribution *c = self;
    return c->base->ops->hears ? c->base->ops->hears(c->base->self) : 0;
}

static kith_status hear(void *self, kith_ctx *ctx, const kith_published *numbers)
{
    contribution *c = self;
    return c->base->ops->hear(c->base->self, ctx, numbers);
}

static bool spans(const void *self)
{
    const contribution *c = self;
    return c->base->ops->spans && c->base->ops->spans(c->base->self);
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

static const kith_own_metric metrics[] = {
    {"contribution_edges", "edges", KITH_BETTER_NONE, 0,
     "Edges of the last draw from whom a learner takes to it, its own aside."},
    {"contribution_depth", "hops", KITH_BETTER_NONE, 0, "The longest way from a source to a learner in it."},
    {"contribution_sources", "learners", KITH_BETTER_NONE, 0, "Learners that the last draw lets take from nobody."},
    {"contribution_churn", "", KITH_BETTER_NONE, 0, "1 - |both| / |either|, of the edges of the last two draws."},
    {"contribution_mean", "", KITH_BETTER_NONE, 0, "The mean of psi, the contributions, over learners."},
    {"contribution_min", "", KITH_BETTER_UP, 0, "The least of them."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "contribution",
    .version = "1.0",
    .summary = "Drawn anew each round: learners hear those who contributed most, among updates that resemble theirs",
    .reference = "arXiv 2510.00685",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
