/* What a run leaves in its folder when it ends. */
#include "engine/frame/frame.h"

#include "base/stop.h"

#include "record/tensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct sink {
    kith_ctx *ctx;
    kith_record *record;
} sink;

static kith_status record_histogram(void *arg, const char *name, const double *value, size_t bins)
{
    const sink *s = arg;
    return kith_record_histogram(s->ctx, s->record, name, value, bins);
}

static kith_status list_flipped(kith_ctx *ctx, const kith_run *run, size_t nodes, bool **out)
{
    if (kith_data_flipped(run->data) == 0) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "learners", nodes, out));
    for (size_t i = 0; i < nodes; i++)
        (*out)[i] = kith_data_is_flipped(run->data, i);
    return KITH_OK;
}

static kith_status record_graph(kith_ctx *ctx, kith_run *run)
{
    kith_last_graph graph = {.nodes = 0};
    bool *flipped = NULL;
    if (!run->engine.graph) return KITH_OK;
    KITH_TRY(run->engine.graph(ctx, run->engine.self, &graph));
    if (graph.nodes == 0) return KITH_OK;
    KITH_TRY(list_flipped(ctx, run, graph.nodes, &flipped));
    graph.flipped = flipped;
    const kith_status status = kith_record_graph(ctx, run->record, &graph);
    kith_free(flipped);
    return status;
}

size_t kith_run_length(const kith_run *run)
{
    return run->engine.length ? run->engine.length(run->engine.self) : run->dimension;
}

/* Drawing a long plan once more is not worth waiting for, if somebody asked to stop: the run is whole without. */
static kith_status record_histograms(kith_ctx *ctx, kith_run *run)
{
    sink s = {.ctx = ctx, .record = run->record};
    if (run->measures) KITH_TRY(kith_measures_histograms(run->measures, record_histogram, &s));
    if (!run->engine.histograms) return KITH_OK;
    kith_stop_patience(0.0);
    const kith_status status = run->engine.histograms(ctx, run->engine.self, run->progress.round, record_histogram, &s);
    kith_stop_patience(INFINITY);
    if (status != KITH_ESTOPPED) return status;
    kith_ctx_forget(ctx);
    kith_note(ctx, "asked to stop: histograms of who took part in %llu rounds were left out",
              (unsigned long long)run->progress.round);
    return KITH_OK;
}

static kith_status write_model(kith_ctx *ctx, const kith_run *run)
{
    const kith_real *x = run->engine.model(run->engine.self);
    char path[FOLDER_SIZE + 32];
    snprintf(path, sizeof path, "%s/model.npy", run->folder);
    KITH_TRY(kith_npy_write(ctx, path, x, kith_run_length(run)));
    if (run->type->plays) return KITH_OK;
    const kith_tensors_origin origin = {.algorithm = run->chosen[KITH_CHOSEN_ALGORITHM].plugin->id,
                                        .model = run->chosen[KITH_CHOSEN_MODEL].plugin->id,
                                        .dataset = run->chosen[KITH_CHOSEN_DATASET].plugin->id,
                                        .round = run->progress.round};
    snprintf(path, sizeof path, "%s/model.safetensors", run->folder);
    return kith_tensors_write(ctx, path, &origin, run->blocks, run->block_count, x);
}

/* Without a checkpoint it is as if it had been killed: it can be begun again. */
static kith_status leave_given_up(kith_ctx *ctx, kith_run *run)
{
    return run->progress.kept ? kith_record_finish(ctx, run->record, "stopped", NULL)
                              : kith_record_commit(ctx, run->record);
}

kith_status kith_run_leave(kith_ctx *ctx, kith_run *run, const char *status, const char *message)
{
    if (!run->record) return KITH_OK;
    if (!strcmp(status, "failed")) return kith_record_finish(ctx, run->record, status, message);
    if (run->progress.given_up) return leave_given_up(ctx, run);
    KITH_TRY(record_histograms(ctx, run));
    KITH_TRY(record_graph(ctx, run));
    KITH_TRY(write_model(ctx, run));
    if (run->engine.leave) KITH_TRY(run->engine.leave(ctx, run->engine.self, run->folder));
    KITH_TRY(kith_record_finish(ctx, run->record, status, message));
    /* last, so that whatever happens before can be resumed */
    if (strcmp(status, "done") != 0) return KITH_OK;
    const bool kept = run->checkpoint.at_end && run->progress.kept == (uint64_t)run->run.rounds;
    return kept ? kith_saving_keep_newest(ctx, run->saving) : kith_saving_clear(ctx, run->saving);
}
