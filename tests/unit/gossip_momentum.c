/* Quasi-global momentum against its recursion, its fixed point and its form for one learner, on quadratics f_i(x) = 1/2
 * |x - b_i|^2 with b_i = i + 1. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "quadratics.h"

enum { N = 5, D = 3 };

static const bool precise = sizeof(kith_real) == sizeof(double);

static void choose(settings *s, int learners, int rounds, double beta, double mu)
{
    quadratic(s, "qg-dsgdm", learners, 1.0, D, rounds);
    set(s, "run.topology=ring");
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=no");
    set(s, "qg-dsgdm.beta=%g", beta);
    set(s, "qg-dsgdm.mu=%g", mu);
}

static void models_after(settings *s, int rounds, double *x)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    const kith_gossip *g = kith_run_engine(r.run)->self;
    const kith_gossip_workspace *model = &g->shelf[g->ops->model];
    for (size_t i = 0; i < g->learners; i++) {
        const kith_real *row = kith_gossip_at(g, model, model->turn, i);
        x[i] = (double)row[0];
        assert_true(row[0] == row[D - 1]);
    }
    runner_close(&r);
}

/* Algorithm 1 line by line, on the ring's weights 1/3. */
static void re_enact(int rounds, bool nesterov, double lambda, double *x)
{
    const double eta = 0.1, beta = 0.8, mu = 0.6;
    double hat[N] = {0}, half[N];
    for (size_t i = 0; i < N; i++)
        x[i] = 0;
    for (int t = 0; t < rounds; t++) {
        for (size_t i = 0; i < N; i++) {
            const double g = x[i] - (double)(i + 1) + lambda * x[i], m = beta * hat[i] + g;
            half[i] = x[i] - eta * (nesterov ? g + beta * m : m);
        }
        for (size_t i = 0; i < N; i++) {
            const double next = (half[(i + N - 1) % N] + half[i] + half[(i + 1) % N]) / 3;
            hat[i] = mu * hat[i] + (1 - mu) * (x[i] - next) / eta;
            x[i] = next;
        }
    }
}

static void it_follows_its_recursion(void **state)
{
    (void)state;
    for (int rounds = 1; rounds < 9; rounds++)
        for (int k = 0; k < 4; k++) {
            settings s;
            double want[N], found[N];
            choose(&s, N, 9, 0.8, 0.6);
            set(&s, "qg-dsgdm.nesterov=%s", k % 2 ? "yes" : "no");
            set(&s, "local.weight_decay=%g", k / 2 * 0.2);
            re_enact(rounds, k % 2, k / 2 * 0.2, want);
            models_after(&s, rounds, found);
            for (size_t i = 0; i < N; i++)
                assert_close(found[i], want[i], 0, precise ? 1e-13 : 3e-6);
        }
}

/* At rest nothing moves, so there is no momentum: the fixed point is D-SGD's, x = W (x - eta (x - b)). */
static void it_rests_where_gossip_rests(void **state)
{
    (void)state;
    settings s;
    double found[N], plain[N] = {0}, half[N];
    for (int t = 0; t < 2000; t++) {
        for (size_t i = 0; i < N; i++)
            half[i] = plain[i] - 0.1 * (plain[i] - (double)(i + 1));
        for (size_t i = 0; i < N; i++)
            plain[i] = (half[(i + N - 1) % N] + half[i] + half[(i + 1) % N]) / 3;
    }
    choose(&s, N, 1000, 0.9, 0.9);
    models_after(&s, 1000, found);
    for (size_t i = 0; i < N; i++)
        assert_close(found[i], plain[i], 0, precise ? 1e-11 : 5e-6);
    assert_true(fabs(plain[1] - 3) > 0.1);
}

/* One learner's is quasi-hyperbolic momentum: v <- b v + (1 - b) g with 1 - b = (1 - mu) (1 - beta), and a step is
 * g + beta / (1 - beta) v, of the v before. */
static void alone_it_is_quasi_hyperbolic(void **state)
{
    (void)state;
    enum { ROUNDS = 12 };
    const double beta = 0.7, mu = 0.5, b = 1 - (1 - mu) * (1 - beta);
    double x = 0, v = 0, found[1];
    for (int t = 0; t < ROUNDS; t++) {
        const double g = x - 1;
        x -= 0.1 * (g + beta / (1 - beta) * v);
        v = b * v + (1 - b) * g;
    }
    settings s;
    choose(&s, 1, ROUNDS, beta, mu);
    models_after(&s, ROUNDS, found);
    assert_close(found[0], x, 0, precise ? 1e-13 : 2e-6);
}

/* Rounds without training neither move nor count. */
static void rounds_without_training_mix_alone(void **state)
{
    (void)state;
    enum { ROUNDS = 4 };
    settings s;
    double x[N], want[N], found[N];
    re_enact(ROUNDS, false, 0, x);
    for (size_t i = 0; i < N; i++)
        want[i] = (x[(i + N - 1) % N] + x[i] + x[(i + 1) % N]) / 3;
    choose(&s, N, ROUNDS, 0.8, 0.6);
    set(&s, "decentralized.post_rounds=1");
    models_after(&s, ROUNDS + 1, found);
    for (size_t i = 0; i < N; i++)
        assert_close(found[i], want[i], 0, precise ? 1e-13 : 3e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_its_recursion),
        cmocka_unit_test(it_rests_where_gossip_rests),
        cmocka_unit_test(alone_it_is_quasi_hyperbolic),
        cmocka_unit_test(rounds_without_training_mix_alone),
    };
    return cmocka_run_group_tests_name("gossip_momentum", tests, NULL, NULL);
}
