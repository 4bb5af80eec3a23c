/* What metrics came to in the end, against each parameter whose values are numbers and differ. */
#include "base/metrics.h"
#include "config/config.h"
#include "launch/commands/report/heat.h"
#include "launch/commands/report/page.h"
#include "launch/services/pictures/panel.h"
#include "launch/services/results/distinct.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 12, MOST_CURVES = 28, MOST_VALUES = 40, TITLE = 3 * KITH_TITLE_SIZE };

typedef struct section {
    const kith_chart_plan *plan;
    size_t plans, drawn, more;
    kith_chart own;         /* whose labels the legend has */
    const kith_chart *keys; /* NULL: no legend counts */
} section;

static void write_caption(kith_page *page, const kith_chart_plan *plan, const char *key, char title[TITLE])
{
    char words[KITH_TITLE_SIZE];
    kith_metric_words(plan->metric, false, words, sizeof words);
    snprintf(title, TITLE, "Final %s against %s", words, key);
    fputs("<figure><figcaption>", page->out);
    kith_html_text(page->out, title);
    fputs("</figcaption>\n", page->out);
}

static void draw(kith_page *page, const kith_chart_plan *plan, const kith_swept_key *key, const kith_chart *chart)
{
    char x_label[KITH_TITLE_SIZE], y_label[KITH_TITLE_SIZE], title[TITLE];
    kith_figure figure = {.width = KITH_PAGE_WIDE, .height = KITH_PAGE_HIGH};
    kith_chart_frame(chart, plan, key, x_label, y_label, &figure);
    write_caption(page, plan, x_label, title);
    kith_panel_write(page->out, &figure, title, "");
    kith_page_reading(page, chart, &figure);
    fputs("</figure>\n", page->out);
}

static void begin(kith_page *page, section *s)
{
    if (s->drawn++) return;
    fputs("<h2>Final values against what was varied</h2>\n<p class=\"soft\">Of runs that are done; means over those "
          "that differ in their seeds only, bars one sample standard deviation to each side.</p>\n",
          page->out);
}

/* ---- charts with one legend ---- */

static bool has_keys(const section *s, const kith_chart *chart)
{
    bool same = s->keys && s->keys->curves == chart->curves;
    for (size_t c = 0; same && c < chart->curves; c++)
        same = strcmp(s->keys->label[c], chart->label[c]) == 0;
    return same;
}

static void end_keyed(kith_page *page, section *s)
{
    if (s->keys) fputs("</div>\n", page->out);
    kith_chart_free(&s->own);
    s->keys = NULL;
}

/* Charts whose curves are called alike stand together, under one legend. Takes the chart. */
static void begin_keyed(kith_page *page, section *s, const kith_chart *chart)
{
    end_keyed(page, s);
    s->own = *chart;
    s->keys = &s->own;
    fputs("<div class=\"figures keyed\">\n", page->out);
    if (chart->curves < 2) return;
    fputs("<div class=\"wide\">\n", page->out);
    kith_page_keys(page, chart);
    fputs("</div>\n", page->out);
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
    KITH_TRY(kith_chart_by_key(page->ctx, page->groups, page->swept, key, plan->metric, KITH_SPREAD_DEVIATION, &chart));
    if (is_worth_drawing(&chart) && s->drawn == MOST_FIGURES) {
        s->more++;
    } else if (is_worth_drawing(&chart)) {
        const bool anew = !has_keys(s, &chart);
        begin(page, s);
        if (anew) begin_keyed(page, s, &chart);
        draw(page, plan, key, &chart);
        if (anew) return KITH_OK;
    }
    kith_chart_free(&chart);
    return KITH_OK;
}

/* ---- of two at once ---- */

/* A value of an axis, with its place in its order: by size where all are numbers, else as they come. */
typedef struct step {
    const char *text;
    double number;
    size_t came;
} step;

typedef struct grid_axis {
    const kith_swept_key *key;
    kith_distinct values;
    step step[MOST_VALUES];
    size_t place[MOST_VALUES]; /* of the value that came as the i-th */
    const char *name[MOST_VALUES];
    bool numbers;
} grid_axis;

static int by_number(const void *a, const void *b)
{
    const step *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return x->came < y->came ? -1 : x->came > y->came;
}

/* *fits: every group has the key, and it has no more values than can be drawn. */
static kith_status read_axis(const kith_page *page, grid_axis *axis, bool *fits)
{
    axis->numbers = true;
    *fits = true;
    for (size_t g = 0; g < page->groups->count && *fits; g++) {
        const char *end,
            *text = kith_result_parameter(page->groups->group[g].run[0], axis->key->section, axis->key->key);
        size_t number;
        bool is_new;
        *fits = text && axis->values.count < MOST_VALUES;
        if (!*fits) return KITH_OK;
        KITH_TRY(kith_distinct_text_number(page->ctx, &axis->values, text, &number, &is_new));
        if (!is_new) continue;
        const double value = kith_number(text, &end);
        axis->numbers = axis->numbers && end != text && !*end;
        axis->step[number] = (step){text, value, number};
    }
    const size_t count = axis->values.count;
    if (axis->numbers) qsort(axis->step, count, sizeof axis->step[0], by_number);
    for (size_t i = 0; i < count; i++) {
        axis->place[axis->step[i].came] = i;
        axis->name[i] = axis->step[i].text;
    }
    return KITH_OK;
}

static size_t place_of(const kith_page *page, grid_axis *axis, size_t g)
{
    size_t number = 0;
    const char *text = kith_result_parameter(page->groups->group[g].run[0], axis->key->section, axis->key->key);
    const kith_status status = kith_distinct_text_number(page->ctx, &axis->values, text, &number, NULL);
    return status == KITH_OK ? axis->place[number] : 0;
}

static kith_status draw_grid(kith_page *page, section *s, grid_axis *down, grid_axis *along)
{
    char row[KITH_TITLE_SIZE], column[KITH_TITLE_SIZE], words[KITH_TITLE_SIZE], title[4 * KITH_TITLE_SIZE];
    const size_t rows = down->values.count, columns = along->values.count;
    const kith_chart_plan plan = kith_plan_of(page->results, page->leading, KITH_AXIS_ROUND);
    double *value;
    KITH_TRY(KITH_ALLOC(page->ctx, "a heat map", rows * columns, &value));
    for (size_t i = 0; i < rows * columns; i++)
        value[i] = NAN;
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_spread spread = kith_group_final(&page->groups->group[g], page->leading);
        value[place_of(page, down, g) * columns + place_of(page, along, g)] = kith_spread_mean(&spread);
    }
    kith_swept_name(down->key, row, sizeof row);
    kith_swept_name(along->key, column, sizeof column);
    kith_metric_words(page->leading, false, words, sizeof words);
    snprintf(title, sizeof title, "Final %s by %s and %s", words, row, column);
    const kith_heat heat = {.rows = rows,
                            .columns = columns,
                            .value = value,
                            .row = down->name,
                            .column = along->name,
                            .row_title = row,
                            .column_title = column,
                            .log = plan.may_be_log,
                            .width = KITH_PAGE_WIDE};
    begin(page, s);
    fputs("<div class=\"figures\">\n<figure><figcaption>", page->out);
    kith_html_text(page->out, title);
    fputs("</figcaption>\n", page->out);
    kith_heat_write(page->out, &heat, title);
    fputs("</figure>\n</div>\n", page->out);
    kith_free(value);
    return KITH_OK;
}

/* The parameters that vary, without those that another one brings along; at most `most` of them are listed. */
static kith_status find_free(const kith_page *page, const kith_swept_key **out, size_t most, size_t *count)
{
    *count = 0;
    for (size_t k = 0; k < page->swept->count; k++) {
        bool follows = page->swept->key[k].lacked;
        for (size_t i = 0; i < *count && i < most && !follows; i++)
            KITH_TRY(kith_swept_follows(page->ctx, page->groups, page->swept, k, out[i], &follows));
        if (follows) continue;
        if (*count < most) out[*count] = &page->swept->key[k];
        ++*count;
    }
    return KITH_OK;
}

/* Two parameters, each of which was combined with several values of the other. */
static kith_status add_grid(kith_page *page, section *s)
{
    grid_axis axis[2] = {{.numbers = true}, {.numbers = true}};
    const kith_swept_key *key[2];
    size_t count;
    bool fits = false, also = false;
    KITH_TRY(find_free(page, key, 2, &count));
    if (count != 2 || !kith_results_have(page->results, page->leading)) return KITH_OK;
    axis[0].key = key[0];
    axis[1].key = key[1];
    kith_status status = read_axis(page, &axis[0], &fits);
    if (status == KITH_OK) status = read_axis(page, &axis[1], &also);
    const size_t a = axis[0].values.count, b = axis[1].values.count;
    const bool full = fits && also && a > 1 && b > 1 && a * b > 4 && page->groups->count * 2 > a * b;
    if (status == KITH_OK && full) status = draw_grid(page, s, &axis[a > b], &axis[a <= b]);
    kith_distinct_free(&axis[0].values);
    kith_distinct_free(&axis[1].values);
    return status;
}

static kith_status add_figures(kith_page *page, section *s)
{
    KITH_TRY(add_grid(page, s));
    for (size_t k = 0; k < page->swept->count; k++) {
        for (size_t i = 0; i < s->plans && !page->swept->key[k].lacked; i++)
            KITH_TRY(add_figure(page, s, &s->plan[i], &page->swept->key[k]));
        end_keyed(page, s);
    }
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
    kith_chart_free(&s.own);
    kith_free(plan);
    return status;
}
