/* Of games: who won how much of whom, and which mixture of policies stands for the run. */
#include "base/metrics.h"
#include "launch/commands/report/heat.h"
#include "launch/commands/report/page.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POLICIES = 64, MOST_ROUNDS = 60, MOST_PICTURES = 24 };

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
    for (size_t s = 0; s < run->series_count; s++) {
        unsigned j, i;
        const char *name = run->series[s].name;
        const size_t length = strlen(KITH_METRIC_payoff_);
        if (strncmp(name, KITH_METRIC_payoff_, length) != 0 || sscanf(name + length, "%3u_%3u", &j, &i) != 2) continue;
        if (j >= most && j < MOST_POLICIES && i < j && !isnan(number_of(run, KITH_METRIC_payoff_, j, i))) most = j + 1;
    }
    return most;
}

/* ---- names of rows and columns ---- */

typedef struct numbering {
    char text[MOST_POLICIES][8];
    const char *name[MOST_POLICIES];
} numbering;

static void number_policies(numbering *n)
{
    for (size_t i = 0; i < MOST_POLICIES; i++) {
        snprintf(n->text[i], sizeof n->text[i], "%zu", i);
        n->name[i] = n->text[i];
    }
}

/* ---- payoffs ---- */

static void write_payoff(FILE *out, const kith_result *run, size_t j, size_t i)
{
    const double payoff = number_of(run, KITH_METRIC_payoff_, j, i),
                 low = number_of(run, KITH_METRIC_payoff_low_, j, i);
    fputs("<td class=\"n\">", out);
    if (!isnan(payoff)) kith_html_number(out, "%.3f", payoff);
    if (!isnan(low)) {
        fputs(" [", out);
        kith_html_number(out, "%.3f", low);
        fputs(", ", out);
        kith_html_number(out, "%.3f", number_of(run, KITH_METRIC_payoff_high_, j, i));
        putc(']', out);
    }
    fputs("</td>", out);
}

static void write_table(const kith_page *page, const kith_result *run, size_t policies)
{
    FILE *out = page->out;
    fputs("<details class=\"long\"><summary>As a table</summary><div class=\"scroll\"><table>\n"
          "<thead><tr><th scope=\"col\">Policy</th>",
          out);
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
    fputs("</tbody></table></div></details>\n", out);
}

/* Policy 0 wins of none before it, and the last of none after it. */
static void tell_interval(FILE *out, const void *arg, size_t row, size_t column)
{
    const kith_result *run = arg;
    const double low = number_of(run, KITH_METRIC_payoff_low_, row + 1, column);
    if (isnan(low)) return;
    fputs(" [", out);
    kith_html_number(out, "%.3f", low);
    fputs(", ", out);
    kith_html_number(out, "%.3f", number_of(run, KITH_METRIC_payoff_high_, row + 1, column));
    putc(']', out);
}

static kith_status write_payoffs(kith_page *page, const kith_result *run, size_t policies)
{
    numbering n;
    double *value;
    const size_t side = policies - 1;
    KITH_TRY(KITH_ALLOC(page->ctx, "payoffs", side * side, &value));
    number_policies(&n);
    for (size_t j = 0; j < side; j++)
        for (size_t i = 0; i < side; i++)
            value[j * side + i] = i <= j ? number_of(run, KITH_METRIC_payoff_, j + 1, i) : NAN;
    const kith_heat heat = {.rows = side,
                            .columns = side,
                            .value = value,
                            .row = n.name + 1,
                            .column = n.name,
                            .row_title = "policy",
                            .column_title = "wins of policy",
                            .both_ways = true,
                            .width = KITH_PAGE_WIDE,
                            .tell = tell_interval,
                            .arg = run};
    fputs("<figure><figcaption>", page->out);
    kith_page_name(page, run);
    fputs("</figcaption>\n", page->out);
    kith_heat_write(page->out, &heat, "What each policy wins of those before it");
    write_table(page, run, policies);
    fputs("</figure>\n", page->out);
    kith_free(value);
    return KITH_OK;
}

static void write_more(kith_page *page, size_t more)
{
    if (more)
        fprintf(page->out, "<p>Not drawn: those of %zu more runs; <code>kith export</code> prints them.</p>\n", more);
}

kith_status kith_page_payoffs(kith_page *page)
{
    size_t drawn = 0, more = 0;
    for (size_t r = 0; r < page->results->count; r++) {
        const size_t policies = policies_of(page->results->run[r]);
        if (policies == 0) continue;
        if (drawn == MOST_PICTURES) {
            more++;
            continue;
        }
        if (!drawn++)
            fprintf(page->out,
                    "<h2>Payoffs</h2>\n<p class=\"soft\">What a policy wins of those before it, of at most %d "
                    "policies; in brackets the 95 %% interval, where it was found by playing.</p>\n"
                    "<div class=\"figures few\">\n",
                    MOST_POLICIES);
        KITH_TRY(write_payoffs(page, page->results->run[r], policies));
    }
    if (drawn) fputs("</div>\n", page->out);
    write_more(page, more);
    return KITH_OK;
}

/* ---- weights ---- */

static const kith_series *weight_of(const kith_result *run, size_t policy)
{
    char name[32];
    snprintf(name, sizeof name, "%s%02zu", KITH_METRIC_weight_, policy);
    return kith_result_series(run, name);
}

typedef struct mixture {
    const kith_series *weight[MOST_POLICIES];
    size_t policies;
    uint64_t round[MOST_ROUNDS]; /* that are shown */
    size_t rounds;
} mixture;

/* Policy 0 is there from the beginning, so its rounds are those of all; of very many every so many-th. */
static void find_mixture(const kith_result *run, mixture *m)
{
    const kith_series *longest = NULL;
    *m = (mixture){.policies = 0};
    for (size_t k = 0; k < MOST_POLICIES; k++) {
        m->weight[k] = weight_of(run, k);
        if (!m->weight[k]) continue;
        m->policies = k + 1;
        if (!longest || m->weight[k]->count > longest->count) longest = m->weight[k];
    }
    const size_t count = longest ? longest->count : 0, every = count / MOST_ROUNDS + 1;
    for (size_t i = count ? (count - 1) % every : 0; i < count && m->rounds < MOST_ROUNDS; i += every)
        m->round[m->rounds++] = longest->point[i].round;
}

static kith_status write_mixture(kith_page *page, const kith_result *run, const mixture *m)
{
    numbering n;
    double *value;
    char text[MOST_ROUNDS][24];
    const char *name[MOST_ROUNDS];
    KITH_TRY(KITH_ALLOC(page->ctx, "weights", m->policies * m->rounds, &value));
    number_policies(&n);
    for (size_t c = 0; c < m->rounds; c++) {
        snprintf(text[c], sizeof text[c], "%llu", (unsigned long long)m->round[c]);
        name[c] = text[c];
        for (size_t k = 0; k < m->policies; k++)
            value[k * m->rounds + c] =
                m->weight[k] ? kith_result_at(run, m->weight[k]->name, m->round[c]) : (double)NAN;
    }
    const kith_heat heat = {.rows = m->policies,
                            .columns = m->rounds,
                            .value = value,
                            .row = n.name,
                            .column = name,
                            .row_title = "policy",
                            .column_title = "round",
                            .width = KITH_PAGE_WIDE};
    fputs("<figure><figcaption>", page->out);
    kith_page_name(page, run);
    fputs("</figcaption>\n", page->out);
    kith_heat_write(page->out, &heat, "The weight of each policy by round");
    fputs("</figure>\n", page->out);
    kith_free(value);
    return KITH_OK;
}

kith_status kith_page_weights(kith_page *page)
{
    size_t drawn = 0, more = 0;
    for (size_t r = 0; r < page->results->count; r++) {
        mixture m;
        find_mixture(page->results->run[r], &m);
        if (m.policies < 2 || m.rounds < 2) continue;
        if (drawn == MOST_PICTURES) {
            more++;
            continue;
        }
        if (!drawn++)
            fputs("<h2>Weights</h2>\n<p class=\"soft\">Of each policy in the mixture that stands for the run, by "
                  "round.</p>\n<div class=\"figures few\">\n",
                  page->out);
        KITH_TRY(write_mixture(page, page->results->run[r], &m));
    }
    if (drawn) fputs("</div>\n", page->out);
    write_more(page, more);
    return KITH_OK;
}
