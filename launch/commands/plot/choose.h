/* Which charts `kith plot` draws. Errors: KITH_EUSAGE, naming what was asked for and what there is. Threads: one. */
#ifndef KITH_PLOT_CHOOSE_H
#define KITH_PLOT_CHOOSE_H

#include "launch/services/pictures/charts.h"
#include "launch/commands/plot/plot.h"

typedef struct kith_plot_choice {
    kith_chart_plan *plan; /* [plans], to be freed with kith_free() */
    size_t plans;
    const kith_swept_key *panels; /* NULL: there is no panel for each value of a parameter */
    const kith_swept_key *key;    /* NULL: against the plans' axes */
    bool asked;                   /* by name, so that one without anything to draw is refused; else it is left out */
} kith_plot_choice;

kith_status kith_plot_choose(kith_ctx *ctx, const kith_plot_request *request, const kith_results *results,
                             const kith_groups *groups, const kith_swept *swept, kith_plot_choice *out) KITH_CHECKED;

/* Curves that were asked for by their labels come first, in that order, under the names that were given. */
kith_status kith_plot_arrange(kith_ctx *ctx, const kith_plot_request *request, kith_chart *chart) KITH_CHECKED;

#endif
