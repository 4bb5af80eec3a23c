#include "launch/commands/report/page.h"
#include "base/metrics.h"

#include "launch/services/pictures/figure.h"
#include "launch/services/text/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void kith_page_key(kith_page *page, size_t g, const char *text)
{
    fprintf(
        page->out,
        "<span class=\"key\"><svg class=\"swatch\" viewBox=\"0 0 34 10\" aria-hidden=\"true\">"
        "<line x1=\"1\" y1=\"5\" x2=\"33\" y2=\"5\" stroke=\"%s\" stroke-width=\"3\" stroke-dasharray=\"%s\"/></svg>"
        "<span>",
        kith_style_colour(g), *kith_style_dashes(g) ? kith_style_dashes(g) : "none");
    kith_html_text(page->out, text);
    fputs("</span></span>", page->out);
}

/* A column of numbers that a run has one of each. */
typedef struct figure_column {
    const char *title, *metric; /* shown if a run has the metric */
    double (*value)(const kith_result *run, const char *metric);
    void (*write)(FILE *out, double value);
} figure_column;

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

static void write_accuracy(FILE *out, double value)
{
    if (isnan(value))
        fputs("–", out);
    else
        fprintf(out, "%.4f", value);
}

static void write_loss(FILE *out, double value)
{
    if (isnan(value))
        fputs("–", out);
    else
        fprintf(out, "%.4g", value);
}

static const figure_column columns[] = {
    {"Final test accuracy", KITH_METRIC_test_accuracy, kith_result_last, write_accuracy},
    {"Best test accuracy", KITH_METRIC_test_accuracy, greatest, write_accuracy},
    {"Final test loss", KITH_METRIC_test_loss, kith_result_last, write_loss},
    {"Best test loss", KITH_METRIC_test_loss, least, write_loss},
    {"Final training loss", KITH_METRIC_train_loss, kith_result_last, write_loss},
    {"Bytes sent", KITH_METRIC_bytes_sent, kith_result_last, kith_html_bytes},
    {"Virtual time", "", time_reached, kith_html_seconds},
    {"Wall time", KITH_METRIC_wall_time, wall_time, kith_html_seconds},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* Losses are left to the curves where accuracies are known; the page's width is for what runs are compared by. */
static bool shown(const kith_page *page, const figure_column *c)
{
    if (c->value == wall_time) return true;
    if (*c->metric && !kith_results_have(page->results, c->metric)) return false;
    if (c->write == write_loss && strcmp(c->metric, KITH_METRIC_test_loss) == 0)
        return !kith_results_have(page->results, KITH_METRIC_test_accuracy);
    if (c->write == write_loss)
        return !kith_results_have(page->results, KITH_METRIC_test_loss) &&
               !kith_results_have(page->results, KITH_METRIC_test_accuracy);
    return c->value != time_reached || kith_results_have_clock(page->results);
}

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

static size_t group_of(const kith_page *page, const kith_result *run)
{
    for (size_t g = 0; g < page->groups->count; g++)
        for (size_t r = 0; r < page->groups->group[g].count + page->groups->group[g].repeats; r++)
            if (page->groups->group[g].run[r] == run) return g;
    return 0;
}

/* Names tell runs apart where no two have the same; else what differs does. */
static bool names_differ(const kith_page *page)
{
    for (size_t i = 0; i < page->results->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(page->results->run[i]->name, page->results->run[k]->name) == 0) return false;
    return true;
}

static void write_run(kith_page *page, const kith_result *run)
{
    const bool failed = *run->message;
    size_t width = page->results->count > 1 ? 6 : 5;
    fprintf(page->out, "<tr%s><td class=\"name\">", failed ? " class=\"failed\"" : "");
    const size_t group = group_of(page, run);
    kith_page_key(page, group, names_differ(page) ? run->name : page->groups->group[group].label);
    fputs("</td>", page->out);
    if (page->results->count > 1) cell(page, " class=\"nowrap\"", run->id);
    cell(page, " class=\"nowrap\"", run->algorithm);
    fprintf(page->out, "<td class=\"n\">%" PRIu64 "</td><td><span class=\"status ", run->seed);
    kith_html_text(page->out, run->status);
    fputs("\">", page->out);
    kith_html_text(page->out, run->status);
    fputs("</span></td>", page->out);
    write_rounds(page, run);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!shown(page, &columns[c])) continue;
        width++;
        fputs("<td class=\"n\">", page->out);
        columns[c].write(page->out, columns[c].value(run, columns[c].metric));
        fputs("</td>", page->out);
    }
    fputs("</tr>\n", page->out);
    if (!failed) return;
    fprintf(page->out, "<tr><td class=\"message\" colspan=\"%zu\">", width);
    kith_html_text(page->out, run->message);
    fputs("</td></tr>\n", page->out);
}

static void write_column_titles(kith_page *page)
{
    for (size_t c = 0; c < COLUMNS; c++)
        if (shown(page, &columns[c])) fprintf(page->out, "<th class=\"n\" scope=\"col\">%s</th>", columns[c].title);
    fputs("</tr></thead>\n<tbody>\n", page->out);
}

static void write_runs(kith_page *page)
{
    fprintf(page->out, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Run</th>%s",
            page->results->count > 1 ? "<th scope=\"col\">Id</th>" : "");
    fputs("<th scope=\"col\">Algorithm</th><th class=\"n\" scope=\"col\">Seed</th><th scope=\"col\">Status</th>"
          "<th class=\"n\" scope=\"col\">Rounds</th>",
          page->out);
    write_column_titles(page);
    for (size_t g = 0; g < page->groups->count; g++)
        for (size_t r = 0; r < page->groups->group[g].count + page->groups->group[g].repeats; r++)
            write_run(page, page->groups->group[g].run[r]);
    fputs("</tbody></table></div>\n", page->out);
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

static void write_spread(kith_page *page, const kith_group *group, const figure_column *c)
{
    kith_spread s = {.count = 0};
    for (size_t r = 0; r < group->count; r++)
        if (kith_group_counts(group, group->run[r])) kith_spread_add(&s, c->value(group->run[r], c->metric));
    fputs("<td class=\"n\">", page->out);
    c->write(page->out, kith_spread_mean(&s));
    /* Bytes and times have units, which a deviation would have to repeat; accuracies and losses have none. */
    if (s.count > 1 && (c->write == write_accuracy || c->write == write_loss)) {
        fputs(" ± ", page->out);
        c->write(page->out, kith_spread_deviation(&s));
    }
    fputs("</td>", page->out);
}

static void write_configurations(kith_page *page)
{
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Configuration</th>"
          "<th class=\"n\" scope=\"col\">Runs</th>",
          page->out);
    write_column_titles(page);
    for (size_t g = 0; g < page->groups->count; g++) {
        const kith_group *group = &page->groups->group[g];
        fputs("<tr><th class=\"name\" scope=\"row\">", page->out);
        kith_page_key(page, g, group->label);
        const size_t done = kith_group_done(group);
        fprintf(page->out, "</th><td class=\"n\">%zu", done ? done : group->count);
        fprintf(page->out, done && done < group->count ? " of %zu</td>" : "</td>", group->count);
        for (size_t c = 0; c < COLUMNS; c++)
            if (shown(page, &columns[c])) write_spread(page, group, &columns[c]);
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody></table></div>\n", page->out);
}

void kith_page_summary(kith_page *page)
{
    fputs("<h2>Summary</h2>\n", page->out);
    if (page->groups->count < page->results->count) {
        write_configurations(page);
        fputs("<p class=\"soft\">Means over runs that differ in their seeds only, ± one sample standard deviation. "
              "Runs that are not done are left out where others are.</p>\n<h3>Runs</h3>\n",
              page->out);
    }
    write_runs(page);
    write_repeats(page);
}
