/* SVG as PDF or PNG, by rsvg-convert, a program that is started for each picture. Threads: one.
 * Errors: KITH_EIO where the program is missing, with its package, or fails; KITH_EMEMORY. */
#ifndef KITH_CONVERT_H
#define KITH_CONVERT_H

#include <kith/base.h>
#include <stdbool.h>

typedef enum kith_picture_format { KITH_PICTURE_SVG, KITH_PICTURE_PDF, KITH_PICTURE_PNG } kith_picture_format;

/* "svg": also what files of it end with. */
const char *kith_picture_ending(kith_picture_format format);
/* false: it is none. */
bool kith_picture_format_of(const char *name, kith_picture_format *out);

/* Writes a document as another format, not SVG, to the end of file `out`. dots: of a PNG, to the inch, where the
 * document has a size in mm; 0: one to each of its units. The same document makes the same bytes; what made a PNG is
 * said in it (marks.h). */
kith_status kith_picture_convert(kith_ctx *ctx, const char *svg, kith_picture_format format, unsigned dots,
                                 int out) KITH_CHECKED;

#endif
