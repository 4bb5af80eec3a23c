/* The report's section on graphs, and words of it. */
#include "support.h"

#include "launch/services/pictures/charts.h"
#include "launch/services/text/html.h"

#include "launch/commands/report/report.h"
#include "launch/services/results/results.h"
#include "record/schema.h"
#include "scratch.h"

#include <sqlite3.h>

/* Makes x/kith.db with `runs` runs of seeds 1, 2 ... in configurations of `seeds` each, and what `sql` adds. */
static void make_database(int runs, int seeds, const char *sql)
{
    sqlite3 *db;
    char *message = NULL, text[512];
    mkdir("x", 0777);
    remove("x/kith.db");
    assert_int_equal(sqlite3_open("x/kith.db", &db), SQLITE_OK);
    snprintf(text, sizeof text, "PRAGMA synchronous = OFF; BEGIN; PRAGMA user_version = %d", KITH_SCHEMA_VERSION);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, KITH_SCHEMA, NULL, NULL, NULL), SQLITE_OK);
    for (int r = 0; r < runs; r++) {
        snprintf(text, sizeof text,
                 "INSERT INTO runs VALUES (%d, 'exp', 'dsgd', %d, 'done', NULL, '', '', '0', '');"
                 "INSERT INTO parameters VALUES (%d, 'run', 'topology', 'a<b', 'x'), (%d, 'local', 'lr', '0.%d', 'x'),"
                 " (%d, 'run', 'seed', '%d', 'x')",
                 r + 1, 1 + r % seeds, r + 1, r + 1, 1 + r / seeds, r + 1, 1 + r % seeds);
        assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    }
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) print_error("%s\n", message);
    assert_null(message);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static char *page(kith_ctx *ctx)
{
    char written[256];
    const char *const where[] = {"x"};
    const kith_report_request request = {.where = where, .places = 1};
    assert_ok(ctx, kith_report_write(ctx, &request, written, sizeof written));
    FILE *f = fopen("x/report.html", "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    const size_t size = (size_t)ftell(f);
    rewind(f);
    char *text = calloc(1, size + 1);
    assert_int_equal(fread(text, 1, size, f), size);
    fclose(f);
    return text;
}

static void need_graphviz(void)
{
    if (system("dot -V >/dev/null 2>&1") == 0) return;
    print_message("SKIP: Graphviz was not found, so there is no picture to look at\n");
    skip();
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

#define assert_has(html, part)                                                                                         \
    do {                                                                                                               \
        if (!strstr((html), (part))) {                                                                                 \
            print_error("%s:%d: the page lacks %s\n", __FILE__, __LINE__, (part));                                     \
            _fail(__FILE__, __LINE__);                                                                                 \
        }                                                                                                              \
    } while (0)

/* A path 0 - 1 - 2 whose second link weighs twice as much as the first, of run 1. */
static const char path_of_three[] =
    "INSERT INTO graphs VALUES (1, 4, 3, 4);"
    "INSERT INTO nodes VALUES (1, 0, NULL, 0), (1, 1, NULL, 0), (1, 2, NULL, 0);"
    "INSERT INTO edges VALUES (1, 0, 0, 0.75), (1, 0, 1, 0.25), (1, 1, 0, 0.25), (1, 1, 1, 0.25), (1, 1, 2, 0.5),"
    " (1, 2, 1, 0.5), (1, 2, 2, 0.5);";

static void links_are_lines(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    make_database(1, 1, path_of_three);
    char *html = page(ctx), *again = page(ctx);
    assert_string_equal(strstr(html, "<h2>Graph"), strstr(again, "<h2>Graph"));
    assert_has(html, "<h2>Graph</h2>");
    assert_has(html, "<figcaption>a&lt;b: 3 learners, 2 links</figcaption>");
    assert_int_equal(count_of(html, "class=\"node\""), 3);
    assert_int_equal(count_of(html, "class=\"edge\""), 2);
    assert_int_equal(count_of(html, "<polygon"), 0);
    assert_has(html, "The darker and thicker a line, the greater its weight (0.25 to 0.5).");
    assert_int_equal(count_of(html, "stroke=\"#74747a\""), 1);
    assert_int_equal(count_of(html, "stroke=\"#202026\""), 1);
    assert_int_equal(count_of(html, "fill=\"#d55e00\""), 0);
    assert_int_equal(count_of(html, "Arrows"), 0);
    assert_int_equal(count_of(html, "contributed"), 0);
    /* nothing that other pictures would have, too, that varies, or that is from elsewhere */
    assert_int_equal(count_of(html, "id=\"f1-node1\""), 1);
    assert_int_equal(count_of(html, "id=\"node1\""), 0);
    assert_int_equal(count_of(html, "<!--"), 0);
    assert_int_equal(count_of(html, "<title>"), 1);
    assert_int_equal(count_of(html, "http"), count_of(html, "http://www.w3.org/"));
    free(html);
    free(again);
    kith_ctx_destroy(ctx);
}

/* 0 and 1 hear each other with the same weight, 2 hears both, and 1 hears 2 with another weight than 2 hears 1. */
static void edges_are_arrows(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    make_database(
        1, 1,
        "INSERT INTO graphs VALUES (1, 4, 3, 5);"
        "INSERT INTO nodes VALUES (1, 0, -0.5, 0), (1, 1, 0.25, 1), (1, 2, 1, 0);"
        "INSERT INTO edges VALUES (1, 0, 1, 0.1), (1, 1, 0, 0.1), (1, 2, 0, 0.2), (1, 2, 1, 0.3), (1, 1, 2, 0.4);");
    char *html = page(ctx);
    assert_has(html, ": 3 learners, 5 edges</figcaption>");
    assert_int_equal(count_of(html, "class=\"edge\""), 4);
    assert_int_equal(count_of(html, "<polygon"), 5);
    assert_has(html, "Arrows point to who hears. The darker and thicker a line, the greater its weight (0.1 to 0.4). "
                     "The larger a node, the more the learner contributed (-0.5 to 1).");
    assert_int_equal(count_of(html, "<ellipse fill=\"#d55e00\""), 1);
    assert_int_equal(count_of(html, "<ellipse fill=\"#0072b2\""), 2);
    assert_has(html, "fill=\"#0072B2\"/></svg><span>2 with true labels</span>");
    assert_has(html, "fill=\"#D55E00\"/></svg><span>1 with flipped labels</span>");
    free(html);
    kith_ctx_destroy(ctx);
}

/* Walks do not weigh the links that they take; all lines are alike. */
static void without_weights(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    make_database(1, 1,
                  "INSERT INTO graphs VALUES (1, 4, 2, 2); INSERT INTO edges VALUES (1, 0, 1, NULL), (1, 1, 0, NULL);");
    char *html = page(ctx);
    assert_has(html, ": 2 learners, 1 link</figcaption>");
    assert_int_equal(count_of(html, "class=\"edge\""), 1);
    assert_int_equal(count_of(html, "stroke=\"#8a8a8a\""), 1);
    assert_int_equal(count_of(html, "thicker"), 0);
    free(html);
    kith_ctx_destroy(ctx);
}

/* A sweep over a rate, two seeds each: the first rate's runs have two graphs, all others the first of them. */
static void the_same_graph_is_drawn_once(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    kith_results results;
    char sql[1024] = "";
    for (int r = 1; r <= 6; r++)
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql),
                 "INSERT INTO graphs VALUES (%d, %d, 2, 2); INSERT INTO edges VALUES (%d, 0, 1, %s), (%d, 1, 0, 0.5);",
                 r, r, r, r == 2 ? "0.25" : "0.5", r);
    make_database(6, 2, sql);
    assert_ok(ctx, kith_results_read(ctx, "x", &results));
    assert_int_equal(results.nets, 2);
    assert_ptr_equal(results.run[0]->net, results.run[5]->net);
    assert_ptr_not_equal(results.run[0]->net, results.run[1]->net);
    kith_results_free(&results);
    char *html = page(ctx);
    assert_has(html, "<h2>Graphs</h2>");
    assert_int_equal(count_of(html, "<figure class=\"graph\">"), 2);
    assert_has(html, "<p class=\"soft same\">dsgd, lr = 0.1 (seed 1); dsgd, lr = 0.2; dsgd, lr = 0.3</p>");
    assert_has(html, "<p class=\"soft same\">dsgd, lr = 0.1 (seed 2)</p>");
    free(html);
    make_database(
        2, 2,
        "INSERT INTO graphs VALUES (1, 9, 2, 0), (2, 9, 2, 0); INSERT INTO edges VALUES (1, 0, 0, 1), (2, 0, 0, 1);");
    html = page(ctx);
    assert_int_equal(count_of(html, "<figure class=\"graph\">"), 1);
    assert_has(html, "2 learners, 0 links</figcaption>");
    assert_has(html, "<p class=\"soft same\">The same in all runs.</p>");
    free(html);
    kith_ctx_destroy(ctx);
}

static void what_is_not_drawn_is_told(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    char sql[4096] = "INSERT INTO graphs VALUES (1, 9, 400, 800), (2, 9, 41, 1640), (3, 9, 400, 800);";
    for (int r = 4; r <= 18; r++)
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql),
                 "INSERT INTO graphs VALUES (%d, 9, 2, 1); INSERT INTO edges VALUES (%d, 0, 1, 0.%d);", r, r, r);
    make_database(18, 18, sql);
    char *html = page(ctx);
    assert_int_equal(count_of(html, "<figure class=\"graph\">"), 12);
    assert_has(html, "<p>Not drawn: 3 more graphs of other runs.</p>");
    assert_has(html, "<p>Not drawn: the complete graph of 41 learners, who all hear each other.</p>\n"
                     "<p class=\"soft same\">dsgd (seed 2)</p>");
    assert_has(
        html,
        "<p>Not drawn: a graph of 400 learners and 800 edges. A picture has at most 300 learners and 5000 edges.</p>\n"
        "<p class=\"soft same\">dsgd (seeds 1, 3)</p>");
    assert_int_equal(count_of(html, "Not drawn"), 3);
    free(html);
    kith_ctx_destroy(ctx);
}

/* Where nodes stand, in points. */
static size_t places_of(const char *html, double (*place)[2], size_t room)
{
    size_t count = 0;
    for (const char *at = html; (at = strstr(at, "<ellipse ")) && count < room; at++, count++)
        assert_int_equal(sscanf(at, "<ellipse fill=\"%*[^\"]\" stroke=\"%*[^\"]\" cx=\"%lf\" cy=\"%lf\"",
                                &place[count][0], &place[count][1]),
                         2);
    return count;
}

/* Chains are rows; what looks the same from every node is a circle, the first at the top and the others clockwise. */
static void orderly_graphs(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    double place[9][2];
    make_database(1, 1, path_of_three);
    char *html = page(ctx);
    assert_int_equal(places_of(html, place, 9), 3);
    assert_true(place[0][1] == place[1][1] && place[1][1] == place[2][1]);
    assert_true(place[0][0] < place[1][0]);
    assert_close(place[2][0] - place[1][0], place[1][0] - place[0][0], 0, 1);
    free(html);
    char sql[1024] = "INSERT INTO graphs VALUES (1, 9, 8, 8);";
    for (int i = 0; i < 8; i++)
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "INSERT INTO edges VALUES (1, %d, %d, 1);", i,
                 (i + 1) % 8);
    make_database(1, 1, sql);
    html = page(ctx);
    assert_int_equal(places_of(html, place, 9), 8);
    const double x = place[0][0], y = (place[0][1] + place[4][1]) / 2, radius = y - place[0][1];
    assert_true(radius > 40);
    for (int i = 0; i < 8; i++) {
        assert_close(place[i][0], x + radius * sin(i * 3.14159265358979323846 / 4), 0, 1);
        assert_close(place[i][1], y - radius * cos(i * 3.14159265358979323846 / 4), 0, 1);
    }
    free(html);
    kith_ctx_destroy(ctx);
}

/* Rows that no run writes do no harm. */
static void odd_rows(void **state)
{
    (void)state;
    need_graphviz();
    kith_ctx *ctx = kith_ctx_create();
    make_database(
        3, 3,
        "INSERT INTO graphs VALUES (1, 9, -1, -1), (2, 9, 3, 2), (3, 9, 0, 0);"
        "INSERT INTO nodes VALUES (2, 1, 0.5, 0), (2, 3, 0.5, 1), (2, -1, 0.5, 1), (2, 9223372036854775807, 1, 1);"
        "INSERT INTO edges VALUES (2, 0, 1, 1e999), (2, 3, 1, 1), (2, -1, 0, 1), (2, 1, 9223372036854775807, 1),"
        " (2, 1, 2, 0), (1, 0, 1, 1), (3, 0, 0, 1);");
    char *html = page(ctx);
    assert_int_equal(count_of(html, "<figure class=\"graph\">"), 1);
    assert_int_equal(count_of(html, "class=\"edge\""), 2);
    assert_int_equal(count_of(html, "fill=\"#d55e00\""), 0);
    free(html);
    kith_ctx_destroy(ctx);
}

/* Databases of the version before have no such tables, and their runs no such section. */
static void older_databases_are_read(void **state)
{
    (void)state;
    kith_ctx *ctx = kith_ctx_create();
    make_database(1, 1, "DROP TABLE graphs; DROP TABLE nodes; DROP TABLE edges; PRAGMA user_version = 2");
    char *html = page(ctx);
    assert_has(html, "</html>");
    assert_int_equal(count_of(html, "<h2>Graph"), 0);
    free(html);
    kith_ctx_destroy(ctx);
}

/* The page on `path_of_three` with this PATH. */
static char *page_by(kith_ctx *ctx, const char *search)
{
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", search, 1), 0);
    char *html = page(ctx);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    return html;
}

static void without_graphviz(void **state)
{
    const scratch *s = *state;
    kith_ctx *ctx = kith_ctx_create();
    char here[PATH_MAX + 32];
    make_database(1, 1, path_of_three);
    char *html = page_by(ctx, "/nonexistent");
    assert_has(
        html,
        "2 links</figcaption>\n<p>Not drawn: Graphviz, which draws graphs, was not found; on Debian: apt-get install "
        "graphviz.</p>\n</figure>");
    assert_has(html, "<h2>Parameters</h2>");
    assert_int_equal(count_of(html, "thicker"), 0);
    assert_string_equal(kith_ctx_message(ctx), "");
    free(html);
    FILE *f = fopen("dot", "w");
    fputs("#!/bin/sh\necho 'Error: <stdin>: no layout' >&2\nexit 1\n", f);
    fclose(f);
    assert_int_equal(chmod("dot", 0755), 0);
    snprintf(here, sizeof here, "%s:/usr/bin:/bin", s->inside);
    html = page_by(ctx, here);
    assert_has(html, "<p>Not drawn: Graphviz failed to draw the graph: Error: &lt;stdin&gt;: no layout.</p>");
    free(html);
    kith_ctx_destroy(ctx);
}

static const char *written_by(void (*write)(FILE *, double), double value)
{
    static char text[64];
    FILE *out = fmemopen(text, sizeof text, "w");
    write(out, value);
    fclose(out);
    return text;
}

static void units_and_escapes(void **state)
{
    (void)state;
    assert_string_equal(written_by(kith_html_bytes, 0), "0 B");
    assert_string_equal(written_by(kith_html_bytes, 999), "999 B");
    assert_string_equal(written_by(kith_html_bytes, 1500), "1.500 kB");
    assert_string_equal(written_by(kith_html_bytes, 1.25e9), "1.250 GB");
    assert_string_equal(written_by(kith_html_bytes, 12345e15), "12345 PB");
    assert_string_equal(written_by(kith_html_bytes, NAN), "–");
    assert_string_equal(written_by(kith_html_seconds, 90), "90 s");
    assert_string_equal(written_by(kith_html_seconds, 0.728), "0.7280 s");
    assert_string_equal(written_by(kith_html_seconds, 99.996), "100.0 s");
    assert_string_equal(written_by(kith_html_bytes, 999.96e6), "1000 MB");
    assert_string_equal(written_by(kith_html_bytes, 10e6), "10.00 MB");
    assert_string_equal(written_by(kith_html_seconds, 150), "2.500 min");
    assert_string_equal(written_by(kith_html_seconds, 9000), "2.500 h");
    assert_string_equal(written_by(kith_html_seconds, 216000), "2.500 d");
    char text[128];
    FILE *out = fmemopen(text, sizeof text, "w");
    kith_html_text(out, "é€😀 \x80 \xc0\xaf \xed\xa0\x80 \x01 \xe2\x82");
    fclose(out);
    assert_string_equal(text, "é€😀 &#xFFFD; &#xFFFD;&#xFFFD; &#xFFFD;&#xFFFD;&#xFFFD; &#xFFFD; &#xFFFD;&#xFFFD;");
}

/* What is no number counts as missing, and a deviation past the range of numbers is none. */
static void spreads_know_what_is_missing(void **state)
{
    (void)state;
    static const double some[] = {1, NAN, 3, INFINITY}, huge[] = {1e300, -1e300};
    kith_spread s = {.count = 0}, far = {.count = 0};
    for (size_t i = 0; i < 4; i++)
        kith_spread_add(&s, some[i]);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.missing, 2);
    assert_close(kith_spread_mean(&s), 2.0, 0, 0);
    assert_close(kith_spread_deviation(&s), sqrt(2.0), 1e-15, 0);
    for (size_t i = 0; i < 2; i++)
        kith_spread_add(&far, huge[i]);
    assert_true(isnan(kith_spread_deviation(&far)));
}

/* Whatever name has the letters within is none. */
static void names_in_prose(void **state)
{
    static const char *const cases[][3] = {{"test_accuracy", "test accuracy", "Test accuracy"},
                                           {"mse", "MSE", "MSE"},
                                           {"val_mse", "val MSE", "Val MSE"},
                                           {"mse_of_mean", "MSE of mean", "MSE of mean"},
                                           {"mserable", "mserable", "Mserable"}};
    char text[KITH_TITLE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int capital = 0; capital < 2; capital++) {
            kith_metric_words(cases[i][0], capital, text, sizeof text);
            assert_string_equal(text, cases[i][1 + capital]);
        }
}

/* Exploitability is drawn on a logarithmic axis where it spans powers of ten and is nowhere negative. */
static void the_lower_edge_is_told(void **state)
{
    static const char beginning[] = "INSERT INTO metrics (run, round, name, value) VALUES (1, 0, 'exploitability', 1), "
                                    "(1, 1, 'exploitability', 1e-3), (1, 2, 'exploitability', ",
                      note[] = "On the lower edge: 0,";
    static const struct {
        const char *last;
        bool told;
    } cases[] = {{"0)", true}, {"-1e-9)", false}, {"1e-9)", false}};
    kith_ctx *ctx = kith_ctx_create();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[400];
        snprintf(sql, sizeof sql, "%s%s", beginning, cases[i].last);
        make_database(1, 1, sql);
        char *html = page(ctx);
        assert_non_null(strstr(html, ">Exploitability by round<"));
        assert_int_equal(strstr(html, note) != NULL, cases[i].told);
        free(html);
    }
    kith_ctx_destroy(ctx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_prose),
        cmocka_unit_test(spreads_know_what_is_missing),
        TEST(the_lower_edge_is_told),
        TEST(links_are_lines),
        TEST(edges_are_arrows),
        TEST(without_weights),
        TEST(the_same_graph_is_drawn_once),
        TEST(what_is_not_drawn_is_told),
        TEST(orderly_graphs),
        TEST(odd_rows),
        TEST(older_databases_are_read),
        TEST(without_graphviz),
        TEST(units_and_escapes),
    };
    return cmocka_run_group_tests_name("pictures", tests, NULL, NULL);
}
