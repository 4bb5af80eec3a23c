/* Learners' own models on their own examples, beside the run's one model, in closed form. */
#include "support.h"

#include "engine/engine.h"
#include "quadratics.h"
#include "ended.h"

#include <unistd.h>

static double bowl(size_t dimension, double x, double b)
{
    return 0.5 * (double)dimension * (x - b) * (x - b);
}

/* FedAvg with fine-tuning: k steps from x lead to y_i = b_i + (1 - eta a)^k (x - b_i), and x goes on as if nobody had
 * made them. */
static void fine_tuning_is_thrown_away(void **state)
{
    (void)state;
    enum { N = 4, D = 3 };
    const double b = 2.5, kept = 0.9 * 0.9, tuned = 0.9 * 0.9 * 0.9;
    settings s;
    quadratic(&s, "fedavg", N, 1.0, D, 2);
    set(&s, "participation.arrivals=%d", N);
    set(&s, "local.lr=0.1");
    set(&s, "local.steps=2");
    set(&s, "eval.every=1");
    set(&s, "eval.per_learner=yes");
    set(&s, "eval.finetune_steps=3");
    run_all(&s);
    for (int t = 0; t <= 2; t++) {
        const double x = b * (1 - pow(kept, t));
        double global = 0, own = 0;
        for (int i = 1; i <= N; i++) {
            global += bowl(D, x, i) / N;
            own += bowl(D, i + tuned * (x - i), i) / N;
        }
        assert_close(metric("global_on_own_train_loss_mean", t), global, 1e-5, 0);
        assert_close(metric("global_on_own_train_loss_max", t), bowl(D, x, N), 1e-5, 0);
        assert_close(metric("own_train_loss_mean", t), own, 1e-5, 0);
        assert_close(metric("own_train_loss_max", t), bowl(D, N + tuned * (x - N), N), 1e-5, 0);
    }
}

/* One model for all is nobody's own. */
static void federated_averaging_has_no_own_models(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "fedavg", 3, 1.0, 1, 1);
    set(&s, "participation.arrivals=3");
    set(&s, "eval.per_learner=yes");
    run_all(&s);
    assert_true(metric("global_on_own_train_loss_mean", 1) > 0);
    assert_true(isnan(metric("own_train_loss_mean", 1)));
}

/* Of ten learners that train alone and never meet, 0, 3 and 6 are tested: x_i = b_i (1 - (1 - eta)^K). */
static void some_learners_are_tested(void **state)
{
    (void)state;
    enum { D = 2 };
    settings s;
    quadratic(&s, "local-only", 10, 1.0, D, 1);
    set(&s, "local.lr=0.1");
    set(&s, "local.steps=2");
    set(&s, "decentralized.merge=no");
    set(&s, "eval.per_learner=yes");
    set(&s, "eval.learners=3");
    run_all(&s);
    const double way = 1 - 0.9 * 0.9;
    double own = 0, global = 0;
    for (int i = 1; i <= 7; i += 3) {
        own += bowl(D, way * i, i) / 3;
        global += bowl(D, way * 5.5, i) / 3;
    }
    assert_close(metric("own_train_loss_mean", 1), own, 1e-5, 0);
    assert_close(metric("own_train_loss_max", 1), bowl(D, way * 7, 7), 1e-5, 0);
    assert_close(metric("global_on_own_train_loss_mean", 1), global, 1e-5, 0);
}

/* With one label a learner, who trains alone is always right at home, and the mean of all hardly ever: ten classes, and
 * at most one learner in five whose label the mean says. The last round merges, and leaves nobody a model of its own.
 */
static void learners_with_one_label_know_it(void **state)
{
    (void)state;
    settings s = {.count = 0};
    static const char *const values[] = {"run.algorithm=local-only", "run.model=linear",       "run.dataset=glyphs",
                                         "run.learners=10",          "run.rounds=5",           "glyphs.train=1000",
                                         "glyphs.test=100",          "partition.kind=label-k", "partition.labels=1",
                                         "data.test_share=0.2",      "eval.per_learner=yes"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        set(&s, "%s", values[i]);
    run_all(&s);
    static const char *const of[] = {"mean", "min", "worst_tenth"};
    for (size_t k = 0; k < 3; k++) {
        char own[64], global[64];
        snprintf(own, sizeof own, "own_test_accuracy_%s", of[k]);
        snprintf(global, sizeof global, "global_on_own_test_accuracy_%s", of[k]);
        assert_close(metric(own, 5), 1, 0, 0);
        assert_true(metric(global, 5) <= 0.2);
        assert_close(metric(own, 6), metric(global, 6), 0, 0);
    }
    assert_close(metric("own_test_accuracy_sd", 5), 0, 0, 0);
    assert_true(metric("global_on_own_test_accuracy_sd", 5) > 0.1);
    /* of the last evaluation: a twentieth a bin */
    for (size_t k = 0; k < 2; k++) {
        const char *name = k ? "own_test_accuracy" : "global_on_own_test_accuracy";
        assert_close(ask("SELECT sum(value) FROM histograms WHERE name = '%s'", name), 10, 0, 0);
        const double mean = ask("SELECT sum(bin * value) / 200 FROM histograms WHERE name = '%s'", name);
        const double exact = metric("own_test_accuracy_mean", 6);
        assert_true(mean <= exact + 1e-12 && mean > exact - 0.05);
    }
    /* equal shares of one set are right as often in the mean as all of it */
    assert_close(metric("global_on_own_test_accuracy_mean", 6), metric("test_accuracy", 6), 1e-12, 0);
}

/* x_i = b_i (1 - (1 - eta)^K) after one round. */
static void keep_learners(settings *s, int learners)
{
    quadratic(s, "local-only", learners, 1.0, 2, 1);
    set(s, "local.lr=0.1");
    set(s, "local.steps=2");
    set(s, "decentralized.merge=no");
    set(s, "learners.keep=end");
    run_all(s);
}

static void begin_at_rows(settings *s, const char *algorithm, int learners)
{
    quadratic(s, algorithm, learners, 1.0, 2, 1);
    set(s, "run.init=out/learners.npy");
    set(s, "participation.arrivals=1");
}

static void learners_go_on_from_their_own_models(void **state)
{
    (void)state;
    settings s;
    runner r;
    keep_learners(&s, 4);
    begin_at_rows(&s, "local-only", 4);
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_engine *engine = kith_run_engine(r.run);
    for (size_t i = 0; i < 4; i++) {
        const kith_real *x = NULL;
        assert_ok(r.ctx, engine->own(r.ctx, engine->self, i, NULL, &x));
        assert_close((double)x[0], 0.19 * (double)(i + 1), 1e-6, 0);
        assert_close((double)x[1], 0.19 * (double)(i + 1), 1e-6, 0);
    }
    runner_close(&r);
}

static void all_begin_at_the_model_of_one(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fedavg", "dsgd"};
    settings s;
    keep_learners(&s, 4);
    for (size_t k = 0; k < 2; k++) {
        runner r;
        begin_at_rows(&s, algorithms[k], 7);
        set(&s, "run.topology=%s", k ? "ring" : "star");
        set(&s, "run.init_learner=2");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_close((double)runner_model(&r)[0], 0.19 * 3, 1e-6, 0);
        runner_close(&r);
    }
}

static void refuse(const settings *s, kith_status status, const char *message)
{
    runner r;
    assert_int_equal(runner_open(&r, s->list), status);
    assert_non_null(strstr(kith_ctx_message(r.ctx), message));
    runner_close(&r);
}

static void files_of_other_learners_are_refused(void **state)
{
    (void)state;
    settings s;
    keep_learners(&s, 4);
    begin_at_rows(&s, "local-only", 5);
    refuse(&s, KITH_ECONFIG,
           "run.init = out/learners.npy: it holds the models of 4 learners, and there are 5; say whose");
    set(&s, "run.init_learner=4");
    refuse(&s, KITH_ECONFIG, "run.init_learner = 4: out/learners.npy has the models of learners 0 to 3; choose one");
    begin_at_rows(&s, "fedavg", 4);
    refuse(&s, KITH_ECONFIG,
           "holds the models of 4 learners, and runs of fedavg begin at one; say whose by run.init_le");
    set(&s, "run.init_learner=0");
    set(&s, "points.dimension=3");
    refuse(&s, KITH_EDATA, "out/learners.npy: its rows are not of 3 numbers, which the model has; give a learners.npy");
    begin_at_rows(&s, "fedavg", 4);
    set(&s, "run.init=out/model.npy");
    set(&s, "run.init_learner=0");
    refuse(&s, KITH_ECONFIG, "run.init_learner = 0: out/model.npy holds no models of learners, as learners.npy does;");
    quadratic(&s, "fedavg", 4, 1.0, 1, 1);
    set(&s, "participation.arrivals=2");
    set(&s, "learners.keep=end");
    refuse(&s, KITH_ECONFIG,
           "learners.keep = end: learners of fedavg have no models of their own, and model.npy is the");
}

/* A row's half is missing. */
static void cut_files_are_refused(void **state)
{
    (void)state;
    settings s;
    keep_learners(&s, 4);
    assert_int_equal(truncate("out/learners.npy", 128 + 7 * (off_t)sizeof(kith_real)), 0);
    begin_at_rows(&s, "local-only", 4);
    refuse(&s, KITH_EDATA, "out/learners.npy: is no array of 2 numbers of single or double precision");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fine_tuning_is_thrown_away, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(federated_averaging_has_no_own_models, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(some_learners_are_tested, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(learners_with_one_label_know_it, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(learners_go_on_from_their_own_models, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(all_begin_at_the_model_of_one, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(files_of_other_learners_are_refused, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(cut_files_are_refused, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
