#include "exchange/inside.h"

enum { LINE = 64 };

/* Rows start at multiples of a cache line, so two workers' rows never share one. One more line follows the last row:
 * BLAS kernels look past the end of a matrix. */
static kith_status measure(kith_ctx *ctx, const char *what, kith_board *board, size_t *bytes)
{
    size_t row = 0;
    if (__builtin_mul_overflow(board->length, board->size, &row) || __builtin_add_overflow(row, LINE - 1, &row) ||
        __builtin_mul_overflow(board->rows, row / LINE * LINE, bytes) || __builtin_add_overflow(*bytes, LINE, bytes))
        return kith_fail(ctx, KITH_EMEMORY,
                         "%s: a board of %zu rows of %zu elements of %zu bytes is more than can be addressed; use "
                         "fewer learners or a smaller model",
                         what, board->rows, board->length, board->size);
    board->stride = row / LINE * LINE;
    return KITH_OK;
}

static kith_status prepare(kith_exchange *ex, const char *what, size_t *bytes, kith_board model, kith_board **out)
{
    KITH_TRY(measure(ex->trouble, what, &model, bytes));
    KITH_TRY(KITH_ALLOC(ex->trouble, what, 1, out));
    **out = model;
    return KITH_OK;
}

kith_status kith_board_create(kith_ctx *ctx, kith_exchange *ex, const char *what, size_t rows, size_t length,
                              size_t size, kith_board **out)
{
    kith_board *board = NULL;
    size_t bytes = 0;
    const kith_board model = {.ex = ex, .rows = rows, .length = length, .size = size};
    kith_status status = kith_exchange_settle(ctx, ex, prepare(ex, what, &bytes, model, &board));
    if (status == KITH_OK) status = kith_share_create(ctx, ex, what, bytes, &board->share);
    if (status != KITH_OK) {
        kith_free(board);
        return status;
    }
    *out = board;
    return KITH_OK;
}

void kith_board_destroy(kith_board *board)
{
    if (!board) return;
    kith_share_destroy(&board->share);
    kith_free(board);
}

void *kith_board_row(const kith_board *board, size_t row)
{
    return (unsigned char *)board->share.memory + row * board->stride;
}
