/* Pooled data: loaded once per domain into boards, checked, compared between domains, dealt. */
#include "data/internal.h"

#include "base/call.h"
#include "config/config.h"

#include <string.h>
#include <xxhash.h>

static const char *const split_names[] = {[KITH_TRAIN] = "training", [KITH_TEST] = "test"};

/* Where examples go. */
typedef struct places {
    void *feature;
    int32_t *label;
    kith_real *target;
} places;

/* [all] Room for one split. */
static kith_status make_room(kith_ctx *ctx, kith_data *data, kith_split split, places *out)
{
    const size_t count = data->info.examples[split], features = data->info.shape.features;
    char what[64];
    void *row = NULL;
    *out = (places){.label = NULL};
    snprintf(what, sizeof what, "the %s examples", split_names[split]);
    KITH_TRY(kith_data_board(ctx, data, what, count * features, kith_store_size(data), &out->feature));
    if (data->info.shape.classes) {
        snprintf(what, sizeof what, "the %s labels", split_names[split]);
        KITH_TRY(kith_data_board(ctx, data, what, count, sizeof(int32_t), &row));
        out->label = row;
    }
    if (data->info.shape.targets) {
        snprintf(what, sizeof what, "the %s targets", split_names[split]);
        KITH_TRY(kith_data_board(ctx, data, what, count * data->info.shape.targets, sizeof(kith_real), &row));
        out->target = row;
    }
    return KITH_OK;
}

static size_t bytes_of(const kith_data *data, size_t examples)
{
    return examples * data->info.shape.features * kith_store_size(data);
}

/* By one worker of each domain. */
static kith_status load_split(kith_ctx *ctx, kith_data *data, kith_split split, const places *to)
{
    char what[128];
    const kith_example_rows rows = {to->feature, to->label, to->target, data->part[split]};
    if (rows.count == 0) return KITH_OK;
    snprintf(what, sizeof what, "%s, %s examples", data->dataset.plugin->id, split_names[split]);
    kith_memory_at_random(to->feature, bytes_of(data, rows.count));
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "load", KITH_NOBODY,
                  data->ops->load(data->dataset.self, ctx, split, to->feature, to->label, to->target));
    return kith_rows_check(ctx, &data->info, what, &rows);
}

/* The test split's examples follow where they have joined the pool. */
static kith_status load_rows(kith_ctx *ctx, kith_data *data, kith_split split, const places *to)
{
    const size_t own = data->part[split];
    KITH_TRY(load_split(ctx, data, split, to));
    if (data->info.examples[split] == own) return KITH_OK;
    const places rest = {.feature = (unsigned char *)to->feature + bytes_of(data, own),
                         .label = to->label ? to->label + own : NULL,
                         .target = to->target ? to->target + own * data->info.shape.targets : NULL};
    return load_split(ctx, data, KITH_TEST, &rest);
}

uint64_t kith_data_digest(const kith_data *data)
{
    uint64_t sum = 0;
    /* Its training rows are those of the learner last visited, whoever that was. */
    if (data->generated) return 0;
    for (int split = 0; split < 2; split++) {
        const kith_example_rows *rows = &data->split[split];
        const size_t numbers = rows->count * data->info.shape.features;
        if (rows->count) sum = XXH3_64bits_withSeed(rows->feature, numbers * kith_store_size(data), sum);
        if (rows->label) sum = XXH3_64bits_withSeed(rows->label, rows->count * sizeof *rows->label, sum);
        if (rows->target)
            sum =
                XXH3_64bits_withSeed(rows->target, rows->count * data->info.shape.targets * sizeof *rows->target, sum);
    }
    return sum;
}

kith_status kith_data_load_pool(kith_ctx *ctx, kith_data *data)
{
    const bool first = kith_exchange_place(data->ex)->local == 0;
    for (int split = 0; split < 2; split++) {
        places room;
        if (data->info.examples[split] == 0 || (split == KITH_TEST && data->test_share > 0.0)) continue;
        KITH_TRY(make_room(ctx, data, (kith_split)split, &room));
        const kith_status status = first ? load_rows(ctx, data, (kith_split)split, &room) : KITH_OK;
        KITH_TRY(kith_data_publish(data, status));
        data->split[split] = (kith_example_rows){room.feature, room.label, room.target, data->info.examples[split]};
    }
    const uint64_t mine[] = {first ? kith_data_digest(data) : 0};
    return kith_data_compare(ctx, data, mine, 1);
}

static kith_status ask_owners(kith_ctx *ctx, const kith_data *data, kith_split split, uint32_t *user)
{
    KITH_TRY_CALL(ctx, data->dataset.plugin->id, "owner", KITH_NOBODY,
                  data->ops->owner(data->dataset.self, ctx, split, user));
    return KITH_OK;
}

static kith_status find_users(kith_ctx *ctx, kith_data *data, size_t examples, uint32_t **user)
{
    KITH_TRY(KITH_ALLOC(ctx, "the examples' users", examples, user));
    KITH_TRY(ask_owners(ctx, data, KITH_TRAIN, *user));
    const size_t own = data->part[KITH_TRAIN];
    return examples > own ? ask_owners(ctx, data, KITH_TEST, *user + own) : KITH_OK;
}

/* What a domain's first worker makes: the deal, and how it is split where learners' examples are tested on. */
typedef struct made_deal {
    kith_deal whole, trained;
    uint32_t *tests;
} made_deal;

static void made_deal_free(made_deal *made)
{
    kith_deal_free(&made->whole);
    kith_deal_free(&made->trained);
    kith_free(made->tests);
}

/* By one worker of each domain: users first where the partition is by them. */
static kith_status make_deal(kith_ctx *ctx, kith_data *data, kith_deal_task *task, made_deal *made)
{
    uint32_t *user = NULL;
    kith_status status = KITH_OK;
    if (task->how->kind == KITH_PARTITION_NATURAL) status = find_users(ctx, data, task->examples, &user);
    task->user = user;
    if (status == KITH_OK) status = kith_deal_make(ctx, task, &made->whole);
    kith_free(user);
    if (status != KITH_OK || data->test_share <= 0.0) return status;
    return kith_deal_split(ctx, task, &made->whole, data->test_share, &made->trained, &made->tests);
}

/* [all] Shares a deal of the first worker, whose status comes with it, with its domain. */
static kith_status share_deal(kith_ctx *ctx, kith_data *data, kith_status mine, const kith_deal *deal,
                              const uint64_t **offsets, const uint32_t **indices)
{
    const bool first = kith_exchange_place(data->ex)->local == 0;
    const size_t learners = data->learners;
    void *offset = NULL, *index = NULL;
    KITH_TRY(kith_data_board(ctx, data, "the partition's offsets", learners + 1, sizeof *deal->offset, &offset));
    if (first && mine == KITH_OK) memcpy(offset, deal->offset, (learners + 1) * sizeof *deal->offset);
    KITH_TRY(kith_data_publish(data, mine));
    *offsets = offset;
    const size_t count = (size_t)(*offsets)[learners];
    KITH_TRY(kith_data_board(ctx, data, "the partition's examples", count, sizeof *deal->index, &index));
    if (first) memcpy(index, deal->index, count * sizeof *deal->index);
    *indices = index;
    return kith_data_publish(data, KITH_OK);
}

/* [all] */
static kith_status share_tests(kith_ctx *ctx, kith_data *data, const uint32_t *tests)
{
    const size_t count = (size_t)(data->dealt_offset[data->learners] - data->offset[data->learners]);
    void *test = NULL;
    KITH_TRY(kith_data_board(ctx, data, "the learners' test examples", 2 * count, sizeof *tests, &test));
    if (kith_exchange_place(data->ex)->local == 0) memcpy(test, tests, 2 * count * sizeof *tests);
    data->test = test;
    data->own_test = data->test + count;
    return kith_data_publish(data, KITH_OK);
}

/* [all] */
static kith_status share_made(kith_ctx *ctx, kith_data *data, kith_status mine, const made_deal *made)
{
    KITH_TRY(share_deal(ctx, data, mine, &made->whole, &data->dealt_offset, &data->dealt_index));
    data->offset = data->dealt_offset;
    data->index = data->dealt_index;
    if (data->test_share <= 0.0) return KITH_OK;
    KITH_TRY(share_deal(ctx, data, KITH_OK, &made->trained, &data->offset, &data->index));
    return share_tests(ctx, data, made->tests);
}

static kith_status check_natural(kith_ctx *ctx, const kith_data *data)
{
    if (data->ops->owner && data->info.users) return KITH_OK;
    return kith_config_refuse(ctx, data->config, "partition", "kind",
                              "the data set %s does not come by user; choose iid or another kind",
                              data->dataset.plugin->id);
}

kith_status kith_data_deal(kith_ctx *ctx, kith_data *data, const kith_partition_config *how, uint64_t seed)
{
    kith_partition_config resolved = *how;
    if (resolved.kind == KITH_PARTITION_AUTO) resolved.kind = KITH_PARTITION_IID;
    kith_deal_task task = {.config = data->config,
                           .how = &resolved,
                           .learners = data->learners,
                           .examples = data->info.examples[KITH_TRAIN],
                           .classes = data->info.shape.classes,
                           .label = data->split[KITH_TRAIN].label,
                           .users = data->info.users == SIZE_MAX ? data->learners : data->info.users,
                           .seed = seed};
    made_deal made = {0};
    kith_status status = KITH_OK;
    if (resolved.kind == KITH_PARTITION_NATURAL) status = check_natural(ctx, data);
    if (status == KITH_OK && kith_exchange_place(data->ex)->local == 0) status = make_deal(ctx, data, &task, &made);
    status = share_made(ctx, data, status, &made);
    const bool dirichlet = resolved.kind == KITH_PARTITION_DIRICHLET || resolved.kind == KITH_PARTITION_DIRICHLET_SHARE;
    if (status == KITH_OK && dirichlet && resolved.draw == KITH_DRAW_RESAMPLE)
        status = kith_redraw_share(ctx, data, &task, made.whole.mix);
    made_deal_free(&made);
    return status;
}
