/* How long rounds last on the virtual clock: exact answers. Letters: N learners, K steps of c seconds, latency l,
 * message of b bytes, bandwidth B, k neighbours. */
#include "support.h"

#include "runner.h"
#include "measured.h"
#include "quadratics.h"
#include "scratch.h"

enum { D = 50, N = 4 };

static const double message = D * sizeof(kith_real);

/* Learners take c[i] seconds a step; a link has latency l, and takes `wire` seconds for a message. */
static void times(settings *s, const char *algorithm, const double *c, double l, double wire, int rounds)
{
    char text[512] = "learner,seconds_per_step,up,down,latency\n";
    const double bandwidth = wire > 0 ? message / wire : 0;
    for (int i = 0; i < N; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,%.17g,%.17g,%.17g,%.17g\n", i, c[i], bandwidth,
                 bandwidth, l);
    scratch_write("times.csv", text, strlen(text));
    quadratic(s, algorithm, N, 1.0, D, rounds);
    set(s, "run.topology=ring");
    set(s, "clock.timed=yes");
    set(s, "clock.times=times.csv");
    set(s, "clock.compute=constant");
    set(s, "decentralized.merge=no");
    set(s, "local.steps=1");
}

static double time_after(settings *s, int rounds)
{
    runner r;
    assert_ok(r.ctx, runner_open(&r, s->list));
    for (int t = 0; t < rounds; t++)
        assert_ok(r.ctx, runner_step(&r));
    const double time = measured(&r, "virtual_time");
    assert_close(kith_run_progress(r.run)->virtual_time, time, 0, 0);
    runner_close(&r);
    return time;
}

/* A ring of four with links of half a second. Waiting for neighbours is a max-plus recursion, whose rounds tend to its
 * greatest cycle mean: with one slow learner (1 + .5 + 2 + .5) / 2, with two that are neighbours 1.8 + .5. */
static void barriers_of_a_ring(void **state)
{
    (void)state;
    enum { ROUNDS = 100 };
    static const struct {
        double c[N], all, neighbours;
    } rows[] = {{{1, 2, 1, 1}, 2.5, 2.0}, {{1, 1.8, 1.8, 1}, 2.3, 2.3}, {{1, 1, 1, 1}, 1.5, 1.5}};
    for (int k = 0; k < 3; k++)
        for (int near = 0; near < 2; near++) {
            settings s;
            times(&s, "dsgd", rows[k].c, 0.5, 0, 2 * ROUNDS);
            set(&s, "decentralized.barrier=%s", near ? "neighbours" : "all");
            const double a_round = (time_after(&s, 2 * ROUNDS) - time_after(&s, ROUNDS)) / ROUNDS;
            assert_close(a_round, near ? rows[k].neighbours : rows[k].all, 1e-12, 0);
        }
}

/* Messages go out one after the other, in ascending order of who hears them; descending would give 2.3. */
static void messages_go_out_in_order(void **state)
{
    (void)state;
    enum { ROUNDS = 100 };
    const double c[N] = {1, 1.8, 1, 1};
    settings s;
    times(&s, "dsgd", c, 0.1, 0.4, 2 * ROUNDS);
    set(&s, "decentralized.barrier=neighbours");
    assert_close((time_after(&s, 2 * ROUNDS) - time_after(&s, ROUNDS)) / ROUNDS, 2.1, 1e-12, 0);
}

/* K c + l + k b/B under both barriers, where all is constant. */
static void a_round_of_gossip(void **state)
{
    (void)state;
    const double c[N] = {0.3, 0.3, 0.3, 0.3};
    for (int near = 0; near < 2; near++) {
        settings s;
        times(&s, "dsgd", c, 0.01, 0.07, 20);
        set(&s, "local.steps=5");
        set(&s, "decentralized.barrier=%s", near ? "neighbours" : "all");
        assert_close(time_after(&s, 20), 20 * (5 * 0.3 + 0.01 + 2 * 0.07), 1e-12, 0);
    }
}

/* 2 (N - 1) messages of b/N around a ring, or 2 log N of b along a tree; a merge takes one such time. */
static void an_all_reduce(void **state)
{
    (void)state;
    const double c[N] = {0.3, 0.3, 0.3, 0.3};
    for (int tree = 0; tree < 2; tree++) {
        const double reduce = tree ? 2 * 2 * (0.01 + 0.07) : 2 * 3 * (0.01 + 0.07 / N);
        settings s;
        times(&s, "allreduce", c, 0.01, 0.07, 10);
        set(&s, "decentralized.reduce=%s", tree ? "tree" : "ring");
        assert_close(time_after(&s, 10), 10 * (0.3 + reduce), 1e-12, 0);
        times(&s, "local-only", c, 0.01, 0.07, 10);
        set(&s, "decentralized.reduce=%s", tree ? "tree" : "ring");
        set(&s, "decentralized.merge=mean");
        assert_close(time_after(&s, 11), 10 * 0.3 + reduce, 1e-12, 0);
    }
}

/* The same file under AD-PSGD, where a visit takes K c and its pair's link twice, and under federated averaging. */
static void the_same_times_elsewhere(void **state)
{
    (void)state;
    const double c[N] = {0.3, 0.3, 0.3, 0.3}, visit = 2 * 0.3 + 2 * (0.01 + 0.07);
    static const char *const algorithms[] = {"ad-psgd", "fedavg"};
    for (int k = 0; k < 2; k++) {
        settings s;
        times(&s, algorithms[k], c, 0.01, 0.07, 10);
        set(&s, "local.steps=2");
        if (k) set(&s, "run.topology=star");
        if (k) set(&s, "participation.arrivals=%d", N);
        assert_close(time_after(&s, 10), 10 * visit, 1e-12, 0);
    }
}

/* A slow uplink holds up whoever hears it, and a slow downlink nobody else. */
static void links_have_two_ends(void **state)
{
    (void)state;
    char text[512];
    snprintf(text, sizeof text, "0,1,%g,0,0\n1,1,0,0,0\n2,1,0,0,0\n3,1,0,%g,0\n", message / 2, message / 5);
    settings s;
    const double c[N] = {1, 1, 1, 1};
    times(&s, "dsgd", c, 0, 0, 1);
    scratch_write("times.csv", text, strlen(text));
    /* learner 0 sends to 1 and then to 3, which takes the slower end: 2 + 5 */
    assert_close(time_after(&s, 1), 1 + 7, 1e-12, 0);
}

/* K c + l + b/B a hop, on a ring where every hop moves. Tokens do not wait for each other, so the latest has that. */
static void hops_of_tokens(void **state)
{
    (void)state;
    enum { HOPS = 7, ROUNDS = 5 };
    const double c[N] = {0.3, 0.3, 0.3, 0.3};
    for (int tokens = 1; tokens < 40; tokens += 19) { /* in one lane, in two, in three */
        settings s;
        times(&s, "simple-walk", c, 0.01, 0.07, ROUNDS);
        set(&s, "local.steps=2");
        set(&s, "walk.tokens=%d", tokens);
        set(&s, "walk.hops=%d", HOPS);
        assert_close(time_after(&s, ROUNDS), ROUNDS * HOPS * (2 * 0.3 + 0.01 + 0.07), 1e-12, 0);
    }
}

/* All of a ring's links, or one; learners' own ends would take longer. */
static void links_of_their_own(void **state)
{
    (void)state;
    const double c[N] = {0.3, 0.3, 0.3, 0.3};
    static const char *const algorithms[] = {"dsgd", "ad-psgd", "simple-walk"};
    static const double lasts[] = {0.3 + 0.02 + 2 * 0.05, 0.3 + 2 * (0.02 + 0.05), 3 * (0.3 + 0.02 + 0.05)};
    for (int k = 0; k < 3; k++) {
        char text[1024] = "from,to,latency,bandwidth\n";
        settings s;
        for (int i = 0; i < N; i++)
            for (int step = 1; step < N; step += N - 2)
                snprintf(text + strlen(text), sizeof text - strlen(text), "%d,%d,0.02,%.17g\n", i, (i + step) % N,
                         message / 0.05);
        times(&s, algorithms[k], c, 9, 9, 10);
        scratch_write("links.csv", text, strlen(text));
        set(&s, "clock.links=links.csv");
        if (k == 2) set(&s, "walk.hops=3");
        assert_close(time_after(&s, 10), 10 * lasts[k], 1e-12, 0);
    }
    for (int near = 0; near < 2; near++) { /* 3 s from 0 to 1, and none back: a cycle of two takes 0.3 + 0.3 + 3 */
        settings s;
        times(&s, "dsgd", c, 0, 0, 200);
        scratch_write("links.csv", "0,1,3,0\n", 8);
        set(&s, "clock.links=links.csv");
        set(&s, "decentralized.barrier=%s", near ? "neighbours" : "all");
        assert_close((time_after(&s, 200) - time_after(&s, 100)) / 100, near ? (0.6 + 3) / 2 : 0.3 + 3, 1e-12, 0);
    }
}

static void without_a_model_there_is_no_time(void **state)
{
    (void)state;
    const double c[N] = {1, 1, 1, 1};
    settings s;
    times(&s, "dsgd", c, 0, 0, 3);
    set(&s, "clock.timed=no");
    runner r;
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_true(isnan(measured(&r, "virtual_time")));
    assert_true(isnan(kith_run_progress(r.run)->virtual_time));
    runner_close(&r);
}

static void refused(const char *text, const char *message_wanted)
{
    const double c[N] = {1, 1, 1, 1};
    settings s;
    runner r;
    times(&s, "dsgd", c, 0, 0, 3);
    scratch_write("times.csv", text, strlen(text));
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_EDATA, message_wanted);
    runner_close(&r);
}

static void links_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"0,1,1\n", "links.csv:1: this tells no link; write from,to,latency,bandwidth: s, bytes/s (0: infinite)"},
        {"0,1,-1,0\n", "links.csv:1: this tells no link; write from,to,latency,bandwidth: s, bytes/s (0: infinite)"},
        {"from,to,latency,bandwidth\n0,4,1,0\n",
         "links.csv:2: there is no learner 4 of run.learners = 4; they are 0 to 3"},
        {"1,0,1,0\n0,1,1,0\n1,0,2,0\n", "links.csv: the link from 1 to 0 has two lines; leave one of them"}};
    const double c[N] = {1, 1, 1, 1};
    for (int k = 0; k < 4; k++) {
        settings s;
        runner r;
        times(&s, "dsgd", c, 0, 0, 3);
        scratch_write("links.csv", rows[k].text, strlen(rows[k].text));
        set(&s, "clock.links=links.csv");
        assert_refused(r.ctx, runner_open(&r, s.list), KITH_EDATA, rows[k].message);
        runner_close(&r);
    }
}

static void files_that_are_refused(void **state)
{
    (void)state;
    static const char wanted[] = "this tells no learner's times; write learner,seconds_per_step,up,down,latency: s a "
                                 "step above 0, bytes/s, bytes/s (0: infinite), s";
    char line[256];
    static const char *const broken[] = {"0,0,0,0,0\n", "0,1,0,0\n", "0,1,-1,0,0\n", "0,1,0,0,inf\n", "0,1,0,0,0,0\n"};
    snprintf(line, sizeof line, "times.csv:1: %s", wanted);
    for (int k = 0; k < 5; k++)
        refused(broken[k], line);
    refused("0,1,0,0,0\n4,1,0,0,0\n", "times.csv:2: there is no learner 4 of run.learners = 4; they are 0 to 3");
    refused("0,1,0,0,0\n0,1,0,0,0\n", "times.csv:2: learner 0 has had a line before; leave one of them");
    refused("0,1,0,0,0\n2,1,0,0,0\n", "times.csv: there is no line for learner 1; write one for each of the 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barriers_of_a_ring),       cmocka_unit_test(messages_go_out_in_order),
        cmocka_unit_test(a_round_of_gossip),        cmocka_unit_test(an_all_reduce),
        cmocka_unit_test(the_same_times_elsewhere), cmocka_unit_test(links_have_two_ends),
        cmocka_unit_test(hops_of_tokens),           cmocka_unit_test(links_of_their_own),
        cmocka_unit_test(links_that_are_refused),   cmocka_unit_test(without_a_model_there_is_no_time),
        cmocka_unit_test(files_that_are_refused),
    };
    return cmocka_run_group_tests_name("gossip_clock", tests, scratch_enter, scratch_leave);
}
