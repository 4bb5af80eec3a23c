#include "dataworld.h"

#include <kith/random.h>

#include <math.h>

/* Batches from the whole pool: their classes follow the learner's mix, their examples are any of the class. */

enum { LEARNERS = 6, TRAIN = 300, CLASSES = 5, DRAWS = 30000 };

/* Example e has the label e mod 4 and itself as its only feature: class 4 has no example. */
static kith_status describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    (void)self;
    (void)ctx;
    *info = (kith_dataset_info){
        .shape = {.features = 1, .classes = CLASSES}, .store = KITH_STORE_REAL, .examples = {TRAIN, 4}};
    return KITH_OK;
}

static kith_status load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets)
{
    (void)self;
    (void)ctx;
    (void)targets;
    for (size_t e = 0; e < (split == KITH_TEST ? 4 : TRAIN); e++) {
        ((kith_real *)features)[e] = (kith_real)e;
        labels[e] = (int32_t)(e % 4);
    }
    return KITH_OK;
}

static const kith_dataset ops = {.describe = describe, .load = load};
static const kith_plugin pooled = {.id = "fake", KITH_PLUGIN_OPS(ops)};

static kith_status try_open(world *w, kith_data **data, const char *const *settings)
{
    *w = world_open(settings);
    const kith_instance instance = {.plugin = &pooled, .config = w, .self = w};
    return kith_data_open(w->ctx, w->ex, w->config, &instance, &w->data, &w->partition, (size_t)w->learners, 5, data);
}

static void open_data(world *w, kith_data **data, const char *kind, const char *alpha, const char *draw)
{
    const char *const settings[] = {"run.learners=6", kind, alpha, draw, "partition.samples=40", NULL};
    const kith_status status = try_open(w, data, settings);
    assert_ok(w->ctx, status);
}

static void close_data(world *w, kith_data *data)
{
    kith_data_close(data);
    world_close(w);
}

static void assert_share(double count, double of, double share)
{
    assert_close(count / of, share, 0, 3 * sqrt(share * (1 - share) / of) + 1e-12);
}

/* Within three standard errors each. */
static void draws_follow_the_mix(void **state)
{
    (void)state;
    static const char *const kinds[] = {"partition.kind=dirichlet", "partition.kind=dirichlet-share"};
    for (size_t k = 0; k < 2; k++) {
        world w;
        kith_data *data = NULL;
        open_data(&w, &data, kinds[k], "partition.alpha=0.8", "partition.draw=resample");
        assert_true(kith_data_redraws(data));
        for (size_t i = 0; i < LEARNERS; i++) {
            static uint32_t row[DRAWS];
            static kith_real x[DRAWS];
            static int32_t label[DRAWS];
            double count[CLASSES] = {0}, low[CLASSES] = {0}, sum = 0;
            const double *mix = data->redraw.mix + i * CLASSES;
            kith_stream s = kith_stream_at(3, KITH_FOR_BATCH, i, k);
            assert_ok(w.ctx, kith_data_visit(w.ctx, data, i));
            kith_data_redraw(data, &s, DRAWS, row);
            kith_data_gather_pool(data, row, DRAWS, x, label);
            for (size_t e = 0; e < DRAWS; e++) {
                assert_true(row[e] < TRAIN && (double)x[e] == row[e] && label[e] == (int32_t)(row[e] % 4));
                count[label[e]]++;
                low[label[e]] += row[e] < TRAIN / 3;
            }
            for (size_t c = 0; c < CLASSES; c++) {
                sum += mix[c];
                assert_share(count[c], DRAWS, mix[c]);
                /* 100 of 300 examples of any class lie in the first third */
                if (count[c] > 0) assert_share(low[c], count[c], 1.0 / 3);
            }
            assert_close(sum, 1, 1e-12, 0);
            assert_close(mix[4], 0, 0, 0);
        }
        close_data(&w, data);
    }
}

/* The mix is that by which fixed examples are drawn: they are the same, and 40 draws of it. */
static void held_examples_are_those_of_fixed_draws(void **state)
{
    (void)state;
    world w, v;
    kith_data *fixed = NULL, *anew = NULL;
    double square = 0;
    open_data(&w, &fixed, "partition.kind=dirichlet", "partition.alpha=2", "partition.draw=fixed");
    open_data(&v, &anew, "partition.kind=dirichlet", "partition.alpha=2", "partition.draw=resample");
    assert_false(kith_data_redraws(fixed));
    assert_memory_equal(fixed->index, anew->index, LEARNERS * 40 * sizeof *fixed->index);
    for (size_t i = 0; i < LEARNERS; i++) {
        uint64_t count[CLASSES];
        assert_int_equal(kith_data_size(anew, i), 40);
        assert_ok(v.ctx, kith_data_labels(v.ctx, anew, i, count));
        for (size_t c = 0; c < 4; c++) {
            const double expected = 40 * anew->redraw.mix[i * CLASSES + c];
            square += pow((double)count[c] - expected, 2) / expected;
        }
    }
    /* chi-square of 6 * 3 degrees of freedom: 18, with a deviation of 6 */
    assert_true(square > 4 && square < 36);
    close_data(&w, fixed);
    close_data(&v, anew);
}

/* alpha = 0: one class, and any example of it. */
static void one_class_is_one_class(void **state)
{
    (void)state;
    world w;
    kith_data *data = NULL;
    open_data(&w, &data, "partition.kind=dirichlet", "partition.alpha=0", "partition.draw=resample");
    for (size_t i = 0; i < LEARNERS; i++) {
        uint32_t row[2000];
        bool met[TRAIN] = {false};
        size_t different = 0;
        kith_stream s = kith_stream_at(3, KITH_FOR_BATCH, i, 0);
        assert_ok(w.ctx, kith_data_visit(w.ctx, data, i));
        kith_data_redraw(data, &s, 2000, row);
        for (size_t e = 0; e < 2000; e++) {
            assert_int_equal(row[e] % 4, row[0] % 4);
            different += !met[row[e]];
            met[row[e]] = true;
        }
        assert_int_equal(different, TRAIN / 4); /* none of 75 is left out by more than e^-26 */
    }
    close_data(&w, data);
}

static void what_does_not_go_with_it(void **state)
{
    (void)state;
    static const char *const other[] = {"data.test_share=0.2", "data.validation=0.1", "partition.save=deal.txt"};
    static const char *const messages[] = {
        "--set: data.test_share = 0.2: with partition.draw = resample all training examples are trained on, by anyone; "
        "leave it 0, or choose fixed",
        "--set: data.validation = 0.1: with partition.draw = resample all training examples are trained on, by anyone; "
        "leave it 0, or choose fixed",
        "--set: partition.save = deal.txt: with partition.draw = resample batches come from all training examples, so "
        "that who holds which says nothing; leave it empty, or choose fixed"};
    for (size_t k = 0; k < 3; k++) {
        world w;
        kith_data *data = NULL;
        const char *const settings[] = {"partition.kind=dirichlet", "partition.draw=resample", other[k], NULL};
        const kith_status status = try_open(&w, &data, settings);
        assert_refused(w.ctx, status, KITH_ECONFIG, messages[k]);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_follow_the_mix),
        cmocka_unit_test(held_examples_are_those_of_fixed_draws),
        cmocka_unit_test(one_class_is_one_class),
        cmocka_unit_test(what_does_not_go_with_it),
    };
    return cmocka_run_group_tests_name("redraw", tests, NULL, NULL);
}
