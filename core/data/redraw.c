/* Batches from the whole pool: a class by the learner's mix, then any example of the class, with replacement. */
#include "data/internal.h"

#include "config/config.h"

#include <string.h>

kith_status kith_redraw_check(kith_ctx *ctx, const kith_data *data, const kith_data_config *how,
                              const kith_partition_config *partition)
{
    const bool dirichlet =
        partition->kind == KITH_PARTITION_DIRICHLET || partition->kind == KITH_PARTITION_DIRICHLET_SHARE;
    const char *key = how->test_share > 0.0 ? "test_share" : "validation";
    if (!dirichlet || partition->draw != KITH_DRAW_RESAMPLE) return KITH_OK;
    if (how->test_share > 0.0 || how->validation > 0.0)
        return kith_config_refuse(ctx, data->config, "data", key,
                                  "with partition.draw = resample all training examples are trained on, by anyone; "
                                  "leave it 0, or choose fixed");
    if (*partition->save)
        return kith_config_refuse(ctx, data->config, "partition", "save",
                                  "with partition.draw = resample batches come from all training examples, so that "
                                  "who holds which says nothing; leave it empty, or choose fixed");
    return KITH_OK;
}

/* [all] An array of the first worker, whose status comes with it, for its domain. */
static kith_status share(kith_ctx *ctx, kith_data *data, const char *what, kith_status mine, const void *from,
                         size_t count, size_t size, void **out)
{
    KITH_TRY(kith_data_board(ctx, data, what, count, size, out));
    if (mine == KITH_OK && kith_exchange_place(data->ex)->local == 0) memcpy(*out, from, count * size);
    return kith_data_publish(data, mine);
}

kith_status kith_redraw_share(kith_ctx *ctx, kith_data *data, const kith_deal_task *task, const double *mix)
{
    kith_by_class by = {0};
    kith_status status = KITH_OK;
    void *start = NULL, *index = NULL, *shares = NULL;
    if (kith_exchange_place(data->ex)->local == 0) status = kith_by_class_make(ctx, task, false, &by);
    status = share(ctx, data, "the classes' offsets", status, by.start, task->classes + 1, sizeof *by.start, &start);
    if (status == KITH_OK)
        status = share(ctx, data, "the examples by class", KITH_OK, by.index, task->examples, sizeof *by.index, &index);
    if (status == KITH_OK)
        status =
            share(ctx, data, "the learners' mixes", KITH_OK, mix, task->learners * task->classes, sizeof *mix, &shares);
    kith_by_class_free(&by);
    data->redraw = (kith_redraw){.mix = shares, .start = start, .index = index};
    return status;
}

bool kith_data_redraws(const kith_data *data)
{
    return data->redraw.mix != NULL;
}

/* Rounding may leave a little of u behind the last share; a class that has none is never drawn. */
static size_t draw_class(const double *share, size_t classes, double u)
{
    size_t last = 0;
    for (size_t c = 0; c < classes; c++) {
        if (share[c] <= 0.0) continue;
        last = c;
        if (u < share[c]) break;
        u -= share[c];
    }
    return last;
}

void kith_data_redraw(const kith_data *data, kith_stream *stream, size_t count, uint32_t *row)
{
    const size_t classes = data->info.shape.classes;
    const double *share = data->redraw.mix + data->visited * classes;
    for (size_t k = 0; k < count; k++) {
        const size_t c = draw_class(share, classes, kith_draw_uniform(stream));
        const uint64_t first = data->redraw.start[c], last = data->redraw.start[c + 1];
        row[k] = data->redraw.index[first + kith_draw_below(stream, last - first)];
    }
}
