/* Writing text piece by piece into room that may be too small, with snprintf's count. Part of each module that draws.
 */
#ifndef KITH_GAMES_DRAW_H
#define KITH_GAMES_DRAW_H

#include <stddef.h>

typedef struct game_picture {
    char *out; /* may be NULL where size is 0 */
    size_t size, length;
} game_picture;

__attribute__((format(printf, 2, 3))) void kith_drawing_add(game_picture *d, const char *format, ...);

/* Opens and closes an SVG document of columns x rows cells, each 24 units wide, cell (0, 0) at the upper left. */
void kith_drawing_open(game_picture *d, size_t columns, size_t rows);
void kith_drawing_cell(game_picture *d, size_t x, size_t y, const char *fill);
/* A disc in a cell, with a letter; opacity 0..1. */
void kith_drawing_disc(game_picture *d, size_t x, size_t y, const char *fill, double opacity, char letter);
void kith_drawing_close(game_picture *d);

#endif
