/* Figures for pages: the SVG element of a kith_figure, drawn here and not by a program, so that a page's style colours
 * it and its script finds the numbers behind it.
 *
 * Parts: <svg class="chart"> has data-x and data-y, "from to low high log" of its axes in its own units; each curve is
 * <g data-c="CURVE" class="sS dD"> with S and D the numbers of its colour and dashes, and data-u, data-v, data-w: x, y
 * and deviation of its points (data-u is left out where it is that of the curve before). Without the page's script
 * these say nothing. Write errors stay in the stream. Threads: one.
 */
#ifndef KITH_PANEL_H
#define KITH_PANEL_H

#include "launch/services/pictures/figure.h"

#include <stdio.h>

/* Points of a curve, at most: of more, the least and the greatest of each stretch. Of more curves no bands are drawn.
 */
enum { KITH_PANEL_POINTS = 240, KITH_PANEL_BANDS = 8 };

/* title: what readers are told who do not see it. classes: further ones of the element, "" for none. */
void kith_panel_write(FILE *out, const kith_figure *figure, const char *title, const char *classes);

/* Numbers of the styles of curve i; the page's style sheet has a class for each. */
enum { KITH_PANEL_COLOURS = 7, KITH_PANEL_DASHES = 4 };

#endif
