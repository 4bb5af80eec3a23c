#include "dataworld.h"

#include <kith/random.h>
#include <unistd.h>

/* Properties that every deal promises, on pools of made-up labels. */

/* labels e * 7 mod classes, in no order */
static int32_t *make_labels(size_t examples, size_t classes)
{
    int32_t *label = calloc(examples, sizeof *label);
    assert_non_null(label);
    for (size_t e = 0; e < examples; e++)
        label[e] = (int32_t)(e * 7 / 3 % classes);
    return label;
}

/* How often each example is held, over all learners. */
static uint32_t *times_held(const kith_deal *deal, size_t examples)
{
    uint32_t *times = calloc(examples, sizeof *times);
    assert_non_null(times);
    for (uint64_t k = 0; k < deal->offset[deal->learners]; k++) {
        assert_true(deal->index[k] < examples);
        times[deal->index[k]]++;
    }
    return times;
}

static void assert_held_between(const kith_deal *deal, size_t examples, uint32_t least, uint32_t most)
{
    uint32_t *times = times_held(deal, examples);
    for (size_t e = 0; e < examples; e++)
        assert_in_range(times[e], least, most);
    free(times);
}

static uint64_t size_of(const kith_deal *deal, size_t learner)
{
    return deal->offset[learner + 1] - deal->offset[learner];
}

static size_t labels_of(const kith_deal *deal, const int32_t *label, size_t classes, size_t learner)
{
    size_t distinct = 0;
    for (size_t c = 0; c < classes; c++) {
        bool has = false;
        for (uint64_t k = deal->offset[learner]; k < deal->offset[learner + 1]; k++)
            has |= (size_t)label[deal->index[k]] == c;
        distinct += has;
    }
    return distinct;
}

static void sizes_of_iid_differ_by_one(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=iid", "run.learners=7");
    kith_deal deal = {0}, other = {0};
    kith_deal_task task = task_of(&w, 103, 0, NULL);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 103, 1, 1);
    for (size_t i = 0; i < 7; i++)
        assert_in_range(size_of(&deal, i), 14, 15);
    size_t fixed = 0;
    for (uint32_t k = 0; k < 103; k++)
        fixed += deal.index[k] == k;
    assert_true(fixed < 10);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &other));
    assert_memory_equal(deal.index, other.index, 103 * sizeof *deal.index);
    kith_deal_free(&other);
    task.seed++;
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &other));
    assert_memory_not_equal(deal.index, other.index, 103 * sizeof *deal.index);
    kith_deal_free(&other);
    kith_deal_free(&deal);
    world_close(&w);
}

static void sequential_keeps_the_order(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=sequential", "run.learners=34");
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 34, 0, NULL);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    for (uint32_t i = 0; i < 34; i++) {
        assert_int_equal(deal.offset[i], i);
        assert_int_equal(deal.index[i], i);
    }
    kith_deal_free(&deal);
    world_close(&w);
}

/* E sum_c p_c^2 = (alpha + 1) / (C alpha + 1) for a symmetric Dirichlet; m draws from p add (1 - that) / m. */
static void dirichlet_mixes_have_their_second_moment(void **state)
{
    (void)state;
    enum { N = 3000, POOL = 10000, CLASSES = 10, SAMPLES = 50 };
    world w = WORLD("partition.kind=dirichlet", "run.learners=3000", "partition.samples=50", "partition.alpha=0.3");
    int32_t *label = make_labels(POOL, CLASSES);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, POOL, CLASSES, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    double second = 0.0, first[CLASSES] = {0};
    for (size_t i = 0; i < N; i++) {
        double count[CLASSES] = {0};
        assert_int_equal(size_of(&deal, i), SAMPLES);
        for (uint64_t k = deal.offset[i]; k < deal.offset[i + 1]; k++) {
            count[label[deal.index[k]]] += 1.0 / SAMPLES;
            for (uint64_t other = deal.offset[i]; other < k; other++)
                assert_true(deal.index[other] != deal.index[k]);
        }
        for (int c = 0; c < CLASSES; c++) {
            second += count[c] * count[c] / N;
            first[c] += count[c] / N;
        }
    }
    const double mix = 1.3 / 4.0;
    assert_close(second, mix + (1.0 - mix) / SAMPLES, 0, 5 * 0.25 / sqrt(N));
    for (int c = 0; c < CLASSES; c++)
        assert_close(first[c], 0.1, 0, 5 * 0.16 / sqrt(N));
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* One class mix of N = 2 learners and C = 2 classes with alpha = 1: a class's shares are uniform, so learner 0 has p =
 * u / (u + v) of class 0, and E[p^2 + (1 - p)^2] = 2 - 2 ln 2. */
static void shared_classes_have_their_second_moment(void **state)
{
    (void)state;
    enum { DEALS = 2000, POOL = 2000, SAMPLES = 100 };
    world w = WORLD("partition.kind=dirichlet-share", "run.learners=2", "partition.samples=100", "partition.alpha=1");
    int32_t *label = make_labels(POOL, 2);
    double second = 0.0, product = 0.0;
    for (uint64_t seed = 0; seed < DEALS; seed++) {
        kith_deal deal = {0};
        kith_deal_task task = task_of(&w, POOL, 2, label);
        double p[2] = {0};
        task.seed = seed;
        assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(size_of(&deal, i), SAMPLES);
            for (uint64_t k = deal.offset[i]; k < deal.offset[i + 1]; k++)
                p[i] += (label[deal.index[k]] == 0) / (double)SAMPLES;
            second += (p[i] * p[i] + (1 - p[i]) * (1 - p[i])) / (2 * DEALS);
        }
        product += (p[0] - 0.5) * (p[1] - 0.5) / DEALS;
        kith_deal_free(&deal);
    }
    const double mix = 2 - 2 * log(2);
    assert_close(second, mix + (1 - mix) / SAMPLES, 0, 5 * 0.2 / sqrt(DEALS));
    /* what one holds much of, the other holds little of */
    assert_true(product < -0.02);
    free(label);
    world_close(&w);
}

/* A learner alone has all of every class: an even mix, however small alpha is. */
static void a_learner_alone_shares_with_nobody(void **state)
{
    (void)state;
    world w =
        WORLD("partition.kind=dirichlet-share", "run.learners=1", "partition.samples=4000", "partition.alpha=0.001");
    int32_t *label = make_labels(5000, 4);
    double count[4] = {0};
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 5000, 4, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    for (uint64_t k = 0; k < 4000; k++)
        count[label[deal.index[k]]]++;
    for (int c = 0; c < 4; c++)
        assert_close(count[c], 1000, 0, 5 * sqrt(4000 * 0.25 * 0.75));
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* A mix of one class asks for 40 of 10 examples: each four times. Classes without examples are never asked for. */
static void dirichlet_repeats_only_when_a_class_runs_out(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=dirichlet", "run.learners=3", "partition.samples=40", "partition.alpha=0.001");
    int32_t label[10];
    for (int e = 0; e < 10; e++)
        label[e] = 4;
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 10, 6, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 10, 12, 12);
    kith_deal_free(&deal);
    world_close(&w);
}

/* As Hsu, Qi and Brown (arXiv 1909.06335) have it: at alpha = 0 a learner has examples of one class alone. */
static void dirichlet_of_0_is_one_class_a_learner(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=dirichlet", "run.learners=20", "partition.samples=30", "partition.alpha=0");
    int32_t *label = make_labels(500, 5);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 500, 5, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    bool seen[5] = {false};
    for (size_t i = 0; i < 20; i++)
        for (size_t e = deal.offset[i]; e < deal.offset[i + 1]; e++) {
            assert_int_equal(label[deal.index[e]], label[deal.index[deal.offset[i]]]);
            seen[label[deal.index[e]]] = true;
        }
    assert_true(seen[0] + seen[1] + seen[2] + seen[3] + seen[4] > 1);
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

static void more_learners_leave_the_first_ones_mixes_alone(void **state)
{
    (void)state;
    world few = WORLD("partition.kind=dirichlet", "run.learners=2", "partition.samples=30");
    world many = WORLD("partition.kind=dirichlet", "run.learners=9", "partition.samples=30");
    int32_t *label = make_labels(500, 5);
    kith_deal a = {0}, b = {0};
    const kith_deal_task task_a = task_of(&few, 500, 5, label), task_b = task_of(&many, 500, 5, label);
    assert_ok(few.ctx, kith_deal_make(few.ctx, &task_a, &a));
    assert_ok(many.ctx, kith_deal_make(many.ctx, &task_b, &b));
    assert_memory_equal(a.index, b.index, 60 * sizeof *a.index);
    kith_deal_free(&a);
    kith_deal_free(&b);
    free(label);
    world_close(&few);
    world_close(&many);
}

static void dirichlet_class_is_disjoint_and_covers(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=dirichlet-class", "run.learners=10", "partition.alpha=0.5");
    int32_t *label = make_labels(6000, 10);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 6000, 10, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 6000, 1, 1);
    uint64_t smallest = 6000, largest = 0;
    for (size_t i = 0; i < 10; i++) {
        smallest = size_of(&deal, i) < smallest ? size_of(&deal, i) : smallest;
        largest = size_of(&deal, i) > largest ? size_of(&deal, i) : largest;
    }
    assert_true(smallest >= 10);
    assert_true(largest - smallest > 100); /* skewed */
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* Whoever has the even share gets no more of later classes: at most one class comes on top. */
static void dirichlet_class_stops_at_the_even_share(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=dirichlet-class", "run.learners=4", "partition.alpha=0.1");
    int32_t *label = make_labels(6000, 10);
    for (uint64_t seed = 0; seed < 20; seed++) {
        kith_deal deal = {0};
        kith_deal_task task = task_of(&w, 6000, 10, label);
        task.seed = seed;
        assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
        for (size_t i = 0; i < 4; i++)
            assert_true(size_of(&deal, i) < 1500 + 601);
        kith_deal_free(&deal);
    }
    free(label);
    world_close(&w);
}

static void shards_hold_few_labels(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=shards", "run.learners=20");
    int32_t *label = make_labels(2000, 10);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 2000, 10, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 2000, 1, 1);
    size_t mixed = 0, rising = 0;
    for (size_t k = 1; k < 2000; k++)
        rising += deal.index[k] > deal.index[k - 1];
    assert_in_range(rising, 800, 1200); /* no order within a class: half of the steps rise */
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(size_of(&deal, i), 100);
        /* 200 examples a class, give or take 2: a shard of 50 meets two labels at most */
        assert_in_range(labels_of(&deal, label, 10, i), 1, 4);
        mixed += labels_of(&deal, label, 10, i) > 1;
    }
    assert_true(mixed > 5);
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

static void label_k_holds_exactly_k(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=label-k", "run.learners=12", "partition.labels=3");
    int32_t *label = make_labels(1200, 10);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 1200, 10, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 1200, 1, 1); /* 12 learners >= 10 labels: every label has a holder */
    for (size_t i = 0; i < 12; i++) {
        bool own = false;
        assert_int_equal(labels_of(&deal, label, 10, i), 3);
        for (uint64_t k = deal.offset[i]; k < deal.offset[i + 1]; k++)
            own |= (size_t)label[deal.index[k]] == i % 10;
        assert_true(own);
    }
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* Holders of one label get the same number of its examples, give or take one. */
static void label_k_splits_labels_evenly(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=label-k", "run.learners=15", "partition.labels=2");
    int32_t *label = make_labels(1000, 5);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 1000, 5, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    for (int c = 0; c < 5; c++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (size_t i = 0; i < 15; i++) {
            uint64_t count = 0;
            for (uint64_t k = deal.offset[i]; k < deal.offset[i + 1]; k++)
                count += label[deal.index[k]] == c;
            if (count == 0) continue;
            least = count < least ? count : least;
            most = count > most ? count : most;
        }
        assert_true(most - least <= 1);
    }
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

static void label_k_notes_labels_without_a_holder(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=label-k", "run.learners=2", "partition.labels=1");
    int32_t *label = make_labels(100, 5);
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 100, 5, label);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_string_equal(
        kith_ctx_notes(w.ctx),
        "partition.kind = label-k: 3 of 5 labels are held by no learner; their examples are not used\n");
    kith_deal_free(&deal);
    free(label);
    world_close(&w);
}

/* Sizes of the weights' law: mean and spread of the logarithm of (size - 1). */
static void lognormal_sizes_follow_their_law(void **state)
{
    (void)state;
    enum { N = 2000, POOL = 2000000 };
    world w = WORLD("partition.kind=lognormal", "run.learners=2000", "partition.sigma=0.8");
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, POOL, 0, NULL);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, POOL, 1, 1);
    double mean = 0.0, square = 0.0;
    for (size_t i = 0; i < N; i++) {
        assert_true(size_of(&deal, i) >= 1);
        const double z = log((double)size_of(&deal, i));
        mean += z / N;
        square += z * z / N;
    }
    assert_close(sqrt(square - mean * mean), 0.8, 0, 5 * 0.8 / sqrt(2.0 * N));
    /* log of (POOL / N), less sigma^2 / 2 */
    assert_close(mean, log(1000.0) - 0.32, 0, 5 * 0.8 * sqrt(2.0 / N));
    kith_deal_free(&deal);
    world_close(&w);
}

static void power_law_sizes_follow_their_law(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=power-law", "run.learners=50", "partition.alpha=1.5");
    kith_deal deal = {0};
    const kith_deal_task task = task_of(&w, 100050, 0, NULL);
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_held_between(&deal, 100050, 1, 1);
    double total = 0.0;
    for (int i = 1; i <= 50; i++)
        total += pow(i, -1.5);
    for (size_t i = 0; i < 50; i++)
        assert_close((double)size_of(&deal, i), 1.0 + 100000.0 * pow((double)(i + 1), -1.5) / total, 0, 1.0);
    kith_deal_free(&deal);
    world_close(&w);
}

static void natural_gives_each_learner_a_user(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=natural", "run.learners=3");
    uint32_t user[40];
    for (uint32_t e = 0; e < 40; e++)
        user[e] = e % 5;
    kith_deal deal = {0};
    kith_deal_task task = task_of(&w, 40, 0, NULL);
    task.user = user;
    task.users = 5;
    assert_ok(w.ctx, kith_deal_make(w.ctx, &task, &deal));
    assert_int_equal(deal.offset[3], 24);
    for (size_t i = 0; i < 3; i++)
        for (uint64_t k = deal.offset[i]; k < deal.offset[i + 1]; k++)
            assert_int_equal(deal.index[k], i + 5 * (k - deal.offset[i]));
    kith_deal_free(&deal);
    task.users = 2;
    assert_refused(
        w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_ECONFIG,
        "--set: run.learners = 3: the data set has only 2 users, one a learner; ask for at most 2 learners, or set "
        "partition.kind = iid");
    task.users = 4;
    assert_refused(w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_EDATA, "user 4 of example 4 is outside 0..3");
    for (uint32_t e = 0; e < 40; e++)
        user[e] = e % 2 * 2;
    assert_refused(
        w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_ECONFIG,
        "partition.kind = natural leaves learner 1 without examples; ask for fewer learners, so that the users "
        "before it are taken, or set partition.kind = iid");
    world_close(&w);
}

/* Writes a temporary file and deals by it. */
static kith_status deal_text(world *w, const char *text, kith_deal *deal)
{
    char path[] = "partition-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    w->partition.file = "deal.csv";
    assert_int_equal(rename(path, "deal.csv"), 0);
    const kith_deal_task task = task_of(w, 10, 0, NULL);
    const kith_status status = kith_deal_make(w->ctx, &task, deal);
    unlink("deal.csv");
    return status;
}

static void file_is_taken_line_by_line(void **state)
{
    (void)state;
    world w = WORLD("partition.kind=file", "run.learners=3");
    kith_deal deal = {0};
    assert_ok(w.ctx, deal_text(&w, "# learner,example\n2,9\n0,3\n\n 1 , 4 # four\n2,0\n0,3\n", &deal));
    kith_deal_free(&deal);
    assert_ok(w.ctx, deal_text(&w, "learner,example\n2,9\n0,3\n\n 1 , 4 # four\n2,0\n0,3\n", &deal));
    const uint64_t offset[] = {0, 2, 3, 5};
    const uint32_t index[] = {3, 3, 4, 9, 0};
    assert_memory_equal(deal.offset, offset, sizeof offset);
    assert_memory_equal(deal.index, index, sizeof index);
    kith_deal_free(&deal);
    world_close(&w);
}

static void bad_files_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"0,1\n1;2\n", "deal.csv:2: not a line of the form learner,example, as in 3,17"},
        {"0,1,2\n", "deal.csv:1: not a line of the form learner,example, as in 3,17"},
        {"0\n", "deal.csv:1: not a line of the form learner,example, as in 3,17"},
        {"-1,2\n", "deal.csv:1: not a line of the form learner,example, as in 3,17"},
        {"0,1\n3,1\n", "deal.csv:2: learner 3 is outside 0..2; raise run.learners or drop the line"},
        {"0,10\n", "deal.csv:1: example 10 is outside 0..9, the training pool"},
        {"0,99999999999999999999\n", "deal.csv:1: example 18446744073709551615 is outside 0..9, the training pool"},
    };
    world w = WORLD("partition.kind=file", "run.learners=3");
    kith_deal deal = {0};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_refused(w.ctx, deal_text(&w, bad[k].text, &deal), KITH_EDATA, bad[k].message);
    assert_refused(
        w.ctx, deal_text(&w, "0,1\n2,2\n", &deal), KITH_ECONFIG,
        "partition.kind = file leaves learner 1 without examples; give it a line of its own in partition.file");
    w.partition.file = "";
    const kith_deal_task task = task_of(&w, 10, 0, NULL);
    assert_refused(
        w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_ECONFIG,
        "the default: partition.file = : partition.kind = file needs the path of a file of learner,example lines");
    world_close(&w);
}

/* What each kind says of a pool that cannot be dealt so: 60 examples of 5 labels. */
static void impossible_deals_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *setting[3], *message;
        bool labels;
    } bad[] = {
        {{"partition.kind=iid", "run.learners=100", "partition.alpha=1"},
         "--set: run.learners = 100: the training pool has only 60 examples; ask for at most 60 learners, or set "
         "partition.kind = dirichlet and partition.samples, by which learners share examples",
         true},
        {{"partition.kind=shards", "run.learners=4", "partition.alpha=1"},
         "--set: partition.kind = shards: the data set has no labels to deal by; use iid, sequential, lognormal, "
         "power-law "
         "or file",
         false},
        {{"partition.kind=shards", "run.learners=4", "partition.shards=16"},
         "--set: partition.shards = 16: times 4 learners is more shards than the training pool's 60 examples; ask for "
         "at "
         "most 15",
         true},
        {{"partition.kind=label-k", "run.learners=4", "partition.labels=6"},
         "--set: partition.labels = 6: the training pool has only 5 labels; ask for at most as many",
         true},
        {{"partition.kind=label-k", "run.learners=60", "partition.labels=5"},
         "--set: partition.labels = 5: label 0 has 12 examples for the 60 learners that would hold it; ask for fewer "
         "labels "
         "or learners",
         true},
        {{"partition.kind=dirichlet", "run.learners=61", "partition.alpha=1"},
         "the default: partition.samples = 0: 60 examples over 61 learners is less than one each; say how many each "
         "shall "
         "hold",
         true},
        {{"partition.kind=dirichlet-share", "run.learners=40", "partition.alpha=1e-5"},
         "--set: partition.alpha = 1e-5: learner 0's shares of all classes are too small to compare; raise it, or set "
         "partition.kind = dirichlet",
         true},
        {{"partition.kind=dirichlet-class", "run.learners=4", "partition.least=16"},
         "--set: partition.least = 16: 60 examples over 4 learners cannot give everyone as many; ask for at most 15",
         true},
        {{"partition.kind=dirichlet-class", "run.learners=6", "partition.alpha=0.001"},
         "--set: partition.alpha = 0.001: in each of 2000 draws some learner got fewer than partition.least = 10 "
         "examples; "
         "raise alpha, lower partition.least, or ask for fewer learners",
         true},
    };
    int32_t label[60];
    for (int e = 0; e < 60; e++)
        label[e] = e % 5;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        world w = WORLD(bad[k].setting[0], bad[k].setting[1], bad[k].setting[2]);
        kith_deal deal = {0};
        const kith_deal_task task = task_of(&w, 60, bad[k].labels ? 5 : 0, bad[k].labels ? label : NULL);
        assert_refused(w.ctx, kith_deal_make(w.ctx, &task, &deal), KITH_ECONFIG, bad[k].message);
        assert_null(deal.offset);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_iid_differ_by_one),
        cmocka_unit_test(sequential_keeps_the_order),
        cmocka_unit_test(dirichlet_mixes_have_their_second_moment),
        cmocka_unit_test(shared_classes_have_their_second_moment),
        cmocka_unit_test(a_learner_alone_shares_with_nobody),
        cmocka_unit_test(dirichlet_repeats_only_when_a_class_runs_out),
        cmocka_unit_test(dirichlet_of_0_is_one_class_a_learner),
        cmocka_unit_test(more_learners_leave_the_first_ones_mixes_alone),
        cmocka_unit_test(dirichlet_class_is_disjoint_and_covers),
        cmocka_unit_test(dirichlet_class_stops_at_the_even_share),
        cmocka_unit_test(shards_hold_few_labels),
        cmocka_unit_test(label_k_holds_exactly_k),
        cmocka_unit_test(label_k_splits_labels_evenly),
        cmocka_unit_test(label_k_notes_labels_without_a_holder),
        cmocka_unit_test(lognormal_sizes_follow_their_law),
        cmocka_unit_test(power_law_sizes_follow_their_law),
        cmocka_unit_test(natural_gives_each_learner_a_user),
        cmocka_unit_test(file_is_taken_line_by_line),
        cmocka_unit_test(bad_files_are_refused_by_line),
        cmocka_unit_test(impossible_deals_are_refused),
    };
    return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}
