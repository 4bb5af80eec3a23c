/* Graphs in which not everybody hears of everybody, under every algorithm that asks for a graph; and learners that were
 * to begin differently and cannot. */
#include "support.h"

#include "runner.h"
#include "quadratics.h"
#include "scratch.h"

static void choose(settings *s, const char *algorithm, const char *edges, const char *more)
{
    scratch_write("graph.edges", edges, strlen(edges));
    quadratic(s, algorithm, 4, 1.0, 3, 400);
    set(s, "run.topology=graph-file");
    set(s, "graph-file.path=graph.edges");
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    if (*more) set(s, "%s", more);
}

#define PARTS                                                                                                          \
    "run.topology = graph-file: the graph is the same in every round and not connected: there are learners from "      \
    "which no path leads to some other one"
static const char noted[] = PARTS "; nothing but a merge mixes all of them\n";

/* NULL: it runs, and notes what `notes` says. Of long refusals the part that names what is missing. */
static const struct {
    const char *algorithm, *refused, *notes;
} algorithms[] = {
    {"dsgd", NULL, noted},
    {"allreduce", NULL, ""},
    {"local-only", NULL, ""},
    {"push-sum", PARTS ", so that push-sum cannot find the mean of all; add edges, or take a topology that changes",
     NULL},
    {"gradient-tracking",
     PARTS ", so that gradient-tracking cannot find the mean of all; add edges, or take a topology that changes", NULL},
    {"exact-diffusion", "it lacks what exact-diffusion needs: connected (a path between any two nodes)", NULL},
    {"choco", "it lacks what choco needs: connected (a path between any two nodes)", NULL},
    {"ad-psgd", "it lacks what ad-psgd needs: connected (a path between any two nodes)", NULL},
    {"relaysum", "it lacks what relaysum needs: connected (a path between any two nodes), tree", NULL},
    {"simple-walk", "it lacks what simple-walk needs: connected (a path between any two nodes)", NULL},
    {"metropolis-walk", "it lacks what metropolis-walk needs: connected (a path between any two nodes)", NULL},
};

/* Two pairs; a node alone; edges that are there in name only. */
static const struct {
    const char *edges, *more;
} apart[] = {
    {"0 1\n2 3\n", ""},
    {"0 1 0\n1 2 0.5\n2 3 0\n3 0 0.5\n", "graph-file.weights=file"},
    {"0 1 0\n1 2 0\n2 3 0.25\n3 0 0.25\n", "graph-file.weights=metropolis"},
};

static void static_graphs_in_parts(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof apart / sizeof apart[0]; g++)
        for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
            settings s;
            runner r;
            choose(&s, algorithms[k].algorithm, apart[g].edges, apart[g].more);
            const kith_status status = runner_open(&r, s.list);
            if (algorithms[k].refused) {
                assert_int_equal(status, KITH_ECONFIG);
                assert_non_null(strstr(kith_ctx_message(r.ctx), algorithms[k].refused));
            } else {
                assert_ok(r.ctx, status);
                assert_non_null(strstr(kith_ctx_notes(r.ctx), algorithms[k].notes));
                assert_int_equal(strstr(kith_ctx_notes(r.ctx), "not connected") != NULL, *algorithms[k].notes != 0);
            }
            runner_close(&r);
        }
}

static void connected_graphs_are_not_talked_about(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof algorithms / sizeof algorithms[0]; k++) {
        settings s;
        runner r;
        choose(&s, algorithms[k].algorithm, "0 1\n1 2\n2 3\n", "");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_null(strstr(kith_ctx_notes(r.ctx), "connected"));
        runner_close(&r);
    }
}

/* A path that leads one way only, and a ring that closes it. */
static void ways_that_lead_one_way(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "push-sum", "0 1\n1 2\n2 3\n", "graph-file.directed=yes");
    set(&s, "graph-file.weights=push-sum");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG, algorithms[3].refused);
    runner_close(&r);
    choose(&s, "dsgd", "0 1\n1 2\n2 3\n", "graph-file.directed=yes");
    set(&s, "graph-file.weights=uniform");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_non_null(strstr(kith_ctx_notes(r.ctx), noted));
    runner_close(&r);
    choose(&s, "push-sum", "0 1\n1 2\n2 3\n3 0\n", "graph-file.directed=yes");
    set(&s, "graph-file.weights=push-sum");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_string_equal(kith_ctx_notes(r.ctx), "");
    runner_close(&r);
}

/* A graph that changes may be connected over some rounds, so only the weight that shrinks tells: eta 2^t > 1000, or, in
 * gossip without steps, 2^-84 < 1e-25. */
static void expect_shrinking(const char *lr, int training, int last)
{
    settings s;
    runner r;
    kith_status status = KITH_OK;
    char round[40];
    int made = 0;
    choose(&s, "push-sum", "0 1\n1 2\n2 3\n", "graph-file.directed=yes");
    set(&s, "graph-file.weights=push-sum");
    set(&s, "local.lr=%s", lr);
    set(&s, "run.rounds=%d", training);
    set(&s, "decentralized.post_rounds=300");
    set(&s, "run.topology=schedule");
    set(&s, "schedule.preset=phases");
    set(&s, "schedule.phases=graph-file(path=graph.edges, directed=yes, weights=push-sum) for 399; complete");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (; made < 200 && status == KITH_OK; made++)
        status = runner_step(&r);
    assert_int_equal(status, KITH_ECONFIG);
    assert_int_equal(made, last + 1);
    snprintf(round, sizeof round, " in round %d, since", last);
    assert_non_null(strstr(kith_ctx_message(r.ctx), "push-sum: the weight of learner 0 has shrunk to "));
    assert_non_null(strstr(kith_ctx_message(r.ctx), round));
    assert_non_null(
        strstr(kith_ctx_message(r.ctx),
               " hardly anybody sends to it; choose a topology in which, over some rounds, a path leads from "
               "every learner to every other"));
    runner_close(&r);
}

static void a_weight_that_shrinks(void **state)
{
    (void)state;
    expect_shrinking("0.02", 400, 15); /* 0.02 * 2^16 = 1311 */
    expect_shrinking("0.5", 400, 10);
    expect_shrinking("1e-6", 400, 29);
    expect_shrinking("0.02", 2, 83);
}

static void beginnings_that_cannot_differ(void **state)
{
    (void)state;
    static const struct {
        const char *model, *dataset, *init, *notes;
    } cases[] = {
        {"quadratic", "points", "different",
         "decentralized.init = different has no effect: quadratic gives all learners one beginning\n"},
        {"linear", "glyphs", "different",
         "decentralized.init = different has no effect: linear gives all learners one beginning\n"},
        {"quadratic", "points", "same", ""},
        {"mlp", "glyphs", "different", ""},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings s;
        runner r;
        quadratic(&s, "dsgd", 4, 1.0, 3, 2);
        s.count = 0;
        set(&s, "run.algorithm=dsgd");
        set(&s, "run.topology=ring");
        set(&s, "run.learners=4");
        set(&s, "run.rounds=1");
        set(&s, "decentralized.test_learners=1");
        set(&s, "run.model=%s", cases[k].model);
        set(&s, "run.dataset=%s", cases[k].dataset);
        if (!strcmp(cases[k].dataset, "points")) set(&s, "points.values=1, 2, 3, 4");
        set(&s, "decentralized.init=%s", cases[k].init);
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_string_equal(kith_ctx_notes(r.ctx), cases[k].notes);
        runner_close(&r);
    }
}

/* ---- D^2 diverges where an eigenvalue of W is -1/3 or less ---- */

#define REMEDY  ", and exact-diffusion diverges unless all of them are above -0.3333; set exact-diffusion.mixing = half"
#define WEIGHED "graph-file.weights=file"
/* Four learners. A ring has (1 + 2 cos(pi)) / 3; one whose learners keep nothing of their own has -1. Two that swap 2/3
 * have 1/3 - 2/3, less what a third takes of what the one keeps: NumPy has -0.33844709. */
typedef struct weighed {
    const char *edges, *more, *eigenvalue;
} weighed;
static const weighed deep[] = {
    {"0 1\n1 2\n2 3\n3 0\n", "", "-0.3333"},
    {"0 1\n1 2\n2 3\n3 0\n", "graph-file.weights=max-degree", "-0.3333"},
    {"0 1 0.5\n1 2 0.5\n2 3 0.5\n3 0 0.5\n", WEIGHED, "-1"},
    {"0 1 0.9\n1 2 0.1\n2 3 0.9\n3 0 0.1\n", WEIGHED, "-1"},
    {"0 1 0.66666666667\n1 2 0\n2 3 0.5\n3 0 0\n1 3 0.01\n", WEIGHED, "-0.3384"},
};
/* Their least eigenvalues are above. */
static const weighed shallow[] = {
    {"0 1\n1 2\n2 3\n", "", "1/3 - 2/3 cos(pi / 4)"},
    {"0 1\n0 2\n0 3\n", "", "0"},
    {"0 1\n1 2\n2 3\n3 0\n0 2\n1 3\n", "", "0"},
    {"0 1 0.33\n1 2 0.33\n2 3 0.33\n3 0 0.33\n", WEIGHED, "-0.32"},
};

static void eigenvalues_that_d2_does_not_bear(void **state)
{
    (void)state;
    settings s;
    runner r;
    for (size_t k = 0; k < sizeof deep / sizeof deep[0]; k++) {
        char want[256];
        snprintf(want, sizeof want, "--set: run.topology = graph-file: its W has the eigenvalue %s" REMEDY,
                 deep[k].eigenvalue);
        choose(&s, "exact-diffusion", deep[k].edges, deep[k].more);
        set(&s, "exact-diffusion.mixing=full");
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG, want);
        runner_close(&r);
        choose(&s, "exact-diffusion", deep[k].edges, deep[k].more);
        assert_ok(r.ctx, runner_open(&r, s.list));
        runner_close(&r);
    }
    for (size_t k = 0; k < sizeof shallow / sizeof shallow[0]; k++) {
        choose(&s, "exact-diffusion", shallow[k].edges, shallow[k].more);
        set(&s, "exact-diffusion.mixing=full");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 400; t++)
            assert_ok(r.ctx, runner_step(&r));
        assert_close((double)runner_model(&r)[0], 2.5, 0, 1e-4);
        runner_close(&r);
    }
}

/* A smaller step lifts eigenvalues: 1 - 0.9 (1 + 1/3) = -0.2 and 1 - 0.99 (1 + 1/3) = -0.32. */
static void steps_of_gossip_lift_eigenvalues(void **state)
{
    (void)state;
    settings s;
    runner r;
    static const char *const steps[] = {"0", "1", "0.99", "0.9"};
    for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
        choose(&s, "exact-diffusion", deep[0].edges, "");
        set(&s, "exact-diffusion.mixing=full");
        set(&s, "run.filters=top-k");
        set(&s, "top-k.share=1");
        set(&s, "decentralized.gossip_step=%s", steps[k]);
        assert_int_equal(runner_open(&r, s.list), k < 2 ? KITH_ECONFIG : KITH_OK);
        runner_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_graphs_in_parts),           cmocka_unit_test(connected_graphs_are_not_talked_about),
        cmocka_unit_test(ways_that_lead_one_way),           cmocka_unit_test(a_weight_that_shrinks),
        cmocka_unit_test(beginnings_that_cannot_differ),    cmocka_unit_test(eigenvalues_that_d2_does_not_bear),
        cmocka_unit_test(steps_of_gossip_lift_eigenvalues),
    };
    return cmocka_run_group_tests_name("graphs in parts", tests, scratch_enter, scratch_leave);
}
