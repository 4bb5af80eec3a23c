/* A table of texts with columns that are aligned, for a terminal or a file.
 *
 * Texts are UTF-8, and are aligned by characters. Ownership: a grid copies what it is given. Threads: one.
 * Errors: KITH_EMEMORY.
 */
#ifndef KITH_GRID_H
#define KITH_GRID_H

#include <kith/base.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct kith_grid kith_grid;

kith_status kith_grid_create(kith_ctx *ctx, size_t columns, kith_grid **out) KITH_CHECKED;
/* The title of a column; numbers stand on the right. */
kith_status kith_grid_title(kith_ctx *ctx, kith_grid *grid, size_t column, const char *title, bool right) KITH_CHECKED;
/* Begins a row, whose cells are empty. */
kith_status kith_grid_row(kith_ctx *ctx, kith_grid *grid) KITH_CHECKED;
/* A cell of the row that was begun last. */
kith_status kith_grid_cell(kith_ctx *ctx, kith_grid *grid, size_t column, const char *text) KITH_CHECKED;
/* Whether cells that begin with * are printed bold. */
void kith_grid_colour(kith_grid *grid, bool colours);
/* A line of titles, then the rows. width: of the terminal; 0: there is no limit. As many columns as fit are printed,
 * from the first on; where even that one is too wide its texts are shortened. Returns how many were left out. */
size_t kith_grid_print(const kith_grid *grid, FILE *out, size_t width);
void kith_grid_destroy(kith_grid *grid);

/* How many characters a text has. */
size_t kith_text_width(const char *text);

#endif
