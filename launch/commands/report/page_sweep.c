/* What metrics came to in the end, against each parameter whose values are numbers and differ. */
#include "launch/services/pictures/charts.h"
#include "launch/commands/report/page.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 12, MOST_CURVES = 28 };

typedef struct section {
    const kith_chart_plan *plan;
    size_t plans, drawn, more;
} section;

static void write_curves(kith_page *page, const kith_chart *chart)
{
    if (chart->curves < 2) return;
    fputs("<ul class=\"legend\">\n", page->out);
    for (size_t c = 0; c < chart->curves; c++) {
        fputs("<li>", page->out);
        kith_page_key(page, c, chart->label[c]);
        fputs("</li>\n", page->out);
    }
    fputs("</ul>\n", page->out);
}

static void write_caption(kith_page *page, const kith_chart_plan *plan, const char *key)
{
    fputs("<figure><figcaption>Final ", page->out);
    kith_html_text(page->out, plan->y_label);
    fputs(" against ", page->out);
    kith_html_text(page->out, key);
    fputs("</figcaption>\n", page->out);
}

static kith_status draw(kith_page *page, const kith_chart_plan *plan, const kith_swept_key *key,
                        const kith_chart *chart)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], *svg;
    kith_figure figure = {.width = 580, .height = 350, .number = ++page->figures};
    kith_chart_frame(chart, plan, key, x_label, y_label, &figure);
    KITH_TRY(kith_figure_draw(page->ctx, &figure, &svg));
    write_caption(page, plan, x_label);
    write_curves(page, chart);
    fputs(svg, page->out);
    fputs("</figure>\n", page->out);
    free(svg);
    return KITH_OK;
}

static void begin(kith_page *page, section *s)
{
    if (s->drawn++) return;
    fputs("<h2>Final values against what was varied</h2>\n<p class=\"soft\">Of runs that are done; means over those "
          "that differ in their seeds only, bars from the least to the greatest of them.</p>\n<div "
          "class=\"figures\">\n",
          page->out);
}

/* What has no order is better read in the table. */
static bool is_worth_drawing(const kith_chart *chart)
{
    size_t points = 0;
    for (size_t c = 0; c < chart->curves; c++)
        if (chart->curve[c].count > points) points = chart->curve[c].count;
    return !chart->category && chart->curves <= MOST_CURVES && points > 1;
}

static kith_status add_figure(kith_page *page, section *s, const kith_chart_plan *plan, const kith_swept_key *key)
{
    kith_chart chart;
    KITH_TRY(kith_chart_by_key(page->ctx, page->groups, page->swept, key, plan->metric, KITH_SPREAD_EXTREMES, &chart));
    kith_status status = KITH_OK;
    if (is_worth_drawing(&chart) && s->drawn == MOST_FIGURES) {
        s->more++;
    } else if (is_worth_drawing(&chart)) {
        begin(page, s);
        status = draw(page, plan, key, &chart);
    }
    kith_chart_free(&chart);
    return status;
}

static kith_status add_figures(kith_page *page, section *s)
{
    for (size_t k = 0; k < page->swept->count; k++)
        for (size_t i = 0; i < s->plans && !page->swept->key[k].lacked; i++)
            KITH_TRY(add_figure(page, s, &s->plan[i], &page->swept->key[k]));
    if (s->drawn) fputs("</div>\n", page->out);
    if (s->more)
        fprintf(page->out, "<p>Not drawn: %zu more; <code>kith plot</code> draws those that it is asked for.</p>\n",
                s->more);
    return KITH_OK;
}

kith_status kith_page_sweep(kith_page *page)
{
    kith_chart_plan *plan;
    section s = {.drawn = 0};
    KITH_TRY(kith_plans_final(page->ctx, page->results, &plan, &s.plans));
    s.plan = plan;
    const kith_status status = add_figures(page, &s);
    kith_free(plan);
    return status;
}
