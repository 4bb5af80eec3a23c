#include "launch/commands/sweep/table.h"
#include "base/metrics.h"

#include "config/config.h"
#include "launch/services/console.h"
#include "launch/services/progress.h"
#include "launch/services/results/groups.h"
#include "launch/services/text/grid.h"
#include "record/schema.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 64, CELL_SIZE = 64 };

typedef struct column {
    const char *metric;
    bool best;
    char title[CELL_SIZE];
} column;

typedef struct table {
    const sweep_plan *plan;
    kith_results results;
    const kith_result **run; /* (points) NULL: not there */
    column column[MOST_COLUMNS];
    size_t columns;
} table;

/* ---- who is where ---- */

uint64_t sweep_digest_of(const kith_result *run)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < run->parameters; i++)
        digest = kith_run_digest_add(digest, run->parameter[i].section, run->parameter[i].key, run->parameter[i].value);
    return digest;
}

void sweep_place_runs(const sweep_plan *plan, const kith_results *results, const kith_result **run)
{
    for (size_t r = 0; r < results->count; r++) {
        size_t first = 0;
        if (sweep_plan_find(plan, sweep_digest_of(results->run[r]), true, &first)) run[first] = results->run[r];
    }
    for (size_t i = 0; i < plan->points; i++)
        run[i] = run[sweep_plan_first(plan, i)];
}

static bool has(const kith_result *run, const char *status)
{
    return run && strcmp(run->status, status) == 0;
}

static void count(const table *t, sweep_tally *tally)
{
    char label[SWEEP_LABEL_SIZE];
    *tally = (sweep_tally){0};
    for (size_t i = 0; i < t->plan->points; i++) {
        if (sweep_plan_twin(t->plan, i)) continue;
        tally->runs++;
        tally->done += has(t->run[i], "done");
        if (!has(t->run[i], "failed")) continue;
        if (tally->failed++) continue;
        sweep_plan_label(t->plan, i, true, label, sizeof label);
        snprintf(tally->first_failure, sizeof tally->first_failure, "%s: %s", label, t->run[i]->message);
    }
}

/* ---- columns ---- */

static void add_metric(table *t, const char *name)
{
    const bool known = kith_metric_better(t->results.declared, name) != KITH_BETTER_NONE;
    for (int best = 0; best <= known && t->columns < MOST_COLUMNS; best++) {
        column *c = &t->column[t->columns++];
        *c = (column){.metric = name, .best = best == 1};
        snprintf(c->title, sizeof c->title, "%s%s", best ? "best " : "", name);
    }
}

static bool anyone_has(const table *t, const char *metric)
{
    for (size_t r = 0; r < t->results.count; r++)
        if (kith_result_series(t->results.run[r], metric)) return true;
    return false;
}

static bool anyone_of(const void *arg, const char *metric)
{
    return anyone_has(arg, metric);
}

/* A name that nobody has is no reason to keep back the rest of a table that took hours. */
static void choose_columns(kith_ctx *ctx, table *t, char *names)
{
    while (names && *names) {
        char *name = strsep(&names, ",");
        name += strspn(name, " \t");
        name[strcspn(name, " \t")] = '\0';
        if (anyone_has(t, name))
            add_metric(t, name);
        else if (t->results.count)
            kith_note(ctx,
                      "%s: sweep.metrics: no run has a metric '%s'; '" KITH_NAME " export %s' lists those there are",
                      kith_config_source(t->plan->given, "sweep", "metrics"), name, t->plan->folder);
    }
    if (t->columns == 0 && anyone_has(t, kith_metric_leading(anyone_of, t)))
        add_metric(t, kith_metric_leading(anyone_of, t));
}

/* ---- cells ---- */

/* Five digits of an accuracy's mean, two of its deviation: as many as are worth reading. */
static void write_spread(const kith_spread *s, char *text, size_t size)
{
    const double mean = kith_spread_mean(s), deviation = kith_spread_deviation(s);
    const bool plain = fabs(mean) < 1000.0 && fabs(mean) >= 0.01;
    if (isnan(mean))
        snprintf(text, size, "-");
    else if (isnan(deviation))
        snprintf(text, size, plain ? "%.4f" : "%.4g", mean);
    else
        snprintf(text, size, plain ? "%.4f ± %.4f" : "%.4g ± %.2g", mean, deviation);
}

/* Behind the last of the points that differ from this one in nothing but seeds, if it is the first of them. */
static size_t last_of(const sweep_plan *plan, size_t point)
{
    return point - point % plan->repeats + plan->repeats;
}

static kith_spread spread_of(const table *t, size_t point, const column *c)
{
    kith_spread s = {0};
    const bool up = kith_metric_better(t->results.declared, c->metric) == KITH_BETTER_UP;
    for (size_t i = point; i < last_of(t->plan, point); i++) {
        if (!has(t->run[i], "done") && !(t->plan->rungs && has(t->run[i], "stopped"))) continue;
        kith_spread_add(&s,
                        c->best ? kith_result_best(t->run[i], c->metric, up) : kith_result_last(t->run[i], c->metric));
    }
    return s;
}

static void metric_cell(const table *t, size_t point, const column *c, char *text, size_t size)
{
    const kith_spread s = spread_of(t, point, c);
    write_spread(&s, text, size);
    const size_t used = strlen(text);
    if (s.count && s.missing) snprintf(text + used, size - used, " (%zu of %zu)", s.count, s.count + s.missing);
}

static void runs_cell(const table *t, size_t point, char *text, size_t size)
{
    size_t runs = 0, done = 0, failed = 0;
    for (size_t i = point; i < last_of(t->plan, point); i++) {
        runs++;
        done += has(t->run[i], "done");
        failed += has(t->run[i], "failed");
    }
    const int used = snprintf(text, size, done == runs ? "%zu" : "%zu of %zu", done, runs);
    if (failed && used > 0) snprintf(text + used, size - (size_t)used, ", %zu failed", failed);
}

/* Where the runs of a line were halted, or ended. */
static void rounds_cell(const table *t, size_t point, char *text, size_t size)
{
    uint64_t most = 0;
    for (size_t i = point; i < last_of(t->plan, point); i++) {
        const uint64_t rounds = t->run[i] ? kith_result_rounds(t->run[i]) : 0;
        if (rounds > most) most = rounds;
    }
    snprintf(text, size, "%" PRIu64, most);
}

/* How many columns stand before the metrics. */
static size_t leads(const sweep_plan *plan)
{
    return plan->axes + 1 + (plan->rungs > 0);
}

/* Column 0..axes-1: axes; then how many runs, where they are halved how far they came, and metrics. */
static void cell(const table *t, size_t point, size_t at, char text[SWEEP_VALUE_SIZE])
{
    const sweep_plan *plan = t->plan;
    if (at < plan->axes)
        sweep_plan_cell(plan, point, at, text);
    else if (at == plan->axes)
        runs_cell(t, point, text, SWEEP_VALUE_SIZE);
    else if (at < leads(plan))
        rounds_cell(t, point, text, SWEEP_VALUE_SIZE);
    else
        metric_cell(t, point, &t->column[at - leads(plan)], text, SWEEP_VALUE_SIZE);
}

static const char *title(const table *t, size_t at)
{
    if (at < t->plan->axes) return t->plan->axis[at].title;
    if (at < leads(t->plan)) return at == t->plan->axes ? "runs" : "rounds";
    return t->column[at - leads(t->plan)].title;
}

/* ---- layout ---- */

/* Whether a line of its own begins here: runs that an earlier line has are not told twice. */
static bool is_first(const sweep_plan *plan, size_t point)
{
    return point % plan->repeats == 0 && !sweep_plan_twin(plan, point);
}

/* By what lines are compared, the greater the better; NaN: this one is not. A mean of those that came through is none
 * of all, and who was halted did not come as far. */
static double score(const table *t, size_t point, const column *c)
{
    const kith_better better = kith_metric_better(t->results.declared, c->metric);
    const kith_spread s = spread_of(t, point, c);
    if (better == KITH_BETTER_NONE || s.missing || (t->plan->rungs && has(t->run[point], "stopped"))) return NAN;
    return better == KITH_BETTER_UP ? kith_spread_mean(&s) : -kith_spread_mean(&s);
}

/* The best score of each metric; NaN where there is one line only, or none. Lines that tie are all marked. */
static void find_best(const table *t, double *best)
{
    size_t lines = 0;
    for (size_t i = 0; i < t->plan->points; i++)
        lines += is_first(t->plan, i) && !(t->plan->rungs && has(t->run[i], "stopped"));
    for (size_t c = 0; c < t->columns; c++) {
        best[c] = NAN;
        for (size_t i = 0; i < t->plan->points && lines > 1; i++)
            if (is_first(t->plan, i)) best[c] = fmax(best[c], score(t, i, &t->column[c]));
    }
}

static bool is_shown(const table *t, size_t c)
{
    return c >= t->plan->axes || !t->plan->axis[c].seed;
}

static kith_status write_row(kith_ctx *ctx, const table *t, size_t point, const double *best, kith_grid *grid)
{
    const size_t lead = leads(t->plan), columns = lead + t->columns;
    KITH_TRY(kith_grid_row(ctx, grid));
    for (size_t c = 0, at = 0; c < columns; c++) {
        char text[SWEEP_VALUE_SIZE + 1] = "*";
        const bool marked = c >= lead && score(t, point, &t->column[c - lead]) == best[c - lead];
        if (!is_shown(t, c)) continue;
        cell(t, point, c, text + marked);
        KITH_TRY(kith_grid_cell(ctx, grid, at++, text));
    }
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, const table *t, const double *best, kith_grid *grid)
{
    const size_t columns = leads(t->plan) + t->columns;
    for (size_t c = 0, at = 0; c < columns; c++)
        if (is_shown(t, c)) KITH_TRY(kith_grid_title(ctx, grid, at++, title(t, c), c >= t->plan->axes));
    for (size_t i = 0; i < t->plan->points; i++)
        if (is_first(t->plan, i)) KITH_TRY(write_row(ctx, t, i, best, grid));
    return KITH_OK;
}

static kith_status write_lines(kith_ctx *ctx, const table *t, FILE *out)
{
    double best[MOST_COLUMNS];
    size_t columns = 0;
    kith_grid *grid = NULL;
    for (size_t c = 0; c < leads(t->plan) + t->columns; c++)
        columns += is_shown(t, c);
    find_best(t, best);
    KITH_TRY(kith_grid_create(ctx, columns, &grid));
    kith_grid_colour(grid, console_colours(out));
    const kith_status status = fill(ctx, t, best, grid);
    const size_t left_out = status == KITH_OK ? kith_grid_print(grid, out, kith_bar_columns(out)) : 0;
    if (left_out)
        kith_note(ctx,
                  "%zu columns of the table did not fit; a wider terminal shows them, and so does '" KITH_NAME
                  " list %s --json'",
                  left_out, t->plan->folder);
    kith_grid_destroy(grid);
    return status;
}

static kith_status write_table(kith_ctx *ctx, table *t, FILE *out, sweep_tally *tally)
{
    char *names = strdup(t->plan->settings.metrics);
    kith_status status = names ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "no memory for the sweep's table");
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the sweep's table", t->plan->points, &t->run);
    if (status == KITH_OK) {
        sweep_place_runs(t->plan, &t->results, t->run);
        count(t, tally);
        choose_columns(ctx, t, names);
    }
    if (status == KITH_OK && out && tally->done + tally->failed) status = write_lines(ctx, t, out);
    kith_free(t->run);
    free(names);
    return status;
}

kith_status sweep_table_write(kith_ctx *ctx, const sweep_plan *plan, FILE *out, sweep_tally *tally)
{
    char path[PATH_MAX + 16];
    table t = {.plan = plan};
    *tally = (sweep_tally){0};
    snprintf(path, sizeof path, "%s/" KITH_DATABASE_NAME, plan->folder);
    KITH_TRY(plan->rungs ? kith_results_read_live(ctx, plan->folder, &t.results)
                         : kith_results_read_any(ctx, path, &t.results));
    const kith_status status = write_table(ctx, &t, out, tally);
    kith_results_free(&t.results);
    return status;
}
