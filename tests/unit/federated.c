/* The federated engine and its algorithms against closed forms on quadratics, and its promises about memory. */
#include "support.h"

#include "runner.h"
#include "measured.h"
#include "quadratics.h"
#include <dlfcn.h>

static const double tolerance = sizeof(kith_real) == sizeof(double) ? 1e-12 : 1e-6;

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

/* Three points for two learners: one holds two of them. y_K = mean + q^K (x - mean), q = 1 - eta_L. */
static void fedavg_weighs_by_examples(void **state)
{
    (void)state;
    for (int equal = 0; equal < 2; equal++) {
        settings s;
        quadratic(&s, "fedavg", 3, 1.0, 5, 1);
        set(&s, "run.learners=2");
        set(&s, "participation.arrivals=2");
        set(&s, "local.steps=4");
        set(&s, "local.lr=0.1");
        set(&s, "fedavg.server_lr=0.5");
        set(&s, "fedavg.weights=%s", equal ? "equal" : "examples");
        const double moved = 1 - pow(0.9, 4), means[] = {1.0, 2.5};
        const double p = equal ? 0.5 : 1.0 / 3.0;
        assert_close(after(&s, 1), 0.5 * moved * (p * means[0] + (1 - p) * means[1]), 0, 4 * tolerance);
    }
}

/* Momentum rho and weight decay lambda, three steps by hand. */
static void momentum_and_weight_decay(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "fedavg", 1, 2.0, 3, 1);
    set(&s, "participation.arrivals=1");
    set(&s, "quadratic.init=1");
    set(&s, "local.steps=3");
    set(&s, "local.lr=0.1");
    set(&s, "local.momentum=0.8");
    set(&s, "local.weight_decay=0.3");
    double y = 1, u = 0;
    for (int k = 0; k < 3; k++) {
        u = 0.8 * u + (y - 2.0) + 0.3 * y;
        y -= 0.1 * u;
    }
    assert_close(after(&s, 1), y, 0, 4 * tolerance);
}

static void learning_rate_schedules(void **state)
{
    (void)state;
    static const char *const schedules[] = {"constant", "step", "cosine", "inverse-sqrt"};
    for (int k = 0; k < 4; k++) {
        settings s;
        quadratic(&s, "fedavg", 1, 2.0, 3, 6);
        set(&s, "participation.arrivals=1");
        set(&s, "local.steps=1");
        set(&s, "local.lr=0.2");
        set(&s, "local.lr_schedule=%s", schedules[k]);
        set(&s, "local.lr_decay=0.5");
        set(&s, "local.lr_every=2");
        double x = 0;
        for (int t = 0; t < 6; t++) {
            const double share = 0.5 * (1 + cos(3.14159265358979323846 * t / 6));
            const double rates[] = {0.2, 0.2 * pow(0.5, t / 2), 0.2 * (0.5 + 0.5 * share), 0.2 / sqrt(1 + t / 2.0)};
            x -= rates[k] * (x - 2.0);
        }
        assert_close(after(&s, 6), x, 0, 8 * tolerance);
    }
}

/* Under partial participation SCAFFOLD's variates take the sampling out; FedAvg keeps wandering. */
static void scaffold_reaches_the_optimum(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"scaffold", "fedavg"};
    for (int k = 0; k < 2; k++) {
        settings s;
        quadratic(&s, algorithms[k], 5, 1.0, 2, 3000);
        set(&s, "participation.arrivals=2");
        set(&s, "local.steps=5");
        set(&s, "local.lr=0.05");
        const double error = fabs(after(&s, 3000) - 3.0);
        if (k == 0) {
            assert_true(error < (sizeof(kith_real) == sizeof(double) ? 1e-10 : 1e-5));
        } else {
            assert_true(error > 1e-2);
        }
    }
}

/* Momentum makes the way that K gradients lead longer, which the variates must not take for longer gradients: divided
 * by K they grow by (a / K)^t. */
static void scaffold_with_momentum(void **state)
{
    (void)state;
    static const double momenta[] = {0.5, 0.9, 0.99};
    for (int k = 0; k < 3; k++) {
        settings s;
        quadratic(&s, "scaffold", 5, 1.0, 2, 2000);
        set(&s, "participation.arrivals=%d", k == 1 ? 2 : 5);
        set(&s, "local.steps=%d", k == 2 ? 7 : 5);
        set(&s, "local.lr=%g", k == 0 ? 0.05 : 0.005);
        set(&s, "local.momentum=%g", momenta[k]);
        assert_close(after(&s, 2000), 3.0, 0, sizeof(kith_real) == sizeof(double) ? 1e-10 : 1e-5);
    }
}

/* Five are sampled and download; all five upload, though three count. Of those that vanish only the download is sent.
 */
static void uploads_that_come_too_late_are_counted(void **state)
{
    (void)state;
    settings s;
    runner r;
    for (int lost = 0; lost < 2; lost++) {
        quadratic(&s, "fedavg", 9, 1.0, 7, 10);
        set(&s, "participation.arrivals=3");
        set(&s, lost ? "participation.dropout=0.5" : "participation.oversample=2");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 9; t++) /* the last round would end with a measure of its own */
            assert_ok(r.ctx, runner_step(&r));
        const double model = 7 * sizeof(kith_real);
        metric m[] = {{"bytes_up", 0}, {"bytes_down", 0}, {"visits_lost", 0}, {"visits", 0}};
        measure_some(&r, m, 4);
        if (lost) {
            assert_close(m[1].value - m[0].value, m[2].value * model, 0, 0);
            assert_true(m[2].value > 3);
        } else {
            assert_close(m[0].value, 9 * 5 * model, 0, 0);
            assert_close(m[1].value, 9 * 5 * model, 0, 0);
            assert_close(m[2].value, 9 * 2, 0, 0);
        }
        runner_close(&r);
    }
}

static void use_test_plugins(void)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    setenv("KITH_PLUGIN_PATH", folder, 1);
}

/* Totals over several blocks, the last one short: every message has norm |b_i| (1 - q^K) sqrt(d). */
static void phases_see_whole_vectors(void **state)
{
    (void)state;
    use_test_plugins();
    enum { D = 10000 };
    settings s;
    quadratic(&s, "clipped", 4, 1.0, D, 1);
    set(&s, "participation.arrivals=4");
    set(&s, "local.steps=2");
    set(&s, "local.lr=0.5");
    const double moved = 1 - 0.25, norm = 150;
    set(&s, "clipped.norm=%g", norm);
    double x = 0;
    for (int i = 1; i <= 4; i++)
        x += fmin(moved * i, norm / sqrt(D)) / 4;
    assert_true(moved * 1 * sqrt(D) < norm && moved * 4 * sqrt(D) > norm);
    assert_close(after(&s, 1), x, 0, 4 * tolerance);
    unsetenv("KITH_PLUGIN_PATH");
}

/* A learner that arrives twice in a step sees its own planes as its first visit left them. */
static void planes_of_a_learner_that_arrives_twice(void **state)
{
    (void)state;
    settings s;
    quadratic(&s, "scaffold", 1, 2.0, 1, 1);
    set(&s, "participation.kind=staleness");
    set(&s, "participation.replacement=yes");
    set(&s, "participation.staleness=1");
    set(&s, "participation.arrivals=2");
    set(&s, "local.steps=1");
    set(&s, "local.lr=0.1");
    /* first visit: g = -2, moves 0.2, c_1 becomes -2; second: g - c_1 + c = 0, moves 0; the mean is 0.1 */
    assert_close(after(&s, 1), 0.1, 0, tolerance);
}

/* b_i = i, one step: an update is lr (b_i - x) in each of d coordinates. In step t = 1, 2, ... the rate is 1 / (1 + 3
 * t); clients see that of the step before. */
static void scalars_on_every_side(void **state)
{
    (void)state;
    enum { D = 5000, M = 3 };
    settings s;
    runner r;
    const double lr = 0.2, close = sizeof(kith_real) == sizeof(double) ? 1e-12 : 1e-5;
    use_test_plugins();
    quadratic(&s, "counted", M, 1.0, D, 10);
    set(&s, "participation.arrivals=%d", M);
    set(&s, "local.steps=1");
    set(&s, "local.lr=%g", lr);
    assert_ok(r.ctx, runner_open(&r, s.list));
    metric m[] = {{"norm_mean", 0}, {"rate_seen_mean", 0}, {"rate", 0},         {"rates", 0},
                  {"messages", 0},  {"norms_before", 0},   {"norms_of_step", 0}};
    const size_t count = sizeof m / sizeof m[0];
    double x = 0, norms = 0, before = 0, rates = 0;
    for (int t = 1; t <= 5; t++) {
        const double rate = 1.0 / (1 + M * t), seen = t > 1 ? 1.0 / (1 + M * (t - 1)) : 0;
        before += norms;
        norms = 0;
        for (int i = 1; i <= M; i++)
            norms += D * lr * lr * (i - x) * (i - x);
        x += rate * lr * (2 - x);
        rates += rate;
        assert_ok(r.ctx, runner_step(&r));
        assert_close((double)runner_model(&r)[D - 1], x, close, 0);
        measure_some(&r, m, count);
        const double want[] = {norms / M, seen, rate, rates, M * t, before, norms};
        for (size_t k = 0; k < count; k++)
            assert_close(m[k].value, want[k], close, 0);
    }
    assert_true(isnan(measured(&r, "norm_mean"))); /* no visit since */
    runner_close(&r);
    unsetenv("KITH_PLUGIN_PATH");
}

/* Bytes: what goes up is d + 2 reals, what comes down d + 2. Without scalars there are none. */
static void planes_that_depend_on_the_configuration(void **state)
{
    (void)state;
    use_test_plugins();
    for (int plain = 0; plain < 2; plain++) {
        settings s;
        runner r;
        quadratic(&s, "counted", 4, 1.0, 10, 1);
        set(&s, "participation.arrivals=2");
        set(&s, "counted.plain=%s", plain ? "yes" : "no");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_ok(r.ctx, runner_step(&r));
        assert_close(measured(&r, "bytes_sent"), 2.0 * (plain ? 20 : 24) * sizeof(kith_real), 0, 0);
        runner_close(&r);
    }
    unsetenv("KITH_PLUGIN_PATH");
}

static void scalars_are_changed_in_one_place(void **state)
{
    (void)state;
    settings s;
    runner r;
    use_test_plugins();
    quadratic(&s, "counted", 2, 1.0, 3, 1);
    set(&s, "participation.arrivals=2");
    set(&s, "counted.wrong=yes");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_refused(r.ctx, runner_step(&r), KITH_EPLUGIN,
                   "counted: server() changed scalars at the server in step 0; change them in scalars()");
    runner_close(&r);
    unsetenv("KITH_PLUGIN_PATH");
}

/* Tables of an older plugin end early; what lies behind them is not read. */
static void shorter_tables_work(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"shorter", "fedavg"}, {"shorter-gossip", "dsgd"}};
    use_test_plugins();
    for (size_t k = 0; k < 2; k++) {
        kith_real model[2][3];
        for (size_t which = 0; which < 2; which++) {
            settings s;
            runner r;
            quadratic(&s, pairs[k][which], 4, 1.0, 3, 5);
            set(&s, "participation.arrivals=2");
            if (k == 1) set(&s, "run.topology=ring");
            assert_ok(r.ctx, runner_open(&r, s.list));
            for (int t = 0; t < 3; t++)
                assert_ok(r.ctx, runner_step(&r));
            if (k == 1) assert_true(measured(&r, "consensus_distance") > 0.0);
            memcpy(model[which], runner_model(&r), sizeof model[which]);
            runner_close(&r);
        }
        assert_memory_equal(model[0], model[1], sizeof model[0]);
        assert_true(model[0][0] != 0);
    }
    unsetenv("KITH_PLUGIN_PATH");
}

#if !defined(__SANITIZE_ADDRESS__)
/* Counts allocations of everything in the process, since the executable's malloc is found first, but for those that a
 * BLAS makes in each product: OpenBLAS, BLIS from 1.0 on, and their OpenMP. */
static size_t allocations;
static bool counting;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static bool is_blas(const void *caller)
{
    static const char *const names[] = {"/libblis", "/libopenblas", "/libgomp"};
    Dl_info from;
    if (!counting || !dladdr(caller, &from) || !from.dli_fname) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(from.dli_fname, names[i])) return true;
    return false;
}

KITH_API void *malloc(size_t size)
{
    allocations += !is_blas(__builtin_return_address(0));
    return __libc_malloc(size);
}
KITH_API void *calloc(size_t count, size_t size)
{
    allocations += !is_blas(__builtin_return_address(0));
    return __libc_calloc(count, size);
}
KITH_API void *realloc(void *memory, size_t size)
{
    allocations += !is_blas(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

static void rounds_allocate_nothing(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"afa-cd",
                                             "afa-cs",
                                             "fedavg",
                                             "fednova",
                                             "fedopt",
                                             "fedprox",
                                             "scaffold",
                                             "dsgd",
                                             "allreduce",
                                             "gradient-tracking",
                                             "exact-diffusion",
                                             "choco",
                                             "push-sum",
                                             "fedasync",
                                             "fedbuff",
                                             "mifa",
                                             "ca2fl",
                                             "fadas",
                                             "asgd",
                                             "feddyn",
                                             "qffl"};
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
        char algorithm[64];
        snprintf(algorithm, sizeof algorithm, "run.algorithm=%s", algorithms[k]);
        const char *const list[] = {
            algorithm,         "run.model=mlp",      "run.dataset=glyphs", "glyphs.train=400",
            "glyphs.test=100", "run.learners=20",    "run.rounds=20",      "participation.arrivals=4",
            "local.steps=3",   "local.momentum=0.5", "eval.every=0",       NULL};
        runner r;
        assert_ok(r.ctx, runner_open(&r, list));
        /* what is set up in the first rounds stays */
        for (int t = 0; t < 4; t++)
            assert_ok(r.ctx, runner_step(&r));
        const size_t before = allocations;
        counting = true;
        for (int t = 0; t < 10; t++)
            assert_ok(r.ctx, runner_step(&r));
        counting = false;
        assert_int_equal(allocations, before);
        runner_close(&r);
    }
    assert_true(allocations > 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedavg_weighs_by_examples),
        cmocka_unit_test(momentum_and_weight_decay),
        cmocka_unit_test(learning_rate_schedules),
        cmocka_unit_test(scaffold_reaches_the_optimum),
        cmocka_unit_test(scaffold_with_momentum),
        cmocka_unit_test(uploads_that_come_too_late_are_counted),
        cmocka_unit_test(phases_see_whole_vectors),
        cmocka_unit_test(planes_of_a_learner_that_arrives_twice),
        cmocka_unit_test(scalars_on_every_side),
        cmocka_unit_test(planes_that_depend_on_the_configuration),
        cmocka_unit_test(scalars_are_changed_in_one_place),
        cmocka_unit_test(shorter_tables_work),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(rounds_allocate_nothing),
#endif
    };
    return cmocka_run_group_tests_name("federated", tests, NULL, NULL);
}
