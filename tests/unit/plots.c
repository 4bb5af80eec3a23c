#include "support.h"

#include "database.h"
#include "launch/commands/report/heat.h"
#include "launch/services/pictures/axes.h"
#include "launch/services/pictures/charts.h"
#include "launch/services/pictures/figure_script.h"
#include "launch/commands/plot/plot.h"

static kith_ctx *ctx;

static int set_up(void **state)
{
    ctx = kith_ctx_create();
    return ctx ? scratch_enter(state) : -1;
}

static int tear_down(void **state)
{
    kith_ctx_destroy(ctx);
    return scratch_leave(state);
}

static bool has(const char *program)
{
    char command[64];
    snprintf(command, sizeof command, "%s --version >/dev/null 2>&1", program);
    return system(command) == 0;
}

static void need(const char *program)
{
    if (has(program)) return;
    print_message("SKIP: %s was not found, so there is no figure to look at\n", program);
    skip();
}

/* What is read of a database, up to the parameters that differ. */
typedef struct world {
    kith_results results;
    kith_groups groups;
    kith_swept swept;
} world;

static world open_world(const char *where)
{
    world w;
    assert_ok(ctx, kith_results_read(ctx, where, &w.results));
    assert_ok(ctx, kith_groups_make(ctx, &w.results, &w.groups));
    assert_ok(ctx, kith_swept_find(ctx, &w.groups, &w.swept));
    return w;
}

static void close_world(world *w)
{
    kith_swept_free(&w->swept);
    kith_groups_free(&w->groups);
    kith_results_free(&w->results);
}

/* run, seed, x, topology and the metric's last value. A ring has a length of its own, which comes with it and says
 * nothing. */
#define POINT(id, status, seed, x, topology, value)                                                                    \
    DATABASE_RUN(id, status, seed)                                                                                     \
    DATABASE_SET(id, "s", "x", x)                                                                                      \
    DATABASE_SET(id, "run", "topology", topology)                                                                      \
    DATABASE_METRIC(id, "acc", 1, 0.125) DATABASE_METRIC(id, "acc", 2, value)

#define LENGTH(id) DATABASE_SET(id, "ring", "length", "9")
#define RINGS      LENGTH(1) LENGTH(2) LENGTH(3) LENGTH(4) LENGTH(6)
#define GRID                                                                                                           \
    POINT(1, "done", 1, "0.5", "ring", 0.25)                                                                           \
    POINT(2, "done", 2, "0.5", "ring", 0.75)                                                                           \
    POINT(3, "done", 1, "10", "ring", 0.5)                                                                             \
    POINT(4, "running", 2, "10", "ring", 0.875)                                                                        \
    POINT(5, "done", 1, "0.5", "chain", 0.375) POINT(6, "done", 1, "2", "ring", 0.0625) RINGS

static void what_differs(void **state)
{
    (void)state;
    char label[KITH_LABEL_SIZE];
    database_make("x", GRID);
    world w = open_world("x");
    assert_int_equal(w.groups.count, 4);
    assert_int_equal(w.swept.count, 3);
    assert_string_equal(w.swept.key[0].key, "x");
    assert_string_equal(w.swept.key[1].key, "topology");
    assert_string_equal(w.swept.key[2].key, "length");
    assert_true(w.swept.key[2].lacked);
    assert_true(!w.swept.key[0].lacked && !w.swept.key[1].lacked);
    assert_ptr_equal(kith_swept_named(&w.swept, "s.x"), &w.swept.key[0]);
    assert_null(kith_swept_named(&w.swept, "ring.length"));
    assert_null(kith_swept_named(&w.swept, "run.seed"));
    kith_swept_label(&w.swept, w.results.run[4], NULL, label, sizeof label);
    assert_string_equal(label, "x = 0.5, chain");
    close_world(&w);
}

/* Points in order of their numbers, means over seeds; the run that goes on is left out where another is done. */
static void final_values_by_a_key(void **state)
{
    (void)state;
    kith_chart chart;
    database_make("x", GRID);
    world w = open_world("x");
    assert_ok(ctx, kith_chart_by_key(ctx, &w.groups, &w.swept, &w.swept.key[0], "acc", KITH_SPREAD_EXTREMES, &chart));
    assert_int_equal(chart.curves, 2);
    assert_string_equal(chart.label[0], "ring");
    assert_string_equal(chart.label[1], "chain");
    assert_null(chart.category);
    assert_int_equal(chart.curve[0].count, 3);
    static const double x[] = {0.5, 2, 10}, mean[] = {0.5, 0.0625, 0.5};
    static const size_t runs[] = {2, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_close(chart.curve[0].point[i].x, x[i], 0, 0);
        assert_close(chart.curve[0].point[i].mean, mean[i], 0, 0);
        assert_int_equal(chart.curve[0].point[i].runs, runs[i]);
    }
    assert_close(chart.curve[0].point[0].low, 0.25, 0, 0);
    assert_close(chart.curve[0].point[0].high, 0.75, 0, 0);
    /* sqrt((0.25^2 + 0.25^2) / 1) */
    assert_close(chart.curve[0].point[0].deviation, 0.35355339059327379, 1e-15, 0);
    assert_true(isnan(chart.curve[0].point[1].deviation));
    assert_int_equal(chart.curve[1].count, 1);
    assert_close(chart.curve[1].point[0].mean, 0.375, 0, 0);
    kith_chart_free(&chart);
    assert_ok(ctx, kith_chart_by_key(ctx, &w.groups, &w.swept, &w.swept.key[0], "acc", KITH_SPREAD_DEVIATION, &chart));
    assert_close(chart.curve[0].point[0].low, 0.5 - 0.35355339059327379, 1e-15, 0);
    assert_close(chart.curve[0].point[1].high, 0.0625, 0, 0);
    kith_chart_free(&chart);
    close_world(&w);
}

static void values_that_are_no_numbers(void **state)
{
    (void)state;
    kith_chart chart;
    database_make("x", GRID);
    world w = open_world("x");
    assert_ok(ctx, kith_chart_by_key(ctx, &w.groups, &w.swept, &w.swept.key[1], "acc", KITH_SPREAD_EXTREMES, &chart));
    assert_int_equal(chart.curves, 3); /* a curve for each x; the length follows the topology */
    assert_int_equal(chart.categories, 2);
    assert_string_equal(chart.category[0], "ring");
    assert_string_equal(chart.category[1], "chain");
    assert_string_equal(chart.label[0], "x = 0.5");
    assert_int_equal(chart.curve[0].count, 2);
    assert_close(chart.curve[0].point[1].x, 1, 0, 0);
    kith_chart_free(&chart);
    close_world(&w);
}

static kith_figure frame_of(const char *values)
{
    static char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE];
    kith_figure figure = {.width = 100};
    kith_curve_point point[8];
    kith_curve curve = {point, 0};
    for (const char *at = values, *end; *at; at = end + (*end == ' ')) {
        const double x = kith_number(at, &end);
        point[curve.count++] = (kith_curve_point){.x = x, .mean = x, .low = x, .high = x, .runs = 1};
    }
    char label[1][KITH_LABEL_SIZE] = {""};
    const kith_chart chart = {.curve = &curve, .label = label, .curves = 1, .final = true};
    const kith_results nothing = {.count = 0};
    const kith_chart_plan plan = kith_plan_of(&nothing, "bytes_sent", KITH_AXIS_ROUND);
    const kith_swept_key key = {"s", "x", false};
    kith_chart_frame(&chart, &plan, &key, x_label, y_label, &figure);
    return figure;
}

static void axes_suit_their_numbers(void **state)
{
    (void)state;
    kith_figure figure = frame_of("0.001 0.01 0.1 1");
    assert_true(figure.log_x && figure.log_y);
    figure = frame_of("1 2 4 8 16 32");
    assert_true(figure.log_x);
    static const char *const factors[] = {"2 4 8 16", "1 2 5 10", "0.5 5 50", "1 3 9"},
                             *const steps[] = {"1 2 3 4 5 6 7 8", "2 4 6 8 10 16", "1 2 4", "1 8",
                                               "-1 2 4 8",        "5 10 20 30 40"};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        assert_true(frame_of(factors[i]).log_x);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_false(frame_of(steps[i]).log_x);
    figure = frame_of("1 10 20 30 40");
    assert_true(!figure.log_x && figure.log_y);
    figure = frame_of("0 0.1 0.2 100");
    assert_true(!figure.log_x && !figure.log_y);
    figure = frame_of("1e6 1e7");
    assert_string_equal(figure.x_label, "s.x");
    assert_string_equal(figure.y_label, "bytes sent (MB)");
    assert_close(figure.y_scale, 1e-6, 1e-15, 0);
}

/* Student's t: of tables. */
static void spreads_have_their_factors(void **state)
{
    (void)state;
    assert_close(kith_spread_factor(KITH_SPREAD_DEVIATION, 9), 1, 0, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_ERROR, 9), 1.0 / 3, 1e-12, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_INTERVAL, 2), 12.7062 / sqrt(2.0), 1e-6, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_INTERVAL, 6), 2.570582 / sqrt(6.0), 1e-6, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_INTERVAL, 11), 2.228139 / sqrt(11.0), 2e-4, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_INTERVAL, 31), 2.042272 / sqrt(31.0), 1e-5, 0);
    assert_close(kith_spread_factor(KITH_SPREAD_INTERVAL, 1), 1, 0, 0);
}

/* Numbers that differ late are told apart, and the title of their axis keeps its room. */
static void ticks_of_a_narrow_range(void **state)
{
    (void)state;
    kith_curve_point point[] = {{.x = 1, .mean = 2.30258, .low = 2.30258, .high = 2.30258, .runs = 1},
                                {.x = 2, .mean = 2.302586, .low = 2.302586, .high = 2.302586, .runs = 1}};
    const kith_curve curve = {point, 2};
    kith_figure figure = {.x_label = "x", .y_label = "y", .curve = &curve, .curves = 1, .x_scale = 1};
    figure.width = 392;
    figure.height = 243;
    for (int narrow = 0; narrow < 2; narrow++) {
        figure.y_least = narrow ? 2.30258 : 0.01;
        figure.y_most = narrow ? 2.302586 : 1;
        char *script = NULL;
        size_t size;
        FILE *out = open_memstream(&script, &size);
        kith_figure_script(out, &figure);
        fclose(out);
        assert_int_equal(database_count(script, narrow ? "set lmargin 12\n" : "set lmargin 9\n"), 1);
        assert_int_equal(database_count(script, "'2.302581' 2.302581, '2.302582' 2.302582,"), narrow);
        assert_int_equal(database_count(script, "set ytics ('0' 0, '0.2' 0.2,"), !narrow);
        free(script);
    }
}

/* A low panel has each power of ten as long as their texts do not meet. */
static void powers_of_ten_in_a_low_panel(void **state)
{
    (void)state;
    kith_curve_point point[] = {{.x = 1, .mean = 0.05, .low = 0.05, .high = 0.05, .runs = 1},
                                {.x = 2, .mean = 3e-6, .low = 3e-6, .high = 3e-6, .runs = 1}};
    const kith_curve curve = {point, 2};
    kith_figure figure = {.x_label = "x", .y_label = "y", .curve = &curve, .curves = 1, .x_scale = 1, .log_y = true};
    figure.width = 392;
    figure.y_least = 3e-6;
    figure.y_most = 0.05;
    for (int low = 0; low < 2; low++) {
        figure.height = low ? 100 : 150;
        char *script = NULL;
        size_t size;
        FILE *out = open_memstream(&script, &size);
        kith_figure_script(out, &figure);
        fclose(out);
        assert_int_equal(database_count(script, "set ytics ('1e-5' 1e-05, '1e-4' 0.0001, '0.001' 0.001, '0.01' 0.01"),
                         !low);
        assert_int_equal(database_count(script, "'1e-4' 0.0001"), !low);
        free(script);
    }
}

static void assert_ticks(const kith_ticks *ticks, const char *wanted)
{
    char all[512] = "";
    for (size_t i = 0; i < ticks->count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", ticks->text[i]);
    assert_string_equal(all, wanted);
}

/* Of one axis all have as many decimals and, far from 1, the same power of ten. */
static void ticks_are_written_alike(void **state)
{
    (void)state;
    kith_ticks t;
    kith_ticks_even(0, 0.17, 4, false, &t);
    assert_ticks(&t, "0 0.05 0.10 0.15");
    kith_ticks_even(-1, 1, 4, false, &t);
    assert_ticks(&t, "-1.0 -0.5 0 0.5 1.0");
    kith_ticks_even(0, 2.6e6, 5, false, &t);
    assert_ticks(&t, "0 1e6 2e6");
    kith_ticks_even(0, 1.2e6, 6, false, &t);
    assert_ticks(&t, "0 0.2e6 0.4e6 0.6e6 0.8e6 1.0e6 1.2e6");
    kith_ticks_even(0, 4e-5, 4, false, &t);
    assert_ticks(&t, "0 1e-5 2e-5 3e-5 4e-5");
    kith_ticks_even(0, 101, 6, true, &t);
    assert_ticks(&t, "0 20 40 60 80 100");
    kith_ticks_log(2e-4, 0.02, 8, &t);
    assert_ticks(&t, "2e-4 5e-4 0.001 0.002 0.005 0.01 0.02");
    kith_ticks_log(1e-13, 1.5, 7, &t);
    assert_ticks(&t, "1e-13 1e-11 1e-9 1e-7 1e-5 0.001 0.1");
    kith_ticks_log(1, 40, 6, &t);
    assert_ticks(&t, "1 2 5 10 20");
    kith_ticks_log(0, 40, 6, &t);
    assert_ticks(&t, "");
    kith_ticks_log(NAN, NAN, 6, &t);
    assert_ticks(&t, "");
}

static char *heat_of(const double *value, int width)
{
    static const char *const name[] = {"a", "b", "twenty-six letters and mo\xc3\xa9re"};
    const kith_heat heat = {.rows = 3,
                            .columns = 3,
                            .value = value,
                            .row = name,
                            .column = name,
                            .row_title = "r",
                            .column_title = "c",
                            .both_ways = true,
                            .width = width};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    kith_heat_write(out, &heat, "title");
    fclose(out);
    return text;
}

/* Numbers stand in all cells or in none, what is left of a sum that cancels is 0, and a long name ends with dots. */
static void heat_maps_are_whole_or_bare(void **state)
{
    (void)state;
    const double value[] = {0, 1.5, 1.497, -1e-19, NAN, 1, 2, 3, 4};
    char *wide = heat_of(value, 520), *narrow = heat_of(value, 270);
    assert_int_equal(database_count(wide, "<rect"), 8);
    assert_int_equal(database_count(wide, "<text class=\"m v"), 8);
    assert_int_equal(database_count(narrow, "<rect"), 8);
    assert_int_equal(database_count(narrow, "<text class=\"m v"), 0);
    assert_int_equal(database_count(wide, "e-19"), 0);
    assert_int_equal(database_count(wide, "From 0 to 4."), 1);
    assert_int_equal(database_count(wide, "twenty-six letters and mo…"), 1);
    free(wide);
    free(narrow);
}

/* ---- files ---- */

static kith_plot_request request_of(const char *x, const char *const *metric, size_t metrics)
{
    return (kith_plot_request){
        .where = "x", .folder = "figures", .metric = metric, .metrics = metrics, .x = x, .width_mm = 85};
}

static size_t files_in(const char *folder)
{
    char command[96];
    size_t files = 0;
    snprintf(command, sizeof command, "ls -A %s 2>/dev/null | wc -l", folder);
    FILE *f = popen(command, "r");
    assert_int_equal(fscanf(f, "%zu", &files), 1);
    pclose(f);
    return files;
}

static const char *const acc[] = {"acc"};

static void figures_and_their_data(void **state)
{
    (void)state;
    need("gnuplot");
    database_make("x", GRID);
    FILE *list = tmpfile();
    char line[96];
    const kith_plot_request request = request_of("s.x", acc, 1);
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    rewind(list);
    assert_non_null(fgets(line, sizeof line, list));
    assert_string_equal(line, "figures/acc-by-s-x.svg\n");
    fclose(list);
    assert_int_equal(files_in("figures"), 2);
    char *data = database_text("figures/acc-by-s-x.csv", NULL), *svg = database_text("figures/acc-by-s-x.svg", NULL);
    assert_string_equal(data,
                        "arm,label,x,mean,sd,n\n1,ring,0.5,0.5,0.3535533906,2\n1,ring,2,0.0625,,1\n1,ring,10,0.5,,1\n"
                        "2,chain,0.5,0.375,,1\n");
    assert_true(strncmp(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg width=\"85.00mm\" height=\"", 66) == 0);
    static const char *const words[] = {
        ">s.x<", ">acc<", ">ring<", ">chain<", ">± sd, 1 to 2 seeds<", "'Liberation Sans'"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(database_count(svg, words[i]) > 0, 1);
    assert_int_equal(database_count(svg, ">dsgd"), 0); /* all are */
    assert_int_equal(database_count(svg, "<desc>"), 0);
    char *again = svg;
    list = tmpfile();
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    svg = database_text("figures/acc-by-s-x.svg", NULL);
    assert_string_equal(svg, again);
    free(svg);
    kith_plot_request titled = request;
    titled.x_label = "share α of `date`'s \xff";
    titled.y_label = "Accuracy (%)";
    titled.width_mm = 140;
    assert_ok(ctx, kith_plot_write(ctx, &titled, list));
    fclose(list);
    svg = database_text("figures/acc-by-s-x.svg", NULL);
    assert_int_equal(database_count(svg, ">share α of  date  s  <"), 1);
    assert_int_equal(database_count(svg, ">Accuracy (%)<"), 1);
    assert_int_equal(database_count(svg, "<svg width=\"140.00mm\""), 1);
    free(again);
    free(svg);
    free(data);
}

/* One curve needs no name, and one run has no spread. */
static void a_run_alone(void **state)
{
    (void)state;
    need("gnuplot");
    database_make("x", DATABASE_RUN(1, "done", 1) DATABASE_METRIC(1, "test_accuracy", 1, 0.5)
                           DATABASE_METRIC(1, "test_accuracy", 2, 1) DATABASE_METRIC(1, "train_loss", 1, 4)
                               DATABASE_METRIC(1, "bytes_sent", 1, 1000) DATABASE_METRIC(1, "odd.one`;", 1, 4));
    FILE *list = tmpfile();
    const kith_plot_request request = request_of(NULL, NULL, 0);
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    fclose(list);
    assert_int_equal(files_in("figures"), 6);
    assert_int_equal(access("figures/train_loss-by-rounds.svg", F_OK), 0);
    assert_int_equal(access("figures/odd-one---by-rounds.csv", F_OK), 0);
    char *data = database_text("figures/test_accuracy-by-rounds.csv", NULL),
         *svg = database_text("figures/test_accuracy-by-rounds.svg", NULL);
    assert_string_equal(data, "arm,label,x,mean,sd,n\n1,,1,0.5,,1\n1,,2,1,,1\n");
    assert_int_equal(database_count(svg, "sd"), 0);
    assert_int_equal(database_count(svg, ">round<"), 1);
    free(svg);
    free(data);
    /* A single point by bytes is no chart for the report, but what was asked for is drawn. */
    const char *const loss[] = {"train_loss"};
    const kith_plot_request by_bytes = request_of("bytes", loss, 1);
    list = tmpfile();
    assert_ok(ctx, kith_plot_write(ctx, &by_bytes, list));
    fclose(list);
    data = database_text("figures/train_loss-by-bytes.csv", NULL);
    assert_string_equal(data, "arm,label,x,mean,sd,n\n1,,1000,4,,1\n");
    free(data);
}

static void pdf_has_no_date(void **state)
{
    (void)state;
    need("gnuplot");
    need("rsvg-convert");
    size_t first, second;
    database_make("x", GRID);
    kith_plot_request request = request_of("s.x", acc, 1);
    request.format = KITH_PICTURE_PDF;
    FILE *list = tmpfile();
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    char *before = database_text("figures/acc-by-s-x.pdf", &first);
    assert_memory_equal(before, "%PDF-", 5);
    sleep(1); /* dates are told to the second */
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    char *after = database_text("figures/acc-by-s-x.pdf", &second);
    assert_int_equal(first, second);
    assert_memory_equal(before, after, first);
    fclose(list);
    free(before);
    free(after);
}

/* A folder of programs of which one is missing. */
static void without_programs(void **state)
{
    (void)state;
    need("gnuplot");
    database_make("x", GRID);
    kith_plot_request request = request_of("s.x", acc, 1);
    char *path = strdup(getenv("PATH")), where[PATH_MAX];
    FILE *which = popen("command -v gnuplot", "r");
    assert_non_null(fgets(where, sizeof where, which));
    pclose(which);
    where[strcspn(where, "\n")] = '\0';
    assert_int_equal(mkdir("programs", 0777), 0);
    assert_int_equal(setenv("PATH", "programs", 1), 0);
    const kith_status neither = kith_plot_write(ctx, &request, stdout);
    assert_refused(ctx, neither, KITH_EIO,
                   "gnuplot, which draws the figures, was not found; on Debian: apt-get install gnuplot-nox");
    assert_int_equal(symlink(where, "programs/gnuplot"), 0);
    request.format = KITH_PICTURE_PDF;
    const kith_status one = kith_plot_write(ctx, &request, stdout);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_refused(ctx, one, KITH_EIO,
                   "rsvg-convert, which makes PDF figures, was not found; on Debian: apt-get install librsvg2-bin");
    assert_int_equal(access("figures", F_OK), -1);
}

/* Puts a program of our own in gnuplot's place. */
static void gnuplots_complaint_is_told(void **state)
{
    (void)state;
    database_make("x", GRID);
    const kith_plot_request request = request_of("s.x", acc, 1);
    char *path = strdup(getenv("PATH")), *with_ours;
    FILE *f = fopen("gnuplot", "w");
    fputs("#!/bin/sh\nprintf '\\n      ^\\n line 7: undefined variable: test\\n\\n' >&2\nexit 1\n", f);
    fclose(f);
    assert_int_equal(chmod("gnuplot", 0755), 0);
    assert_true(asprintf(&with_ours, ".:%s", path) > 0);
    setenv("PATH", with_ours, 1);
    const kith_status failed = kith_plot_write(ctx, &request, stdout);
    setenv("PATH", path, 1);
    assert_refused(ctx, failed, KITH_EIO, "gnuplot failed to draw a figure: line 7: undefined variable: test");
    assert_int_equal(access("figures", F_OK), -1);
    free(with_ours);
    free(path);
}

static void assert_plot_refused(const char *x, const char *const *metric, size_t metrics, const char *message)
{
    const kith_plot_request request = request_of(x, metric, metrics);
    assert_refused(ctx, kith_plot_write(ctx, &request, stdout), KITH_EUSAGE, message);
    assert_int_equal(access("figures", F_OK), -1);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"acd"}, *const wall[] = {"none"};
    database_make("x", GRID DATABASE_SET(1, "local", "lr", "0.5") DATABASE_SET(2, "local", "lr", "0.5")
                           DATABASE_METRIC(1, "none", 1, NULL));
    assert_plot_refused(NULL, wrong, 1, "x: no run has a metric 'acd'; did you mean 'acc'?");
    assert_plot_refused("s.y", acc, 1, "--x=s.y: no run has such a parameter; did you mean 's.x'?");
    assert_plot_refused("zzzzzzzz", acc, 1,
                        "--x=zzzzzzzz: no run has such a parameter; there are rounds, bytes, bytes_up, virtual_time, "
                        "s.x, run.topology");
    assert_plot_refused("local.lr", acc, 1,
                        "x: local.lr is 0.5 in all runs that have it; what differs is s.x, run.topology");
    assert_plot_refused("run.seed", acc, 1,
                        "--x=run.seed: runs that differ in their seeds only are one point; choose another parameter");
    assert_plot_refused(
        "run.output", acc, 1,
        "--x=run.output: names a run or where its results go, not what it computes; choose another parameter");
    assert_plot_refused("bytes", acc, 1, "--x=bytes: no run has recorded bytes_sent; choose --x=rounds");
    assert_plot_refused("virtual_time", acc, 1, "--x=virtual_time: these runs model no time; choose --x=rounds");
    assert_plot_refused(NULL, wall, 1, "x: none has no number to draw there");
    kith_plot_request request = request_of(NULL, NULL, 0);
    database_make("failed", DATABASE_RUN(1, "failed", 1) DATABASE_RUN(2, "failed", 2));
    request.where = "failed";
    assert_refused(ctx, kith_plot_write(ctx, &request, stdout), KITH_EUSAGE,
                   "failed: no metric has numbers to draw, and 2 of 2 runs failed; '" KITH_NAME
                   " report failed' tells why");
    request.where = "nowhere";
    assert_refused(ctx, kith_plot_write(ctx, &request, stdout), KITH_EIO,
                   "nowhere: cannot be read: No such file or directory; name a folder that a run wrote");
}

static void folders_that_cannot_be_are_refused(void **state)
{
    (void)state;
    need("gnuplot");
    database_make("x", GRID);
    kith_plot_request request = request_of("s.x", acc, 1);
    request.folder = "missing/figures";
    assert_refused(ctx, kith_plot_write(ctx, &request, stdout), KITH_EIO,
                   "missing/figures: cannot be made: No such file or directory; choose another folder for the figures");
    /* The first file could be written, and is not left behind when the second cannot. */
    request.folder = "taken";
    assert_int_equal(mkdir("taken", 0777), 0);
    assert_int_equal(mkdir("taken/acc-by-s-x.csv", 0777), 0);
    assert_refused(ctx, kith_plot_write(ctx, &request, stdout), KITH_EIO,
                   "taken/acc-by-s-x.csv: is there and is no regular file; choose another name");
    assert_int_equal(files_in("taken"), 1);
    /* Nor is a folder that was made for nothing. */
    char sql[512], name[301] = "";
    const char *const metric[] = {"acc", name};
    memset(name, 'a', 300);
    sqlite3 *db;
    snprintf(sql, sizeof sql, "INSERT INTO metrics VALUES (1, '%s', 1, 1, 0.5)", name);
    assert_int_equal(sqlite3_open("x/kith.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    request = request_of("s.x", metric, 2);
    assert_int_equal(kith_plot_write(ctx, &request, stdout), KITH_EIO);
    assert_non_null(strstr(kith_ctx_message(ctx), ": cannot be written: File name too long; "));
    assert_int_equal(access("figures", F_OK), -1);
}

/* Parameters that change together are one parameter, and that is said. */
static void keys_that_follow_are_told(void **state)
{
    (void)state;
    need("gnuplot");
    database_make("x", POINT(1, "done", 1, "1", "ring", 0.25) POINT(2, "done", 1, "2", "chain", 0.5));
    FILE *list = tmpfile();
    const kith_plot_request request = request_of("s.x", acc, 1);
    assert_ok(ctx, kith_plot_write(ctx, &request, list));
    fclose(list);
    assert_string_equal(kith_ctx_notes(ctx),
                        "run.topology changes with s.x, so what is drawn against one tells of both\n");
    char *data = database_text("figures/acc-by-s-x.csv", NULL);
    assert_string_equal(data, "arm,label,x,mean,sd,n\n1,,1,0.25,,1\n1,,2,0.5,,1\n");
    free(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_differs),
        TEST(final_values_by_a_key),
        TEST(values_that_are_no_numbers),
        TEST(axes_suit_their_numbers),
        TEST(spreads_have_their_factors),
        TEST(ticks_of_a_narrow_range),
        TEST(powers_of_ten_in_a_low_panel),
        TEST(ticks_are_written_alike),
        TEST(heat_maps_are_whole_or_bare),
        TEST(figures_and_their_data),
        TEST(a_run_alone),
        TEST(pdf_has_no_date),
        TEST(without_programs),
        TEST(gnuplots_complaint_is_told),
        TEST(what_cannot_be_drawn_is_refused),
        TEST(folders_that_cannot_be_are_refused),
        TEST(keys_that_follow_are_told),
    };
    return cmocka_run_group_tests_name("plots", tests, NULL, NULL);
}
