/* FedProx, FedOpt and FedNova against closed forms and naive recursions on quadratics, f_i(x) = 1/2 |x - b_i|^2.
 * Notation: eta the local rate, K local steps, p_i the clients' weights. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"

static const bool doubles = sizeof(kith_real) == sizeof(double);

static double after(settings *s, int rounds)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    const double x = (double)runner_model(&r)[0];
    runner_close(&r);
    return x;
}

/* Two learners, one with the point 1 and one with `points` points at 4; both take part in every round. */
static void two(settings *s, const char *algorithm, int points, int rounds)
{
    quadratic(s, algorithm, 2, 1.0, 3, rounds);
    set(s, "points.values=%s", points == 2 ? "1, 4, 4" : "1, 4");
    set(s, "participation.arrivals=2");
}

/* ---- FedProx ---- */

/* A local step is y <- y - eta ((1 + mu) y - b - mu x): y_K = y* + r^K (x - y*), y* = (b + mu x) / (1 + mu),
 * r = 1 - eta (1 + mu). */
static void fedprox_one_round(void **state)
{
    (void)state;
    static const double mus[] = {0, 0.5, 3};
    for (int k = 0; k < 6; k++) {
        const double mu = mus[k / 2], eta = 0.1, r = 1 - eta * (1 + mu), x = 0.25, b[] = {1, 4};
        const double p[] = {k % 2 ? 0.5 : 1.0 / 3, k % 2 ? 0.5 : 2.0 / 3};
        settings s;
        two(&s, "fedprox", 2, 1);
        set(&s, "quadratic.init=%g", x);
        set(&s, "local.steps=5");
        set(&s, "local.lr=%g", eta);
        set(&s, "fedprox.mu=%g", mu);
        set(&s, "fedprox.server_lr=0.5");
        set(&s, "fedprox.weights=%s", k % 2 ? "equal" : "examples");
        double expected = x;
        for (int i = 0; i < 2; i++) {
            const double star = (b[i] + mu * x) / (1 + mu);
            expected += 0.5 * p[i] * (star + pow(r, 5) * (x - star) - x);
        }
        assert_close(after(&s, 1), expected, 0, doubles ? 1e-14 : 1e-6);
    }
}

/* With local minima found, the distance to the mean shrinks by mu / (1 + mu) a round. */
static void fedprox_contracts(void **state)
{
    (void)state;
    for (int t = 1; t <= 4; t++) {
        settings s;
        two(&s, "fedprox", 1, t);
        set(&s, "local.steps=200");
        set(&s, "local.lr=0.2");
        set(&s, "fedprox.mu=2");
        assert_close(after(&s, t), 2.5 * (1 - pow(2.0 / 3, t)), 0, doubles ? 1e-13 : 2e-6);
    }
}

static void fedprox_without_its_term_is_fedavg(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"run.algorithm=fedavg", "run.algorithm=fedprox"};
    static const char *const mus[] = {"fedprox.mu=0", "fedprox.mu=0.1"};
    enum { RUNS = 3 };
    kith_real *model[RUNS] = {NULL};
    size_t d = 0;
    for (int k = 0; k < RUNS; k++) {
        const char *const list[] = {algorithms[k > 0],
                                    mus[k == 2],
                                    "run.model=mlp",
                                    "run.dataset=glyphs",
                                    "glyphs.train=300",
                                    "glyphs.test=50",
                                    "run.learners=10",
                                    "run.rounds=4",
                                    "participation.arrivals=4",
                                    "local.steps=3",
                                    "local.momentum=0.5",
                                    "eval.every=0",
                                    NULL};
        runner r;
        assert_ok(r.ctx, runner_open(&r, list));
        for (int t = 0; t < 4; t++)
            assert_ok(r.ctx, runner_step(&r));
        const kith_real *x = kith_run_model(r.run, &d);
        model[k] = malloc(d * sizeof *x);
        assert_non_null(model[k]);
        memcpy(model[k], x, d * sizeof *x);
        runner_close(&r);
    }
    assert_memory_equal(model[0], model[1], d * sizeof(kith_real));
    assert_int_not_equal(memcmp(model[0], model[2], d * sizeof(kith_real)), 0);
    for (int k = 0; k < RUNS; k++)
        free(model[k]);
}

/* ---- FedOpt ---- */

/* Twelve rounds of each rule by hand, with moments that start where the paper says: m = 0, v = tau^2. The first updates
 * are larger than what v holds and the last ones smaller, so that both of Yogi's signs occur. */
static void fedopt_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {"sgd", "adagrad", "yogi", "adam"};
    enum { ROUNDS = 12 };
    for (int rule = 0; rule < 4; rule++) {
        const double eta = rule ? 0.4 : 0.7, beta1 = 0.6, beta2 = 0.3, tau = 0.05;
        double x = 0, m = 0, v = tau * tau;
        int grew = 0, shrank = 0;
        for (int t = 0; t < ROUNDS; t++) {
            const double update = (1 - pow(0.9, 3)) * ((1 - x) / 3 + 2 * (4 - x) / 3), square = update * update;
            m = rule == 0 ? beta1 * m + update : beta1 * m + (1 - beta1) * update;
            if (rule == 1) v += square;
            if (rule == 2) {
                if (v < square)
                    v += (1 - beta2) * square, grew++;
                else
                    v -= (1 - beta2) * square, shrank++;
            }
            if (rule == 3) v = beta2 * v + (1 - beta2) * square;
            x += rule == 0 ? eta * m : eta * m / (sqrt(v) + tau);
            settings s;
            two(&s, "fedopt", 2, ROUNDS);
            set(&s, "local.steps=3");
            set(&s, "local.lr=0.1");
            set(&s, "fedopt.optimizer=%s", rules[rule]);
            set(&s, "fedopt.server_lr=%g", eta);
            set(&s, "fedopt.beta1=%g", beta1);
            set(&s, "fedopt.beta2=%g", beta2);
            set(&s, "fedopt.tau=%g", tau);
            assert_close(after(&s, t + 1), x, 0, doubles ? 1e-12 : 2e-5);
        }
        assert_true(rule != 2 || (grew > 0 && shrank > 0));
    }
}

/* Coordinates beyond the first block, and one that never moves: 0 / (tau + tau) is 0. */
static void fedopt_in_blocks(void **state)
{
    (void)state;
    enum { D = 9000 };
    settings s;
    quadratic(&s, "fedopt", 1, 0.5, D, 2);
    set(&s, "participation.arrivals=1");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.1");
    set(&s, "fedopt.beta1=0");
    set(&s, "fedopt.beta2=0");
    set(&s, "fedopt.tau=0.001");
    set(&s, "fedopt.server_lr=0.25");
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    double x = 0;
    for (int t = 0; t < 2; t++) {
        assert_ok(r.ctx, runner_step(&r));
        const double update = 0.1 * (0.5 - x);
        x += 0.25 * update / (fabs(update) + 0.001);
        for (int i = 0; i < D; i++)
            assert_close((double)runner_model(&r)[i], x, 0, doubles ? 1e-14 : 1e-6);
    }
    runner_close(&r);
}

/* ---- FedNova ---- */

typedef struct local_run {
    double factor; /* y_K - b = factor (x - b) */
    double norm;   /* |a|_1 */
} local_run;

/* By following K steps; |a|_1 by following K unit gradients. */
static local_run follow(int steps, double eta, double rho)
{
    local_run run = {.factor = 1};
    double u = 0, velocity = 0;
    for (int k = 0; k < steps; k++) {
        u = rho * u + run.factor;
        run.factor -= eta * u;
        velocity = rho * velocity + 1;
        run.norm += velocity;
    }
    return run;
}

/* Two learners that weigh alike, one of which makes twice as many steps. */
static void uneven(settings *s, const char *algorithm, int rounds, int steps, double eta, double rho)
{
    two(s, algorithm, 2, rounds);
    set(s, "%s.weights=equal", algorithm);
    set(s, "local.batch=1");
    set(s, "local.unit=epochs");
    set(s, "local.steps=%d", steps);
    set(s, "local.lr=%g", eta);
    set(s, "local.momentum=%g", rho);
}

static void fednova_one_round(void **state)
{
    (void)state;
    static const double rhos[] = {0, 0.5, 0.9}, b[] = {1, 4};
    for (int k = 0; k < 6; k++) {
        const double rho = rhos[k / 2], eta = 0.05, x = 0.25, p[] = {k % 2 ? 0.5 : 1.0 / 3, k % 2 ? 0.5 : 2.0 / 3};
        settings s;
        uneven(&s, "fednova", 1, 3, eta, rho);
        set(&s, "quadratic.init=%g", x);
        set(&s, "fednova.server_lr=0.5");
        if (k % 2 == 0) set(&s, "fednova.weights=examples");
        double tau = 0, sum = 0;
        for (int i = 0; i < 2; i++) {
            const local_run run = follow(3 * (i + 1), eta, rho);
            tau += p[i] * run.norm;
            sum += p[i] * (1 - run.factor) * (b[i] - x) / run.norm;
        }
        assert_close(after(&s, 1), x + 0.5 * tau * sum, 0, doubles ? 1e-14 : 1e-6);
    }
}

/* FedAvg ends where clients weigh by 1 - factor, near 3 for small steps, since one makes twice as many; FedNova where
 * they weigh by (1 - factor) / |a|, which is near the mean of b, 2.5: only O(eta K) of the inconsistency is left. */
static void fednova_takes_out_the_steps(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    static const char *const algorithms[] = {"fedavg", "fednova"};
    static const double b[] = {1, 4}, rhos[] = {0, 0.5};
    for (int k = 0; k < 4; k++) {
        const double eta = 0.002, rho = rhos[k / 2];
        double above = 0, below = 0;
        for (int i = 0; i < 2; i++) {
            const local_run run = follow(2 * (i + 1), eta, rho);
            const double weight = k % 2 ? (1 - run.factor) / run.norm : 1 - run.factor;
            above += weight * b[i];
            below += weight;
        }
        settings s;
        uneven(&s, algorithms[k % 2], ROUNDS, 2, eta, rho);
        const double x = after(&s, ROUNDS);
        assert_close(x, above / below, 0, doubles ? 1e-9 : 1e-4);
        if (k % 2) {
            assert_close(x, 2.5, 0, 0.01);
        } else {
            assert_true(x > 2.95);
        }
    }
}

/* With as many steps by all it is FedAvg, up to rounding. */
static void fednova_of_even_clients(void **state)
{
    (void)state;
    double x[2];
    for (int k = 0; k < 2; k++) {
        settings s;
        quadratic(&s, k ? "fednova" : "fedavg", 6, 0.5, 3, 20);
        set(&s, "participation.arrivals=3");
        set(&s, "local.steps=7");
        set(&s, "local.lr=0.03");
        set(&s, "local.momentum=0.7");
        set(&s, "local.weight_decay=0.2");
        x[k] = after(&s, 20);
    }
    assert_close(x[1], x[0], 0, doubles ? 1e-14 : 1e-6);
}

/* AFA's messages are mean gradients, also where momentum makes the way longer: x - eta sum_i (1 - factor_i) (x - b_i) /
 * (eta |a_i| m). */
static void means_of_gradients_with_momentum(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"afa-cd", "afa-cs"};
    static const double rhos[] = {0, 0.5, 0.9}, b[] = {1, 4};
    for (int k = 0; k < 6; k++) {
        const double rho = rhos[k / 2], eta = 0.05, x = 0.25;
        double sum = 0;
        settings s;
        two(&s, algorithms[k % 2], 2, 1);
        set(&s, "local.batch=1");
        set(&s, "local.unit=epochs");
        set(&s, "local.steps=3");
        set(&s, "local.lr=%g", eta);
        set(&s, "local.momentum=%g", rho);
        set(&s, "quadratic.init=%g", x);
        set(&s, "%s.server_lr=0.5", algorithms[k % 2]);
        for (int i = 0; i < 2; i++) {
            const local_run run = follow(3 * (i + 1), eta, rho);
            sum += (1 - run.factor) * (x - b[i]) / (eta * run.norm) / 2;
        }
        assert_close(after(&s, 1), x - 0.5 * sum, 0, doubles ? 1e-13 : 1e-6);
    }
}

static void sums_of_gradients_refuse_adamw(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"fednova", "scaffold"};
    for (int k = 0; k < 2; k++) {
        settings s;
        runner r;
        char message[200];
        two(&s, algorithms[k], 1, 1);
        set(&s, "local.optimizer=adamw");
        snprintf(message, sizeof message,
                 "%s knows how gradients add up in steps of SGD, with momentum or without, and of nothing else; set "
                 "local.optimizer = sgd",
                 algorithms[k]);
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG, message);
        runner_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedprox_one_round),
        cmocka_unit_test(fedprox_contracts),
        cmocka_unit_test(fedprox_without_its_term_is_fedavg),
        cmocka_unit_test(fedopt_rules),
        cmocka_unit_test(fedopt_in_blocks),
        cmocka_unit_test(fednova_one_round),
        cmocka_unit_test(fednova_takes_out_the_steps),
        cmocka_unit_test(fednova_of_even_clients),
        cmocka_unit_test(means_of_gradients_with_momentum),
        cmocka_unit_test(sums_of_gradients_refuse_adamw),
    };
    return cmocka_run_group_tests_name("rivals", tests, NULL, NULL);
}
