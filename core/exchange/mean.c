#include "exchange/inside.h"

#include <string.h>

/* Coordinates averaged at a time: their sums in double stay in the nearest cache. */
enum { STRIP = 1024 };

/* Debian builds for the first x86-64 processors; newer ones convert and add four at a time. Both round alike. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* Each coordinate's sum grows in list order however many rows are taken in one pass: a pass saves loads and stores of
 * the sums, and changes no bit. */
static inline void add_four(double *restrict sum, const kith_real *a, const kith_real *b, const kith_real *c,
                            const kith_real *d, size_t n)
{
    for (size_t j = 0; j < n; j++)
        sum[j] = (((sum[j] + (double)a[j]) + (double)b[j]) + (double)c[j]) + (double)d[j];
}

static inline void add_one(double *restrict sum, const kith_real *a, size_t n)
{
    for (size_t j = 0; j < n; j++)
        sum[j] += (double)a[j];
}

static const kith_real *cells(const kith_board *board, size_t row, size_t lo)
{
    return (const kith_real *)kith_board_row(board, row) + lo;
}

/* sum_i weight[i] x_i, in list order. */
WIDE static void weighted_strip(kith_board *board, const kith_origin *rows, const double *weight, size_t count,
                                uint32_t into, size_t lo, size_t n)
{
    double sum[STRIP];
    memset(sum, 0, n * sizeof *sum);
    for (size_t i = 0; i < count; i++) {
        const kith_real *x = cells(board, rows[i].row, lo);
        for (size_t j = 0; j < n; j++)
            sum[j] += weight[i] * (double)x[j];
    }
    kith_real *mean = (kith_real *)kith_board_row(board, into) + lo;
    for (size_t j = 0; j < n; j++)
        mean[j] = (kith_real)sum[j];
}

WIDE static void mean_strip(kith_board *board, const kith_origin *rows, size_t count, uint32_t into, size_t lo,
                            size_t n)
{
    double sum[STRIP];
    memset(sum, 0, n * sizeof *sum);
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        add_four(sum, cells(board, rows[i].row, lo), cells(board, rows[i + 1].row, lo),
                 cells(board, rows[i + 2].row, lo), cells(board, rows[i + 3].row, lo), n);
    for (; i < count; i++)
        add_one(sum, cells(board, rows[i].row, lo), n);
    kith_real *mean = (kith_real *)kith_board_row(board, into) + lo;
    for (size_t j = 0; j < n; j++)
        mean[j] = (kith_real)(sum[j] / (double)count);
}

static kith_status check_mean(const kith_board *board, size_t count, uint32_t into)
{
    if (count > 0 && board->size == sizeof(kith_real) && into < board->rows) return KITH_OK;
    return kith_fail(board->ex->trouble, KITH_EINTERNAL,
                     "a mean of %zu rows into row %u of a board of %zu rows of %zu-byte elements cannot be taken; "
                     "report this as a bug",
                     count, (unsigned)into, board->rows, board->size);
}

kith_status kith_board_mean(kith_board *board, kith_status mine, const kith_origin *rows, size_t count, uint32_t into)
{
    return kith_board_weighted_mean(board, mine, rows, NULL, count, into);
}

kith_status kith_board_weighted_mean(kith_board *board, kith_status mine, const kith_origin *rows, const double *weight,
                                     size_t count, uint32_t into)
{
    if (mine == KITH_OK) mine = check_mean(board, count, into);
    KITH_TRY(kith_board_publish_slices(board, mine, rows, count));
    size_t first = 0, last = 0, lo = 0, hi = 0, unused = 0;
    kith_exchange_slice(board->ex, board->ex->place.worker, board->length, &first, &last);
    kith_block_range(board->length, first, &lo, &unused);
    kith_block_range(board->length, last, &hi, &unused);
    for (; lo < hi; lo += STRIP) {
        const size_t n = hi - lo < STRIP ? hi - lo : STRIP;
        if (weight)
            weighted_strip(board, rows, weight, count, into, lo, n);
        else
            mean_strip(board, rows, count, into, lo, n);
    }
    return kith_board_publish_gather(board, KITH_OK, &into, 1);
}

static kith_status check_total(const kith_board *partial, size_t length, size_t sums)
{
    if (partial->size == sizeof(double) && sums <= partial->length && kith_block_count(length) <= partial->rows)
        return KITH_OK;
    return kith_fail(partial->ex->trouble, KITH_EINTERNAL,
                     "%zu sums over %zu blocks do not fit a board of %zu rows of %zu %zu-byte elements; report this as "
                     "a bug",
                     sums, kith_block_count(length), partial->rows, partial->length, partial->size);
}

kith_status kith_block_total(kith_board *partial, kith_status mine, size_t length, size_t sums, double *total)
{
    if (mine == KITH_OK) mine = check_total(partial, length, sums);
    KITH_TRY(kith_board_publish_blocks(partial, mine, length));
    memset(total, 0, sums * sizeof *total);
    for (size_t b = 0; b < kith_block_count(length); b++) {
        const double *row = kith_board_row(partial, b);
        for (size_t k = 0; k < sums; k++)
            total[k] += row[k];
    }
    /* Else a quick worker could write the next partial sums while a slow one still adds these. */
    return kith_exchange_agree(partial->ex, KITH_OK, NULL);
}
