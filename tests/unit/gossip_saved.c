/* Checkpoints of decentralized runs: what is loaded goes on as what was saved does, for each algorithm that keeps
 * something of its own. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "runner.h"
#include "quadratics.h"
#include "scratch.h"

#include <limits.h>

enum { N = 6, D = 3, BEFORE = 5, AFTER = 4, MOST_METRICS = 24 };

static void choose(settings *s, const char *algorithm, const char *topology)
{
    const bool filtered = !strcmp(algorithm, "filtered");
    quadratic(s, filtered ? "dsgd" : algorithm, N, 1.0, D, 50);
    if (filtered) {
        set(s, "run.filters=clip(norm=0.4), rand-k(share=0.4)");
        set(s, "attack.learners=2");
        set(s, "attack.filters=sign-flip");
    }
    set(s, "run.topology=%s", topology);
    set(s, "local.lr=0.1");
    set(s, "local.steps=2");
    set(s, "quadratic.sigma=0.1");
    if (strcmp(algorithm, "gradient-tracking") != 0) set(s, "local.momentum=0.5");
    if (!strcmp(topology, "contribution"))
        set(s, "contribution.every=3"); /* the first round after the checkpoint draws none */
    if (!strcmp(topology, "follower")) set(s, "follower.limit=0.7"); /* ring, complete, ring */
    if (!strcmp(algorithm, "by-hand")) set(s, "by-hand.age=yes");
    if (!strcmp(algorithm, "ad-psgd") || !strcmp(algorithm, "dsgd")) set(s, "clock.speed_sigma=0.7");
    if (!strcmp(algorithm, "dsgd")) set(s, "clock.timed=yes");
    if (!strcmp(algorithm, "dsgd")) set(s, "decentralized.barrier=neighbours");
}

static const kith_engine *engine_of(const runner *r)
{
    return kith_run_engine(r->run);
}

static void go_on(runner *r, int rounds)
{
    for (int t = 0; t < rounds; t++)
        assert_ok(r->ctx, engine_of(r)->round(r->ctx, engine_of(r)->self));
}

static void save(runner *r)
{
    kith_checkpoint_setup setup = {.round = BEFORE, .build = "version=1\n", .config = "\n"};
    kith_checkpoint *c = NULL;
    setup.part = engine_of(r)->parts(engine_of(r)->self, &setup.parts);
    assert_ok(r->ctx, kith_checkpoint_create(r->ctx, "saves", &setup, &c));
    assert_ok(r->ctx, engine_of(r)->save(r->ctx, engine_of(r)->self, c));
    assert_ok(r->ctx, kith_checkpoint_seal(r->ctx, c));
    assert_ok(r->ctx, kith_checkpoint_place(r->ctx, c, 1));
    kith_checkpoint_close(c);
}

static void load(runner *r)
{
    kith_checkpoint *c = NULL;
    size_t parts = 0;
    const kith_part *part = engine_of(r)->parts(engine_of(r)->self, &parts);
    assert_ok(r->ctx, kith_checkpoint_open(r->ctx, "saves", BEFORE, &c));
    assert_ok(r->ctx, kith_checkpoint_match(r->ctx, c, part, parts, 0));
    assert_ok(r->ctx, engine_of(r)->load(r->ctx, engine_of(r)->self, c, BEFORE));
    kith_checkpoint_close(c);
}

typedef struct metrics {
    char name[MOST_METRICS][40];
    double value[MOST_METRICS];
    size_t count;
} metrics;

static kith_status keep(void *arg, const char *name, double value)
{
    metrics *m = arg;
    assert_true(m->count < MOST_METRICS);
    snprintf(m->name[m->count], sizeof m->name[0], "%s", name);
    m->value[m->count++] = value;
    return KITH_OK;
}

static metrics measure(runner *r)
{
    metrics m = {.count = 0};
    assert_ok(r->ctx, engine_of(r)->prepare(r->ctx, engine_of(r)->self));
    assert_ok(r->ctx, engine_of(r)->measure(r->ctx, engine_of(r)->self, true, keep, &m));
    return m;
}

static void compare(runner *a, runner *b)
{
    const metrics x = measure(a), y = measure(b);
    assert_int_equal(x.count, y.count);
    for (size_t k = 0; k < x.count; k++) {
        assert_string_equal(x.name[k], y.name[k]);
        if (x.value[k] != y.value[k]) fail_msg("%s: %.17g is not %.17g", x.name[k], y.value[k], x.value[k]);
    }
    const kith_gossip *g = engine_of(a)->self, *h = engine_of(b)->self;
    for (size_t i = 0; i < N; i++) {
        const kith_gossip_workspace *s = &g->shelf[g->ops->model], *t = &h->shelf[h->ops->model];
        assert_memory_equal(kith_gossip_at(g, s, s->turn, i), kith_gossip_at(h, t, t->turn, i), D * sizeof(kith_real));
    }
}

/* Also where no round follows, as when only the merge is left. */
static void compare_graphs(runner *a, runner *b)
{
    kith_last_graph x = {.nodes = 0}, y = {.nodes = 0};
    assert_ok(a->ctx, engine_of(a)->graph(a->ctx, engine_of(a)->self, &x));
    assert_ok(b->ctx, engine_of(b)->graph(b->ctx, engine_of(b)->self, &y));
    assert_int_equal(x.nodes, N);
    assert_int_equal(y.nodes, N);
    assert_int_equal(x.round, y.round);
    assert_memory_equal(x.start, y.start, (N + 1) * sizeof *x.start);
    assert_memory_equal(x.from, y.from, x.start[N] * sizeof *x.from);
    assert_memory_equal(x.weight, y.weight, x.start[N] * sizeof *x.weight);
    assert_int_equal(x.score == NULL, y.score == NULL);
    if (x.score) assert_memory_equal(x.score, y.score, N * sizeof *x.score);
}

static void what_is_loaded_goes_on_alike(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"dsgd", "ring"},         {"gradient-tracking", "ring"},
                                           {"push-sum", "ring"},     {"choco", "ring"},
                                           {"relaysum", "chain"},    {"ad-psgd", "ring"},
                                           {"dsgd", "contribution"}, {"dsgd", "one-peer-exponential"},
                                           {"dsgd", "follower"},     {"by-hand", "ring"},
                                           {"filtered", "ring"}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        settings s;
        runner saved, loaded;
        print_message("%s, %s\n", cases[k][0], cases[k][1]);
        choose(&s, cases[k][0], cases[k][1]);
        assert_ok(saved.ctx, runner_open(&saved, s.list));
        go_on(&saved, BEFORE);
        save(&saved);
        assert_ok(loaded.ctx, runner_open(&loaded, s.list));
        load(&loaded);
        compare_graphs(&saved, &loaded);
        for (int t = 0; t < AFTER; t++) {
            go_on(&saved, 1);
            go_on(&loaded, 1);
            compare(&saved, &loaded);
        }
        runner_close(&saved);
        runner_close(&loaded);
    }
}

int main(void)
{
    char modules[4096], folder[PATH_MAX];
    snprintf(modules, sizeof modules, "%s/tests/plugins/.libs", getenv("top_builddir") ? getenv("top_builddir") : ".");
    if (realpath(modules, folder)) setenv("KITH_PLUGIN_PATH", folder, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_loaded_goes_on_alike, scratch_enter, scratch_leave)};
    return cmocka_run_group_tests_name("gossip_saved", tests, NULL, NULL);
}
