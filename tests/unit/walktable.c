#include "support.h"

#include "runner.h"

#include "quadratics.h"

#include "walks.h"

/* The karate club's tables at a tenth of their length; the whole ones are experiments/srrw-karate*.ini and docs/papers/srrw.md.
 *
 * Theory: n Var(v_k'x_n) of the empirical measure, gamma_n = 1/(n+1) (Doshi, Hu, Eun 2023; Hu, Ma, Eun 2025), and the MSE over beta_n
 * (Hu, Doshi, Eun 2024), times the finite-n factor of v_{n+1} = (1 - beta)^2 v_n + 2 beta^2. Seeds are fixed, so a run that passes
 * passes again. */

#ifdef __SANITIZE_ADDRESS__
enum { FEWER = 8 };
#else
enum { FEWER = 1 };
#endif
/* What the fewer tokens add to a tolerance of 1. */
static const double slack = FEWER > 1 ? 5.0 : 1.0; /* three standard errors of so few */

static bool karate(settings *s, const char *algorithm, int tokens, int hops)
{
    char graph[512], points[512];
    if (!data_file("graphs/karate.edges", graph) || !data_file("graphs/karate-points.csv", points)) return false;
    s->count = 0;
    set(s, "run.algorithm=%s", algorithm);
    set(s, "run.model=quadratic");
    set(s, "run.dataset=points");
    set(s, "run.topology=graph-file");
    set(s, "graph-file.path=%s", graph);
    set(s, "points.file=%s", points);
    set(s, "partition.kind=sequential");
    set(s, "run.learners=34");
    set(s, "run.rounds=1");
    set(s, "local.lr=1");
    set(s, "local.steps=1");
    set(s, "walk.tokens=%d", tokens / FEWER);
    set(s, "walk.hops=%d", hops);
    return true;
}

/* ---- sampling ---- */

typedef struct spread {
    double variance[34];
} spread;

static kith_status take_variances(void *arg, const char *name, const double *value, size_t bins)
{
    spread *s = arg;
    if (!strcmp(name, "sampling_variance")) memcpy(s->variance, value, bins * sizeof *value);
    return KITH_OK;
}

/* Of each eigenvector, and of all nodes together. */
static void sampling(const char *algorithm, double alpha)
{
    settings s;
    runner r;
    spread found = {{0}};
    double trace = 0.0;
    if (!karate(&s, algorithm, 2500, 20000)) skip();
    set(&s, "walk.modes=yes");
    set(&s, "%s.alpha=%g", algorithm, alpha);
    set(&s, "%s.gamma_power=1", algorithm);
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    const kith_engine *engine = kith_run_engine(r.run);
    assert_ok(r.ctx, engine->histograms(r.ctx, engine->self, 1, take_variances, &found));
    for (size_t k = 1; k < 34; k++) {
        const double lambda = walkers(&r)->values[k];
        const double shrink = !strcmp(algorithm, "hdt") ? 2.0 * alpha + 1.0 : 2.0 * alpha * (1.0 + lambda) + 1.0;
        const double want = (1.0 + lambda) / (1.0 - lambda) / shrink;
        /* a variance over 2,500 tokens has a standard deviation of 3 %, and this is the worst of 33 */
        assert_close(found.variance[k], want, 0.15 * slack, 0.0);
        trace += want / 34.0;
    }
    assert_close(metric(&r, "sampling_variance"), trace, 0.03 * slack, 0.0);
    runner_close(&r);
}

static void sampling_of_the_base_chain(void **state)
{
    (void)state;
    sampling("srrw", 0.0);
}

static void sampling_of_srrw(void **state)
{
    (void)state;
    sampling("srrw", 2.0);
}

static void sampling_of_hdt(void **state)
{
    (void)state;
    sampling("hdt", 2.0);
}

/* ---- learning ---- */

static double factor(int n)
{
    double v = 0.0, beta = 1.0;
    for (int k = 1; k <= n; k++) {
        beta = pow(k + 1.0, -0.9);
        v = (1.0 - beta) * (1.0 - beta) * v + 2.0 * beta * beta;
    }
    return v / beta;
}

/* MSE / beta_n / the finite-n factor. */
static double error_of(const char *alpha, const char *a, int tokens)
{
    settings s;
    runner r;
    if (!karate(&s, "srrw", tokens, 20000)) skip();
    set(&s, "walk.optimum=yes");
    set(&s, "srrw.alpha=%s", alpha);
    set(&s, "srrw.gamma_power=%s", a);
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    const double found = metric(&r, "mse_scaled") / factor(20000);
    print_message("alpha %s, a %s: %.4f\n", alpha, a, found);
    runner_close(&r);
    return found;
}

static void finite_n_factor(void **state)
{
    (void)state;
    assert_close(factor(200000), 1.156, 0.0, 5e-4);
}

/* At this n case (i) lies above its limit by about 12 % for alpha = 2, 45 % for 5 and twofold for 10. Paths and steps are those of the
 * plain formulas (tests/unit/walk.c). At ten times as many hops 6, 19 and 40 % are left (docs/papers/srrw.md). What is asserted for these
 * three was measured with 4,000 tokens, so it guards against changes; for alpha = 0 and 1 it is theory. */
static void errors_by_alpha(void **state)
{
    (void)state;
    const double base = error_of("0", "0.6", 2500), one = error_of("1", "0.6", 2500), two = error_of("2", "0.6", 2500);
    const double five = error_of("5", "0.6", 600), ten = error_of("10", "0.6", 600);
    assert_close(base, 4.1091, 0.05 * slack, 0.0);
    assert_close(one, 0.52277, 0.05 * slack, 0.0);
    assert_close(two, 0.19638 * 1.12, 0.05 * slack, 0.0);
    assert_close(five, 0.042406 * 1.45, 0.12 * slack, 0.0);
    assert_close(ten, 0.011882 * 2.0, 0.12 * slack, 0.0);
    assert_true(base > one && one > two && two > five && five > ten);
}

/* Case (i) < (ii) < (iii) for every alpha > 0. */
static void errors_by_case(void **state)
{
    (void)state;
    static const char *const alphas[] = {"1", "2", "5", "10"};
    for (size_t k = 0; k < 4; k++) {
        const double first = error_of(alphas[k], "0.6", 300), second = error_of(alphas[k], "0.9", 300),
                     third = error_of(alphas[k], "1", 300);
        assert_true(first < second && second < third && third < 4.1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampling_of_the_base_chain), cmocka_unit_test(sampling_of_srrw), cmocka_unit_test(sampling_of_hdt),
        cmocka_unit_test(finite_n_factor),            cmocka_unit_test(errors_by_alpha),  cmocka_unit_test(errors_by_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
