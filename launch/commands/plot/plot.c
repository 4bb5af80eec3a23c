#include "launch/commands/plot/plot.h"
#include "base/metrics.h"

#include "launch/commands/plot/choose.h"
#include "launch/services/pictures/sheets.h"
#include "launch/services/results/export.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How high the room for curves is, and the size of text that kith_figure_unit_mm is for. */
static const double proportion = 0.62, usual_pt = 8.0;

enum { MANY_CURVES = 12, SPREAD_SIZE = 64 };

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

/* ---- the picture ---- */

static kith_spread_kind spread_of(const kith_plot_request *request)
{
    return request->spread == KITH_SPREAD_EXTREMES ? KITH_SPREAD_DEVIATION : request->spread;
}

static const char *spread_text(const kith_plot_request *request, const kith_extent *e, char *text)
{
    static const char *const names[] = {
        [KITH_SPREAD_DEVIATION] = "± sd", [KITH_SPREAD_ERROR] = "± sem", [KITH_SPREAD_INTERVAL] = "95 %"};
    const char *name = names[spread_of(request)];
    if (e->runs_most < 2) return NULL;
    if (e->runs_least == e->runs_most)
        snprintf(text, SPREAD_SIZE, "%s, %zu seeds", name, e->runs_most);
    else
        snprintf(text, SPREAD_SIZE, "%s, %zu to %zu seeds", name, e->runs_least, e->runs_most);
    return text;
}

/* What was asked for beyond what suits the numbers. */
static kith_status adjust(kith_ctx *ctx, const kith_plot_request *request, const kith_chart_plan *plan,
                          const kith_extent *e, kith_figure *figure)
{
    if (request->x_label) figure->x_label = request->x_label;
    if (request->y_label) figure->y_label = request->y_label;
    if (request->log_y && isnan(e->y_positive))
        return kith_fail(ctx, KITH_EUSAGE, "--log: %s has no value above 0; leave y linear", plan->metric);
    if (request->log_x && (figure->category || !(e->x_most > 0)))
        return kith_fail(ctx, KITH_EUSAGE, "--log: there is no number above 0 along x; leave x linear");
    if (request->log_y && !figure->log_y) figure->y_least = e->y_positive;
    figure->log_x = figure->log_x || request->log_x;
    figure->log_y = figure->log_y || request->log_y;
    figure->x_limits = request->x_limits;
    figure->y_limits = request->y_limits;
    if ((figure->log_x && request->x_limits && !(request->x_limits->low > 0)) ||
        (figure->log_y && request->y_limits && !(request->y_limits->low > 0)))
        return kith_fail(ctx, KITH_EUSAGE, "--x-limits, --y-limits: a logarithmic axis begins above 0");
    return KITH_OK;
}

static kith_status draw(kith_ctx *ctx, const kith_plot_request *request, const kith_chart *chart,
                        const kith_chart_plan *plan, const kith_swept_key *key, kith_sheet *s)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], spread[SPREAD_SIZE], *svg;
    const kith_extent e = kith_extent_of(chart->curve, chart->curves);
    const char **label;
    KITH_TRY(KITH_ALLOC(ctx, "a legend", chart->curves, &label));
    for (size_t c = 0; c < chart->curves; c++)
        label[c] = chart->label[c];
    const kith_legend legend = {.label = chart->curves > 1 ? label : NULL, .spread = spread_text(request, &e, spread)};
    const double unit_mm = kith_figure_unit_mm * (request->font_pt > 0 ? request->font_pt / usual_pt : 1);
    const int width = (int)lround(request->width_mm / unit_mm);
    kith_figure figure = {.width = width, .height = (int)lround(proportion * width), .legend = &legend};
    if (request->height_mm > 0) figure.height = (int)lround(request->height_mm / unit_mm);
    kith_chart_frame(chart, plan, key, x_label, y_label, &figure);
    const int height = kith_figure_height(&figure);
    kith_status status = adjust(ctx, request, plan, &e, &figure);
    if (status == KITH_OK) status = kith_figure_draw(ctx, &figure, &svg);
    kith_free(label);
    if (status != KITH_OK) return status;
    return kith_sheet_take(ctx, svg, request->width_mm, request->width_mm * height / width, request->pdf, s);
}

/* ---- the table ---- */

static void write_row(FILE *out, const kith_chart *chart, size_t c, const kith_curve_point *p)
{
    fprintf(out, "%zu,", c + 1);
    kith_csv_text(out, chart->label[c]);
    putc(',', out);
    if (chart->category)
        kith_csv_text(out, chart->category[(size_t)p->x]);
    else
        fprintf(out, "%.10g", p->x);
    fprintf(out, ",%.10g,", p->mean);
    if (!isnan(p->deviation)) fprintf(out, "%.10g", p->deviation);
    fprintf(out, ",%zu\n", p->runs);
}

static kith_status tabulate(kith_ctx *ctx, const kith_chart *chart, kith_sheet *s)
{
    size_t size = 0;
    FILE *out = open_memstream(&s->data, &size);
    if (!out) return fail_memory(ctx);
    fputs("arm,label,x,mean,sd,n\n", out);
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++)
            write_row(out, chart, c, &chart->curve[c].point[i]);
    return fclose(out) == 0 ? KITH_OK : fail_memory(ctx);
}

/* ---- names ---- */

/* LaTeX takes what follows a dot for the ending. */
static void tidy_name(char *name)
{
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_') *name = '-';
}

static bool is_taken(const kith_sheets *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->sheet[i].name, name) == 0) return true;
    return false;
}

static kith_status name_sheet(kith_ctx *ctx, const kith_sheets *all, const kith_chart_plan *plan,
                              const kith_swept_key *key, kith_sheet *s)
{
    static const char *const axes[] = {"rounds", "bytes", KITH_METRIC_virtual_time, KITH_METRIC_bytes_up};
    char x[KITH_TITLE_SIZE];
    if (key)
        kith_swept_name(key, x, sizeof x);
    else
        snprintf(x, sizeof x, "%s", axes[plan->axis]);
    for (size_t number = 0; number <= all->count; number++) {
        free(s->name);
        char last[32] = "";
        if (number) snprintf(last, sizeof last, "-%zu", number + 1);
        if (asprintf(&s->name, "%s-by-%s%s", plan->metric, x, last) < 0) {
            s->name = NULL;
            return fail_memory(ctx);
        }
        tidy_name(s->name);
        if (!is_taken(all, s->name)) break;
    }
    return KITH_OK;
}

/* ---- all of them ---- */

static kith_status fill_sheet(kith_ctx *ctx, const kith_plot_request *request, const kith_sheets *all,
                              const kith_chart *chart, const kith_chart_plan *plan, const kith_swept_key *key,
                              kith_sheet *s)
{
    KITH_TRY(name_sheet(ctx, all, plan, key, s));
    KITH_TRY(tabulate(ctx, chart, s));
    return draw(ctx, request, chart, plan, key, s);
}

static kith_status add_sheet(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                             const kith_chart_plan *plan, const kith_chart *chart, kith_sheets *all)
{
    const kith_extent e = kith_extent_of(chart->curve, chart->curves);
    if (isnan(e.y_most) && choice->asked)
        return kith_fail(ctx, KITH_EUSAGE, "%s: %s has no number to draw there", request->where, plan->metric);
    if (isnan(e.y_most) || (!choice->asked && !choice->key && plan->axis != KITH_AXIS_ROUND && e.x_least == e.x_most))
        return KITH_OK;
    kith_sheet s = {.name = NULL};
    const kith_status status = fill_sheet(ctx, request, all, chart, plan, choice->key, &s);
    if (status == KITH_OK)
        all->sheet[all->count++] = s;
    else
        kith_sheet_free(&s);
    return status;
}

static void note_many(kith_ctx *ctx, const kith_chart *chart)
{
    size_t drawn = 0;
    for (size_t c = 0; c < chart->curves; c++)
        drawn += chart->curve[c].count > 0;
    if (drawn <= MANY_CURVES) return;
    kith_note(ctx,
              "%zu curves are many for one figure; a folder with fewer runs, or --x with what was swept, has fewer",
              drawn);
}

static kith_status refuse_empty(kith_ctx *ctx, const kith_plot_request *request, const kith_groups *groups)
{
    size_t failed = 0, runs = 0;
    for (size_t g = 0; g < groups->count; g++)
        for (size_t r = 0; r < groups->group[g].count + groups->group[g].repeats; r++, runs++)
            failed += strcmp(groups->group[g].run[r]->status, "failed") == 0;
    if (failed == 0)
        return kith_fail(ctx, KITH_EUSAGE, "%s: no metric has numbers to draw; --metric names one", request->where);
    return kith_fail(ctx, KITH_EUSAGE,
                     "%s: no metric has numbers to draw, and %zu of %zu runs failed; '" KITH_NAME
                     " report %s' tells why",
                     request->where, failed, runs, request->where);
}

static kith_status draw_all(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                            const kith_groups *groups, const kith_swept *swept, kith_sheets *all)
{
    KITH_TRY(KITH_ALLOC(ctx, "figures", choice->plans, &all->sheet));
    for (size_t i = 0; i < choice->plans; i++) {
        const kith_chart_plan *plan = &choice->plan[i];
        kith_chart chart;
        if (choice->key)
            KITH_TRY(kith_chart_by_key(ctx, groups, swept, choice->key, plan->metric, spread_of(request), &chart));
        else
            KITH_TRY(kith_chart_by_axis(ctx, groups, swept, plan->metric, plan->axis, spread_of(request), &chart));
        if (i == 0) note_many(ctx, &chart);
        kith_status status = kith_plot_arrange(ctx, request, &chart);
        if (status == KITH_OK) status = add_sheet(ctx, request, choice, plan, &chart, all);
        kith_chart_free(&chart);
        KITH_TRY(status);
    }
    if (all->count) return KITH_OK;
    return refuse_empty(ctx, request, groups);
}

/* ---- files ---- */

/* root: what the results were read from. */
static kith_status write_folder(kith_ctx *ctx, const kith_plot_request *request, const char *root,
                                const kith_sheets *all, FILE *list)
{
    char *folder = request->folder ? strdup(request->folder) : NULL;
    struct stat there;
    if (!folder) {
        const bool file = stat(root, &there) == 0 && S_ISREG(there.st_mode);
        const char *slash = strrchr(root, '/');
        const int length = !file ? (int)strlen(root) : slash ? (int)(slash - root) : 1;
        if (asprintf(&folder, "%.*s/figures", length, file && !slash ? "." : root) < 0) return fail_memory(ctx);
    }
    const kith_status status = kith_sheets_write(ctx, folder, request->pdf, all, list);
    free(folder);
    return status;
}

static kith_status plot(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                        const kith_groups *groups, const kith_swept *swept, FILE *list)
{
    kith_plot_choice choice;
    kith_sheets all = {.count = 0};
    KITH_TRY(kith_plot_choose(ctx, request, results, groups, swept, &choice));
    kith_status status = draw_all(ctx, request, &choice, groups, swept, &all);
    if (status == KITH_OK) status = write_folder(ctx, request, results->root, &all, list);
    kith_sheets_free(&all);
    kith_free(choice.plan);
    return status;
}

kith_status kith_plot_write(kith_ctx *ctx, const kith_plot_request *request, FILE *list)
{
    kith_results results;
    kith_groups groups = {.count = 0};
    kith_swept swept = {.count = 0};
    KITH_TRY(kith_results_read_all(ctx, (const char *const *)&request->where, 1, &results));
    kith_status status = kith_groups_make(ctx, &results, &groups);
    if (status == KITH_OK) status = kith_swept_find(ctx, &groups, &swept);
    if (status == KITH_OK) status = plot(ctx, request, &results, &groups, &swept, list);
    kith_swept_free(&swept);
    kith_groups_free(&groups);
    kith_results_free(&results);
    return status;
}
