#include "dataworld.h"

#include <kith/random.h>

/* Flipped labels: whose, which, what they become, and what keeps its own. */

enum { LEARNERS = 20, TRAIN = 600, TEST = 12, CLASSES = 5 };

/* The pool's example e has the label e mod C and e itself as its only feature; so do generated ones, learner i's from
 * 50 i on. */
typedef struct fake {
    size_t classes, codes;
} fake;

static kith_status fake_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    const fake *f = self;
    (void)ctx;
    *info = (kith_dataset_info){.shape = {.features = 1, .classes = f->classes, .codes = f->codes},
                                .store = KITH_STORE_REAL,
                                .users = SIZE_MAX,
                                .examples = {TRAIN, TEST}};
    return KITH_OK;
}

static void fake_rows(const fake *f, size_t first, size_t count, kith_real *features, int32_t *labels)
{
    for (size_t e = 0; e < count; e++) {
        features[e] = (kith_real)(f->codes ? (first + e) % f->codes : first + e);
        if (labels) labels[e] = (int32_t)((first + e) % f->classes);
    }
}

static kith_status fake_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                             kith_real *targets)
{
    (void)targets;
    (void)ctx;
    fake_rows(self, 0, split == KITH_TEST ? TEST : TRAIN, features, labels);
    return KITH_OK;
}

static size_t fake_size(const void *self, kith_split split, size_t learner)
{
    (void)self;
    (void)learner;
    return split == KITH_TEST ? 1 : 30;
}

static kith_status fake_fill(void *self, kith_ctx *ctx, kith_split split, size_t learner, void *features,
                             int32_t *labels, kith_real *targets)
{
    (void)targets;
    (void)ctx;
    fake_rows(self, 50 * learner, fake_size(self, split, learner), features, labels);
    return KITH_OK;
}

static const kith_dataset pooled_ops = {.describe = fake_describe, .load = fake_load};
static const kith_dataset generated_ops = {.describe = fake_describe, .size = fake_size, .fill = fake_fill};
static const kith_plugin pooled = {.id = "fake", KITH_PLUGIN_OPS(pooled_ops)};
static const kith_plugin generated = {.id = "fake", KITH_PLUGIN_OPS(generated_ops)};

typedef struct flipped {
    world w;
    fake set;
    kith_data *data;
} flipped;

static kith_status try_flips(flipped *o, const kith_plugin *plugin, fake set, uint64_t seed,
                             const char *const *settings)
{
    *o = (flipped){.w = world_open(settings), .set = set};
    const kith_instance instance = {.plugin = plugin, .config = &o->set, .self = &o->set};
    return kith_data_open(o->w.ctx, o->w.ex, o->w.config, &instance, &o->w.data, &o->w.partition, (size_t)o->w.learners,
                          seed, &o->data);
}

static void close_flips(flipped *o)
{
    kith_data_close(o->data);
    world_close(&o->w);
}

#define FLIPS(o, plugin, classes, seed, ...)                                                                           \
    do {                                                                                                               \
        const kith_status status_ = try_flips(o, plugin, (fake){classes, 0}, seed,                                     \
                                              (const char *const[]){"run.learners=20", __VA_ARGS__, NULL});            \
        assert_ok((o)->w.ctx, status_);                                                                                \
    } while (0)

/* All that a learner gathers, held-out examples last: each example's number and label. */
static size_t gather_all(flipped *o, size_t learner, kith_real *example, int32_t *label)
{
    uint32_t index[TRAIN];
    assert_ok(o->w.ctx, kith_data_visit(o->w.ctx, o->data, learner));
    const size_t count = kith_data_size(o->data, learner) + kith_data_validation_size(o->data, learner);
    for (uint32_t k = 0; k < count; k++)
        index[k] = k;
    kith_data_gather(o->data, index, count, example, label);
    return count;
}

static size_t count_flipped(const flipped *o)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)o->w.learners; i++)
        count += kith_data_is_flipped(o->data, i);
    return count;
}

static void as_many_learners_as_asked_for(void **state)
{
    static const struct {
        const char *share;
        size_t count;
    } cases[] = {{"data.flipped=0", 0},     {"data.flipped=0.03", 1}, {"data.flipped=0.2", 4},
                 {"data.flipped=0.275", 6}, {"data.flipped=0.27", 5}, {"data.flipped=1", LEARNERS}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        flipped o;
        FLIPS(&o, &pooled, CLASSES, 3, cases[k].share);
        assert_int_equal(count_flipped(&o), cases[k].count);
        assert_int_equal(kith_data_flipped(o.data), cases[k].count);
        close_flips(&o);
    }
}

/* Every learner is as likely as any other: 400 seeds choose 5 of 20, so each about 100 times, deviation 8.7. */
static void who_is_drawn_depends_on_the_seed_alone(void **state)
{
    enum { SEEDS = 400 };
    size_t often[LEARNERS] = {0};
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        flipped o, again, more;
        FLIPS(&o, &pooled, CLASSES, seed, "data.flipped=0.25");
        for (size_t i = 0; i < LEARNERS; i++)
            often[i] += kith_data_is_flipped(o.data, i);
        if (seed < 20) {
            FLIPS(&again, &generated, CLASSES, seed, "data.flipped=0.25", "data.flip=next", "data.flip_share=0.5");
            FLIPS(&more, &pooled, CLASSES, seed, "data.flipped=0.4");
            assert_int_equal(count_flipped(&more), 8);
            for (size_t i = 0; i < LEARNERS; i++) {
                assert_int_equal(kith_data_is_flipped(o.data, i), kith_data_is_flipped(again.data, i));
                if (kith_data_is_flipped(o.data, i)) assert_true(kith_data_is_flipped(more.data, i));
            }
            close_flips(&again);
            close_flips(&more);
        }
        close_flips(&o);
    }
    for (size_t i = 0; i < LEARNERS; i++)
        assert_in_range(often[i], 100 - 35, 100 + 35);
}

static int32_t turned(const char *how, int32_t label, size_t classes)
{
    const int32_t last = (int32_t)classes - 1;
    if (strstr(how, "reverse")) return last - label;
    return label == last ? 0 : label + 1;
}

/* By the example's number, which its feature is. */
static void labels_are_turned_as_their_mapping_says(void **state)
{
    static const char *const how[] = {"data.flip=reverse", "data.flip=next"};
    static const kith_plugin *const plugins[] = {&pooled, &generated};
    kith_real example[TRAIN];
    int32_t label[TRAIN];
    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (size_t p = 0; p < 2; p++)
            for (size_t classes = 2; classes <= 5; classes++) {
                flipped o;
                FLIPS(&o, plugins[p], classes, 8, "data.flipped=0.3", how[k], "data.validation=0.2");
                for (size_t i = 0; i < LEARNERS; i++) {
                    const size_t count = gather_all(&o, i, example, label);
                    assert_int_equal(count, 30);
                    for (size_t e = 0; e < count; e++) {
                        const int32_t truth = (int32_t)((size_t)example[e] % classes);
                        const int32_t wrong = turned(how[k], truth, classes);
                        assert_int_equal(label[e], kith_data_is_flipped(o.data, i) ? wrong : truth);
                    }
                }
                close_flips(&o);
            }
}

/* Of 3000 draws each of the four others has about 750, deviation 24; learners differ in what an example is called. */
static void random_labels_are_any_but_the_true_one(void **state)
{
    enum { MOST = 60 };
    size_t often[CLASSES] = {0}, all = 0, differ = 0;
    kith_real example[TRAIN], other_example[TRAIN];
    int32_t label[TRAIN], other[TRAIN];
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        flipped o;
        FLIPS(&o, &pooled, CLASSES, seed, "data.flipped=1", "data.flip=random", "partition.kind=dirichlet",
              "partition.samples=60", "partition.alpha=100");
        for (size_t i = 0; i < LEARNERS; i++) {
            const size_t count = gather_all(&o, i, example, label);
            assert_int_equal(count, MOST);
            for (size_t e = 0; e < count; e++, all++) {
                const int32_t truth = (int32_t)((size_t)example[e] % CLASSES);
                assert_in_range(label[e], 0, CLASSES - 1);
                assert_int_not_equal(label[e], truth);
                often[(label[e] - truth + CLASSES) % CLASSES]++;
            }
        }
        const size_t count = gather_all(&o, 0, example, label), others = gather_all(&o, 1, other_example, other);
        for (size_t a = 0; a < count; a++)
            for (size_t b = 0; b < others; b++)
                if (example[a] == other_example[b]) differ += label[a] != other[b];
        close_flips(&o);
    }
    for (size_t c = 1; c < CLASSES; c++)
        assert_in_range(often[c], all / 4 - 240, all / 4 + 240);
    assert_true(all == 6000 && differ > 0);
}

/* One by one or together, on another visit, in another run: the same labels, of held-out examples too. */
static void an_example_has_one_wrong_label(void **state)
{
    kith_real example[TRAIN];
    int32_t label[TRAIN], again[TRAIN], one;
    flipped o, same;
    (void)state;
    FLIPS(&o, &pooled, CLASSES, 1, "data.flipped=1", "data.flip=random", "data.flip_share=0.7", "data.validation=0.3");
    FLIPS(&same, &pooled, CLASSES, 1, "data.flipped=1", "data.flip=random", "data.flip_share=0.7",
          "data.validation=0.3");
    const size_t count = gather_all(&o, 4, example, label);
    assert_int_equal(kith_data_validation_size(o.data, 4), 9);
    for (uint32_t k = (uint32_t)count; k-- > 0;) {
        kith_data_gather(o.data, &k, 1, example, &one);
        assert_int_equal(one, label[k]);
    }
    gather_all(&o, 5, example, again);
    gather_all(&o, 4, example, again);
    assert_memory_equal(label, again, count * sizeof *label);
    gather_all(&same, 4, example, again);
    assert_memory_equal(label, again, count * sizeof *label);
    close_flips(&same);
    close_flips(&o);
}

/* Whether or not some are held out, and so in another order: by its number in the pool, an example has the same label,
 * and is counted by it. */
static void a_wrong_label_does_not_depend_on_the_place(void **state)
{
    kith_real example[2][TRAIN];
    int32_t label[2][TRAIN];
    uint64_t counts[CLASSES];
    size_t count = 0, places = 0;
    (void)state;
    for (int held = 0; held < 2; held++) {
        flipped o;
        FLIPS(&o, &pooled, CLASSES, 1, "data.flipped=1", "data.flip=random", "data.flip_share=0.7",
              held ? "data.validation=0.3" : "data.validation=0");
        count = gather_all(&o, 4, example[held], label[held]);
        assert_ok(o.w.ctx, kith_data_labels(o.w.ctx, o.data, 4, counts));
        for (size_t k = 0; k < kith_data_size(o.data, 4); k++)
            counts[label[held][k]]--;
        for (size_t c = 0; c < CLASSES; c++)
            assert_int_equal(counts[c], 0);
        close_flips(&o);
    }
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++)
            if (example[0][a] == example[1][b]) {
                assert_int_equal(label[0][a], label[1][b]);
                places += a != b;
            }
    assert_true(places > count / 2);
}

/* Of one deal, in the pool's order, so that nothing else differs. */
static void another_seed_has_other_wrong_labels(void **state)
{
    kith_real example[TRAIN];
    int32_t label[2][TRAIN];
    size_t count = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        flipped o;
        FLIPS(&o, &pooled, CLASSES, seed, "data.flipped=1", "data.flip=random", "partition.kind=sequential");
        count = gather_all(&o, 4, example, label[seed]);
        assert_true(example[0] == 120);
        close_flips(&o);
    }
    assert_memory_not_equal(label[0], label[1], count * sizeof *label[0]);
}

/* 600 examples: a share of 0.3 is about 180, deviation 11. Those that are wrong stay wrong alike where the share is
 * larger. */
static void a_share_of_the_examples_is_wrong(void **state)
{
    static const char *const how[] = {"data.flip=next", "data.flip=random"};
    kith_real example[TRAIN];
    int32_t few[TRAIN], many[TRAIN];
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        flipped o, more;
        size_t wrong = 0;
        FLIPS(&o, &pooled, CLASSES, 6, "data.flipped=1", how[k], "data.flip_share=0.3");
        FLIPS(&more, &pooled, CLASSES, 6, "data.flipped=1", how[k], "data.flip_share=0.6");
        for (size_t i = 0; i < LEARNERS; i++) {
            const size_t count = gather_all(&o, i, example, few);
            gather_all(&more, i, example, many);
            for (size_t e = 0; e < count; e++) {
                if (few[e] == (int32_t)((size_t)example[e] % CLASSES)) continue;
                wrong++;
                assert_int_equal(few[e], many[e]);
            }
        }
        assert_in_range(wrong, 180 - 45, 180 + 45);
        close_flips(&o);
        close_flips(&more);
    }
}

static void tests_keep_their_labels(void **state)
{
    kith_real example[TEST];
    int32_t label[TEST];
    flipped o;
    (void)state;
    FLIPS(&o, &pooled, CLASSES, 1, "data.flipped=1", "data.flip=next");
    assert_ok(o.w.ctx, kith_data_visit(o.w.ctx, o.data, 2));
    kith_data_test(o.data, 0, TEST, example, label);
    for (size_t e = 0; e < TEST; e++)
        assert_int_equal(label[e], e % CLASSES);
    close_flips(&o);
}

/* Learner 0 has examples 0, 5, 10 of label 0, 1 and 6 of label 1, 4 of label 4 and 3 of label 3. */
static void counts_are_of_labels_as_the_learner_sees_them(void **state)
{
    static const char *const how[] = {"data.flip=reverse", "data.flip=next"};
    static const uint64_t wanted[][CLASSES] = {{1, 1, 0, 2, 3}, {1, 3, 2, 0, 1}};
    (void)state;
    FILE *deal = fopen("flips-deal.csv", "w");
    assert_non_null(deal);
    fputs("0,0\n0,5\n0,10\n0,1\n0,6\n0,4\n0,3\n", deal);
    for (int i = 1; i < LEARNERS; i++)
        fprintf(deal, "%d,%d\n", i, 20 + i);
    fclose(deal);
    for (size_t k = 0; k < 2; k++) {
        flipped o;
        uint64_t counts[CLASSES];
        FLIPS(&o, &pooled, CLASSES, 1, "data.flipped=1", how[k], "partition.kind=file",
              "partition.file=flips-deal.csv");
        assert_ok(o.w.ctx, kith_data_labels(o.w.ctx, o.data, 0, counts));
        assert_memory_equal(counts, wanted[k], sizeof counts);
        close_flips(&o);
    }
    remove("flips-deal.csv");
}

/* With one label a learner, the deal would be another by flipped ones. */
static void the_deal_is_by_true_labels(void **state)
{
    flipped plain, o;
    (void)state;
    FLIPS(&plain, &pooled, CLASSES, 1, "partition.kind=label-k", "partition.labels=1");
    FLIPS(&o, &pooled, CLASSES, 1, "partition.kind=label-k", "partition.labels=1", "data.flipped=0.5",
          "data.flip=random");
    assert_memory_equal(plain.data->offset, o.data->offset, (LEARNERS + 1) * sizeof *o.data->offset);
    assert_memory_equal(plain.data->index, o.data->index, TRAIN * sizeof *o.data->index);
    close_flips(&plain);
    close_flips(&o);
}

static void who_it_is_is_told(void **state)
{
    flipped o;
    char wanted[256] = "labels are flipped for 4 of 20 learners: ";
    (void)state;
    FLIPS(&o, &pooled, CLASSES, 1, "data.flip=reverse");
    assert_string_equal(kith_ctx_notes(o.w.ctx), "");
    close_flips(&o);
    FLIPS(&o, &pooled, CLASSES, 1, "data.flipped=0.2");
    for (size_t i = 0, told = 0; i < LEARNERS; i++)
        if (kith_data_is_flipped(o.data, i))
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%zu", told++ ? ", " : "", i);
    snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "\n");
    assert_string_equal(kith_ctx_notes(o.w.ctx), wanted);
    close_flips(&o);
    const kith_status status = try_flips(&o, &generated, (fake){CLASSES, 0}, 1,
                                         (const char *const[]){"run.learners=100", "data.flipped=1", NULL});
    assert_ok(o.w.ctx, status);
    assert_string_equal(kith_ctx_notes(o.w.ctx),
                        "labels are flipped for 100 of 100 learners: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, "
                        "15, 16, 17, 18, 19 and others, which `kith show --partition` marks\n");
    close_flips(&o);
}

static void what_has_no_labels_to_flip_is_refused(void **state)
{
    static const struct {
        fake set;
        const char *share, *message;
    } cases[] = {
        {{0, 0},
         "data.flipped=0.2",
         "--set: data.flipped = 0.2: fake has no classes, and so no labels to flip; leave it 0"},
        {{1, 0},
         "data.flipped=0.2",
         "--set: data.flipped = 0.2: fake has one class, and so no other label; leave it 0"},
        {{5, 5},
         "data.flipped=0.2",
         "--set: data.flipped = 0.2: models of fake learn each next code, not the label of an example; leave it 0"},
        {{5, 0},
         "data.flipped=0.02",
         "--set: data.flipped = 0.02: to the nearest, that is none of 20 learners; one is a share of 0.05"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int made = 0; made < 2; made++) {
            flipped o;
            const kith_status status = try_flips(&o, made ? &generated : &pooled, cases[k].set, 1,
                                                 (const char *const[]){"run.learners=20", cases[k].share, NULL});
            assert_refused(o.w.ctx, status, KITH_ECONFIG, cases[k].message);
            world_close(&o.w);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_learners_as_asked_for),
        cmocka_unit_test(who_is_drawn_depends_on_the_seed_alone),
        cmocka_unit_test(labels_are_turned_as_their_mapping_says),
        cmocka_unit_test(random_labels_are_any_but_the_true_one),
        cmocka_unit_test(an_example_has_one_wrong_label),
        cmocka_unit_test(a_wrong_label_does_not_depend_on_the_place),
        cmocka_unit_test(another_seed_has_other_wrong_labels),
        cmocka_unit_test(a_share_of_the_examples_is_wrong),
        cmocka_unit_test(tests_keep_their_labels),
        cmocka_unit_test(counts_are_of_labels_as_the_learner_sees_them),
        cmocka_unit_test(the_deal_is_by_true_labels),
        cmocka_unit_test(who_it_is_is_told),
        cmocka_unit_test(what_has_no_labels_to_flip_is_refused),
    };
    return cmocka_run_group_tests_name("flips", tests, NULL, NULL);
}
