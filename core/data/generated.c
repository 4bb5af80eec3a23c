/* Generated data: any learner's examples on demand, in a cache of the worker's own; test examples of some, made once.
 */
#include "data/internal.h"

#include "base/call.h"
#include "config/config.h"

#include <string.h>

static size_t size_of(const kith_data *data, kith_split split, size_t learner)
{
    size_t size = 0;
    KITH_CALL(data->dataset.plugin->id, "size", learner, size = data->ops->size(data->dataset.self, split, learner));
    return size;
}

/* How many of the first learners' test examples are used, and how many rows that takes while they are made: the last
 * learner's are made whole. */
static size_t count_users(const kith_data *data, size_t users, size_t most, size_t *rows)
{
    size_t user = 0;
    *rows = 0;
    for (; user < users && *rows < most; user++)
        *rows += size_of(data, KITH_TEST, user);
    return user;
}

static kith_status fill_test(kith_ctx *ctx, kith_data *data, size_t user, const kith_example_rows *to, void *x,
                             int32_t *label, kith_real *target)
{
    char what[128];
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "fill", user,
                  data->ops->fill(data->dataset.self, ctx, KITH_TEST, user, x, label, target));
    snprintf(what, sizeof what, "%s, test examples of learner %zu", data->dataset.plugin->id, user);
    return kith_rows_check(ctx, &data->info, what, to);
}

static kith_status fill_tests(kith_ctx *ctx, kith_data *data, size_t users, void *feature, int32_t *label,
                              kith_real *target)
{
    const size_t bytes = data->info.shape.features * kith_store_size(data);
    unsigned char *x = feature;
    for (size_t user = 0; user < users; user++) {
        const size_t count = size_of(data, KITH_TEST, user);
        const kith_example_rows rows = {x, label, target, count};
        if (count == 0) continue;
        KITH_TRY(fill_test(ctx, data, user, &rows, x, label, target));
        x += count * bytes;
        if (label) label += count;
        if (target) target += count * data->info.shape.targets;
    }
    return KITH_OK;
}

static kith_status check_learners(kith_ctx *ctx, const kith_data *data)
{
    if (data->info.users >= data->learners) return KITH_OK;
    return kith_config_refuse(ctx, data->config, "run", "learners",
                              "the data set %s has only %zu users, one a learner; ask for at most as many",
                              data->dataset.plugin->id, data->info.users);
}

kith_status kith_data_load_generated(kith_ctx *ctx, kith_data *data, const kith_data_config *how)
{
    const size_t most = how->eval_examples ? (size_t)how->eval_examples : SIZE_MAX;
    const size_t asked = (uint64_t)how->eval_users < data->learners ? (size_t)how->eval_users : data->learners;
    size_t rows = 0;
    void *feature = NULL, *label = NULL, *target = NULL;
    KITH_TRY(kith_exchange_agree(data->ex, check_learners(ctx, data), NULL));
    const size_t users = count_users(data, asked, most, &rows);
    if (rows == 0) return KITH_OK;
    KITH_TRY(kith_data_board(ctx, data, "the test examples", rows * data->info.shape.features, kith_store_size(data),
                             &feature));
    if (data->info.shape.classes)
        KITH_TRY(kith_data_board(ctx, data, "the test labels", rows, sizeof(int32_t), &label));
    if (data->info.shape.targets)
        KITH_TRY(kith_data_board(ctx, data, "the test targets", rows * data->info.shape.targets, sizeof(kith_real),
                                 &target));
    const bool first = kith_exchange_place(data->ex)->local == 0;
    const kith_status status = first ? fill_tests(ctx, data, users, feature, label, target) : KITH_OK;
    data->split[KITH_TEST] = (kith_example_rows){feature, label, target, rows};
    return kith_data_publish(data, status);
}

static kith_status grow_cache(kith_ctx *ctx, kith_data *data, size_t rows)
{
    if (rows <= data->cache_rows) return KITH_OK;
    const size_t row_bytes = data->info.shape.features * kith_store_size(data);
    kith_free(data->cache_feature);
    kith_free(data->cache_label);
    kith_free(data->cache_target);
    data->cache_rows = 0;
    data->cache_feature = NULL;
    data->cache_label = NULL;
    data->cache_target = NULL;
    KITH_TRY(kith_alloc(ctx, "a learner's examples", rows, row_bytes, &data->cache_feature));
    if (data->info.shape.classes) KITH_TRY(KITH_ALLOC(ctx, "a learner's labels", rows, &data->cache_label));
    if (data->info.shape.targets)
        KITH_TRY(KITH_ALLOC(ctx, "a learner's targets", rows * data->info.shape.targets, &data->cache_target));
    data->cache_rows = rows;
    return KITH_OK;
}

kith_status kith_generated_visit(kith_ctx *ctx, kith_data *data, size_t learner)
{
    char what[128];
    const size_t count = size_of(data, KITH_TRAIN, learner);
    if (count == 0 || count > UINT32_MAX)
        return kith_fail(ctx, KITH_EDATA, "%s: learner %zu has %zu training examples, of 1..%u",
                         data->dataset.plugin->id, learner, count, UINT32_MAX);
    KITH_TRY(grow_cache(ctx, data, count));
    data->split[KITH_TRAIN] = (kith_example_rows){data->cache_feature, data->cache_label, data->cache_target, count};
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "fill", learner,
                  data->ops->fill(data->dataset.self, ctx, KITH_TRAIN, learner, data->cache_feature, data->cache_label,
                                  data->cache_target));
    snprintf(what, sizeof what, "%s, training examples of learner %zu", data->dataset.plugin->id, learner);
    return kith_rows_check(ctx, &data->info, what, &data->split[KITH_TRAIN]);
}
