/* Algorithms that mix their neighbours' rows by themselves, and topologies that hear how the run goes. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "measured.h"
#include "quadratics.h"

enum { N = 8, D = 5000, ROUNDS = 5 };

static void choose(settings *s, const char *algorithm, const char *topology)
{
    quadratic(s, algorithm, N, 1.0, D, ROUNDS + 1);
    set(s, "run.topology=%s", topology);
    set(s, "local.lr=0.2");
    set(s, "local.steps=2");
    set(s, "quadratic.sigma=0.1");
}

static const kith_gossip *engine_of(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static const kith_real *plane_of(const runner *r, size_t plane, size_t learner)
{
    const kith_gossip *g = engine_of(r);
    return kith_gossip_at(g, &g->shelf[plane], g->shelf[plane].turn, learner);
}

static void mixing_by_hand_is_mixing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"ring", "no"}, {"ring", "yes"}, {"random-peer", "yes"}, {"contribution", "no"}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings s;
        runner hand, host;
        choose(&s, "dsgd", cases[k][0]);
        assert_ok(host.ctx, runner_open(&host, s.list));
        choose(&s, "by-hand", cases[k][0]);
        set(&s, "by-hand.age=%s", cases[k][1]);
        assert_ok(hand.ctx, runner_open(&hand, s.list));
        for (int t = 0; t < ROUNDS; t++) {
            assert_ok(hand.ctx, runner_step(&hand));
            assert_ok(host.ctx, runner_step(&host));
            for (size_t i = 0; i < N; i++)
                assert_memory_equal(plane_of(&hand, 0, i), plane_of(&host, 0, i), D * sizeof(kith_real));
        }
        assert_close(measured(&hand, "consensus_distance"), measured(&host, "consensus_distance"), 0, 0);
        if (!strcmp(cases[k][1], "no"))
            assert_close(measured(&hand, "bytes_sent"), measured(&host, "bytes_sent"), 0, 0);
        runner_close(&hand);
        runner_close(&host);
    }
}

/* On a ring a learner hears two others; the mean of three numbers in a row is the middle one. */
static void numbers_are_mixed_into_another_plane(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "by-hand", "ring");
    set(&s, "by-hand.age=yes");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 1; t <= ROUNDS; t++) {
        assert_ok(r.ctx, runner_step(&r));
        for (size_t i = 0; i < N; i++)
            assert_close((double)plane_of(&r, 2, i)[0], t, 1e-6, 0);
        for (size_t i = 1; i + 1 < N; i++)
            assert_close((double)plane_of(&r, 2, i)[1], (double)i, 1e-6, 0);
    }
    assert_close(measured(&r, "heard_mean"), 2.0, 0, 0);
    assert_true(isnan(measured(&r, "heard_mean"))); /* nothing was said since */
    runner_close(&r);
}

/* Nobody takes the mean of all where the algorithm mixes: on a complete graph each of N messages goes to N - 1. */
static void a_complete_graph_has_rows(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "by-hand", "complete");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_close(measured(&r, "heard_mean"), N - 1, 0, 0);
    assert_true(measured(&r, "consensus_distance") < 1e-6);
    assert_close(measured(&r, "bytes_sent"), (double)N * (N - 1) * D * sizeof(kith_real), 0, 0);
    runner_close(&r);
}

static void tables_and_mixtures_that_are_wrong(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "by-hand", "ring");
    set(&s, "by-hand.infinite=yes");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_refused(r.ctx, runner_step(&r), KITH_EDIVERGED,
                   "plane 'model' of learner 3 is not finite after the mixing of round 0; lower local.lr");
    runner_close(&r);
}

static kith_status mix(void *self, kith_neighbour_rows *m)
{
    (void)self, (void)m;
    return KITH_OK;
}

static void mix_goes_with_mixed_planes_alone(void **state)
{
    (void)state;
    static const kith_learner_plane mixed[] = {{.name = "x", .access = KITH_MIXED}}, own[] = {{.name = "x"}};
    const struct {
        kith_decentralized ops;
        const char *message;
    } rows[] = {{{.planes = mixed, .plane_count = 1, .mix = mix, .uses = KITH_USES_MEAN},
                 "odd: mix() goes neither with the mean of all, with pairs nor with planes on edges"},
                {{.planes = mixed, .plane_count = 1, .mix = mix, .uses = KITH_USES_PAIRS},
                 "odd: mix() goes neither with the mean of all, with pairs nor with planes on edges"},
                {{.planes = own, .plane_count = 1, .mix = mix}, "odd: mix() has no plane to mix; mark one KITH_MIXED"}};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const kith_plugin plugin = {.id = "odd", .learner_plane_size = sizeof(kith_learner_plane)};
        const kith_instance algorithm = {.plugin = &plugin};
        kith_gossip g = {.setup = {.algorithm = &algorithm}, .ops = &rows[k].ops, .d = 1};
        assert_refused(ctx, kith_gossip_lay_out(ctx, &g), KITH_EPLUGIN, rows[k].message);
        kith_free(g.shelf);
        kith_free(g.plane);
    }
    kith_ctx_destroy(ctx);
}

static double least(const void *self, const char **remedy)
{
    (void)self, (void)remedy;
    return -0.5;
}

static void least_eigenvalues_go_with_graphs_that_stay(void **state)
{
    (void)state;
    static const uint32_t needs[] = {0, KITH_STATIC, KITH_SYMMETRIC, KITH_CONNECTED};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof needs / sizeof needs[0]; k++) {
        const kith_plugin plugin = {.id = "odd"};
        const kith_instance algorithm = {.plugin = &plugin};
        const kith_decentralized ops = {.needs = needs[k], .least = least};
        kith_gossip g = {.setup = {.algorithm = &algorithm}, .ops = &ops};
        assert_refused(ctx, kith_gossip_graph_bears(ctx, &g), KITH_EPLUGIN,
                       "odd: least eigenvalues are those of a graph that stays and is symmetric; add KITH_STATIC and "
                       "KITH_SYMMETRIC to ops.needs");
    }
    kith_ctx_destroy(ctx);
}

/* ---- topologies that hear ---- */

static void mean_of(runner *r, double *out)
{
    const kith_engine *engine = kith_run_engine(r->run);
    assert_ok(r->ctx, engine->prepare(r->ctx, engine->self));
    for (size_t i = 0; i < D; i++)
        out[i] = (double)runner_model(r)[i];
}

/* What is heard in a round are the metrics that an evaluation after the round before gives. */
static void what_is_heard_is_what_is_measured(void **state)
{
    (void)state;
    static double before[D], now[D];
    settings s;
    runner r;
    int dense = 0;
    double consensus = 0, loss = 0, moved = 0, first = 0;
    const double limit = 1000;
    enum { CONSENSUS = 0, LOSS, MOVED, DENSE, EDGES, NOW, LOSS_NOW, ALL };
    metric m[ALL] = {{"heard_consensus", 0}, {"heard_loss", 0},         {"heard_moved", 0}, {"dense", 0},
                     {"edges", 0},           {"consensus_distance", 0}, {"train_loss", 0}};
    choose(&s, "dsgd", "follower");
    set(&s, "follower.limit=%g", limit);
    assert_ok(r.ctx, runner_open(&r, s.list));
    mean_of(&r, before);
    for (int t = 0; t < ROUNDS; t++) {
        const bool is_dense = consensus > limit || loss > first;
        assert_ok(r.ctx, runner_step(&r));
        measure_some(&r, m, ALL);
        if (t > 0) {
            assert_close(m[CONSENSUS].value, consensus, 0, 0);
            assert_close(m[LOSS].value, loss, 0, 0);
            assert_close(m[MOVED].value, moved, 1e-5, 1e-9);
            assert_close(m[DENSE].value, is_dense, 0, 0);
        } else {
            assert_true(isnan(m[DENSE].value));
        }
        assert_close(m[EDGES].value, N * (is_dense ? N - 1 : 2), 0, 0);
        dense += is_dense;
        mean_of(&r, now);
        moved = 0;
        for (size_t i = 0; i < D; i++) {
            moved += (now[i] - before[i]) * (now[i] - before[i]);
            before[i] = now[i];
        }
        consensus = m[NOW].value;
        loss = m[LOSS_NOW].value;
        if (t == 0) first = loss;
    }
    assert_true(dense > 0 && dense < ROUNDS - 1);
    runner_close(&r);
}

/* f_i = D/2 (x - i)^2, all at 0: the first batch's loss is D/2 i^2, the second one's is that times (1 - lr)^2. */
static void the_loss_is_that_of_the_round(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "dsgd", N, 1.0, 3, 2);
    set(&s, "run.topology=follower");
    set(&s, "follower.hears=loss");
    set(&s, "local.lr=0.2");
    set(&s, "local.steps=2");
    assert_ok(r.ctx, runner_open(&r, s.list));
    double squares = 0;
    for (int i = 1; i <= N; i++)
        squares += i * i;
    assert_ok(r.ctx, runner_step(&r));
    assert_ok(r.ctx, runner_step(&r));
    assert_close(measured(&r, "heard_loss"), 1.5 * squares / N * (1 + 0.8 * 0.8) / 2, 1e-6, 0);
    assert_true(isnan(measured(&r, "heard_consensus")));
    assert_true(isnan(measured(&r, "heard_moved")));
    runner_close(&r);
}

/* Inside others, too; and where learners do not mix in step nothing is heard. */
static void others_hand_it_on(void **state)
{
    (void)state;
    static const char *const hearing[] = {"faulty", "schedule", "contribution"};
    static const char *const keys[] = {"faulty.graph=follower(limit=0)",
                                       "schedule.phases=ring for 2; follower(limit=0)",
                                       "contribution.base=follower(limit=0)"};
    for (size_t k = 0; k < 3; k++) {
        settings s;
        runner r;
        choose(&s, "dsgd", hearing[k]);
        set(&s, "%s", keys[k]);
        if (k == 1) set(&s, "schedule.preset=phases");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 2; t++)
            assert_ok(r.ctx, runner_step(&r));
        if (k < 2) assert_close(measured(&r, "dense"), 1, 0, 0);
        assert_true(engine_of(&r)->history.wanted);
        runner_close(&r);
    }
    settings s;
    runner r;
    choose(&s, "allreduce", "follower");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_false(engine_of(&r)->history.wanted);
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
        cmocka_unit_test(mixing_by_hand_is_mixing),
        cmocka_unit_test(numbers_are_mixed_into_another_plane),
        cmocka_unit_test(a_complete_graph_has_rows),
        cmocka_unit_test(tables_and_mixtures_that_are_wrong),
        cmocka_unit_test(mix_goes_with_mixed_planes_alone),
        cmocka_unit_test(least_eigenvalues_go_with_graphs_that_stay),
        cmocka_unit_test(what_is_heard_is_what_is_measured),
        cmocka_unit_test(the_loss_is_that_of_the_round),
        cmocka_unit_test(others_hand_it_on),
    };
    return cmocka_run_group_tests_name("gossip_heard", tests, enter, NULL);
}
