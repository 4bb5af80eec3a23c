/* Base-(k+1) graphs: a sequence after which all hold the exact mean, for any number of nodes, with at most k peers
 * each.
 *
 * Nodes are cut into runs as n is written in base k+1: a run per digit a at place p has a (k+1)^p nodes. First each run
 * averages within itself. Then the longest run and all shorter ones together exchange, so that each of its a pieces,
 * and the shorter ones together, have the mean of all; the pieces average within themselves while the next run does the
 * same.
 */
#include <kith/graph.h>

enum { PLACES = 64 };

typedef struct config {
    int64_t peers;
} config;

static const kith_param params[] = {
    {"peers", KITH_TYPE_INT, 0, offsetof(config, peers), "1", "1..1000", "peers",
     "With how many others a node talks at most."},
};

typedef struct base_k {
    kith_graph **graph; /* of each round, then from the start again */
    size_t rounds;
    size_t nodes;
} base_k;

/* One run: digit a of place p in base k+1. */
typedef struct run {
    size_t first, pieces, piece; /* nodes first .. first + pieces piece - 1 */
    size_t place;
} run;

typedef struct plan {
    size_t base, nodes; /* base: k + 1 */
    size_t smooth;      /* the product of nodes' factors up to the base; the others are averaged within groups first */
    run run[PLACES];    /* of each group, from the longest */
    size_t runs;
} plan;

/* The largest divisor from 2 to base; 1 if there is none. */
static size_t factor_of(size_t n, size_t base)
{
    for (size_t f = base < n ? base : n; f >= 2; f--)
        if (n % f == 0) return f;
    return 1;
}

/* How many rounds of cliques average n nodes; n has no factor above the base. */
static size_t clique_rounds(size_t n, size_t base)
{
    size_t rounds = 0;
    for (; n > 1; n /= factor_of(n, base))
        rounds++;
    return rounds;
}

static kith_status exchange(kith_ctx *ctx, kith_edges *edges, size_t u, size_t v, double weight)
{
    const kith_edge there = {.to = (uint32_t)v, .from = (uint32_t)u, .weight = weight};
    const kith_edge back = {.to = (uint32_t)u, .from = (uint32_t)v, .weight = weight};
    KITH_TRY(kith_edges_add(ctx, edges, &there));
    return kith_edges_add(ctx, edges, &back);
}

/* Round r of those that average first .. first + count - 1, among nodes that are equal modulo stride. */
static kith_status cliques(kith_ctx *ctx, kith_edges *edges, size_t base, size_t first, size_t count, size_t stride,
                           size_t r)
{
    size_t left = count / stride;
    const size_t rounds = clique_rounds(left, base);
    if (rounds == 0) return KITH_OK;
    for (r %= rounds; r > 0; r--) {
        const size_t f = factor_of(left, base);
        left /= f;
        stride *= f;
    }
    const size_t f = factor_of(left, base);
    for (size_t i = 0; i < count; i++)
        for (size_t digit = i / stride % f + 1, to = i + stride; digit < f; digit++, to += stride)
            KITH_TRY(exchange(ctx, edges, first + i, first + to, 1.0 / (double)f));
    return KITH_OK;
}

static void cut(plan *p, size_t nodes)
{
    size_t piece = 1, place = 0, first = 0;
    for (; piece <= nodes / p->base; place++)
        piece *= p->base;
    p->runs = 0;
    for (; nodes; place--, piece /= p->base) {
        const size_t digit = nodes / piece;
        if (digit) p->run[p->runs++] = (run){first, digit, piece, place};
        first += digit * piece;
        nodes -= digit * piece;
    }
}

static size_t first_phase(const plan *p)
{
    return clique_rounds(p->run[0].pieces * p->run[0].piece, p->base);
}

static size_t run_rounds(const plan *p)
{
    return first_phase(p) + (p->runs > 1 ? 1 + p->run[0].place : 0);
}

/* Run l with all that come after it. */
static kith_status unite(kith_ctx *ctx, kith_edges *edges, const plan *p, size_t l, size_t first, size_t nodes)
{
    const run *r = &p->run[l];
    const size_t tail = r->first + r->pieces * r->piece;
    const double weight = (double)r->piece / (double)(nodes - r->first);
    for (size_t t = tail; t < nodes; t++)
        for (size_t a = 0; a < r->pieces; a++)
            KITH_TRY(exchange(ctx, edges, first + t, first + r->first + a * r->piece + (t - tail), weight));
    return KITH_OK;
}

/* Round m of the group of nodes that starts with `first`. */
static kith_status group_round(kith_ctx *ctx, kith_edges *edges, const plan *p, size_t first, size_t nodes, size_t m)
{
    const size_t within = first_phase(p);
    for (size_t l = 0; l < p->runs; l++) {
        const run *r = &p->run[l];
        const size_t begin = first + r->first;
        if (m < within) {
            KITH_TRY(cliques(ctx, edges, p->base, begin, r->pieces * r->piece, 1, m));
        } else if (m - within == l && l + 1 < p->runs) {
            KITH_TRY(unite(ctx, edges, p, l, first, nodes));
        } else if (m - within > l) {
            for (size_t a = 0; a < r->pieces; a++)
                KITH_TRY(cliques(ctx, edges, p->base, begin + a * r->piece, r->piece, 1, m - within - l - 1));
        }
    }
    return KITH_OK;
}

/* What is not exchanged stays. */
static kith_status keep_rest(kith_ctx *ctx, kith_edges *edges, size_t nodes)
{
    double *left = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "weights of a graph", nodes, &left));
    for (size_t i = 0; i < nodes; i++)
        left[i] = 1;
    for (size_t e = 0; e < edges->count; e++)
        left[edges->item[e].to] -= edges->item[e].weight;
    kith_status status = KITH_OK;
    for (size_t i = 0; i < nodes && status == KITH_OK; i++) {
        const kith_edge own = {.to = (uint32_t)i, .from = (uint32_t)i, .weight = left[i] > 0 ? left[i] : 0};
        status = kith_edges_add(ctx, edges, &own);
    }
    kith_free(left);
    return status;
}

/* Groups average within themselves, then across; one group where that takes no longer. */
static void make_plan(plan *p, size_t nodes, size_t base)
{
    size_t smooth = 1;
    for (size_t f; (f = factor_of(nodes / smooth, base)) > 1;)
        smooth *= f;
    *p = (plan){.base = base, .nodes = nodes, .smooth = 1};
    cut(p, nodes);
    const size_t alone = run_rounds(p);
    cut(p, nodes / smooth);
    if (run_rounds(p) + clique_rounds(smooth, base) < alone)
        p->smooth = smooth;
    else
        cut(p, nodes);
}

static kith_status draw_round(kith_ctx *ctx, kith_edges *edges, const plan *p, size_t m)
{
    const size_t group = p->nodes / p->smooth, within = run_rounds(p);
    if (m >= within) {
        KITH_TRY(cliques(ctx, edges, p->base, 0, p->nodes, group, m - within));
    } else {
        for (size_t first = 0; first < p->nodes; first += group)
            KITH_TRY(group_round(ctx, edges, p, first, group, m));
    }
    return keep_rest(ctx, edges, p->nodes);
}

static void destroy(void *self)
{
    base_k *s = self;
    for (size_t t = 0; s->graph && t < s->rounds; t++)
        kith_graph_free(s->graph[t]);
    kith_free(s->graph);
    kith_free(s);
}

static kith_status fill(kith_ctx *ctx, base_k *s, const plan *p)
{
    s->nodes = p->nodes;
    s->rounds = run_rounds(p) + clique_rounds(p->smooth, p->base);
    if (s->rounds == 0) s->rounds = 1; /* a single node */
    KITH_TRY(KITH_ALLOC(ctx, "base-k graphs", s->rounds, &s->graph));
    for (size_t t = 0; t < s->rounds; t++) {
        kith_edges edges = {0};
        kith_status status = draw_round(ctx, &edges, p, t);
        if (status == KITH_OK)
            status = kith_graph_create(ctx, "base-k", p->nodes, &edges, KITH_WEIGHTS_FILE, &s->graph[t]);
        kith_edges_free(&edges);
        KITH_TRY(status);
    }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    plan p;
    base_k *s = NULL;
    make_plan(&p, setting->learners, (size_t)((const config *)config_)->peers + 1);
    KITH_TRY(KITH_ALLOC(ctx, "base-k", 1, &s));
    const kith_status status = fill(ctx, s, &p);
    if (status != KITH_OK) {
        destroy(s);
        return status;
    }
    *self = s;
    return KITH_OK;
}

static uint32_t properties(const void *self)
{
    const base_k *s = self;
    uint32_t all = s->graph[0]->properties;
    for (size_t t = 1; t < s->rounds; t++)
        all &= s->graph[t]->properties & ~(uint32_t)KITH_STATIC;
    return all;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const base_k *s = self;
    kith_graph_row(s->graph[r->round % s->rounds], r);
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "base-k",
    .version = "1.0",
    .summary = "Base-(k+1) graphs: the exact mean after few rounds, for any number of nodes",
    .reference = "arXiv 2305.11420",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
