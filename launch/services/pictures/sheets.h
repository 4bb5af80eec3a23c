/* Figures as files: a picture, SVG, PDF or PNG, with what it shows as CSV beside it.
 *
 * A list is filled in memory, and then written as a whole: files appear whole, and none of them before all of them
 * could be drawn. Ownership: kith_sheets_free() frees a list and what is in it. Threads: one.
 * Errors: KITH_EIO, naming the path or the program; KITH_EMEMORY.
 */
#ifndef KITH_SHEETS_H
#define KITH_SHEETS_H

#include "launch/services/pictures/convert.h"
#include "record/aside.h"

#include <kith/base.h>
#include <stdbool.h>
#include <stdio.h>

/* Text of 8 points, which figures draw 13 high. */
static const double kith_figure_unit_mm = 8.0 / 13.0 * 25.4 / 72.0;

/* One figure, complete in memory. */
typedef struct kith_sheet {
    char *name;         /* without folder and ending */
    char *drawn, *data; /* the picture, and the table as text; NULL: there is the other alone */
    size_t drawn_size;
    kith_picture_format format;
    kith_aside file[2]; /* theirs */
} kith_sheet;

typedef struct kith_sheets {
    kith_sheet *sheet; /* room for as many as the caller made */
    size_t count;
} kith_sheets;

/* Takes a tidy <svg> as the sheet's picture, as a document of its own. */
kith_status kith_sheet_take(kith_ctx *ctx, char *svg, double width_mm, double height_mm, kith_picture_format format,
                            kith_sheet *sheet) KITH_CHECKED;
void kith_sheet_free(kith_sheet *sheet);
/* Writes all of them into a folder, which is made where it is missing, and names each picture, a line each, on `list`
 * (NULL: nowhere). */
kith_status kith_sheets_write(kith_ctx *ctx, const char *folder, const kith_sheets *all, FILE *list) KITH_CHECKED;
void kith_sheets_free(kith_sheets *all);

#endif
