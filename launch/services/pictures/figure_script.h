/* A figure as commands to gnuplot. Write errors stay in the stream. Threads: one. */
#ifndef KITH_FIGURE_SCRIPT_H
#define KITH_FIGURE_SCRIPT_H

#include "launch/services/pictures/figure.h"

#include <stdio.h>

void kith_figure_script(FILE *script, const kith_figure *f);
/* Its parts: what all pictures begin with, and axes and curves alone. */
void kith_figure_begin(FILE *script, int width, int height, unsigned number, bool white);
void kith_figure_body(FILE *script, const kith_figure *f);
void kith_figure_curves(FILE *script, const kith_figure *f);

void kith_panels_script(FILE *script, const kith_panels *p);
/* How high a panel is with its title, and the legend above all; and that legend. */
int kith_panels_cell(const kith_panels *p);
int kith_panels_legend(const kith_panels *p);
void kith_panels_write_legend(FILE *script, const kith_panels *p, int width, int height);

/* What gnuplot makes of a script, as a tidy <svg> whose parts have the picture's number; errors as kith_figure_draw().
 */
typedef void (*kith_scriptwriter)(FILE *script, const void *picture);
kith_status kith_script_draw(kith_ctx *ctx, kith_scriptwriter writer, const void *picture, unsigned number,
                             char **svg) KITH_CHECKED;

/* The part of it that draws the legend of a figure that stands alone, into the room above the curves. */
void kith_figure_legend(FILE *script, const kith_figure *f, int width, int height);

/* A text between quotation marks: whatever something is called, it must not become a command. */
void kith_figure_text(FILE *script, const char *text);
/* How wide a letter is, over its height: that of wide fonts like DejaVu Sans, for nobody knows which one it will be. */
static const double kith_letter_width = 0.6;

/* What gnuplot calls the marker of curve i. */
int kith_style_marker(size_t i);

#endif
