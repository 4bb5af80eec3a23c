#include "page.h"

#include "figure.h"
#include "html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From here on a loss is easier to read on a logarithmic axis. */
static const double log_ratio = 30.0;

/* One figure: a metric against an axis. */
typedef struct plan {
    const char *metric, *caption, *y_label;
    kith_axis axis;
    bool may_be_log, small;
} plan;

/* Over all groups. */
typedef struct extent {
    double x_least, x_most, y_least, y_most;
} extent;

static extent extent_of(const kith_curve *curve, size_t count)
{
    extent e = {NAN, NAN, NAN, NAN};
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < curve[c].count; i++) {
            const kith_curve_point *p = &curve[c].point[i];
            e.x_least = fmin(e.x_least, p->x);
            e.x_most = fmax(e.x_most, p->x);
            e.y_least = fmin(e.y_least, p->low);
            e.y_most = fmax(e.y_most, p->high);
        }
    return e;
}

static kith_unit unit_of(kith_axis axis, double most)
{
    switch (axis) {
    case KITH_AXIS_BYTES: return kith_bytes_unit(most);
    case KITH_AXIS_TIME: return kith_seconds_unit(most);
    case KITH_AXIS_ROUND: break;
    }
    return (kith_unit){"", 1.0};
}

static void axis_label(char *text, size_t size, kith_axis axis, const char *unit)
{
    static const char *const name[] = {"round", "bytes sent", "virtual time"};
    snprintf(text, size, *unit ? "%s (%s)" : "%s", name[axis], unit);
}

static bool coincide(const kith_curve *a, const kith_curve *b)
{
    if (a->count != b->count || a->count == 0) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->point[i].x != b->point[i].x || a->point[i].mean != b->point[i].mean) return false;
    return true;
}

/* The eye cannot tell that there are two. */
static void write_coincidences(kith_page *page, const kith_curve *curve)
{
    for (size_t c = 1; c < page->groups->count; c++) {
        size_t first = 0;
        while (first < c && !coincide(&curve[first], &curve[c])) first++;
        if (first == c) continue;
        fputs("<p class=\"soft same\">", page->out);
        kith_html_text(page->out, page->groups->group[c].label);
        fputs(" lies on ", page->out);
        kith_html_text(page->out, page->groups->group[first].label);
        fputs(".</p>\n", page->out);
    }
}

static void write_figure(kith_page *page, const plan *plan, const kith_curve *curve, const char *svg)
{
    fputs("<figure><figcaption>", page->out);
    kith_html_text(page->out, plan->caption);
    fputs("</figcaption>\n", page->out);
    fputs(svg, page->out);
    if (!plan->small) write_coincidences(page, curve);
    fputs("</figure>\n", page->out);
}

static kith_status draw(kith_page *page, const plan *plan, const kith_curve *curve, const extent *e)
{
    char x_label[64], *svg;
    const kith_unit unit = unit_of(plan->axis, e->x_most);
    axis_label(x_label, sizeof x_label, plan->axis, unit.name);
    const kith_figure figure = {
        .x_label = x_label,
        .y_label = plan->y_label,
        .curve = curve,
        .curves = page->groups->count,
        .x_scale = unit.scale,
        .y_least = e->y_least,
        .y_most = e->y_most,
        .log_y = plan->may_be_log && e->y_least > 0 && e->y_most > log_ratio * e->y_least,
        .width = plan->small ? 400 : 580,
        .height = plan->small ? 250 : 350,
        .number = ++page->figures,
    };
    KITH_TRY(kith_figure_draw(page->ctx, &figure, &svg));
    write_figure(page, plan, curve, svg);
    free(svg);
    return KITH_OK;
}

static kith_status add_figure(kith_page *page, const plan *plan)
{
    const size_t count = page->groups->count;
    kith_curve *curve;
    KITH_TRY(KITH_ALLOC(page->ctx, "curves", count, &curve));
    kith_status status = KITH_OK;
    for (size_t g = 0; g < count && status == KITH_OK; g++)
        status = kith_curve_make(page->ctx, &page->groups->group[g], plan->metric, plan->axis, &curve[g]);
    const extent e = extent_of(curve, count);
    /* Nothing to draw, or a clock that stood still. */
    const bool empty = isnan(e.y_most) || (plan->axis != KITH_AXIS_ROUND && e.x_least == e.x_most);
    if (status == KITH_OK && !empty) status = draw(page, plan, curve, &e);
    for (size_t g = 0; g < count; g++) kith_free(curve[g].point);
    kith_free(curve);
    return status;
}

static bool varied_seeds(const kith_page *page)
{
    for (size_t g = 0; g < page->groups->count; g++)
        if (page->groups->group[g].count > 1) return true;
    return false;
}

void kith_page_legend(kith_page *page)
{
    fputs("<ul class=\"legend\">\n", page->out);
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_group *group = &page->groups->group[g];
        fputs("<li>", page->out);
        kith_page_key(page, g, group->label);
        fputs("</li>\n", page->out);
    }
    fputs("</ul>\n", page->out);
}

static void write_bands(kith_page *page)
{
    if (varied_seeds(page))
        fputs("<p class=\"soft\">Lines are means over the runs of a configuration, which differ in their seeds only; "
              "bands reach from the least to the greatest of them.</p>\n", page->out);
}

static const plan main_figures[] = {
    {"test_accuracy", "Test accuracy by round", "test accuracy", KITH_AXIS_ROUND, false, false},
    {"test_accuracy", "Test accuracy by bytes sent", "test accuracy", KITH_AXIS_BYTES, false, false},
    {"test_accuracy", "Test accuracy by virtual time", "test accuracy", KITH_AXIS_TIME, false, false},
    {"test_loss", "Test loss by round", "test loss", KITH_AXIS_ROUND, true, false},
    {"train_loss", "Training loss by round", "training loss", KITH_AXIS_ROUND, true, false},
};
enum { MAIN_FIGURES = sizeof main_figures / sizeof main_figures[0] };

/* Drawn above, an axis itself, in a table of its own, or a wall-clock figure, which says nothing of the algorithm. */
static bool has_no_figure_of_its_own(const char *metric)
{
    if (strcmp(metric, "bytes_sent") == 0 || strcmp(metric, "virtual_time") == 0) return true;
    for (size_t i = 0; i < MAIN_FIGURES; i++)
        if (strcmp(metric, main_figures[i].metric) == 0) return true;
    return strncmp(metric, "wall_", 5) == 0 || strncmp(metric, "payoff_", 7) == 0;
}

/* Whether run r is the first to have this metric, so that each is drawn once. */
static bool is_first(const kith_results *results, size_t r, const char *metric)
{
    for (size_t i = 0; i < r; i++)
        if (kith_result_series(results->run[i], metric)) return false;
    return true;
}

static kith_status add_other_metrics(kith_page *page)
{
    bool any = false;
    for (size_t r = 0; r < page->results->count; r++)
        for (size_t s = 0; s < page->results->run[r]->series_count; s++) {
            const char *name = page->results->run[r]->series[s].name;
            if (has_no_figure_of_its_own(name) || !is_first(page->results, r, name)) continue;
            if (!any) fputs("<h3>Other metrics by round</h3>\n<div class=\"figures small\">\n", page->out);
            any = true;
            const plan plan = {name, name, name, KITH_AXIS_ROUND, true, true};
            KITH_TRY(add_figure(page, &plan));
        }
    if (any) fputs("</div>\n", page->out);
    return KITH_OK;
}

static bool has_data(const kith_page *page, const plan *plan)
{
    return kith_page_has(page, plan->metric) && (plan->axis != KITH_AXIS_TIME || kith_page_has_clock(page));
}

kith_status kith_page_curves(kith_page *page)
{
    fputs("<h2>Curves</h2>\n", page->out);
    kith_page_legend(page);
    write_bands(page);
    fputs("<div class=\"figures\">\n", page->out);
    for (size_t i = 0; i < MAIN_FIGURES; i++)
        if (has_data(page, &main_figures[i])) KITH_TRY(add_figure(page, &main_figures[i]));
    fputs("</div>\n", page->out);
    return add_other_metrics(page);
}
