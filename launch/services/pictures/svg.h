/* Pictures that other programs drew, made fit for a place in a page. Strings are the caller's to free().
 * Threads: one. */
#ifndef KITH_SVG_H
#define KITH_SVG_H

/* All that was written to a memory file, as a string; NULL when memory is out. */
char *kith_svg_contents(int fd);

/* A tidy <svg> element, drawn with a viewBox, as a document of its own: with a size, and fonts for those who lack
 * Helvetica. NULL when memory is out. */
char *kith_svg_alone(const char *svg, double width_mm, double height_mm);

/* The <svg> element alone: without comments, titles (which browsers show, like "figure1_plot_2") and descriptions.
 * Names of parts, which must be unique in a page, get the picture's `number`. Changes `drawn`, which holds an <svg>.
 * NULL when memory is out. */
char *kith_svg_tidy(char *drawn, unsigned number);

#endif
