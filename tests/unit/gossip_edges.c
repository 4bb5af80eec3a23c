/* Planes on edges, and RelaySGD on quadratics, f_i(x) = 1/2 |x - b_i|^2 with b_i = i + 1, against what its paper says
 * of it: a learner's model is the mean of everybody's, each as old as the way is long. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "quadratics.h"

enum { MOST = 9, D = 3 };

static const bool precise = sizeof(kith_real) == sizeof(double);

static void choose(settings *s, const char *topology, int learners, int rounds)
{
    quadratic(s, "relaysum", learners, 1.0, D, rounds);
    set(s, "run.topology=%s", topology);
    set(s, "local.lr=0.1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=no");
}

static const kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static void models(const runner *r, double *x)
{
    const kith_gossip *g = inside(r);
    for (size_t i = 0; i < g->learners; i++) {
        const kith_real *row = kith_gossip_at(g, &g->shelf[g->ops->model], 0, i);
        x[i] = (double)row[0];
        assert_true(row[0] == row[D - 1]);
    }
}

static void models_after(settings *s, int rounds, double *x)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    models(&r, x);
    runner_close(&r);
}

/* How many edges lie between two learners, from the trees' definitions. */
static int distance(const char *topology, int n, int i, int j)
{
    if (i == j) return 0;
    if (!strcmp(topology, "chain")) return abs(i - j);
    if (!strcmp(topology, "star")) return i == n - 1 || j == n - 1 ? 1 : 2;
    int hops = 0; /* binary tree: the larger of two numbers goes up to its parent */
    for (; i != j; hops++) {
        if (i > j) {
            i = (i - 1) / 2;
        } else {
            j = (j - 1) / 2;
        }
    }
    return hops;
}

static const char *const trees[] = {"chain", "star", "binary-tree"};

/* With a learning rate of 1 a step leads to b_i, wherever it starts: so what is told never changes. */
static void updates_that_do_not_change_are_averaged_exactly(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof trees / sizeof trees[0]; k++)
        for (int n = 2; n <= MOST; n++) {
            settings s;
            runner r;
            int longest = 0;
            choose(&s, trees[k], n, MOST);
            set(&s, "local.lr=1");
            assert_ok(r.ctx, runner_open(&r, s.list));
            for (int t = 1; t < MOST; t++) {
                double x[MOST];
                assert_ok(r.ctx, runner_step(&r));
                models(&r, x);
                for (int i = 0; i < n; i++) {
                    double sum = 0, count = 0;
                    for (int j = 0; j < n; j++) {
                        const int hops = distance(trees[k], n, i, j);
                        if (hops > longest) longest = hops;
                        if (hops > t) continue;
                        sum += j + 1;
                        count++;
                    }
                    assert_close(x[i], sum / count, 0, precise ? 1e-14 : 1e-6);
                    if (t >= longest) assert_close(x[i], (n + 1) / 2.0, 0, precise ? 1e-14 : 1e-6);
                }
            }
            assert_int_equal(longest, !strcmp(trees[k], "chain") ? n - 1 : longest);
            runner_close(&r);
        }
}

enum { ROUNDS = 412, n = 7 };

/* x_i(t + 1) is the mean over j of x_j(t - max(hops - 1, 0)) after that round's local work. What has not come yet is
 * left out, or counts as the first model, 0. */
static void reference(const char *topology, int training, int rounds, bool by_learners, double *x)
{
    double told[ROUNDS][n];
    for (int i = 0; i < n; i++)
        x[i] = 0;
    for (int t = 0; t < rounds; t++) {
        for (int i = 0; i < n; i++)
            told[t][i] = x[i] - (t < training ? 0.1 : 0) * (x[i] - (i + 1));
        for (int i = 0; i < n; i++) {
            double sum = 0, count = 0;
            for (int j = 0; j < n; j++) {
                const int hops = distance(topology, n, i, j), then = t - (hops ? hops - 1 : 0);
                if (then < 0) continue;
                sum += told[then][j];
                count++;
            }
            x[i] = sum / (by_learners ? n : count);
        }
    }
}

static void models_are_as_old_as_the_way_is_long(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof trees / sizeof trees[0]; k++) {
        double x[n], found[n];
        reference(trees[k], 12, 12, false, x);
        settings s;
        choose(&s, trees[k], n, 12);
        models_after(&s, 12, found);
        for (int i = 0; i < n; i++)
            assert_close(found[i], x[i], 0, precise ? 1e-13 : 2e-6);
    }
}

static void sums_are_divided_by_all_learners(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof trees / sizeof trees[0]; k++) {
        double x[n], counted[n], found[n];
        settings s;
        reference(trees[k], 12, 12, true, x);
        reference(trees[k], 12, 12, false, counted);
        choose(&s, trees[k], n, 12);
        set(&s, "relaysum.divide_by=learners");
        models_after(&s, 12, found);
        for (int i = 0; i < n; i++)
            assert_close(found[i], x[i], 0, precise ? 1e-13 : 2e-6);
        assert_true(fabs(x[0] - counted[0]) > 1e-3 || distance(trees[k], n, 0, n - 1) < 2);
    }
}

/* After training sums are still relayed: all meet. */
static void gossip_after_training_agrees(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof trees / sizeof trees[0]; k++) {
        double x[n], found[n];
        reference(trees[k], 12, ROUNDS, false, x);
        settings s;
        choose(&s, trees[k], n, 12);
        set(&s, "decentralized.post_rounds=%d", ROUNDS - 12);
        models_after(&s, ROUNDS, found);
        for (int i = 0; i < n; i++) {
            assert_close(found[i], x[i], 0, precise ? 1e-13 : 3e-6);
            assert_close(found[i], found[0], 0, precise ? 1e-13 : 1e-6);
        }
    }
}

/* Where decentralized SGD ends beside the optimum, it is reached, by several steps and with momentum, too. */
static void there_is_no_bias(void **state)
{
    (void)state;
    double x[5], biased[5];
    settings s;
    for (int k = 0; k < 3; k++) {
        choose(&s, "chain", 5, 2000);
        if (k == 1) set(&s, "local.steps=3");
        if (k == 2) set(&s, "local.momentum=0.5");
        set(&s, "local.lr=0.05");
        models_after(&s, 2000, x);
        for (int i = 0; i < 5; i++)
            assert_close(x[i], 3, 0, precise ? 1e-12 : 3e-6);
    }
    set(&s, "run.algorithm=dsgd");
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 2000; t++)
        assert_ok(r.ctx, runner_step(&r));
    const kith_gossip *g = inside(&r);
    for (size_t i = 0; i < 5; i++)
        biased[i] = (double)kith_gossip_at(g, g->shelf, g->shelf->turn, i)[0];
    assert_true(fabs(biased[0] - 3) > 0.1);
    runner_close(&r);
}

typedef struct metric {
    const char *name;
    double value;
} metric;

static kith_status look(void *arg, const char *name, double value)
{
    metric *m = arg;
    if (!strcmp(m->name, name)) m->value = value;
    return KITH_OK;
}

static double measured(runner *r, const char *name)
{
    metric m = {name, NAN};
    const kith_engine *engine = kith_run_engine(r->run);
    assert_ok(r->ctx, engine->prepare(r->ctx, engine->self));
    assert_ok(r->ctx, engine->measure(r->ctx, engine->self, true, look, &m));
    return m.value;
}

/* A vector and a number go each way along each edge in each round, those after training included. */
static void bytes_are_counted_for_each_edge(void **state)
{
    (void)state;
    for (int nodes = 1; nodes <= 6; nodes++) {
        settings s;
        runner r;
        choose(&s, "star", nodes, 2);
        set(&s, "decentralized.post_rounds=1");
        assert_ok(r.ctx, runner_open(&r, s.list));
        for (int t = 0; t < 3; t++)
            assert_ok(r.ctx, runner_step(&r));
        assert_close(measured(&r, "bytes_sent"), 3.0 * 2 * (nodes - 1) * (D + 1) * sizeof(kith_real), 0, 0);
        if (nodes > 1) assert_close(measured(&r, "edges"), 2.0 * (nodes - 1), 0, 0);
        runner_close(&r);
    }
}

/* Before they hear each other the learners of a chain of two hold 0.1 and 0.2; Xi^2 is 3 (0.05)^2, and then 0. */
static void models_before_combining_are_kept(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "chain", 2, 2);
    set(&s, "decentralized.before=yes");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_close(measured(&r, "consensus_distance_before"), 0.0075, 1e-6, 0);
    assert_close(measured(&r, "consensus_distance"), 0, 0, 1e-12);
    runner_close(&r);
}

static void a_learner_alone(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof trees / sizeof trees[0]; k++) {
        settings s;
        double x[1];
        choose(&s, trees[k], 1, 3);
        models_after(&s, 3, x);
        assert_close(x[0], 1 - pow(0.9, 3), 0, precise ? 1e-14 : 1e-6);
    }
}

static void what_is_no_tree_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *topology, *lacks;
    } rows[] = {
        {"ring", "tree (undirected, with exactly one path between any two nodes)"},
        {"complete", "tree (undirected, with exactly one path between any two nodes)"},
        {"exponential", "undirected (i hears j exactly when j hears i), tree (undirected, with exactly one path "
                        "between any two nodes)"},
        {"matching", "static (the same graph in every round), connected (a path between any two nodes), tree "
                     "(undirected, with exactly one path between any two nodes)"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        settings s;
        runner r;
        char message[512];
        choose(&s, rows[k].topology, 6, 1);
        snprintf(message, sizeof message,
                 "--set: run.topology = %s: it lacks what relaysum needs: %s; `kith info` lists the topologies",
                 rows[k].topology, rows[k].lacks);
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG, message);
        runner_close(&r);
    }
}

static void find_test_plugins(void)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    setenv("KITH_PLUGIN_PATH", folder, 1);
}

static void a_graph_that_says_it_is_mutual_and_is_not(void **state)
{
    (void)state;
    settings s;
    runner r;
    find_test_plugins();
    choose(&s, "one-way", 5, 1);
    set(&s, "one-way.mutual=yes");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_EPLUGIN,
                   "one-way: it promises to be undirected, but node 0 hears node 4 and is not heard by it");
    runner_close(&r);
    unsetenv("KITH_PLUGIN_PATH");
}

static void divergence_is_told(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "chain", 3, 2);
    set(&s, "quadratic.init=1");
    set(&s, "quadratic.a=1e-300"); /* so that losses stay finite */
    set(&s, "local.weight_decay=1");
    set(&s, "local.lr=%s", precise ? "1.7e308" : "3e38");
    assert_ok(r.ctx, runner_open(&r, s.list));
    /* floats are added up in double, so their first sum still has a mean */
    if (!precise) assert_ok(r.ctx, runner_step(&r));
    assert_refused(
        r.ctx, runner_step(&r), KITH_EDIVERGED,
        precise
            ? "plane 'model' of learner 0 is not finite after round 0 combined it with its neighbours'; lower local.lr"
            : "plane 'model' of learner 0 is not finite after round 1 combined it with its neighbours'; lower "
              "local.lr");
    runner_close(&r);
}

static kith_status nothing(void *self, kith_visit *v)
{
    (void)self;
    (void)v;
    return KITH_OK;
}

/* A table that makes no sense is refused before anything is looked at. */
static void wrong_tables_are_refused(void **state)
{
    (void)state;
    static const kith_edge_plane good[] = {{.name = "sum"}}, nameless[] = {{.name = ""}};
    const uint32_t stays = KITH_STATIC | KITH_UNDIRECTED;
    const struct {
        kith_decentralized ops;
        bool mixes;
        const char *message;
    } rows[] = {
        {{.edge_planes = good, .edge_plane_count = 1, .needs = stays},
         false,
         "odd: planes on edges and combine() go together; the table has only one"},
        {{.combine = nothing, .needs = stays},
         false,
         "odd: planes on edges and combine() go together; the table has only one"},
        {{.edge_planes = good, .edge_plane_count = 1, .combine = nothing, .needs = KITH_STATIC},
         false,
         "odd: planes on edges need a graph that stays; add KITH_STATIC and KITH_UNDIRECTED to ops.needs"},
        {{.edge_planes = good, .edge_plane_count = 1, .combine = nothing, .needs = stays, .uses = KITH_USES_PAIRS},
         false,
         "odd: planes on edges go neither with the mean of all nor with pairs"},
        {{.edge_planes = good, .edge_plane_count = 1, .combine = nothing, .needs = stays},
         true,
         "odd: an algorithm with planes on edges combines them itself; make its learners' planes private"},
        {{.edge_planes = nameless, .edge_plane_count = 1, .combine = nothing, .needs = stays},
         false,
         "odd: a plane on edges has no name"},
    };
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const kith_plugin plugin = {.id = "odd", .edge_plane_size = sizeof(kith_edge_plane)};
        const kith_instance algorithm = {.plugin = &plugin};
        kith_gossip g = {.setup = {.algorithm = &algorithm}, .ops = &rows[k].ops, .mixes = rows[k].mixes};
        assert_refused(ctx, kith_gossip_edges_lay_out(ctx, &g), KITH_EPLUGIN, rows[k].message);
        kith_gossip_edges_close(&g.edges);
    }
    kith_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_that_do_not_change_are_averaged_exactly),
        cmocka_unit_test(models_are_as_old_as_the_way_is_long),
        cmocka_unit_test(there_is_no_bias),
        cmocka_unit_test(bytes_are_counted_for_each_edge),
        cmocka_unit_test(sums_are_divided_by_all_learners),
        cmocka_unit_test(gossip_after_training_agrees),
        cmocka_unit_test(models_before_combining_are_kept),
        cmocka_unit_test(a_learner_alone),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(a_graph_that_says_it_is_mutual_and_is_not),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(wrong_tables_are_refused),
    };
    return cmocka_run_group_tests_name("gossip_edges", tests, NULL, NULL);
}
