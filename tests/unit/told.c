/* Metrics that walks and population algorithms tell of their own, and what walks know of learners' examples. */
#include "support.h"

#include "engine/walk/walk.h"
#include "engine/told.h"
#include "runner.h"
#include "measured.h"
#include "quadratics.h"

enum { TOKENS = 20, HOPS = 50, N = 4 };

static const kith_walkers *walking(runner *r)
{
    settings s;
    quadratic(&s, "by-examples", 7, 1.0, 2, 10);
    set(&s, "run.learners=%d", N);
    set(&s, "run.topology=complete");
    set(&s, "walk.tokens=%d", TOKENS);
    set(&s, "walk.hops=%d", HOPS);
    assert_ok(r->ctx, runner_open(r, s.list));
    return kith_run_engine(r->run)->self;
}

/* Eight points for four learners, dealt in order by the file's numbers: learner i has as many as it has, and mu
 * follows. */
static void walks_know_how_many_examples_there_are(void **state)
{
    (void)state;
    runner r;
    const kith_walkers *w = walking(&r);
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += w->graph.examples[i];
    assert_close(sum, 7, 0, 0);
    assert_true(w->graph.examples[0] != w->graph.examples[N - 1]);
    for (size_t i = 0; i < N; i++)
        assert_close(w->mu[i], w->graph.examples[i] / sum, 1e-15, 0);
    runner_close(&r);
}

/* A token stays with probability sum of mu_i^2; what hops said is forgotten once it was told. */
static void walks_tell(void **state)
{
    (void)state;
    runner r;
    const kith_walkers *w = walking(&r);
    double stays = 0;
    for (size_t i = 0; i < N; i++)
        stays += w->mu[i] * w->mu[i];
    assert_true(isnan(measured(&r, "stays_mean")));
    for (int t = 1; t <= 4; t++) {
        metric m[] = {{"stays_mean", 0}, {"hops_said", 0}, {"moves", 0}};
        const int rounds = t == 3 ? 2 : 1;
        for (int k = 0; k < rounds; k++)
            assert_ok(r.ctx, runner_step(&r));
        measure_some(&r, m, 3);
        assert_close(m[1].value, TOKENS * HOPS * rounds, 0, 0);
        assert_close(m[0].value, stays, 0, 4 * sqrt(stays * (1 - stays) / (TOKENS * HOPS * rounds)));
        if (t == 1) assert_close(m[2].value, TOKENS * HOPS * (1 - m[0].value), 1e-12, 0);
    }
    runner_close(&r);
}

static void populations_tell(void **state)
{
    (void)state;
    const char *const list[] = {"run.algorithm=told", "run.game=team-rps", "run.rounds=4", "eval.every=0", NULL};
    runner r;
    assert_ok(r.ctx, runner_open(&r, list));
    for (int t = 1; t <= 3; t++) {
        metric m[] = {{"plans", 0}, {"frozen", 0}};
        assert_ok(r.ctx, runner_step(&r));
        measure_some(&r, m, 2);
        assert_close(m[0].value, t, 0, 0);
        assert_close(m[1].value, t + 1, 0, 0); /* with the initial one */
    }
    runner_close(&r);
}

static kith_status count_one(void *arg, const char *name, double value)
{
    (void)name;
    *(double *)arg += value;
    return KITH_OK;
}

/* by-examples declares stays_mean and hops_said. What a second filter of an id tells has a number. */
static void what_is_told_is_declared(void **state)
{
    (void)state;
    runner r;
    double sum = 0;
    const kith_walkers *w = walking(&r);
    kith_told told = {r.ctx, &w->setup, "by-examples", count_one, &sum};
    assert_ok(r.ctx, kith_told_take(&told, "stays_mean", 1));
    assert_ok(r.ctx, kith_told_take(&told, "stays_mean_2", 2));
    assert_string_equal(kith_ctx_notes(r.ctx), "");
    for (int k = 0; k < 2; k++) {
        assert_ok(r.ctx, kith_told_take(&told, "stays", 4));
        assert_string_equal(kith_ctx_notes(r.ctx),
                            "by-examples tells a metric that it does not declare: stays; its unit, its scale and what "
                            "is better are not known, so add a row to the plugin's metrics\n");
    }
    assert_refused(r.ctx, kith_told_take(&told, "test_loss", 8), KITH_EPLUGIN,
                   "by-examples: tells test_loss, which is a name of Kith's own (The mean loss over test examples of "
                   "the model that stands for the run.); choose another");
    assert_refused(r.ctx, kith_told_take(&told, "payoff_of_mine", 8), KITH_EPLUGIN,
                   "by-examples: tells payoff_of_mine, which is a name of Kith's own (What a policy, the first number, "
                   "wins of another: won less lost.); choose another");
    assert_close(sum, 1 + 2 + 4 + 4, 0, 0);
    runner_close(&r);
}

static int enter(void **state)
{
    (void)state;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    return setenv("KITH_PLUGIN_PATH", folder, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_know_how_many_examples_there_are),
        cmocka_unit_test(walks_tell),
        cmocka_unit_test(populations_tell),
        cmocka_unit_test(what_is_told_is_declared),
    };
    return cmocka_run_group_tests_name("told", tests, enter, NULL);
}
