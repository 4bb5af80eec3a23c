/* Learners' models, each for itself: those that a run leaves, and those that it begins at. */
#include "engine/frame/frame.h"

#include "record/npy_rows.h"
#include "record/tensors.h"

#include <stdio.h>

/* [all] Worker 0's number, with its status, for everyone. */
static kith_status tell_all(kith_ctx *ctx, const kith_run *run, kith_status mine, uint64_t *number)
{
    const kith_origin origin = {.row = 0, .domain = 0};
    kith_board *board = NULL;
    KITH_TRY(kith_board_create(ctx, run->exchange, "a number", 1, 1, sizeof *number, &board));
    uint64_t *row = kith_board_row(board, 0);
    if (kith_exchange_place(run->exchange)->worker == 0) *row = *number;
    const kith_status status = kith_board_publish_rows(board, mine, &origin, 1, NULL);
    *number = *row;
    kith_board_destroy(board);
    return status;
}

/* ---- what a run leaves ---- */

kith_status kith_run_check_keeping(kith_ctx *ctx, const kith_run *run)
{
    if (run->keeping.keep == KITH_KEEP_NONE || run->engine.own) return KITH_OK;
    return kith_config_refuse(
        ctx, run->config, "learners", "keep",
        "learners of %s have no models of their own, and model.npy is the one that all use; leave "
        "it out",
        run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id);
}

/* The learners whose models lie in this domain, dealt to its workers in turn. */
static kith_status write_rows(kith_ctx *ctx, kith_run *run, kith_npy_rows *rows)
{
    const kith_place *place = kith_exchange_place(run->exchange);
    const kith_engine *engine = &run->engine;
    kith_real *scratch = NULL;
    kith_status status = KITH_ALLOC(ctx, "a learner's model", run->dimension, &scratch);
    for (size_t i = 0, here = 0; i < rows->count && status == KITH_OK; i++) {
        const kith_real *x = NULL;
        if (engine->home(engine->self, i) != place->domain || here++ % place->locals != place->local) continue;
        status = engine->own(ctx, engine->self, i, scratch, &x);
        if (status == KITH_OK) status = kith_npy_rows_write(ctx, rows, i, x);
        if (status != KITH_OK) kith_exchange_blame(run->exchange, (uint32_t)i);
    }
    kith_free(scratch);
    return status == KITH_OK ? kith_npy_rows_seal(ctx, rows) : status;
}

kith_status kith_run_keep_learners(kith_ctx *ctx, kith_run *run)
{
    const size_t learners = (size_t)run->run.learners;
    const bool first = kith_exchange_place(run->exchange)->worker == 0;
    kith_npy_rows rows = {.fd = -1};
    uint64_t ticket = kith_npy_rows_ticket();
    char path[FOLDER_SIZE + 32];
    if (run->keeping.keep == KITH_KEEP_NONE || !run->options.record) return KITH_OK;
    snprintf(path, sizeof path, "%s/learners.npy", run->folder);
    kith_status status = first ? kith_npy_rows_create(ctx, path, learners, run->dimension, &rows) : KITH_OK;
    status = tell_all(ctx, run, status, &ticket);
    if (status == KITH_OK) {
        if (!first) status = kith_npy_rows_join(ctx, path, learners, run->dimension, ticket, &rows);
        if (status == KITH_OK) status = write_rows(ctx, run, &rows);
        status = kith_exchange_agree(run->exchange, status, NULL);
    }
    if (status == KITH_OK && first) status = kith_npy_rows_place(ctx, &rows);
    kith_npy_rows_abandon(&rows);
    return kith_exchange_agree(run->exchange, status, NULL);
}

/* ---- what a run begins at ---- */

/* How many rows the board has: 1, or one for each learner. rows: the file's, 0 where it holds one model. */
static kith_status count_beginnings(kith_ctx *ctx, const kith_run *run, size_t rows, size_t *out)
{
    const size_t learners = (size_t)run->run.learners;
    const int64_t one = run->run.init_learner;
    *out = 1;
    if (rows == 0 && one >= 0)
        return kith_config_refuse(ctx, run->config, "run", "init_learner",
                                  "%s holds no models of learners, as learners.npy does; leave it out", run->run.init);
    if (rows > 0 && one >= 0 && (size_t)one >= rows)
        return kith_config_refuse(ctx, run->config, "run", "init_learner",
                                  "%s has the models of learners 0 to %zu; choose one of them", run->run.init,
                                  rows - 1);
    if (rows == 0 || one >= 0) return KITH_OK;
    if (!run->type->apart)
        return kith_config_refuse(ctx, run->config, "run", "init",
                                  "it holds the models of %zu learners, and runs of %s begin at one; say whose by "
                                  "run.init_learner",
                                  rows, run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id);
    if (rows != learners)
        return kith_config_refuse(ctx, run->config, "run", "init",
                                  "it holds the models of %zu learners, and there are %zu; say whose by "
                                  "run.init_learner, or set run.learners",
                                  rows, learners);
    *out = learners;
    return KITH_OK;
}

/* By worker 0. */
static kith_status read_beginnings(kith_ctx *ctx, kith_run *run, size_t in_file)
{
    const kith_initial *in = &run->initial;
    const size_t first = run->run.init_learner < 0 ? 0 : (size_t)run->run.init_learner;
    uint64_t digest = 0;
    if (in_file == 0)
        return kith_tensors_read(ctx, run->run.init, run->blocks, run->block_count, kith_board_row(in->board, 0),
                                 &digest);
    for (size_t r = 0; r < in->rows; r++)
        KITH_TRY(kith_tensors_read_row(ctx, run->run.init, run->blocks, run->block_count, first + r,
                                       kith_board_row(in->board, r)));
    return KITH_OK;
}

static kith_status share_beginnings(kith_ctx *ctx, kith_run *run, kith_status mine)
{
    const kith_initial *in = &run->initial;
    kith_origin *origin = NULL;
    const kith_status allocated = KITH_ALLOC(ctx, "initial models", in->rows, &origin);
    kith_status status = kith_exchange_agree(run->exchange, mine == KITH_OK ? allocated : mine, NULL);
    for (size_t r = 0; status == KITH_OK && r < in->rows; r++)
        origin[r] = (kith_origin){.row = (uint32_t)r, .domain = 0};
    if (status == KITH_OK) status = kith_board_publish_rows(in->board, KITH_OK, origin, in->rows, NULL);
    kith_free(origin);
    return status;
}

kith_status kith_run_open_initial(kith_ctx *ctx, kith_run *run)
{
    const bool first = kith_exchange_place(run->exchange)->worker == 0;
    kith_initial *in = &run->initial;
    kith_status status = KITH_OK;
    size_t rows = 0;
    if (!*run->run.init) return KITH_OK;
    if (first) status = kith_tensors_rows(ctx, run->run.init, &rows, &in->digest);
    uint64_t in_file = rows;
    KITH_TRY(tell_all(ctx, run, status, &in_file));
    status = count_beginnings(ctx, run, (size_t)in_file, &in->rows);
    KITH_TRY(kith_exchange_agree(run->exchange, status, NULL));
    KITH_TRY(kith_board_create(ctx, run->exchange, "the initial model", in->rows, run->dimension, sizeof(kith_real),
                               &in->board));
    status = first ? read_beginnings(ctx, run, (size_t)in_file) : KITH_OK;
    return share_beginnings(ctx, run, status);
}
