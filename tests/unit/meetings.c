/* Meetings of pairs by level, and settings that do not fit. */
#include "pairworld.h"

/* Of a round's plan: whatever must wait for something comes later than it, what shares a level shares no learner, and
 * the order is that of turns and levels. */
static void levels_are_disjoint_and_in_order(void **state)
{
    (void)state;
    enum { N = 40 };
    settings s;
    runner r;
    kith_meetings *plan = NULL;
    choose(&s, "torus", N, 1);
    set(&s, "clock.speed_sigma=0.5");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_gossip *g = inside(&r);
    const kith_visit_plan_setup setup = {
        .participation = g->clock, .local = g->setup.local, .learners = N, .seed = 3, .examples = one};
    assert_ok(r.ctx, kith_meetings_open(r.ctx, &setup, &g->graph, &plan));
    size_t waves = 0;
    double last = 0;
    for (int t = 0; t < 50; t++) {
        const kith_meeting_round *round = kith_meetings_next(plan);
        int64_t place[N], own[N], busy[N];
        memset(place, -1, sizeof place);
        memset(own, -1, sizeof own);
        memset(busy, -1, sizeof busy);
        assert_int_equal(round->count, N);
        for (size_t k = 0; k < N; k++) {
            const kith_meeting *m = &round->meeting[k];
            const int64_t at = (int64_t)m->turn * 1000 + m->level;
            assert_true(m->time >= last && m->turn < round->waves && m->wave <= m->turn);
            assert_true(at > place[m->learner] && at > place[m->partner] && (int64_t)m->wave > own[m->learner]);
            place[m->learner] = place[m->partner] = at;
            own[m->learner] = m->turn;
            last = m->time;
            size_t e = g->graph.start[m->learner];
            while (e < g->graph.start[m->learner + 1] && g->graph.from[e] != m->partner)
                e++;
            assert_true(e < g->graph.start[m->learner + 1] && m->partner != m->learner);
        }
        for (size_t k = 0; k < N; k++) {
            const kith_meeting *m = &round->meeting[round->order[k]];
            const int64_t at = (int64_t)m->turn * 1000 + m->level;
            assert_true(busy[m->learner] < at && busy[m->partner] < at);
            busy[m->learner] = busy[m->partner] = at;
            if (k == 0) continue;
            const kith_meeting *before = &round->meeting[round->order[k - 1]];
            assert_true(before->turn < m->turn || (before->turn == m->turn && before->level <= m->level));
        }
        waves = round->waves > waves ? round->waves : waves;
    }
    assert_true(waves > 2);
    kith_meetings_close(plan);
    runner_close(&r);
}

static void graphs_and_settings_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *topology, *setting, *message;
    } rows[] = {
        {"exponential", "run.rounds=2",
         "--set: run.topology = exponential: it lacks what ad-psgd needs: undirected (i hears j exactly when j hears "
         "i); `kith info` lists the topologies"},
        {"matching", "run.rounds=2",
         "--set: run.topology = matching: it lacks what ad-psgd needs: static (the same graph in every round), "
         "connected (a path between any two nodes); `kith info` lists the topologies"},
        {"ring", "decentralized.before=yes",
         "--set: decentralized.before = yes: pairs of ad-psgd meet all through a round, so no moment is before the "
         "mixing; set it to no"},
        {"ring", "local.unit=seconds",
         "--set: local.unit = seconds: it needs a deadline; set local.deadline to seconds"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        settings s;
        runner r;
        choose(&s, rows[k].topology, 6, 1);
        set(&s, "%s", rows[k].setting);
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG, rows[k].message);
        runner_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_disjoint_and_in_order),
        cmocka_unit_test(graphs_and_settings_that_do_not_fit),
    };
    return cmocka_run_group_tests_name("meetings", tests, NULL, NULL);
}
