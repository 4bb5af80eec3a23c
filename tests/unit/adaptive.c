/* Graphs that follow how the run goes, and push: rules, budgets, and runs whose every number is known beforehand. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "graphworld.h"
#include "runner.h"
#include "measured.h"
#include "quadratics.h"

enum { N = 8, D = 3 };

static size_t edges_at(world *w, kith_inner *inner, uint64_t round)
{
    kith_graph *g = world_graph(w, inner, round);
    const size_t edges = g->start[g->nodes] - g->nodes;
    kith_graph_free(g);
    return edges;
}

/* Rounds 0 .. count - 1 of a run of `rounds`, as letters: d dense, . sparse; heard[t] is told after round t. */
static void follow(world *w, const char *spec, uint64_t rounds, size_t count, const kith_published *heard, char *out)
{
    kith_inner *inner = NULL;
    assert_ok(w->ctx, world_try(w, spec, N, rounds, &inner));
    for (size_t t = 0; t < count; t++) {
        const size_t edges = edges_at(w, inner, t);
        assert_true(edges == N * (N - 1) || edges == 2 * N);
        out[t] = edges == 2 * N ? '.' : 'd';
        assert_int_equal(edges_at(w, inner, t + 1), 2 * N); /* nobody knows yet */
        kith_published p = heard[t];
        p.round = t;
        assert_ok(w->ctx, inner->ops->hear(inner->self, w->ctx, &p));
    }
    out[count] = 0;
    w->opener.close(inner);
}

static void assert_followed(world *w, const char *spec, size_t count, const kith_published *heard, const char *expected)
{
    char found[64];
    follow(w, spec, count, count, heard, found);
    assert_string_equal(found, expected);
}

static void distances_and_budgets(void **state)
{
    world *w = *state;
    enum { T = 10 };
    const double distance[T] = {0, 2, 3, 0, 2, 2, 1, 5, 5, 5};
    kith_published heard[T];
    for (size_t t = 0; t < T; t++)
        heard[t] = (kith_published){.consensus = distance[t], .train_loss = NAN, .moved = NAN};
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=1)", T, heard, "..dd.dd.dd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=2.5)", T, heard, "...d....dd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=9)", T, heard, "..........");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=1, budget=3)", T, heard, "..dd.d....");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=2.5, budget=5)", T, heard, "...d..dddd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=2.5, budget=5, rest=no)", T, heard, "...d....dd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=9, budget=4)", T, heard, "......dddd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=9, budget=10)", T, heard, "dddddddddd");
    assert_followed(w, "adaptive(rule=distance, sparse=ring, limit=9, budget=40)", T, heard, "dddddddddd");
    /* inside another */
    assert_followed(w, "faulty(graph=adaptive(rule=distance, sparse=ring, limit=2.5))", T, heard, "...d....dd");
}

/* m is 4, then (0.5 * 0.5 * 4 + 0.5 * 1) / 0.75 = 2, then (0.5 * 1.5 + 0.5 * 2) / 0.875 = 2. */
static void ratios_to_a_mean_of_motions(void **state)
{
    world *w = *state;
    const kith_published heard[] = {
        {.consensus = 16, .moved = 4}, {.consensus = 9, .moved = 1}, {.consensus = 7.9, .moved = 2}};
    assert_followed(w, "adaptive(sparse=ring, rho=2, memory=0.5)", 3, heard, "..d");
    assert_followed(w, "adaptive(sparse=ring, rho=1.99, memory=0.5)", 3, heard, ".dd");
    kith_inner *inner = world_open(w, "adaptive(sparse=ring, rho=1.99, memory=0.5)", N);
    assert_int_equal(inner->ops->hears(inner->self), KITH_HEARS_CONSENSUS | KITH_HEARS_MOVED);
    for (uint64_t t = 0; t < 3; t++) {
        kith_published p = heard[t];
        p.round = t;
        assert_ok(w->ctx, inner->ops->hear(inner->self, w->ctx, &p));
    }
    assert_int_equal(edges_at(w, inner, 3), 2 * N); /* sqrt(7.9 / 2) = 1.987 */
    w->opener.close(inner);
    /* where nothing moves, any distance is too much, and none is not */
    const kith_published still[] = {{.consensus = 0, .moved = 0}, {.consensus = 1e-9, .moved = 0}, {.moved = 0}};
    assert_followed(w, "adaptive(sparse=ring, rho=1000)", 3, still, "..d");
}

/* H = 3 until the loss that was 8 is 4 in a dense round, then 6, and then 12 where it is 2. */
static void periods_grow_as_the_loss_falls(void **state)
{
    world *w = *state;
    enum { T = 24 };
    kith_published heard[T];
    for (size_t t = 0; t < T; t++)
        heard[t] = (kith_published){.train_loss = t < 5 ? 8 : t < 11 ? 4 : 2};
    assert_followed(w, "adaptive(rule=loss, sparse=ring, period=3)", T, heard, "..d..d.....d...........d");
    /* in rounds 2 and 5 F_init becomes 8 and 6; H = ceil(6 / 4 * 3) = 5 from round 8 on, and 9 from 13 on */
    assert_followed(w, "adaptive(rule=loss, sparse=ring, period=3, warmup=6)", T, heard, "..d..d..d....d........d.");
    for (size_t t = 0; t < T; t++)
        heard[t].train_loss = t == 0 ? 1 : 100;
    assert_followed(w, "adaptive(rule=loss, sparse=ring, period=4)", 9, heard, "...dddddd");
    for (size_t t = 0; t < T; t++)
        heard[t].train_loss = NAN;
    assert_followed(w, "adaptive(rule=loss, sparse=ring, period=4)", 9, heard, "...d...d.");
    assert_followed(w, "adaptive(rule=loss, sparse=ring, period=1)", 4, heard, "dddd");
}

static void promises_and_refusals(void **state)
{
    world *w = *state;
    kith_inner *inner = world_open(w, "adaptive(sparse=ring)", 12);
    kith_inner *ring = world_open(w, "ring", 12);
    assert_int_equal(inner->ops->properties(inner->self), ring->ops->properties(ring->self) & ~(uint32_t)KITH_STATIC);
    w->opener.close(inner);
    w->opener.close(ring);
    inner = world_open(w, "adaptive", 12);
    assert_int_equal(inner->ops->properties(inner->self), KITH_ROW_STOCHASTIC | KITH_LOSSLESS);
    w->opener.close(inner);
    assert_refused(w->ctx, world_try(w, "adaptive(dense=contribution)", 12, 9, &inner), KITH_ECONFIG,
                   "adaptive.dense = contribution: it is drawn from updates itself; choose a graph that is not");
    assert_refused(w->ctx, world_try(w, "adaptive(sparse=rign)", 12, 9, &inner), KITH_EPLUGIN,
                   "adaptive.sparse = rign: there is no such topology; did you mean ring?");
    assert_refused(w->ctx, world_try(w, "adaptive", 12, 0, &inner), KITH_ECONFIG,
                   "adaptive: how many rounds the run has is not known here; use another topology");
}

/* ---- runs on quadratics: x_i goes to b_i = i by q = 1 - lr, and nobody is heard but in dense rounds ---- */

static void quadratic_run(settings *s, runner *r, int rounds)
{
    quadratic(s, "dsgd", N, 1.0, D, rounds);
    set(s, "run.topology=adaptive");
    set(s, "adaptive.sparse=random-peer(rate=0)");
    set(s, "local.steps=1");
    set(s, "local.lr=0.125");
    (void)r;
}

/* V (1 - q^k)^2 k rounds after the last mean, V = 3 * 5.25 for 1 .. 8 in three coordinates: above 2 from k = 4 on. */
static void a_dynamic_mean_comes_when_theory_says(void **state)
{
    (void)state;
    enum { ROUNDS = 23 };
    settings s;
    runner r;
    metric m[] = {{"consensus_distance", 0}, {"adaptive_dense", 0}, {"adaptive_spent", 0}, {"edges", 0}};
    quadratic_run(&s, &r, ROUNDS);
    set(&s, "adaptive.rule=distance");
    set(&s, "adaptive.limit=2");
    assert_ok(r.ctx, runner_open(&r, s.list));
    int since = 0, spent = 0;
    double before = 0;
    for (int t = 0; t < ROUNDS; t++) {
        const bool dense = before > 2;
        since = dense ? 0 : since + 1;
        spent += dense;
        before = 15.75 * pow(1 - pow(0.875, since), 2);
        assert_ok(r.ctx, runner_step(&r));
        measure_some(&r, m, 4);
        assert_close(m[0].value, before, 2e-6, 1e-9);
        assert_close(m[3].value, dense ? N * (N - 1) : 0, 0, 0);
        if (t == 0) continue;
        assert_close(m[1].value, dense, 0, 0);
        assert_close(m[2].value, spent, 0, 0);
    }
    assert_int_equal(spent, 4); /* rounds 4, 9, 14 and 19 */
    runner_close(&r);
}

/* The mean goes to 4.5 by q: it moves by 4.5 sqrt(3) q^t (1 - q) in round t. */
static void consensus_control_divides_by_the_motion(void **state)
{
    (void)state;
    enum { ROUNDS = 30 };
    settings s;
    runner r;
    metric m[] = {{"adaptive_dense", 0}, {"adaptive_value", 0}};
    quadratic_run(&s, &r, ROUNDS);
    set(&s, "adaptive.rho=3");
    set(&s, "adaptive.memory=0.75");
    assert_ok(r.ctx, runner_open(&r, s.list));
    double mean = 0, weight = 0, value = 0;
    int since = 0, spent = 0;
    for (int t = 0; t < ROUNDS; t++) {
        const bool dense = value > 3;
        const double before = value;
        since = dense ? 0 : since + 1;
        spent += dense;
        mean = 0.75 * mean + 0.25 * 3 * pow(4.5 * pow(0.875, t) * 0.125, 2);
        weight = 0.75 * weight + 0.25;
        value = sqrt(15.75) * (1 - pow(0.875, since)) / sqrt(mean / weight);
        assert_ok(r.ctx, runner_step(&r));
        measure_some(&r, m, 2);
        if (t == 0) continue;
        assert_close(m[0].value, dense, 0, 0);
        assert_close(m[1].value, before, 1e-4, 1e-4);
    }
    assert_true(spent > 3 && spent < 20);
    runner_close(&r);
}

/* They are apart by 15.75 (1 - q^k)^2, above 2 from round 4 on; a run ends where its learners agree, or no longer do.
 */
static void a_run_ends_by_how_far_learners_are_apart(void **state)
{
    (void)state;
    settings s;
    runner r;
    bool stop = false, done = false;
    int rounds = 0;
    quadratic_run(&s, &r, 9);
    set(&s, "adaptive.rule=distance");
    set(&s, "adaptive.limit=1000");
    s.list[9] = "eval.every=1";
    set(&s, "run.stop_at=consensus_distance > 2");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (; !done && rounds < 20; rounds++)
        assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
    assert_int_equal(rounds, 4);
    runner_close(&r);
}

/* What it does not want to hear is not measured. */
static void nothing_else_is_measured(void **state)
{
    (void)state;
    static const char *const rules[] = {"distance", "consensus", "loss"};
    const uint32_t wanted[] = {KITH_HEARS_CONSENSUS, KITH_HEARS_CONSENSUS | KITH_HEARS_MOVED, KITH_HEARS_LOSS};
    for (size_t k = 0; k < 3; k++) {
        settings s;
        runner r;
        quadratic_run(&s, &r, 3);
        set(&s, "adaptive.rule=%s", rules[k]);
        assert_ok(r.ctx, runner_open(&r, s.list));
        const kith_gossip *g = kith_run_engine(r.run)->self;
        assert_int_equal(g->history.wanted, wanted[k]);
        runner_close(&r);
    }
}

/* ---- push ---- */

/* Each sends s messages, so a node gets s in the mean, a number of binomial(N - 1, s / (N - 1)); who sends to whom is
 * equally likely for all pairs. Bounds are three standard errors. */
static void an_epidemic_spreads_evenly(void **state)
{
    world *w = *state;
    enum { NODES = 12, S = 3, ROUNDS = 4000 };
    const double p = (double)S / (NODES - 1), silent = pow(1 - p, NODES - 1);
    size_t nobody = 0, pair = 0, last = 0;
    double squares = 0;
    kith_inner *inner = world_open(w, "epidemic(peers=3)", NODES);
    for (uint64_t t = 0; t < ROUNDS; t++) {
        size_t sent[NODES] = {0};
        kith_graph *g = world_graph(w, inner, t);
        for (size_t i = 0; i < NODES; i++) {
            const size_t count = g->start[i + 1] - g->start[i];
            for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
                assert_close(g->weight[e], 1.0 / (double)count, 1e-15, 0);
                if (g->from[e] != i) sent[g->from[e]]++;
                pair += i == 4 && g->from[e] == 9;
                last += i == NODES - 1 && g->from[e] == 0;
            }
            nobody += count == 1;
            squares += pow((double)(count - 1) - S, 2);
        }
        for (size_t i = 0; i < NODES; i++)
            assert_int_equal(sent[i], S);
        kith_graph_free(g);
    }
    w->opener.close(inner);
    assert_close((double)pair / ROUNDS, p, 0, 3 * sqrt(p * (1 - p) / ROUNDS));
    assert_close((double)last / ROUNDS, p, 0, 3 * sqrt(p * (1 - p) / ROUNDS));
    /* nodes of one round are not independent, so their shares get the error of one node's */
    assert_close((double)nobody / (ROUNDS * NODES), silent, 0, 3 * sqrt(silent * (1 - silent) / ROUNDS));
    assert_close(squares / (ROUNDS * NODES), (NODES - 1) * p * (1 - p), 0.05, 0);
    inner = world_open(w, "epidemic(peers=50)", NODES);
    assert_int_equal(edges_at(w, inner, 3), NODES * (NODES - 1));
    w->opener.close(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_and_budgets),
        cmocka_unit_test(ratios_to_a_mean_of_motions),
        cmocka_unit_test(periods_grow_as_the_loss_falls),
        cmocka_unit_test(promises_and_refusals),
        cmocka_unit_test(a_dynamic_mean_comes_when_theory_says),
        cmocka_unit_test(consensus_control_divides_by_the_motion),
        cmocka_unit_test(a_run_ends_by_how_far_learners_are_apart),
        cmocka_unit_test(nothing_else_is_measured),
        cmocka_unit_test(an_epidemic_spreads_evenly),
    };
    return cmocka_run_group_tests(tests, world_start, world_stop);
}
