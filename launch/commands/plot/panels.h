/* The panels of one figure: a metric each, a value of a parameter each, or both. All have the same curves in the same
 * order. Ownership: kith_plot_figure_free() frees what kith_plot_figure_make() made, also after a failure.
 * Threads: one. Errors: KITH_EMEMORY, and what arms meet (choose.h). */
#ifndef KITH_PLOT_PANELS_H
#define KITH_PLOT_PANELS_H

#include "launch/commands/plot/choose.h"

typedef struct kith_plot_panel {
    const kith_chart_plan *plan;
    kith_chart chart;
    char title[KITH_LABEL_SIZE]; /* "" where there is but one value */
    kith_stretch *stretch;       /* [stretches] */
    size_t stretches;
} kith_plot_panel;

typedef struct kith_plot_figure {
    kith_plot_panel *panel;
    size_t count;
} kith_plot_figure;

/* What runs are drawn. */
typedef struct kith_plot_runs {
    const kith_groups *groups;
    const kith_swept *swept;
} kith_plot_runs;

/* Of `count` plans from plan on. */
kith_status kith_plot_figure_make(kith_ctx *ctx, const kith_plot_request *request, const kith_plot_choice *choice,
                                  const kith_chart_plan *plan, size_t count, const kith_plot_runs *runs,
                                  kith_plot_figure *out) KITH_CHECKED;
void kith_plot_figure_free(kith_plot_figure *figure);

/* What bands and bars of a figure are. */
kith_spread_kind kith_plot_spread(const kith_plot_request *request);

/* Stretches between records in which more is sent a round than half of what the busiest one sends; none where all are
 * alike. Those of all groups where they agree, else of each. *out to be freed with kith_free(). */
kith_status kith_plot_stretches(kith_ctx *ctx, const kith_groups *groups, kith_stretch **out,
                                size_t *count) KITH_CHECKED;

#endif
