/* Gossip under filters, by differences, on quadratics, f_i(x) = 1/2 |x - b_i|^2 with b_i = i + 1. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "quadratics.h"
#include "measured.h"

#include <kith/nn.h>
#include <limits.h>

enum { N = 5, D = 30 };

static const bool precise = sizeof(kith_real) == sizeof(double);

static void choose(settings *s, const char *algorithm, const char *topology, const char *filters)
{
    quadratic(s, algorithm, N, 1.0, D, 1000);
    set(s, "run.topology=%s", topology);
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=no");
    set(s, "run.filters=%s", filters);
}

static const kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static const kith_real *model_of(const runner *r, size_t learner)
{
    const kith_gossip *g = inside(r);
    const kith_gossip_workspace *model = &g->shelf[g->ops->model];
    return kith_gossip_at(g, model, model->turn, learner);
}

static void step(runner *r, int rounds)
{
    for (int t = 0; t < rounds; t++)
        assert_ok(r->ctx, runner_step(r));
}

static void models_after(settings *s, int rounds, kith_real x[N][D])
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    step(&r, rounds);
    for (size_t i = 0; i < N; i++)
        kith_copy(D, model_of(&r, i), x[i]);
    runner_close(&r);
}

static void assert_all_close(const kith_real *x, const kith_real *y, size_t n, double atol)
{
    for (size_t i = 0; i < n; i++)
        assert_close((double)x[i], (double)y[i], 0, atol);
}

/* Also on a complete graph, where the host takes one mean, and for what is mixed into another plane. Under noise c + (x
 * - c) is not x. */
static void a_share_of_one_changes_nothing(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"dsgd", "gradient-tracking", "exact-diffusion", "push-sum", "by-hand"};
    static const char *const topologies[] = {"ring", "complete"};
    for (size_t k = 0; k < 10; k++) {
        kith_real x[N][D], y[N][D];
        settings s;
        choose(&s, algorithms[k / 2], topologies[k % 2], "");
        set(&s, "quadratic.sigma=20");
        models_after(&s, 9, x);
        choose(&s, algorithms[k / 2], topologies[k % 2], "top-k(share=1), rand-k(share=1)");
        set(&s, "quadratic.sigma=20");
        models_after(&s, 9, y);
        assert_memory_equal(x, y, sizeof x);
    }
}

/* Three of thirty coordinates a message. In single precision the two end a few units of the last place apart. */
static void compressed_dsgd_ends_where_dsgd_does(void **state)
{
    (void)state;
    static const char *const topologies[] = {"ring", "complete"};
    for (size_t k = 0; k < 2; k++) {
        kith_real x[N][D], y[N][D];
        settings s;
        choose(&s, "dsgd", topologies[k], "");
        set(&s, "local.steps=3");
        models_after(&s, 900, x);
        choose(&s, "dsgd", topologies[k], "top-k(share=0.1)");
        set(&s, "local.steps=3");
        models_after(&s, 900, y);
        assert_all_close(x[0], y[0], N * D, precise ? 1e-9 : 1e-6);
        assert_true(k == 1 || fabs((double)x[1][0] - 3) > 0.01);
    }
}

/* With a gossip step dsgd is CHOCO-SGD, which is written down once more as an algorithm; both begin at 0. */
static void with_a_gossip_step_it_is_choco(void **state)
{
    (void)state;
    kith_real x[N][D], y[N][D];
    settings s;
    choose(&s, "choco", "ring", "");
    set(&s, "choco.gamma=0.4");
    set(&s, "choco.compressor=top-k(share=0.2)");
    models_after(&s, 40, x);
    choose(&s, "dsgd", "ring", "top-k(share=0.2)");
    set(&s, "decentralized.gossip_step=0.4");
    models_after(&s, 40, y);
    assert_all_close(x[0], y[0], N * D, precise ? 1e-14 : 1e-6);
}

/* Sums over learners stay though messages do not come through whole: the mean of the trackers is that of the gradients,
 * so all end at the optimum, b's mean. */
static void sums_are_kept(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"gradient-tracking", "exact-diffusion", "push-sum"};
    for (size_t k = 0; k < 3; k++) {
        runner r;
        settings s;
        choose(&s, algorithms[k], "ring", "top-k(share=0.3)");
        set(&s, "decentralized.gossip_step=0.2");
        set(&s, "decentralized.post_rounds=500");
        set(&s, "run.rounds=%d", k < 2 ? 1000 : 1);
        assert_ok(r.ctx, runner_open(&r, s.list));
        step(&r, k < 2 ? 1000 : 501);
        const double end = k < 2 ? 3.0 : 0.3; /* push-sum made one step: 0.1 of the way */
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < D; j++)
                assert_close((double)model_of(&r, i)[j], end, 0, precise ? 1e-9 : 2e-5);
        runner_close(&r);
    }
}

/* One round on a ring from 0: each moves 0.1 b_i and sends it cut to the norm 0.25, so in each coordinate
 * min(0.1 b_i, 0.25 / sqrt(d)); its own weight is for all of it. */
static void clipped_by_hand(void **state)
{
    (void)state;
    kith_real x[N][D];
    runner r;
    settings s;
    choose(&s, "dsgd", "ring", "clip(norm=1.4)");
    models_after(&s, 1, x);
    for (size_t i = 0; i < N; i++) {
        double want = 0.1 * (double)(i + 1) / 3;
        for (size_t e = 1; e < N; e += N - 2)
            want += fmin(0.1 * (double)((i + e) % N + 1), 1.4 / sqrt(D)) / 3;
        assert_close((double)x[i][0], want, 0, precise ? 1e-14 : 1e-7);
    }
    assert_ok(r.ctx, runner_open(&r, s.list));
    step(&r, 1);
    assert_close(measured(&r, "clipped_share"), 3.0 / N, 0, 1e-15); /* those with b_i > 2.55 */
    runner_close(&r);
}

/* All hold b = 2 and hear all; two of ten send x - s rho (b - x), rho = 0.1. Honest learners get the mean M of what is
 * sent, attackers M and a tenth of what they did not say. */
static void attackers_flip_their_updates(void **state)
{
    (void)state;
    enum { ALL = 10, ROUNDS = 12 };
    static const char *const chains[] = {"", "top-k(share=1)"};
    const double s = 2.0, b = 2.0;
    double honest = 0, attacker = 0;
    for (int t = 0; t < ROUNDS; t++) {
        const double h = honest + 0.1 * (b - honest), a = attacker + 0.1 * (b - attacker);
        const double sent = attacker - s * 0.1 * (b - attacker), mean = (8 * h + 2 * sent) / ALL;
        honest = mean;
        attacker = mean + (a - sent) / ALL;
    }
    for (size_t k = 0; k < 2; k++) {
        runner r;
        settings set_;
        choose(&set_, "dsgd", "complete", chains[k]);
        set(&set_, "points.values=2, 2, 2, 2, 2, 2, 2, 2, 2, 2");
        set(&set_, "run.learners=10");
        set(&set_, "attack.learners=3, 7");
        set(&set_, "attack.filters=sign-flip(scale=2)");
        assert_ok(r.ctx, runner_open(&r, set_.list));
        step(&r, ROUNDS);
        for (size_t i = 0; i < ALL; i++)
            assert_close((double)model_of(&r, i)[0], i == 3 || i == 7 ? attacker : honest, 0, precise ? 1e-14 : 2e-6);
        runner_close(&r);
    }
}

/* To each neighbour; sums of compressed messages are no messages of their size, so on a complete graph N - 1 times, not
 * twice as what is sent whole. */
static void bytes_are_those_sent(void **state)
{
    (void)state;
    const double plain = D * sizeof(kith_real), three = 3 * (sizeof(kith_real) + 4);
    const struct {
        const char *algorithm, *topology, *filters;
        double bytes;
    } rows[] = {{"dsgd", "ring", "top-k(share=0.1)", 2 * three},
                {"dsgd", "complete", "top-k(share=0.1)", (N - 1) * three},
                {"dsgd", "complete", "", 2.0 * (N - 1) / N * plain},
                {"dsgd", "complete", "clip", 2.0 * (N - 1) / N * plain},
                {"gradient-tracking", "ring", "top-k(share=0.1)", 2 * 2 * three},
                {"push-sum", "ring", "top-k(share=0.1)", 2 * (three + sizeof(kith_real))},
                {"choco", "complete", "", (N - 1) * three}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        runner r;
        settings s;
        choose(&s, rows[k].algorithm, rows[k].topology, rows[k].filters);
        set(&s, "choco.compressor=top-k(share=0.1)");
        assert_ok(r.ctx, runner_open(&r, s.list));
        step(&r, 4);
        assert_close(measured(&r, "bytes_sent"), 4 * N * rows[k].bytes, 0, 0);
        runner_close(&r);
    }
}

static void refused(const char *algorithm, const char *topology, const char *key, const char *text, const char *message)
{
    settings s;
    runner r;
    choose(&s, algorithm, topology, "");
    s.count--;
    set(&s, "attack.learners=0.2");
    set(&s, "%s=%s", key, text);
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_string_equal(kith_ctx_message(r.ctx), message);
    runner_close(&r);
}

/* Compressed too much for its step: x + (W c - c) runs away. */
static void strong_compression_wants_a_smaller_step(void **state)
{
    (void)state;
    runner r;
    settings s;
    choose(&s, "dsgd", "ring", "rand-k(share=0.04)");
    set(&s, "local.lr=1.9");
    assert_ok(r.ctx, runner_open(&r, s.list));
    kith_status status = KITH_OK;
    for (int t = 0; t < 1000 && status == KITH_OK; t++)
        status = runner_step(&r);
    assert_int_equal(status, KITH_EDIVERGED);
    /* in double a loss overflows before its model does, and says so */
    if (sizeof(kith_real) == sizeof(float))
        assert_non_null(
            strstr(kith_ctx_message(r.ctx), "; lower local.lr, or choose a smaller decentralized.gossip_step"));
    runner_close(&r);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    refused("allreduce", "ring", "run.filters", "clip",
            "--set: run.filters = clip: allreduce takes the mean of all models at once, so no message passes a filter; "
            "leave it empty, or choose dsgd with the topology complete");
    refused(
        "ad-psgd", "ring", "run.filters", "clip",
        "--set: run.filters = clip: learners of ad-psgd meet in pairs, which hold no copies of each other; leave it "
        "empty, or choose another algorithm");
    refused(
        "relaysum", "chain", "attack.filters", "sign-flip",
        "--set: attack.filters = sign-flip: learners of relaysum tell each neighbour something else, of which there "
        "are no copies; leave it empty, or choose another algorithm");
    refused("choco", "ring", "run.filters", "clip",
            "--set: run.filters = clip: choco compresses messages by itself; leave it empty, or choose another "
            "algorithm");
    refused("local-only", "ring", "run.filters", "clip",
            "--set: run.filters = clip: local-only sends no model; leave it empty");
    refused("dsgd", "random-peer", "run.filters", "clip",
            "--set: run.filters = clip: under filters neighbours of dsgd hold copies of each other, so they must stay "
            "the same, and the graph of random-peer changes; choose a static topology");
    refused(
        "dsgd", "contribution", "attack.filters", "sign-flip",
        "--set: attack.filters = sign-flip: under dsgd the graph of contribution is drawn from what learners really "
        "did, and attackers would not say it; choose another topology");
    refused("dsgd", "ring", "server.filters", "median",
            "--set: server.filters = median: median works where all messages come together, but learners of dsgd send "
            "theirs to neighbours; choose a filter that works on learners, or a federated algorithm");
    refused("dsgd", "ring", "attack.filters", "alie",
            "--set: attack.filters = alie: alie works where all messages come together, but learners of dsgd send "
            "theirs to neighbours; choose a filter that works on learners, or a federated algorithm");
}

int main(void)
{
    char modules[4096], folder[PATH_MAX];
    snprintf(modules, sizeof modules, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    if (realpath(modules, folder)) setenv("KITH_PLUGIN_PATH", folder, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_one_changes_nothing),
        cmocka_unit_test(compressed_dsgd_ends_where_dsgd_does),
        cmocka_unit_test(with_a_gossip_step_it_is_choco),
        cmocka_unit_test(sums_are_kept),
        cmocka_unit_test(clipped_by_hand),
        cmocka_unit_test(attackers_flip_their_updates),
        cmocka_unit_test(bytes_are_those_sent),
        cmocka_unit_test(strong_compression_wants_a_smaller_step),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("gossip_filters", tests, NULL, NULL);
}
