/* `kith plot`: charts of runs as figures for a paper, each a file of its own with what is drawn beside it as CSV.
 *
 * A figure has one column's width, a legend with what differs between its curves, and markers and dashes that survive a
 * printer without colours. Bands and bars are the mean less and plus the sample standard deviation over seeds. The same
 * results give the same bytes on the same machine: fonts are the machine's.
 * Errors: KITH_EUSAGE for a metric or parameter that is not there or does not vary; KITH_EIO, naming the path, for
 *   results that cannot be read, figures that cannot be written, and programs that are missing. Files appear whole, and
 *   none of them before all of them could be drawn.
 * Threads: one.
 */
#ifndef KITH_PLOT_H
#define KITH_PLOT_H

#include "launch/services/pictures/charts.h"
#include "launch/services/pictures/convert.h"

#include <kith/base.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct kith_plot_request {
    const char *where;         /* a kith.db, a folder with one, or a folder of such folders */
    const char *folder;        /* for the figures, made where it is missing; NULL: figures, beside the results */
    const char *const *metric; /* [metrics] */
    const bool *beside;        /* [metrics] in the figure of the one before; NULL: each in its own */
    size_t metrics;            /* 0: those of the report */
    const char *panels;        /* a parameter that differs, each of whose values has a panel; NULL: none */
    size_t columns;            /* of panels; 0: as many as fit */
    bool outdated;             /* with runs that the file of their sweep no longer has */
    bool stretches;            /* rounds with much communication are shaded */
    const char *x; /* rounds, bytes, virtual_time, or a parameter that differs, "section.key"; NULL: as the report */
    const char *x_label, *y_label; /* titles of axes; NULL: by the names of what is drawn */
    kith_picture_format format;
    double width_mm;
    double height_mm, font_pt; /* of the room for curves, and of the text; 0: in proportion, 8 */
    bool log_x, log_y;         /* logarithmic in any case; else where the list of metrics says so, and it suits them */
    bool linear_x, linear_y;   /* linear in any case */
    const kith_range *x_limits, *y_limits; /* NULL: all of it fits */
    kith_spread_kind spread;               /* of bands and bars; extremes: the deviation */
    const char *const *arm; /* [arms] "LABEL", or "LABEL=OTHER": these come first, in this order, under that name */
    size_t arms;
} kith_plot_request;

/* Names each figure, a line each, on `list`. */
kith_status kith_plot_write(kith_ctx *ctx, const kith_plot_request *request, FILE *list) KITH_CHECKED;

#endif
