/* How all learners' models become one: by numbers of examples, and after hidden units were put into one order. */
#include "support.h"

#include "engine/decentralized/gossip.h"
#include "plugin/units.h"
#include "runner.h"
#include "quadratics.h"
#include "measured.h"

static kith_gossip *inside(const runner *r)
{
    return kith_run_engine(r->run)->self;
}

static kith_real *model_of(const runner *r, size_t learner)
{
    const kith_gossip *g = inside(r);
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    return kith_gossip_at(g, s, s->turn, learner);
}

static void run_rounds(runner *r, int rounds)
{
    for (int t = 0; t < rounds; t++)
        assert_ok(r->ctx, runner_step(r));
}

/* Of the points 1 .. 5 two learners have 1, 2 and 3, 4, 5: after K steps alone x_i = (1 - (1 - eta)^K) mean b_i. By
 * numbers of examples the merge is that of the mean of all points, 3; else that of the mean of means, 2.75. */
static void weights_are_numbers_of_examples(void **state)
{
    (void)state;
    static const char *const kinds[] = {"mean", "weighted"};
    const double way = 1 - 0.9 * 0.9, off = sizeof(kith_real) == sizeof(float) ? 1e-6 : 1e-14;
    for (int k = 0; k < 2; k++) {
        settings s;
        runner r;
        quadratic(&s, "local-only", 2, 1.0, 3, 2);
        set(&s, "points.values=1, 2, 3, 4, 5");
        set(&s, "local.lr=0.1");
        set(&s, "local.steps=1");
        set(&s, "decentralized.merge=%s", kinds[k]);
        set(&s, "eval.every=1");
        assert_ok(r.ctx, runner_open(&r, s.list));
        run_rounds(&r, 2);
        const double merged = way * (k ? 3.0 : 2.75);
        assert_close((double)runner_model(&r)[0], merged, off, 0); /* before it is anybody's */
        assert_close((double)model_of(&r, 0)[0], way * 1.5, off, 0);
        /* of the distance from the plain mean, whatever the merge is */
        assert_close(measured(&r, "consensus_distance"), 3 * way * way * 1.25 * 1.25, 10 * off, 0);
        run_rounds(&r, 1);
        for (size_t i = 0; i < 2; i++)
            assert_close((double)model_of(&r, i)[2], merged, off, 0);
        assert_close(measured(&r, "bytes_sent"), 2.0 * 3 * sizeof(kith_real), 1e-15, 0);
        runner_close(&r);
    }
}

/* ---- aligned ---- */

static void network(settings *s, const char *model, const char *setting)
{
    s->count = 0;
    set(s, "run.algorithm=local-only");
    set(s, "run.model=%s", model);
    set(s, "%s", setting);
    set(s, "run.dataset=glyphs");
    set(s, "glyphs.train=40");
    set(s, "glyphs.test=20");
    set(s, "run.learners=2"); /* their mean is exact */
    set(s, "run.rounds=1");
    set(s, "local.steps=1");
    set(s, "decentralized.merge=aligned");
    set(s, "eval.every=1");
}

/* Every learner's hidden units in an order of its own: unit u of learner i becomes unit u + 5 i. */
static void turn_units(const runner *r, size_t learner)
{
    const kith_gossip *g = inside(r);
    kith_units units;
    kith_real *scratch = NULL;
    assert_ok(r->ctx, kith_model_units(r->ctx, g->setup.model, g->setup.blocks, g->setup.block_count, &units));
    assert_ok(r->ctx, KITH_ALLOC(r->ctx, "scratch", units.widest, &scratch));
    for (size_t k = 0; k < units.sets; k++) {
        size_t from[64];
        for (size_t u = 0; u < units.set[k].units; u++)
            from[u] = (u + 5 * learner) % units.set[k].units;
        kith_units_move(&units, k, from, scratch, model_of(r, learner));
    }
    kith_free(scratch);
    kith_units_free(&units);
}

/* The merge of permuted copies of one network is that network, bit by bit, and takes one pass, which costs what an
 * all-reduce and a half cost; their plain mean is another. */
static void permuted_copies_merge_to_the_network(void **state)
{
    (void)state;
    static const char *const models[][2] = {{"mlp", "mlp.hidden=40, 32"},
                                            {"cnn", "cnn.layers=conv 32 3, relu, pool 2, dense 33, relu, dense"}};
    for (int k = 0; k < 2; k++) {
        settings s;
        runner r;
        network(&s, models[k][0], models[k][1]);
        assert_ok(r.ctx, runner_open(&r, s.list));
        kith_gossip *g = inside(&r);
        run_rounds(&r, 1);
        kith_real *first = NULL;
        assert_ok(r.ctx, KITH_ALLOC(r.ctx, "model", g->d, &first));
        memcpy(first, model_of(&r, 0), g->d * sizeof *first);
        memcpy(model_of(&r, 1), first, g->d * sizeof *first);
        turn_units(&r, 1);
        run_rounds(&r, 1);
        for (size_t i = 0; i < 2; i++)
            assert_memory_equal(model_of(&r, i), first, g->d * sizeof *first);
        assert_int_equal(g->merger.passes, 1);
        assert_close(measured(&r, "bytes_sent"), 1.5 * 2.0 * (double)(g->d * sizeof(kith_real)), 1e-15, 0);
        assert_true(measured(&r, "consensus_distance") == 0.0);
        kith_free(first);
        runner_close(&r);
    }
}

/* What a model without hidden units, and no merge at all, have to do with it. */
static void what_cannot_be_aligned(void **state)
{
    (void)state;
    settings s;
    runner r;
    quadratic(&s, "local-only", 3, 1.0, 2, 1);
    set(&s, "decentralized.merge=aligned");
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_string_equal(kith_ctx_message(r.ctx),
                        "--set: decentralized.merge = aligned: run.model = quadratic has no hidden units that "
                        "may change places; set it to mean, or choose mlp or cnn with hidden layers");
    runner_close(&r);
    quadratic(&s, "local-only", 3, 1.0, 2, 1);
    set(&s, "decentralized.merge=yes");
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_non_null(strstr(kith_ctx_message(r.ctx), "decentralized.merge = yes is none of no|mean|weighted|aligned"));
    runner_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_numbers_of_examples),
        cmocka_unit_test(permuted_copies_merge_to_the_network),
        cmocka_unit_test(what_cannot_be_aligned),
    };
    return cmocka_run_group_tests_name("gossip_merge", tests, NULL, NULL);
}
