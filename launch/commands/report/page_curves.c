/* Metrics by round, by bytes and by time: a chart for each that moves, and a number for each that does not. */
#include "base/metrics.h"
#include "launch/commands/report/page.h"
#include "launch/services/pictures/panel.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 40, SHORT_LEGEND = 16 };

typedef struct curves {
    const kith_chart_plan *plan;
    size_t plans, drawn, left_out;
    FILE *still; /* rows of metrics that do not move */
} curves;

/* ---- which configurations ---- */

typedef struct ranked {
    size_t group;
    double score; /* greater is better */
} ranked;

static int by_score(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    const bool none_x = isnan(x->score), none_y = isnan(y->score);
    if (none_x != none_y) return none_x ? 1 : -1;
    if (!none_x && x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static int by_group(const void *a, const void *b)
{
    const size_t x = ((const ranked *)a)->group, y = ((const ranked *)b)->group;
    return x < y ? -1 : x > y;
}

static kith_status rank(kith_page *page, ranked **out)
{
    const kith_better better = kith_metric_better(page->results->declared, page->leading);
    const double sign = better == KITH_BETTER_DOWN ? -1 : 1;
    KITH_TRY(KITH_ALLOC(page->ctx, "a report", page->groups->count, out));
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_spread s = kith_group_final(&page->groups->group[g], page->leading);
        (*out)[g] = (ranked){g, better == KITH_BETTER_NONE ? NAN : sign * kith_spread_mean(&s)};
    }
    qsort(*out, page->groups->count, sizeof **out, by_score);
    return KITH_OK;
}

kith_status kith_page_choose(kith_page *page)
{
    const size_t all = page->groups->count, count = all < KITH_PAGE_DRAWN ? all : KITH_PAGE_DRAWN;
    ranked *list;
    KITH_TRY(KITH_ALLOC(page->ctx, "a report", count, &page->drawn.group));
    KITH_TRY(KITH_ALLOC(page->ctx, "a report", all, &page->place));
    KITH_TRY(rank(page, &list));
    qsort(list, count, sizeof *list, by_group);
    for (size_t g = 0; g < all; g++)
        page->place[g] = count;
    for (size_t i = 0; i < count; i++) {
        page->drawn.group[i] = page->groups->group[list[i].group];
        page->place[list[i].group] = i;
    }
    page->drawn.count = count;
    kith_free(list);
    return KITH_OK;
}

/* ---- figures ---- */

static bool coincide(const kith_curve *a, const kith_curve *b)
{
    if (a->count != b->count || a->count == 0) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->point[i].x != b->point[i].x || a->point[i].mean != b->point[i].mean) return false;
    return true;
}

/* The first curve that c lies on; c: none. */
static size_t lies_on(const kith_curve *curve, size_t c)
{
    size_t first = 0;
    while (first < c && !coincide(&curve[first], &curve[c]))
        first++;
    return first;
}

static void write_coinciding(kith_page *page, const kith_curve *curve, size_t c)
{
    const size_t first = lies_on(curve, c);
    if (first == c) return;
    fputs("<p class=\"soft same\">", page->out);
    kith_html_text(page->out, page->drawn.group[c].label);
    fputs(" lies on ", page->out);
    kith_html_text(page->out, page->drawn.group[first].label);
    fputs(".</p>\n", page->out);
}

/* The eye cannot tell that there are several. Which, is told where they are few, and once of a metric. */
static void write_coincidences(kith_page *page, const kith_chart_plan *plan, const kith_curve *curve)
{
    size_t drawn = 0, lying = 0;
    for (size_t c = 0; c < page->drawn.count; c++) {
        drawn += curve[c].count > 0;
        lying += lies_on(curve, c) < c;
    }
    if (lying == 0) return;
    if (plan->main && lying <= KITH_PAGE_FEW) {
        for (size_t c = 1; c < page->drawn.count && plan->axis == KITH_AXIS_ROUND; c++)
            write_coinciding(page, curve, c);
    } else if (lying + 1 == drawn) {
        fprintf(page->out, "<p class=\"soft same\">All %zu lie on each other.</p>\n", drawn);
    } else {
        fprintf(page->out, "<p class=\"soft same\">%zu of %zu lie on others.</p>\n", lying, drawn);
    }
}

void kith_page_reading(kith_page *page, const kith_chart *chart, const kith_figure *figure)
{
    if (chart->theory && !chart->category)
        fputs("<p class=\"same soft\">Thin dashed lines: what theory has.</p>\n", page->out);
    if (kith_figure_reaches_zero(figure))
        fputs("<p class=\"same soft\">On the lower edge: 0, which a logarithmic axis has no place for.</p>\n",
              page->out);
}

static void draw(kith_page *page, const kith_chart_plan *plan, const kith_chart *chart)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], caption[KITH_TITLE_SIZE], title[2 * KITH_TITLE_SIZE];
    kith_figure figure = {.width = plan->main ? KITH_PAGE_WIDE : 340, .height = plan->main ? KITH_PAGE_HIGH : 240};
    kith_chart_frame(chart, plan, NULL, x_label, y_label, &figure);
    kith_metric_words(plan->metric, true, caption, sizeof caption);
    snprintf(title, sizeof title, "%s by %s", caption, kith_axis_name(plan->axis));
    fputs("<figure><figcaption>", page->out);
    kith_html_text(page->out, plan->main ? title : caption);
    fputs("</figcaption>\n", page->out);
    kith_panel_write(page->out, &figure, title, chart->curves > KITH_PAGE_LONG ? "all many" : "all");
    kith_page_reading(page, chart, &figure);
    write_coincidences(page, plan, chart->curve);
    fputs("</figure>\n", page->out);
}

static bool is_point(const kith_chart *chart)
{
    for (size_t c = 0; c < chart->curves; c++)
        if (chart->curve[c].count > 1) return false;
    return true;
}

/* "0.25", or "0.1 to 0.4" where configurations differ. */
static void write_still(curves *k, const kith_chart_plan *plan, const kith_extent *e)
{
    char words[KITH_TITLE_SIZE];
    kith_metric_words(plan->metric, true, words, sizeof words);
    fputs("<tr><th scope=\"row\">", k->still);
    kith_html_text(k->still, words);
    fputs("</th><td class=\"n\">", k->still);
    kith_html_number(k->still, "%.6g", e->y_least);
    if (e->y_most > e->y_least) {
        fputs(" to ", k->still);
        kith_html_number(k->still, "%.6g", e->y_most);
    }
    fputs("</td></tr>\n", k->still);
}

static kith_status add_figure(kith_page *page, curves *k, const kith_chart_plan *plan)
{
    kith_chart chart;
    KITH_TRY(kith_chart_by_axis(page->ctx, &page->drawn, page->swept, plan->metric, plan->axis, KITH_SPREAD_DEVIATION,
                                &chart));
    const kith_extent e = kith_extent_of(chart.curve, chart.curves);
    const bool still = e.y_least == e.y_most || is_point(&chart), by_round = plan->axis == KITH_AXIS_ROUND;
    if (isnan(e.y_most) || (!by_round && (still || e.x_least == e.x_most))) {
        /* nothing to draw, or a clock that stood still */
    } else if (still) {
        write_still(k, plan, &e);
    } else if (k->drawn == MOST_FIGURES) {
        k->left_out++;
    } else {
        k->drawn++;
        draw(page, plan, &chart);
    }
    kith_chart_free(&chart);
    return KITH_OK;
}

/* ---- legends ---- */

static void write_key(kith_page *page, size_t c, const char *text)
{
    fprintf(page->out, "<li data-c=\"%zu\">", c);
    kith_page_key(page, c, text);
    fputs("</li>\n", page->out);
}

static void begin_legend(kith_page *page, size_t count, const char *classes)
{
    if (count > KITH_PAGE_LONG) fprintf(page->out, "<details><summary>%zu curves</summary>\n", count);
    fprintf(page->out, "<ul class=\"legend%s\">\n", classes);
}

static void end_legend(kith_page *page, size_t count)
{
    fputs(count > KITH_PAGE_LONG ? "</ul></details>\n" : "</ul>\n", page->out);
}

void kith_page_legend(kith_page *page)
{
    begin_legend(page, page->drawn.count, " all");
    for (size_t g = 0; g < page->drawn.count; g++)
        write_key(page, g, page->drawn.group[g].label);
    end_legend(page, page->drawn.count);
}

void kith_page_keys(kith_page *page, const kith_chart *chart)
{
    begin_legend(page, chart->curves, "");
    for (size_t c = 0; c < chart->curves; c++)
        write_key(page, c, chart->label[c]);
    end_legend(page, chart->curves);
}

/* ---- several metrics of one configuration ---- */

enum { TOGETHER = 6 };

/* Learners' own models before and after mixing, and what stands for the run: seen in one chart they tell of each other.
 */
static bool goes_together(const kith_page *page, const kith_chart_plan *plan)
{
    return page->drawn.count == 1 && plan->main && plan->axis == KITH_AXIS_ROUND && strstr(plan->metric, "accuracy");
}

static kith_status take_curve(kith_page *page, const char *metric, kith_chart *all)
{
    kith_chart one;
    char words[KITH_TITLE_SIZE];
    KITH_TRY(
        kith_chart_by_axis(page->ctx, &page->drawn, page->swept, metric, KITH_AXIS_ROUND, KITH_SPREAD_DEVIATION, &one));
    kith_metric_words(metric, false, words, sizeof words);
    snprintf(all->label[all->curves], KITH_LABEL_SIZE, "%.150s", words);
    all->curve[all->curves++] = one.curve[0];
    one.curve[0].point = NULL;
    kith_chart_free(&one);
    return KITH_OK;
}

static void draw_together(kith_page *page, const kith_chart *all)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE];
    const kith_chart_plan plan = {.metric = "accuracy", .axis = KITH_AXIS_ROUND, .main = true};
    const kith_extent e = kith_extent_of(all->curve, all->curves);
    kith_figure figure = {.width = KITH_PAGE_WIDE, .height = KITH_PAGE_HIGH};
    if (isnan(e.y_most) || is_point(all)) return;
    kith_chart_frame(all, &plan, NULL, x_label, y_label, &figure);
    fputs("<figure><figcaption>Accuracies by round</figcaption>\n", page->out);
    kith_page_keys(page, all);
    kith_panel_write(page->out, &figure, "Accuracies by round", "");
    fputs("</figure>\n", page->out);
}

static kith_status add_together(kith_page *page, const curves *k)
{
    kith_chart all = {.curves = 0};
    size_t count = 0;
    for (size_t i = 0; i < k->plans; i++)
        count += goes_together(page, &k->plan[i]);
    if (count < 2) return KITH_OK;
    kith_status status = KITH_ALLOC(page->ctx, "a chart", TOGETHER, &all.curve);
    if (status == KITH_OK) status = KITH_ALLOC(page->ctx, "a chart", TOGETHER, &all.label);
    for (size_t i = 0; i < k->plans && status == KITH_OK && all.curves < TOGETHER; i++)
        if (goes_together(page, &k->plan[i])) status = take_curve(page, k->plan[i].metric, &all);
    if (status == KITH_OK) draw_together(page, &all);
    kith_chart_free(&all);
    return status;
}

/* ---- all of it ---- */

static bool varied_seeds(const kith_page *page)
{
    for (size_t g = 0; g < page->drawn.count; g++)
        if (page->drawn.group[g].count > 1) return true;
    return false;
}

static void write_notes(kith_page *page)
{
    char words[KITH_TITLE_SIZE];
    if (varied_seeds(page))
        fprintf(page->out,
                "<p class=\"soft\">Lines are means over the runs of a configuration, which differ in their seeds only%s"
                "</p>\n",
                page->drawn.count <= KITH_PANEL_BANDS
                    ? "; bands are one sample standard deviation to each side."
                    : ". Bands of so many would hide each other; the pointer tells standard deviations.");
    if (page->drawn.count == page->groups->count) return;
    kith_metric_words(page->leading, false, words, sizeof words);
    fprintf(page->out, "<p class=\"soft\">Drawn: the %zu of %zu configurations that came to the best ",
            page->drawn.count, page->groups->count);
    kith_html_text(page->out, words);
    fputs(".</p>\n", page->out);
}

static kith_status write_main(kith_page *page, curves *k, size_t *next)
{
    const bool legend_first = page->drawn.count <= SHORT_LEGEND;
    if (legend_first) kith_page_legend(page);
    fputs("<div class=\"figures\">\n", page->out);
    for (; *next < k->plans && k->plan[*next].main; ++*next)
        KITH_TRY(add_figure(page, k, &k->plan[*next]));
    KITH_TRY(add_together(page, k));
    fputs("</div>\n", page->out);
    if (!legend_first) kith_page_legend(page);
    write_notes(page);
    return KITH_OK;
}

/* The rest, under a heading if any of them moves. */
static kith_status write_others(kith_page *page, curves *k, size_t next)
{
    FILE *whole = page->out;
    char *text = NULL;
    size_t size = 0, drawn = k->drawn;
    page->out = open_memstream(&text, &size);
    kith_status status = page->out ? KITH_OK : kith_fail(page->ctx, KITH_EMEMORY, "no memory for a report");
    for (; next < k->plans && status == KITH_OK; next++)
        status = add_figure(page, k, &k->plan[next]);
    if (page->out && fclose(page->out) != 0 && status == KITH_OK)
        status = kith_fail(page->ctx, KITH_EMEMORY, "no memory for a report");
    page->out = whole;
    if (status == KITH_OK && k->drawn > drawn)
        fprintf(whole, "<h3>Other metrics by round</h3>\n<div class=\"figures small\">\n%s</div>\n", text);
    free(text);
    if (k->left_out)
        fprintf(whole,
                "<p>Not drawn: %zu more; <code>kith plot --metric</code> draws those that it is asked for.</p>\n",
                k->left_out);
    return status;
}

static kith_status write_all(kith_page *page, curves *k)
{
    size_t next = 0;
    KITH_TRY(write_main(page, k, &next));
    return next < k->plans ? write_others(page, k, next) : KITH_OK;
}

static void write_table(kith_page *page, const char *rows)
{
    if (!rows || !*rows) return;
    fputs("<h3>Measured once, or always the same</h3>\n<table class=\"narrow\"><tbody>\n", page->out);
    fputs(rows, page->out);
    fputs("</tbody></table>\n", page->out);
}

kith_status kith_page_curves(kith_page *page)
{
    kith_chart_plan *plan;
    curves k = {.drawn = 0};
    char *rows = NULL;
    size_t size = 0;
    KITH_TRY(kith_plans_choose(page->ctx, page->results, &plan, &k.plans));
    k.plan = plan;
    k.still = open_memstream(&rows, &size);
    kith_status status = k.still ? KITH_OK : kith_fail(page->ctx, KITH_EMEMORY, "no memory for a report");
    if (status == KITH_OK) {
        fputs("<h2>Curves</h2>\n", page->out);
        status = write_all(page, &k);
        fclose(k.still);
        if (status == KITH_OK) write_table(page, rows);
    }
    free(rows);
    kith_free(plan);
    return status;
}
