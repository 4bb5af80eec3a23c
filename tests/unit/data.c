#include "dataworld.h"

#include <kith/random.h>
#include <unistd.h>

/* The store over small data sets of its own: what a plugin may get wrong, scaling, gathering, generated data. */

enum { TRAIN = 30, TEST = 8, FEATURES = 5, CLASSES = 3 };

/* A pool whose numbers are known: byte (e * 17 + f * 5) mod 256 or its real twin, label e mod 3. `spoil` breaks one. */
typedef struct fake {
    kith_dataset_info info;
    int32_t bad_label; /* of training example 7, if not 0 */
    double bad_number; /* of test example 2, feature 3, if not 0 */
    bool constant;     /* all numbers are 0.1 */
    size_t fills;
} fake;

static double fake_number(const fake *self, size_t example, size_t feature)
{
    return self->constant ? 0.1 : (double)((example * 17 + feature * feature * 5) % 256);
}

static kith_status fake_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    (void)ctx;
    *info = ((fake *)self)->info;
    return KITH_OK;
}

static void fake_rows(const fake *self, size_t first, size_t count, void *features, int32_t *labels)
{
    const size_t width = self->info.shape.features;
    for (size_t e = 0; e < count; e++) {
        for (size_t f = 0; f < width; f++) {
            const double number = fake_number(self, first + e, f);
            if (self->info.store == KITH_STORE_U8)
                ((uint8_t *)features)[e * width + f] = (uint8_t)number;
            else
                ((kith_real *)features)[e * width + f] = (kith_real)number;
        }
        if (labels) labels[e] = (int32_t)((first + e) % CLASSES);
    }
}

static kith_status fake_load(void *data, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                             kith_real *targets)
{
    (void)targets;
    const fake *self = data;
    (void)ctx;
    fake_rows(self, split == KITH_TEST ? 100 : 0, self->info.examples[split], features, labels);
    if (self->bad_label && split == KITH_TRAIN) labels[7] = self->bad_label;
    if (self->bad_number != 0.0 && split == KITH_TEST)
        ((kith_real *)features)[2 * FEATURES + 3] = (kith_real)self->bad_number;
    return KITH_OK;
}

/* Learner i has i + 1 training examples from 10 i on, and 2 for testing. */
static size_t fake_size(const void *self, kith_split split, size_t learner)
{
    (void)self;
    return split == KITH_TRAIN ? learner + 1 : 2;
}

static kith_status fake_fill(void *data, kith_ctx *ctx, kith_split split, size_t learner, void *features,
                             int32_t *labels, kith_real *targets)
{
    (void)targets;
    fake *self = data;
    (void)ctx;
    self->fills += split == KITH_TRAIN;
    fake_rows(self, 10 * learner + (split == KITH_TEST ? 1000 : 0), fake_size(self, split, learner), features, labels);
    return KITH_OK;
}

static const kith_dataset pooled_ops = {.describe = fake_describe, .load = fake_load};
static const kith_dataset generated_ops = {.describe = fake_describe, .size = fake_size, .fill = fake_fill};
static const kith_dataset empty_ops = {.describe = fake_describe};
static const kith_plugin pooled = {.id = "fake", KITH_PLUGIN_OPS(pooled_ops)};
static const kith_plugin generated = {.id = "fake", KITH_PLUGIN_OPS(generated_ops)};
static const kith_plugin neither = {.id = "fake", KITH_PLUGIN_OPS(empty_ops)};

static fake fake_of(kith_store store)
{
    return (fake){
        .info = {.shape = {.features = FEATURES, .classes = CLASSES}, .store = store, .examples = {TRAIN, TEST}}};
}

static kith_status open_with(world *w, const kith_plugin *plugin, fake *self, kith_data **out)
{
    const kith_instance instance = {.plugin = plugin, .config = self, .self = self};
    return kith_data_open(w->ctx, w->ex, w->config, &instance, &w->data, &w->partition, (size_t)w->learners, 5, out);
}

/* Gathers every example of every learner and compares it with its number in the pool, found by the first feature: 17 e
 * is different mod 256 for all of them. */
static void check_gathered(kith_data *data, world *w, const fake *self, double scale, double shift)
{
    for (size_t i = 0; i < (size_t)w->learners; i++) {
        const size_t count = kith_data_size(data, i);
        kith_real x[TRAIN * FEATURES];
        int32_t label[TRAIN];
        uint32_t index[TRAIN];
        assert_ok(w->ctx, kith_data_visit(w->ctx, data, i));
        for (uint32_t k = 0; k < count; k++)
            index[k] = (uint32_t)count - 1 - k;
        kith_data_gather(data, index, count, x, label);
        for (size_t k = 0; k < count; k++) {
            const size_t example = data->index[data->offset[i] + count - 1 - k];
            assert_int_equal(label[k], example % CLASSES);
            for (size_t f = 0; f < FEATURES; f++)
                assert_close((double)x[k * FEATURES + f], scale * fake_number(self, example, f) + shift, 1e-6, 1e-6);
        }
    }
}

static void bytes_and_reals_are_gathered_as_they_are(void **state)
{
    (void)state;
    for (int store = KITH_STORE_REAL; store <= KITH_STORE_U8; store++) {
        world w = WORLD("data.scaling=raw");
        fake self = fake_of((kith_store)store);
        kith_data *data = NULL;
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        assert_int_equal(kith_data_total(data), TRAIN);
        assert_int_equal(kith_data_largest(data), 8);
        assert_int_equal(kith_data_shape(data)->features, FEATURES);
        check_gathered(data, &w, &self, 1.0, 0.0);
        kith_data_close(data);
        world_close(&w);
    }
}

static void bytes_are_divided_by_255_unless_told_otherwise(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=auto");
    fake self = fake_of(KITH_STORE_U8);
    kith_data *data = NULL;
    assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
    check_gathered(data, &w, &self, 1.0 / 255.0, 0.0);
    kith_data_close(data);
    world_close(&w);
}

static void codes_are_never_scaled(void **state)
{
    (void)state;
    for (int store = KITH_STORE_REAL; store <= KITH_STORE_U8; store++) {
        world w = WORLD("data.scaling=auto");
        fake self = fake_of((kith_store)store);
        kith_data *data = NULL;
        self.info.shape.codes = 256;
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        check_gathered(data, &w, &self, 1.0, 0.0);
        kith_data_close(data);
        world_close(&w);
    }
}

/* 17 * 9 + 5 * 4 * 4 = 233 is the first number above 220. */
static void codes_outside_their_range_are_named(void **state)
{
    (void)state;
    for (int store = KITH_STORE_REAL; store <= KITH_STORE_U8; store++) {
        world w = WORLD("data.scaling=raw");
        fake self = fake_of((kith_store)store);
        kith_data *data = NULL;
        self.info.shape.codes = 221;
        assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                       "fake, training examples: feature 4 of example 9 is 233, and no code of 0..220");
        world_close(&w);
    }
    world w = WORLD("data.scaling=raw");
    fake self = fake_of(KITH_STORE_REAL);
    kith_data *data = NULL;
    self.info.shape.codes = 256;
    self.bad_number = 3.5;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                   "fake, test examples: feature 3 of example 2 is 3.5, and no code of 0..255");
    world_close(&w);
}

/* Naive statistics of the whole pool (feature SIZE_MAX) or of one feature. */
static void naive_moments(const fake *self, size_t feature, double *mean, double *deviation)
{
    double sum = 0.0, square = 0.0, count = 0.0;
    for (size_t e = 0; e < TRAIN; e++)
        for (size_t f = 0; f < FEATURES; f++)
            if (feature == SIZE_MAX || f == feature) {
                sum += fake_number(self, e, f);
                square += fake_number(self, e, f) * fake_number(self, e, f);
                count += 1.0;
            }
    *mean = sum / count;
    *deviation = sqrt(square / count - *mean * *mean);
}

static void standard_scaling_takes_mean_and_deviation_away(void **state)
{
    (void)state;
    for (int store = KITH_STORE_REAL; store <= KITH_STORE_U8; store++) {
        world w = WORLD("data.scaling=standard");
        fake self = fake_of((kith_store)store);
        kith_data *data = NULL;
        double mean, deviation;
        naive_moments(&self, SIZE_MAX, &mean, &deviation);
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        check_gathered(data, &w, &self, 1.0 / deviation, -mean / deviation);
        kith_data_close(data);
        world_close(&w);
    }
}

static void feature_scaling_goes_column_by_column(void **state)
{
    (void)state;
    world w = WORLD("data.scaling=feature");
    fake self = fake_of(KITH_STORE_REAL);
    kith_data *data = NULL;
    kith_real x[TEST * FEATURES];
    int32_t label[TEST];
    assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
    kith_data_test(data, 1, 4, x, label);
    for (size_t e = 0; e < 4; e++) {
        assert_int_equal(label[e], (101 + e) % CLASSES);
        for (size_t f = 0; f < FEATURES; f++) {
            double mean, deviation;
            naive_moments(&self, f, &mean, &deviation);
            assert_close((double)x[e * FEATURES + f], (fake_number(&self, 101 + e, f) - mean) / deviation, 1e-5, 1e-5);
        }
    }
    kith_data_close(data);
    world_close(&w);
}

/* 0.1 is no sum of powers of two: rounding must not pass for a deviation. */
static void constants_are_scaled_to_zero(void **state)
{
    (void)state;
    static const char *const settings[] = {"data.scaling=standard", "data.scaling=feature"};
    for (int k = 0; k < 2; k++) {
        world w = WORLD(settings[k]);
        fake self = fake_of(KITH_STORE_REAL);
        self.constant = true;
        kith_data *data = NULL;
        kith_real x[TEST * FEATURES];
        int32_t label[TEST];
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        kith_data_test(data, 0, TEST, x, label);
        for (size_t e = 0; e < TEST * FEATURES; e++)
            assert_close((double)x[e], 0.0, 0, 1e-7);
        kith_data_close(data);
        world_close(&w);
    }
}

/* Rows of every width around a vector's, against the loop anyone would write: the same bits. */
static void gathering_has_the_bits_of_the_naive_loop(void **state)
{
    (void)state;
    for (size_t width = 1; width <= 70; width++) {
        world w = WORLD("data.scaling=feature", "run.learners=1");
        fake self = fake_of(KITH_STORE_U8);
        self.info.shape.features = width;
        kith_data *data = NULL;
        kith_real x[4 * 70];
        int32_t label[4];
        const uint32_t index[4] = {29, 0, 13, 13};
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, 0));
        kith_data_gather(data, index, 4, x, label);
        for (size_t k = 0; k < 4; k++)
            for (size_t f = 0; f < width; f++) {
                const kith_real number = (kith_real)fake_number(&self, data->index[index[k]], f);
                const volatile kith_real product = number * data->scale[f];
                const volatile kith_real expected = product + data->shift[f];
                assert_memory_equal(&x[k * width + f], (const void *)&expected, sizeof expected);
            }
        kith_data_close(data);
        world_close(&w);
    }
}

static void labels_are_counted(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=sequential", "run.learners=3");
    fake self = fake_of(KITH_STORE_REAL);
    kith_data *data = NULL;
    uint64_t counts[CLASSES];
    assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
    assert_ok(w.ctx, kith_data_labels(w.ctx, data, 1, counts)); /* examples 10..19: labels 1 2 0 1 2 0 1 2 0 1 */
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 4);
    assert_int_equal(counts[2], 3);
    assert_int_equal(kith_data_visit(w.ctx, data, 3), KITH_EINTERNAL);
    kith_data_close(data);
    world_close(&w);
}

static void data_without_labels_leave_them_alone(void **state)
{
    (void)state;
    world w = WORLD("run.learners=1");
    fake self = fake_of(KITH_STORE_REAL);
    self.info.shape.classes = 0;
    kith_data *data = NULL;
    kith_real x[FEATURES];
    const uint32_t index = 3;
    assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
    assert_ok(w.ctx, kith_data_visit(w.ctx, data, 0));
    kith_data_gather(data, &index, 1, x, NULL);
    kith_data_test(data, 0, 1, x, NULL);
    assert_ok(w.ctx, kith_data_labels(w.ctx, data, 0, NULL));
    kith_data_close(data);
    world_close(&w);
}

static void eval_examples_shorten_the_test(void **state)
{
    (void)state;
    static const char *const settings[] = {"data.eval_examples=3", "data.eval_examples=0", "data.eval_examples=99"};
    static const size_t sizes[] = {3, TEST, TEST};
    for (int k = 0; k < 3; k++) {
        world w = WORLD(settings[k]);
        fake self = fake_of(KITH_STORE_REAL);
        kith_data *data = NULL;
        assert_ok(w.ctx, open_with(&w, &pooled, &self, &data));
        assert_int_equal(kith_data_test_size(data), sizes[k]);
        kith_data_close(data);
        world_close(&w);
    }
}

static void generated_data_fill_one_cache(void **state)
{
    (void)state;
    world w = WORLD("run.learners=12", "data.eval_users=3");
    fake self = fake_of(KITH_STORE_U8);
    self.info.users = SIZE_MAX;
    kith_data *data = NULL;
    kith_real x[12 * FEATURES];
    int32_t label[12];
    const uint32_t index[] = {2, 0};
    assert_ok(w.ctx, open_with(&w, &generated, &self, &data));
    assert_int_equal(self.fills, 0);
    assert_int_equal(kith_data_total(data), 12 * 13 / 2);
    assert_int_equal(kith_data_test_size(data), 6);
    kith_data_test(data, 3, 1, x, label); /* the second of learner 1's: 1000 + 10 + 1 */
    assert_int_equal(label[0], 1011 % CLASSES);
    assert_close((double)x[1], fake_number(&self, 1011, 1) / 255.0, 1e-6, 0);
    for (int again = 0; again < 2; again++) {
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, 2));
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, 11));
        assert_int_equal(data->cache_rows, 12);
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, 4));
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, 4)); /* is there already */
        assert_int_equal(self.fills, 3 * again + 3);
        kith_data_gather(data, index, 2, x, label);
        assert_int_equal(label[0], 42 % CLASSES);
        assert_close((double)x[FEATURES + 2], fake_number(&self, 40, 2) / 255.0, 1e-6, 0);
    }
    kith_data_close(data);
    world_close(&w);
}

/* Learners' tests are made whole, but only as many examples used as asked for. */
static void eval_examples_shorten_generated_tests(void **state)
{
    (void)state;
    world w = WORLD("run.learners=12", "data.eval_examples=5");
    fake self = fake_of(KITH_STORE_REAL);
    self.info.users = SIZE_MAX;
    kith_data *data = NULL;
    assert_ok(w.ctx, open_with(&w, &generated, &self, &data));
    assert_int_equal(kith_data_test_size(data), 5);
    kith_data_close(data);
    world_close(&w);
}

static void choices_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *message;
        const kith_plugin *plugin;
        kith_status status;
        size_t users, features, channels;
    } bad[] = {
        {"data.scaling=unit",
         "--set: data.scaling = unit: the features of fake are reals, and unit is for bytes; choose raw, standard or "
         "feature",
         &pooled, KITH_ECONFIG, 0, FEATURES, 0},
        {"data.scaling=feature",
         "--set: data.scaling = feature: fake makes examples when they are needed, so that there is no pool to take "
         "statistics of; choose raw",
         &generated, KITH_ECONFIG, SIZE_MAX, FEATURES, 0},
        {"partition.kind=iid",
         "--set: partition.kind = iid: fake makes each learner's examples, so that there is no pool to deal; choose "
         "natural "
         "or auto",
         &generated, KITH_ECONFIG, SIZE_MAX, FEATURES, 0},
        {"run.learners=9",
         "--set: run.learners = 9: the data set fake has only 8 users, one a learner; ask for at most as many",
         &generated, KITH_ECONFIG, 8, FEATURES, 0},
        {"partition.kind=natural",
         "--set: partition.kind = natural: the data set fake does not come by user; choose iid or another kind",
         &pooled, KITH_ECONFIG, 0, FEATURES, 0},
        {"run.learners=9", "data set fake: neither load() nor size() and fill()", &neither, KITH_EPLUGIN, 0, FEATURES,
         0},
        {"run.learners=9", "data set fake: examples without features", &pooled, KITH_EPLUGIN, 0, 0, 0},
        {"run.learners=9", "data set fake: channels x height x width is not the number of features", &pooled,
         KITH_EPLUGIN, 0, FEATURES, 1},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        world w = WORLD(bad[k].setting);
        fake self = fake_of(KITH_STORE_REAL);
        self.info.users = bad[k].users;
        self.info.shape.features = bad[k].features;
        self.info.shape.channels = bad[k].channels;
        kith_data *data = NULL;
        assert_refused(w.ctx, open_with(&w, bad[k].plugin, &self, &data), bad[k].status, bad[k].message);
        assert_null(data);
        world_close(&w);
    }
}

static void bad_labels_and_numbers_are_named(void **state)
{
    (void)state;
    world w = WORLD("run.learners=2");
    kith_data *data = NULL;
    fake self = fake_of(KITH_STORE_REAL);
    self.bad_label = 3;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                   "fake, training examples: label 3 of example 7 is outside 0..2");
    self.bad_label = -1;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                   "fake, training examples: label -1 of example 7 is outside 0..2");
    self.bad_label = 0;
    self.bad_number = (double)NAN;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                   "fake, test examples: example 2, feature 3 is not a finite number");
    self.bad_number = -(double)INFINITY;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA,
                   "fake, test examples: example 2, feature 3 is not a finite number");
    self.bad_number = 0.0;
    self.info.examples[KITH_TRAIN] = 0;
    assert_refused(w.ctx, open_with(&w, &pooled, &self, &data), KITH_EDATA, "fake: no training examples");
    world_close(&w);
}

/* A partition that was written reads back to the same deal. */
static void a_written_partition_reads_back(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=dirichlet", "partition.samples=20");
    world again = WORLD("partition.kind=file", "partition.file=written-partition.csv");
    fake self = fake_of(KITH_STORE_REAL);
    kith_data *a = NULL, *b = NULL;
    assert_ok(w.ctx, open_with(&w, &pooled, &self, &a));
    FILE *out = fopen("written-partition.csv", "w");
    assert_non_null(out);
    assert_ok(w.ctx, kith_data_write_partition(w.ctx, a, out));
    fclose(out);
    assert_ok(again.ctx, open_with(&again, &pooled, &self, &b));
    assert_memory_equal(a->offset, b->offset, 5 * sizeof *a->offset);
    assert_memory_equal(a->index, b->index, 80 * sizeof *a->index);
    unlink("written-partition.csv");
    kith_data_close(a);
    kith_data_close(b);
    world_close(&w);
    world_close(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_reals_are_gathered_as_they_are),
        cmocka_unit_test(bytes_are_divided_by_255_unless_told_otherwise),
        cmocka_unit_test(codes_are_never_scaled),
        cmocka_unit_test(codes_outside_their_range_are_named),
        cmocka_unit_test(standard_scaling_takes_mean_and_deviation_away),
        cmocka_unit_test(feature_scaling_goes_column_by_column),
        cmocka_unit_test(constants_are_scaled_to_zero),
        cmocka_unit_test(gathering_has_the_bits_of_the_naive_loop),
        cmocka_unit_test(labels_are_counted),
        cmocka_unit_test(data_without_labels_leave_them_alone),
        cmocka_unit_test(eval_examples_shorten_the_test),
        cmocka_unit_test(generated_data_fill_one_cache),
        cmocka_unit_test(eval_examples_shorten_generated_tests),
        cmocka_unit_test(choices_that_do_not_fit_are_refused),
        cmocka_unit_test(bad_labels_and_numbers_are_named),
        cmocka_unit_test(a_written_partition_reads_back),
    };
    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
