#include "engine/work/initial.h"

#include "plugin/model.h"
#include "record/tensors.h"

kith_status kith_initial_open(kith_ctx *ctx, kith_exchange *exchange, const char *path, const kith_block *block,
                              size_t blocks, size_t dimension, kith_initial *out)
{
    const kith_origin origin = {.row = 0, .domain = 0};
    kith_status status = KITH_OK;
    *out = (kith_initial){.board = NULL};
    if (!*path) return KITH_OK;
    KITH_TRY(kith_board_create(ctx, exchange, "the initial model", 1, dimension, sizeof(kith_real), &out->board));
    if (kith_exchange_place(exchange)->worker == 0)
        status = kith_tensors_read(ctx, path, block, blocks, kith_board_row(out->board, 0), &out->digest);
    return kith_board_publish_rows(out->board, status, &origin, 1, NULL);
}

void kith_initial_close(kith_initial *initial)
{
    if (initial->board) kith_board_destroy(initial->board);
    initial->board = NULL;
}

kith_status kith_initial_model(kith_ctx *ctx, const kith_initial *initial, const kith_instance *model, size_t dimension,
                               kith_stream *stream, const char *whose, size_t number, kith_real *x)
{
    if (!initial->board) return kith_model_init(ctx, model, stream, whose, number, x);
    kith_copy(dimension, kith_board_row(initial->board, 0), x);
    return KITH_OK;
}
