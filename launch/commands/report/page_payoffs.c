/* Who won how much of whom: the payoffs between the policies of a population run. */
#include "launch/services/text/html.h"
#include "base/metrics.h"
#include "launch/commands/report/page.h"

#include <math.h>
#include <string.h>

enum { MOST_POLICIES = 64 };

/* The last value, or NaN. */
static double number_of(const kith_result *run, const char *what, size_t j, size_t i)
{
    char name[64];
    snprintf(name, sizeof name, "%s%02zu_%02zu", what, j, i);
    const kith_series *series = kith_result_series(run, name);
    return series && series->count ? series->point[series->count - 1].value : NAN;
}

/* One more than the highest number of a policy with a payoff. */
static size_t policies_of(const kith_result *run)
{
    size_t most = 0;
    for (size_t j = 1; j < MOST_POLICIES; j++)
        for (size_t i = 0; i < j; i++)
            if (!isnan(number_of(run, KITH_METRIC_payoff_, j, i))) most = j + 1;
    return most;
}

static void write_payoff(FILE *out, const kith_result *run, size_t j, size_t i)
{
    const double payoff = number_of(run, KITH_METRIC_payoff_, j, i),
                 low = number_of(run, KITH_METRIC_payoff_low_, j, i);
    fputs("<td class=\"n\">", out);
    if (!isnan(payoff)) fprintf(out, "%.3f", payoff + 0.0);
    if (!isnan(low)) fprintf(out, " [%.3f, %.3f]", low, number_of(run, KITH_METRIC_payoff_high_, j, i));
    fputs("</td>", out);
}

static void write_run(const kith_page *page, const kith_result *run, size_t policies)
{
    FILE *out = page->out;
    fputs("<h3>", out);
    kith_html_text(out, *run->name ? run->name : run->id);
    fputs("</h3>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Policy</th>", out);
    for (size_t i = 0; i + 1 < policies; i++)
        fprintf(out, "<th class=\"n\" scope=\"col\">of %zu</th>", i);
    fputs("</tr></thead>\n<tbody>", out);
    for (size_t j = 1; j < policies; j++) {
        fprintf(out, "<tr><td>%zu</td>", j);
        for (size_t i = 0; i + 1 < policies; i++)
            if (i < j)
                write_payoff(out, run, j, i);
            else
                fputs("<td></td>", out);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

void kith_page_payoffs(kith_page *page)
{
    bool any = false;
    for (size_t r = 0; r < page->results->count; r++) {
        const size_t policies = policies_of(page->results->run[r]);
        if (policies == 0) continue;
        if (!any)
            fprintf(page->out,
                    "<h2>Payoffs</h2>\n<p class=\"soft\">What a policy wins of those before it, of at most %d "
                    "policies; in brackets the "
                    "95 %% interval, where it was found by playing.</p>\n",
                    MOST_POLICIES);
        any = true;
        write_run(page, page->results->run[r], policies);
    }
}
