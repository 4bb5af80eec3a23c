/* Topologies: rows that keep what is promised, for several numbers of nodes, as a pure function of seed and round. */
#include "launch/commands/authoring/trial.h"

#include "graph/examine.h"
#include "plugin/opener.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 12, MOST_NODES = 64, MOST_SKETCH = 200 };

static const size_t sizes[] = {1, 2, 3, 5, 8, 16};
enum { SIZES = sizeof sizes / sizeof sizes[0] };
/* The i-th size that is tried, and how many there are: those above and what the user asks for. */
static size_t size_of(const trial *t, size_t i)
{
    return i < SIZES ? sizes[i] : trial_learners(t);
}

static size_t size_count(const trial *t)
{
    return trial_learners(t) == 8 ? SIZES : SIZES + 1;
}

/* As far as the engine lets sums be from 1. */
static const double slack = 1e-9;

/* A topology of some size, with room for one row. */
typedef struct net {
    trial *t;
    size_t nodes;
    kith_instance instance;
    kith_topology ops;
    uint32_t promised, from[MOST_NODES];
    double weight[MOST_NODES];
    double *sketch[MOST_NODES]; /* NULL where it asks for none */
    size_t length;
    bool hears;
} net;

static kith_status refuse(const net *n, const kith_row *r, const char *what)
{
    return kith_fail(n->t->ctx, KITH_EPLUGIN, "N = %zu, round %llu, the row of node %zu: %s", n->nodes,
                     (unsigned long long)r->round, r->node, what);
}

static void close_net(net *n)
{
    for (size_t i = 0; i < MOST_NODES; i++)
        kith_free(n->sketch[i]);
    trial_close(n->t, &n->instance);
}

/* *out->nodes is 0 where the topology refuses so many. */
static kith_status open_net(trial *t, size_t nodes, net *out)
{
    *out = (net){.t = t, .nodes = nodes};
    if (nodes > MOST_NODES)
        return kith_fail(t->ctx, KITH_EUSAGE, "run.learners = %zu: rows are looked at for %d nodes at most", nodes,
                         MOST_NODES);
    const kith_setting setting = trial_setting(t, nodes, NULL);
    const kith_status status = trial_create(t, &setting, &out->instance);
    if (status != KITH_OK) {
        const bool worded = *kith_ctx_message(t->ctx) != '\0';
        trial_close(t, &out->instance);
        out->nodes = 0;
        return worded ? KITH_OK
                      : kith_fail(t->ctx, status, "create() refuses %zu nodes without a message; use kith_fail", nodes);
    }
    out->ops = *(const kith_topology *)t->plugin->ops;
    out->promised = out->ops.properties(out->instance.self);
    out->length = out->ops.sketch ? out->ops.sketch(out->instance.self) : 0;
    out->hears = out->ops.hears && out->ops.hears(out->instance.self);
    if (out->length > MOST_SKETCH) out->length = MOST_SKETCH;
    for (size_t i = 0; i < nodes && out->length; i++)
        KITH_TRY(KITH_ALLOC(t->ctx, "sketch", out->length, &out->sketch[i]));
    return KITH_OK;
}

/* How the run went, made up. */
static kith_status hear(net *n, uint64_t round)
{
    if (!n->hears || round == 0) return KITH_OK;
    kith_stream stream = kith_stream_at(2, KITH_FOR_PLUGIN, 0, round);
    const kith_published numbers = {.round = round - 1,
                                    .consensus = kith_draw_uniform(&stream),
                                    .train_loss = kith_draw_uniform(&stream),
                                    .moved = kith_draw_uniform(&stream)};
    return n->ops.hear(n->instance.self, n->t->ctx, &numbers);
}

/* What learners did, for those that want to know before a round's rows. */
static kith_status draw(net *n, uint64_t round)
{
    KITH_TRY(hear(n, round));
    if (!n->length || !n->ops.drawn(n->instance.self, round)) return KITH_OK;
    for (size_t i = 0; i < n->nodes; i++) {
        kith_stream stream = kith_stream_at(1, KITH_FOR_PLUGIN, i, round);
        for (size_t k = 0; k < n->length; k++)
            n->sketch[i][k] = kith_draw_normal(&stream);
    }
    const kith_sketches sketches = {
        .round = round, .learners = n->nodes, .length = n->length, .row = (const double *const *)n->sketch};
    return n->ops.draw(n->instance.self, n->t->ctx, &sketches);
}

static kith_status check_row(const net *n, const kith_row *r)
{
    double sum = 0.0;
    if (r->count > n->nodes) return refuse(n, r, "it has more edges than there are nodes");
    for (size_t e = 0; e < r->count; e++) {
        if (r->from[e] >= n->nodes) return refuse(n, r, "an edge comes from a node that there is not");
        if (e && r->from[e] <= r->from[e - 1])
            return refuse(n, r, "its edges are not in ascending order, each once; sort them");
        if (!isfinite(r->weight[e])) return refuse(n, r, "a weight is not finite");
        sum += r->weight[e];
    }
    if (!(n->promised & KITH_ROW_STOCHASTIC) || fabs(sum - 1.0) <= slack) return KITH_OK;
    char what[128];
    snprintf(what, sizeof what, "its weights sum to %.12g, and row-stochastic is promised, which means 1", sum);
    return refuse(n, r, what);
}

static kith_status ask(net *n, uint64_t round, size_t node, kith_row *r)
{
    memset(n->from, 0xff, sizeof n->from);
    memset(n->weight, 0xff, sizeof n->weight);
    *r = (kith_row){.round = round, .node = node, .count = SIZE_MAX, .from = n->from, .weight = n->weight};
    KITH_TRY(n->ops.row(n->instance.self, n->t->ctx, r));
    return check_row(n, r);
}

/* ---- promises ---- */

static kith_status check_promises(const net *n, uint64_t round, const kith_graph *graph)
{
    static const struct {
        uint32_t bit;
        const char *word, *text;
    } words[] = {
#define WORD(name, bit, word, text) {name, word, text},
        KITH_PROPERTY_MAP(WORD)
#undef WORD
    };
    uint32_t found = 0;
    KITH_TRY(kith_graph_examine(n->t->ctx, graph, &found));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (n->promised & words[i].bit & ~found)
            return kith_fail(
                n->t->ctx, KITH_EPLUGIN,
                "N = %zu, round %llu: %s is promised (%s) and not kept; mend row(), or take it out of properties()",
                n->nodes, (unsigned long long)round, words[i].word, words[i].text);
    return KITH_OK;
}

static bool same_graph(const kith_graph *a, const kith_graph *b)
{
    const size_t edges = a->start[a->nodes];
    return memcmp(a->start, b->start, (a->nodes + 1) * sizeof *a->start) == 0 &&
           memcmp(a->from, b->from, edges * sizeof *a->from) == 0 &&
           memcmp(a->weight, b->weight, edges * sizeof *a->weight) == 0;
}

static kith_status check_round(net *n, uint64_t round, kith_graph **first)
{
    kith_row r;
    kith_graph *graph = NULL;
    KITH_TRY(draw(n, round));
    for (size_t i = 0; i < n->nodes; i++)
        KITH_TRY(ask(n, round, i, &r));
    KITH_TRY(kith_graph_of(n->t->ctx, &n->ops, n->instance.self, n->nodes, round, &graph));
    kith_status status = check_promises(n, round, graph);
    if (status == KITH_OK && *first && n->promised & KITH_STATIC && !same_graph(*first, graph))
        status = kith_fail(n->t->ctx, KITH_EPLUGIN,
                           "N = %zu: static is promised, and round %llu has another graph than round 0", n->nodes,
                           (unsigned long long)round);
    if (*first)
        kith_graph_free(graph);
    else
        *first = graph;
    return status;
}

static kith_status check_rounds(net *n)
{
    kith_graph *first = NULL;
    kith_status status = KITH_OK;
    if (n->ops.properties(n->instance.self) != n->promised)
        return kith_fail(n->t->ctx, KITH_EPLUGIN,
                         "N = %zu: properties() promises something else when it is asked again", n->nodes);
    for (uint64_t round = 0; round < ROUNDS && status == KITH_OK; round++)
        status = check_round(n, round, &first);
    kith_graph_free(first);
    return status;
}

static kith_status try_promises(trial *t, const void *arg)
{
    char taken[128] = "";
    (void)arg;
    for (size_t i = 0; i < size_count(t); i++) {
        net n;
        KITH_TRY(open_net(t, size_of(t, i), &n));
        if (!n.nodes) continue;
        kith_ctx_forget(t->ctx);
        const kith_status status = check_rounds(&n);
        close_net(&n);
        KITH_TRY(status);
        snprintf(taken + strlen(taken), sizeof taken - strlen(taken), "%s%zu", *taken ? ", " : "", size_of(t, i));
    }
    if (!*taken) return KITH_EPLUGIN; /* create() has said why */
    kith_ctx_forget(t->ctx);
    trial_tell(t, "N = %s, %d rounds", taken, ROUNDS);
    return KITH_OK;
}

/* ---- pure functions ---- */

static size_t largest_size(trial *t)
{
    for (size_t i = size_count(t); i-- > 0;) {
        net n;
        if (open_net(t, size_of(t, i), &n) != KITH_OK || !n.nodes) continue;
        close_net(&n);
        kith_ctx_forget(t->ctx);
        return size_of(t, i);
    }
    return 0;
}

/* A row as numbers, to the last bit of its weights. */
static size_t note_row(const kith_row *r, kith_real *out)
{
    size_t used = 0;
    out[used++] = (kith_real)r->count;
    for (size_t e = 0; e < r->count; e++) {
        const kith_real high = (kith_real)r->weight[e];
        out[used++] = (kith_real)r->from[e];
        out[used++] = high;
        out[used++] = (kith_real)(r->weight[e] - (double)high);
    }
    return used;
}

/* All rows, asked for in order or against it; what depends on sketches, or on how the run goes, is asked for round by
 * round. */
static kith_status note_rounds(net *n, bool backwards, kith_real *out)
{
    const size_t room = 1 + 3 * MOST_NODES;
    kith_row r;
    for (uint64_t k = 0; k < ROUNDS; k++) {
        const uint64_t round = backwards && !n->length && !n->hears ? ROUNDS - 1 - k : k;
        KITH_TRY(draw(n, round));
        for (size_t j = 0; j < n->nodes; j++) {
            const size_t node = backwards ? n->nodes - 1 - j : j;
            KITH_TRY(ask(n, round, node, &r));
            note_row(&r, out + (round * n->nodes + node) * room);
        }
    }
    return KITH_OK;
}

static kith_status note_all(trial *t, bool backwards, kith_real **out, size_t *count)
{
    net n;
    const size_t nodes = largest_size(t);
    if (!nodes) return KITH_EPLUGIN;
    KITH_TRY(open_net(t, nodes, &n));
    *count = ROUNDS * n.nodes * (1 + 3 * MOST_NODES);
    kith_status status = KITH_ALLOC(t->ctx, "rows", *count, out);
    if (status == KITH_OK) status = note_rounds(&n, backwards, *out);
    close_net(&n);
    return status;
}

static const char impure[] =
    "row() must be a function of the parameters, the seed, the round and the node; draw from kith_graph_stream()";

static kith_status try_order(trial *t, const void *arg)
{
    kith_real *rows = NULL, *back = NULL;
    size_t count = 0;
    (void)arg;
    kith_status status = note_all(t, false, &rows, &count);
    if (status == KITH_OK) status = note_all(t, true, &back, &count);
    if (status == KITH_OK) {
        trial_keep(t, TRIAL_OTHER, count, rows);
        status = trial_compare(t, TRIAL_OTHER, count, back, "the rows, asked for from the last to the first,", impure);
    }
    kith_free(rows);
    kith_free(back);
    return status;
}

static kith_status try_elsewhere(trial *t, const void *arg)
{
    kith_real *rows = NULL;
    size_t count = 0;
    (void)arg;
    kith_status status = note_all(t, false, &rows, &count);
    if (status == KITH_OK) status = trial_compare(t, TRIAL_OTHER, count, rows, "the rows", impure);
    kith_free(rows);
    return status;
}

void trial_all_graphs(subject *s)
{
    if (!trial_make(s, "rows are sound and keep what properties() promises", 0, try_promises, NULL)) return;
    if (trial_need(s, "rows are the same in whatever order they are asked for", try_order, NULL))
        trial_make(s, "rows are the same in another process, in other memory", 3, try_elsewhere, NULL);
    trial_all_runs(s);
}
