/* What filters share that look at all rows of a step. */
#ifndef ROWS_H
#define ROWS_H

#include <kith/kith.h>

#include <math.h>

static inline size_t rows_to_one(const void *self, kith_stream *stream, size_t rows, uint32_t *into)
{
    (void)self;
    (void)stream;
    for (size_t r = 0; r < rows; r++)
        into[r] = 0;
    return 1;
}

/* A number of each row, in the first of two phases. */
static inline size_t rows_each(const void *self, size_t rows)
{
    (void)self;
    return rows;
}

static inline size_t rows_two_phases(const void *self)
{
    (void)self;
    return 2;
}

/* Coordinate i of all rows in ascending order, in column [r], by Shell's sort. */
static inline void rows_sort(const kith_stage *s, size_t i, kith_real *column)
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t r = 0; r < s->rows; r++)
        column[r] = s->row[r][i];
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++)
        for (size_t r = gaps[g]; r < s->rows; r++) {
            const kith_real x = column[r];
            size_t at = r;
            for (; at >= gaps[g] && column[at - gaps[g]] > x; at -= gaps[g])
                column[at] = column[at - gaps[g]];
            column[at] = x;
        }
}

/* The mean of what is left of each coordinate without the `trim` smallest and the `trim` largest. 2 trim < r. A NaN
 * has no place in the order, so it is passed on. */
static inline void rows_trimmed_mean(kith_stage *s, size_t trim, kith_real *column)
{
    for (size_t i = 0; i < s->count; i++) {
        double sum = 0.0, all = 0.0;
        rows_sort(s, i, column);
        for (size_t r = trim; r < s->rows - trim; r++)
            sum += (double)column[r];
        for (size_t r = 0; r < s->rows; r++)
            all += (double)column[r];
        s->row[0][i] = isnan(all) ? (kith_real)all : (kith_real)(sum / (double)(s->rows - 2 * trim));
    }
}

#endif
