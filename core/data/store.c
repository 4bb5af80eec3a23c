#include "data/internal.h"

#include "base/call.h"
#include "config/config.h"

#include <string.h>

size_t kith_store_size(const kith_data *data)
{
    return data->info.store == KITH_STORE_U8 ? 1 : sizeof(kith_real);
}

kith_status kith_data_board(kith_ctx *ctx, kith_data *data, const char *what, size_t length, size_t size, void **row)
{
    kith_board *board = NULL;
    KITH_TRY(kith_board_create(ctx, data->ex, what, 1, length, size, &board));
    data->board[data->boards++] = board;
    *row = kith_board_row(board, 0);
    return KITH_OK;
}

kith_status kith_data_publish(kith_data *data, kith_status mine)
{
    return kith_board_publish_rows(data->board[data->boards - 1], mine, NULL, 0, NULL);
}

/* [all] Domains show each other `count` numbers in one board. */
static kith_status compare_rows(kith_ctx *ctx, kith_data *data, kith_board *board, kith_origin *origin,
                                const uint64_t *mine, size_t count)
{
    const kith_place *place = kith_exchange_place(data->ex);
    for (size_t d = 0; d < place->domains; d++)
        origin[d] = (kith_origin){(uint32_t)d, (uint32_t)d};
    if (place->local == 0) memcpy(kith_board_row(board, place->domain), mine, count * sizeof *mine);
    KITH_TRY(kith_board_publish_rows(board, KITH_OK, origin, place->domains, NULL));
    kith_status status = KITH_OK;
    for (size_t d = 1; status == KITH_OK && d < place->domains; d++)
        if (place->domain == d && memcmp(kith_board_row(board, d), kith_board_row(board, 0), count * sizeof *mine) != 0)
            status =
                kith_fail(ctx, KITH_EDATA,
                          "%s: the workers of domain %zu read other data than those of domain 0; give every host the "
                          "same files",
                          data->dataset.plugin->id, d);
    return kith_exchange_agree(data->ex, status, NULL);
}

kith_status kith_data_compare(kith_ctx *ctx, kith_data *data, const uint64_t *mine, size_t count)
{
    const size_t domains = kith_exchange_place(data->ex)->domains;
    if (domains < 2) return KITH_OK;
    kith_board *board = NULL;
    kith_origin *origin = NULL;
    kith_status status = KITH_ALLOC(ctx, "the list of domains", domains, &origin);
    status = kith_exchange_agree(data->ex, status, NULL);
    if (status == KITH_OK) status = kith_board_create(ctx, data->ex, "digests", domains, count, sizeof *mine, &board);
    if (status == KITH_OK) status = compare_rows(ctx, data, board, origin, mine, count);
    if (board) kith_board_destroy(board);
    kith_free(origin);
    return status;
}

static kith_status refuse_plugin(kith_ctx *ctx, const kith_data *data, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "data set %s: %s", data->dataset.plugin->id, why);
}

static kith_status check_shape(kith_ctx *ctx, const kith_data *data)
{
    const kith_shape *shape = &data->info.shape;
    size_t pixels = 0;
    if (shape->features == 0) return refuse_plugin(ctx, data, "examples without features");
    if (data->info.store > KITH_STORE_U8) return refuse_plugin(ctx, data, "features are neither reals nor bytes");
    if (shape->classes > INT32_MAX) return refuse_plugin(ctx, data, "more classes than a label can name");
    if (shape->classes && shape->targets) return refuse_plugin(ctx, data, "both classes and real targets");
    if (shape->channels == 0 && shape->height == 0 && shape->width == 0) return KITH_OK;
    if (__builtin_mul_overflow(shape->channels, shape->height, &pixels) ||
        __builtin_mul_overflow(pixels, shape->width, &pixels) || pixels != shape->features)
        return refuse_plugin(ctx, data, "channels x height x width is not the number of features");
    return KITH_OK;
}

/* One pool of both splits, where that is wanted; their sum is then checked like a single split's. */
static void join_splits(kith_data *data, const kith_data_config *how)
{
    size_t *examples = data->info.examples;
    memcpy(data->part, examples, sizeof data->part);
    if (data->generated || how->pool != KITH_DEALT_ALL) return;
    if (__builtin_add_overflow(examples[KITH_TRAIN], examples[KITH_TEST], &examples[KITH_TRAIN]))
        examples[KITH_TRAIN] = SIZE_MAX;
    examples[KITH_TEST] = 0;
}

static kith_status check_counts(kith_ctx *ctx, const kith_data *data)
{
    const kith_dataset_info *info = &data->info;
    size_t numbers = 0;
    if (data->generated) return KITH_OK;
    if (info->examples[KITH_TRAIN] == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: no training examples", data->dataset.plugin->id);
    for (int split = 0; split < 2; split++)
        if (info->examples[split] > UINT32_MAX ||
            __builtin_mul_overflow(info->examples[split], info->shape.features, &numbers))
            return kith_fail(ctx, KITH_EDATA, "%s: %zu examples of %zu features are more than can be indexed",
                             data->dataset.plugin->id, info->examples[split], info->shape.features);
    return KITH_OK;
}

static kith_status describe(kith_ctx *ctx, kith_data *data, const kith_data_config *how)
{
    const kith_dataset *ops = data->ops;
    data->generated = ops->fill && ops->size;
    if (!ops->describe) return refuse_plugin(ctx, data, "no describe()");
    if (!data->generated && !ops->load) return refuse_plugin(ctx, data, "neither load() nor size() and fill()");
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "describe", KITH_NOBODY,
                  ops->describe(data->dataset.self, ctx, &data->info));
    KITH_TRY(check_shape(ctx, data));
    join_splits(data, how);
    return check_counts(ctx, data);
}

/* Between values, before anything is loaded. */
static kith_status check_choices(kith_ctx *ctx, const kith_data *data, const kith_data_config *how,
                                 const kith_partition_config *partition)
{
    if (data->learners > UINT32_MAX)
        return kith_config_refuse(ctx, data->config, "run", "learners", "at most %u can be numbered", UINT32_MAX);
    if (how->scaling == KITH_SCALING_UNIT && data->info.store != KITH_STORE_U8)
        return kith_config_refuse(
            ctx, data->config, "data", "scaling",
            "the features of %s are reals, and unit is for bytes; choose raw, standard or feature",
            data->dataset.plugin->id);
    if (data->info.shape.codes && how->scaling != KITH_SCALING_AUTO && how->scaling != KITH_SCALING_RAW)
        return kith_config_refuse(ctx, data->config, "data", "scaling",
                                  "the features of %s are codes, which mean nothing once they are scaled; choose raw",
                                  data->dataset.plugin->id);
    KITH_TRY(kith_flips_check(ctx, data, how));
    KITH_TRY(kith_redraw_check(ctx, data, how, partition));
    if (!data->generated) return KITH_OK;
    if (how->scaling == KITH_SCALING_STANDARD || how->scaling == KITH_SCALING_FEATURE)
        return kith_config_refuse(ctx, data->config, "data", "scaling",
                                  "%s makes examples when they are needed, so that there is no pool to take statistics "
                                  "of; choose raw",
                                  data->dataset.plugin->id);
    if (how->pool == KITH_DEALT_ALL || how->test_share > 0.0)
        return kith_config_refuse(
            ctx, data->config, "data", how->test_share > 0.0 ? "test_share" : "pool",
            "%s makes each learner's examples, those to test on too, so that there is no pool; leave "
            "it out",
            data->dataset.plugin->id);
    if (*partition->save)
        return kith_config_refuse(ctx, data->config, "partition", "save",
                                  "%s makes each learner's examples, so that there is no pool to deal; leave it empty",
                                  data->dataset.plugin->id);
    if (partition->kind != KITH_PARTITION_AUTO && partition->kind != KITH_PARTITION_NATURAL)
        return kith_config_refuse(
            ctx, data->config, "partition", "kind",
            "%s makes each learner's examples, so that there is no pool to deal; choose natural or "
            "auto",
            data->dataset.plugin->id);
    return KITH_OK;
}

kith_status kith_data_scale(kith_ctx *ctx, kith_data *data, const kith_data_config *how)
{
    const size_t features = data->info.shape.features;
    kith_scaling scaling = (kith_scaling)how->scaling;
    void *row = NULL;
    if (scaling == KITH_SCALING_AUTO)
        scaling = data->info.store == KITH_STORE_U8 && !data->info.shape.codes ? KITH_SCALING_UNIT : KITH_SCALING_RAW;
    KITH_TRY(kith_data_board(ctx, data, "the scaling", 2 * features, sizeof(kith_real), &row));
    kith_real *scale = row;
    kith_status status = KITH_OK;
    if (kith_exchange_place(data->ex)->local == 0)
        status = kith_scaling_find(ctx, &data->info, scaling, &data->split[KITH_TRAIN], scale, scale + features);
    if (status == KITH_OK && kith_exchange_place(data->ex)->local == 0) status = kith_data_remark(ctx, data, scaling);
    data->scale = scale;
    data->shift = scale + features;
    data->plain = scaling == KITH_SCALING_RAW;
    return kith_data_publish(data, status);
}

/* [all] Before boards are made after the description, everyone must have the same one. */
static kith_status describe_all(kith_ctx *ctx, kith_data *data, const kith_data_config *how,
                                const kith_partition_config *partition)
{
    const kith_dataset_info *info = &data->info;
    kith_status status = describe(ctx, data, how);
    if (status == KITH_OK) status = check_choices(ctx, data, how, partition);
    KITH_TRY(kith_exchange_agree(data->ex, status, NULL));
    const uint64_t mine[] = {info->shape.features, info->shape.classes, info->shape.codes, info->shape.targets,
                             info->store,          info->examples[0],   info->examples[1]};
    return kith_data_compare(ctx, data, mine, sizeof mine / sizeof *mine);
}

static kith_status fill_store(kith_ctx *ctx, kith_data *data, const kith_data_config *how,
                              const kith_partition_config *partition, uint64_t seed)
{
    KITH_TRY(describe_all(ctx, data, how, partition));
    KITH_TRY(kith_flips_draw(ctx, data, how));
    if (data->generated) {
        KITH_TRY(kith_data_load_generated(ctx, data, how));
    } else {
        KITH_TRY(kith_data_load_pool(ctx, data));
        KITH_TRY(kith_data_deal(ctx, data, partition, seed));
    }
    data->test_size = data->split[KITH_TEST].count;
    if (data->test) data->test_size = (size_t)(data->dealt_offset[data->learners] - data->offset[data->learners]);
    if (how->eval_examples && (uint64_t)how->eval_examples < data->test_size)
        data->test_size = (size_t)how->eval_examples;
    return kith_data_scale(ctx, data, how);
}

kith_status kith_data_open(kith_ctx *ctx, struct kith_exchange *ex, const struct kith_config *config,
                           const struct kith_instance *dataset, const kith_data_config *how,
                           const kith_partition_config *partition, size_t learners, uint64_t seed, kith_data **out)
{
    kith_data *data = NULL;
    kith_status status = KITH_ALLOC(ctx, "the data store", 1, &data);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "the data store", 1, &data->total);
    status = kith_exchange_agree(ex, status, NULL);
    if (status == KITH_OK) {
        data->ex = ex;
        data->config = config;
        data->dataset = *dataset;
        data->ops = dataset->plugin->ops;
        data->learners = learners;
        data->visited = SIZE_MAX;
        data->validation = how->validation;
        data->test_share = how->test_share;
        data->seed = seed;
        status = fill_store(ctx, data, how, partition, seed);
    }
    if (status == KITH_OK)
        *out = data;
    else
        kith_data_close(data);
    return status;
}

void kith_data_close(kith_data *data)
{
    if (!data) return;
    while (data->boards > 0)
        kith_board_destroy(data->board[--data->boards]);
    kith_free(data->cache_feature);
    kith_free(data->cache_label);
    kith_free(data->cache_target);
    kith_free(data->total);
    kith_free(data->order);
    kith_free(data->flips.chosen);
    kith_free(data);
}

const kith_shape *kith_data_shape(const kith_data *data)
{
    return &data->info.shape;
}

static size_t whole_size(const kith_data *data, size_t learner)
{
    size_t size = 0;
    if (data->generated) {
        KITH_CALL(data->dataset.plugin->id, "size", learner,
                  size = data->ops->size(data->dataset.self, KITH_TRAIN, learner));
        return size;
    }
    return (size_t)(data->offset[learner + 1] - data->offset[learner]);
}

size_t kith_data_validation_size(const kith_data *data, size_t learner)
{
    if (data->validation <= 0.0) return 0;
    const size_t whole = whole_size(data, learner), held = (size_t)(data->validation * (double)whole);
    return held < whole ? held : whole - 1;
}

size_t kith_data_size(const kith_data *data, size_t learner)
{
    return whole_size(data, learner) - kith_data_validation_size(data, learner);
}

size_t kith_data_largest(const kith_data *data)
{
    size_t largest = 0;
    if (data->generated) return 0;
    for (size_t i = 0; i < data->learners; i++) {
        const size_t size = kith_data_size(data, i);
        if (size > largest) largest = size;
    }
    return largest;
}

size_t kith_data_total(const kith_data *data)
{
    if (!data->generated && data->validation <= 0.0) return (size_t)data->offset[data->learners];
    if (*data->total == 0)
        for (size_t i = 0; i < data->learners; i++)
            *data->total += kith_data_size(data, i);
    return *data->total;
}

static kith_status ask_facts(kith_ctx *ctx, const kith_data *data, kith_fact *out, size_t room, size_t *count)
{
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "facts", KITH_NOBODY,
                  data->ops->facts(data->dataset.self, ctx, out, room, count));
    return KITH_OK;
}

kith_status kith_data_facts(kith_ctx *ctx, const kith_data *data, kith_fact *out, size_t room, size_t *count)
{
    *count = 0;
    if (!data->ops->facts) return KITH_OK;
    /* They are about the data set's own tests. */
    if (data->test_share > 0.0 || data->part[KITH_TEST] != data->info.examples[KITH_TEST]) return KITH_OK;
    return kith_exchange_agree(data->ex, ask_facts(ctx, data, out, room, count), NULL);
}

size_t kith_data_learners(const kith_data *data)
{
    return data->learners;
}

size_t kith_data_pool(const kith_data *data)
{
    return data->info.examples[KITH_TRAIN];
}

size_t kith_data_test_size(const kith_data *data)
{
    return data->test_size;
}

bool kith_data_apart(const kith_data *data)
{
    return data->own_test != NULL;
}

size_t kith_data_own_test_size(const kith_data *data, size_t learner)
{
    if (!data->own_test) return 0;
    return (size_t)(data->dealt_offset[learner + 1] - data->dealt_offset[learner]) -
           (size_t)(data->offset[learner + 1] - data->offset[learner]);
}

/* A learner's examples come in no order, or by class: those held out are drawn, by a stream that belongs to the learner
 * and to nothing else. */
static kith_status hold_out(kith_ctx *ctx, kith_data *data, size_t learner)
{
    const size_t whole = whole_size(data, learner);
    const uint32_t *from = data->generated ? NULL : data->index + data->offset[learner];
    if (whole > data->order_room) {
        kith_free(data->order);
        data->order = NULL;
        data->order_room = 0;
        KITH_TRY(KITH_ALLOC(ctx, "a learner's order of examples", whole, &data->order));
        data->order_room = whole;
    }
    for (size_t k = 0; k < whole; k++)
        data->order[k] = from ? from[k] : (uint32_t)k;
    kith_stream s = kith_stream_at(data->seed, KITH_FOR_PARTITION, learner, UINT64_MAX);
    kith_shuffle_u32(&s, data->order, whole);
    data->held = data->order;
    return KITH_OK;
}

kith_status kith_data_visit(kith_ctx *ctx, kith_data *data, size_t learner)
{
    if (learner >= data->learners)
        return kith_fail(ctx, KITH_EINTERNAL, "learner %zu is outside 0..%zu", learner, data->learners - 1);
    if (learner == data->visited) return KITH_OK;
    data->visited = SIZE_MAX;
    if (data->generated)
        KITH_TRY(kith_generated_visit(ctx, data, learner));
    else
        data->held = data->index + data->offset[learner];
    if (data->validation > 0.0) KITH_TRY(hold_out(ctx, data, learner));
    data->flips.here = kith_data_is_flipped(data, learner);
    data->visited = learner;
    return KITH_OK;
}

kith_status kith_data_labels(kith_ctx *ctx, kith_data *data, size_t learner, uint64_t *counts)
{
    if (data->info.shape.classes == 0) return KITH_OK;
    memset(counts, 0, data->info.shape.classes * sizeof *counts);
    KITH_TRY(kith_data_visit(ctx, data, learner));
    const int32_t *label = data->split[KITH_TRAIN].label;
    const size_t count = kith_data_size(data, learner);
    for (size_t k = 0; k < count; k++) {
        const size_t row = data->held ? data->held[k] : k;
        counts[data->flips.here ? kith_flips_label(data, row, label[row]) : label[row]]++;
    }
    return KITH_OK;
}

kith_status kith_data_write_partition(kith_ctx *ctx, const kith_data *data, FILE *out)
{
    if (data->generated)
        return kith_fail(ctx, KITH_ECONFIG, "the data set %s has no pool, so that there is no partition to write",
                         data->dataset.plugin->id);
    fprintf(out, "# learner,example: %zu learners, %llu examples of %zu\n", data->learners,
            (unsigned long long)data->dealt_offset[data->learners], data->info.examples[KITH_TRAIN]);
    for (size_t i = 0; i < data->learners; i++)
        for (uint64_t k = data->dealt_offset[i]; k < data->dealt_offset[i + 1]; k++)
            fprintf(out, "%zu,%u\n", i, data->dealt_index[k]);
    return fflush(out) != 0 || ferror(out) ? kith_fail(ctx, KITH_EIO, "the partition could not be written") : KITH_OK;
}
