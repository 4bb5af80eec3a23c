/* The legend's keys, and what runs and configurations came to in the end. */
#include "launch/commands/report/page.h"
#include "base/metrics.h"

#include "launch/services/pictures/panel.h"
#include "launch/services/results/distinct.h"
#include "launch/services/text/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 10, BESIDE = 4, MANY_RUNS = 60 };

void kith_page_key(kith_page *page, size_t g, const char *text)
{
    fprintf(page->out,
            "<span class=\"key\"><svg class=\"swatch\" viewBox=\"0 0 34 10\" aria-hidden=\"true\">"
            "<line class=\"s%zu\" x1=\"1\" y1=\"5\" x2=\"33\" y2=\"5\" stroke-width=\"3\" stroke-dasharray=\"%s\"/>"
            "</svg><span>",
            g % KITH_PANEL_COLOURS, *kith_style_dashes(g) ? kith_style_dashes(g) : "none");
    kith_html_text(page->out, text);
    fputs("</span></span>", page->out);
}

/* "local.lr = 0.1, seed = 2" is made of values, also of such as the run does not read. */
static bool is_given(const char *name)
{
    return *name && !strstr(name, " = ");
}

static const char *label_of(const kith_page *page, const kith_result *run)
{
    for (size_t g = 0; g < page->groups->count; g++)
        for (size_t r = 0; r < page->groups->group[g].count + page->groups->group[g].repeats; r++)
            if (page->groups->group[g].run[r] == run) return page->groups->group[g].label;
    return run->id;
}

void kith_page_name(kith_page *page, const kith_result *run)
{
    kith_html_text(page->out, is_given(run->name) ? run->name : label_of(page, run));
    if (page->results->count == 1) return;
    fputs(" <span class=\"soft\">", page->out);
    kith_html_text(page->out, run->id);
    fputs("</span>", page->out);
}

/* With its style, if it is drawn. */
static void write_group(kith_page *page, size_t g, const char *text)
{
    if (page->place[g] < page->drawn.count)
        kith_page_key(page, page->place[g], text);
    else
        kith_html_text(page->out, text);
}

/* ---- columns ---- */

/* A column of numbers that a run has one of each. */
typedef struct figure_column {
    char title[KITH_TITLE_SIZE];
    const char *metric;
    double (*value)(const kith_result *run, const char *metric);
    void (*write)(FILE *out, double value);
    bool spreads; /* a deviation is told: bytes and times have units, which it would have to repeat */
} figure_column;

typedef struct figure_columns {
    figure_column column[COLUMNS];
    size_t count;
} figure_columns;

static double greatest(const kith_result *run, const char *metric)
{
    return kith_result_best(run, metric, true);
}

static double least(const kith_result *run, const char *metric)
{
    return kith_result_best(run, metric, false);
}

static double time_reached(const kith_result *run, const char *metric)
{
    (void)metric;
    return kith_result_time(run);
}

/* As measured, which a run that goes on has as well; else by the calendar, to the second. */
static double wall_time(const kith_result *run, const char *metric)
{
    const double measured = kith_result_last(run, metric);
    return isnan(measured) ? kith_time_of(run->finished) - kith_time_of(run->started) : measured;
}

static void write_share(FILE *out, double value)
{
    kith_html_number(out, "%.4f", value);
}

static void write_value(FILE *out, double value)
{
    kith_html_number(out, "%.4g", value);
}

static bool is_share(const char *metric)
{
    const char *end = strstr(metric, "accuracy");
    return end != NULL;
}

enum { FORMAT = 16 }; /* bytes of one for a number */

/* A mean of some runs is not taken for one of all. */
static void write_missing(FILE *out, const kith_spread *s)
{
    if (s->count && s->missing)
        fprintf(out, " <span class=\"soft\">(%zu of %zu)</span>", s->count, s->count + s->missing);
}

/* For a mean and its deviation: as many decimals as give the deviation two digits, and shares four. */
static void choose_format(const kith_spread *s, const char *metric, char format[FORMAT])
{
    const double deviation = s->count > 1 ? kith_spread_deviation(s) : NAN;
    if (is_share(metric))
        snprintf(format, FORMAT, "%%.4f");
    else if (deviation >= 1e-4 && deviation < 1e4)
        snprintf(format, FORMAT, "%%.%df", (int)fmax(0, 1 - floor(log10(deviation))));
    else
        snprintf(format, FORMAT, "%%.4g");
}

static void add_column(figure_columns *all, const char *what, const char *metric,
                       double (*value)(const kith_result *, const char *))
{
    if (all->count == COLUMNS) return;
    figure_column *c = &all->column[all->count++];
    char words[KITH_TITLE_SIZE];
    kith_metric_words(metric, false, words, sizeof words);
    snprintf(c->title, sizeof c->title, "%s %.140s", what, words);
    c->metric = metric;
    c->value = value;
    c->write = is_share(metric) ? write_share : write_value;
    c->spreads = true;
}

static void add_cost(figure_columns *all, const char *title, const char *metric,
                     double (*value)(const kith_result *, const char *), void (*write)(FILE *, double))
{
    if (all->count == COLUMNS) return;
    figure_column *c = &all->column[all->count++];
    snprintf(c->title, sizeof c->title, "%s", title);
    c->metric = metric;
    c->value = value;
    c->write = write;
    c->spreads = false;
}

/* Losses are left to the curves where something better is known; the page's width is for what runs are compared by. */
static kith_status find_columns(kith_page *page, figure_columns *all)
{
    kith_chart_plan *plan;
    size_t plans;
    const kith_better better = kith_metric_better(page->results->declared, page->leading);
    KITH_TRY(kith_plans_choose(page->ctx, page->results, &plan, &plans));
    all->count = 0;
    if (kith_results_have(page->results, page->leading)) {
        add_column(all, "Final", page->leading, kith_result_last);
        if (better != KITH_BETTER_NONE)
            add_column(all, "Best", page->leading, better == KITH_BETTER_UP ? greatest : least);
    }
    for (size_t i = 0; i < plans && all->count < BESIDE; i++) {
        const char *metric = plan[i].metric;
        if (!plan[i].main || plan[i].axis != KITH_AXIS_ROUND || strcmp(metric, page->leading) == 0) continue;
        if (!strstr(metric, "loss")) add_column(all, "Final", metric, kith_result_last);
    }
    if (kith_results_have(page->results, KITH_METRIC_bytes_up))
        add_cost(all, "Bytes up", KITH_METRIC_bytes_up, kith_result_last, kith_html_bytes);
    else if (kith_results_have(page->results, KITH_METRIC_bytes_sent))
        add_cost(all, "Bytes sent", KITH_METRIC_bytes_sent, kith_result_last, kith_html_bytes);
    if (kith_results_have_clock(page->results)) add_cost(all, "Virtual time", "", time_reached, kith_html_seconds);
    add_cost(all, "Wall time", KITH_METRIC_wall_time, wall_time, kith_html_seconds);
    kith_free(plan);
    return KITH_OK;
}

static void write_column_titles(kith_page *page, const figure_columns *all)
{
    for (size_t c = 0; c < all->count; c++) {
        fputs("<th class=\"n\" scope=\"col\">", page->out);
        kith_html_text(page->out, all->column[c].title);
        fputs("</th>", page->out);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
}

/* ---- runs ---- */

static void cell(kith_page *page, const char *attributes, const char *text)
{
    fprintf(page->out, "<td%s>", attributes);
    kith_html_text(page->out, text);
    fputs("</td>", page->out);
}

static void write_rounds(kith_page *page, const kith_result *run)
{
    const char *planned = kith_result_parameter(run, "run", "rounds");
    fprintf(page->out, "<td class=\"n\">%" PRIu64, kith_result_rounds(run));
    if (planned && strtoull(planned, NULL, 10) > kith_result_rounds(run)) { /* a merge is one more than planned */
        fputs(" of ", page->out);
        kith_html_text(page->out, planned);
    }
    fputs("</td>", page->out);
}

/* Names tell runs apart where no two have the same; else what differs does. */
static kith_status names_differ(const kith_page *page, bool *out)
{
    kith_distinct names = {.count = 0};
    kith_status status = KITH_OK;
    *out = true;
    for (size_t r = 0; r < page->results->count && status == KITH_OK && *out; r++) {
        size_t number;
        status = kith_distinct_text_number(page->ctx, &names, page->results->run[r]->name, &number, out);
        *out = *out && is_given(page->results->run[r]->name);
    }
    kith_distinct_free(&names);
    return status;
}

static void write_run(kith_page *page, const figure_columns *all, size_t g, const kith_result *run, bool named)
{
    const bool failed = *run->message;
    size_t width = (page->results->count > 1 ? 6 : 5) + all->count;
    fprintf(page->out, "<tr%s><td class=\"name\">", failed ? " class=\"failed\"" : "");
    write_group(page, g, named ? run->name : page->groups->group[g].label);
    fputs("</td>", page->out);
    if (page->results->count > 1) cell(page, " class=\"nowrap\"", run->id);
    cell(page, " class=\"nowrap\"", run->algorithm);
    fprintf(page->out, "<td class=\"n\">%" PRIu64 "</td><td><span class=\"status ", run->seed);
    kith_html_text(page->out, run->status);
    fputs("\">", page->out);
    kith_html_text(page->out, run->status);
    fputs("</span></td>", page->out);
    write_rounds(page, run);
    for (size_t c = 0; c < all->count; c++) {
        fputs("<td class=\"n\">", page->out);
        all->column[c].write(page->out, all->column[c].value(run, all->column[c].metric));
        fputs("</td>", page->out);
    }
    fputs("</tr>\n", page->out);
    if (!failed) return;
    fprintf(page->out, "<tr><td class=\"message\" colspan=\"%zu\">", width);
    kith_html_text(page->out, run->message);
    fputs("</td></tr>\n", page->out);
}

static kith_status write_runs(kith_page *page, const figure_columns *all)
{
    bool named;
    const bool several = page->results->count > 1, many = page->results->count > MANY_RUNS;
    KITH_TRY(names_differ(page, &named));
    if (many) fprintf(page->out, "<details class=\"long\"><summary>All %zu runs</summary>\n", page->results->count);
    fprintf(page->out, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Run</th>%s",
            several ? "<th scope=\"col\">Id</th>" : "");
    fputs("<th scope=\"col\">Algorithm</th><th class=\"n\" scope=\"col\">Seed</th><th scope=\"col\">Status</th>"
          "<th class=\"n\" scope=\"col\">Rounds</th>",
          page->out);
    write_column_titles(page, all);
    for (size_t g = 0; g < page->groups->count; g++)
        for (size_t r = 0; r < page->groups->group[g].count + page->groups->group[g].repeats; r++)
            write_run(page, all, g, page->groups->group[g].run[r], named);
    fputs("</tbody></table></div>\n", page->out);
    if (many) fputs("</details>\n", page->out);
    return KITH_OK;
}

static void write_repeats(kith_page *page)
{
    size_t repeats = 0;
    for (size_t g = 0; g < page->groups->count; g++)
        repeats += page->groups->group[g].repeats;
    if (repeats == 0) return;
    fprintf(page->out,
            "<p class=\"soft\">%zu run%s the configuration and the seed of another, and so its numbers; means, bands "
            "and targets count such runs once.</p>\n",
            repeats, repeats == 1 ? " has" : "s have");
}

/* ---- configurations ---- */

static void write_mean(FILE *out, const kith_spread *s, const figure_column *c)
{
    char format[FORMAT];
    const bool spreads = s->count > 1 && c->spreads;
    choose_format(s, c->metric, format);
    if (spreads)
        kith_html_number(out, format, kith_spread_mean(s));
    else
        c->write(out, kith_spread_mean(s));
    if (spreads) {
        fputs(" ± ", out);
        kith_html_number(out, format, kith_spread_deviation(s));
    }
    write_missing(out, s);
}

static void write_spread(kith_page *page, const kith_group *group, const figure_column *c)
{
    kith_spread s = {.count = 0};
    const bool any_done = kith_group_done(group) > 0;
    for (size_t r = 0; r < group->count; r++)
        if (!any_done || strcmp(group->run[r]->status, "done") == 0)
            kith_spread_add(&s, c->value(group->run[r], c->metric));
    fputs("<td class=\"n\">", page->out);
    write_mean(page->out, &s, c);
    fputs("</td>", page->out);
}

static void write_configurations(kith_page *page, const figure_columns *all)
{
    const bool many = page->groups->count > MANY_RUNS;
    if (many)
        fprintf(page->out, "<details class=\"long\"><summary>All %zu configurations</summary>\n", page->groups->count);
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Configuration</th>"
          "<th class=\"n\" scope=\"col\">Runs</th>",
          page->out);
    write_column_titles(page, all);
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_group *group = &page->groups->group[g];
        fputs("<tr><th class=\"name\" scope=\"row\">", page->out);
        write_group(page, g, group->label);
        const size_t done = kith_group_done(group);
        fprintf(page->out, "</th><td class=\"n\">%zu", done ? done : group->count);
        fprintf(page->out, done && done < group->count ? " of %zu</td>" : "</td>", group->count);
        for (size_t c = 0; c < all->count; c++)
            write_spread(page, group, &all->column[c]);
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody></table></div>\n", page->out);
    if (many) fputs("</details>\n", page->out);
}

kith_status kith_page_summary(kith_page *page)
{
    figure_columns all;
    KITH_TRY(find_columns(page, &all));
    fputs("<h2>Summary</h2>\n", page->out);
    if (page->groups->count < page->results->count) {
        write_configurations(page, &all);
        fputs("<p class=\"soft\">Means over runs that differ in their seeds only, ± one sample standard deviation. "
              "Runs that are not done are left out where others are.</p>\n<h3>Runs</h3>\n",
              page->out);
    }
    KITH_TRY(write_runs(page, &all));
    write_repeats(page);
    return KITH_OK;
}

/* ---- the first line ---- */

/* The group that came to the best mean of the leading metric, or to the worst, among those all of whose runs have a
 * number; the count: there is none. */
static size_t extreme_of(const kith_page *page, bool best, bool whole)
{
    const bool up = (kith_metric_better(page->results->declared, page->leading) != KITH_BETTER_DOWN) == best;
    size_t found = page->groups->count;
    double most = NAN;
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_spread s = kith_group_final(&page->groups->group[g], page->leading);
        const double mean = kith_spread_mean(&s);
        if (isnan(mean) || (whole && s.missing) || (!isnan(most) && (up ? mean <= most : mean >= most))) continue;
        most = mean;
        found = g;
    }
    return found;
}

static size_t extreme(const kith_page *page, bool best)
{
    const size_t whole = extreme_of(page, best, true);
    return whole < page->groups->count ? whole : extreme_of(page, best, false);
}

static void write_found(kith_page *page, const char *before, size_t g)
{
    const kith_group *group = &page->groups->group[g];
    const kith_spread s = kith_group_final(group, page->leading);
    char format[FORMAT];
    choose_format(&s, page->leading, format);
    fprintf(page->out, "%s<b>", before);
    kith_html_number(page->out, format, kith_spread_mean(&s));
    fputs("</b>", page->out);
    if (s.count > 1) {
        fputs(" ± ", page->out);
        kith_html_number(page->out, format, kith_spread_deviation(&s));
        fprintf(page->out, " <span class=\"soft\">(%zu runs)</span>", s.count);
    }
    write_missing(page->out, &s);
    if (page->groups->count == 1) return;
    fputs(" with ", page->out);
    kith_html_text(page->out, group->label);
}

void kith_page_lead(kith_page *page)
{
    char words[KITH_TITLE_SIZE];
    const size_t best = extreme(page, true), worst = extreme(page, false);
    const bool judged = kith_metric_better(page->results->declared, page->leading) != KITH_BETTER_NONE;
    if (best == page->groups->count) return;
    kith_metric_words(page->leading, true, words, sizeof words);
    fputs("<p class=\"lead\">", page->out);
    kith_html_text(page->out, words);
    write_found(page, page->groups->count == 1 ? ": " : judged ? ": best " : ": greatest ", best);
    if (worst != best) write_found(page, judged ? "; worst " : "; least ", worst);
    fputs("</p>\n", page->out);
}
