#include "launch/commands/plot/plot.h"
#include "base/metrics.h"

#include "launch/services/pictures/svg.h"
#include "launch/commands/plot/choose.h"
#include "launch/services/program.h"
#include "launch/services/results/export.h"
#include "record/aside.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Text of 8 points, which figures draw 13 high; and how high the room for curves is. */
static const double unit_mm = 8.0 / 13.0 * 25.4 / 72.0, proportion = 0.62;

enum { MANY_CURVES = 12, SPREAD_SIZE = 64 };

/* One figure, complete in memory. */
typedef struct sheet {
    char *name;         /* without folder and ending */
    char *drawn, *data; /* the picture, and the table as text */
    size_t drawn_size;
    kith_aside file[2]; /* theirs */
} sheet;

typedef struct sheets {
    sheet *sheet;
    size_t count;
} sheets;

static kith_status fail_memory(kith_ctx *ctx)
{
    return kith_fail(ctx, KITH_EMEMORY, "no memory for a figure");
}

/* ---- the picture ---- */

static kith_status read_all(kith_ctx *ctx, int fd, sheet *s)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *bytes = kith_svg_contents(fd);
    if (!bytes) return fail_memory(ctx);
    free(s->drawn);
    s->drawn = bytes;
    s->drawn_size = (size_t)size;
    return KITH_OK;
}

/* The date that a PDF has is that of no run; a figure that is drawn again is the same file. */
static kith_status run_rsvg(kith_ctx *ctx, int in, int out, sheet *s)
{
    char *argv[] = {(char[]){"rsvg-convert"}, (char[]){"--format=pdf"}, NULL};
    const program rsvg = {.title = "rsvg-convert",
                          .does = "makes PDF figures",
                          .task = "make a PDF figure",
                          .package = "librsvg2-bin",
                          .argv = argv,
                          .variable = (char[]){"SOURCE_DATE_EPOCH=0"}};
    KITH_TRY(program_filter(ctx, &rsvg, in, out));
    return read_all(ctx, out, s);
}

static kith_status make_pdf(kith_ctx *ctx, sheet *s)
{
    const int in = memfd_create("svg", MFD_CLOEXEC), out = memfd_create("pdf", MFD_CLOEXEC);
    kith_status status = KITH_OK;
    const size_t size = s->drawn_size;
    if (in < 0 || out < 0 || write(in, s->drawn, size) != (ssize_t)size || lseek(in, 0, SEEK_SET) != 0)
        status = kith_fail(ctx, KITH_EIO, "no memory for a figure: %s", strerror(errno));
    if (status == KITH_OK) status = run_rsvg(ctx, in, out, s);
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return status;
}

static const char *spread_text(const kith_extent *e, char *text)
{
    if (e->runs_most < 2) return NULL;
    if (e->runs_least == e->runs_most)
        snprintf(text, SPREAD_SIZE, "± sd, %zu seeds", e->runs_most);
    else
        snprintf(text, SPREAD_SIZE, "± sd, %zu to %zu seeds", e->runs_least, e->runs_most);
    return text;
}

static kith_status draw(kith_ctx *ctx, const kith_plot_request *request, const kith_chart *chart,
                        const kith_chart_plan *plan, const kith_swept_key *key, sheet *s)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], spread[SPREAD_SIZE], *svg;
    const kith_extent e = kith_extent_of(chart->curve, chart->curves);
    const char **label;
    KITH_TRY(KITH_ALLOC(ctx, "a legend", chart->curves, &label));
    for (size_t c = 0; c < chart->curves; c++)
        label[c] = chart->label[c];
    const kith_legend legend = {.label = chart->curves > 1 ? label : NULL, .spread = spread_text(&e, spread)};
    const int width = (int)lround(request->width_mm / unit_mm);
    kith_figure figure = {.width = width, .height = (int)lround(proportion * width), .legend = &legend};
    kith_chart_frame(chart, plan, key, x_label, y_label, &figure);
    if (request->x_label) figure.x_label = request->x_label;
    if (request->y_label) figure.y_label = request->y_label;
    const int height = kith_figure_height(&figure);
    const kith_status status = kith_figure_draw(ctx, &figure, &svg);
    kith_free(label);
    if (status != KITH_OK) return status;
    s->drawn = kith_svg_alone(svg, request->width_mm, request->width_mm * height / width);
    free(svg);
    if (!s->drawn) return fail_memory(ctx);
    s->drawn_size = strlen(s->drawn);
    return request->pdf ? make_pdf(ctx, s) : KITH_OK;
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

static kith_status tabulate(kith_ctx *ctx, const kith_chart *chart, sheet *s)
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

static bool is_taken(const sheets *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->sheet[i].name, name) == 0) return true;
    return false;
}

static kith_status name_sheet(kith_ctx *ctx, const sheets *all, const kith_chart_plan *plan, const kith_swept_key *key,
                              sheet *s)
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

static void abandon_files(sheet *s)
{
    for (int f = 0; f < 2; f++)
        kith_aside_abandon(&s->file[f]);
}

static void free_sheet(sheet *s)
{
    abandon_files(s);
    free(s->name);
    free(s->drawn);
    free(s->data);
}

static kith_status fill_sheet(kith_ctx *ctx, const kith_plot_request *request, const sheets *all,
                              const kith_chart *chart, const kith_chart_plan *plan, const kith_swept_key *key, sheet *s)
{
    KITH_TRY(name_sheet(ctx, all, plan, key, s));
    KITH_TRY(tabulate(ctx, chart, s));
    return draw(ctx, request, chart, plan, key, s);
}

static kith_status add_sheet(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                             const kith_chart_plan *plan, const kith_chart *chart, sheets *all)
{
    const kith_extent e = kith_extent_of(chart->curve, chart->curves);
    if (isnan(e.y_most) && choice->asked)
        return kith_fail(ctx, KITH_EUSAGE, "%s: %s has no number to draw there", request->where, plan->metric);
    if (isnan(e.y_most) || (!choice->asked && !choice->key && plan->axis != KITH_AXIS_ROUND && e.x_least == e.x_most))
        return KITH_OK;
    sheet s = {.name = NULL};
    const kith_status status = fill_sheet(ctx, request, all, chart, plan, choice->key, &s);
    if (status == KITH_OK)
        all->sheet[all->count++] = s;
    else
        free_sheet(&s);
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
                            const kith_groups *groups, const kith_swept *swept, sheets *all)
{
    KITH_TRY(KITH_ALLOC(ctx, "figures", choice->plans, &all->sheet));
    for (size_t i = 0; i < choice->plans; i++) {
        const kith_chart_plan *plan = &choice->plan[i];
        kith_chart chart;
        if (choice->key)
            KITH_TRY(kith_chart_by_key(ctx, groups, swept, choice->key, plan->metric, KITH_SPREAD_DEVIATION, &chart));
        else
            KITH_TRY(kith_chart_by_axis(ctx, groups, swept, plan->metric, plan->axis, KITH_SPREAD_DEVIATION, &chart));
        if (i == 0) note_many(ctx, &chart);
        const kith_status status = add_sheet(ctx, request, choice, plan, &chart, all);
        kith_chart_free(&chart);
        KITH_TRY(status);
    }
    if (all->count) return KITH_OK;
    return refuse_empty(ctx, request, groups);
}

/* ---- files ---- */

static kith_status write_file(kith_ctx *ctx, const char *folder, sheet *s, int f, const char *ending)
{
    char *path;
    if (asprintf(&path, "%s/%s.%s", folder, s->name, ending) < 0) return fail_memory(ctx);
    kith_status status = kith_aside_open(ctx, path, f == 0 ? KITH_PRODUCT_FIGURE : KITH_PRODUCT_TABLE, &s->file[f]);
    free(path);
    if (status != KITH_OK) return status;
    const size_t size = f == 0 ? s->drawn_size : strlen(s->data);
    const char *mark = strcmp(ending, "pdf") == 0 ? KITH_MARK_PDF : KITH_MARK_SVG;
    status = kith_aside_write(ctx, &s->file[f], f == 0 ? s->drawn : s->data, size);
    if (status == KITH_OK && f == 0) status = kith_aside_write(ctx, &s->file[f], mark, strlen(mark));
    return status == KITH_OK ? kith_aside_seal(ctx, &s->file[f]) : status;
}

static kith_status place_all(kith_ctx *ctx, const sheets *all)
{
    for (size_t i = 0; i < all->count; i++)
        for (int f = 0; f < 2; f++)
            KITH_TRY(kith_aside_place(ctx, &all->sheet[i].file[f]));
    return KITH_OK;
}

static kith_status write_files(kith_ctx *ctx, const char *folder, bool pdf, const sheets *all, FILE *list)
{
    const char *ending = pdf ? "pdf" : "svg";
    for (size_t i = 0; i < all->count; i++) {
        KITH_TRY(write_file(ctx, folder, &all->sheet[i], 0, ending));
        KITH_TRY(write_file(ctx, folder, &all->sheet[i], 1, "csv"));
    }
    KITH_TRY(place_all(ctx, all));
    for (size_t i = 0; i < all->count; i++)
        fprintf(list, "%s/%s.%s\n", folder, all->sheet[i].name, ending);
    return KITH_OK;
}

static kith_status write_folder(kith_ctx *ctx, const kith_plot_request *request, const sheets *all, FILE *list)
{
    char *folder = request->folder ? strdup(request->folder) : NULL;
    struct stat there;
    if (!folder) {
        const bool file = stat(request->where, &there) == 0 && S_ISREG(there.st_mode);
        const char *slash = strrchr(request->where, '/');
        const int length = !file ? (int)strlen(request->where) : slash ? (int)(slash - request->where) : 1;
        if (asprintf(&folder, "%.*s/figures", length, file && !slash ? "." : request->where) < 0)
            return fail_memory(ctx);
    }
    kith_status status = KITH_OK;
    const bool made = mkdir(folder, 0777) == 0;
    if (!made && errno != EEXIST)
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be made: %s; choose another folder for the figures", folder,
                           strerror(errno));
    if (status == KITH_OK) status = write_files(ctx, folder, request->pdf, all, list);
    for (size_t i = 0; i < all->count; i++)
        abandon_files(&all->sheet[i]);
    if (status != KITH_OK && made) (void)rmdir(folder);
    free(folder);
    return status;
}

static kith_status plot(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                        const kith_groups *groups, const kith_swept *swept, FILE *list)
{
    kith_plot_choice choice;
    sheets all = {.count = 0};
    KITH_TRY(kith_plot_choose(ctx, request, results, groups, swept, &choice));
    kith_status status = draw_all(ctx, request, &choice, groups, swept, &all);
    if (status == KITH_OK) status = write_folder(ctx, request, &all, list);
    for (size_t i = 0; i < all.count; i++)
        free_sheet(&all.sheet[i]);
    kith_free(all.sheet);
    kith_free(choice.plan);
    return status;
}

kith_status kith_plot_write(kith_ctx *ctx, const kith_plot_request *request, FILE *list)
{
    kith_results results;
    kith_groups groups = {.count = 0};
    kith_swept swept = {.count = 0};
    KITH_TRY(kith_results_read(ctx, request->where, &results));
    kith_status status = kith_groups_make(ctx, &results, &groups);
    if (status == KITH_OK) status = kith_swept_find(ctx, &groups, &swept);
    if (status == KITH_OK) status = plot(ctx, request, &results, &groups, &swept, list);
    kith_swept_free(&swept);
    kith_groups_free(&groups);
    kith_results_free(&results);
    return status;
}
