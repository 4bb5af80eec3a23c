/* A matrix of numbers as a picture: a coloured cell for each, with the number in it where there is room, and what the
 * script tells of it. Write errors stay in the stream. Threads: one. */
#ifndef KITH_HEAT_H
#define KITH_HEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct kith_heat {
    size_t rows, columns;
    const double *value;                    /* (rows, columns); NaN: an empty cell */
    const char *const *row, *const *column; /* [rows], [columns] names */
    const char *row_title, *column_title;
    bool both_ways; /* one colour for what is above 0, another for what is below */
    bool log;       /* colours by the logarithm, where all numbers are above 0 */
    int width;      /* in units of which the text is 13 high */
    /* What to tell of a cell beyond its names and number, as " [0.1, 0.2]"; NULL: nothing. */
    void (*tell)(FILE *out, const void *arg, size_t row, size_t column);
    const void *arg;
} kith_heat;

void kith_heat_write(FILE *out, const kith_heat *heat, const char *title);

#endif
