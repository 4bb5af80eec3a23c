/* Maps: a number for each cell of a grid, as colours, drawn by gnuplot. A matrix is one, too.
 * Ownership, errors, threads: as figure.h. */
#ifndef KITH_MAP_H
#define KITH_MAP_H

#include <kith/base.h>
#include <stdbool.h>

/* A place on a map, with a short text beside it. */
typedef struct kith_map_point {
    double x, y;
    char text[24];
} kith_map_point;

typedef struct kith_map {
    const char *x_label, *y_label, *colours; /* titles; as kith_figure's; "" for none */
    size_t columns, rows;                    /* at least 2 each */
    const double *value;                     /* (rows, columns), the lowest row first; NaN: nothing is drawn */
    double x[2], y[2];                       /* the middles of the first and the last column, and row */
    bool cells;                              /* a matrix: coordinates are whole numbers */
    bool bare;                               /* coordinates mean nothing: axes have no numbers */
    bool reversed;                           /* the dark end is the greatest */
    const kith_map_point *point;             /* [points] */
    size_t points;
    int width, height; /* in units of which the text is 13 high */
    unsigned number;   /* unique on the page */
} kith_map;

/* A map whose values are all NaN has no colours, and is the caller's mistake. */
kith_status kith_map_draw(kith_ctx *ctx, const kith_map *map, char **svg) KITH_CHECKED;

#endif
