/* Edge lists as networkx, KONECT, SNAP, spreadsheets and people write them. */
#include "support.h"

#include <kith/random.h>

#include "graphworld.h"
#include "scratch.h"
#include <stdbool.h>

static void *folder;

/* All rows as "0:0.5 1:0.5|0:0.5 1:0.5|", and the notes since the last time. */
static void assert_graph(world *w, const char *text, const char *options, size_t nodes, const char *rows,
                         const char *notes)
{
    char spec[256], found[512] = "";
    size_t at = 0;
    scratch_write("g", text, strlen(text));
    snprintf(spec, sizeof spec, "graph-file(path=g%s)", options);
    kith_ctx_clear(w->ctx);
    kith_inner *inner = world_open(w, spec, nodes);
    assert_string_equal(kith_ctx_notes(w->ctx), notes);
    kith_graph *g = world_graph(w, inner, 0);
    for (size_t i = 0; i < nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            at += (size_t)snprintf(found + at, sizeof found - at, "%u:%.4g%s", g->from[e], g->weight[e],
                                   e + 1 < g->start[i + 1] ? " " : "|");
    assert_string_equal(found, rows);
    kith_graph_free(g);
    w->opener.close(inner);
}

/* 0 - 1 - 2 by Metropolis' rule and by the file's weights 0.25 and 0.5 */
#define CHAIN      "0:0.6667 1:0.3333|0:0.3333 1:0.3333 2:0.3333|1:0.3333 2:0.6667|"
#define FILE_CHAIN "0:0.75 1:0.25|0:0.25 1:0.25 2:0.5|1:0.5 2:0.5|"
#define UNUSED     "graph-file: g: its weights are not used; set graph-file.weights = file to use them\n"

static void every_dialect_is_read(void **state)
{
    static const struct {
        const char *text, *options, *rows, *notes;
    } good[] = {
        {"0 1 {}\n1 2 {}\n", "", CHAIN, ""},
        {"0 1 {'weight': 1}\n1 2 {'weight': 1.0}\n", "", CHAIN, ""},
        {"0 1 {'weight': 0.25}\n1 2 {'weight': 0.5}\n", ", weights=file", FILE_CHAIN, ""},
        {"0 1 {\"weight\":0.25}\n1,2,{'weight' : 0.5 }\n", ", weights=file", FILE_CHAIN, ""},
        {"0 1 {'color': 'red', 'weight': 0.25}\n1 2 {'weight': 0.5, 'year': 1977}\n", ", weights=file, further=drop",
         FILE_CHAIN, ""},
        {"0 1 {'color': 'red'}\n1 2 {}\n", ", further=drop", CHAIN, ""},
        {"% sym unweighted\n% 2 3 3\n1 2\n2 3\n", ", first=1", CHAIN, ""},
        {"% asym posweighted\n1 2 1 1085961600\n2 3 1 1085961601\n", ", first=1, further=drop", CHAIN, ""},
        {"# FromNodeId\tToNodeId\n0\t1\n1\t2\n", "", CHAIN, ""},
        {"# both ways\n0\t1\n1\t0\n1\t2\n2\t1\n", "", CHAIN, ""},
        {"0 1 # first\n1 2 % second\n", "", CHAIN, ""},
        {"0,1\n1,2\n", "", CHAIN, ""},
        {"0; 1;0.25\n1; 2;0.5\n", ", weights=file", FILE_CHAIN, ""},
        {"\xEF\xBB\xBF"
         "0 1\r\n1 2\r\n",
         "", CHAIN, ""},
        {"0 1\r1 2", "", CHAIN, ""},
        {"source,target\n0,1\n1,2\n", "", CHAIN,
         "graph-file: g:1: 'source' and 'target' are taken for names of columns\n"},
        {"# k\n\nu v w\n0 1 0.25\n1 2 0.5\n", ", weights=file", FILE_CHAIN,
         "graph-file: g:3: 'u' and 'v' are taken for names of columns\n"},
        {"0 1\n1 1\n1 2\n2 2\n", ", loops=drop", CHAIN, ""},
        {"0: 1 0\n1: 2\n", ", format=adjacency, loops=drop", CHAIN, ""},
        {"0 1\n0 1\n1 2\n0 1\n", ", repeats=first", CHAIN, ""},
        {"0 1 0.25\n1 2 0.5\n0 1 0.5\n1 0 0.7\n", ", repeats=first, weights=file", FILE_CHAIN, ""},
        {"0: 1 1\n1: 2 0\n", ", format=adjacency, repeats=first", CHAIN, ""},
        {"0 1 0.25\n1 2 0.5\n", "", CHAIN, UNUSED},
        {"0 1 2\n1 2 1\n1 0 3\n", "", CHAIN, UNUSED},
        {"0 1 {'weight': 3}\n1 2 {}\n", "", CHAIN, UNUSED},
        {"ann bob\nbob cat\n", ", ids=names", CHAIN, ""},
        {"10.0.0.1,10.0.0.2\n10.0.0.2,x\n", ", ids=names", CHAIN, ""},
        {"7 3 0.25\n3 9 0.5\n", ", ids=names, weights=file", FILE_CHAIN, ""},
        {"ann: bob\nbob: cat\n", ", format=adjacency, ids=names", CHAIN, ""},
        {"#a #b\n#b C#\n", ", ids=names", CHAIN, ""},
        {"# two\nC C#\n\tC# 5% # of all\n% 3\n#\n", ", ids=names", CHAIN, ""},
        {"#a: #b\n#b: %c # last\n", ", format=adjacency, ids=names", CHAIN, ""},
        {"c#,d%,0.25\nd%,e#f,0.5\n", ", ids=names, weights=file", FILE_CHAIN, ""},
        {"%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n2 1 0.25\n3 2 0.5\n", ", format=matrix", CHAIN,
         UNUSED},
        {"\xEF\xBB\xBF%%MatrixMarket matrix coordinate pattern symmetric\r\n3 3 2\r\n2 1\r\n3 2\r\n", ", format=matrix",
         CHAIN, ""},
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        assert_graph(*state, good[k].text, good[k].options, 3, good[k].rows, good[k].notes);
}

static void a_weight_of_zero_is_no_edge(void **state)
{
    static const struct {
        const char *text, *options;
    } same[] = {
        {"0 1 0\n1 2 1\n", ""},
        {"1 2\n0 2 {'weight': 0}\n", ""},
        {"%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n2 1 0\n3 2 1\n", ", format=matrix"},
        {"ann bob 0\nbob cat 1\n", ", ids=names"},
        {"0,1,0.0\n2;1;1\n0 2 0e5\n", ""},
        {"%%MatrixMarket matrix coordinate integer general\n3 3 3\n2 1 0\n3 2 1\n2 3 1\n", ", format=matrix"},
        {"%%MatrixMarket matrix array integer symmetric\n3 3\n0\n0\n0\n0\n1\n0\n", ", format=matrix"},
    };
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
        assert_graph(*state, same[k].text, same[k].options, 3, "0:1|1:0.5 2:0.5|1:0.5 2:0.5|", "");
    world *w = *state;
    kith_inner *inner = world_open(w, "graph-file(path=g, format=matrix)", 3);
    assert_int_equal(inner->ops->properties(inner->self) & KITH_CONNECTED, 0);
    w->opener.close(inner);
    assert_graph(w, "0 1 0\n1 2 0.5\n", ", weights=file", 3, "0:1|1:0.5 2:0.5|1:0.5 2:0.5|", "");
}

static void what_is_not_left_out_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *options, *message;
    } bad[] = {
        {"0 1\n1 1\n", "",
         "graph-file: g:2: node 1 is linked with itself; every node hears itself anyway: take the line away, or set "
         "graph-file.loops = drop"},
        {"0 1\n1 2\n0 1\n", "",
         "graph-file: g:3: the same edge as in line 1; take one of the two away, or set graph-file.repeats = first"},
        {"0 1 1 1085961600\n", "",
         "graph-file: g:1: an edge is two or three words, u v [weight], and this line has more; set "
         "graph-file.further = drop to leave the others out"},
        {"0 1 {'color': 'red'}\n", "",
         "graph-file: g:1: of an edge's data only 'weight' is read, and this is ''color': 'red''; set "
         "graph-file.further = drop to leave it out"},
        {"0 1 {'weight': red}\n", "", "graph-file: g:1: 'red' is no weight, which is a finite number"},
        {"0 1 {'weight': 1\n", "", "graph-file: g:1: '{'weight': 1' is no data of an edge, as in {'weight': 0.25}"},
        {"0 1 {} 3\n", "", "graph-file: g:1: '{} 3' is no data of an edge, as in {'weight': 0.25}"},
        {"a b\nc d\n", "",
         "graph-file: g:2: 'c' is no node, which is a whole number; set graph-file.ids = names for nodes with names"},
        {"a 1\n", "",
         "graph-file: g:1: 'a' is no node, which is a whole number; set graph-file.ids = names for nodes with names"},
        {"0 1\x1b[2J\n", "",
         "graph-file: g:1: '1\\x1B[2J' is no node, which is a whole number; set graph-file.ids = names for nodes with "
         "names"},
        {"a b\nb c\nc d\n", ", ids=names", "graph-file: g: it names 4 nodes, but there are 3; make that 4"},
        {"a b\nb c\na b\n", ", ids=names",
         "graph-file: g:3: the same edge as in line 1; take one of the two away, or set graph-file.repeats = first"},
        {"%%MatrixMarket matrix array real general\n", "",
         "graph-file: g:1: this seems to be a MatrixMarket file; set graph-file.format = matrix"},
        {"<?xml version='1.0'?>\n<graphml>\n", "",
         "graph-file: g:1: this seems to be XML, as GraphML and GEXF files are; write one edge a line: u v weight"},
        {"graph [\n  node [\n", ", ids=names",
         "graph-file: g:1: this seems to be a GML file; write one edge a line: u v weight"},
        {"*Vertices 3\n1 \"a\"\n", "",
         "graph-file: g:1: this seems to be a Pajek file; write one edge a line: u v weight"},
        {"0 1\n\xEF\xBB\xBF"
         "1 2\n",
         "",
         "graph-file: g:2: '\\xEF\\xBB\\xBF1' is no node, which is a whole number; set graph-file.ids = names for "
         "nodes with names"},
    };
    world *w = *state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        char spec[256];
        kith_inner *inner = NULL;
        scratch_write("g", bad[k].text, strlen(bad[k].text));
        snprintf(spec, sizeof spec, "graph-file(path=g%s)", bad[k].options);
        assert_refused(w->ctx, world_try(w, spec, 3, 10, &inner), KITH_EDATA, bad[k].message);
    }
}

/* As np.savetxt, to_csv and hand-made tables have them. An edge list with more columns is one where others are dropped.
 */
static void matrices_are_told_from_edges(void **state)
{
    static const char *const matrices[] = {
        "0,1,0,0\n1,0,1,0\n0,1,0,1\n0,0,1,0\n",
        "0.0 1e0 0 0\n1 0 1 0\n0 1 0 1\n0 0 1 0\n",
        ",0,1,2,3\n0,0,1,0,0\n1,1,0,1,0\n2,0,1,0,1\n3,0,0,1,0\n",
        "0;0.5;0;0.5\r\n0.5;0;0.5;0\r\n0;0.5;0;0.5\r\n0.5;0;0.5;0\r\n",
    };
    world *w = *state;
    kith_inner *inner = NULL;
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++) {
        scratch_write("g", matrices[k], strlen(matrices[k]));
        assert_refused(
            w->ctx, world_try(w, "graph-file(path=g)", 4, 10, &inner), KITH_EDATA,
            "graph-file: g:1: this line has a number for each of 4 nodes, as a row of a matrix has; write "
            "one edge a line: u v weight, or the matrix as MatrixMarket, and set graph-file.format = matrix");
    }
    assert_graph(w, "0 1 1 7\n1 2 1 8\n2 3 1 9\n", ", further=drop", 4,
                 "0:0.6667 1:0.3333|0:0.3333 1:0.3333 2:0.3333|1:0.3333 2:0.3333 3:0.3333|2:0.3333 3:0.6667|", "");
}

/* Valid files with bytes changed: read or refused with a message, never more. */
static void mutated_files_survive(void **state)
{
    static const char *const good[] = {"# k\n0 1 {'weight': 0.25}\n1 2 {'weight': 0.5}\n",
                                       "% k\nu,v,w\n0,1,0.25\n1;2;0.5\r\n2 2 1 7\n", "0: 1 2\n1: 2\n",
                                       "%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n2 1 0.25\n3 2 0.5\n",
                                       "%%MatrixMarket matrix array real general\n3 3\n1\n0\n0\n0\n1\n0\n0\n0\n1\n"};
    static const char *const formats[] = {"edges", "edges", "adjacency", "matrix", "matrix"};
    static const char *const how[] = {"", ", weights=file", ", loops=drop, repeats=first, further=drop",
                                      ", ids=compact", ", ids=names"};
    world *w = *state;
    kith_stream s = kith_stream_at(3, 1, 4, 2);
    for (int turn = 0; turn < 10000; turn++) {
        char bytes[256], spec[256];
        const size_t kind = (size_t)turn % 5, length = strlen(good[kind]);
        kith_inner *inner = NULL;
        memcpy(bytes, good[kind], length);
        for (uint64_t changes = 1 + kith_draw_below(&s, 3); changes; changes--)
            bytes[kith_draw_below(&s, length)] =
                kith_draw_below(&s, 2) ? (char)kith_draw_below(&s, 256) : "{}':,;0129-# \n"[kith_draw_below(&s, 14)];
        scratch_write("g", bytes, length - kith_draw_below(&s, 2) * kith_draw_below(&s, length));
        snprintf(spec, sizeof spec, "graph-file(path=g, format=%s%s)", formats[kind], how[kith_draw_below(&s, 4)]);
        const kith_status status = world_try(w, spec, 3, 10, &inner);
        assert_true(status == KITH_OK || status == KITH_EDATA || status == KITH_ECONFIG);
        for (const char *at = kith_ctx_message(w->ctx); *at; at++)
            assert_true((unsigned char)*at >= ' ');
        if (status == KITH_OK) w->opener.close(inner);
        kith_ctx_clear(w->ctx);
    }
}

static int start(void **state)
{
    return scratch_enter(&folder) || world_start(state);
}

static int stop(void **state)
{
    return world_stop(state) || scratch_leave(&folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_dialect_is_read),
        TEST(a_weight_of_zero_is_no_edge),
        TEST(what_is_not_left_out_is_refused_by_name),
        TEST(matrices_are_told_from_edges),
        TEST(mutated_files_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
