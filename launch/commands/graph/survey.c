#include "launch/commands/graph/survey.h"

#include "graph/spectrum.h"
#include "launch/services/console.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is kept from round to round. */
typedef struct gathering {
    survey *s;
    const kith_topology *ops;
    void *topology;
    uint32_t *leader; /* union-find over all rounds' edges */
    double *x, *y;    /* for random vectors */
    double before, after;
    kith_mixing mixing;
} gathering;

static void widen(range *r, double value)
{
    r->least = fmin(r->least, value);
    r->most = fmax(r->most, value);
    r->sum += value;
}

static uint32_t leader_of(uint32_t *leader, uint32_t i)
{
    for (; leader[i] != i; i = leader[i])
        leader[i] = leader[leader[i]];
    return i;
}

static double deviations(size_t n, const double *x)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum;
}

static void draw_vector(uint64_t which, size_t n, double *x)
{
    kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, which, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = kith_draw_normal(&stream);
}

/* A static graph gets some vectors, where it has many edges fewer: of many nodes each tells more. */
static uint64_t vectors_for(const kith_graph *graph)
{
    const double most = 2e9 / (double)graph->start[graph->nodes];
    return most < 4 ? 4 : most < 100 ? (uint64_t)most : 100;
}

/* Vectors are as many as rounds; a static graph gets some, too. */
static void measure(gathering *g, const kith_graph *graph, uint64_t first, uint64_t count)
{
    for (uint64_t v = first; v < first + count; v++) {
        draw_vector(v, graph->nodes, g->x);
        g->before += deviations(graph->nodes, g->x);
        kith_graph_mix(graph, g->x, g->y);
        g->after += deviations(graph->nodes, g->y);
    }
}

static void look_at_edges(gathering *g, const kith_graph *graph)
{
    survey *s = g->s;
    for (size_t i = 0; i < graph->nodes; i++) {
        widen(&s->degree, (double)(graph->start[i + 1] - graph->start[i] - 1));
        for (size_t e = graph->start[i]; e < graph->start[i + 1]; e++)
            g->leader[leader_of(g->leader, graph->from[e])] = leader_of(g->leader, (uint32_t)i);
    }
    widen(&s->edges, (double)(graph->start[graph->nodes] - graph->nodes));
    s->mutual &= (graph->properties & KITH_UNDIRECTED) != 0;
}

static kith_status look_at(kith_ctx *ctx, gathering *g, const kith_graph *graph, uint64_t round)
{
    survey *s = g->s;
    kith_sums sums;
    bool weak = false;
    look_at_edges(g, graph);
    KITH_TRY(kith_graph_sums(ctx, graph, &sums));
    s->sums = (kith_sums){fmin(s->sums.row_least, sums.row_least), fmax(s->sums.row_most, sums.row_most),
                          fmin(s->sums.column_least, sums.column_least), fmax(s->sums.column_most, sums.column_most)};
    KITH_TRY(kith_graph_connected(ctx, graph, false, &weak));
    s->weak += weak;
    s->strong += (graph->properties & KITH_CONNECTED) != 0;
    measure(g, graph, s->rounds == 1 ? 0 : round, s->rounds == 1 ? vectors_for(graph) : 1);
    if (!s->known) return KITH_OK;
    if (s->promised & KITH_STATIC) KITH_TRY(kith_graph_second(ctx, graph, &s->second));
    return kith_mixing_add(ctx, &g->mixing, graph);
}

/* An edge takes some 30 ns a round, one of a static graph some more. */
static void warn(const survey *s, const kith_graph *graph)
{
    const double edges = (double)graph->start[s->nodes], rounds = (double)s->rounds;
    if (edges * rounds > (s->rounds == 1 ? 5e7 : 3e8))
        say("looking at %.3g edges in %.0f round%s takes a while", edges, rounds, s->rounds == 1 ? "" : "s");
}

static kith_status look_at_rounds(kith_ctx *ctx, gathering *g)
{
    for (uint64_t t = 0; t < g->s->rounds; t++) {
        kith_graph *graph = NULL;
        KITH_TRY(kith_graph_of(ctx, g->ops, g->topology, g->s->nodes, t, &graph));
        if (t == 0) warn(g->s, graph);
        const kith_status status = look_at(ctx, g, graph, t);
        kith_graph_free(graph);
        KITH_TRY(status);
    }
    return KITH_OK;
}

static double farthest(size_t n, const double *x, double mean)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i] - mean));
    return most;
}

/* Convergence that is merely fast is not over after this few rounds. */
static kith_status find_consensus(kith_ctx *ctx, gathering *g)
{
    survey *s = g->s;
    const size_t n = s->nodes;
    const uint64_t patience = 4 + 2 * (uint64_t)ceil(log2((double)n));
    double mean = 0;
    draw_vector(0, n, g->x);
    for (size_t i = 0; i < n; i++)
        mean += g->x[i] / (double)n;
    kith_graph *graph = NULL;
    for (uint64_t t = 0; t < patience && !s->consensus; t++) {
        if (t == 0 || s->rounds > 1) {
            kith_graph_free(graph);
            graph = NULL;
            KITH_TRY(kith_graph_of(ctx, g->ops, g->topology, n, t, &graph));
        }
        kith_graph_mix(graph, g->x, g->y);
        memcpy(g->x, g->y, n * sizeof *g->x);
        if (farthest(n, g->x, mean) < 1e-13) s->consensus = t + 1;
    }
    kith_graph_free(graph);
    return KITH_OK;
}

static kith_status gather(kith_ctx *ctx, gathering *g)
{
    survey *s = g->s;
    for (size_t i = 0; i < s->nodes; i++)
        g->leader[i] = (uint32_t)i;
    KITH_TRY(look_at_rounds(ctx, g));
    s->measured = g->before > 0 ? 1 - g->after / g->before : 1;
    s->together = true;
    for (size_t i = 0; i < s->nodes; i++)
        s->together &= leader_of(g->leader, (uint32_t)i) == leader_of(g->leader, 0);
    if (s->known) KITH_TRY(kith_mixing_rates(ctx, &g->mixing, &s->about_own, &s->about_old));
    return find_consensus(ctx, g);
}

/* ---- W = 11'/N: N squared edges, of which all is known ---- */

/* Row by row, and none is kept; the first that is another ends it. */
static kith_status is_mean_of_all(kith_ctx *ctx, gathering *g, bool *out)
{
    const size_t n = g->s->nodes;
    *out = true;
    for (size_t i = 0; i < n && *out; i++) {
        kith_row row = {.node = i, .from = g->leader, .weight = g->x};
        KITH_TRY(g->ops->row(g->topology, ctx, &row));
        *out = row.count == n;
        for (size_t e = 0; e < row.count && *out; e++)
            *out = row.from[e] == e && row.weight[e] == 1.0 / (double)n;
        if (i == 0 && *out && n > 50000) say("looking at %.3g edges takes a while", (double)n * (double)n);
    }
    return KITH_OK;
}

static void know(survey *s)
{
    const double n = (double)s->nodes;
    s->edges = (range){n * (n - 1), n * (n - 1), n * (n - 1)};
    s->degree = (range){n - 1, n - 1, n * (n - 1)};
    s->sums = (kith_sums){1, 1, 1, 1};
    s->strong = s->weak = 1;
    s->together = s->known = true;
    s->second = 0;
    s->about_own = s->about_old = s->measured = 1;
    s->consensus = 1;
}

static kith_status allocate(kith_ctx *ctx, gathering *g)
{
    KITH_TRY(KITH_ALLOC(ctx, "nodes of a graph", g->s->nodes, &g->leader));
    KITH_TRY(KITH_ALLOC(ctx, "vector of a graph", g->s->nodes, &g->x));
    return KITH_ALLOC(ctx, "vector of a graph", g->s->nodes, &g->y);
}

static kith_status find_out(kith_ctx *ctx, gathering *g)
{
    bool mean_of_all = false;
    KITH_TRY(allocate(ctx, g));
    if (g->s->rounds == 1 && !g->s->known && g->s->nodes > 1) KITH_TRY(is_mean_of_all(ctx, g, &mean_of_all));
    if (!mean_of_all) return gather(ctx, g);
    know(g->s);
    return KITH_OK;
}

kith_status survey_make(kith_ctx *ctx, const kith_topology *ops, void *topology, size_t nodes, uint64_t rounds,
                        survey *out)
{
    const range nothing = {INFINITY, -INFINITY, 0};
    *out = (survey){.nodes = nodes,
                    .promised = ops->properties(topology),
                    .mutual = true,
                    .edges = nothing,
                    .degree = nothing,
                    .sums = {INFINITY, -INFINITY, INFINITY, -INFINITY},
                    .known = nodes <= SURVEY_DENSE};
    out->rounds = out->promised & KITH_STATIC ? 1 : rounds;
    gathering g = {.s = out, .ops = ops, .topology = topology};
    const kith_status status = find_out(ctx, &g);
    kith_mixing_free(&g.mixing);
    kith_free(g.leader);
    kith_free(g.x);
    kith_free(g.y);
    return status;
}

/* ---- printing ---- */

static void print_connectivity(const survey *s)
{
    if (s->rounds == 1) {
        printf("connected       %s\n", s->strong ? "yes" : !s->weak ? "no" : "weakly: not along the edges' directions");
        return;
    }
    printf("connected       in %llu of %llu rounds", (unsigned long long)s->strong, (unsigned long long)s->rounds);
    if (s->weak > s->strong) printf(", weakly in %llu", (unsigned long long)s->weak);
    printf("; all rounds together: %s\n", s->together ? "yes" : "no");
}

static void print_promises(uint32_t promised)
{
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {
#define PROMISE_WORD(name, bit, word, text) {name, word},
        KITH_PROPERTY_MAP(PROMISE_WORD)
#undef PROMISE_WORD
    };
    const char *separator = "";
    printf("promised        ");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!(promised & words[i].bit)) continue;
        printf("%s%s", separator, words[i].word);
        separator = ", ";
    }
    printf("%s\n", *separator ? "" : "nothing");
}

static void print_rates(const survey *s)
{
    const bool rows = s->sums.row_least > 1 - 1e-9 && s->sums.row_most < 1 + 1e-9;
    const bool columns = s->sums.column_least > 1 - 1e-9 && s->sums.column_most < 1 + 1e-9;
    if (!s->known) printf("spectral gap and p: not computed for more than %zu nodes\n", SURVEY_DENSE);
    if (s->known && s->rounds == 1) printf("spectral gap    %.6g  (1 - |lambda_2|)\n", 1 - s->second);
    if (s->known && rows)
        printf("p               %.6g  (the worst case: 1 - lambda_max of E[W'JW]%s)\n", s->about_own,
               s->rounds > 1 ? ", estimated" : "");
    if (s->known && rows && !columns) printf("p, old mean     %.6g  (deviations from the mean before)\n", s->about_old);
    if (rows)
        printf("measured p      %.6g  (the mean case: 1 - squared deviations after / before, of random vectors)\n",
               s->measured);
    if (s->consensus)
        printf("exact consensus after %llu round%s\n", (unsigned long long)s->consensus, s->consensus == 1 ? "" : "s");
}

void survey_print(const char *name, const survey *s)
{
    const double rounds = (double)s->rounds, half = s->mutual ? 2 : 1;
    printf("topology        %s, %s\n", name, s->mutual ? "undirected" : "directed");
    if (s->rounds > 1) printf("rounds          %llu\n", (unsigned long long)s->rounds);
    printf("nodes           %zu\n", s->nodes);
    printf("edges           %g", s->edges.sum / rounds / half);
    if (s->edges.most > s->edges.least) printf(" a round (%g to %g)", s->edges.least / half, s->edges.most / half);
    printf("\n%s min %g, mean %g, max %g\n", s->mutual ? "degree         " : "nodes heard    ", s->degree.least,
           s->degree.sum / rounds / (double)s->nodes, s->degree.most);
    print_connectivity(s);
    printf("row sums        %.6g to %.6g\n", s->sums.row_least, s->sums.row_most);
    printf("column sums     %.6g to %.6g\n", s->sums.column_least, s->sums.column_most);
    print_promises(s->promised);
    print_rates(s);
}
