/* What the decentralized engine measures, against closed forms and against itself seen from another side. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "engine/frame/run.h"
#include "runner.h"
#include "quadratics.h"
#include "measured.h"

/* What Xi^2 of 16 learners on a ring comes to, b_i = 1 .. 16 in every coordinate: the gradients' modes k grow by eta l
 * / (1 - q l), with l = (1 + 2 cos(2 pi k / 16)) / 3, those of the noise by (eta l)^2 / (1 - (q l)^2). */
static double settled_distance(size_t length, double eta, double sigma)
{
    const double turn = 2 * 3.14159265358979323846 / 16, q = 1 - eta;
    double total = 0;
    for (int k = 1; k < 16; k++) {
        double re = 0, im = 0;
        for (int i = 0; i < 16; i++) {
            re += (i + 1) * cos(turn * k * i) / 16;
            im += (i + 1) * sin(turn * k * i) / 16;
        }
        const double l = (1 + 2 * cos(turn * k)) / 3;
        total += (re * re + im * im) * pow(eta * l / (1 - q * l), 2) +
                 sigma * sigma / 16 * pow(eta * l, 2) / (1 - pow(q * l, 2));
    }
    return (double)length * total;
}

/* E Xi^2_{t+1} <= (1 - p/2) Xi^2_t + 12 (1 - p)/p eta^2 (phi^2 + sigma^2), phi^2 the mean of |grad f_i - grad f|^2,
 * here of |b_i - mean b|^2. A small eta makes that a bound that learners who do not mix would break. Noise is averaged
 * over rounds. */
static void consensus_follows_its_recursion(void **state)
{
    (void)state;
    enum { LEARNERS = 16, ROUNDS = 500, WARM = 150, LENGTH = 50 };
    const double eta = 0.005, p = 1 - pow((1 + 2 * cos(2 * 3.14159265358979323846 / LEARNERS)) / 3, 2);
    for (int noisy = 0; noisy < 2; noisy++) {
        const double sigma = noisy ? 20 : 0, phi2 = LENGTH * (LEARNERS * LEARNERS - 1) / 12.0;
        const double added = 12 * (1 - p) / p * eta * eta * (phi2 + LENGTH * sigma * sigma);
        double former = 0, before = 0, after = 0;
        settings s;
        runner r;
        quadratic(&s, "dsgd", LEARNERS, 1.0, LENGTH, ROUNDS);
        set(&s, "run.topology=ring");
        set(&s, "local.lr=%g", eta);
        set(&s, "local.steps=1");
        set(&s, "decentralized.merge=no");
        set(&s, "quadratic.sigma=%g", sigma);
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < ROUNDS; t++) {
            assert_ok(r.ctx, runner_step(&r));
            const double now = measured(&r, "consensus_distance");
            if (!noisy) assert_true(now <= (1 - p / 2) * former + added);
            if (t >= WARM) before += former / (ROUNDS - WARM), after += now / (ROUNDS - WARM);
            former = now;
        }
        assert_true(after <= (1 - p / 2) * before + added);
        assert_close(after, settled_distance(LENGTH, eta, sigma), noisy ? 0.1 : 2e-3, 0);
        runner_close(&r);
    }
}

/* A learner that knows two classes of ten, without noise, is right in a fifth of all cases; a learner of four classes,
 * in two. With mixes of classes some know more than others. After the mean of all was taken, each is the mean model,
 * which knows more. */
static void accuracies_before_and_after_mixing(void **state)
{
    (void)state;
    enum { LEARNERS = 10 };
    for (int labels = 0; labels <= 4; labels += 2) {
        settings s = {.count = 0};
        runner r;
        set(&s, "run.algorithm=allreduce");
        set(&s, "run.model=linear");
        set(&s, "run.dataset=glyphs");
        set(&s, "run.learners=%d", LEARNERS);
        set(&s, "run.rounds=1");
        set(&s, "glyphs.train=800");
        set(&s, "glyphs.test=300");
        set(&s, "glyphs.noise=0");
        set(&s, "glyphs.clutter=0");
        set(&s, "glyphs.distortion=0");
        set(&s, labels ? "partition.kind=label-k" : "partition.kind=dirichlet");
        set(&s, "partition.labels=%d", labels ? labels : 1);
        set(&s, "local.steps=%d", labels == 2 ? 15 : 60);
        set(&s, "eval.lane=70");
        set(&s, "decentralized.before=yes");
        set(&s, "decentralized.merge=no");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_true(isnan(measured(&r, "local_test_accuracy_before_mean")));
        assert_ok(r.ctx, runner_step(&r));
        const double least = measured(&r, "local_test_accuracy_before_min"),
                     most = measured(&r, "local_test_accuracy_before_max");
        const double mean = measured(&r, "local_test_accuracy_before_mean"),
                     merged = kith_run_progress(r.run)->latest[KITH_AT_test_accuracy];
        if (labels) {
            assert_close(least, labels / 10.0, 0, 1e-12);
            assert_close(mean, labels / 10.0, 0, 1e-12);
            assert_close(most, labels / 10.0, 0, 1e-12);
            assert_true(merged > mean + 0.2);
        } else {
            assert_true(least < mean && mean < most);
        }
        assert_true(isnan(measured(&r, "virtual_time"))); /* no time is modelled */
        assert_close(measured(&r, "bytes_sent_per_learner"), 2 * 0.9 * 7850.0 * sizeof(kith_real), 1e-15, 0);
        static const char *const after[] = {"min", "mean", "max"};
        for (int k = 0; k < 3; k++) {
            char name[64];
            snprintf(name, sizeof name, "local_test_accuracy_%s", after[k]);
            assert_close(measured(&r, name), merged, 0, 1e-12);
        }
        runner_close(&r);
    }
}

static void flip_run(settings *s, const char *flipped)
{
    *s = (settings){.count = 0};
    set(s, "run.algorithm=local-only");
    set(s, "run.model=linear");
    set(s, "run.dataset=glyphs");
    set(s, "run.learners=8");
    set(s, "run.rounds=1");
    set(s, "glyphs.train=800");
    set(s, "glyphs.test=300");
    set(s, "glyphs.noise=0");
    set(s, "glyphs.clutter=0");
    set(s, "glyphs.distortion=0");
    set(s, "local.steps=60");
    set(s, "decentralized.merge=no");
    set(s, "decentralized.before=yes");
    set(s, "decentralized.test_learners=0");
    set(s, "data.flipped=%s", flipped);
}

/* Learners that train alone, on signs that are easy to tell apart: six of eight are nearly always right, and two, on
 * wrong labels, nearly always wrong. The means of both kinds make up the mean of all. */
static void honest_learners_are_told_from_flipped_ones(void **state)
{
    static const char *const when[] = {"", "_before"}, *const what[] = {"accuracy", "loss"};
    settings s;
    runner r;
    (void)state;
    flip_run(&s, "0.25");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    for (size_t k = 0; k < 4; k++) {
        char name[3][64];
        double value[3];
        for (int j = 0; j < 3; j++) {
            static const char *const kind[] = {"", "honest_", "flipped_"};
            snprintf(name[j], sizeof name[j], "local_test_%s%s_%smean", what[k / 2], when[k % 2], kind[j]);
            value[j] = measured(&r, name[j]);
        }
        assert_close(value[0], 0.75 * value[1] + 0.25 * value[2], 1e-12, 0);
        if (k < 2)
            assert_true(value[1] > 0.9 && value[2] < 0.05);
        else
            assert_true(value[1] < 1 && value[2] > 4);
    }
    runner_close(&r);
}

/* Where all are of one kind, or those of the other are not tested, its mean is not told. */
static void kinds_that_nobody_is_of_are_not_told(void **state)
{
    static const char *const flipped[] = {"0", "1"};
    settings s;
    runner r;
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        flip_run(&s, flipped[k]);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_ok(r.ctx, runner_step(&r));
        assert_true(isfinite(measured(&r, "local_test_accuracy_mean")));
        assert_true(isnan(measured(&r, "local_test_accuracy_honest_mean")));
        assert_true(isnan(measured(&r, "local_test_accuracy_flipped_mean")));
        runner_close(&r);
    }
    flip_run(&s, "0.25");
    set(&s, "decentralized.test_learners=1"); /* learner 0 */
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_string_equal(kith_ctx_notes(r.ctx), "labels are flipped for 2 of 8 learners: 2, 3\n");
    assert_ok(r.ctx, runner_step(&r));
    assert_close(measured(&r, "local_test_accuracy_honest_mean"), measured(&r, "local_test_accuracy_mean"), 0, 0);
    assert_true(isnan(measured(&r, "local_test_accuracy_flipped_mean")));
    runner_close(&r);
}

enum { MANY = 100 };

static const char *name_of(int k, char *text, size_t size)
{
    snprintf(text, size, "a_metric_whose_name_is_longer_than_the_names_of_all_others_%d", k);
    return text;
}

static kith_status tell_many(const void *self, kith_tell say, void *arg)
{
    (void)self;
    char name[96];
    for (int k = 0; k < MANY; k++)
        KITH_TRY(say(arg, name_of(k, name, sizeof name), k));
    return KITH_OK;
}

typedef struct order {
    int many;   /* of the topology's, so far, each in its turn */
    int others; /* after the first of them */
} order;

static kith_status follow(void *arg, const char *name, double value)
{
    order *o = arg;
    char expected[96];
    if (o->many < MANY && !strcmp(name, name_of(o->many, expected, sizeof expected))) {
        assert_true(value == o->many);
        o->many++;
    } else {
        assert_null(strstr(name, "a_metric"));
        o->others += o->many > 0;
    }
    return KITH_OK;
}

/* However many a topology has, and however long their names are. */
static void all_metrics_of_a_topology_are_told(void **state)
{
    (void)state;
    settings s;
    runner r;
    order o = {0};
    quadratic(&s, "dsgd", 8, 1.0, 1, 3);
    set(&s, "run.topology=contribution");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    const kith_engine *engine = kith_run_engine(r.run);
    kith_gossip *g = engine->self;
    g->graph.table.tell = tell_many;
    assert_ok(r.ctx, engine->prepare(r.ctx, engine->self));
    assert_ok(r.ctx, engine->measure(r.ctx, engine->self, true, follow, &o));
    assert_int_equal(o.many, MANY);
    assert_true(o.others > 0);
    runner_close(&r);
}

/* What is sent and what is made of it cannot hang on the last bit of a weight: 1 - 9/10 is no 1/10. */
static void complete_graphs_cost_the_same_however_they_are_weighed(void **state)
{
    (void)state;
    enum { NODES = 10, D = 3, ROUNDS = 2 };
    static const char *const topologies[] = {"complete", "erdos-renyi", "random-regular", "base-k"};
    for (size_t k = 0; k < sizeof topologies / sizeof topologies[0]; k++) {
        settings s;
        runner r;
        quadratic(&s, "dsgd", NODES, 1.0, D, ROUNDS);
        set(&s, "run.topology=%s", topologies[k]);
        set(&s, "erdos-renyi.probability=1");
        set(&s, "random-regular.degree=%d", NODES - 1);
        set(&s, "base-k.peers=%d", NODES - 1);
        set(&s, "decentralized.merge=no");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < ROUNDS; t++)
            assert_ok(r.ctx, runner_step(&r));
        assert_close(measured(&r, "bytes_sent"), ROUNDS * 2.0 * (NODES - 1) * D * sizeof(kith_real), 1e-15, 0);
        assert_true(measured(&r, "edges") == NODES * (NODES - 1));
        assert_true(measured(&r, "consensus_distance") == 0.0);
        runner_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consensus_follows_its_recursion),
        cmocka_unit_test(accuracies_before_and_after_mixing),
        cmocka_unit_test(honest_learners_are_told_from_flipped_ones),
        cmocka_unit_test(kinds_that_nobody_is_of_are_not_told),
        cmocka_unit_test(all_metrics_of_a_topology_are_told),
        cmocka_unit_test(complete_graphs_cost_the_same_however_they_are_weighed),
    };
    return cmocka_run_group_tests_name("gossip_measures", tests, NULL, NULL);
}
