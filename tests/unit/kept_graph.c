/* A graph drawn from updates that stays once it is drawn, and models merged by what learners contributed. */
#include "contributionworld.h"

static void fill(drawing *d, uint64_t seed, uint64_t round)
{
    kith_stream stream = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < S; k++)
            d->value[i][k] = kith_draw_normal(&stream) + (k == 0);
        d->row[i] = d->value[i];
    }
    d->all = (kith_sketches){.round = round, .learners = N, .length = S, .row = d->row};
}

static void assert_rows(world *w, kith_inner *a, uint64_t round, kith_inner *b, uint64_t other)
{
    for (size_t i = 0; i < N; i++) {
        uint32_t from[2][N];
        double weight[2][N];
        kith_row x = {.round = round, .node = i, .from = from[0], .weight = weight[0]};
        kith_row y = {.round = other, .node = i, .from = from[1], .weight = weight[1]};
        assert_ok(w->ctx, a->ops->row(a->self, w->ctx, &x));
        assert_ok(w->ctx, b->ops->row(b->self, w->ctx, &y));
        assert_int_equal(x.count, y.count);
        assert_memory_equal(from[0], from[1], x.count * sizeof from[0][0]);
        assert_memory_equal(weight[0], weight[1], x.count * sizeof weight[0][0]);
    }
}

/* Rounds 3, 7, 11 .. are the base alone; 0, 1, 2 and 4 draw; what 4 drew stays. */
static void a_graph_stays_once_it_is_drawn(void **state)
{
    world *w = *state;
    kith_inner *kept = world_open(w, "contribution(sketch=5, until=5, every=4, threshold=-1)", N);
    kith_inner *always = world_open(w, "contribution(sketch=5, every=4, threshold=-1)", N);
    kith_inner *ring = world_open(w, "ring", N);
    for (uint64_t t = 0; t < 12; t++) {
        drawing d;
        fill(&d, 40 + t, t);
        assert_int_equal(kept->ops->drawn(kept->self, t), t == 0 || t == 1 || t == 2 || t == 4);
        if (kept->ops->drawn(kept->self, t)) assert_ok(w->ctx, kept->ops->draw(kept->self, w->ctx, &d.all));
        if (t < 5 && t % 4 != 3) assert_ok(w->ctx, always->ops->draw(always->self, w->ctx, &d.all));
        if (t % 4 == 3)
            assert_rows(w, kept, t, ring, t);
        else
            assert_rows(w, kept, t, always, t < 5 ? t : 4);
    }
    w->opener.close(kept);
    w->opener.close(always);
    w->opener.close(ring);
}

static kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static const kith_real *model_of(const runner *r, size_t learner)
{
    const kith_gossip *g = inside(r);
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    return kith_gossip_at(g, s, s->turn, learner);
}

/* Learners go to -1, 1, 2, 3 from 0, in one coordinate: the update of the first points away from the mean, so psi is
 * -1, 1, 1, 1, and the merge is the mean of three. Nobody is heard: epsilon = share = 0. */
static void what_contributes_nothing_is_not_merged(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        settings s;
        runner r;
        quadratic(&s, "dsgd", 4, 1.0, 1, 1);
        set(&s, "points.values=-1, 1, 2, 3");
        set(&s, "run.topology=contribution");
        set(&s, "contribution.share=0");
        set(&s, "contribution.epsilon=0");
        set(&s, "local.steps=1");
        set(&s, "local.lr=0.25");
        set(&s, "decentralized.merge=%s", kind ? "contribution" : "mean");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_ok(r.ctx, runner_step(&r));
        assert_close((double)model_of(&r, 0)[0], -0.25, 1e-6, 0);
        assert_ok(r.ctx, runner_step(&r));
        for (size_t i = 0; i < 4; i++)
            assert_close((double)model_of(&r, i)[0], kind ? 0.5 : 0.3125, 1e-6, 0);
        runner_close(&r);
    }
}

/* Before anything is drawn, and where no contribution is above 0, all weigh alike. */
static void without_contributions_all_weigh_alike(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "dsgd", 2, 1.0, 1, 2);
    set(&s, "points.values=-1, 1");
    set(&s, "run.topology=contribution");
    set(&s, "decentralized.init=different");
    set(&s, "quadratic.init=1");
    set(&s, "decentralized.merge=contribution");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_engine *engine = kith_run_engine(r.run);
    assert_ok(r.ctx, engine->prepare(r.ctx, engine->self));
    const double mean = ((double)model_of(&r, 0)[0] + (double)model_of(&r, 1)[0]) / 2;
    assert_close((double)runner_model(&r)[0], mean, 1e-6, 1e-7);
    runner_close(&r);
}

static void a_topology_without_contributions_is_refused(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "dsgd", 4, 1.0, 1, 1);
    set(&s, "run.topology=ring");
    set(&s, "decentralized.merge=contribution");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                   "--set: decentralized.merge = contribution: dsgd with topology ring has no contributions to weigh "
                   "by; choose mean, or the topology contribution");
    runner_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_stays_once_it_is_drawn),
        cmocka_unit_test(what_contributes_nothing_is_not_merged),
        cmocka_unit_test(without_contributions_all_weigh_alike),
        cmocka_unit_test(a_topology_without_contributions_is_refused),
    };
    return cmocka_run_group_tests(tests, world_start, world_stop);
}
