#include "draw.h"

#include <stdarg.h>
#include <stdio.h>

enum { CELL = 24 };

void kith_drawing_add(game_picture *d, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const size_t left = d->length < d->size ? d->size - d->length : 0;
    const int wrote = vsnprintf(left ? d->out + d->length : NULL, left, format, list);
    va_end(list);
    if (wrote > 0) d->length += (size_t)wrote;
}

void kith_drawing_open(game_picture *d, size_t columns, size_t rows)
{
    kith_drawing_add(
        d,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" font-family=\"sans-serif\" "
        "font-size=\"12\" text-anchor=\"middle\">\n",
        columns * CELL, rows * CELL);
    kith_drawing_add(d, "<rect width=\"%zu\" height=\"%zu\" fill=\"#fff\"/>\n<path stroke=\"#ccc\" d=\"",
                     columns * CELL, rows * CELL);
    for (size_t x = 0; x <= columns; x++)
        kith_drawing_add(d, "M%zu 0V%zu", x * CELL, rows * CELL);
    for (size_t y = 0; y <= rows; y++)
        kith_drawing_add(d, "M0 %zuH%zu", y * CELL, columns * CELL);
    kith_drawing_add(d, "\"/>\n");
}

void kith_drawing_cell(game_picture *d, size_t x, size_t y, const char *fill)
{
    kith_drawing_add(d, "<rect x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x * CELL, y * CELL,
                     CELL, CELL, fill);
}

void kith_drawing_disc(game_picture *d, size_t x, size_t y, const char *fill, double opacity, char letter)
{
    const size_t cx = x * CELL + CELL / 2, cy = y * CELL + CELL / 2;
    kith_drawing_add(d, "<circle cx=\"%zu\" cy=\"%zu\" r=\"10\" fill=\"%s\" fill-opacity=\"%.2f\"/>\n", cx, cy, fill,
                     opacity);
    kith_drawing_add(d, "<text x=\"%zu\" y=\"%zu\">%c</text>\n", cx, cy + 4, letter);
}

void kith_drawing_close(game_picture *d)
{
    kith_drawing_add(d, "</svg>\n");
}
