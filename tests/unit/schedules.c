/* Topologies made of topologies: schedules, faults, peers among neighbours. */
#include "support.h"

#include "graphworld.h"
#include <stdbool.h>

/* Edges of a round, without nodes' own. */
static size_t edges_at(world *w, kith_inner *inner, uint64_t round)
{
    kith_graph *g = world_graph(w, inner, round);
    const size_t edges = g->start[g->nodes] - g->nodes;
    kith_graph_free(g);
    return edges;
}

typedef struct span {
    const char *spec;
    uint64_t begin, end; /* in rounds begin .. end - 1 of 100 the graph is complete, else a ring */
} span;

static void test_presets(void **state)
{
    world *w = *state;
    const span spans[] = {
        {"schedule(preset=fixed, sparse=ring)", 0, 0},
        {"schedule(preset=truncate, sparse=ring, at=0.6)", 60, 120},
        {"schedule(preset=truncate, sparse=ring, at=0)", 0, 120},
        {"schedule(preset=window, sparse=ring, at=0.25, width=0.1)", 25, 35},
        {"schedule(preset=window, sparse=ring, at=0.9, width=0.1)", 90, 120},
        {"schedule(preset=window, sparse=ring, at=0.3, width=0)", 0, 0},
        {"schedule(phases=ring for 40; complete for 7; ring)", 40, 47},
        {"schedule(phases=ring for 40%; complete for 12.5%; ring for 1)", 40, 53},
        {"schedule(phases=schedule(phases=ring for 10; complete) for 30; ring)", 10, 30},
    };
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        kith_inner *inner = world_open(w, spans[i].spec, 12);
        for (uint64_t t = 0; t < 120; t++) {
            const bool dense = t >= spans[i].begin && t < spans[i].end;
            if (edges_at(w, inner, t) != (dense ? 132u : 24u)) print_error("%s, round %d\n", spans[i].spec, (int)t);
            assert_int_equal(edges_at(w, inner, t), dense ? 132 : 24);
        }
        w->opener.close(inner);
    }
}

static void test_every(void **state)
{
    world *w = *state;
    kith_inner *inner = world_open(w, "schedule(preset=every, every=4, sparse=ring)", 12);
    for (uint64_t t = 0; t < 20; t++)
        assert_int_equal(edges_at(w, inner, t), t % 4 == 3 ? 132 : 24);
    w->opener.close(inner);
    inner = world_open(w, "schedule(preset=gossip-pga, every=4)", 12);
    for (uint64_t t = 0; t < 20; t++)
        assert_int_equal(edges_at(w, inner, t), t % 4 == 3 ? 132 : 24);
    w->opener.close(inner);
}

/* A whole rate draws that many peers for everyone; others that or one more. */
static void assert_rate(world *w, const char *spec, uint64_t round, double rate)
{
    enum { N = 4000 };
    kith_inner *inner = world_open(w, spec, N);
    const double mean = (double)edges_at(w, inner, round) / N, deviation = sqrt(0.25 / N);
    if (rate == floor(rate))
        assert_close(mean, rate, 0, 0);
    else
        assert_close(mean, rate, 0, 5 * deviation);
    w->opener.close(inner);
}

/* The run has 100 rounds: 0 is the first, 99 the last. */
static void test_rates(void **state)
{
    assert_rate(*state, "schedule(preset=linear, from=0, to=3)", 0, 0);
    assert_rate(*state, "schedule(preset=linear, from=0, to=3)", 33, 1);
    assert_rate(*state, "schedule(preset=linear, from=0, to=3)", 50, 150.0 / 99);
    assert_rate(*state, "schedule(preset=linear, from=0, to=3)", 99, 3);
    assert_rate(*state, "schedule(preset=linear, from=0, to=3)", 200, 3);
    assert_rate(*state, "schedule(preset=linear, from=2, to=0.5)", 99, 0.5);
    assert_rate(*state, "schedule(preset=cosine, from=2, to=0)", 0, 2);
    assert_rate(*state, "schedule(preset=cosine, from=2, to=0)", 33, 1.5);
    assert_rate(*state, "schedule(preset=cosine, from=2, to=0)", 66, 0.5);
    assert_rate(*state, "schedule(preset=cosine, from=0, to=2)", 66, 1.5);
    assert_rate(*state, "schedule(preset=cosine, from=0, to=2)", 99, 2);
    assert_rate(*state, "schedule(preset=slow-grow, from=1, to=16)", 0, 1);
    assert_rate(*state, "schedule(preset=slow-grow, from=1, to=16)", 99, 16);
    assert_rate(*state, "schedule(preset=slow-grow, from=0, to=10)", 98, 10 * log10(1 + 9 * pow(98.0 / 99, 80)));
    assert_rate(*state, "schedule(preset=slow-grow, from=0, to=10)", 97, 4.4069);
    assert_rate(*state, "schedule(preset=slow-decrease, from=3, to=0)", 0, 3);
    assert_rate(*state, "schedule(preset=slow-decrease, from=3, to=0)", 11, 3 * exp(-10.0 / 9));
    assert_rate(*state, "schedule(preset=slow-decrease, from=0, to=2)", 33, 2 - 2 * exp(-10.0 / 3));
    /* 22 models are 20 in 100 rounds, and 2 for the merge */
    assert_rate(*state, "schedule(preset=budget, budget=22)", 42, 0.2);
    assert_rate(*state, "schedule(preset=budget, budget=2)", 42, 0);
}

static uint32_t promised(world *w, const char *spec)
{
    kith_inner *inner = world_open(w, spec, 12);
    const uint32_t properties = inner->ops->properties(inner->self);
    w->opener.close(inner);
    return properties;
}

static void test_promises(void **state)
{
    const uint32_t ring = promised(*state, "ring");
    assert_int_equal(promised(*state, "schedule(preset=fixed, sparse=ring)"), ring);
    assert_int_equal(promised(*state, "schedule(phases=ring for 50; complete)"), ring & ~(uint32_t)KITH_STATIC);
    assert_int_equal(promised(*state, "schedule(phases=complete for 50; random-peer)"),
                     KITH_ROW_STOCHASTIC | KITH_LOSSLESS);
    assert_int_equal(promised(*state, "schedule(preset=linear)"), KITH_ROW_STOCHASTIC | KITH_LOSSLESS);
    assert_int_equal(promised(*state, "faulty"), ring);
    assert_int_equal(promised(*state, "faulty(loss=0.1)"), KITH_ROW_STOCHASTIC);
    const uint32_t kept = KITH_UNDIRECTED | KITH_SYMMETRIC | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC;
    assert_int_equal(promised(*state, "faulty(loss=0.1, links=both-ways)"), kept);
    assert_int_equal(promised(*state, "faulty(partitions=0-3 from 1 to 2)"), kept);
    assert_int_equal(promised(*state, "base-random(base=ring)"), KITH_ROW_STOCHASTIC | KITH_LOSSLESS);
}

static void assert_sums(const kith_graph *g, bool columns)
{
    kith_sums s;
    kith_ctx *ctx = kith_ctx_create();
    assert_ok(ctx, kith_graph_sums(ctx, g, &s));
    kith_ctx_destroy(ctx);
    assert_close(s.row_least, 1, 0, 1e-14);
    assert_close(s.row_most, 1, 0, 1e-14);
    if (columns) assert_close(s.column_least, 1, 0, 1e-14);
    if (columns) assert_close(s.column_most, 1, 0, 1e-14);
}

/* Losses are as many as announced; what is lost goes to the node itself; both ways means both. */
static void test_losses(void **state)
{
    world *w = *state;
    for (int both = 0; both < 2; both++) {
        kith_inner *inner = world_open(
            w, both ? "faulty(graph=complete, loss=0.3, links=both-ways)" : "faulty(graph=complete, loss=0.3)", 40);
        size_t edges = 0, lonely = 0;
        for (uint64_t t = 0; t < 50; t++) {
            kith_graph *g = world_graph(w, inner, t);
            assert_sums(g, both);
            edges += g->start[40] - 40;
            for (size_t i = 0; i < 40; i++)
                for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
                    if (g->from[e] != i)
                        assert_close(g->weight[e], 1.0 / 40, 1e-14, 0);
                    else
                        assert_close(g->weight[e], (double)(41 - (g->start[i + 1] - g->start[i])) / 40, 1e-13, 0);
                }
            lonely += !(g->properties & KITH_UNDIRECTED);
            kith_graph_free(g);
        }
        /* 78,000 messages: one standard deviation is 0.0017, or 0.0024 both ways */
        assert_close((double)edges / (50 * 40 * 39), 0.7, 0, 0.01);
        assert_int_equal(lonely, both ? 0 : 50);
        w->opener.close(inner);
    }
}

static bool hears(world *w, kith_inner *inner, uint64_t round, size_t i, uint32_t j)
{
    kith_graph *g = world_graph(w, inner, round);
    bool found = false;
    for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
        found |= g->from[e] == j;
    kith_graph_free(g);
    return found;
}

static void test_outages(void **state)
{
    world *w = *state;
    kith_inner *inner = world_open(w, "faulty(graph=complete, outages=3-5 from 10 to 20; 0-1 from 0 to 1)", 8);
    for (uint64_t t = 0; t < 30; t++) {
        const size_t missing = (t >= 10 && t < 20) || t == 0 ? 1 : 0;
        assert_int_equal(hears(w, inner, t, 3, 5), t < 10 || t >= 20);
        assert_int_equal(hears(w, inner, t, 5, 3), t < 10 || t >= 20);
        assert_int_equal(edges_at(w, inner, t), 56 - 2 * missing);
    }
    w->opener.close(inner);
    inner = world_open(w, "faulty(graph=complete, partitions=2-4 from 5 to 7)", 8);
    for (uint64_t t = 0; t < 10; t++)
        assert_int_equal(edges_at(w, inner, t), t == 5 || t == 6 ? 3 * 2 + 5 * 4 : 56);
    assert_false(hears(w, inner, 5, 1, 2));
    assert_true(hears(w, inner, 5, 4, 2));
    w->opener.close(inner);
}

/* Only neighbours, each as often as the other. */
static void test_base_random(void **state)
{
    world *w = *state;
    size_t before = 0, after = 0;
    kith_inner *inner = world_open(w, "base-random(base=ring, rate=1)", 10);
    for (uint64_t t = 0; t < 4000; t++) {
        assert_int_equal(edges_at(w, inner, t), 10);
        before += hears(w, inner, t, 4, 3);
        after += hears(w, inner, t, 4, 5);
    }
    assert_int_equal(before + after, 4000);
    assert_close((double)before, 2000, 0, 5 * sqrt(1000));
    w->opener.close(inner);
    /* more than there are is all of them */
    inner = world_open(w, "base-random(base=chain, rate=2.5)", 10);
    for (uint64_t t = 0; t < 20; t++)
        assert_int_equal(edges_at(w, inner, t), 18);
    w->opener.close(inner);
}

static void test_refusals(void **state)
{
    world *w = *state;
    kith_inner *inner = NULL;
    static const char how[] = "; write 'ring for 100; random-peer(rate=0.2) for 50%; complete'";
    static const char faults[] = "; write '3-5 from 10 to 20; 0-1 from 0 to 5'";
    const struct {
        const char *spec, *message, *end;
    } cases[] = {
        {"schedule(phases=ring; complete)", "schedule.phases: 'complete' comes after a phase without an end", how},
        {"schedule(phases=ring for ever)", "schedule.phases: 'ring for ever' has no length behind 'for'", how},
        {"schedule(phases=ring for 0)", "schedule.phases: 'ring for 0' has no length above 0 behind 'for'", how},
        {"schedule(phases=ring for 10 rounds)",
         "schedule.phases: 'ring for 10 rounds' has no length above 0 behind 'for'", how},
        {"schedule(phases=ring for 1.5)",
         "schedule.phases: 'ring for 1.5' lasts a broken number of rounds; percent end with %", how},
        {"schedule(phases=)", "schedule.phases: '' names no topology", how},
        {"schedule(preset=budget, budget=1)",
         "schedule.budget = 1: the merge at the end alone takes 2 models; raise it", ""},
        {"schedule(preset=fixed, sparse=rign)", "schedule.sparse = rign: there is no such topology; did you mean ring?",
         ""},
        {"faulty(outages=1-2)", "faulty.outages = 1-2: it cannot be read", faults},
        {"faulty(outages=1-2 from 3 to 4 or so)", "faulty.outages = 1-2 from 3 to 4 or so: it cannot be read", faults},
        {"faulty(outages=1-12 from 3 to 4)", "faulty.outages = 1-12 from 3 to 4: there is no such node", faults},
        {"faulty(outages=1-2 from 3 to 3)", "faulty.outages = 1-2 from 3 to 3: it ends before it begins", faults},
        {"faulty(partitions=4-2 from 3 to 5)",
         "faulty.partitions = 4-2 from 3 to 5: the first node comes after the last", faults},
        {"base-random(base=matching)",
         "base-random.base = matching: it changes from round to round; choose a static graph", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char message[512];
        snprintf(message, sizeof message, "%s%s", cases[i].message, cases[i].end);
        const kith_status status = world_try(w, cases[i].spec, 12, 100, &inner);
        assert_int_not_equal(status, KITH_OK);
        assert_refused(w->ctx, status, status, message);
    }
    assert_refused(w->ctx, world_try(w, "schedule", 12, 0, &inner), KITH_ECONFIG,
                   "schedule: how many rounds the run has is not known here; use another topology");
    kith_setting alone = {.size = offsetof(kith_setting, rounds), .learners = 12};
    assert_refused(w->ctx, kith_inner_open(w->ctx, "faulty.graph", &alone, "ring", &inner), KITH_EPLUGIN,
                   "faulty.graph: this program opens no topologies for others; use one that does");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),     cmocka_unit_test(test_every),    cmocka_unit_test(test_rates),
        cmocka_unit_test(test_promises),    cmocka_unit_test(test_losses),   cmocka_unit_test(test_outages),
        cmocka_unit_test(test_base_random), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, world_start, world_stop);
}
