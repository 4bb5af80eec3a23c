#include "support.h"

#include "quadratics.h"
#include "ended.h"

#include <kith/random.h>

/* f_i = a/2 |x - b_i|^2: grad f = a (x - mean b), dissimilarity a^2 times the variance of b, in each coordinate. More
 * learners than lanes, and more coordinates than a block. */
static void gradients_of_quadratics(void **state)
{
    (void)state;
    static const int learners[] = {1, 5, 40};
    for (size_t k = 0; k < 3; k++) {
        enum { D = 5000 };
        settings s;
        const int n = learners[k];
        quadratic(&s, "fedavg", n, 1, D, 1);
        set(&s, "quadratic.a=2");
        set(&s, "quadratic.init=3");
        set(&s, "participation.arrivals=1");
        set(&s, "eval.gradient_norm=yes");
        set(&s, "eval.lane=3");
        run_all(&s);
        double mean = 0, variance = 0;
        for (int i = 1; i <= n; i++)
            mean += 1.0 * i / n;
        for (int i = 1; i <= n; i++)
            variance += (i - mean) * (i - mean) / n;
        assert_close(metric("gradient_norm_squared", 0), 4 * D * (3 - mean) * (3 - mean), 1e-6, 0);
        assert_close(metric("gradient_dissimilarity", 0), 4 * D * variance, 1e-6, 1e-9);
    }
}

/* Two learners with two and three of five points: weights 1/2 each, or 2/5 and 3/5. Far from the origin, where |grad
 * f|^2 is a million times the dissimilarity. */
static void gradients_weigh_learners(void **state)
{
    (void)state;
    for (int by_examples = 0; by_examples < 2; by_examples++) {
        settings s;
        quadratic(&s, "fedavg", 5, 0.125, 2, 1);
        set(&s, "run.learners=2");
        set(&s, "quadratic.init=1024");
        set(&s, "participation.arrivals=1");
        set(&s, "eval.gradient_norm=yes");
        set(&s, "eval.lane=2");
        set(&s, "eval.gradient_weights=%s", by_examples ? "examples" : "equal");
        run_all(&s);
        const double b0 = 0.1875, b1 = 0.5, w = by_examples ? 0.4 : 0.5, mean = w * b0 + (1 - w) * b1;
        const double spread = w * (b0 - mean) * (b0 - mean) + (1 - w) * (b1 - mean) * (b1 - mean);
        assert_close(metric("gradient_norm_squared", 0), 2 * (1024 - mean) * (1024 - mean), 1e-6, 0);
        assert_close(metric("gradient_dissimilarity", 0), 2 * spread, 1e-5, 0);
    }
}

/* ---- a pool of four-pixel images that a test can classify itself ---- */

enum { IMAGES = 120, PIXELS = 4, LABELS = 3, CLASSES = 10, LEARNERS = 12 };

typedef struct pool {
    unsigned char pixel[IMAGES][PIXELS], label[IMAGES];
    int owner[IMAGES];
} pool;

static void write_idx(const char *images, const char *labels, const pool *p)
{
    unsigned char head[16] = {0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, 2, 0, 0, 0, 2};
    unsigned char file[16 + sizeof p->pixel], short_file[8 + IMAGES];
    memcpy(file, head, 16);
    memcpy(file + 16, p->pixel, sizeof p->pixel);
    scratch_write(images, file, sizeof file);
    head[3] = 1;
    memcpy(short_file, head, 8);
    memcpy(short_file + 8, p->label, IMAGES);
    scratch_write(labels, short_file, sizeof short_file);
}

/* Learner i holds 4 + i images, those that are left go to the last. */
static void make_pool(pool *p, settings *s)
{
    kith_stream draws = kith_stream_at(11, KITH_FOR_PLUGIN, 0, 0);
    char lines[IMAGES * 16] = "";
    for (int e = 0, owner = 0, left = 4; e < IMAGES; e++, left--) {
        if (left == 0 && owner < LEARNERS - 1) left = 4 + ++owner;
        p->label[e] = (unsigned char)kith_draw_below(&draws, LABELS);
        p->owner[e] = owner;
        for (int k = 0; k < PIXELS; k++)
            p->pixel[e][k] = (unsigned char)(kith_draw_below(&draws, 200) + (k == p->label[e] ? 55 : 0));
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%d,%d\n", owner, e);
    }
    scratch_write("deal", lines, strlen(lines));
    write_idx("images", "labels", p);
    static const char *const values[] = {"run.algorithm=fedavg",    "run.model=linear",
                                         "run.dataset=idx",         "idx.train_images=images",
                                         "idx.train_labels=labels", "idx.test_images=images",
                                         "idx.test_labels=labels",  "partition.kind=file",
                                         "partition.file=deal",     "local.lr=1",
                                         "local.batch=0",           "participation.arrivals=12"};
    s->count = 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        set(s, "%s", values[i]);
    set(s, "run.learners=%d", LEARNERS);
}

/* The linear model's x: W (C, F), then b (C). */
static int classify(const float *x, const unsigned char *pixel)
{
    int best = 0;
    double greatest = -INFINITY;
    for (int c = 0; c < CLASSES; c++) {
        double score = x[PIXELS * CLASSES + c];
        for (int f = 0; f < PIXELS; f++)
            score += x[c * PIXELS + f] * pixel[f] / 255.0;
        if (score > greatest) best = c;
        if (score > greatest) greatest = score;
    }
    return best;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Reads out/model.npy's numbers, whichever precision they are of. */
static void read_model(float *x, size_t count)
{
    FILE *file = fopen("out/model.npy", "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, -(long)(count * sizeof(kith_real)), SEEK_END), 0);
    for (size_t i = 0; i < count; i++) {
        kith_real value = 0;
        assert_int_equal(fread(&value, sizeof value, 1, file), 1);
        x[i] = (float)value;
    }
    fclose(file);
}

static void learners_own_accuracies(void **state)
{
    (void)state;
    pool p;
    settings s;
    make_pool(&p, &s);
    set(&s, "run.rounds=30");
    set(&s, "local.steps=5");
    set(&s, "eval.per_learner=yes");
    set(&s, "eval.lane=3");
    run_all(&s);
    float x[PIXELS * CLASSES + CLASSES];
    read_model(x, sizeof x / sizeof *x);
    double right[LEARNERS] = {0}, all[LEARNERS] = {0}, total = 0, mean = 0, square = 0;
    for (int e = 0; e < IMAGES; e++) {
        const bool hit = classify(x, p.pixel[e]) == p.label[e];
        right[p.owner[e]] += hit;
        all[p.owner[e]]++;
        total += hit;
    }
    for (int i = 0; i < LEARNERS; i++)
        mean += (right[i] /= all[i]) / LEARNERS;
    qsort(right, LEARNERS, sizeof *right, ascending);
    assert_close(metric("test_accuracy", 30), total / IMAGES, 1e-12, 0);
    assert_close(metric("global_on_own_train_accuracy_mean", 30), mean, 1e-12, 0);
    for (int i = 0; i < LEARNERS; i++)
        square += (right[i] - mean) * (right[i] - mean) / LEARNERS;
    assert_close(metric("global_on_own_train_accuracy_sd", 30), sqrt(square), 1e-12, 0);
    assert_close(metric("global_on_own_train_accuracy_min", 30), right[0], 1e-12, 0);
    assert_close(metric("global_on_own_train_accuracy_worst_tenth", 30), (right[0] + right[1]) / 2, 1e-12, 0);
    assert_true(right[0] < right[LEARNERS - 1] && total > 0.5 * IMAGES);
    /* at the start all scores are equal: the loss is log C everywhere */
    assert_close(metric("global_on_own_train_loss_mean", 0), log(CLASSES), 1e-6, 0);
    assert_close(metric("global_on_own_train_loss_max", 0), log(CLASSES), 1e-6, 0);
    assert_true(isnan(metric("val_loss", 0)));
}

/* Of n examples floor(n / 2) are held out: with all learners in each round, a round's steps tell how many are trained
 * on. */
static void held_out_examples(void **state)
{
    (void)state;
    pool p;
    settings s;
    make_pool(&p, &s);
    set(&s, "run.rounds=2");
    set(&s, "local.unit=epochs");
    set(&s, "local.steps=1");
    set(&s, "local.batch=1");
    set(&s, "local.lr=0.1");
    set(&s, "eval.every=1");
    set(&s, "eval.per_learner=yes");
    set(&s, "data.validation=0.5");
    run_all(&s);
    double count[LEARNERS] = {0}, trained = 0;
    for (int e = 0; e < IMAGES; e++)
        count[p.owner[e]]++;
    for (int i = 0; i < LEARNERS; i++)
        trained += count[i] - floor(count[i] / 2);
    assert_close(metric("local_steps_mean", 1), trained / LEARNERS, 1e-12, 0);
    assert_close(metric("val_loss", 0), log(CLASSES), 1e-6, 0);
    /* a whole number of the examples held out is right */
    const double right = metric("val_accuracy", 2) * (IMAGES - trained);
    assert_close(right, round(right), 0, 1e-9);
    assert_true(metric("val_loss", 2) < metric("val_loss", 0));
}

static void targets_are_noted_once(void **state)
{
    (void)state;
    pool p;
    settings s;
    make_pool(&p, &s);
    set(&s, "run.rounds=30");
    set(&s, "local.steps=5");
    set(&s, "eval.every=2");
    set(&s, "eval.target=0.2, 0.45, 0.625, 0.999");
    set(&s, "clock.timed=yes");
    set(&s, "clock.compute=constant");
    set(&s, "clock.compute_time=0.2"); /* a second a round */
    run_all(&s);
    static const double target[] = {0.45, 0.625};
    static const char *const name[] = {"0.45", "0.625"};
    for (int k = 0; k < 2; k++) {
        const double first =
            ask("SELECT min(round) FROM metrics WHERE name = 'test_accuracy' AND value >= %.17g", target[k]);
        assert_true(first > 0);
        assert_close(ask("SELECT count(*) FROM metrics WHERE name = 'rounds_to_%s'", name[k]), 1, 0, 0);
        assert_close(ask("SELECT value FROM metrics WHERE name = 'rounds_to_%s'", name[k]), first, 0, 0);
        assert_close(ask("SELECT round FROM metrics WHERE name = 'rounds_to_%s'", name[k]), first, 0, 0);
        assert_close(ask("SELECT value FROM metrics WHERE name = 'bytes_to_%s'", name[k]),
                     ask("SELECT value FROM metrics WHERE name = 'bytes_sent' AND round = %g", first), 0, 0);
        assert_close(ask("SELECT value FROM metrics WHERE name = 'virtual_time_to_%s'", name[k]), first, 1e-12, 0);
    }
    assert_close(ask("SELECT value FROM metrics WHERE name = 'rounds_to_0.20'"), 0, 0, 0);
    assert_true(isnan(ask("SELECT value FROM metrics WHERE name LIKE 'rounds_to_0.999'")));
}

static void histograms_count_arrivals(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "afa-cd", 9, 0.25, 2, 40);
    set(&s, "participation.kind=clock");
    set(&s, "participation.arrivals=4");
    set(&s, "local.lr=0.01");
    set(&s, "eval.every=1");
    run_all(&s);
    assert_close(ask("SELECT sum(value) FROM histograms WHERE name = 'staleness'"), 160, 0, 0);
    assert_close(ask("SELECT sum(bin * value) / 160 FROM histograms WHERE name = 'staleness'"),
                 ask("SELECT avg(value) FROM metrics WHERE name = 'staleness_mean'"), 1e-12, 0);
    assert_close(ask("SELECT sum(value) FROM histograms WHERE name = 'participation'"), 9, 0, 0);
    assert_close(ask("SELECT sum(bin * value) FROM histograms WHERE name = 'participation'"), 160, 0, 0);
}

/* What a lost visit downloaded is sent all the same: FedAvg moves d reals each way. */
static void bytes_of_lost_visits(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "fedavg", 9, 0.25, 7, 50);
    set(&s, "participation.arrivals=4");
    set(&s, "participation.dropout=0.4");
    set(&s, "local.lr=0.01");
    set(&s, "eval.every=10");
    run_all(&s);
    const double lost = metric("visits_lost", 50);
    const double arrived = ask("SELECT sum(bin * value) FROM histograms WHERE name = 'participation'");
    assert_true(lost > 40);
    assert_close(lost + arrived, 200, 0, 0.04 * 200); /* but for rounds in which all four vanish */
    assert_close(metric("bytes_sent", 50), 7.0 * sizeof(kith_real) * (2 * arrived + lost), 0, 0);
    assert_close(ask("SELECT sum(value) * 10 FROM metrics WHERE name = 'arrivals_mean'"), arrived, 1e-12, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gradients_of_quadratics, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(gradients_weigh_learners, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(learners_own_accuracies, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(held_out_examples, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(targets_are_noted_once, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(histograms_count_arrivals, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(bytes_of_lost_visits, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}
