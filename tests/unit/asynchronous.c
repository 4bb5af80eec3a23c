/* Rivals of anarchic learning against exact answers on quadratics, f_i(x) = a_i/2 |x - b_i|^2; a = 1 unless said.
 * Notation: eta_L the local rate, K local steps, q = (1 - eta_L)^K, tau a message's staleness. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"
#include "scratch.h"

static const bool doubles = sizeof(kith_real) == sizeof(double);
static const double pi = 3.14159265358979323846;

enum { LONG = 400 };

/* x_0 .. x_rounds of the first coordinate. */
static void path_of(settings *s, int rounds, double *x)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    x[0] = (double)runner_model(&r)[0];
    for (int t = 0; t < rounds; t++) {
        assert_ok(r.ctx, runner_step(&r));
        x[t + 1] = (double)runner_model(&r)[0];
    }
    runner_close(&r);
}

/* One learner with the point 0; the model begins at 1 and each message is `delay` versions late, once there are so
 * many.
 */
static void late(settings *s, const char *algorithm, int delay, int rounds)
{
    quadratic(s, algorithm, 1, 0.0, 1, rounds);
    set(s, "quadratic.init=1");
    set(s, "participation.kind=staleness");
    set(s, "participation.delay=constant");
    set(s, "participation.staleness=%d", delay);
    set(s, "participation.arrivals=1");
    set(s, "local.lr=0.1");
    set(s, "local.steps=5");
}

static double q_of(void)
{
    return pow(0.9, 5);
}

static double mean_path(settings *s, int rounds, int burn)
{
    double sum = 0, *x = calloc((size_t)rounds + 1, sizeof *x);
    assert_non_null(x);
    path_of(s, rounds, x);
    for (int t = burn; t < rounds; t++)
        sum += x[t + 1] / (rounds - burn);
    free(x);
    return sum;
}

/* ---- FedAsync ---- */

/* e_{t+1} = (1 - alpha_tau) e_t + alpha_tau q e_{t-tau}, alpha_tau = alpha s(tau); without 1 - alpha it would grow. */
static void fedasync_mixes_late_models_in(void **state)
{
    (void)state;
    static const char *const kinds[] = {"constant", "polynomial", "hinge"};
    for (int k = 0; k < 3; k++)
        for (int delay = 0; delay < 7; delay += 3) {
            settings s;
            double x[LONG + 1], e[LONG + 1] = {1};
            late(&s, "fedasync", delay, LONG);
            set(&s, "fedasync.alpha=0.7");
            set(&s, "fedasync.staleness=%s", kinds[k]);
            if (k) set(&s, "fedasync.a=0.8");
            if (k == 2) set(&s, "fedasync.b=2");
            path_of(&s, LONG, x);
            for (int t = 0; t < LONG; t++) {
                const int tau = t < delay ? t : delay;
                const double weights[] = {1, pow(1 + tau, -0.8), tau <= 2 ? 1 : 1 / (0.8 * (tau - 2) + 1)};
                const double alpha = 0.7 * weights[k];
                e[t + 1] = (1 - alpha) * e[t] + alpha * q_of() * e[t - tau];
                assert_close(x[t + 1], e[t + 1], doubles ? 1e-11 : 2e-5, 1e-30);
            }
        }
}

/* The fixed point is that of the arrivals, sum p_i b_i. */
static void fedasync_settles_where_arrivals_do(void **state)
{
    (void)state;
    settings s;
    skewed_arrivals(&s, "fedasync", 20000);
    set(&s, "participation.arrivals=1");
    set(&s, "fedasync.alpha=0.2");
    assert_close(mean_path(&s, 20000, 500), 7.0, 0, 0.05);
}

/* With rho, y_K = y* + r^K (x - y*), y* = (b + rho x) / (1 + rho), r = 1 - eta_L (1 + rho). */
static void fedasync_holds_local_steps_back(void **state)
{
    (void)state;
    settings s;
    double x[2];
    late(&s, "fedasync", 0, 1);
    set(&s, "fedasync.rho=0.5");
    path_of(&s, 1, x);
    const double star = 0.5 / 1.5, y = star + pow(1 - 0.15, 5) * (1 - star);
    assert_close(x[1], 0.4 + 0.6 * y, doubles ? 1e-14 : 1e-6, 0);
}

/* ---- FedBuff ---- */

/* The greatest |x| of the last quarter over that of the second; infinity where the run diverged. */
static double growth(settings *s, int rounds)
{
    runner r;
    double middle = 0, end = 0;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++) {
        const kith_status status = runner_step(&r);
        if (status == KITH_EDIVERGED) {
            middle = 1, end = INFINITY;
            break;
        }
        assert_ok(r.ctx, status);
        const double x = fabs((double)runner_model(&r)[0]);
        if (4 * t >= rounds && 2 * t < rounds) middle = fmax(middle, x);
        if (4 * t >= 3 * rounds) end = fmax(end, x);
    }
    runner_close(&r);
    return end / middle;
}

/* Stable exactly for eta (1 - q) / sqrt(1 + tau) < 2 sin(pi / (2 (2 tau + 1))): without its weight, or divided by the
 * sum of the weights, the limit at tau = 4 would be .34730. */
static void fedbuff_is_stable_up_to_its_limit(void **state)
{
    (void)state;
    static const int delays[] = {0, 1, 4};
    static const double published[] = {2, 1.4142, 0.77658};
    for (int i = 0; i < 3; i++) {
        const double limit = 2 * sin(pi / (2 * (2 * delays[i] + 1))) * sqrt(1 + delays[i]);
        assert_close(limit, published[i], 1e-4, 0);
        for (int above = 0; above < 2; above++) {
            settings s;
            late(&s, "fedbuff", delays[i], 1600);
            set(&s, "fedbuff.server_lr=%.17g", (above ? 1.02 : 0.98) * limit / (1 - q_of()));
            const double grown = growth(&s, 1600);
            assert_true(above ? grown > 10 : grown < 0.1);
        }
    }
}

static void fedbuff_settles_where_arrivals_do(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fedavg", "fedbuff"};
    for (int k = 0; k < 2; k++) {
        settings s;
        skewed_arrivals(&s, algorithms[k], 20000);
        assert_close(mean_path(&s, 20000, 500), 7.0, 0, 0.05);
    }
}

/* ---- memory of what everyone sent last ---- */

static void memory_takes_the_bias_out(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"mifa", "ca2fl"};
    for (int k = 0; k < 2; k++) {
        settings s;
        double x[3001];
        skewed_arrivals(&s, algorithms[k], 3000);
        path_of(&s, 3000, x);
        assert_close(x[3000], 5.5, 0, doubles ? 1e-9 : 1e-5);
    }
}

/* Until everyone was heard all visits start from 0, so the first step is eta (1 - q) mean b, whenever it comes. */
static void mifa_waits_for_everyone(void **state)
{
    (void)state;
    bool waited = false;
    for (int seed = 1; seed <= 8; seed++) {
        settings s;
        double x[101];
        int t = 0;
        quadratic(&s, "mifa", 5, 1.0, 1, 100);
        set(&s, "run.seed=%d", seed);
        set(&s, "participation.arrivals=2");
        set(&s, "mifa.server_lr=0.5");
        set(&s, "local.lr=0.1");
        set(&s, "local.steps=5");
        path_of(&s, 100, x);
        while (t < 100 && x[t] == 0)
            t++;
        assert_true(t > 3 - 1 && t < 100);
        waited |= t > 3;
        assert_close(x[t], 0.5 * (1 - q_of()) * 3, doubles ? 1e-14 : 1e-6, 0);
    }
    assert_true(waited);
}

/* One learner: (Delta - h) + h, with h as it was, is Delta, and the path is fedavg's. */
static void ca2fl_uses_the_cache_before_it_changes(void **state)
{
    (void)state;
    settings s;
    double x[31], e = 1;
    late(&s, "ca2fl", 0, 30);
    path_of(&s, 30, x);
    for (int t = 0; t < 30; t++) {
        e *= q_of();
        assert_close(x[t + 1], e, doubles ? 1e-12 : 2e-5, 0);
    }
}

/* ---- FADAS ---- */

static void fadas_by_hand(void **state)
{
    (void)state;
    static const double thresholds[] = {INFINITY, 1};
    for (int k = 0; k < 2; k++) {
        enum { DELAY = 3, STEPS = 40 };
        settings s;
        double x[STEPS + 1], e[STEPS + 1] = {1}, m = 0, v = 0, greatest = 0;
        late(&s, "fadas", DELAY, STEPS);
        set(&s, "fadas.server_lr=0.6");
        set(&s, "fadas.beta1=0.7");
        set(&s, "fadas.beta2=0.8");
        set(&s, "fadas.epsilon=0.01");
        set(&s, "fadas.tau_c=%g", thresholds[k]);
        path_of(&s, STEPS, x);
        bool fell = false;
        for (int t = 0; t < STEPS; t++) {
            const int tau = t < DELAY ? t : DELAY;
            const double delta = (q_of() - 1) * e[t - tau];
            m = 0.7 * m + 0.3 * delta;
            v = 0.8 * v + 0.2 * delta * delta;
            fell |= v < greatest;
            greatest = fmax(greatest, v);
            const double eta = tau <= thresholds[k] ? 0.6 : fmin(0.6, 1.0 / tau);
            e[t + 1] = e[t] + eta * m / (sqrt(greatest) + 0.01);
            assert_close(x[t + 1], e[t + 1], doubles ? 1e-10 : 1e-4, doubles ? 1e-12 : 2e-5);
        }
        assert_true(fell);
    }
}

/* ---- asynchronous SGD ---- */

/* Stable for gamma a < 2 sin(pi / (2 (2 tau + 1))), and up to tau / tau_c times that where late steps are held down. */
static void asgd_is_stable_up_to_its_limit(void **state)
{
    (void)state;
    static const int delays[] = {1, 2, 4};
    for (int k = 0; k < 12; k++) {
        const int delay = delays[k / 4];
        const bool above = k % 2, adaptive = k % 4 > 1;
        double limit = 2 * sin(pi / (2 * (2 * delay + 1)));
        if (adaptive) limit *= fmax(1, delay / 2.0);
        settings s;
        late(&s, "asgd", delay, 1600);
        set(&s, "local.steps=1");
        set(&s, "local.lr=%.17g", (above ? 1.02 : 0.98) * limit);
        if (adaptive) set(&s, "asgd.tau_c=2");
        const double grown = growth(&s, 1600);
        assert_true(above ? grown > 10 : grown < 0.1);
    }
}

/* ---- learners of different curvature ---- */

static void bowls(settings *s, const char *algorithm, const char *points, int arrivals, int steps, int rounds)
{
    char folder[4096];
    int learners = 0;
    for (const char *c = points; *c; c++)
        learners += *c == '\n';
    scratch_write("bowls.csv", points, strlen(points));
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("KITH_TEST_TOP"));
    setenv("KITH_PLUGIN_PATH", folder, 1);
    quadratic(s, algorithm, learners, 1.0, 1, rounds);
    set(s, "run.model=bowls");
    set(s, "points.values=");
    set(s, "points.file=bowls.csv");
    set(s, "points.label_column=1");
    set(s, "points.classes=5");
    set(s, "participation.arrivals=%d", arrivals);
    set(s, "local.lr=%g", learners == 3 ? 0.1 : 0.05);
    set(s, "local.steps=%d", steps);
}

/* a = (1, 2, 4), b = (0, 1, 3): the optimum is sum a b / sum a = 2; fedavg's is another one. */
static void feddyn_finds_the_optimum(void **state)
{
    (void)state;
    enum { ROUNDS = 1200 };
    static const struct {
        const char *algorithm, *setting;
        double end;
    } rows[] = {{"feddyn", "feddyn.alpha=0.1", 2.0},
                {"scaffold", "scaffold.server_lr=1", 2.0},
                {"fedavg", "fedavg.weights=equal", 1.716028}};
    for (int k = 0; k < 3; k++) {
        settings s;
        double x[ROUNDS + 1];
        bowls(&s, rows[k].algorithm, "0,1\n1,2\n3,4\n", 3, 5, ROUNDS);
        set(&s, "%s", rows[k].setting);
        path_of(&s, ROUNDS, x);
        assert_close(x[ROUNDS], rows[k].end, 0, k == 2 ? 1e-6 : doubles ? 1e-9 : 1e-5);
    }
}

/* Who was not there keeps its h_i, and h gets 1/N of what came. */
static void feddyn_finds_it_with_some(void **state)
{
    (void)state;
    settings s;
    double x[3001];
    bowls(&s, "feddyn", "0,1\n1,2\n3,4\n", 2, 5, 3000);
    set(&s, "feddyn.alpha=1");
    path_of(&s, 3000, x);
    assert_close(x[3000], 2.0, 0, doubles ? 1e-9 : 2e-5);
}

/* f_1 = x^2 / 2, f_2 = 2 (x - 3)^2. */
static void qffl_evens_losses_out(void **state)
{
    (void)state;
    static const struct {
        int q, steps;
        double end;
    } rows[] = {{0, 1, 2.4}, {1, 1, 2.147689}, {0, 5, 2.244710}, {1, 5, 2.086001}};
    for (int k = 0; k < 4; k++) {
        settings s;
        double x[LONG + 1];
        bowls(&s, "qffl", "0,1\n3,4\n", 2, rows[k].steps, LONG);
        set(&s, "qffl.q=%d", rows[k].q);
        path_of(&s, LONG, x);
        assert_close(x[LONG], rows[k].end, 0, 2e-6);
    }
}

/* The build folder, which scratch_enter() leaves. */
static int enter(void **state)
{
    const char *top = getenv("top_builddir");
    char *whole = realpath(top ? top : ".", NULL);
    if (!whole || setenv("KITH_TEST_TOP", whole, 1) != 0) return -1;
    free(whole);
    return scratch_enter(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedasync_mixes_late_models_in),
        cmocka_unit_test(fedasync_settles_where_arrivals_do),
        cmocka_unit_test(fedasync_holds_local_steps_back),
        cmocka_unit_test(fedbuff_is_stable_up_to_its_limit),
        cmocka_unit_test(fedbuff_settles_where_arrivals_do),
        cmocka_unit_test(memory_takes_the_bias_out),
        cmocka_unit_test(mifa_waits_for_everyone),
        cmocka_unit_test(ca2fl_uses_the_cache_before_it_changes),
        cmocka_unit_test(fadas_by_hand),
        cmocka_unit_test(asgd_is_stable_up_to_its_limit),
        cmocka_unit_test(feddyn_finds_the_optimum),
        cmocka_unit_test(feddyn_finds_it_with_some),
        cmocka_unit_test(qffl_evens_losses_out),
    };
    return cmocka_run_group_tests_name("asynchronous", tests, enter, scratch_leave);
}
