#include "launch/commands/plot/plot.h"
#include "base/metrics.h"

#include "launch/commands/plot/panels.h"
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

/* NARROW_MM: panels are as wide at least. */
enum { MANY_CURVES = 12, SPREAD_SIZE = 64, NARROW_MM = 60 };

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

/* ---- the picture ---- */

static const char *spread_text(const kith_plot_request *request, const kith_extent *e, char *text)
{
    static const char *const names[] = {
        [KITH_SPREAD_DEVIATION] = "± sd", [KITH_SPREAD_ERROR] = "± sem", [KITH_SPREAD_INTERVAL] = "95 %"};
    const char *name = names[kith_plot_spread(request)];
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
    if ((request->log_x && request->linear_x) || (request->log_y && request->linear_y))
        return kith_fail(ctx, KITH_EUSAGE, "--log, --linear: an axis is one of both; name it once");
    if (request->linear_x) figure->log_x = false;
    if (request->linear_y && figure->log_y) figure->y_least = e->y_least;
    if (request->linear_y) figure->log_y = false;
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

/* How many panels stand beside each other. */
static size_t columns_of(const kith_plot_request *request, size_t panels)
{
    const size_t fit = (size_t)(request->width_mm / NARROW_MM), most = request->columns ? request->columns : fit;
    return most < 1 ? 1 : most > panels ? panels : most;
}

/* Panels of one metric have one y axis. */
static void share_y(const kith_plot_figure *f, kith_figure *figure)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < f->count; k++) {
            if (f->panel[i].plan != f->panel[k].plan) continue;
            figure[i].y_least = fmin(figure[i].y_least, figure[k].y_least);
            figure[i].y_most = fmax(figure[i].y_most, figure[k].y_most);
            figure[i].log_y = figure[i].log_y && figure[k].log_y;
        }
}

/* A panel, whose titles of axes live in `text`. */
static kith_status frame(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_panel *p,
                         const kith_swept_key *key, char text[2][KITH_TITLE_SIZE], kith_figure *out)
{
    const kith_extent e = kith_chart_extent(&p->chart);
    kith_chart_frame(&p->chart, p->plan, key, text[0], text[1], out);
    out->title = *p->title ? p->title : NULL;
    out->stretch = p->stretch;
    out->stretches = p->stretches;
    return isnan(e.y_most) ? KITH_OK : adjust(ctx, request, p->plan, &e, out);
}

static kith_extent extent_of_all(const kith_plot_figure *f)
{
    kith_extent all = kith_chart_extent(&f->panel[0].chart);
    for (size_t p = 1; p < f->count; p++) {
        const kith_extent e = kith_chart_extent(&f->panel[p].chart);
        if (isnan(e.y_most)) continue;
        all.y_most = fmax(all.y_most, e.y_most);
        all.runs_least = e.runs_least < all.runs_least ? e.runs_least : all.runs_least;
        all.runs_most = e.runs_most > all.runs_most ? e.runs_most : all.runs_most;
    }
    return all;
}

static kith_legend legend_of(const kith_plot_request *request, const kith_plot_figure *f, const char **label,
                             char *spread)
{
    const kith_chart *chart = &f->panel[0].chart;
    const kith_extent e = extent_of_all(f);
    kith_legend legend = {.spread = spread_text(request, &e, spread)};
    for (size_t c = 0; c < chart->curves; c++)
        label[c] = chart->label[c];
    if (chart->curves > 1) legend.label = label;
    for (size_t p = 0; p < f->count; p++) {
        if (f->panel[p].chart.theory && !f->panel[p].chart.category) legend.theory = "theory";
        if (f->panel[p].stretches) legend.stretches = "more than half of the peak is sent";
    }
    return legend;
}

/* Of what was asked for; among all that the report draws, distances that vanish are usual. */
static void note_zeros(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_figure *f,
                       const kith_figure *figure)
{
    for (size_t p = 0; p < f->count && request->metrics; p++) {
        if (!kith_figure_reaches_zero(&figure[p])) continue;
        kith_note(ctx, "%s: 0 and less lie on the lower edge, since a logarithmic axis has no place for them",
                  f->panel[p].plan->metric);
        return;
    }
}

static kith_status draw_panels(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_figure *f,
                               const kith_swept_key *key, const kith_legend *legend, kith_figure *figure, char **svg,
                               int size[2])
{
    const double unit_mm = kith_figure_unit_mm * (request->font_pt > 0 ? request->font_pt / usual_pt : 1);
    const size_t columns = columns_of(request, f->count);
    const int width = (int)lround(request->width_mm / unit_mm / (double)columns);
    char(*text)[2][KITH_TITLE_SIZE];
    KITH_TRY(KITH_ALLOC(ctx, "titles", f->count, &text));
    kith_status status = KITH_OK;
    for (size_t p = 0; p < f->count && status == KITH_OK; p++) {
        figure[p] = (kith_figure){.width = width, .height = (int)lround(proportion * width), .legend = legend};
        if (request->height_mm > 0) figure[p].height = (int)lround(request->height_mm / unit_mm);
        status = frame(ctx, request, &f->panel[p], key, text[p], &figure[p]);
    }
    const kith_panels panels = {.panel = figure, .count = f->count, .columns = columns};
    if (f->count > 1) share_y(f, figure);
    if (status == KITH_OK) note_zeros(ctx, request, f, figure);
    size[0] = f->count > 1 ? kith_panels_width(&panels) : width;
    size[1] = f->count > 1 ? kith_panels_height(&panels) : kith_figure_height(figure);
    if (status == KITH_OK)
        status = f->count > 1 ? kith_panels_draw(ctx, &panels, svg) : kith_figure_draw(ctx, figure, svg);
    kith_free(text);
    return status;
}

static kith_status draw(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_figure *f,
                        const kith_swept_key *key, kith_sheet *s)
{
    char spread[SPREAD_SIZE], *svg;
    const char **label;
    kith_figure *figure;
    int size[2];
    KITH_TRY(KITH_ALLOC(ctx, "a legend", f->panel[0].chart.curves, &label));
    kith_status status = KITH_ALLOC(ctx, "a figure", f->count, &figure);
    if (status == KITH_OK) {
        const kith_legend legend = legend_of(request, f, label, spread);
        status = draw_panels(ctx, request, f, key, &legend, figure, &svg, size);
        kith_free(figure);
    }
    kith_free(label);
    if (status != KITH_OK) return status;
    return kith_sheet_take(ctx, svg, request->width_mm, request->width_mm * size[1] / size[0], request->format, s);
}

/* ---- the table ---- */

/* Of the curve's theory at an x; NaN: it has none. */
static double theory_at(const kith_chart *chart, size_t c, double x)
{
    for (size_t i = 0; chart->theory && i < chart->theory[c].count; i++)
        if (chart->theory[c].point[i].x == x) return chart->theory[c].point[i].mean;
    return NAN;
}

/* What else a table has than a curve's numbers. */
typedef struct columns {
    bool panels, theory;
} columns;

static void write_row(FILE *out, const kith_plot_panel *panel, size_t c, const kith_curve_point *p, columns more)
{
    const kith_chart *chart = &panel->chart;
    fprintf(out, "%zu,", c + 1);
    kith_csv_text(out, chart->label[c]);
    putc(',', out);
    if (chart->category)
        kith_csv_text(out, chart->category[(size_t)p->x]);
    else
        fprintf(out, "%.10g", p->x);
    fprintf(out, ",%.10g,", p->mean);
    if (!isnan(p->deviation)) fprintf(out, "%.10g", p->deviation);
    fprintf(out, ",%zu", p->runs);
    const double theory = more.theory ? theory_at(chart, c, p->x) : NAN;
    if (more.theory) putc(',', out);
    if (!isnan(theory)) fprintf(out, "%.10g", theory);
    if (more.panels) {
        fprintf(out, ",%s,", panel->plan->metric);
        kith_csv_text(out, panel->title);
    }
    putc('\n', out);
}

static kith_status tabulate(kith_ctx *ctx, const kith_plot_figure *f, kith_sheet *s)
{
    size_t size = 0;
    columns more = {.panels = f->count > 1};
    FILE *out = open_memstream(&s->data, &size);
    if (!out) return fail_memory(ctx);
    for (size_t p = 0; p < f->count; p++)
        more.theory |= f->panel[p].chart.theory != NULL;
    fprintf(out, "arm,label,x,mean,sd,n%s%s\n", more.theory ? ",theory" : "", more.panels ? ",metric,panel" : "");
    for (size_t p = 0; p < f->count; p++)
        for (size_t c = 0; c < f->panel[p].chart.curves; c++)
            for (size_t i = 0; i < f->panel[p].chart.curve[c].count; i++)
                write_row(out, &f->panel[p], c, &f->panel[p].chart.curve[c].point[i], more);
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

/* "test_loss-test_accuracy"; metrics that have several panels are named once. */
static char *name_metrics(const kith_plot_figure *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    for (size_t p = 0; p < f->count; p++)
        if (p == 0 || f->panel[p].plan != f->panel[p - 1].plan)
            fprintf(out, "%s%s", p ? "-" : "", f->panel[p].plan->metric);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

static kith_status name_sheet(kith_ctx *ctx, const kith_sheets *all, const kith_plot_figure *f,
                              const kith_plot_choice *choice, kith_sheet *s)
{
    static const char *const axes[] = {"rounds", "bytes", KITH_METRIC_virtual_time, KITH_METRIC_bytes_up};
    char x[KITH_TITLE_SIZE], per[KITH_TITLE_SIZE + 8] = "", key[KITH_TITLE_SIZE], *metrics = name_metrics(f);
    if (!metrics) return fail_memory(ctx);
    snprintf(x, sizeof x, "%s", axes[f->panel[0].plan->axis]);
    if (choice->key) kith_swept_name(choice->key, x, sizeof x);
    if (choice->panels) {
        kith_swept_name(choice->panels, key, sizeof key);
        snprintf(per, sizeof per, "-per-%s", key);
    }
    kith_status status = KITH_OK;
    for (size_t number = 0; number <= all->count && status == KITH_OK; number++) {
        free(s->name);
        char last[32] = "";
        if (number) snprintf(last, sizeof last, "-%zu", number + 1);
        if (asprintf(&s->name, "%s-by-%s%s%s", metrics, x, per, last) < 0) {
            s->name = NULL;
            status = fail_memory(ctx);
            break;
        }
        tidy_name(s->name);
        if (!is_taken(all, s->name)) break;
    }
    free(metrics);
    return status;
}

/* ---- all of them ---- */

static kith_status fill_sheet(kith_ctx *ctx, const kith_plot_request *request, const kith_sheets *all,
                              const kith_plot_figure *f, const kith_plot_choice *choice, kith_sheet *s)
{
    KITH_TRY(name_sheet(ctx, all, f, choice, s));
    KITH_TRY(tabulate(ctx, f, s));
    return draw(ctx, request, f, choice->key, s);
}

static kith_status add_sheet(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                             const kith_plot_figure *f, kith_sheets *all)
{
    const kith_chart_plan *plan = f->panel[0].plan;
    for (size_t p = 0; p < f->count; p++) {
        const kith_extent e = kith_chart_extent(&f->panel[p].chart);
        const bool empty = isnan(e.y_most);
        if (empty && choice->asked && !choice->panels)
            return kith_fail(ctx, KITH_EUSAGE, "%s: %s has no number to draw there", request->where,
                             f->panel[p].plan->metric);
        if (f->count == 1 &&
            (empty || (!choice->asked && !choice->key && plan->axis != KITH_AXIS_ROUND && e.x_least == e.x_most)))
            return KITH_OK;
    }
    kith_sheet s = {.name = NULL};
    const kith_status status = fill_sheet(ctx, request, all, f, choice, &s);
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

/* What was asked for and is not there would be missed by nobody in a legend of others. */
static void note_absent(kith_ctx *ctx, const kith_plot_figure *f)
{
    const kith_chart *chart = &f->panel[0].chart;
    for (size_t c = 0; c < chart->curves && f->count == 1; c++)
        if (chart->curve[c].count == 0)
            kith_note(ctx, "%s: has no number of %s, and so no curve", chart->label[c], f->panel[0].plan->metric);
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
                            const kith_plot_runs *runs, kith_sheets *all)
{
    KITH_TRY(KITH_ALLOC(ctx, "figures", choice->plans, &all->sheet));
    for (size_t i = 0, next; i < choice->plans; i = next) {
        kith_plot_figure f;
        for (next = i + 1; next < choice->plans && choice->asked && request->beside && request->beside[next];)
            next++;
        kith_status status = kith_plot_figure_make(ctx, request, choice, &choice->plan[i], next - i, runs, &f);
        if (status == KITH_OK && i == 0) note_many(ctx, &f.panel[0].chart);
        if (status == KITH_OK && choice->asked) note_absent(ctx, &f);
        if (status == KITH_OK) status = add_sheet(ctx, request, choice, &f, all);
        kith_plot_figure_free(&f);
        KITH_TRY(status);
    }
    if (all->count) return KITH_OK;
    return refuse_empty(ctx, request, runs->groups);
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
    const kith_status status = kith_sheets_write(ctx, folder, all, list);
    free(folder);
    return status;
}

static kith_status plot(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                        const kith_groups *groups, const kith_swept *swept, FILE *list)
{
    kith_plot_choice choice;
    kith_sheets all = {.count = 0};
    const kith_plot_runs runs = {groups, swept};
    KITH_TRY(kith_plot_choose(ctx, request, results, groups, swept, &choice));
    kith_status status = draw_all(ctx, request, &choice, &runs, &all);
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
    KITH_TRY(kith_results_read_all(ctx, (const char *const *)&request->where, 1, request->outdated, &results));
    kith_status status = kith_groups_make(ctx, &results, &groups);
    if (status == KITH_OK) status = kith_swept_find(ctx, &groups, &swept);
    if (status == KITH_OK) status = plot(ctx, request, &results, &groups, &swept, list);
    kith_swept_free(&swept);
    kith_groups_free(&groups);
    kith_results_free(&results);
    return status;
}
