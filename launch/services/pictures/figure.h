/* Figures: curves with bands or error bars, drawn by gnuplot, as SVG that can stand inside an HTML page or, with a
 * legend of its own, alone.
 *
 * gnuplot is a program, not a library: it is started for each figure, reads from and writes to memory, and leaves no
 * file.
 * Ownership: the SVG belongs to the caller, who frees it with free().
 * Errors: KITH_EIO if gnuplot is missing or fails, with what it said. Threads: one.
 */
#ifndef KITH_FIGURE_H
#define KITH_FIGURE_H

#include "launch/services/results/groups.h"

/* What a figure has that is to stand alone, in print perhaps without colours: markers, and a legend above the curves.
 */
typedef struct kith_legend {
    const char *const *label; /* [curves]; NULL: one curve needs none */
    const char *spread;       /* what bands or bars are: "± sd, 3 seeds"; NULL: there are none */
    const char *theory;       /* what thin dashed lines are; NULL: there are none */
    const char *stretches;    /* what shaded stretches of x are; NULL: there are none */
} kith_legend;

/* A part of x that is shaded: from below to above for all curves, or a strip at the bottom for one of them. */
typedef struct kith_stretch {
    double from, to; /* in curves' units */
    size_t curve;    /* SIZE_MAX: all */
} kith_stretch;

typedef struct kith_range {
    double low, high;
} kith_range;

typedef struct kith_figure {
    const char *x_label, *y_label; /* letters, digits, blanks and _()./%=,+-:[] ; others are blanks */
    const kith_curve *curve;       /* [curves]; the i-th has style i; empty ones are left out */
    size_t curves;
    double x_scale;              /* curves' x times this is what is drawn */
    double y_least, y_most;      /* of all that is drawn; finite; in curves' units */
    double y_scale;              /* as x_scale; 0 is 1 */
    bool log_x, log_y;           /* y_least > 0 then; lows of 0 and less are drawn down to the axis */
    bool whole_x;                /* ticks of x are whole numbers: rounds */
    bool steps;                  /* a histogram: point i is the bin around x = i, from y = 0 */
    bool bars;                   /* points with error bars, and lines between them; not a curve with a band */
    const char *const *category; /* [categories] what x = 0, 1, ... stand for, with bars only; NULL: x is a number */
    size_t categories;
    const kith_curve *theory;    /* [curves] what theory has for each, without a spread; NULL: nothing */
    const kith_stretch *stretch; /* [stretches] */
    size_t stretches;
    const char *title;                     /* above it, of one of several panels; NULL: none */
    const kith_legend *legend;             /* NULL: a page has one beside it */
    int width, height;                     /* in units of which the text is 13 high; a legend comes on top */
    const kith_range *x_limits, *y_limits; /* as they are drawn; NULL: all of it fits */
    unsigned number;                       /* unique on the page */
} kith_figure;

kith_status kith_figure_draw(kith_ctx *ctx, const kith_figure *figure, char **svg) KITH_CHECKED;
/* Whether some of it lies on the lower edge of a logarithmic axis, since it is 0 or less. */
bool kith_figure_reaches_zero(const kith_figure *figure);
/* With its legend. */
int kith_figure_height(const kith_figure *figure);

/* Figures beside and below each other, with one legend above all, that of the first: they have the same curves, of
 * which some may be empty in some of them, and the same sizes. */
typedef struct kith_panels {
    const kith_figure *panel; /* [count] */
    size_t count, columns;
} kith_panels;
kith_status kith_panels_draw(kith_ctx *ctx, const kith_panels *panels, char **svg) KITH_CHECKED;
int kith_panels_width(const kith_panels *panels);
int kith_panels_height(const kith_panels *panels);

/* The style of curve i, for legends: "#0072B2", and a dash pattern like "8,4", "" for a solid line. Patterns change
 * from curve to curve, and those with more gaps are drawn above others, so that what lies on another curve does not
 * hide it. */
const char *kith_style_colour(size_t i);
const char *kith_style_dashes(size_t i);

#endif
