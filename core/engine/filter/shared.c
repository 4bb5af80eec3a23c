/* What filters share: kith/filter.h says what each function is for. */
#include <kith/filter.h>
#include <kith/nn.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void kith_feedback_add(kith_outgoing *m)
{
    if (!m->kept) return;
    kith_axpy(m->dimension, 1, m->vector, m->kept);
    kith_copy(m->dimension, m->kept, m->vector);
}

void kith_feedback_keep(kith_outgoing *m)
{
    if (m->kept) kith_axpy(m->dimension, -1, m->vector, m->kept);
}

kith_keep kith_feedback_room(const void *self, size_t d)
{
    return (kith_keep){.learner = *(const bool *)self ? d : 0};
}

kith_keep kith_keep_number(const void *self, size_t d)
{
    (void)self;
    (void)d;
    return (kith_keep){.scalars = 1};
}

size_t kith_share_up(double share, size_t n)
{
    return (size_t)ceil(share * (double)n);
}

size_t kith_share_down(double share, size_t n)
{
    return (size_t)(share * (double)n * (1.0 + 4.0 * DBL_EPSILON));
}

double kith_bound_stays(const void *self, size_t d, double bound, const double *scalars)
{
    (void)scalars;
    (void)self;
    (void)d;
    return bound;
}

size_t kith_merge_all(const void *self, kith_stream *stream, size_t rows, uint32_t *into)
{
    (void)self;
    (void)stream;
    memset(into, 0, rows * sizeof *into);
    return 1;
}

size_t kith_sums_of_rows(const void *self, size_t rows)
{
    (void)self;
    return rows;
}

/* The first row that goes where row r goes. */
static size_t first_of(const kith_stage *s, size_t r)
{
    size_t first = 0;
    while (s->into[first] != s->into[r])
        first++;
    return first;
}

void kith_rows_mean(kith_stage *s)
{
    for (size_t r = 0; r < s->rows; r++) {
        const size_t first = first_of(s, r);
        s->work[r] = 1.0;
        if (first == r) continue;
        kith_axpy(s->count, 1, s->row[r], s->row[first]);
        s->work[first] += 1.0;
    }
    for (size_t r = 0; r < s->rows; r++)
        if (s->work[r] > 1.0) kith_scale(s->count, (kith_real)(1.0 / s->work[r]), s->row[r]);
}

/* Coordinate i of all rows in ascending order, by Shell's sort. */
static void sort_column(const kith_stage *s, size_t i, double *column)
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t r = 0; r < s->rows; r++)
        column[r] = (double)s->row[r][i];
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++)
        for (size_t r = gaps[g]; r < s->rows; r++) {
            const double x = column[r];
            size_t at = r;
            for (; at >= gaps[g] && column[at - gaps[g]] > x; at -= gaps[g])
                column[at] = column[at - gaps[g]];
            column[at] = x;
        }
}

void kith_rows_trimmed_mean(kith_stage *s, size_t trim)
{
    const double *column = s->work;
    for (size_t i = 0; i < s->count; i++) {
        double sum = 0.0, all = 0.0;
        sort_column(s, i, s->work);
        for (size_t r = trim; r < s->rows - trim; r++)
            sum += column[r];
        for (size_t r = 0; r < s->rows; r++)
            all += column[r];
        s->row[0][i] = isnan(all) ? (kith_real)all : (kith_real)(sum / (double)(s->rows - 2 * trim));
    }
}

void kith_rows_clip(kith_stage *s, double most)
{
    for (size_t r = 0; r < s->rows; r++) {
        if (!s->total)
            s->partial[r] = kith_dot(s->count, s->row[r], s->row[r]);
        else if (sqrt(s->total[r]) > most)
            kith_scale(s->count, (kith_real)(most / sqrt(s->total[r])), s->row[r]);
    }
}

/* Pairs of rows a < b, one after another. */
static size_t pair(size_t a, size_t b)
{
    return a < b ? b * (b - 1) / 2 + a : a * (a - 1) / 2 + b;
}

size_t kith_sums_of_pairs(const void *self, size_t rows)
{
    (void)self;
    return rows * (rows - 1) / 2;
}

void kith_rows_distances(kith_stage *s)
{
    for (size_t b = 1; b < s->rows; b++)
        for (size_t a = 0; a < b; a++)
            s->partial[pair(a, b)] += kith_distance2(s->count, s->row[a], s->row[b]);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double score(const kith_stage *s, size_t row, size_t near, double *distance)
{
    size_t others = 0;
    double sum = 0.0;
    for (size_t b = 0; b < s->rows; b++)
        if (b != row) distance[others++] = s->total[pair(row, b)];
    qsort(distance, others, sizeof *distance, ascending);
    for (size_t k = 0; k < near; k++)
        sum += distance[k];
    return isnan(sum) ? (double)INFINITY : sum;
}

/* Chosen are those than which fewer than `chosen` others are better. */
void kith_rows_nearest(kith_stage *s, size_t near, size_t chosen)
{
    double *scores = s->work, *distance = s->work + s->arrivals;
    kith_real mean[KITH_BLOCK];
    kith_clear(s->count, mean);
    for (size_t r = 0; r < s->rows; r++)
        scores[r] = score(s, r, near, distance);
    for (size_t r = 0; r < s->rows; r++) {
        size_t better = 0;
        for (size_t q = 0; q < s->rows; q++)
            better += scores[q] < scores[r] || (scores[q] == scores[r] && q < r);
        if (better < chosen) kith_axpy(s->count, (kith_real)(1.0 / (double)chosen), s->row[r], mean);
    }
    kith_copy(s->count, mean, s->row[0]);
}

void kith_rows_weigh(const kith_stage *s, bool by_examples, double *weight)
{
    for (size_t r = 0; r < s->rows; r++)
        weight[r] = by_examples ? 0.0 : 1.0;
    for (size_t a = 0; by_examples && a < s->arrivals; a++)
        weight[s->row_of[a]] += s->arrival[a].examples;
}
