#include "launch/commands/report/page.h"

#include "launch/services/pictures/charts.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        while (first < c && !coincide(&curve[first], &curve[c]))
            first++;
        if (first == c) continue;
        fputs("<p class=\"soft same\">", page->out);
        kith_html_text(page->out, page->groups->group[c].label);
        fputs(" lies on ", page->out);
        kith_html_text(page->out, page->groups->group[first].label);
        fputs(".</p>\n", page->out);
    }
}

static void write_figure(kith_page *page, const kith_chart_plan *plan, const kith_curve *curve, const char *svg)
{
    fputs("<figure><figcaption>", page->out);
    kith_html_text(page->out, plan->caption);
    fputs("</figcaption>\n", page->out);
    fputs(svg, page->out);
    if (plan->main) write_coincidences(page, curve);
    fputs("</figure>\n", page->out);
}

static kith_status draw(kith_page *page, const kith_chart_plan *plan, const kith_chart *chart)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], *svg;
    kith_figure figure = {.width = plan->main ? 580 : 400, .height = plan->main ? 350 : 250, .number = ++page->figures};
    kith_chart_frame(chart, plan, NULL, x_label, y_label, &figure);
    KITH_TRY(kith_figure_draw(page->ctx, &figure, &svg));
    write_figure(page, plan, chart->curve, svg);
    free(svg);
    return KITH_OK;
}

static kith_status add_figure(kith_page *page, const kith_chart_plan *plan)
{
    kith_chart chart;
    KITH_TRY(kith_chart_by_axis(page->ctx, page->groups, page->swept, plan->metric, plan->axis, KITH_SPREAD_EXTREMES,
                                &chart));
    const kith_extent e = kith_extent_of(chart.curve, chart.curves);
    /* Nothing to draw, or a clock that stood still. */
    const bool empty = isnan(e.y_most) || (plan->axis != KITH_AXIS_ROUND && e.x_least == e.x_most);
    const kith_status status = empty ? KITH_OK : draw(page, plan, &chart);
    kith_chart_free(&chart);
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
              "bands reach from the least to the greatest of them.</p>\n",
              page->out);
}

static kith_status write_figures(kith_page *page, const kith_chart_plan *plan, size_t count)
{
    size_t i = 0;
    fputs("<div class=\"figures\">\n", page->out);
    for (; i < count && plan[i].main; i++)
        KITH_TRY(add_figure(page, &plan[i]));
    fputs("</div>\n", page->out);
    if (i == count) return KITH_OK;
    fputs("<h3>Other metrics by round</h3>\n<div class=\"figures small\">\n", page->out);
    for (; i < count; i++)
        KITH_TRY(add_figure(page, &plan[i]));
    fputs("</div>\n", page->out);
    return KITH_OK;
}

kith_status kith_page_curves(kith_page *page)
{
    kith_chart_plan *plan;
    size_t count;
    fputs("<h2>Curves</h2>\n", page->out);
    kith_page_legend(page);
    write_bands(page);
    KITH_TRY(kith_plans_choose(page->ctx, page->results, &plan, &count));
    const kith_status status = write_figures(page, plan, count);
    kith_free(plan);
    return status;
}
