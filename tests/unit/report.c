#include "support.h"

#include "database.h"
#include "launch/services/text/html.h"
#include "launch/commands/report/report.h"
#include "launch/services/results/results.h"
#include "launch/services/results/groups.h"

#include <ctype.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[32];

/* Of one place. */
static kith_status report(kith_ctx *ctx, const char *where, const char *out, char *written, size_t size)
{
    const kith_report_request request = {.where = &where, .places = 1, .out = out};
    return kith_report_write(ctx, &request, written, size);
}

static int set_up(void **state)
{
    strcpy(root, "report-test-XXXXXX");
    assert_non_null(mkdtemp(root));
    return (*state = kith_ctx_create()) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info, (void)kind, (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    kith_ctx_destroy(*state);
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A path below the test's folder. Two at a time. */
static const char *below(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", root, name);
    return path[turn];
}

/* root/folder/kith.db */
static void make_database(const char *folder, const char *sql)
{
    database_make(below(folder), sql);
}

static const char one_run[] =
    "INSERT INTO runs VALUES (1, 'quick', 'afa-cd', 7, 'stopped', NULL, '2026-01-02T03:04:05Z', "
    "'2026-01-02T03:05:15Z', '0.1', 'blas=BLIS 0.9\nworkers=2');"
    "INSERT INTO parameters VALUES (1, 'run', 'seed', '7', '--set'), (1, 'run', 'rounds', '500', 'exp.ini:3'),"
    " (1, 'afa-cd', 'buffer', '20', 'the default');"
    "INSERT INTO metrics VALUES (1, 'test_accuracy', 0, 0, 0.1), (1, 'test_accuracy', 10, 30, 0.8125),"
    " (1, 'test_accuracy', 20, 60, 0.75), (1, 'bytes_sent', 0, 0, 0), (1, 'bytes_sent', 10, 30, 1.5e9),"
    " (1, 'bytes_sent', 20, 60, 3e9), (1, 'train_loss', 10, 30, 0.1), (1, 'train_loss', 20, 60, NULL);";

/* The page on a folder below root. */
static char *page_of(kith_ctx *ctx, const char *folder)
{
    char where[128], written[256], expected[256];
    snprintf(where, sizeof where, "%s", below(folder));
    assert_ok(ctx, report(ctx, where, NULL, written, sizeof written));
    snprintf(expected, sizeof expected, "%s/report.html", where);
    assert_string_equal(written, expected);
    return database_text(written, NULL);
}

static bool is_void(const char *tag, size_t length)
{
    return (length == 4 && strncmp(tag, "meta", 4) == 0) || (length == 8 && strncmp(tag, "!DOCTYPE", 8) == 0);
}

/* Every tag is closed, in order; attributes are quoted, so a bare < or > in text shows up as a tag without end. */
static void assert_balanced(const char *html)
{
    char open[64][32];
    size_t depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at, '<')) {
        const char *tag = at + 1 + (at[1] == '/'), *end = strchr(at, '>');
        assert_non_null(end);
        const size_t length = strcspn(tag, " \t\n/>");
        assert_true(length > 0 && length < sizeof open[0]);
        assert_true(isalpha((unsigned char)*tag) || *tag == '!');
        if (at[1] == '/') {
            assert_true(depth > 0);
            assert_int_equal(strlen(open[--depth]), length);
            assert_memory_equal(open[depth], tag, length);
        } else if (end[-1] != '/' && !is_void(tag, length)) {
            assert_true(depth < 64);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, tag);
        }
        at = end;
    }
    assert_int_equal(depth, 0);
}

#define assert_has(html, part)                                                                                         \
    do {                                                                                                               \
        if (!strstr((html), (part))) {                                                                                 \
            print_error("%s:%d: the page lacks %s\n", __FILE__, __LINE__, (part));                                     \
            _fail(__FILE__, __LINE__);                                                                                 \
        }                                                                                                              \
    } while (0)

static void one_runs_page(void **state)
{
    make_database("x", one_run);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<title>quick – Kith report</title>");
    assert_has(html, "1 run of 1 configuration");
    assert_has(html, "<td class=\"n\">7</td><td><span class=\"status stopped\">stopped</span></td>"
                     "<td class=\"n\">20 of 500</td><td class=\"n\">0.7500</td><td class=\"n\">0.8125</td>"
                     "<td class=\"n\">3.000 GB</td><td class=\"n\">60 s</td><td class=\"n\">70 s</td>");
    assert_has(html, ">bytes sent (GB)<");
    assert_has(html, ">virtual time (s)<");
    assert_has(html, "Rounds</th></tr>");
    /* 0.80 was reached, 0.85 was not. */
    assert_has(html, "<th class=\"n\" scope=\"col\">0.80</th></tr>");
    assert_has(html, "Bytes sent, GB</th></tr>");
    assert_has(html, "<td class=\"n\">1.500</td>");
    assert_has(html, "<code>afa-cd.buffer</code></th><td><code>20</code></td><td class=\"soft\">the default</td>");
    assert_has(html, "<code>blas</code></th><td><code>BLIS 0.9</code></td>");
    /* Accuracy by round, bytes and time; the training loss was measured once. One script, nothing from elsewhere. */
    assert_int_equal(database_count(html, "<figure>"), 3);
    assert_int_equal(database_count(html, "role=\"img\" aria-label=\"Test accuracy by "), 3);
    assert_has(html, "<th scope=\"row\">Train loss</th><td class=\"n\">0.1</td>");
    assert_has(html, "<p class=\"lead\">Test accuracy: <b>0.7500</b></p>");
    assert_has(html, " data-u=\"0 10 20\" data-v=\"0.1 0.8125 0.75\">");
    assert_int_equal(database_count(html, "<script"), 1);
    assert_int_equal(database_count(html, "<?xml"), 0);
    assert_int_equal(database_count(html, "src="), 0);
    assert_int_equal(database_count(html, "http"), database_count(html, "http://www.w3.org/"));
    assert_int_equal(database_count(html, "not all of them have ended"), 0);
    free(html);
}

static void names_are_no_markup_and_no_commands(void **state)
{
    make_database("x", "INSERT INTO runs VALUES (1, '<b>&\"me\"''', 'a<i>', 7, 'failed', 'x < y & z', "
                       "'2026-01-02T03:04:05Z', NULL, '0.1', 'a<b=c&d\nplain');"
                       "INSERT INTO parameters VALUES (1, 's<', 'k>', '</table>', '--set');"
                       "INSERT INTO metrics VALUES (1, 'odd''\"<&`touch report-test-owned`', 0, 0, 1),"
                       " (1, 'odd''\"<&`touch report-test-owned`', 1, 0, 2)");
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<h1>&lt;b&gt;&amp;&quot;me&quot;&#39;</h1>");
    assert_has(html, ">a&lt;i&gt;</td>");
    assert_has(html, "x &lt; y &amp; z</td>");
    assert_has(html, "<code>s&lt;.k&gt;</code></th><td><code>&lt;/table&gt;</code>");
    assert_has(html, "<code>a&lt;b</code></th><td><code>c&amp;d</code>");
    assert_has(html, "<td><code>plain</code></td>");
    assert_has(html, "<figcaption>Odd&#39;&quot;&lt;&amp;`touch report-test-owned`</figcaption>");
    assert_int_equal(access("report-test-owned", F_OK), -1);
    assert_int_equal(database_count(html, "<figure>"), 1);
    free(html);
}

/* Two seeds of one configuration, and another one, in one database. */
static const char sweep[] =
    "INSERT INTO runs VALUES"
    " (1, 'a', 'dsgd', 1, 'done', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', ''),"
    " (2, 'a', 'dsgd', 2, 'done', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', ''),"
    " (3, 'b', 'dsgd', 1, 'running', NULL, '2026-01-02T03:04:05Z', NULL, '0', '');"
    "INSERT INTO parameters VALUES (1, 'run', 'seed', '1', 'x'), (1, 'run', 'output', 'runs/1', 'x'),"
    " (1, 'dsgd', 'rate', '0.1', 'x'), (1, 'data', 'alpha', '3', 'x'),"
    " (2, 'run', 'seed', '2', 'x'), (2, 'run', 'output', 'runs/2', 'x'), (2, 'dsgd', 'rate', '0.1', 'x'),"
    " (2, 'data', 'alpha', '3', 'x'),"
    " (3, 'run', 'seed', '1', 'x'), (3, 'run', 'output', 'runs/3', 'x'), (3, 'dsgd', 'rate', '0.5', 'x'),"
    " (3, 'data', 'alpha', '3', 'x');"
    "INSERT INTO metrics VALUES (1, 'test_accuracy', 10, 0, 0.25), (1, 'test_accuracy', 20, 0, 0.6),"
    " (2, 'test_accuracy', 10, 0, 0.5), (2, 'test_accuracy', 20, 0, 0.7), (3, 'test_accuracy', 10, 0, 0.3);";

static void seeds_are_averaged(void **state)
{
    make_database("sweep", sweep);
    char *html = page_of(*state, "sweep");
    assert_balanced(html);
    assert_has(html, "<h1>sweep</h1>");
    assert_has(html, "3 runs of 2 configurations");
    assert_has(html, "not all of them have ended");
    /* (0.6 + 0.7) / 2; their sample deviation is 0.1 / sqrt(2). */
    assert_has(html, "<span>dsgd, rate = 0.1</span></span></th><td class=\"n\">2</td>"
                     "<td class=\"n\">0.6500 ± 0.0707</td>");
    assert_has(html, "<span>dsgd, rate = 0.5</span></span></th><td class=\"n\">1</td><td class=\"n\">0.3000</td>");
    /* 0.5 was reached in rounds 20 and 10; 0.65 by one of two. */
    assert_has(html, "<td class=\"n\">15</td>");
    assert_has(html, "<td class=\"n\">20 <span class=\"soft\">(1 of 2)</span></td>");
    /* A clock that stood still is no axis. */
    assert_int_equal(database_count(html, "irtual time"), 0);
    assert_has(html,
               "<p class=\"lead\">Test accuracy: best <b>0.6500</b> ± 0.0707 <span class=\"soft\">(2 runs)</span> "
               "with dsgd, rate = 0.1; worst "
               "<b>0.3000</b> with dsgd, rate = 0.5</p>");
    assert_has(html, "<code>run.seed</code></th><td class=\"name\">1, 2</td><td class=\"name\">1</td>");
    assert_has(html, "<code>dsgd.rate</code></th><td class=\"name\">0.1</td><td class=\"name\">0.5</td>");
    /* The mean of those that are done, and of the other that has none. */
    assert_has(html, "<figcaption>Final test accuracy against dsgd.rate</figcaption>");
    /* What is the same everywhere, or says where results lie only, is no difference. */
    assert_int_equal(database_count(html, "<code>data.alpha</code>"), 3);
    assert_int_equal(database_count(html, "<code>run.output</code>"), 3);
    free(html);
}

static void curves_of_a_group(void **state)
{
    kith_results results;
    kith_groups groups;
    kith_curve curve;
    make_database("sweep", sweep);
    assert_ok(*state, kith_results_read(*state, below("sweep"), &results));
    assert_int_equal(results.count, 3);
    assert_ok(*state, kith_groups_make(*state, &results, &groups));
    assert_int_equal(groups.count, 2);
    assert_int_equal(groups.group[0].count, 2);
    assert_ok(*state, kith_curve_make(*state, &groups.group[0], "test_accuracy", KITH_AXIS_ROUND, &curve));
    assert_int_equal(curve.count, 2);
    assert_close(curve.point[0].x, 10, 0, 0);
    assert_close(curve.point[0].mean, 0.375, 1e-15, 0);
    assert_close(curve.point[0].low, 0.25, 0, 0);
    assert_close(curve.point[0].high, 0.5, 0, 0);
    assert_close(curve.point[1].mean, 0.65, 1e-15, 0);
    assert_int_equal(curve.point[1].runs, 2);
    kith_free(curve.point);
    assert_ok(*state, kith_curve_make(*state, &groups.group[0], "test_accuracy", KITH_AXIS_BYTES, &curve));
    assert_int_equal(curve.count, 0); /* bytes were not recorded */
    kith_free(curve.point);
    kith_groups_free(&groups);
    kith_results_free(&results);
}

static void folders_of_folders(void **state)
{
    kith_ctx *ctx = *state;
    char where[128];
    mkdir(below("runs"), 0777);
    mkdir(below("runs/empty"), 0777);
    make_database("runs/x10", one_run);
    make_database("runs/x9", one_run);
    make_database("runs/y", sweep);
    make_database("runs/.hidden", one_run);
    make_database("runs/y/z", one_run); /* below a database none is looked for */
    mkdir(below("runs/u"), 0777);
    mkdir(below("runs/u/v"), 0777);
    make_database("runs/u/v/w", one_run);
    assert_int_equal(symlink("..", below("runs/u/round")), 0);
    kith_results results;
    snprintf(where, sizeof where, "%s", below("runs"));
    assert_ok(ctx, kith_results_read(ctx, where, &results));
    assert_int_equal(results.count, 6);
    assert_true(results.several);
    static const char *const id[] = {"u/v/w", "x9", "x10", "y/1", "y/2", "y/3"};
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(results.run[i]->id, id[i]);
    kith_results_free(&results);
    char *html = page_of(ctx, "runs");
    assert_balanced(html);
    assert_has(html, "<td class=\"nowrap\">y/3</td>");
    free(html);
}

/* Three runs of one configuration, two of them with one seed: those count once. */
static const char repeated[] =
    "INSERT INTO runs VALUES"
    " (1, 'a', 'dsgd', 1, 'stopped', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', ''),"
    " (2, 'a', 'dsgd', 2, 'done', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', ''),"
    " (3, 'a', 'dsgd', 1, 'done', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', ''),"
    " (4, 'a', 'dsgd', 1, 'done', NULL, '2026-01-02T03:04:05Z', '2026-01-02T03:05:15Z', '0', '');"
    "INSERT INTO parameters VALUES (1, 'run', 'seed', '1', 'x'), (1, 'run', 'seed_data', '5', 'x'),"
    " (2, 'run', 'seed', '2', 'x'), (2, 'run', 'seed_data', '5', 'x'),"
    " (3, 'run', 'seed', '1', 'x'), (3, 'run', 'seed_data', '5', 'x'),"
    " (4, 'run', 'seed', '1', 'x'), (4, 'run', 'seed_data', '6', 'x');"
    "INSERT INTO metrics VALUES (1, 'test_accuracy', 10, 0, 0.25), (2, 'test_accuracy', 10, 0, 0.5),"
    " (2, 'test_accuracy', 20, 0, 0.7), (3, 'test_accuracy', 10, 0, 0.25), (3, 'test_accuracy', 20, 0, 0.6),"
    " (4, 'test_accuracy', 10, 0, 0.5), (4, 'test_accuracy', 20, 0, 0.8);";

static void one_seed_counts_once(void **state)
{
    kith_results results;
    kith_groups groups;
    make_database("x", repeated);
    assert_ok(*state, kith_results_read(*state, below("x"), &results));
    assert_ok(*state, kith_groups_make(*state, &results, &groups));
    assert_int_equal(groups.count, 1);
    assert_int_equal(groups.group[0].count, 3);
    assert_int_equal(groups.group[0].repeats, 1);
    /* The one that is done counts, whichever came first. */
    static const char *const id[] = {"3", "2", "4", "1"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(groups.group[0].run[i]->id, id[i]);
    kith_groups_free(&groups);
    kith_results_free(&results);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    /* (0.6 + 0.7 + 0.8) / 3 */
    assert_has(html, "</th><td class=\"n\">3</td><td class=\"n\">0.7000 ± 0.1000</td>");
    assert_has(
        html,
        "1 run has the configuration and the seed of another, and so its numbers; means, bands and targets count such "
        "runs once.");
    assert_int_equal(database_count(html, "<span class=\"status stopped\">"), 1);
    free(html);
}

/* Two runs of two rates with the same numbers, and one of another. */
static const char coinciding[] =
    "INSERT INTO runs VALUES (1, 'a', 'dsgd', 1, 'done', NULL, '', '', '0', ''), (2, 'a', 'dsgd', 1, 'done', NULL, '', "
    "'', '0', ''),"
    " (3, 'a', 'dsgd', 1, 'done', NULL, '', '', '0', '');"
    "INSERT INTO parameters VALUES (1, 'dsgd', 'rate', '0.1', 'x'), (2, 'dsgd', 'rate', '0.2', 'x'), (3, 'dsgd', "
    "'rate', '0.3', 'x');"
    "INSERT INTO metrics VALUES (1, 'test_accuracy', 1, 0, 0.25), (1, 'test_accuracy', 2, 0, 0.5),"
    " (2, 'test_accuracy', 1, 0, 0.25), (2, 'test_accuracy', 2, 0, 0.5), (3, 'test_accuracy', 1, 0, 0.25),"
    " (3, 'test_accuracy', 2, 0, 0.6);"
    "INSERT INTO histograms VALUES (1, 'staleness', 0, 4), (1, 'staleness', 3, 6), (2, 'staleness', 1, 8), (1, 'odd', "
    "0, 5);";

static void coinciding_curves_are_told(void **state)
{
    make_database("x", coinciding);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_int_equal(database_count(html, " lies on "), 1);
    assert_has(html, "dsgd, rate = 0.2 lies on dsgd, rate = 0.1.");
    /* The first is whole and the others have gaps, through which it is seen. */
    assert_has(html, "stroke-dasharray=\"none\"");
    assert_has(html, "stroke-dasharray=\"9,4\"");
    /* Three runs of one name are told apart by what differs. */
    assert_has(html, "<span>dsgd, rate = 0.3</span></span></td><td class=\"nowrap\">3</td>");
    free(html);
}

static void histograms_are_drawn(void **state)
{
    kith_results results;
    make_database("x", coinciding);
    assert_ok(*state, kith_results_read(*state, below("x"), &results));
    const kith_histogram *h = kith_result_histogram(results.run[0], "staleness");
    assert_non_null(h);
    assert_int_equal(h->bins, 4);
    static const double wanted[] = {4, 0, 0, 6};
    for (size_t b = 0; b < 4; b++)
        assert_close(h->value[b], wanted[b], 0, 0);
    assert_int_equal(results.run[0]->histograms, 2);
    assert_null(kith_result_histogram(results.run[1], "odd"));
    assert_int_equal(results.run[2]->histograms, 0);
    kith_results_free(&results);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<h2>Histograms</h2>");
    assert_has(html, "<figcaption>Staleness of messages</figcaption>");
    assert_has(html, ">staleness (server steps)<");
    /* One bin is no distribution. */
    assert_int_equal(database_count(html, "<figcaption>odd</figcaption>"), 0);
    free(html);
}

/* Payoffs and weights are heat maps, payoffs a table as well, with intervals where there are any. */
static void payoffs_are_told(void **state)
{
    make_database(
        "played",
        "insert into runs (id, name, algorithm, seed, status, started, version, environment) values"
        " (1, 'team <a>', 'psro', 1, 'done', '2026-01-01T00:00:00Z', '1', '');"
        "insert into metrics (run, round, virtual_time, name, value) values"
        " (1, 1, 1, 'payoff_01_00', 0.25), (1, 1, 1, 'payoff_low_01_00', 0.125), (1, 1, 1, 'payoff_high_01_00', 0.375),"
        " (1, 2, 2, 'payoff_02_01', -0.0004), (1, 1, 1, 'weight_00', 0.4), (1, 2, 2, 'weight_00', 0.75),"
        " (1, 1, 1, 'weight_01', 0.6), (1, 2, 2, 'weight_01', 0.25);");
    char *html = page_of(*state, "played");
    assert_balanced(html);
    assert_has(html, "<h2>Payoffs</h2>");
    assert_has(html, "<figcaption>team &lt;a&gt;</figcaption>");
    assert_has(html, "<tr><td>1</td><td class=\"n\">0.250 [0.125, 0.375]</td><td></td></tr>");
    assert_has(html, "<tr><td>2</td><td class=\"n\"></td><td class=\"n\">0.000</td></tr>");
    assert_has(html, "data-t=\"1 / 0: 0.25 [0.125, 0.375]\"");
    assert_has(html, "data-t=\"1 / 2: 0.25\"");
    assert_int_equal(database_count(html, "<svg class=\"heat\""), 2);
    assert_int_equal(database_count(html, "-0.000<"), 0);
    assert_int_equal(database_count(html, "<figcaption>Payoff"), 0);
    free(html);
}

/* A database of version 1 has no histograms. */
static void older_databases_are_read(void **state)
{
    kith_results results;
    make_database("x", one_run);
    char path[160];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/kith.db", below("x"));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TABLE histograms; DROP TABLE graphs; DROP TABLE nodes; DROP TABLE edges; DROP "
                                  "TABLE declared; PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_ok(*state, kith_results_read(*state, below("x"), &results));
    assert_int_equal(results.run[0]->histograms, 0);
    kith_results_free(&results);
}

/* kith_results_read() on `where` fails with this message. */
static void assert_unreadable(kith_ctx *ctx, const char *where, const char *message)
{
    kith_results results;
    char expected[384];
    snprintf(expected, sizeof expected, "%s: %s", where, message);
    assert_refused(ctx, kith_results_read(ctx, where, &results), KITH_EIO, expected);
}

static void what_cannot_be_read_is_refused(void **state)
{
    kith_ctx *ctx = *state;
    assert_unreadable(ctx, below("missing"),
                      "cannot be read: No such file or directory; name a folder that a run wrote");
    mkdir(below("empty"), 0777);
    assert_unreadable(ctx, below("empty"),
                      "has no kith.db, nor have the folders in it; name a folder that a run wrote");
    make_database("none", "");
    assert_unreadable(ctx, below("none"), "holds no run yet; wait for one to start");
    make_database("newer", "PRAGMA user_version = 7");
    char path[160];
    snprintf(path, sizeof path, "%s/kith.db", below("newer"));
    assert_unreadable(ctx, path, "was written by a newer Kith (database version 7, this one reads 6); use that one");
    FILE *f = fopen(below("text"), "w");
    for (int i = 0; i < 100; i++)
        fputs("no database at all ", f);
    fclose(f);
    assert_unreadable(ctx, below("text"), "is no results database; move it away or choose another folder");
}

static void pages_that_cannot_be_are_refused(void **state)
{
    kith_ctx *ctx = *state;
    char where[128], page[128], expected[256], written[256] = "nothing";
    make_database("x", one_run);
    snprintf(where, sizeof where, "%s", below("x"));
    snprintf(page, sizeof page, "%s", below("missing/page.html"));
    snprintf(expected, sizeof expected,
             "%s: cannot be written: No such file or directory; make room there or choose another place", page);
    assert_refused(ctx, report(ctx, where, page, written, sizeof written), KITH_EIO, expected);
    /* What is no page stays. */
    snprintf(page, sizeof page, "%s", below("page.html"));
    FILE *f = fopen(page, "w");
    fputs("a letter", f);
    fclose(f);
    snprintf(expected, sizeof expected,
             "%s: is there and is not a report that Kith wrote, so it is not replaced; choose another name, or move it "
             "away",
             page);
    assert_refused(ctx, report(ctx, where, page, written, sizeof written), KITH_EIO, expected);
    assert_string_equal(written, "nothing");
    char *text = database_text(page, NULL);
    assert_string_equal(text, "a letter");
    free(text);
}

/* Curves are drawn here, so that a page needs no program but for graphs. */
static void no_program_is_needed(void **state)
{
    make_database("x", one_run);
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
    char *html = page_of(*state, "x");
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(database_count(html, "<figure>"), 3);
    free(html);
}

/* Two parameters that were combined: 3 by 2 values, one combination missing. */
static void two_parameters_are_a_heat_map(void **state)
{
    static const char *const rate[] = {"0.1", "1", "10"}, *const size[] = {"8", "16"};
    char sql[4096];
    size_t used = 0;
    for (int i = 0; i < 5; i++)
        used += (size_t)snprintf(sql + used, sizeof sql - used,
                                 "INSERT INTO runs VALUES (%d, 'r%d', 'dsgd', 1, 'done', NULL, '', '', '0', '');"
                                 "INSERT INTO parameters VALUES (%d, 'local', 'lr', '%s', 'x'),"
                                 " (%d, 'local', 'batch', '%s', 'x');"
                                 "INSERT INTO metrics VALUES (%d, 'test_loss', 1, 0, 1), (%d, 'test_loss', 2, 0, %g);",
                                 i, i, i, rate[i / 2], i, size[i % 2], i, i, 0.5 / (i + 1));
    make_database("x", sql);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<figcaption>Final test loss by local.batch and local.lr</figcaption>");
    assert_has(html, "data-t=\"8 / 0.1: 0.5\"");
    assert_has(html, "data-t=\"16 / 1: 0.125\"");
    assert_int_equal(database_count(html, "data-t="), 5);
    /* Of several configurations, curves come before tables. */
    assert_true(strstr(html, "<h2>Curves</h2>") < strstr(html, "<h2>Summary</h2>"));
    free(html);
}

static void folders_beside_each_other(void **state)
{
    kith_ctx *ctx = *state;
    char one[128], two[128], page[128], written[256];
    make_database("x", one_run);
    make_database("y", one_run);
    snprintf(one, sizeof one, "%s/", below("x"));
    snprintf(two, sizeof two, "%s", below("y"));
    snprintf(page, sizeof page, "%s", below("both.html"));
    const char *const where[] = {one, two};
    kith_report_request request = {.where = where, .places = 2};
    assert_refused(ctx, kith_report_write(ctx, &request, written, sizeof written), KITH_EUSAGE,
                   "a page of several folders: belongs to none of them; name it with -o");
    request.out = page;
    assert_ok(ctx, kith_report_write(ctx, &request, written, sizeof written));
    char *html = database_text(page, NULL), id[160];
    assert_has(html, "<h1>x, y</h1>");
    assert_has(html, "2 runs of 1 configuration");
    snprintf(id, sizeof id, "<td class=\"nowrap\">%s</td>", two);
    assert_has(html, id);
    free(html);
    const char *const missing[] = {one, "nowhere"};
    request.where = missing;
    assert_refused(ctx, kith_report_write(ctx, &request, written, sizeof written), KITH_EIO,
                   "nowhere: has no kith.db, nor have the folders in it; name a folder that a run wrote");
}

static void accuracies_of_one_run_are_one_chart(void **state)
{
    make_database("x", "INSERT INTO runs VALUES (1, 'a', 'dsgd', 1, 'done', NULL, '', '', '0', '');"
                       "INSERT INTO metrics VALUES (1, 'merged_test_accuracy', 1, 0, 0.5),"
                       " (1, 'merged_test_accuracy', 2, 0, 0.75), (1, 'local_test_accuracy_mean', 1, 0, 0.25),"
                       " (1, 'local_test_accuracy_mean', 2, 0, 0.5);");
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<figcaption>Accuracies by round</figcaption>");
    assert_int_equal(database_count(html, "<figure>"), 3);
    free(html);
}

/* What kith eval left is shown where it lies, and other tables are not taken for it. */
static void contests_are_told(void **state)
{
    make_database("x", one_run);
    FILE *f = fopen(below("x/cup.csv"), "w");
    fputs("measure,row,column,episodes,value,low,high\n"
          "payoff,\"a, \"\"1\"\"\",b,10,0.5,0.25,0.75\npayoff,b,\"a, \"\"1\"\"\",10,-0.5,-0.75,-0.25\n"
          "elo,\"a, \"\"1\"\"\",,,20,10,30\nelo,b,,,-20,-30,-10\nexploitability,b,,,0.125,0.125,0.5\n",
          f);
    fclose(f);
    f = fopen(below("x/deal.csv"), "w");
    fputs("example,learner\n1,2\n", f);
    fclose(f);
    char *html = page_of(*state, "x");
    assert_balanced(html);
    assert_has(html, "<h2>Contest: cup.csv</h2>");
    assert_has(html, "data-t=\"a, &quot;1&quot; / b: 0.5 [0.250, 0.750]\"");
    assert_has(html, "<th scope=\"row\">a, &quot;1&quot;</th><td class=\"n\">20.0 ± 10.0</td>");
    assert_has(html, "<td class=\"n\">-20.0 ± 10.0</td><td class=\"n\">0.125</td>");
    assert_int_equal(database_count(html, "<h2>Contest"), 1);
    free(html);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_runs_page),
        TEST(names_are_no_markup_and_no_commands),
        TEST(seeds_are_averaged),
        TEST(curves_of_a_group),
        TEST(folders_of_folders),
        TEST(one_seed_counts_once),
        TEST(coinciding_curves_are_told),
        TEST(histograms_are_drawn),
        TEST(payoffs_are_told),
        TEST(older_databases_are_read),
        TEST(what_cannot_be_read_is_refused),
        TEST(pages_that_cannot_be_are_refused),
        TEST(no_program_is_needed),
        TEST(two_parameters_are_a_heat_map),
        TEST(contests_are_told),
        TEST(accuracies_of_one_run_are_one_chart),
        TEST(folders_beside_each_other),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
