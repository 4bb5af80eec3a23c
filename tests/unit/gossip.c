/* The decentralized engine and its algorithms against closed forms and dense re-enactments on quadratics, f_i(x) = 1/2
 * |x - b_i|^2 with b_i = i + 1. Letters: N learners, H local steps, q = (1 - eta)^H, W the ring's weights. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "quadratics.h"
#include "measured.h"

enum { N = 5, D = 3 };

static const bool precise = sizeof(kith_real) == sizeof(double);

static void choose(settings *s, const char *algorithm, int learners, int rounds)
{
    quadratic(s, algorithm, learners, 1.0, D, rounds);
    set(s, "run.topology=ring");
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=no");
}

static const kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

/* The learners' models after so many rounds. */
static void models_after(settings *s, int rounds, double *x)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    const kith_gossip *g = inside(&r);
    const kith_gossip_workspace *model = &g->shelf[g->ops->model];
    for (size_t i = 0; i < g->learners; i++) {
        const kith_real *row = kith_gossip_at(g, model, model->turn, i);
        x[i] = (double)row[0];
        assert_true(row[0] == row[D - 1]);
    }
    runner_close(&r);
}

/* y = W x on the ring */
static void ring(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (x[(i + n - 1) % n] + x[i] + x[(i + 1) % n]) / 3;
}

/* Gauss and Jordan; a is destroyed. */
static void solve(size_t n, double a[n][n], double *b)
{
    for (size_t k = 0; k < n; k++) {
        size_t p = k;
        for (size_t i = k; i < n; i++)
            if (fabs(a[i][k]) > fabs(a[p][k])) p = i;
        for (size_t j = 0; j < n; j++) {
            const double held = a[k][j];
            a[k][j] = a[p][j];
            a[p][j] = held;
        }
        const double held = b[k];
        b[k] = b[p];
        b[p] = held;
        for (size_t i = 0; i < n; i++) {
            if (i == k) continue;
            const double f = a[i][k] / a[k][k];
            for (size_t j = 0; j < n; j++)
                a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    }
    for (size_t k = 0; k < n; k++)
        b[k] /= a[k][k];
}

/* X* = (1 - q) (I - q W)^-1 W b: biased, but its mean is the optimum. */
static void dsgd_ends_at_its_fixed_point(void **state)
{
    (void)state;
    enum { H = 3 };
    settings s;
    choose(&s, "dsgd", N, 120);
    set(&s, "local.steps=%d", H);
    double x[N], a[N][N], want[N], b[N] = {1, 2, 3, 4, 5}, mean = 0, bias = 0;
    models_after(&s, 120, x);
    const double q = pow(0.9, H);
    for (size_t j = 0; j < N; j++) {
        double unit[N] = {0}, column[N];
        unit[j] = 1;
        ring(N, unit, column);
        for (size_t i = 0; i < N; i++)
            a[i][j] = (i == j) - q * column[i];
    }
    ring(N, b, want);
    for (size_t i = 0; i < N; i++)
        want[i] *= 1 - q;
    solve(N, a, want);
    for (size_t i = 0; i < N; i++) {
        assert_close(x[i], want[i], 0, precise ? 1e-12 : 2e-6);
        mean += x[i] / N;
        bias = fmax(bias, fabs(x[i] - 3));
    }
    assert_close(mean, 3, 0, precise ? 1e-12 : 2e-6);
    assert_true(bias > 0.1);
}

/* W's columns sum to 1, so the mean moves as if all were one: (1 - q^T) b. */
static void gossip_keeps_the_mean(void **state)
{
    (void)state;
    for (int rounds = 1; rounds < 6; rounds++) {
        settings s;
        choose(&s, "dsgd", N, 6);
        double x[N], mean = 0;
        models_after(&s, rounds, x);
        for (size_t i = 0; i < N; i++)
            mean += x[i] / N;
        assert_close(mean, 3 * (1 - pow(0.9, rounds)), 0, precise ? 1e-14 : 1e-6);
        assert_true(x[0] != x[1]);
    }
}

static void bias_is_corrected(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"gradient-tracking", "exact-diffusion", "exact-diffusion"};
    for (int k = 0; k < 3; k++) {
        settings s;
        choose(&s, algorithms[k], N, 1000);
        set(&s, "local.steps=%d", 1 + k);
        if (k == 2) set(&s, "exact-diffusion.mixing=full");
        double x[N];
        models_after(&s, 1000, x);
        for (size_t i = 0; i < N; i++)
            assert_close(x[i], 3, 0, precise ? 1e-10 : 3e-6);
    }
}

/* x+ = W (x - eta y), y+ = W y + g+ - g; psi+ = x - eta g, phi = psi+ + x - psi, x+ = (I + W)/2 phi or W phi; all by
 * hand. */
static void corrections_follow_their_recursions(void **state)
{
    (void)state;
    enum { ROUNDS = 7 };
    double x[N] = {0}, y[N], g[N], next[N], phi[N], psi[N] = {0}, found[N];
    for (size_t i = 0; i < N; i++)
        y[i] = g[i] = x[i] - (double)(i + 1);
    for (int t = 0; t < ROUNDS; t++) {
        for (size_t i = 0; i < N; i++)
            phi[i] = x[i] - 0.1 * y[i];
        ring(N, phi, x);
        ring(N, y, next);
        for (size_t i = 0; i < N; i++) {
            y[i] = next[i] + (x[i] - (double)(i + 1)) - g[i];
            g[i] = x[i] - (double)(i + 1);
        }
    }
    settings s;
    choose(&s, "gradient-tracking", N, ROUNDS);
    models_after(&s, ROUNDS, found);
    for (size_t i = 0; i < N; i++)
        assert_close(found[i], x[i], 0, precise ? 1e-13 : 2e-6);
    for (int full = 0; full < 2; full++) {
        memset(x, 0, sizeof x);
        memset(psi, 0, sizeof psi);
        for (int t = 0; t < ROUNDS; t++) {
            for (size_t i = 0; i < N; i++) {
                const double after = x[i] - 0.1 * (x[i] - (double)(i + 1));
                phi[i] = after + x[i] - psi[i];
                psi[i] = after;
            }
            ring(N, phi, next);
            for (size_t i = 0; i < N; i++)
                x[i] = full ? next[i] : (phi[i] + next[i]) / 2;
        }
        choose(&s, "exact-diffusion", N, ROUNDS);
        if (full) set(&s, "exact-diffusion.mixing=full");
        models_after(&s, ROUNDS, found);
        for (size_t i = 0; i < N; i++)
            assert_close(found[i], x[i], 0, precise ? 1e-13 : 2e-6);
    }
}

static void find_test_plugins(void)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    setenv("KITH_PLUGIN_PATH", folder, 1);
}

/* On a directed graph: x and w are mixed by columns that sum to 1, gradients at z = x / w. */
static void push_sum_on_a_directed_graph(void **state)
{
    (void)state;
    find_test_plugins();
    double x[N] = {0}, w[N], z[N] = {0}, found[N];
    for (size_t i = 0; i < N; i++)
        w[i] = 1;
    for (int t = 0; t < 9; t++) {
        double xs[N] = {0}, ws[N] = {0};
        for (size_t j = 0; j < N; j++) {
            const double sent = x[j] - 0.1 * (z[j] - (double)(j + 1)), share = j == 0 ? 1.0 / 3 : 0.5;
            const size_t to[] = {j, (j + 1) % N, 2};
            for (size_t k = 0; k < (j == 0 ? 3 : 2); k++) {
                xs[to[k]] += share * sent;
                ws[to[k]] += share * w[j];
            }
        }
        for (size_t i = 0; i < N; i++) {
            x[i] = xs[i];
            w[i] = ws[i];
            z[i] = x[i] / w[i];
        }
    }
    settings s;
    choose(&s, "push-sum", N, 9);
    set(&s, "run.topology=one-way");
    models_after(&s, 9, found);
    for (size_t i = 0; i < N; i++)
        assert_close(found[i], z[i], 0, precise ? 1e-13 : 2e-6);
    assert_true(fabs(w[0] - 1) > 0.1);
    /* one step, then gossip alone: everybody finds the mean of all */
    choose(&s, "push-sum", N, 1);
    set(&s, "run.topology=one-way");
    set(&s, "decentralized.post_rounds=150");
    models_after(&s, 151, found);
    for (size_t i = 0; i < N; i++)
        assert_close(found[i], 0.3, 0, precise ? 1e-13 : 2e-6);
    unsetenv("KITH_PLUGIN_PATH");
}

static void a_graph_that_breaks_its_promises_is_refused(void **state)
{
    (void)state;
    static const char *const how[] = {"one-way.lie=yes", "one-way.columns=yes", "one-way.wrong=yes"};
    static const char *const algorithm[] = {"dsgd", "push-sum", "push-sum"};
    static const char *const message[] = {
        ("one-way: the weights that node 0 hears with in round 0 sum to 0.833333333333 and not to 1; correct its "
         "weights"),
        "one-way: the weights that node 2 is heard with in round 0 sum to 0.5 and not to 1; correct its weights",
        "one-way: the row of node 1 in round 0 is wrong: an edge comes from a node that there is not"};
    static const kith_status status[] = {KITH_ECONFIG, KITH_ECONFIG, KITH_EPLUGIN};
    find_test_plugins();
    for (int k = 0; k < 3; k++) {
        settings s;
        runner r;
        choose(&s, algorithm[k], N, 1);
        set(&s, "run.topology=one-way");
        set(&s, "%s", how[k]);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_refused(r.ctx, runner_step(&r), status[k], message[k]);
        runner_close(&r);
    }
    unsetenv("KITH_PLUGIN_PATH");
}

/* With everybody taking part and equal weights they are one algorithm: (1 - q^T) b. */
static void allreduce_is_federated_averaging(void **state)
{
    (void)state;
    settings s;
    choose(&s, "allreduce", N, 4);
    set(&s, "local.steps=2");
    double x[N];
    models_after(&s, 4, x);
    for (size_t i = 0; i < N; i++)
        assert_close(x[i], 3 * (1 - pow(0.9, 8)), 0, precise ? 1e-13 : 1e-6);
    choose(&s, "fedavg", N, 4);
    set(&s, "run.topology=star");
    set(&s, "participation.arrivals=%d", N);
    set(&s, "local.steps=2");
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 4; t++)
        assert_ok(r.ctx, runner_step(&r));
    assert_close(x[0], (double)runner_model(&r)[0], 0, precise ? 1e-14 : 1e-6);
    runner_close(&r);
}

static void local_only_never_communicates(void **state)
{
    (void)state;
    settings s;
    choose(&s, "local-only", N, 3);
    double x[N];
    models_after(&s, 3, x);
    for (size_t i = 0; i < N; i++)
        assert_close(x[i], (double)(i + 1) * (1 - pow(0.9, 3)), 0, precise ? 1e-14 : 1e-6);
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_true(measured(&r, "bytes_sent") == 0.0);
    assert_true(isnan(measured(&r, "edges")) && isnan(measured(&r, "p_measured")));
    runner_close(&r);
}

/* Nothing is lost and gamma is 1: x + (W x - x) = W x. */
static void choco_without_compression_is_dsgd(void **state)
{
    (void)state;
    double x[N], y[N];
    static const char *const whole[] = {"", "top-k(share=1)", "rand-k(share=1)"};
    settings s;
    choose(&s, "dsgd", N, 20);
    models_after(&s, 20, x);
    for (int k = 0; k < 3; k++) {
        choose(&s, "choco", N, 20);
        set(&s, "choco.gamma=1");
        set(&s, "choco.compressor=%s", whole[k]);
        models_after(&s, 20, y);
        for (size_t i = 0; i < N; i++)
            assert_close(y[i], x[i], 0, precise ? 1e-13 : 3e-6);
    }
}

/* One step, then gossip alone: whatever the compressor leaves out comes later, and all meet at the mean of 0.1 b_i. */
static void compressed_gossip_still_agrees(void **state)
{
    (void)state;
    static const struct {
        const char *compressor;
        double bytes; /* of one message for D = 3 */
    } rows[] = {{"top-k(share=0.3)", sizeof(kith_real) + 4},
                {"rand-k(share=0.4, scale=contraction)", 2 * sizeof(kith_real)},
                {"qsgd(scale=contraction)", 2 + sizeof(kith_real)}, /* 3 * (1 + 4) bits */
                {"sign", 1 + sizeof(kith_real)}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        settings s;
        choose(&s, "choco", N, 1);
        set(&s, "choco.compressor=%s", rows[k].compressor);
        set(&s, "choco.gamma=0.2");
        set(&s, "decentralized.post_rounds=400");
        runner r;
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 401; t++)
            assert_ok(r.ctx, runner_step(&r));
        const kith_gossip *g = inside(&r);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < D; j++)
                assert_close((double)kith_gossip_at(g, &g->shelf[g->ops->model], 0, i)[j], 0.3, 0, 1e-5);
        assert_close(measured(&r, "bytes_sent"), 401 * 2 * N * rows[k].bytes, 0, 0);
        runner_close(&r);
    }
}

/* A gossiping learner keeps its optimizer's state, which is not mixed. */
static void optimizers_keep_their_state(void **state)
{
    (void)state;
    enum { ROUNDS = 4, H = 2 };
    for (int adamw = 0; adamw < 2; adamw++) {
        double x[N] = {0}, m[N] = {0}, v[N] = {0}, next[N], found[N];
        int step = 0;
        for (int t = 0; t < ROUNDS; t++) {
            for (int h = 0; h < H; h++) {
                step++;
                for (size_t i = 0; i < N; i++) {
                    const double g = x[i] - (double)(i + 1);
                    if (!adamw) {
                        m[i] = 0.8 * m[i] + g + 0.3 * x[i];
                        x[i] -= 0.1 * m[i];
                        continue;
                    }
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.99 * v[i] + 0.01 * g * g;
                    const double mh = m[i] / (1 - pow(0.9, step)), vh = v[i] / (1 - pow(0.99, step));
                    x[i] -= 0.1 * (mh / (sqrt(vh) + 1e-8) + 0.3 * x[i]);
                }
            }
            ring(N, x, next);
            memcpy(x, next, sizeof x);
        }
        settings s;
        choose(&s, "dsgd", N, ROUNDS);
        set(&s, "local.steps=%d", H);
        set(&s, "local.optimizer=%s", adamw ? "adamw" : "sgd");
        set(&s, "local.momentum=%s", adamw ? "0" : "0.8");
        set(&s, "local.beta2=0.99");
        set(&s, "local.weight_decay=0.3");
        models_after(&s, ROUNDS, found);
        for (size_t i = 0; i < N; i++)
            assert_close(found[i], x[i], 0, precise ? 1e-13 : 5e-6);
    }
}

/* Two learners meet in one exchange: Xi^2 is 3 (0.05)^2 before it and 0 after it. */
static void distances_of_two_learners(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"dsgd", "exact-diffusion"};
    for (int k = 0; k < 2; k++) {
        settings s;
        choose(&s, algorithms[k], 2, 2);
        set(&s, "decentralized.before=yes");
        runner r;
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_true(measured(&r, "consensus_distance") == 0.0);
        assert_true(isnan(measured(&r, "p_measured")));
        assert_ok(r.ctx, runner_step(&r));
        /* (I + W)/2 goes half of the way that W goes */
        assert_close(measured(&r, "consensus_distance_before"), 0.0075, 1e-6, 0);
        assert_close(measured(&r, "consensus_distance"), k == 0 ? 0 : 0.0075 / 4, 1e-6, 1e-12);
        assert_close(measured(&r, "p_measured"), k == 0 ? 1 : 0.75, 1e-6, 0);
        /* test points are 1 and 2: the loss of x is 3/4 ((x - 1)^2 + (x - 2)^2) */
        assert_close(measured(&r, "local_test_loss_before_mean"), 0.375 * (0.81 + 3.61 + 0.64 + 3.24), 1e-6, 0);
        assert_true(measured(&r, "edges") == 2.0);
        runner_close(&r);
    }
}

/* The last round is the merge; a round of its own, that costs what an all-reduce costs. */
static void one_merge_at_the_end(void **state)
{
    (void)state;
    settings s;
    choose(&s, "dsgd", N, 2);
    set(&s, "decentralized.merge=mean");
    set(&s, "decentralized.post_rounds=1");
    double x[N];
    models_after(&s, 4, x);
    for (size_t i = 0; i < N; i++)
        assert_close(x[i], 3 * (1 - 0.81), 0, precise ? 1e-14 : 1e-6);
    models_after(&s, 3, x);
    assert_true(x[0] != x[1]);
    runner r;
    bool stop = false, done = false;
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 4; t++) {
        assert_false(done);
        assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
    }
    assert_true(done);
    const double model = D * sizeof(kith_real);
    assert_close(measured(&r, "bytes_sent_per_learner"), 3 * 2 * model + 2.0 * (N - 1) / N * model, 1e-15, 0);
    runner_close(&r);
}

/* Evaluated rounds: each third and the last of training, each second of gossip after it, the merge. */
static void rounds_after_training_are_evaluated_by_a_key_of_their_own(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        settings s;
        runner r;
        char found[16] = "";
        choose(&s, "dsgd", N, 4);
        set(&s, "decentralized.merge=mean");
        set(&s, "decentralized.post_rounds=5");
        set(&s, "eval.every=3");
        if (own) set(&s, "decentralized.post_every=2");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 10; t++) {
            bool stop = false, done = false;
            assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
            found[t] = kith_run_progress(r.run)->evaluated ? 'x' : '.';
        }
        assert_string_equal(found, own ? "..xx.x.x.x" : "..xx.x..xx");
        runner_close(&r);
    }
}

static void a_learner_alone(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"dsgd",  "allreduce", "gradient-tracking", "exact-diffusion",
                                             "choco", "push-sum"};
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
        settings s;
        choose(&s, algorithms[k], 1, 3);
        set(&s, "choco.compressor=");
        double x[1];
        models_after(&s, 3, x);
        assert_close(x[0], 1 - pow(0.9, 3), 0, precise ? 1e-14 : 1e-6);
    }
}

/* Two learners hear each other whole in every round, so both are at the mean's place: 1.5 (1 - q^T). */
static void two_learners(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"dsgd", "allreduce", "gradient-tracking", "choco", "push-sum"};
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
        settings s;
        choose(&s, algorithms[k], 2, 3);
        set(&s, "choco.compressor=");
        set(&s, "choco.gamma=1");
        double x[2];
        models_after(&s, 3, x);
        for (size_t i = 0; i < 2; i++)
            assert_close(x[i], 1.5 * (1 - pow(0.9, 3)), 0, precise ? 1e-14 : 1e-6);
    }
}

/* On a complete graph the host takes one mean instead of N sums. */
static void a_complete_graph_is_one_mean(void **state)
{
    (void)state;
    settings s;
    choose(&s, "dsgd", 3, 2); /* a ring of three is complete */
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_true(inside(&r)->graph.complete);
    assert_close(measured(&r, "bytes_sent_per_learner"), 2.0 * 2 / 3 * D * sizeof(kith_real), 1e-15, 0);
    assert_true(measured(&r, "edges") == 6.0);
    runner_close(&r);
    double x[3];
    models_after(&s, 2, x);
    for (size_t i = 0; i < 3; i++)
        assert_close(x[i], 2 * (1 - 0.81), 0, precise ? 1e-14 : 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dsgd_ends_at_its_fixed_point),
        cmocka_unit_test(gossip_keeps_the_mean),
        cmocka_unit_test(bias_is_corrected),
        cmocka_unit_test(corrections_follow_their_recursions),
        cmocka_unit_test(push_sum_on_a_directed_graph),
        cmocka_unit_test(a_graph_that_breaks_its_promises_is_refused),
        cmocka_unit_test(allreduce_is_federated_averaging),
        cmocka_unit_test(local_only_never_communicates),
        cmocka_unit_test(choco_without_compression_is_dsgd),
        cmocka_unit_test(compressed_gossip_still_agrees),
        cmocka_unit_test(optimizers_keep_their_state),
        cmocka_unit_test(distances_of_two_learners),
        cmocka_unit_test(one_merge_at_the_end),
        cmocka_unit_test(rounds_after_training_are_evaluated_by_a_key_of_their_own),
        cmocka_unit_test(a_learner_alone),
        cmocka_unit_test(two_learners),
        cmocka_unit_test(a_complete_graph_is_one_mean),
    };
    return cmocka_run_group_tests_name("gossip", tests, NULL, NULL);
}
