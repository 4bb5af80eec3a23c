#include "dataworld.h"

#include <unistd.h>

/* Test examples out of what learners were dealt, the pool of both splits, and the deal that goes with them:
 * neighbouring labels in lognormal amounts. */

enum { TRAIN = 90, TEST = 30, ALL = TRAIN + TEST, CLASSES = 5, FIRST_TEST = 150 };

/* One byte an example: 0 to 89 for training, 150 to 179 for tests; labels go round. */
static kith_status describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    (void)self;
    (void)ctx;
    *info = (kith_dataset_info){
        .shape = {.features = 1, .classes = CLASSES}, .store = KITH_STORE_U8, .examples = {TRAIN, TEST}, .users = 7};
    return KITH_OK;
}

static kith_status load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets)
{
    (void)targets;
    const size_t first = split == KITH_TEST ? FIRST_TEST : 0, count = split == KITH_TEST ? TEST : TRAIN;
    (void)self;
    (void)ctx;
    for (size_t e = 0; e < count; e++) {
        ((uint8_t *)features)[e] = (uint8_t)(first + e);
        labels[e] = (int32_t)((first + e) % CLASSES);
    }
    return KITH_OK;
}

static kith_status owner(void *self, kith_ctx *ctx, kith_split split, uint32_t *user)
{
    (void)self;
    (void)ctx;
    for (uint32_t e = 0; e < (split == KITH_TEST ? TEST : TRAIN); e++)
        user[e] = split == KITH_TEST ? 6 - e % 7 : e % 7;
    return KITH_OK;
}

static size_t size(const void *self, kith_split split, size_t learner)
{
    (void)self;
    (void)split;
    return learner + 2;
}

static kith_status fill(void *self, kith_ctx *ctx, kith_split split, size_t learner, void *features, int32_t *labels,
                        kith_real *targets)
{
    (void)targets;
    (void)self;
    (void)ctx;
    memset(features, 0, size(self, split, learner));
    memset(labels, 0, size(self, split, learner) * sizeof *labels);
    return KITH_OK;
}

static const kith_dataset pooled_ops = {.describe = describe, .load = load, .owner = owner};
static const kith_dataset generated_ops = {.describe = describe, .size = size, .fill = fill};
static const kith_plugin pooled = {.id = "fake", KITH_PLUGIN_OPS(pooled_ops)};
static const kith_plugin generated = {.id = "fake", KITH_PLUGIN_OPS(generated_ops)};

static kith_status open_with(world *w, const kith_plugin *plugin, kith_data **out)
{
    const kith_instance instance = {.plugin = plugin};
    return kith_data_open(w->ctx, w->ex, w->config, &instance, &w->data, &w->partition, (size_t)w->learners, 5, out);
}

/* Adds the bytes of everything a learner trains on to seen[256]; returns how many. */
static size_t see_learner(world *w, kith_data *data, size_t learner, size_t *seen)
{
    const size_t count = kith_data_size(data, learner);
    assert_ok(w->ctx, kith_data_visit(w->ctx, data, learner));
    for (uint32_t k = 0; k < count; k++) {
        kith_real x = 0;
        int32_t label = -1;
        kith_data_gather(data, &k, 1, &x, &label);
        assert_int_equal(label, (int)x % CLASSES);
        seen[(size_t)x]++;
    }
    return count;
}

static void see_tests(kith_data *data, size_t *seen)
{
    for (size_t k = 0; k < kith_data_test_size(data); k++) {
        kith_real x = 0;
        int32_t label = -1;
        kith_data_test(data, k, 1, &x, &label);
        assert_int_equal(label, (int)x % CLASSES);
        seen[(size_t)x]++;
    }
}

/* 120 examples over 4 learners are 30 each, 27 of them trained on. */
static void each_learner_gives_its_share(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.pool=all", "data.test_share=0.1");
    kith_data *data = NULL;
    size_t trained[256] = {0}, tested[256] = {0}, first_tests = 0;
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_int_equal(kith_data_pool(data), ALL);
    assert_int_equal(kith_data_test_size(data), 12);
    assert_int_equal(kith_data_total(data), 108);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(see_learner(&w, data, i, trained), 27);
    see_tests(data, tested);
    for (size_t x = 0; x < 256; x++) {
        const bool there = x < TRAIN || (x >= FIRST_TEST && x < FIRST_TEST + TEST);
        assert_int_equal(trained[x] + tested[x], there);
        if (x >= FIRST_TEST) first_tests += tested[x];
    }
    assert_in_range(first_tests, 0, 11); /* some of either split */
    kith_data_close(data);
    world_close(&w);
}

/* Of runs of 30 examples each learner has 6 to test on, out of its own run, and all learners' are the test set. */
static void own_tests_are_a_learners_own(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.pool=all", "data.test_share=0.2", "partition.kind=sequential",
                    "data.flipped=0.5");
    kith_data *data = NULL;
    size_t own[256] = {0}, tested[256] = {0};
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_true(kith_data_apart(data));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kith_data_own_test_size(data, i), 6);
        for (size_t k = 0; k < 6; k++) {
            kith_real x = 0;
            int32_t label = -1;
            kith_data_own_test(data, i, k, 1, &x, &label);
            assert_int_equal(label, (int)x % CLASSES);
            assert_in_range((size_t)x < TRAIN ? (size_t)x : (size_t)x - FIRST_TEST + TRAIN, 30 * i, 30 * i + 29);
            own[(size_t)x]++;
        }
    }
    see_tests(data, tested);
    assert_memory_equal(own, tested, sizeof own);
    kith_data_close(data);
    world_close(&w);
}

/* The test split is left out of the pool, and of tests. */
static void a_share_takes_the_place_of_the_test_split(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.test_share=0.25", "run.learners=3", "data.eval_examples=11");
    kith_data *data = NULL;
    size_t trained[256] = {0}, tested[256] = {0};
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_int_equal(kith_data_pool(data), TRAIN);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(see_learner(&w, data, i, trained), 22);
    assert_int_equal(kith_data_test_size(data), 11); /* of 24 */
    see_tests(data, tested);
    for (size_t x = 0; x < 256; x++)
        assert_true(trained[x] + tested[x] <= (x < TRAIN));
    kith_data_close(data);
    world_close(&w);
}

/* 1 - 0.8 lies below 0.2 in doubles, and what is kept of 10 examples is 2 all the same. */
static void shares_are_those_of_real_numbers(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.test_share=0.8", "run.learners=9");
    kith_data *data = NULL;
    size_t trained[256] = {0};
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(see_learner(&w, data, i, trained), 2);
    assert_int_equal(kith_data_test_size(data), 72);
    kith_data_close(data);
    world_close(&w);
}

/* Two learners with two labels each hold three of the five. */
static void labels_that_nobody_holds_are_told(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "partition.kind=label-lognormal", "partition.labels=2", "run.learners=2",
                    "partition.least=5");
    kith_data *data = NULL;
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_non_null(strstr(kith_ctx_notes(w.ctx), "36 of 90 examples are nobody's, since so few learners hold not all "
                                                  "labels"));
    kith_data_close(data);
    world_close(&w);
}

static void a_pool_of_both_splits_leaves_no_tests(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.pool=all", "partition.kind=sequential", "run.learners=1");
    kith_data *data = NULL;
    size_t seen[256] = {0};
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_int_equal(kith_data_test_size(data), 0);
    assert_int_equal(see_learner(&w, data, 0, seen), ALL);
    for (size_t e = 0; e < ALL; e++) {
        const uint32_t row = (uint32_t)e;
        kith_real x = 0;
        int32_t label = 0;
        kith_data_gather(data, &row, 1, &x, &label);
        assert_int_equal((size_t)x, e < TRAIN ? e : FIRST_TEST + e - TRAIN);
    }
    kith_data_close(data);
    world_close(&w);
}

/* User 2 has examples 2, 9, ... of the training split and 4, 11, ... of the test split. */
static void users_of_both_splits_are_the_same(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=raw", "data.pool=all", "partition.kind=natural", "run.learners=3");
    kith_data *data = NULL;
    size_t seen[256] = {0};
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    assert_int_equal(see_learner(&w, data, 2, seen), 13 + 4);
    for (size_t x = 0; x < TRAIN; x++)
        assert_int_equal(seen[x], x % 7 == 2);
    for (size_t e = 0; e < TEST; e++)
        assert_int_equal(seen[FIRST_TEST + e], e % 7 == 4);
    kith_data_close(data);
    world_close(&w);
}

/* Standardised by the whole pool, test examples included: its mean is (90 * 44.5 + 30 * 164.5) / 120. */
static void statistics_are_the_pool_s(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=feature", "data.pool=all", "data.test_share=0.1");
    kith_data *data = NULL;
    double sum = 0.0, square = 0.0;
    assert_ok(w.ctx, open_with(&w, &pooled, &data));
    const double mean = (90 * 44.5 + 30 * 164.5) / 120;
    for (int e = 0; e < ALL; e++) {
        const double x = e < TRAIN ? e : FIRST_TEST + e - TRAIN;
        sum += x;
        square += (x - mean) * (x - mean) / ALL;
    }
    assert_close(sum / ALL, mean, 1e-12, 0);
    assert_close((double)data->scale[0], 1.0 / sqrt(square), 1e-6, 0);
    assert_close((double)data->shift[0], -mean / sqrt(square), 1e-6, 0);
    kith_data_close(data);
    world_close(&w);
}

/* A saved partition holds the tests too, and gives the same ones when it is read. */
static void a_saved_deal_is_split_alike(void **state)
{
    (void)state;
    char path[] = "/tmp/kith-testshare-XXXXXX", setting[64];
    const int handle = mkstemp(path);
    assert_true(handle >= 0);
    close(handle);
    snprintf(setting, sizeof setting, "partition.file=%s", path);
    world first = WORLD("data.test_share=0.3"), second = WORLD("data.test_share=0.3", "partition.kind=file", setting);
    kith_data *made = NULL, *read = NULL;
    assert_ok(first.ctx, open_with(&first, &pooled, &made));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_ok(first.ctx, kith_data_write_partition(first.ctx, made, file));
    fclose(file);
    assert_ok(second.ctx, open_with(&second, &pooled, &read));
    assert_int_equal(kith_data_test_size(made), 28); /* 22 - 15 and 23 - 16, each twice */
    assert_int_equal(kith_data_test_size(read), 28);
    assert_memory_equal(made->test, read->test, 28 * sizeof *made->test);
    assert_memory_equal(made->index, read->index, (TRAIN - 28) * sizeof *made->index);
    kith_data_close(read);
    kith_data_close(made);
    world_close(&second);
    world_close(&first);
    unlink(path);
}

static void impossible_shares_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *setting[3];
        const kith_plugin *plugin;
        const char *message;
    } bad[] = {
        {{"data.test_share=0.1", "run.learners=90"},
         &pooled,
         "--set: data.test_share = 0.1: no learner has an example to spare; raise it, or ask for fewer learners"},
        {{"data.test_share=0.5", "partition.kind=dirichlet", "partition.samples=60"},
         &pooled,
         "--set: data.test_share = 0.5: example 65 would be one learner's to train on and another's to test on; choose "
         "a partition.kind by which learners share none"},
        {{"data.test_share=0.1"},
         &generated,
         "--set: data.test_share = 0.1: fake makes each learner's examples, those to test on too, so that there is no "
         "pool; leave it out"},
        {{"data.pool=all"},
         &generated,
         "--set: data.pool = all: fake makes each learner's examples, those to test on too, so that there is no pool; "
         "leave it out"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        world w = WORLD(bad[k].setting[0], bad[k].setting[1], bad[k].setting[2]);
        kith_data *data = NULL;
        assert_refused(w.ctx, open_with(&w, bad[k].plugin, &data), KITH_ECONFIG, bad[k].message);
        assert_null(data);
        world_close(&w);
    }
}

/* --- neighbouring labels in lognormal amounts --- */

static int32_t *round_labels(size_t examples, size_t classes)
{
    int32_t *label = calloc(examples, sizeof *label);
    assert_non_null(label);
    for (size_t e = 0; e < examples; e++)
        label[e] = (int32_t)(e % classes);
    return label;
}

static size_t count_label(const kith_deal *deal, const int32_t *label, size_t learner, size_t class)
{
    size_t count = 0;
    for (uint64_t k = deal->offset[learner]; k < deal->offset[learner + 1]; k++)
        count += (size_t)label[deal->index[k]] == class;
    return count;
}

/* Without spread: 122 examples of a class, 4 holders, 3 each and a quarter of the other 110, cut down. */
static void neighbours_share_a_label(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=label-lognormal", "partition.sigma=0", "partition.least=3", "run.learners=10");
    int32_t *label = round_labels(610, 5);
    unsigned char held[610] = {0};
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 610, 5, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(deal.offset[i + 1] - deal.offset[i], 60);
        assert_int_equal(count_label(&deal, label, i, i % 5), 30);
        assert_int_equal(count_label(&deal, label, i, (i + 1) % 5), 30);
    }
    for (size_t k = 0; k < 600; k++)
        assert_int_equal(held[deal.index[k]]++, 0);
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* Beyond `least` the logarithms of the amounts of a label scatter by sigma around a common mean. */
static void amounts_follow_their_law(void **state)
{
    (void)state;
    enum { N = 400, POOL = 2000000 };
    world w = WORLD("partition.kind=label-lognormal", "partition.sigma=1.5", "partition.least=5", "partition.labels=1",
                    "run.learners=400");
    int32_t *label = round_labels(POOL, 2);
    double variance = 0.0, mean[2] = {0};
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, POOL, 2, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_in_range(deal.offset[N], POOL - N, POOL);
    for (size_t i = 0; i < N; i++) {
        const double size = (double)(deal.offset[i + 1] - deal.offset[i]) - 4.5; /* half of what was cut off */
        mean[i % 2] += log(size) / (N / 2);
        assert_int_equal(label[deal.index[deal.offset[i]]], i % 2);
    }
    for (size_t i = 0; i < N; i++) {
        const double off = log((double)(deal.offset[i + 1] - deal.offset[i]) - 4.5) - mean[i % 2];
        variance += off * off / (N - 2);
    }
    assert_close(variance, 1.5 * 1.5, 0, 5 * 2.25 * sqrt(2.0 / (N - 2)));
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* Li et al. 2020, table of data sets: MNIST, 1,000 devices, 69,035 samples, which is 70,000 less about half an image
 * for each of 2,000 shares. Real digits are not quite equally many, which changes nothing here. */
static void the_published_population(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=label-lognormal", "partition.sigma=2", "partition.least=5", "run.learners=1000");
    int32_t *label = round_labels(70000, 10);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 70000, 10, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_in_range(deal.offset[1000], 69035 - 150, 69035 + 150);
    for (size_t i = 0; i < 1000; i++)
        assert_true(deal.offset[i + 1] - deal.offset[i] >= 10);
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

static void impossible_amounts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *setting[3];
        const char *message;
    } bad[] = {
        {{"partition.labels=6"},
         "--set: partition.labels = 6: the training pool has only 5 labels; ask for at most as many"},
        {{"partition.least=7"},
         "--set: partition.least = 7: label 1 has 12 examples for the 2 learners that hold it; ask for at most 6"},
        {{"run.learners=60", "partition.least=1", "partition.labels=2"},
         "--set: partition.least = 1: label 0 has 12 examples for the 24 learners that hold it; ask for fewer "
         "learners or labels"},
    };
    int32_t *label = round_labels(60, 5);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        world w = WORLD("partition.kind=label-lognormal", bad[k].setting[0], bad[k].setting[1], bad[k].setting[2]);
        kith_deal deal = {0};
        const kith_deal_task task = task_of(&w, 60, 5, label);
        assert_refused(w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_ECONFIG, bad[k].message);
        assert_null(deal.offset);
        world_close(&w);
    }
    free(label);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_learner_gives_its_share),
        cmocka_unit_test(own_tests_are_a_learners_own),
        cmocka_unit_test(a_share_takes_the_place_of_the_test_split),
        cmocka_unit_test(shares_are_those_of_real_numbers),
        cmocka_unit_test(labels_that_nobody_holds_are_told),
        cmocka_unit_test(a_pool_of_both_splits_leaves_no_tests),
        cmocka_unit_test(users_of_both_splits_are_the_same),
        cmocka_unit_test(statistics_are_the_pool_s),
        cmocka_unit_test(a_saved_deal_is_split_alike),
        cmocka_unit_test(impossible_shares_are_refused),
        cmocka_unit_test(neighbours_share_a_label),
        cmocka_unit_test(amounts_follow_their_law),
        cmocka_unit_test(the_published_population),
        cmocka_unit_test(impossible_amounts_are_refused),
    };
    return cmocka_run_group_tests_name("testshare", tests, NULL, NULL);
}
