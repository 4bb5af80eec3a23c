#include "engine/work/initial.h"

#include "plugin/model.h"

void kith_initial_close(kith_initial *initial)
{
    if (initial->board) kith_board_destroy(initial->board);
    initial->board = NULL;
}

kith_status kith_initial_model(kith_ctx *ctx, const kith_initial *initial, const kith_instance *model, size_t dimension,
                               kith_stream *stream, const char *whose, size_t number, kith_real *x)
{
    if (!initial->board) return kith_model_init(ctx, model, stream, whose, number, x);
    kith_copy(dimension, kith_board_row(initial->board, initial->rows > 1 ? number : 0), x);
    return KITH_OK;
}
