/* Figures: curves with bands, drawn by gnuplot, as SVG that can stand inside an HTML page.
 *
 * gnuplot is a program, not a library: it is started for each figure, reads from and writes to memory, and leaves no
 * file.
 * Ownership: the SVG belongs to the caller, who frees it with free().
 * Errors: KITH_EIO if gnuplot is missing or fails, with what it said. Threads: one.
 */
#ifndef KITH_FIGURE_H
#define KITH_FIGURE_H

#include "groups.h"

typedef struct kith_figure {
    const char *x_label, *y_label; /* letters, digits, blanks and _()./% ; others are drawn as blanks */
    const kith_curve *curve;       /* [curves]; the i-th has style i; empty ones are left out */
    size_t curves;
    double x_scale;     /* curves' x times this is what is drawn */
    double y_least, y_most; /* of all that is drawn; finite */
    bool log_y;             /* y_least > 0 then */
    bool steps;             /* a histogram: point i is the bin around x = i, from y = 0 */
    int width, height;  /* in units of which the text is 13 high */
    unsigned number;    /* unique on the page */
} kith_figure;

kith_status kith_figure_draw(kith_ctx *ctx, const kith_figure *figure, char **svg) KITH_CHECKED;

/* The style of curve i, for legends: "#0072B2", and a dash pattern like "8,4", "" for a solid line. Patterns change from curve to
 * curve, and those with more gaps are drawn above others, so that what lies on another curve does not hide it. */
const char *kith_style_colour(size_t i);
const char *kith_style_dashes(size_t i);

#endif
