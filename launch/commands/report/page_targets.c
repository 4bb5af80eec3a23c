#include "launch/commands/report/page.h"
#include "base/metrics.h"

#include "launch/services/text/html.h"

#include <math.h>

static const double targets[] = {0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95};
enum { TARGETS = sizeof targets / sizeof targets[0] };

/* What it took to get to an evaluation. */
typedef struct cost {
    const char *title;
    double (*of)(const kith_result *run, const kith_point *point);
    kith_unit (*unit)(double most);
} cost;

static double rounds(const kith_result *run, const kith_point *point)
{
    (void)run;
    return (double)point->round;
}

static double bytes(const kith_result *run, const kith_point *point)
{
    return kith_result_at(run, KITH_METRIC_bytes_sent, point->round);
}

static double bytes_up(const kith_result *run, const kith_point *point)
{
    return kith_result_at(run, KITH_METRIC_bytes_up, point->round);
}

static double seconds(const kith_result *run, const kith_point *point)
{
    (void)run;
    return point->virtual_time;
}

static kith_unit no_unit(double most)
{
    (void)most;
    return (kith_unit){"", 1.0};
}

static const cost costs[] = {
    {"Rounds", rounds, no_unit},
    {"Bytes up", bytes_up, kith_bytes_unit},
    {"Bytes sent", bytes, kith_bytes_unit},
    {"Virtual time", seconds, kith_seconds_unit},
};

static bool anyone_reached(const kith_page *page, double target)
{
    for (size_t r = 0; r < page->results->count; r++)
        if (kith_result_reached(page->results->run[r], KITH_METRIC_test_accuracy, target)) return true;
    return false;
}

/* The most that anyone paid for any target; NaN where nobody's cost is known. */
static double most_paid(const kith_page *page, const cost *c)
{
    double most = NAN;
    for (size_t r = 0; r < page->results->count; r++)
        for (size_t t = 0; t < TARGETS; t++) {
            const kith_point *point = kith_result_reached(page->results->run[r], KITH_METRIC_test_accuracy, targets[t]);
            if (point) most = fmax(most, c->of(page->results->run[r], point));
        }
    return most;
}

/* Four digits at least; whole numbers whole. */
static void write_number(FILE *out, double value)
{
    const int digits = value == floor(value) || value >= 999.95 ? 0 : value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3;
    fprintf(out, "%.*f", digits, value);
}

static bool is_known(const kith_page *page, const cost *c)
{
    return c->of == seconds ? kith_results_have_clock(page->results) : most_paid(page, c) > 0;
}

/* A mean over those that got there, and how many did where it was not all. */
static void write_cell(kith_page *page, const kith_group *group, const cost *c, double scale, double target)
{
    kith_spread s = {.count = 0};
    size_t reached = 0;
    for (size_t r = 0; r < group->count; r++) {
        const kith_point *point = kith_result_reached(group->run[r], KITH_METRIC_test_accuracy, target);
        reached += point != NULL;
        if (point) kith_spread_add(&s, c->of(group->run[r], point));
    }
    fputs("<td class=\"n\">", page->out);
    if (s.count == 0)
        fputs("–", page->out);
    else
        write_number(page->out, kith_spread_mean(&s) * scale);
    if (reached > 0 && reached < group->count)
        fprintf(page->out, " <span class=\"soft\">(%zu of %zu)</span>", reached, group->count);
    fputs("</td>", page->out);
}

static void write_cost(kith_page *page, const cost *c, const bool *reached, size_t width)
{
    const kith_unit unit = c->unit(most_paid(page, c));
    fprintf(page->out, "<tr class=\"part\"><th colspan=\"%zu\" scope=\"rowgroup\">%s%s%s</th></tr>\n", width, c->title,
            *unit.name ? ", " : "", unit.name);
    for (size_t g = 0; g < page->drawn.count; g++) {
        fputs("<tr><td class=\"name\">", page->out);
        kith_page_key(page, g, page->drawn.group[g].label);
        fputs("</td>", page->out);
        for (size_t t = 0; t < TARGETS; t++)
            if (reached[t]) write_cell(page, &page->drawn.group[g], c, unit.scale, targets[t]);
        fputs("</tr>\n", page->out);
    }
}

void kith_page_targets(kith_page *page)
{
    bool reached[TARGETS];
    size_t width = 1;
    for (size_t t = 0; t < TARGETS; t++)
        width += reached[t] = anyone_reached(page, targets[t]);
    if (width == 1) return;
    fputs("<h2>Cost of a target accuracy</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">"
          "Test accuracy of at least</th>",
          page->out);
    for (size_t t = 0; t < TARGETS; t++)
        if (reached[t]) fprintf(page->out, "<th class=\"n\" scope=\"col\">%.2f</th>", targets[t]);
    fputs("</tr></thead>\n<tbody>\n", page->out);
    for (size_t c = 0; c < sizeof costs / sizeof costs[0]; c++)
        if (is_known(page, &costs[c])) write_cost(page, &costs[c], reached, width);
    fputs("</tbody></table></div>\n"
          "<p class=\"soft\">At the first evaluation that shows the target; a dash: not reached.",
          page->out);
    if (page->groups->count < page->results->count) fputs(" Means over the runs that reached it.", page->out);
    fputs("</p>\n", page->out);
}
