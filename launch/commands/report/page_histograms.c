#include "launch/commands/report/page.h"
#include "base/metrics.h"

#include "launch/services/pictures/panel.h"
#include "launch/services/results/distinct.h"
#include "launch/services/text/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the bins and the values of a histogram are. */
typedef struct meaning {
    const char *name, *caption, *x_label, *y_label;
} meaning;

static meaning meaning_of(const char *name)
{
    static const meaning known[] = {
        {KITH_HISTOGRAM_own_test, "Own models on own held-out examples", "accuracy, in steps of 5 %", "learners"},
        {KITH_HISTOGRAM_own_train, "Own models on what they train on", "accuracy, in steps of 5 %", "learners"},
        {KITH_HISTOGRAM_global_on_own_test, "The run's model on own held-out examples", "accuracy, in steps of 5 %",
         "learners"},
        {KITH_HISTOGRAM_global_on_own_train, "The run's model on what learners train on", "accuracy, in steps of 5 %",
         "learners"},
        {"participation", "How often learners took part", "messages of a learner", "learners"},
        {"selected", "How often each learner was chosen", "learner", "times"},
        {"visits", "How often tokens visited each learner", "learner", "visits"},
        {"staleness", "Staleness of messages", "staleness (server steps)", "messages"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) return known[i];
    return (meaning){name, name, "bin", "value"};
}

/* The mean over a group's runs, zeros included. */
static kith_status make_curve(kith_ctx *ctx, const kith_group *group, const char *name, kith_curve *out)
{
    size_t bins = 0, runs = 0;
    for (size_t r = 0; r < group->count; r++) {
        const kith_histogram *h = kith_result_histogram(group->run[r], name);
        if (h && h->bins > bins) bins = h->bins;
        runs += h != NULL;
    }
    KITH_TRY(KITH_ALLOC(ctx, "a histogram", bins, &out->point));
    out->count = bins;
    for (size_t b = 0; b < bins; b++)
        out->point[b] = (kith_curve_point){.x = (double)b, .runs = runs};
    for (size_t r = 0; r < group->count; r++) {
        const kith_histogram *h = kith_result_histogram(group->run[r], name);
        for (size_t b = 0; h && b < h->bins; b++)
            out->point[b].mean += h->value[b] / (double)runs;
    }
    for (size_t b = 0; b < bins; b++)
        out->point[b].low = out->point[b].high = out->point[b].mean;
    return KITH_OK;
}

static void draw(kith_page *page, const meaning *m, const kith_curve *curve, double most)
{
    const kith_figure figure = {.x_label = m->x_label,
                                .y_label = m->y_label,
                                .curve = curve,
                                .curves = page->drawn.count,
                                .x_scale = 1,
                                .y_least = 0,
                                .y_most = most,
                                .steps = true,
                                .width = KITH_PAGE_WIDE,
                                .height = 300};
    fputs("<figure><figcaption>", page->out);
    kith_html_text(page->out, m->caption);
    fputs("</figcaption>\n", page->out);
    kith_panel_write(page->out, &figure, m->caption, "all");
    fputs("</figure>\n", page->out);
}

static void write_heading(kith_page *page, bool *any)
{
    if (*any) return;
    *any = true;
    fputs("<h2>Histograms</h2>\n<p class=\"soft\">Means over the runs of a configuration.</p>\n", page->out);
    if (page->drawn.count > 1) kith_page_legend(page);
    fputs("<div class=\"figures few\">\n", page->out);
}

static kith_status add_histogram(kith_page *page, const char *name, bool *any)
{
    const size_t count = page->drawn.count;
    const meaning m = meaning_of(name);
    kith_curve *curve;
    double most = 0;
    size_t bins = 0;
    KITH_TRY(KITH_ALLOC(page->ctx, "histograms", count, &curve));
    kith_status status = KITH_OK;
    for (size_t g = 0; g < count && status == KITH_OK; g++) {
        status = make_curve(page->ctx, &page->drawn.group[g], name, &curve[g]);
        for (size_t b = 0; b < curve[g].count; b++)
            most = fmax(most, curve[g].point[b].mean);
        if (curve[g].count > bins) bins = curve[g].count;
    }
    /* A single bin is no distribution. */
    if (status == KITH_OK && bins > 1 && most > 0) {
        write_heading(page, any);
        draw(page, &m, curve, most);
    }
    for (size_t g = 0; g < count; g++)
        kith_free(curve[g].point);
    kith_free(curve);
    return status;
}

static kith_status add_all(kith_page *page, kith_distinct *names, bool *any)
{
    for (size_t r = 0; r < page->results->count; r++)
        for (size_t h = 0; h < page->results->run[r]->histograms; h++) {
            const char *name = page->results->run[r]->histogram[h].name;
            size_t number;
            bool is_new;
            KITH_TRY(kith_distinct_text_number(page->ctx, names, name, &number, &is_new));
            if (is_new) KITH_TRY(add_histogram(page, name, any));
        }
    return KITH_OK;
}

kith_status kith_page_histograms(kith_page *page)
{
    bool any = false;
    kith_distinct names = {.count = 0};
    const kith_status status = add_all(page, &names, &any);
    kith_distinct_free(&names);
    if (any) fputs("</div>\n", page->out);
    return status;
}
