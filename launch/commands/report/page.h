/* The parts of the report's page, each a section of HTML written to page->out.
 *
 * Write errors stay in the stream; a status says only that a figure could not be made. Threads: one.
 */
#ifndef KITH_PAGE_H
#define KITH_PAGE_H

#include "launch/services/pictures/charts.h"

#include <stdio.h>

typedef struct kith_page {
    kith_ctx *ctx;
    FILE *out;
    const char *title;
    const kith_results *results;
    const kith_groups *groups;
    kith_groups drawn; /* those that have curves, in the order of groups: all, or the best of very many */
    const kith_swept *swept;
    unsigned figures;    /* that other programs drew so far */
    size_t *place;       /* [groups->count] among those drawn; their count: not drawn */
    const char *leading; /* the metric that the runs are judged by */
} kith_page;

/* Fills what is drawn, of which the owner frees both arrays with kith_free(). */
kith_status kith_page_choose(kith_page *page) KITH_CHECKED;

/* From here on curves are so many that only the best are drawn, and tables are long. */
enum { KITH_PAGE_DRAWN = 200, KITH_PAGE_FEW = 4, KITH_PAGE_LONG = 28 };
/* Of the charts that lead, in units of which the text is 13 high: large enough to be read on a telephone. */
enum { KITH_PAGE_WIDE = 460, KITH_PAGE_HIGH = 300 };

void kith_page_head(kith_page *page);
/* What the leading metric came to, in one line. */
void kith_page_lead(kith_page *page);
kith_status kith_page_summary(kith_page *page) KITH_CHECKED;
kith_status kith_page_curves(kith_page *page) KITH_CHECKED;
kith_status kith_page_sweep(kith_page *page) KITH_CHECKED;
kith_status kith_page_histograms(kith_page *page) KITH_CHECKED;
kith_status kith_page_graphs(kith_page *page) KITH_CHECKED;
kith_status kith_page_weights(kith_page *page) KITH_CHECKED;
kith_status kith_page_payoffs(kith_page *page) KITH_CHECKED;
kith_status kith_page_contests(kith_page *page, const char *folder) KITH_CHECKED;
void kith_page_targets(kith_page *page);
kith_status kith_page_parameters(kith_page *page) KITH_CHECKED;
kith_status kith_page_environment(kith_page *page) KITH_CHECKED;
void kith_page_foot(kith_page *page);

/* Every group that is drawn, with its style. */
void kith_page_legend(kith_page *page);
void kith_page_keys(kith_page *page, const kith_chart *chart);
/* What has to be told of a chart that is drawn as the figure: its thin lines, and what lies on its lower edge. */
void kith_page_reading(kith_page *page, const kith_chart *chart, const kith_figure *figure);
/* What a run is called: the name that somebody gave it, or its configuration where the sweep made the name; and its id
 * where there are several. */
void kith_page_name(kith_page *page, const kith_result *run);
/* A short stroke in the style of group or curve g, as the curves have it, and a text beside it. */
void kith_page_key(kith_page *page, size_t g, const char *text);

#endif
