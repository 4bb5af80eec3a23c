#include "launch/services/text/grid.h"

#include <stdlib.h>
#include <string.h>

enum { BETWEEN = 2 }; /* blanks between columns */

typedef struct grid_column {
    char *title;
    bool right;
} grid_column;

struct kith_grid {
    grid_column *column; /* [columns] */
    size_t columns;
    char **cell; /* [rows][columns]; NULL: empty */
    size_t rows, room;
    bool colours;
};

size_t kith_text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

kith_status kith_grid_create(kith_ctx *ctx, size_t columns, kith_grid **out)
{
    kith_grid *grid = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "a table", 1, &grid));
    grid->columns = columns;
    const kith_status status = KITH_ALLOC(ctx, "a table", columns, &grid->column);
    if (status == KITH_OK)
        *out = grid;
    else
        kith_grid_destroy(grid);
    return status;
}

static kith_status keep(kith_ctx *ctx, const char *text, char **out)
{
    char *copy = strdup(text);
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "no memory for a table");
    free(*out);
    *out = copy;
    return KITH_OK;
}

kith_status kith_grid_title(kith_ctx *ctx, kith_grid *grid, size_t column, const char *title, bool right)
{
    grid->column[column].right = right;
    return keep(ctx, title, &grid->column[column].title);
}

kith_status kith_grid_row(kith_ctx *ctx, kith_grid *grid)
{
    if (grid->rows == grid->room) {
        const size_t room = grid->room ? 2 * grid->room : 16;
        char **grown = reallocarray(grid->cell, room * grid->columns, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory for a table of %zu rows", room);
        grid->cell = grown;
        grid->room = room;
    }
    memset(grid->cell + grid->rows * grid->columns, 0, grid->columns * sizeof *grid->cell);
    grid->rows++;
    return KITH_OK;
}

kith_status kith_grid_cell(kith_ctx *ctx, kith_grid *grid, size_t column, const char *text)
{
    return keep(ctx, text, &grid->cell[(grid->rows - 1) * grid->columns + column]);
}

/* Row `rows` is that of the titles. */
static const char *text_at(const kith_grid *grid, size_t row, size_t column)
{
    const char *text = row == grid->rows ? grid->column[column].title : grid->cell[row * grid->columns + column];
    return text ? text : "";
}

static size_t width_of(const kith_grid *grid, size_t column)
{
    size_t width = 0;
    for (size_t r = 0; r <= grid->rows; r++) {
        const size_t one = kith_text_width(text_at(grid, r, column));
        if (one > width) width = one;
    }
    return width;
}

/* At most `width` characters, the last of them an ellipsis where it is not all. */
static void write_part(FILE *out, const char *text, size_t width)
{
    if (kith_text_width(text) <= width) {
        fputs(text, out);
        return;
    }
    for (size_t seen = 0; *text; text++) {
        seen += ((unsigned char)*text & 0xc0) != 0x80;
        if (seen >= width) break;
        putc(*text, out);
    }
    fputs("…", out);
}

static void write_row(const kith_grid *grid, FILE *out, size_t row, const size_t *width, size_t columns)
{
    while (columns > 1 && !*text_at(grid, row, columns - 1))
        columns--;
    for (size_t c = 0; c < columns; c++) {
        const char *text = text_at(grid, row, c);
        const size_t own = kith_text_width(text), pad = own < width[c] ? width[c] - own : 0;
        const bool right = grid->column[c].right, last = c + 1 == columns;
        if (right) fprintf(out, "%*s", (int)pad, "");
        const bool best = grid->colours && *text == '*';
        if (best) fputs("\033[1m", out);
        write_part(out, text, width[c]);
        if (best) fputs("\033[0m", out);
        if (!right && !last) fprintf(out, "%*s", (int)pad, "");
        if (!last) fprintf(out, "%*s", BETWEEN, "");
    }
    putc('\n', out);
}

/* How many columns fit, at least one. */
static size_t fit(const kith_grid *grid, size_t *width, size_t most)
{
    size_t used = 0, columns = 0;
    for (; columns < grid->columns; columns++) {
        width[columns] = width_of(grid, columns);
        used += width[columns] + (columns ? BETWEEN : 0);
        if (most && used > most) break;
    }
    if (columns > 0 || grid->columns == 0) return columns;
    width[0] = most;
    return 1;
}

void kith_grid_colour(kith_grid *grid, bool colours)
{
    grid->colours = colours;
}

size_t kith_grid_print(const kith_grid *grid, FILE *out, size_t width)
{
    size_t *widths = calloc(grid->columns + 1, sizeof *widths);
    if (!widths) return grid->columns;
    const size_t columns = fit(grid, widths, width);
    write_row(grid, out, grid->rows, widths, columns);
    for (size_t r = 0; r < grid->rows; r++)
        write_row(grid, out, r, widths, columns);
    free(widths);
    return grid->columns - columns;
}

void kith_grid_destroy(kith_grid *grid)
{
    if (!grid) return;
    for (size_t i = 0; i < grid->rows * grid->columns; i++)
        free(grid->cell[i]);
    for (size_t c = 0; grid->column && c < grid->columns; c++)
        free(grid->column[c].title);
    free(grid->cell);
    kith_free(grid->column);
    kith_free(grid);
}
