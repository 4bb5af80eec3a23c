#include "support.h"

#include "runner.h"

#include "quadratics.h"

#include "walks.h"

/* walk.theory against sums that can be written down, and against tokens that walk. */

enum { NODES = 12, HOPS = 250, ROUNDS = 4 };

static void walk(settings *s, const char *algorithm, const char *topology, int tokens)
{
    quadratic(s, algorithm, NODES, 1.0, 1, ROUNDS);
    set(s, "run.topology=%s", topology);
    set(s, "walk.tokens=%d", tokens);
    set(s, "walk.hops=%d", HOPS);
    set(s, "walk.optimum=yes");
    set(s, "walk.theory=yes");
    set(s, "local.lr=1");
    set(s, "local.steps=1");
}

/* With alpha = 0 and beta_n = 1 / (n + 1), all products telescope:
 * E |x_n - x*|^2 = (n sum over k of (u_k's)^2 (1 + lambda_k) / (1 - lambda_k) + |x_0 - x*|^2) / (n + 1)^2. On a
 * complete graph all lambda_k are -1 / (N - 1), and the sum of (u_k's)^2 is the points' variance, (N^2 - 1) / 12. */
static void base_chain_in_closed_form(void **state)
{
    (void)state;
    settings s;
    runner r;
    walk(&s, "srrw", "complete", 3);
    set(&s, "srrw.alpha=0");
    set(&s, "walk.lr_power=1");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const double lambda = -1.0 / (NODES - 1), start = 6.5 * 6.5, variance = (NODES * NODES - 1) / 12.0;
    assert_close(metric(&r, "mse_theory"), start, 1e-12, 0.0);
    for (int round = 1; round <= ROUNDS; round++) {
        const double n = (double)round * HOPS;
        assert_ok(r.ctx, runner_step(&r));
        assert_close(metric(&r, "mse_theory"),
                     (n * variance * (1.0 + lambda) / (1.0 - lambda) + start) / ((n + 1.0) * (n + 1.0)), 1e-11, 0.0);
    }
    runner_close(&r);
}

/* On a ring, points that are a cosine lie along one pair of eigenvectors, those of lambda = cos(2 pi / N). In case (i)
 * the error over beta_n tends to 1/2 (1 + lambda) / (1 - lambda) / (1 + alpha (1 + lambda))^2 of their variance (Hu,
 * Doshi, Eun 2024, Theorem 3.3). */
static void case_one_in_the_long_run(void **state)
{
    (void)state;
    settings s;
    runner r;
    char values[400] = "";
    for (int i = 0; i < NODES; i++)
        snprintf(values + strlen(values), sizeof values - strlen(values), "%s%.17g", i ? ", " : "",
                 cos(2 * M_PI * i / NODES));
    walk(&s, "srrw", "ring", 1);
    set(&s, "points.values=%s", values);
    set(&s, "srrw.alpha=2");
    set(&s, "srrw.gamma_power=0.3");
    set(&s, "walk.lr_power=0.7");
    set(&s, "walk.hops=250000");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int round = 0; round < ROUNDS; round++)
        assert_ok(r.ctx, runner_step(&r));
    const double l = cos(2 * M_PI / NODES), drift = 1.0 + 2.0 * (1.0 + l), n = ROUNDS * 250000.0;
    const double limit = 0.5 * 0.5 * (1.0 + l) / (1.0 - l) / (drift * drift), beta = pow(n + 1.0, -0.7);
    /* beta_n falls meanwhile, which adds 0.6 %, and gamma_n is but 250 times as large, against 1 + alpha (1 + lambda) =
     * 4.7. */
    assert_close(metric(&r, "mse_theory") / beta, limit, 0.03, 0.0);
    runner_close(&r);
}

/* 4,000 tokens: a standard error of 2.2 %. */
static void tokens_do_as_theory_says(void **state)
{
    (void)state;
    static const char *const alphas[] = {"0", "2"};
    for (size_t i = 0; i < 2; i++) {
        settings s;
        runner r;
        walk(&s, "srrw", "complete", 4000);
        set(&s, "srrw.alpha=%s", alphas[i]);
        set(&s, "srrw.gamma_power=0.8");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int round = 0; round < ROUNDS; round++)
            assert_ok(r.ctx, runner_step(&r));
        assert_close(metric(&r, "mse"), metric(&r, "mse_theory"), 0.07, 0.0);
        runner_close(&r);
    }
}

static void refuses(const char *algorithm, const char *setting, const char *message)
{
    settings s;
    runner r;
    walk(&s, algorithm, "ring", 2);
    set(&s, "%s", setting);
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_non_null(strstr(kith_ctx_message(r.ctx), "walk.theory"));
    assert_non_null(strstr(kith_ctx_message(r.ctx), message));
    runner_close(&r);
}

static void refuses_what_has_no_theory(void **state)
{
    (void)state;
    refuses("hdt", "walk.hops=2", "there is none for hdt; srrw has one");
    refuses("srrw", "local.momentum=0.9", "it is for plain SGD in one step a hop on learners with one example each");
    refuses("srrw", "local.steps=2", "it is for plain SGD in one step a hop on learners with one example each");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_chain_in_closed_form),
        cmocka_unit_test(case_one_in_the_long_run),
        cmocka_unit_test(tokens_do_as_theory_says),
        cmocka_unit_test(refuses_what_has_no_theory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
