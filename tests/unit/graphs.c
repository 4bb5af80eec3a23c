/* Topologies keep what they promise, and mix as fast as theory says. */
#include "support.h"

#include "graphworld.h"
#include <stdbool.h>

static const size_t sizes[] = {1, 2, 3, 7, 16, 33};

/* One topology, and which numbers of nodes it refuses with which words. */
typedef struct subject {
    const char *spec;
    struct {
        size_t nodes;
        const char *message;
    } refused[4];
} subject;

static const subject subjects[] = {
    {"ring", {{0}}},
    {"ring(ways=one)", {{0}}},
    {"star", {{0}}},
    {"chain", {{0}}},
    {"chain(weights=sinkhorn)", {{0}}},
    {"chain(weights=max-degree)", {{0}}},
    {"chain(weights=uniform)", {{0}}},
    {"chain(weights=push-sum)", {{0}}},
    {"grid", {{0}}},
    {"torus", {{0}}},
    {"complete", {{0}}},
    {"hypercube",
     {{3, "hypercube: 3 nodes are no power of two; torus and base-k take any number"},
      {7, "hypercube: 7 nodes are no power of two; torus and base-k take any number"},
      {33, "hypercube: 33 nodes are no power of two; torus and base-k take any number"}}},
    {"binary-tree", {{0}}},
    {"binary-tree(weights=sinkhorn)", {{0}}},
    {"exponential", {{0}}},
    {"exponential(weights=push-sum)", {{0}}},
    {"one-peer-exponential", {{0}}},
    {"base-k", {{0}}},
    {"base-k(peers=2)", {{0}}},
    {"erdos-renyi(probability=0.6)", {{0}}},
    {"erdos-renyi(probability=1)", {{0}}},
    {"erdos-renyi(probability=0.1, connected=no, every=1)", {{0}}},
    {"erdos-renyi(probability=0.7, every=2, weights=uniform)", {{0}}},
    {"random-regular(degree=2)",
     {{1, "random-regular.degree = 2: there are 1 nodes; choose less than that"},
      {2, "random-regular.degree = 2: there are 2 nodes; choose less than that"}}},
    {"random-regular(degree=6, every=1, weights=uniform)",
     {{1, "random-regular.degree = 6: there are 1 nodes; choose less than that"},
      {2, "random-regular.degree = 6: there are 2 nodes; choose less than that"},
      {3, "random-regular.degree = 6: there are 3 nodes; choose less than that"}}},
    {"watts-strogatz(neighbours=2, rewire=0.5)",
     {{1, "watts-strogatz.neighbours = 2: there are 1 nodes; choose less than that"},
      {2, "watts-strogatz.neighbours = 2: there are 2 nodes; choose less than that"}}},
    {"barabasi-albert(links=1)", {{1, "barabasi-albert.links = 1: there are 1 nodes; choose less than that"}}},
    {"random-peer", {{0}}},
    {"random-peer(rate=2.5)", {{0}}},
    {"random-peer(rate=1000)", {{0}}},
    {"matching", {{0}}},
    {"matching(rate=0.5)", {{0}}},
    {"epidemic", {{0}}},
    {"epidemic(peers=4)", {{0}}},
    {"base-random(base=torus, rate=1.5)", {{0}}},
    {"faulty(graph=ring, loss=0.3)", {{0}}},
    {"faulty(graph=random-peer(rate=2), loss=0.3, links=both-ways)", {{0}}},
    {"schedule(phases=ring for 3; matching for 2; one-peer-exponential)", {{0}}},
    {"schedule(preset=window, sparse=random-peer(rate=0.2), at=0.02, width=0.03)", {{0}}},
    {"schedule(preset=cosine, from=0, to=3)", {{0}}},
    {"schedule(preset=slow-decrease, from=3, to=0)", {{0}}},
    {"schedule(preset=gossip-pga, every=2)", {{0}}},
    {"adaptive(sparse=ring, budget=97)", {{0}}},
};

static const char *refusal(const subject *s, size_t nodes)
{
    for (size_t i = 0; i < 4; i++)
        if (s->refused[i].nodes == nodes) return s->refused[i].message;
    return NULL;
}

/* Ascending without duplicates, the node among them, weights that are none below zero. */
static void check_row(const kith_row *row, size_t nodes)
{
    bool own = false;
    assert_in_range(row->count, 1, nodes);
    for (size_t e = 0; e < row->count; e++) {
        assert_true(row->from[e] < nodes);
        if (e) assert_true(row->from[e] > row->from[e - 1]);
        assert_true(isfinite(row->weight[e]) && row->weight[e] >= 0);
        own |= row->from[e] == row->node;
    }
    assert_true(own);
}

/* Taken from the rows alone. */
static void check_promises(uint32_t promised, size_t n, const double *w)
{
    for (size_t i = 0; i < n; i++) {
        double row = 0, column = 0;
        for (size_t j = 0; j < n; j++) {
            row += w[i * n + j];
            column += w[j * n + i];
            if (promised & KITH_UNDIRECTED) assert_int_equal(w[i * n + j] > 0, w[j * n + i] > 0);
            if (promised & KITH_SYMMETRIC) assert_close(w[i * n + j], w[j * n + i], 0, 1e-14);
        }
        if (promised & KITH_ROW_STOCHASTIC) assert_close(row, 1, 0, 1e-12);
        if (promised & KITH_COLUMN_STOCHASTIC) assert_close(column, 1, 0, 1e-12);
        if (promised & KITH_HUB) assert_true(w[i * n + n - 1] > 0 && w[(n - 1) * n + i] > 0);
    }
    assert_true(promised & (KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC));
}

/* Whether powers of the pattern fill up. */
static bool connected(size_t n, const double *w)
{
    bool reached[64][64] = {{false}};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            reached[i][j] = w[i * n + j] > 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                reached[i][j] |= reached[i][k] && reached[k][j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (!reached[i][j]) return false;
    return true;
}

/* Pairs of nodes that hear each other; more than there can be where one does not hear the other. */
static size_t mutual_links(size_t n, const double *w)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            if ((w[i * n + j] > 0) != (w[j * n + i] > 0)) return n * n;
            count += w[i * n + j] > 0;
        }
    return count;
}

static void read_round(world *w, const kith_inner *inner, size_t n, uint64_t round, double *matrix)
{
    uint32_t from[64];
    double weight[64];
    memset(matrix, 0, n * n * sizeof *matrix);
    /* backwards: rows may not depend on the order in which they are asked for */
    for (size_t i = n; i-- > 0;) {
        kith_row row = {.round = round, .node = i, .from = from, .weight = weight};
        assert_ok(w->ctx, inner->ops->row(inner->self, w->ctx, &row));
        check_row(&row, n);
        for (size_t e = 0; e < row.count; e++)
            matrix[i * n + row.from[e]] = row.weight[e];
    }
}

static void check_subject(world *w, const subject *s, size_t n)
{
    static double first[64 * 64], matrix[64 * 64], again[64 * 64];
    kith_inner *inner = NULL;
    const char *message = refusal(s, n);
    if (message) {
        assert_refused(w->ctx, world_try(w, s->spec, n, 100, &inner), KITH_ECONFIG, message);
        return;
    }
    inner = world_open(w, s->spec, n);
    const uint32_t promised = inner->ops->properties(inner->self);
    read_round(w, inner, n, 0, first);
    for (uint64_t t = 0; t < 9; t++) {
        read_round(w, inner, n, t, matrix);
        check_promises(promised, n, matrix);
        if (promised & KITH_CONNECTED) assert_true(connected(n, matrix));
        if (promised & KITH_STATIC)
            assert_int_equal((promised & KITH_TREE) != 0, connected(n, matrix) && mutual_links(n, matrix) == n - 1);
        if (promised & KITH_STATIC) assert_memory_equal(first, matrix, n * n * sizeof *matrix);
    }
    /* a pure function of the round: going back gives the same */
    read_round(w, inner, n, 0, again);
    assert_memory_equal(first, again, n * n * sizeof *again);
    w->opener.close(inner);
}

static void test_promises(void **state)
{
    for (size_t s = 0; s < sizeof subjects / sizeof subjects[0]; s++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            print_message("%s, %zu nodes\n", subjects[s].spec, sizes[i]);
            check_subject(*state, &subjects[s], sizes[i]);
        }
}

/* Metropolis' rule makes W symmetric, with rows and columns that sum to 1, of any undirected graph. */
static void test_metropolis(void **state)
{
    const char *const specs[] = {"ring",
                                 "star",
                                 "chain(weights=metropolis)",
                                 "grid(weights=metropolis)",
                                 "torus(weights=metropolis)",
                                 "complete",
                                 "binary-tree(weights=metropolis)",
                                 "erdos-renyi(weights=metropolis, probability=0.3, connected=no, every=1)",
                                 "barabasi-albert(weights=metropolis, links=1, every=1)",
                                 "watts-strogatz(weights=metropolis, neighbours=2, rewire=0.5, every=1)"};
    const uint32_t all = KITH_UNDIRECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC;
    static double matrix[64 * 64];
    world *w = *state;
    for (size_t s = 0; s < sizeof specs / sizeof specs[0]; s++)
        for (size_t i = 2; i < sizeof sizes / sizeof sizes[0]; i++) {
            kith_inner *inner = world_open(w, specs[s], sizes[i]);
            assert_int_equal(inner->ops->properties(inner->self) & all, all);
            for (uint64_t t = 0; t < 5; t++) {
                read_round(w, inner, sizes[i], t, matrix);
                check_promises(all, sizes[i], matrix);
            }
            w->opener.close(inner);
        }
}

static double own_rate(world *w, const char *spec, size_t nodes, uint64_t rounds)
{
    double own = 0, old = 0;
    world_rates(w, spec, nodes, rounds, &own, &old);
    return own;
}

/* 1 - ((1 + 2 cos(2 pi / n)) / 3)^2 for the ring, 1 - ((h - 1) / (h + 1))^2 for h hops, an even number of nodes. */
static void test_static_rates(void **state)
{
    const double pi = 3.14159265358979323846;
    for (size_t n = 16; n <= 32; n *= 2)
        assert_close(own_rate(*state, "ring", n, 1), 1 - pow((1 + 2 * cos(2 * pi / (double)n)) / 3, 2), 1e-11, 0);
    assert_close(own_rate(*state, "ring", 16, 1), 0.0989, 0, 5e-5);
    assert_close(own_rate(*state, "ring", 32, 1), 0.0255, 0, 5e-5);
    /* eigenvalues (1 + e^(2 pi i k / n)) / 2, of length cos(pi k / n) */
    for (size_t n = 3; n <= 48; n *= 2)
        assert_close(own_rate(*state, "ring(ways=one)", n, 1), pow(sin(pi / (double)n), 2), 1e-10, 0);
    assert_close(own_rate(*state, "exponential", 16, 1), 0.640, 1e-12, 0);
    assert_close(own_rate(*state, "exponential", 32, 1), 5.0 / 9, 1e-12, 0);
    assert_close(own_rate(*state, "complete", 16, 1), 1, 1e-12, 0);
    /* eigenvalues 1 - 2k/(h+1), k = 0 .. h */
    assert_close(own_rate(*state, "hypercube", 16, 1), 1 - 0.36, 1e-12, 0);
    /* the hub's W has the eigenvalues 1, 1 - 1/n and 0 */
    assert_close(own_rate(*state, "star", 8, 1), 1 - pow(7.0 / 8, 2), 1e-12, 0);
    /* eigenvalues (1 + 2 cos(2 pi i / 4) + 2 cos(2 pi j / 4)) / 5 */
    assert_close(own_rate(*state, "torus", 16, 1), 1 - 0.36, 1e-12, 0);
}

static void test_random_rates(void **state)
{
    double own = 0, old = 0;
    world_rates(*state, "matching", 16, 40000, &own, &old);
    assert_close(own, 16.0 / 30, 0.02, 0);
    assert_close(own, old, 1e-9, 0);
    world_rates(*state, "random-peer(rate=0.2)", 16, 40000, &own, &old);
    assert_close(old, 0.1066667, 0.04, 0);
    assert_close(own, 0.113, 0.04, 0);
}

static void deviate(kith_stream *s, size_t n, double *x)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += (x[i] = kith_draw_normal(s)) / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] -= mean;
}

static double mean_square(size_t n, const double *x, double centre)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - centre) * (x[i] - centre) / (double)n;
    return sum;
}

static double mean_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    return sum;
}

/* How far the mean moves, and what is left of deviations from the new mean, relative to the deviations before. */
static void shifts(world *w, const char *spec, uint64_t rounds, double *shift, double *left)
{
    enum { N = 16 };
    double x[N], y[N], before = 0, after = 0, moved = 0;
    kith_stream s = kith_stream_at(3, KITH_FOR_PLUGIN, 0, 0);
    kith_inner *inner = world_open(w, spec, N);
    for (uint64_t t = 0; t < rounds; t++) {
        kith_graph *g = world_graph(w, inner, t);
        deviate(&s, N, x);
        kith_graph_mix(g, x, y);
        before += mean_square(N, x, 0);
        after += mean_square(N, y, mean_of(N, y));
        moved += mean_of(N, y) * mean_of(N, y);
        kith_graph_free(g);
    }
    w->opener.close(inner);
    *shift = moved / before;
    *left = after / before;
}

static void test_means(void **state)
{
    double shift = 0, left = 0;
    shifts(*state, "random-peer", 60000, &shift, &left);
    assert_close(shift, 0.4666667 * 0.5333333 / 16, 0.03, 0);
    shifts(*state, "matching", 60000, &shift, &left);
    assert_true(shift < 1e-30);
    assert_close(left, 0.4666667, 0.01, 0);
    shifts(*state, "random-peer(rate=0.2)", 60000, &shift, &left);
    assert_close(1 - left, 0.113, 0.02, 0);
}

/* Rounds until all hold the mean of where they began; 0 if not within `rounds`. */
static size_t rounds_to_consensus(world *w, const char *spec, size_t n, uint64_t first, size_t rounds)
{
    double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y), mean = 0;
    size_t found = 0;
    kith_stream s = kith_stream_at(5, KITH_FOR_PLUGIN, n, 0);
    kith_inner *inner = world_open(w, spec, n);
    for (size_t i = 0; i < n; i++)
        mean += (x[i] = kith_draw_normal(&s)) / (double)n;
    for (size_t t = 0; t < rounds && !found; t++) {
        kith_graph *g = world_graph(w, inner, first + t);
        kith_graph_mix(g, x, y);
        memcpy(x, y, n * sizeof *x);
        kith_graph_free(g);
        if (mean_square(n, x, mean) < 1e-28) found = t + 1;
    }
    w->opener.close(inner);
    free(x);
    free(y);
    return found;
}

static void test_one_peer_consensus(void **state)
{
    for (size_t n = 2; n <= 40; n++) {
        size_t hops = 0;
        while (((size_t)1 << hops) < n)
            hops++;
        const bool power = ((size_t)1 << hops) == n;
        assert_int_equal(rounds_to_consensus(*state, "one-peer-exponential", n, 0, hops), power ? hops : 0);
        /* any log2 n rounds in a row */
        if (power) assert_int_equal(rounds_to_consensus(*state, "one-peer-exponential", n, 3, hops), hops);
    }
}

/* At most 2 log_{k+1} n + 2 rounds (Takezawa et al. 2023, theorem 1), and nobody has more than k peers. */
static void test_base_consensus(void **state)
{
    for (size_t peers = 1; peers <= 4; peers++)
        for (size_t n = 2; n <= 70; n++) {
            char spec[64];
            snprintf(spec, sizeof spec, "base-k(peers=%zu)", peers);
            const size_t bound = (size_t)(2 * log((double)n) / log((double)(peers + 1)) + 2);
            const size_t rounds = rounds_to_consensus(*state, spec, n, 0, bound);
            if (!rounds) print_error("%s, %zu nodes\n", spec, n);
            assert_in_range(rounds, 1, bound);
            /* the sequence of graphs starts again */
            kith_inner *inner = world_open(*state, spec, n);
            for (uint64_t t = 0; t < rounds; t++) {
                kith_graph *g = world_graph(*state, inner, t);
                for (size_t i = 0; i < n; i++)
                    assert_in_range(g->start[i + 1] - g->start[i], 1, peers + 1);
                kith_graph_free(g);
            }
            ((world *)*state)->opener.close(inner);
        }
}

/* Links, each counted once. */
static size_t links(world *w, const char *spec, size_t n)
{
    kith_inner *inner = world_open(w, spec, n);
    kith_graph *g = world_graph(w, inner, 0);
    const size_t edges = g->start[n] - n;
    kith_graph_free(g);
    w->opener.close(inner);
    return edges / 2;
}

static void test_sizes(void **state)
{
    assert_int_equal(links(*state, "ring", 33), 33);
    assert_int_equal(links(*state, "chain", 33), 32);
    assert_int_equal(links(*state, "grid", 12), 3 * 3 + 2 * 4);
    assert_int_equal(links(*state, "grid(rows=2)", 12), 2 * 5 + 6);
    assert_int_equal(links(*state, "torus", 12), 24);
    assert_int_equal(links(*state, "complete", 33), 33 * 32 / 2);
    assert_int_equal(links(*state, "hypercube", 16), 32);
    assert_int_equal(links(*state, "binary-tree", 33), 32);
    assert_int_equal(links(*state, "exponential", 32), 32 * 5 / 2);
    assert_int_equal(links(*state, "random-regular(degree=5)", 16), 40);
    assert_int_equal(links(*state, "watts-strogatz(neighbours=4, rewire=0.3)", 33), 66);
    assert_int_equal(links(*state, "barabasi-albert(links=3)", 33), 6 + 29 * 3);
    assert_int_equal(links(*state, "erdos-renyi(probability=0, connected=no)", 33), 0);
    /* 499,500 pairs, half of one percent of them: standard deviation 50 */
    assert_in_range(links(*state, "erdos-renyi(probability=0.005, connected=no)", 1000), 2498 - 250, 2498 + 250);
}

/* All weightings of a graph of four nodes, by hand: 0 - 1, 1 - 2, 1 - 3. */
static void test_weights(void **state)
{
    world *w = *state;
    const struct {
        kith_weighting weighting;
        double edge, leaf, hub; /* weights of an edge at a leaf, of the leaf itself and of node 1 itself */
    } cases[] = {{KITH_WEIGHTS_METROPOLIS, 0.25, 0.75, 0.25},
                 {KITH_WEIGHTS_UNIFORM, 0.5, 0.5, 0.25},
                 {KITH_WEIGHTS_MAX_DEGREE, 0.25, 0.75, 0.25},
                 {KITH_WEIGHTS_PUSH_SUM, 0.25, 0.5, 0.25},
                 {KITH_WEIGHTS_SINKHORN, 1 - sqrt(0.5), sqrt(0.5), 3 * sqrt(0.5) - 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kith_edges edges = {0};
        kith_graph *g = NULL;
        for (size_t leaf = 0; leaf < 4; leaf++)
            if (leaf != 1) assert_ok(w->ctx, kith_edges_link(w->ctx, &edges, 1, leaf));
        assert_ok(w->ctx, kith_graph_create(w->ctx, "four", 4, &edges, cases[i].weighting, &g));
        assert_close(g->weight[g->start[2]], cases[i].edge, 1e-12, 0);
        assert_close(g->weight[g->start[2] + 1], cases[i].leaf, 1e-12, 0);
        assert_close(g->weight[g->start[1] + 1], cases[i].hub, 1e-12, 0);
        kith_graph_free(g);
        kith_edges_free(&edges);
    }
}

static void test_refusals(void **state)
{
    world *w = *state;
    kith_inner *inner = NULL;
    const struct {
        const char *spec, *message;
        kith_status status;
    } cases[] = {
        {"rign", "test = rign: there is no such topology; did you mean ring?", KITH_EPLUGIN},
        {"ring(", "test: 'ring(' is no topology; write name, name(value) or name(key=value, key=value)", KITH_ECONFIG},
        {"ring() x", "test: 'ring() x' is no topology; write name, name(value) or name(key=value, key=value)",
         KITH_ECONFIG},
        {"ring x", "test: 'ring x' is no topology; write name, name(value) or name(key=value, key=value)",
         KITH_ECONFIG},
        {"grid(rows=5)", "grid.rows = 5: 12 nodes do not make 5 equal rows; choose a divisor of 12", KITH_ECONFIG},
        {"exponential(weights=metropolis)",
         "exponential: weights = metropolis needs an undirected graph, and this one is not; use uniform, push-sum or "
         "sinkhorn",
         KITH_ECONFIG},
        {"erdos-renyi(probability=0.001)",
         "erdos-renyi: none of 100 graphs drawn for 12 nodes was connected; ask for more links, or set "
         "erdos-renyi.connected = no",
         KITH_ECONFIG},
        {"watts-strogatz(neighbours=3)",
         "watts-strogatz.neighbours = 3: half of them lie on each side; choose an even number", KITH_ECONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(w->ctx, world_try(w, cases[i].spec, 12, 100, &inner), cases[i].status, cases[i].message);
    assert_refused(w->ctx, world_try(w, "random-regular(degree=3)", 7, 100, &inner), KITH_ECONFIG,
                   "random-regular.degree = 3: 7 nodes cannot have an odd number of links each; choose an even degree");
}

/* Rows of ten thousand nodes must come by the thousand in no time; an accidental n^2 would take minutes. */
static void test_large(void **state)
{
    const char *const specs[] = {"random-peer(rate=3)",
                                 "matching",
                                 "base-k",
                                 "random-regular(degree=6, every=1)",
                                 "erdos-renyi(probability=0.001, every=1, connected=no)",
                                 "watts-strogatz(every=1)",
                                 "barabasi-albert(every=1)",
                                 "one-peer-exponential",
                                 "torus"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        kith_inner *inner = world_open(*state, specs[i], 10000);
        for (uint64_t t = 0; t < 3; t++)
            kith_graph_free(world_graph(*state, inner, t));
        ((world *)*state)->opener.close(inner);
    }
}

/* A node that heard itself with weight 0 hears itself for what it lost, and the others as before. */
static void test_faults_of_rows_without_their_node(void **state)
{
    world *w = *state;
    enum { N = 8, ROUNDS = 20 };
    kith_inner *inner = world_open(w, "faulty(graph=follower(apart=yes), loss=0.5)", N);
    size_t whole = 0, single = 0, alone = 0;
    for (uint64_t k = 0; k < N * ROUNDS; k++) {
        uint32_t from[N];
        double weight[N];
        kith_row r = {.round = k / N, .node = k % N, .from = from, .weight = weight};
        assert_ok(w->ctx, inner->ops->row(inner->self, w->ctx, &r));
        whole += r.count == 2;
        single += r.count == 2 && (from[0] == r.node || from[1] == r.node);
        alone += r.count == 1;
        for (size_t e = 0; e < r.count; e++) {
            assert_true(e == 0 || from[e] > from[e - 1]);
            assert_float_equal(weight[e], r.count == 1 ? 1.0 : 0.5, 0.0);
            assert_true(from[e] == (r.count == 1 ? r.node : from[e]));
        }
    }
    assert_true(whole > single && single > 0 && alone > 0 && whole + alone == N * ROUNDS);
    w->opener.close(inner);
}

/* With the topologies that are made for tests. */
static int enter(void **state)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    return setenv("KITH_PLUGIN_PATH", folder, 1) ? -1 : world_start(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promises),       cmocka_unit_test(test_metropolis),
        cmocka_unit_test(test_static_rates),   cmocka_unit_test(test_random_rates),
        cmocka_unit_test(test_means),          cmocka_unit_test(test_one_peer_consensus),
        cmocka_unit_test(test_base_consensus), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_weights),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_large),          cmocka_unit_test(test_faults_of_rows_without_their_node),
    };
    return cmocka_run_group_tests(tests, enter, world_stop);
}
