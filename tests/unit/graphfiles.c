/* Graph files: what is read, and what is refused with which words. */
#include "support.h"

#include "graphworld.h"
#include "scratch.h"
#include <stdbool.h>
#include <time.h>

static void *folder; /* where the test's files are */

static void put(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

/* Node i's row as "0:0.5 1:0.5". */
static void row_text(const kith_graph *g, size_t i, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
        at += (size_t)snprintf(out + at, size - at, "%s%u:%.4g", at ? " " : "", g->from[e], g->weight[e]);
}

static void assert_rows(world *w, const char *spec, size_t nodes, const char *const *rows)
{
    kith_inner *inner = world_open(w, spec, nodes);
    kith_graph *g = world_graph(w, inner, 0);
    char text[256];
    for (size_t i = 0; i < nodes; i++) {
        row_text(g, i, text, sizeof text);
        assert_string_equal(text, rows[i]);
    }
    kith_graph_free(g);
    w->opener.close(inner);
}

static void test_edges(void **state)
{
    const char *const path[] = {"0:0.6667 1:0.3333", "0:0.3333 1:0.3333 2:0.3333", "1:0.3333 2:0.6667"};
    put("g", "# a chain\n0 1\n\n1\t2 0.5 # with a weight\r\n");
    assert_rows(*state, "graph-file(path=g)", 3, path);
    put("g", "1 2\n2 3\n");
    assert_rows(*state, "graph-file(path=g, first=1)", 3, path);
    put("g", "100 -7\n2000000000000 100\n");
    assert_rows(*state, "graph-file(path=g, ids=compact)", 3, path);
    /* both directions may be listed */
    put("g", "0 1\n1 0\n1 2\n2 1\n");
    assert_rows(*state, "graph-file(path=g)", 3, path);
    put("g", "0 1\n1 2\n2 0");
    assert_rows(*state, "graph-file(path=g, directed=yes, weights=uniform)", 3,
                (const char *const[]){"0:0.5 2:0.5", "0:0.5 1:0.5", "1:0.5 2:0.5"});
}

static void test_weights(void **state)
{
    put("g", "0 1 0.25\n1 2 0.5\n");
    assert_rows(*state, "graph-file(path=g, weights=file)", 3,
                (const char *const[]){"0:0.75 1:0.25", "0:0.25 1:0.25 2:0.5", "1:0.5 2:0.5"});
    /* columns that sum to 1, as push-sum needs them */
    put("g", "0 0 0.5\n0 1 0.5\n1 1 1\n");
    assert_rows(*state, "graph-file(path=g, weights=file, directed=yes)", 2,
                (const char *const[]){"0:0.5", "0:0.5 1:1"});
}

static void test_adjacency(void **state)
{
    put("g", "0: 1 2\n1:\n2\n");
    assert_rows(*state, "graph-file(path=g, format=adjacency)", 3,
                (const char *const[]){"0:0.3333 1:0.3333 2:0.3333", "0:0.3333 1:0.6667", "0:0.3333 2:0.6667"});
    /* node 3 is named and has nobody */
    put("g", "0 1 2\n3\n");
    assert_rows(*state, "graph-file(path=g, format=adjacency, directed=yes, weights=uniform)", 4,
                (const char *const[]){"0:1", "0:0.5 1:0.5", "0:0.5 2:0.5", "3:1"});
}

static void test_matrices(void **state)
{
    put("g", "%%MatrixMarket matrix coordinate real general\n% W itself\n2 2 3\n1 1 0.5\n1 2 0.5\n2 2 1\n");
    assert_rows(*state, "graph-file(path=g, format=matrix, weights=file)", 2,
                (const char *const[]){"0:0.5 1:0.5", "1:1"});
    put("g", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 1\n");
    assert_rows(*state, "graph-file(path=g, format=matrix)", 3,
                (const char *const[]){"0:0.3333 1:0.3333 2:0.3333", "0:0.3333 1:0.6667", "0:0.3333 2:0.6667"});
    put("g", "%%MatrixMarket matrix array real general\n2 2\n0.75\n0\n0.25\n1\n");
    assert_rows(*state, "graph-file(path=g, format=matrix, weights=file)", 2,
                (const char *const[]){"0:0.75 1:0.25", "1:1"});
}

static void test_cycle(void **state)
{
    world *w = *state;
    put("a", "0 1\n1 2\n");
    put("b", "0 2\n1 2\n");
    kith_inner *inner = world_open(w, "cycle-of-files(paths=a b, rounds=2)", 3);
    const char *const expected[] = {"0:0.6667 1:0.3333", "0:0.6667 1:0.3333", "0:0.6667 2:0.3333", "0:0.6667 2:0.3333",
                                    "0:0.6667 1:0.3333"};
    for (uint64_t t = 0; t < 5; t++) {
        char text[256];
        kith_graph *g = world_graph(w, inner, t);
        row_text(g, 0, text, sizeof text);
        assert_string_equal(text, expected[t]);
        kith_graph_free(g);
    }
    w->opener.close(inner);
}

typedef struct bad {
    const char *text, *options, *message;
    size_t nodes;
} bad;

static const bad bads[] = {
    {"0 1\n1\n", "", "graph-file: g:2: an edge is two or three words, u v [weight], and this line has one", 2},
    {"0 1 2 3\n", "",
     "graph-file: g:1: an edge is two or three words, u v [weight], and this line has more; set "
     "graph-file.further = drop to leave the others out",
     2},
    {"0 x\n", "",
     "graph-file: g:1: 'x' is no node, which is a whole number; set graph-file.ids = names for nodes with names", 2},
    {"0 1.5\n", "",
     "graph-file: g:1: '1.5' is no node, which is a whole number; set graph-file.ids = names for nodes with names", 2},
    {"0 1\n\n1 1\n", "",
     "graph-file: g:3: node 1 is linked with itself; every node hears itself anyway: take the line away, or set "
     "graph-file.loops = drop",
     2},
    {"0 1\n1 2\n0 1\n", "",
     "graph-file: g:3: the same edge as in line 1; take one of the two away, or set graph-file.repeats = first", 3},
    {"0 1 0.2\n1 0 0.3\n", ", weights=file",
     "graph-file: g:2: the edge weighs something else than in line 1, in the other direction; an undirected edge has "
     "one "
     "weight",
     2},
    {"0 1 -0.5\n", ", weights=file", "graph-file: g:1: the weight -0.5 is negative; weights are at least 0", 2},
    {"0 1 nan\n", ", weights=file", "graph-file: g:1: 'nan' is no weight, which is a finite number", 2},
    {"0 1\n", ", weights=file", "graph-file: g:1: the edge has no weight, and weights = file needs one: u v weight", 2},
    {"0 1 0.7\n1 2 0.7\n", ", weights=file",
     "graph-file: g:2: the weights that node 1 hears with sum to 1.4, which is more than 1", 3},
    {"1 2\n2 3\n", "",
     "graph-file: g:2: there is no node 3: 3 nodes are numbered 0 to 2; set graph-file.first to the lowest id, "
     "graph-file.ids = compact for ids with gaps, or the number of nodes to the file's",
     3},
    {"0 1\n1 2\n", "", "graph-file: g: its nodes end with 2, which makes 3 of them, but there are 4 nodes; make that 3",
     4},
    {"5 9\n9 11\n", ", ids=compact", "graph-file: g: it names 3 nodes, but there are 4; make that 3", 4},
    {"0 1\n", ", directed=yes",
     "graph-file: g: weights = metropolis needs an undirected graph, and this one is not; use uniform, push-sum or "
     "sinkhorn",
     2},
    {"0 1\n", ", directed=yes, weights=sinkhorn",
     "graph-file: g: weights = sinkhorn: after 20000 sweeps sums are still 2e-05 off 1; a directed graph must be "
     "strongly "
     "connected, an undirected one is better served by metropolis",
     2},
    {"0 0 0.4\n0 1 0.5\n1 1 0.6\n", ", weights=file, directed=yes",
     "graph-file: g:1: the weights of node 0's row, which ends here, sum to 0.4; the rows (or the columns) of a W must "
     "sum to 1",
     2},
    {"0 1\n", ", format=matrix",
     "graph-file: g:1: a MatrixMarket file starts with '%%MatrixMarket matrix'; set graph-file.format = edges for an "
     "edge "
     "list",
     2},
    {"%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 1\n", ", format=matrix",
     "graph-file: g:2: the matrix is 2 x 3; that of a graph is square", 2},
    {"%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1\n", ", format=matrix",
     "graph-file: g:2: the matrix is 3 x 3, but there are 2 nodes; make that 3", 2},
    {"%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 1\n2 2 1\n", ", format=matrix, weights=file",
     "graph-file: g:4: the file ends here, before entry 3 of 3", 2},
    {"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n2 2 1\n", ", format=matrix, weights=file",
     "graph-file: g:4: the file goes on after its last entry; check the number of entries", 2},
    {"%%MatrixMarket matrix coordinate real general\n2 2 1\n0 1 1\n", ", format=matrix",
     "graph-file: g:3: entry (0, 1) lies outside the matrix; rows and columns are 1 to 2", 2},
    {"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 0.9\n2 2 1\n", ", format=matrix, weights=file",
     "graph-file: g:3: the weights of node 1's row, which ends here, sum to 0.9; the rows (or the columns) of a W must "
     "sum to 1",
     2},
    {"%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n3 3 1\n", ", format=matrix, weights=file",
     "graph-file: g: node 2 hears nobody, not even itself; the rows (or the columns) of a W must sum to 1", 3},
    {"%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 0.5\n1 2 0.5\n1 1 1\n", ", format=matrix, weights=file",
     "graph-file: g:5: the same edge as in line 3; take one of the two away, or set graph-file.repeats = first", 2},
    {"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1.5\n1 2 -0.5\n", ", format=matrix, weights=file",
     "graph-file: g:4: the weight -0.5 is negative; weights are at least 0", 2},
    {"%%MatrixMarket matrix array real general\n2 2\n0.5\n0.5\n0.75\n0.5\n", ", format=matrix, weights=file",
     "graph-file: g:5: the weights of node 1's row, which ends here, sum to 1.25; the rows (or the columns) of a W "
     "must sum to 1",
     2},
    {"0 1\n2 2\n", ", format=adjacency",
     "graph-file: g:2: node 2 is linked with itself; every node hears itself anyway: take the line away, or set "
     "graph-file.loops = drop",
     3},
    {"0: 1\n1: 2 2\n", ", format=adjacency, directed=yes, weights=uniform",
     "graph-file: g:2: the same edge as in line 2; take one of the two away, or set graph-file.repeats = first", 3},
    {"0 1\n0 -1\n", "",
     "graph-file: g:2: there is no node -1: 2 nodes are numbered 0 to 1; set graph-file.first to the lowest id, "
     "graph-file.ids = compact for ids with gaps, or the number of nodes to the file's",
     2},
    {"# nobody\n", ", ids=compact", "graph-file: g: it names no nodes; write one edge a line: u v", 2},
    {"", "", "graph-file: g: it names no nodes; write one edge a line: u v", 2},
    {"%%MatrixMarket matrix coordinate complex general\n2 2 1\n", ", format=matrix",
     "graph-file: g:1: 'complex' entries cannot be weights; real, integer and pattern can", 2},
    {"%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n", ", format=matrix",
     "graph-file: g:3: entry (1, 2) lies above the diagonal of a symmetric matrix; list the lower triangle", 2},
    {"%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 2\n", ", format=matrix, weights=file",
     "graph-file: g:1: a pattern has no weights, and weights = file needs them", 2},
};

static void test_refusals(void **state)
{
    world *w = *state;
    kith_inner *inner = NULL;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        char spec[256];
        put("g", bads[i].text);
        snprintf(spec, sizeof spec, "graph-file(path=g%s)", bads[i].options);
        const kith_status status = world_try(w, spec, bads[i].nodes, 10, &inner);
        assert_true(status == KITH_EDATA || status == KITH_ECONFIG);
        assert_refused(w->ctx, status, status, bads[i].message);
    }
    assert_refused(w->ctx, world_try(w, "graph-file", 2, 10, &inner), KITH_ECONFIG,
                   "graph-file: no file is named; set its path");
    assert_refused(w->ctx, world_try(w, "graph-file(path=nowhere)", 2, 10, &inner), KITH_EIO,
                   "nowhere: No such file or directory; set graph-file.path to the file");
    assert_refused(w->ctx, world_try(w, "cycle-of-files", 2, 10, &inner), KITH_ECONFIG,
                   "cycle-of-files.paths is empty; name at least one file");
}

/* The same chain, whatever numbers of nodes it has; W by Metropolis' rule is symmetric, and its rows sum to one. */
static void test_sizes(void **state)
{
    world *w = *state;
    static const size_t sizes[] = {2, 3, 7, 16, 33};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        FILE *out = fopen("g", "w");
        assert_non_null(out);
        for (size_t i = 1; i < sizes[k]; i++)
            fprintf(out, "%zu %zu\n", i, i + 1);
        assert_int_equal(fclose(out), 0);
        kith_inner *inner = world_open(w, "graph-file(path=g, first=1)", sizes[k]);
        kith_graph *g = world_graph(w, inner, 0);
        const uint32_t all =
            KITH_CONNECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_STATIC;
        assert_int_equal(inner->ops->properties(inner->self) & all, all);
        for (size_t i = 0; i < sizes[k]; i++) {
            double sum = 0;
            for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
                sum += g->weight[e];
            assert_close(sum, 1, 0, 1e-15);
            assert_int_equal(g->start[i + 1] - g->start[i], (i > 0) + 1 + (i + 1 < sizes[k]));
        }
        kith_graph_free(g);
        w->opener.close(inner);
    }
    put("g", "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n");
    assert_rows(w, "graph-file(path=g, format=matrix, weights=file)", 1, (const char *const[]){"0:1"});
}

/* A ring of a million edges. */
static void test_million(void **state)
{
    world *w = *state;
    enum { N = 1000000 };
    FILE *out = fopen("g", "w");
    assert_non_null(out);
    for (int i = 0; i < N; i++)
        fprintf(out, "%d %d\n", i, (i + 1) % N);
    assert_int_equal(fclose(out), 0);
    const clock_t begun = clock();
    kith_inner *inner = world_open(w, "graph-file(path=g)", N);
    print_message("read in %.2f s\n", (double)(clock() - begun) / CLOCKS_PER_SEC);
    const uint32_t promised = inner->ops->properties(inner->self);
    assert_int_equal(promised & (KITH_CONNECTED | KITH_SYMMETRIC), KITH_CONNECTED | KITH_SYMMETRIC);
    w->opener.close(inner);
}

/* Zachary's karate club, Les Miserables and the Florentine families, as published: nodes and edges. */
static void test_published(void **state)
{
    world *w = *state;
    const struct {
        const char *file;
        size_t nodes, edges;
    } cases[] = {{"karate", 34, 78}, {"les-miserables", 77, 254}, {"florentine", 15, 20}};
    const char *graphs = getenv("GRAPHS");
    if (!graphs) skip();
    for (size_t i = 0; i < 3; i++) {
        char spec[512];
        snprintf(spec, sizeof spec, "graph-file(path=%s/%s.edges)", graphs, cases[i].file);
        kith_inner *inner = world_open(w, spec, cases[i].nodes);
        kith_graph *g = world_graph(w, inner, 0);
        assert_int_equal(g->start[g->nodes] - g->nodes, 2 * cases[i].edges);
        assert_true(g->properties & KITH_CONNECTED);
        kith_graph_free(g);
        w->opener.close(inner);
    }
}

/* The data folder may be named relative to where the test starts, which is not where it works. */
static int start(void **state)
{
    char path[PATH_MAX], full[PATH_MAX];
    const char *data = getenv("KITH_DATA"), *top = getenv("top_srcdir");
    if (data && *data)
        snprintf(path, sizeof path, "%s/graphs", data);
    else
        snprintf(path, sizeof path, "%s/../shared/data/graphs", top ? top : ".");
    if (realpath(path, full))
        setenv("GRAPHS", full, 1);
    else
        print_message("skipping published graphs: there is no %s\n", path);
    return scratch_enter(&folder) != 0 ? -1 : world_start(state);
}

static int stop(void **state)
{
    world_stop(state);
    return scratch_leave(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),    cmocka_unit_test(test_weights), cmocka_unit_test(test_adjacency),
        cmocka_unit_test(test_matrices), cmocka_unit_test(test_cycle),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_sizes),    cmocka_unit_test(test_million), cmocka_unit_test(test_published),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
