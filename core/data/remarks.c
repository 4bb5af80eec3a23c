/* What of a data set is worth a word, though it is no error. */
#include "data/internal.h"

#include <math.h>
#include <string.h>

/* Squares of such features swallow all others, and with a learning rate that suits the others losses overflow. */
static const double huge = 1e8;

static void remark_huge(kith_ctx *ctx, const kith_data *data)
{
    const kith_example_rows *rows = &data->split[KITH_TRAIN];
    const kith_real *x = rows->feature;
    const size_t features = data->info.shape.features;
    size_t most = 0;
    for (size_t k = 1; k < rows->count * features; k++)
        if (fabs((double)x[k]) > fabs((double)x[most])) most = k;
    if (fabs((double)x[most]) < huge) return;
    kith_note(
        ctx,
        "%s: feature %zu of example %zu is %g, which makes losses that are not finite; set data.scaling = feature, "
        "or correct or leave out what is no feature",
        data->dataset.plugin->id, most % features, most / features, (double)x[most]);
}

/* Whether the data set asks what its labels are; it looks at them itself. */
static bool asks_for_target(const kith_plugin *dataset)
{
    for (size_t k = 0; k < dataset->param_count; k++)
        if (!strcmp(dataset->params[k].key, "target")) return true;
    return false;
}

/* Labels that are nearly all different were meant as something else. */
static void remark_quantities(kith_ctx *ctx, const kith_data *data, size_t different)
{
    enum { FEW = 20 };
    const size_t rows = data->split[KITH_TRAIN].count;
    if (different <= FEW || different <= rows / 2 || asks_for_target(data->dataset.plugin)) return;
    kith_note(ctx,
              "%s: %zu different labels in %zu training examples, so they seem to be quantities or names, and each is "
              "taken for a class",
              data->dataset.plugin->id, different, rows);
}

static kith_status remark_classes(kith_ctx *ctx, const kith_data *data)
{
    const size_t classes = data->info.shape.classes;
    size_t count = 0, first = 0, different = 0;
    unsigned char *seen = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the classes", classes, &seen));
    for (size_t e = 0; e < data->split[KITH_TRAIN].count; e++) {
        unsigned char *mark = &seen[data->split[KITH_TRAIN].label[e]];
        different += !*mark;
        *mark = 1;
    }
    remark_quantities(ctx, data, different);
    if (different == 1 && data->split[KITH_TRAIN].count > 1)
        kith_note(ctx, "%s: all %zu training examples have the same label, so there is nothing to tell apart",
                  data->dataset.plugin->id, data->split[KITH_TRAIN].count);
    for (size_t e = 0; e < data->split[KITH_TEST].count; e++) {
        const size_t label = (size_t)data->split[KITH_TEST].label[e];
        if (seen[label]) continue;
        seen[label] = 1;
        if (count++ == 0 || label < first) first = label;
    }
    if (count)
        kith_note(ctx, "%s: %zu of %zu classes have test examples and no training example: class %zu%s",
                  data->dataset.plugin->id, count, classes, first, count > 1 ? " and others" : "");
    kith_free(seen);
    return KITH_OK;
}

kith_status kith_data_remark(kith_ctx *ctx, const kith_data *data, kith_scaling scaling)
{
    if (data->generated || !data->split[KITH_TRAIN].count) return KITH_OK;
    if (scaling == KITH_SCALING_RAW && data->info.store == KITH_STORE_REAL && !data->info.shape.codes)
        remark_huge(ctx, data);
    return data->info.shape.classes ? remark_classes(ctx, data) : KITH_OK;
}
