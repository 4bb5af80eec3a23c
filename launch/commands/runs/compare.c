/* `kith compare`: the parameters and metrics of some runs side by side. */
#include "launch/command.h"

#include "base/metrics.h"
#include "launch/services/results/listing.h"
#include "launch/services/console.h"
#include "launch/services/options.h"
#include "launch/services/progress.h"
#include "launch/services/results/groups.h"
#include "launch/services/text/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 64, MOST_PLACES = 64 };

typedef struct comparison {
    const char *where[MOST_PLACES];
    size_t places;
    kith_results results[MOST_PLACES];
    const kith_result *run[MOST_RUNS];
    char *title[MOST_RUNS];
    size_t runs;
    bool all;
    kith_grid *grid;
} comparison;

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    comparison *c = state->input;
    switch (key) {
    case 'a':
        c->all = true;
        break;
    case ARGP_KEY_ARG:
        if (c->places == MOST_PLACES) argp_error(state, "%d names at most", MOST_PLACES);
        c->where[c->places++] = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which runs? Name folders, or runs as kith list -q does");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- who ---- */

static kith_status title_run(kith_ctx *ctx, comparison *c, size_t place, const kith_result *run)
{
    const kith_results *results = &c->results[place];
    char *title = NULL;
    if (results->count == 1 && !results->called)
        title = strdup(results->root);
    else if (asprintf(&title, "%s/%s", results->root, run->id) < 0)
        title = NULL;
    if (!title) return kith_fail(ctx, KITH_EMEMORY, "no memory for a comparison");
    c->run[c->runs] = run;
    c->title[c->runs++] = title;
    return KITH_OK;
}

static kith_status read_place(kith_ctx *ctx, comparison *c, size_t place)
{
    kith_results *results = &c->results[place];
    KITH_TRY(kith_results_read(ctx, c->where[place], results));
    for (size_t r = 0; r < results->count; r++) {
        if (c->runs == MOST_RUNS)
            return kith_fail(ctx, KITH_EUSAGE,
                             "more than %d runs do not fit side by side; name some of them, or see all "
                             "with " KITH_NAME " list",
                             MOST_RUNS);
        KITH_TRY(title_run(ctx, c, place, results->run[r]));
    }
    return KITH_OK;
}

static void release(comparison *c)
{
    for (size_t r = 0; r < c->runs; r++)
        free(c->title[r]);
    for (size_t p = 0; p < c->places; p++)
        kith_results_free(&c->results[p]);
    kith_grid_destroy(c->grid);
}

/* ---- rows ---- */

static kith_status begin_row(kith_ctx *ctx, comparison *c, const char *name)
{
    KITH_TRY(kith_grid_row(ctx, c->grid));
    return kith_grid_cell(ctx, c->grid, 0, name);
}

/* Keys that a run lacks come with its other choices, which are told. */
static kith_status parameter_row(kith_ctx *ctx, comparison *c, const kith_setting_text *p)
{
    char name[256];
    bool differs = false;
    for (size_t r = 0; r < c->runs; r++) {
        const char *value = kith_result_parameter(c->run[r], p->section, p->key);
        differs |= value && strcmp(value, p->value) != 0;
    }
    if (!differs && !c->all) return KITH_OK;
    snprintf(name, sizeof name, "%s.%s", p->section, p->key);
    KITH_TRY(begin_row(ctx, c, name));
    for (size_t r = 0; r < c->runs; r++) {
        const char *value = kith_result_parameter(c->run[r], p->section, p->key);
        KITH_TRY(kith_grid_cell(ctx, c->grid, r + 1, value ? value : "-"));
    }
    return KITH_OK;
}

/* Those of each run that no run before it has, so each stands once. */
static kith_status parameter_rows(kith_ctx *ctx, comparison *c)
{
    for (size_t r = 0; r < c->runs; r++)
        for (size_t i = 0; i < c->run[r]->parameters; i++) {
            const kith_setting_text *p = &c->run[r]->parameter[i];
            bool told = kith_is_place(p->section, p->key);
            for (size_t s = 0; s < r; s++)
                told = told || kith_result_parameter(c->run[s], p->section, p->key);
            if (!told) KITH_TRY(parameter_row(ctx, c, p));
        }
    return KITH_OK;
}

/* The last number of each, or the best one; of two runs also by how much the second is greater. */
static kith_status metric_row(kith_ctx *ctx, comparison *c, const char *metric, bool best)
{
    char name[256];
    kith_run_value value[MOST_RUNS];
    snprintf(name, sizeof name, "%s%s", best ? "best " : "", metric);
    KITH_TRY(begin_row(ctx, c, name));
    for (size_t r = 0; r < c->runs; r++) {
        kith_run_value_of(c->run[r], name, &value[r]);
        KITH_TRY(kith_grid_cell(ctx, c->grid, r + 1, value[r].text ? value[r].text : "-"));
    }
    if (c->runs != 2 || isnan(value[0].number) || isnan(value[1].number)) return KITH_OK;
    snprintf(name, sizeof name, "%+.4g", value[1].number - value[0].number);
    return kith_grid_cell(ctx, c->grid, 3, name);
}

/* What counts or times something is best at the start. */
static bool has_best(const kith_result *run, const char *metric)
{
    const kith_metric *known = kith_metric_find(run->declared, metric);
    return known && known->better != KITH_BETTER_NONE && !*known->unit;
}

static kith_status metric_rows(kith_ctx *ctx, comparison *c)
{
    for (size_t r = 0; r < c->runs; r++)
        for (size_t i = 0; i < c->run[r]->series_count; i++) {
            const char *metric = c->run[r]->series[i].name;
            bool told = false;
            for (size_t s = 0; s < r; s++)
                told = told || kith_result_series(c->run[s], metric);
            if (told) continue;
            KITH_TRY(metric_row(ctx, c, metric, false));
            if (has_best(c->run[r], metric)) KITH_TRY(metric_row(ctx, c, metric, true));
        }
    return KITH_OK;
}

static kith_status head_rows(kith_ctx *ctx, comparison *c)
{
    KITH_TRY(begin_row(ctx, c, "status"));
    for (size_t r = 0; r < c->runs; r++)
        KITH_TRY(kith_grid_cell(ctx, c->grid, r + 1, c->run[r]->status));
    KITH_TRY(begin_row(ctx, c, "round"));
    for (size_t r = 0; r < c->runs; r++) {
        char rounds[48];
        listing_rounds(c->run[r], rounds);
        KITH_TRY(kith_grid_cell(ctx, c->grid, r + 1, rounds));
    }
    return KITH_OK;
}

static kith_status compare(kith_ctx *ctx, comparison *c)
{
    for (size_t p = 0; p < c->places; p++)
        KITH_TRY(read_place(ctx, c, p));
    if (c->runs < 2)
        return kith_fail(ctx, KITH_EUSAGE, "%s: is one run, and a comparison needs two; name another one", c->where[0]);
    KITH_TRY(kith_grid_create(ctx, c->runs + 1 + (c->runs == 2), &c->grid));
    for (size_t r = 0; r < c->runs; r++)
        KITH_TRY(kith_grid_title(ctx, c->grid, r + 1, c->title[r], true));
    if (c->runs == 2) KITH_TRY(kith_grid_title(ctx, c->grid, 3, "difference", true));
    KITH_TRY(head_rows(ctx, c));
    KITH_TRY(parameter_rows(ctx, c));
    KITH_TRY(metric_rows(ctx, c));
    const size_t left_out = kith_grid_print(c->grid, stdout, kith_bar_columns(stdout));
    fflush(stdout);
    if (left_out)
        say("%zu column%s did not fit; a wider terminal shows %s", left_out, left_out == 1 ? "" : "s",
            left_out == 1 ? "it" : "them");
    return KITH_OK;
}

int command_compare(int argc, char **argv)
{
    static const struct argp_option rows[] = {{"all", 'a', NULL, 0, "Parameters that are the same, too", 0}, {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse_key,
                                     .args_doc = "RUN...",
                                     .doc =
                                         "Prints the parameters in which runs differ, and the last and the best number "
                                         "of each metric, side by side. "
                                         "A RUN is a folder, FOLDER/RUN as " KITH_NAME " list -q names it, or a name."};
    comparison c = {.places = 0};
    if (options_parse(&argp, argc, argv, &c) != KITH_OK || c.places == 0) return KITH_EUSAGE;
    kith_ctx *ctx = kith_ctx_create();
    const kith_status status = compare(ctx, &c);
    const int code = status == KITH_OK ? 0 : say_failure(ctx, status);
    say_notes(ctx);
    release(&c);
    kith_ctx_destroy(ctx);
    return code;
}
