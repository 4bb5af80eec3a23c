/* The parts of the report's page, each a section of HTML written to page->out.
 *
 * Write errors stay in the stream; a status says only that a figure could not be made. Threads: one.
 */
#ifndef KITH_PAGE_H
#define KITH_PAGE_H

#include "launch/services/results/groups.h"
#include "launch/services/results/swept.h"

#include <stdio.h>

typedef struct kith_page {
    kith_ctx *ctx;
    FILE *out;
    const char *title;
    const kith_results *results;
    const kith_groups *groups;
    const kith_swept *swept;
    unsigned figures; /* so far */
} kith_page;

void kith_page_head(kith_page *page);
void kith_page_summary(kith_page *page);
kith_status kith_page_curves(kith_page *page) KITH_CHECKED;
kith_status kith_page_sweep(kith_page *page) KITH_CHECKED;
kith_status kith_page_histograms(kith_page *page) KITH_CHECKED;
kith_status kith_page_graphs(kith_page *page) KITH_CHECKED;
void kith_page_payoffs(kith_page *page);
void kith_page_targets(kith_page *page);
void kith_page_parameters(kith_page *page);
void kith_page_environment(kith_page *page);
void kith_page_foot(kith_page *page);

/* Every group with its style. */
void kith_page_legend(kith_page *page);
/* A short stroke in the style of group or curve g, as the curves have it, and a text beside it. */
void kith_page_key(kith_page *page, size_t g, const char *text);

#endif
