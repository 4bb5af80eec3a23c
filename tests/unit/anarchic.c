/* AFA-CD and AFA-CS against exact answers on quadratics, f_i(x) = a/2 |x - b_i|^2 with a = 1.
 * Notation: q = 1 - eta_L a; A = (1 - q^K) / (eta_L K); c = eta A; s^2 = sigma^2 (1 - q^2K) / (K^2 (1 - q^2)). */
#include "support.h"

#include "runner.h"
#include "quadratics.h"

/* 1. The stationary variance of a coordinate, V = eta s^2 / (m A (2 - c)): linear speedup in m and K. */
static void linear_speedup(void **state)
{
    (void)state;
    static const int ms[] = {1, 4, 16}, ks[] = {1, 5, 20};
    static const double published[3][3] = {
        {5.263e-2, 1.031e-2, 2.393e-3}, {1.316e-2, 2.577e-3, 5.982e-4}, {3.289e-3, 6.443e-4, 1.496e-4}};
    enum { ROUNDS = 2400, BURN = 200, D = 100 };
    const double eta = 0.1, eta_l = 0.01;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int m = ms[i], k = ks[j];
            const double q = 1 - eta_l, a = (1 - pow(q, k)) / (eta_l * k), c = eta * a;
            const double s2 = (1 - pow(q, 2 * k)) / (k * (double)k * (1 - q * q));
            const double expected = eta * s2 / (m * a * (2 - c));
            assert_close(expected, published[i][j], 5e-4, 0);
            settings s;
            quadratic(&s, "afa-cd", 16, 0.0, D, ROUNDS);
            set(&s, "quadratic.sigma=1");
            set(&s, "afa-cd.server_lr=%g", eta);
            set(&s, "local.lr=%g", eta_l);
            set(&s, "local.steps=%d", k);
            set(&s, "participation.arrivals=%d", m);
            set(&s, "run.seed=%d", 10 * i + j);
            runner r;
            assert_ok(r.ctx, runner_open(&r, s.list));
            double square = 0;
            for (int t = 0; t < ROUNDS; t++) {
                assert_ok(r.ctx, runner_step(&r));
                const kith_real *x = runner_model(&r);
                for (int l = 0; t >= BURN && l < D; l++)
                    square += (double)x[l] * (double)x[l];
            }
            runner_close(&r);
            assert_close(square / ((double)(ROUNDS - BURN) * D), expected, 0.03, 0);
        }
}

static void skewed(settings *s, const char *algorithm, int rounds)
{
    skewed_arrivals(s, algorithm, rounds);
    set(s, "%s.server_lr=0.1", algorithm);
}

/* 2. Skewed arrivals pull AFA-CD to sum i^2 / 55 = 7; AFA-CS finds the optimum, 5.5. */
static void bias_of_skewed_arrivals(void **state)
{
    (void)state;
    enum { ROUNDS = 20000, BURN = 500 };
    settings s;
    runner r;
    skewed(&s, "afa-cd", ROUNDS);
    assert_ok(r.ctx, runner_open(&r, s.list));
    double mean = 0;
    for (int t = 0; t < ROUNDS; t++) {
        assert_ok(r.ctx, runner_step(&r));
        if (t >= BURN) mean += (double)runner_model(&r)[0] / (ROUNDS - BURN);
    }
    runner_close(&r);
    assert_close(mean, 7.0, 0, 0.05);

    skewed(&s, "afa-cs", 2000);
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 2000; t++)
        assert_ok(r.ctx, runner_step(&r));
    const double error = (double)runner_model(&r)[0] - 5.5;
    runner_close(&r);
    assert_close(error, 0.0, 0, sizeof(kith_real) == sizeof(double) ? 1e-10 : 5e-6);
}

/* The largest |x| over the last `window` of `rounds` steps from x = 1; infinity once the run reports divergence. */
static void amplitude(int delay, double c, int rounds, int window, double *middle, double *end)
{
    settings s;
    runner r;
    quadratic(&s, "afa-cd", 1, 0.0, 1, rounds);
    set(&s, "quadratic.init=1");
    set(&s, "participation.kind=staleness");
    set(&s, "participation.delay=constant");
    set(&s, "participation.staleness=%d", delay);
    set(&s, "participation.arrivals=1");
    set(&s, "afa-cd.server_lr=%.17g", c);
    set(&s, "local.steps=1"); /* A = a = 1 */
    assert_ok(r.ctx, runner_open(&r, s.list));
    *middle = *end = 0;
    for (int t = 0; t < rounds; t++) {
        const kith_status status = runner_step(&r);
        if (status == KITH_EDIVERGED) {
            *end = INFINITY;
            break;
        }
        assert_ok(r.ctx, status);
        const double x = fabs((double)runner_model(&r)[0]);
        if (t >= rounds / 2 - window && t < rounds / 2) *middle = fmax(*middle, x);
        if (t >= rounds - window) *end = fmax(*end, x);
    }
    runner_close(&r);
}

/* 3. A constant delay tau is stable exactly for 0 < c < 2 sin(pi / (2 (2 tau + 1))). */
static void delay_limit(void **state)
{
    (void)state;
    static const int delays[] = {0, 1, 2, 4};
    static const double limits[] = {2, 1, 0.618, 0.3473};
    for (int i = 0; i < 4; i++) {
        const double limit = 2 * sin(3.14159265358979323846 / (2 * (2 * delays[i] + 1)));
        assert_close(limit, limits[i], 1e-4, 0);
        double middle, end;
        amplitude(delays[i], 0.98 * limit, 1600, 100, &middle, &end);
        assert_true(end < 0.1 * middle);
        amplitude(delays[i], 1.02 * limit, 1600, 100, &middle, &end);
        assert_true(end > 10 * middle);
    }
}

/* 5. AFA-CS at fixed m does not speed up with M: its floor is (eta sigma^2 / 2a)(2/m - 1/M). */
static void memory_floor(void **state)
{
    (void)state;
    enum { ROUNDS = 12000, BURN = 3000, D = 1000 };
    static const int sizes[] = {8, 24};
    const double eta = 0.002;
    const int m = 4;
    for (int i = 0; i < 2; i++) {
        settings s;
        runner r;
        quadratic(&s, "afa-cs", sizes[i], 0.0, D, ROUNDS);
        set(&s, "quadratic.sigma=1");
        set(&s, "afa-cs.server_lr=%g", eta);
        set(&s, "local.steps=1");
        set(&s, "participation.arrivals=%d", m);
        assert_ok(r.ctx, runner_open(&r, s.list));
        double square = 0;
        for (int t = 0; t < ROUNDS; t++) {
            assert_ok(r.ctx, runner_step(&r));
            const kith_real *x = runner_model(&r);
            for (int l = 0; t >= BURN && l < D; l++)
                square += (double)x[l] * (double)x[l];
        }
        runner_close(&r);
        assert_close(square / ((double)(ROUNDS - BURN) * D), eta / 2 * (2.0 / m - 1.0 / sizes[i]), 0.04, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_speedup),
        cmocka_unit_test(bias_of_skewed_arrivals),
        cmocka_unit_test(delay_limit),
        cmocka_unit_test(memory_floor),
    };
    return cmocka_run_group_tests_name("anarchic", tests, NULL, NULL);
}
