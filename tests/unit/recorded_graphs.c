/* The graph of a run's last round: what an engine tells of it, and what the results database holds of that. */
#include "support.h"

#include "engine/engine.h"
#include "record/record.h"
#include "record/schema.h"
#include "runner.h"
#include "quadratics.h"
#include "scratch.h"

#include <sqlite3.h>

/* ---- the database ---- */

static kith_ctx *ctx;
static kith_config *config;

static int enter(void **state)
{
    if (scratch_enter(state)) return -1;
    ctx = kith_ctx_create();
    assert_ok(ctx, kith_config_create(ctx, &config));
    return 0;
}

static int leave(void **state)
{
    kith_config_destroy(config);
    kith_ctx_destroy(ctx);
    return scratch_leave(state);
}

static kith_record *open_record(bool resume, bool overwrite)
{
    const kith_record_setup setup = {.folder = "x",
                                     .name = "x",
                                     .algorithm = "dsgd",
                                     .seed = 7,
                                     .overwrite = overwrite,
                                     .resume = resume,
                                     .round = 2};
    kith_record *record = NULL;
    assert_ok(ctx, kith_record_open(ctx, &setup, config, &record));
    return record;
}

static int append(void *arg, int columns, char **text, char **names)
{
    (void)names;
    for (int i = 0; i < columns; i++) {
        const size_t used = strlen(arg);
        snprintf((char *)arg + used, 512 - used, "%s%s", text[i] ? text[i] : "-", i + 1 < columns ? " " : "|");
    }
    return 0;
}

/* Columns with blanks between, rows with |. */
static const char *ask(const char *sql)
{
    static char text[512];
    sqlite3 *db;
    text[0] = '\0';
    assert_int_equal(sqlite3_open("x/kith.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, append, text, NULL), SQLITE_OK);
    sqlite3_close(db);
    return text;
}

static const char summary[] = "SELECT round, nodes, edges FROM graphs",
                  nodes[] = "SELECT node, score, flipped FROM nodes", edges[] = "SELECT node, heard, weight FROM edges";

static void graphs_replace_former_ones(void **state)
{
    (void)state;
    static const size_t start[] = {0, 2, 3, 5};
    static const uint32_t from[] = {0, 2, 1, 0, 2};
    static const double weight[] = {0.75, 0.25, 1, 0.5, 0.5}, score[] = {0.5, -0.25, NAN};
    static const bool flipped[] = {false, true, false};
    kith_last_graph graph = {
        .round = 9, .nodes = 3, .start = start, .from = from, .weight = weight, .score = score, .flipped = flipped};
    kith_record *r = open_record(false, false);
    assert_ok(ctx, kith_record_graph(ctx, r, &graph));
    assert_string_equal(ask(summary), "9 3 2|");
    assert_string_equal(ask(nodes), "0 0.5 0|1 -0.25 1|2 - 0|");
    assert_string_equal(ask(edges), "0 0 0.75|0 2 0.25|1 1 1.0|2 0 0.5|2 2 0.5|");
    graph = (kith_last_graph){.round = 11, .nodes = 2};
    assert_ok(ctx, kith_record_graph(ctx, r, &graph));
    assert_string_equal(ask(summary), "11 2 2|");
    assert_string_equal(ask(nodes), "0 - 0|1 - 0|");
    assert_string_equal(ask(edges), "0 0 0.5|0 1 0.5|1 0 0.5|1 1 0.5|");
    graph = (kith_last_graph){.nodes = 2, .start = (const size_t[]){0, 1, 2}, .from = (const uint32_t[]){1, 0}};
    assert_ok(ctx, kith_record_graph(ctx, r, &graph));
    assert_string_equal(ask(edges), "0 1 -|1 0 -|");
    kith_record_close(r);
}

/* Every node hears the `heard` nodes before it, and itself. */
static void enter_circulant(kith_record *r, size_t n, size_t heard)
{
    size_t *start, e = 0;
    uint32_t *from;
    assert_ok(ctx, KITH_ALLOC(ctx, "test", n + 1, &start));
    assert_ok(ctx, KITH_ALLOC(ctx, "test", n * (heard + 1), &from));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            if ((i + n - j) % n <= heard) from[e++] = (uint32_t)j;
        start[i + 1] = e;
    }
    const kith_last_graph graph = {.nodes = n, .start = start, .from = from};
    assert_ok(ctx, kith_record_graph(ctx, r, &graph));
    kith_free(from);
    kith_free(start);
}

static void of_large_graphs_only_the_size(void **state)
{
    (void)state;
    static const char counts[] =
        "SELECT nodes, edges, (SELECT count(*) FROM nodes), (SELECT count(*) FROM edges) FROM graphs";
    kith_record *r = open_record(false, false);
    enter_circulant(r, 300, 1);
    assert_string_equal(ask(counts), "300 300 300 600|");
    enter_circulant(r, 301, 1);
    assert_string_equal(ask(counts), "301 301 0 0|");
    enter_circulant(r, 100, 50);
    assert_string_equal(ask(counts), "100 5000 100 5100|");
    enter_circulant(r, 99, 51);
    assert_string_equal(ask(counts), "99 5049 0 0|");
    /* complete ones, with and without a list */
    enter_circulant(r, 40, 39);
    assert_string_equal(ask(counts), "40 1560 40 1600|");
    enter_circulant(r, 41, 40);
    assert_string_equal(ask(counts), "41 1640 0 0|");
    enter_circulant(r, 41, 39);
    assert_string_equal(ask(counts), "41 1599 41 1640|");
    assert_ok(ctx, kith_record_graph(ctx, r, &(kith_last_graph){.nodes = 40}));
    assert_string_equal(ask(counts), "40 1560 40 1600|");
    assert_ok(ctx, kith_record_graph(ctx, r, &(kith_last_graph){.nodes = 41}));
    assert_string_equal(ask(counts), "41 1640 0 0|");
    assert_ok(ctx, kith_record_graph(ctx, r, &(kith_last_graph){.nodes = 1000000}));
    assert_string_equal(ask(counts), "1000000 999999000000 0 0|");
    kith_record_close(r);
}

static void a_new_start_forgets_it(void **state)
{
    (void)state;
    static const char counts[] =
        "SELECT (SELECT count(*) FROM graphs), (SELECT count(*) FROM nodes), (SELECT count(*) FROM edges)";
    static const char drop[] = "DROP TABLE graphs; DROP TABLE nodes; DROP TABLE edges; DROP TABLE arrivals; DROP TABLE "
                               "declared; DROP TABLE partners; PRAGMA user_version = 2";
    kith_record *r = open_record(false, false);
    enter_circulant(r, 5, 1);
    kith_record_close(r);
    assert_string_equal(ask(counts), "1 5 10|");
    kith_record_close(open_record(true, false));
    assert_string_equal(ask(counts), "0 0 0|");
    r = open_record(true, false);
    enter_circulant(r, 5, 1);
    kith_record_close(r);
    kith_record_close(open_record(false, true));
    assert_string_equal(ask(counts), "0 0 0|");
    /* the tables of version 2 are taken, and get what they lack: by a run that goes on, and by one that begins */
    for (int resume = 0; resume < 2; resume++) {
        ask(drop);
        r = open_record(resume, !resume);
        enter_circulant(r, 5, 1);
        kith_record_close(r);
        assert_string_equal(ask(counts), "1 5 10|");
        assert_string_equal(ask("PRAGMA user_version"), "6|");
    }
}

static void another_run_in_its_place(void **state)
{
    (void)state;
    kith_record *r = open_record(false, false);
    ask("DELETE FROM runs");
    assert_refused(ctx, kith_record_graph(ctx, r, &(kith_last_graph){.nodes = 3}), KITH_EIO,
                   "x/kith.db: another run has replaced this one; give each its own run.output");
    assert_string_equal(ask(summary), "");
    kith_record_close(r);
}

/* ---- engines ---- */

enum { N = 8, ROUNDS = 5 };

/* After all rounds, and the merge where there is one. */
static kith_last_graph graph_of(runner *r, const char *algorithm, const char *topology, int rounds, bool merge)
{
    settings s;
    quadratic(&s, algorithm, N, 1.0, 3, ROUNDS);
    set(&s, "run.topology=%s", topology);
    set(&s, "local.lr=0.1");
    if (strcmp(algorithm, "srrw") != 0) set(&s, "decentralized.merge=%s", merge ? "mean" : "no");
    assert_ok(r->ctx, runner_open(r, s.list));
    const kith_engine *engine = kith_run_engine(r->run);
    for (int t = 0; t < rounds; t++)
        assert_ok(r->ctx, engine->round(r->ctx, engine->self));
    kith_last_graph graph = {.nodes = 0};
    assert_ok(r->ctx, engine->graph(r->ctx, engine->self, &graph));
    return graph;
}

static void a_rings_rows(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"dsgd", "ad-psgd", "srrw"};
    for (size_t a = 0; a < 3; a++) {
        runner r;
        const kith_last_graph g = graph_of(&r, algorithms[a], "ring", ROUNDS, false);
        const bool weighed = a < 2;
        assert_int_equal(g.nodes, N);
        assert_int_equal(g.round, ROUNDS - 1);
        assert_null(g.score);
        assert_int_equal(g.weight != NULL, weighed);
        assert_int_equal(g.start[N], weighed ? 3 * N : 2 * N);
        for (size_t i = 0; i < N; i++)
            for (size_t e = g.start[i]; e < g.start[i + 1]; e++) {
                const size_t away = (g.from[e] + N - i) % N;
                assert_true(away == 1 || away == N - 1 || (weighed && away == 0));
                if (weighed) assert_close(g.weight[e], 1.0 / 3, 1e-12, 0);
            }
        runner_close(&r);
    }
}

/* One peer, 1, 2 or 4 places before, in turn: round 4 is one of 2 places, and a merge is no round of mixing. */
static void the_last_round_that_mixes(void **state)
{
    (void)state;
    for (int merge = 0; merge < 2; merge++) {
        runner r;
        const kith_last_graph g = graph_of(&r, "dsgd", "one-peer-exponential", ROUNDS + merge, merge);
        assert_int_equal(g.round, ROUNDS - 1);
        assert_int_equal(g.start[N], 2 * N);
        for (size_t i = 0; i < N; i++)
            for (size_t e = g.start[i]; e < g.start[i + 1]; e++)
                assert_true(g.from[e] == i || (i + N - g.from[e]) % N == 2);
        runner_close(&r);
    }
}

static void what_has_no_graph(void **state)
{
    (void)state;
    runner r;
    assert_int_equal(graph_of(&r, "dsgd", "ring", 0, true).nodes, 0);
    runner_close(&r);
    assert_int_equal(graph_of(&r, "srrw", "ring", 0, false).nodes, 0);
    runner_close(&r);
    assert_int_equal(graph_of(&r, "allreduce", "ring", 2, true).nodes, 0);
    runner_close(&r);
    assert_int_equal(graph_of(&r, "local-only", "ring", 2, true).nodes, 0);
    runner_close(&r);
    const kith_last_graph g = graph_of(&r, "dsgd", "complete", 2, false);
    assert_int_equal(g.nodes, N);
    assert_null(g.start);
    runner_close(&r);
    settings s;
    quadratic(&s, "fedavg", N, 1.0, 3, ROUNDS);
    set(&s, "participation.arrivals=4");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_null(kith_run_engine(r.run)->graph);
    runner_close(&r);
}

/* Scores belong to a graph that was drawn from them, and not to the base graph of every third round. */
static void contributions_are_scores(void **state)
{
    (void)state;
    for (int rounds = 2; rounds <= 3; rounds++) {
        settings s;
        runner r;
        kith_last_graph g = {.nodes = 0};
        quadratic(&s, "dsgd", N, 1.0, 3, ROUNDS);
        set(&s, "run.topology=contribution");
        set(&s, "contribution.every=3");
        set(&s, "local.lr=0.1");
        assert_ok(r.ctx, runner_open(&r, s.list));
        const kith_engine *engine = kith_run_engine(r.run);
        for (int t = 0; t < rounds; t++)
            assert_ok(r.ctx, engine->round(r.ctx, engine->self));
        assert_ok(r.ctx, engine->graph(r.ctx, engine->self, &g));
        assert_int_equal(g.score != NULL, rounds == 2);
        for (size_t i = 0; i < N && g.score; i++)
            assert_true(fabs(g.score[i]) > 0 && fabs(g.score[i]) <= 1 + 1e-12);
        runner_close(&r);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(graphs_replace_former_ones),    TEST(of_large_graphs_only_the_size),
        TEST(a_new_start_forgets_it),        TEST(another_run_in_its_place),
        cmocka_unit_test(a_rings_rows),      cmocka_unit_test(the_last_round_that_mixes),
        cmocka_unit_test(what_has_no_graph), cmocka_unit_test(contributions_are_scores),
    };
    return cmocka_run_group_tests_name("recorded_graphs", tests, NULL, NULL);
}
