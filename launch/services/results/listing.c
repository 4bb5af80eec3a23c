#include "launch/services/results/listing.h"

#include "base/metrics.h"
#include "launch/services/results/export.h"
#include "launch/services/results/groups.h"
#include "launch/services/results/swept.h"
#include "launch/services/text/grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which runs ---- */

static kith_status keep_those_that_meet(kith_ctx *ctx, listing *l, const char *text)
{
    kith_criterion criterion;
    KITH_TRY(kith_criterion_read(ctx, text, &criterion));
    const kith_status status = kith_run_value_check(ctx, &l->results, "-w", criterion.name);
    size_t kept = 0;
    for (size_t r = 0; r < l->results.count && status == KITH_OK; r++)
        if (kith_criterion_met(&criterion, l->results.run[r])) l->results.run[kept++] = l->results.run[r];
    if (status == KITH_OK) l->results.count = kept;
    kith_criterion_free(&criterion);
    return status;
}

typedef struct ranked {
    kith_run_value value;
    const kith_result *run;
    size_t place;
    bool backwards;
} ranked;

/* Those without a value stay at the end, whichever way the others are. */
static int by_value(const void *a_, const void *b_)
{
    const ranked *a = a_, *b = b_;
    const int order = kith_run_value_order(&a->value, &b->value);
    const bool both = a->value.text && b->value.text;
    if (order) return both && a->backwards ? -order : order;
    return (a->place > b->place) - (a->place < b->place);
}

static kith_status sort(kith_ctx *ctx, listing *l, const char *name, bool backwards)
{
    ranked *all;
    KITH_TRY(KITH_ALLOC(ctx, "a list of runs", l->results.count, &all));
    for (size_t r = 0; r < l->results.count; r++) {
        all[r] = (ranked){.run = l->results.run[r], .place = r, .backwards = backwards};
        kith_run_value_of(all[r].run, name, &all[r].value);
        if (all[r].value.text == all[r].value.room) all[r].value.text = ""; /* its number is what counts */
    }
    qsort(all, l->results.count, sizeof *all, by_value);
    for (size_t r = 0; r < l->results.count; r++)
        l->results.run[r] = (kith_result *)all[r].run;
    kith_free(all);
    return KITH_OK;
}

static kith_status sort_best(kith_ctx *ctx, listing *l)
{
    const kith_better better = kith_metric_better(l->results.declared, l->best);
    if (better == KITH_BETTER_NONE)
        return kith_fail(ctx, KITH_EUSAGE,
                         "--best %s: it is not known whether more or less of it is better; sort by it with -s, and -r "
                         "for the greatest first",
                         l->best);
    return sort(ctx, l, l->best, better == KITH_BETTER_UP);
}

static kith_status arrange(kith_ctx *ctx, listing *l)
{
    for (size_t i = 0; i < l->columns; i++)
        KITH_TRY(kith_run_value_check(ctx, &l->results, "-x", l->column[i]));
    if (l->sort) KITH_TRY(kith_run_value_check(ctx, &l->results, "-s", l->sort));
    if (l->best) KITH_TRY(kith_run_value_check(ctx, &l->results, "--best", l->best));
    for (size_t i = 0; i < l->criteria; i++)
        KITH_TRY(keep_those_that_meet(ctx, l, l->criterion[i]));
    if (l->sort) KITH_TRY(sort(ctx, l, l->sort, l->backwards));
    if (l->best) KITH_TRY(sort_best(ctx, l));
    if (l->most && l->results.count > l->most) l->results.count = l->most;
    return KITH_OK;
}

kith_status listing_read(kith_ctx *ctx, listing *l)
{
    if (!l->where) l->where = access("runs", F_OK) == 0 ? "runs" : ".";
    KITH_TRY(kith_results_read_live(ctx, l->where, &l->results));
    if (l->results.count == 0) {
        listing_free(l);
        return kith_fail(ctx, KITH_EIO, "%s: holds no run yet; wait for one to start", l->where);
    }
    const kith_status status = arrange(ctx, l);
    if (status != KITH_OK) listing_free(l);
    return status;
}

void listing_free(listing *l)
{
    kith_results_free(&l->results);
}

/* ---- what is told of one ---- */

static bool run_has(const void *arg, const char *name)
{
    return kith_result_series(arg, name) != NULL;
}

const char *listing_leading(const kith_result *run)
{
    const char *name = kith_metric_leading(run_has, run);
    return name && run_has(run, name) ? name : NULL;
}

void listing_rounds(const kith_result *run, char text[48])
{
    const char *rounds = kith_result_parameter(run, "run", "rounds");
    const uint64_t at = kith_result_rounds(run);
    if (strcmp(run->status, "done") == 0 || !rounds)
        snprintf(text, 48, "%" PRIu64, at);
    else
        snprintf(text, 48, "%" PRIu64 "/%.20s", at, rounds);
}

/* ---- as a table ---- */

enum { MOST_LEADS = 4, FIXED = 4, CELL = 64 };

typedef struct layout {
    const listing *list;
    const char *lead[MOST_LEADS];
    size_t leads;
    kith_swept swept;
    bool seeds, tags, notes; /* have a column */
} layout;

static void find_leads(layout *y)
{
    const kith_results *all = &y->list->results;
    for (size_t r = 0; r < all->count && y->leads < MOST_LEADS; r++) {
        const char *lead = listing_leading(all->run[r]);
        bool there = !lead;
        for (size_t i = 0; i < y->leads; i++)
            there = there || strcmp(y->lead[i], lead) == 0;
        if (!there) y->lead[y->leads++] = lead;
    }
}

static size_t count_columns(const layout *y)
{
    return FIXED + y->leads + y->list->columns + y->swept.count + y->seeds + y->tags + y->notes;
}

/* The name of a column after the fixed ones: what it shows is that of kith_run_value_of(). */
static const char *name_of(const layout *y, size_t c, char text[CELL])
{
    c -= FIXED;
    if (c < y->leads) return y->lead[c];
    c -= y->leads;
    if (c < y->list->columns) return y->list->column[c];
    c -= y->list->columns;
    if (c < y->swept.count) {
        kith_swept_name(&y->swept.key[c], text, CELL);
        return text;
    }
    c -= y->swept.count;
    if (c == 0 && y->seeds) return "seed";
    c -= y->seeds;
    return c == 0 && y->tags ? "tags" : "note";
}

/* Which parameters differ is looked for among all configurations, seeds apart. */
static kith_status find_swept(kith_ctx *ctx, layout *y)
{
    kith_groups groups;
    KITH_TRY(kith_groups_make(ctx, &y->list->results, &groups));
    const kith_status status = kith_swept_find(ctx, &groups, &y->swept);
    kith_groups_free(&groups);
    size_t kept = 0; /* the algorithm has its column */
    for (size_t k = 0; k < y->swept.count; k++)
        if (!y->swept.key[k].lacked &&
            !(strcmp(y->swept.key[k].section, "run") == 0 && strcmp(y->swept.key[k].key, "algorithm") == 0))
            y->swept.key[kept++] = y->swept.key[k];
    y->swept.count = kept;
    return status;
}

static kith_status write_titles(kith_ctx *ctx, const layout *y, kith_grid *grid)
{
    static const char *const fixed[FIXED] = {"run", "algorithm", "status", "round"};
    for (size_t c = 0; c < count_columns(y); c++) {
        char room[CELL];
        const bool number = c == FIXED - 1 || (c >= FIXED && c < FIXED + y->leads);
        const char *name = c < FIXED ? fixed[c] : name_of(y, c, room), *dot = strrchr(name, '.');
        const bool swept = c >= FIXED + y->leads + y->list->columns && dot;
        KITH_TRY(kith_grid_title(ctx, grid, c, swept ? dot + 1 : name, number));
    }
    return KITH_OK;
}

static kith_status write_run(kith_ctx *ctx, const layout *y, const kith_result *run, kith_grid *grid)
{
    char rounds[48], room[CELL];
    listing_rounds(run, rounds);
    char status[48];
    snprintf(status, sizeof status, "%.20s%s", run->status, run->outdated ? ", outdated" : "");
    const char *const fixed[FIXED] = {run->id, run->algorithm, status, rounds};
    KITH_TRY(kith_grid_row(ctx, grid));
    for (size_t c = 0; c < count_columns(y); c++) {
        kith_run_value value = {.text = c < FIXED ? fixed[c] : NULL};
        if (c >= FIXED) kith_run_value_of(run, name_of(y, c, room), &value);
        KITH_TRY(kith_grid_cell(ctx, grid, c, value.text ? value.text : "-"));
    }
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, const layout *y, kith_grid *grid)
{
    KITH_TRY(write_titles(ctx, y, grid));
    for (size_t r = 0; r < y->list->results.count; r++)
        KITH_TRY(write_run(ctx, y, y->list->results.run[r], grid));
    return KITH_OK;
}

kith_status listing_print(kith_ctx *ctx, const listing *l, FILE *out, size_t width, size_t *left_out)
{
    layout y = {.list = l};
    kith_grid *grid = NULL;
    for (size_t r = 0; r < l->results.count; r++) {
        y.seeds |= l->results.run[r]->seed != l->results.run[0]->seed;
        y.tags |= *l->results.run[r]->tags != '\0';
        y.notes |= *l->results.run[r]->note != '\0';
    }
    find_leads(&y);
    KITH_TRY(find_swept(ctx, &y));
    kith_status status = kith_grid_create(ctx, count_columns(&y), &grid);
    if (status == KITH_OK) status = fill(ctx, &y, grid);
    if (status == KITH_OK) *left_out = kith_grid_print(grid, out, width);
    kith_grid_destroy(grid);
    kith_swept_free(&y.swept);
    return status;
}

/* ---- as JSON ---- */

static void json_pair(FILE *out, const char *before, const char *name, const char *text)
{
    fputs(before, out);
    kith_json_text(out, name);
    fputs(": ", out);
    kith_json_text(out, text);
}

static void json_parameters(FILE *out, const kith_result *run)
{
    for (size_t i = 0; i < run->parameters; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s.%s", run->parameter[i].section, run->parameter[i].key);
        json_pair(out, i ? ", " : "", name, run->parameter[i].value);
    }
}

static void json_metrics(FILE *out, const kith_result *run, bool best)
{
    bool first = true;
    for (size_t i = 0; i < run->series_count; i++) {
        const char *name = run->series[i].name;
        const kith_better better = kith_metric_better(run->declared, name);
        if (best && better == KITH_BETTER_NONE) continue;
        fputs(first ? "" : ", ", out);
        kith_json_text(out, name);
        fputs(": ", out);
        kith_json_number(out,
                         best ? kith_result_best(run, name, better == KITH_BETTER_UP) : kith_result_last(run, name));
        first = false;
    }
}

static void json_run(FILE *out, const kith_result *run)
{
    const char *const text[][2] = {
        {"run", run->id},          {"folder", run->folder},   {"name", run->name},       {"algorithm", run->algorithm},
        {"status", run->status},   {"message", run->message}, {"started", run->started}, {"finished", run->finished},
        {"version", run->version}, {"note", run->note},       {"tags", run->tags}};
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        json_pair(out, i ? ", " : "{", text[i][0], text[i][1]);
    fprintf(out, ", \"outdated\": %s, \"seed\": %" PRIu64 ", \"round\": %" PRIu64 ", \"parameters\": {",
            run->outdated ? "true" : "false", run->seed, kith_result_rounds(run));
    json_parameters(out, run);
    fputs("}, \"last\": {", out);
    json_metrics(out, run, false);
    fputs("}, \"best\": {", out);
    json_metrics(out, run, true);
    fputs("}}", out);
}

void listing_json(const listing *l, FILE *out)
{
    for (size_t r = 0; r < l->results.count; r++) {
        fputs(r ? ",\n " : "[", out);
        json_run(out, l->results.run[r]);
    }
    fputs(l->results.count ? "]\n" : "[]\n", out);
}
