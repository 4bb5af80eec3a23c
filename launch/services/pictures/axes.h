/* Ranges and ticks of a figure's axes, whoever draws it. All numbers are as they are drawn: in units, not in curves'.
 * Threads: any. */
#ifndef KITH_AXES_H
#define KITH_AXES_H

#include "launch/services/pictures/figure.h"

enum { KITH_MOST_TICKS = 48 };

typedef struct kith_ticks {
    double value[KITH_MOST_TICKS];
    char text[KITH_MOST_TICKS][32];
    size_t count, letters; /* letters: of the longest text */
} kith_ticks;

/* About `most` between two numbers, at steps of 1, 2 or 5 times a power of ten; whole: of no less than 1. */
void kith_ticks_even(double low, double high, int most, bool whole, kith_ticks *out);
/* 1, 2 and 5 times powers of ten over few decades, and about `most` powers over many. low > 0. */
void kith_ticks_log(double low, double high, int most, kith_ticks *out);

/* Of y, with some air; none that would show numbers below zero where there are none. */
kith_range kith_figure_y_range(const kith_figure *f);
/* Of x, likewise where there are points with bars. */
kith_range kith_figure_x_range(const kith_figure *f);
double kith_figure_y_scale(const kith_figure *f);
/* What lows of 0 and less are drawn at on a logarithmic axis, in curves' units. */
double kith_figure_bottom(const kith_figure *f);

#endif
