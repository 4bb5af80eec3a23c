/* Pairs on the virtual clock, and AD-PSGD, against a plain simulator that takes one event after another. */
#include "pairworld.h"
#include "base/stop.h"

#include "measured.h"

static const bool precise = sizeof(kith_real) == sizeof(double);

static void models(const runner *r, double *x)
{
    const kith_gossip *g = inside(r);
    for (size_t i = 0; i < g->learners; i++) {
        const kith_real *row = kith_gossip_at(g, &g->shelf[g->ops->model], 0, i);
        x[i] = (double)row[0];
        assert_true(row[0] == row[D - 1]);
    }
}

/* ---- the plain simulator ---- */

typedef struct world {
    int n, steps;
    bool complete;                 /* else a ring */
    double rate, pace[MOST], link; /* s of a step, by learner; s of a meeting */
    double x[MOST], start[MOST], ends[MOST];
    uint64_t lot[MOST]; /* whose end comes first where several are at once */
    uint64_t visits[MOST], began[MOST], met[MOST], events;
    double now, staleness, moved;
} world;

static uint64_t lot_of(int i, uint64_t visit)
{
    kith_stream s = kith_stream_at(SEED, KITH_FOR_PARTICIPATION, 2 + (uint64_t)i, visit);
    return kith_draw_u64(&s);
}

static void begin(world *w, int i)
{
    w->lot[i] = lot_of(i, w->visits[i]);
    w->start[i] = w->x[i];
    w->ends[i] = w->now + (w->pace[i] * w->steps + w->link);
    w->began[i] = w->events;
    w->met[i] = 0;
}

/* Whom learner i meets at the end of its visit: any neighbour, in ascending order, is as likely. */
static int partner(const world *w, int i)
{
    kith_stream s = kith_stream_at(SEED, KITH_FOR_PAIRS, (uint64_t)i, w->visits[i]);
    int list[MOST], count = 0;
    for (int j = 0; j < w->n; j++)
        if (j != i && (w->complete || j == (i + 1) % w->n || i == (j + 1) % w->n)) list[count++] = j;
    return list[kith_draw_below(&s, (uint64_t)count)];
}

static void next_event(world *w, bool training)
{
    int i = 0;
    for (int k = 1; k < w->n; k++)
        if (w->ends[k] < w->ends[i] || (w->ends[k] == w->ends[i] && w->lot[k] < w->lot[i])) i = k;
    w->now = w->ends[i];
    const int j = partner(w, i);
    double y = w->start[i];
    for (int k = 0; k < w->steps && training; k++)
        y -= w->rate * (y - (i + 1));
    const double mean = (w->x[i] + w->x[j]) / 2;
    w->x[j] = mean;
    w->x[i] = mean + (y - w->start[i]);
    w->staleness += (double)(w->events - w->began[i]);
    w->moved += (double)w->met[i];
    w->met[j]++;
    w->events++;
    w->visits[i]++;
    begin(w, i);
}

static world world_of(int n, int steps, double link)
{
    world w = {.n = n, .steps = steps, .rate = 0.1, .link = link};
    for (int i = 0; i < n; i++)
        w.pace[i] = 1;
    return w;
}

static void world_run(world *w, int training, int rounds)
{
    for (int i = 0; i < w->n; i++)
        begin(w, i);
    for (int t = 0; t < rounds; t++)
        for (int k = 0; k < w->n; k++)
            next_event(w, t < training);
}

static void compare(const runner *r, const world *w)
{
    double x[MOST];
    models(r, x);
    for (int i = 0; i < w->n; i++)
        assert_close(x[i], w->x[i], 0, precise ? 1e-12 : 1e-5);
}

/* ---- tests ---- */

/* All end at once, in an order that is drawn anew each time. */
static void equal_speeds(void **state)
{
    (void)state;
    enum { N = 6, ROUNDS = 25 };
    settings s;
    runner r;
    world w = world_of(N, 1, 0);
    choose(&s, "ring", N, ROUNDS + 1); /* the last round would end with a measure of its own */
    set(&s, "clock.compute=constant");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < ROUNDS; t++)
        assert_ok(r.ctx, runner_step(&r));
    world_run(&w, ROUNDS, ROUNDS);
    compare(&r, &w);
    metric m[] = {{"virtual_time", 0}, {"staleness_mean", 0}, {"averages_between_mean", 0}, {"bytes_sent", 0}};
    measure_some(&r, m, sizeof m / sizeof *m);
    assert_close(m[0].value, ROUNDS, 0, 0);
    /* 0, 1, ..., N - 1 in the first round, N - 1 in the mean ever after */
    assert_close(m[1].value, ((N - 1) * 0.5 + (ROUNDS - 1) * (N - 1.0)) / ROUNDS, 1e-14, 0);
    assert_close(m[2].value, w.moved / (N * ROUNDS), 1e-14, 0);
    /* two models a meeting */
    assert_close(m[3].value, 2.0 * N * ROUNDS * D * sizeof(kith_real), 0, 0);
    runner_close(&r);
}

/* Two learners of one speed, by hand: one meets the other and steps, then the other meets it and steps with a gradient
 * that is one meeting old. Which of them is first is drawn in each round. */
static void two_learners_by_hand(void **state)
{
    (void)state;
    static const double first[2][2] = {{0.05, 0.25}, {0.2, 0.1}}; /* (0, 0) -> (0.1, 0) -> (0.05, 0.05 + 0.2), or */
    /* 0 and 0: learner 0 began with 0.1, 0.15 + 0.09; learner 1 with 0.25, (0.24 + 0.15) / 2 + 0.175; and so on */
    static const double second[2][2][2] = {{{0.195, 0.37}, {0.3275, 0.2375}}, {{0.19, 0.37}, {0.32, 0.24}}};
    settings s;
    runner r;
    double x[2];
    const bool a = lot_of(1, 0) < lot_of(0, 0), b = lot_of(1, 1) < lot_of(0, 1);
    choose(&s, "chain", 2, 2);
    set(&s, "clock.compute=constant");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    models(&r, x);
    assert_close(x[0], first[a][0], 0, precise ? 1e-15 : 1e-7);
    assert_close(x[1], first[a][1], 0, precise ? 1e-15 : 1e-7);
    assert_ok(r.ctx, runner_step(&r));
    models(&r, x);
    assert_close(x[0], second[a][b][0], 0, precise ? 1e-15 : 1e-7);
    assert_close(x[1], second[a][b][1], 0, precise ? 1e-15 : 1e-7);
    runner_close(&r);
}

/* Learners of speeds of their own, several steps, links that take their time, on a ring and where all are
 * neighbours. */
static void different_speeds(void **state)
{
    (void)state;
    enum { N = 8, ROUNDS = 40, STEPS = 2 };
    for (int complete = 0; complete < 2; complete++) {
        settings s;
        runner r;
        /* there and back: latency, and the model over the bandwidth */
        world w = world_of(N, STEPS, 2 * (0.25 + D * sizeof(kith_real) / 64.0));
        w.complete = complete;
        for (int i = 0; i < N; i++) {
            kith_stream stream = kith_stream_at(SEED, KITH_FOR_CLOCK, (uint64_t)i, UINT64_MAX);
            w.pace[i] = 0.5 * exp(0.8 * kith_draw_normal(&stream));
        }
        choose(&s, complete ? "complete" : "ring", N, ROUNDS + 1);
        set(&s, "local.steps=%d", STEPS);
        set(&s, "clock.compute=constant");
        set(&s, "clock.compute_time=0.5");
        set(&s, "clock.speed_sigma=0.8");
        set(&s, "clock.latency=0.25");
        set(&s, "clock.bandwidth=64");
        assert_ok(r.ctx, runner_open(&r, s.list));
        assert_int_equal(inside(&r)->graph.complete, complete);
        for (int t = 0; t < ROUNDS; t++)
            assert_ok(r.ctx, runner_step(&r));
        world_run(&w, ROUNDS, ROUNDS);
        compare(&r, &w);
        metric m[] = {{"virtual_time", 0}, {"staleness_mean", 0}, {"averages_between_mean", 0}};
        measure_some(&r, m, sizeof m / sizeof *m);
        assert_close(m[0].value, w.now, 1e-12, 0);
        assert_close(m[1].value, w.staleness / (double)w.events, 1e-12, 0);
        assert_close(m[2].value, w.moved / (double)w.events, 1e-12, 0);
        assert_true(w.visits[0] != w.visits[1]);
        runner_close(&r);
    }
}

/* In rounds after training the clock goes on; a gradient that was under way is dropped. */
static void gossip_after_training(void **state)
{
    (void)state;
    enum { N = 5, ROUNDS = 9 };
    settings s;
    runner r;
    world w = world_of(N, 1, 0.5);
    choose(&s, "ring", N, ROUNDS);
    set(&s, "clock.compute=constant");
    set(&s, "clock.latency=0.25");
    set(&s, "decentralized.post_rounds=4");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < ROUNDS + 4; t++)
        assert_ok(r.ctx, runner_step(&r));
    world_run(&w, ROUNDS, ROUNDS + 4);
    compare(&r, &w);
    runner_close(&r);
}

/* Pairs keep the mean, and without gradients all meet at it. */
static void meetings_keep_the_mean(void **state)
{
    (void)state;
    enum { N = 7, ROUNDS = 120 };
    settings s;
    runner r;
    double x[N], mean = 0;
    choose(&s, "ring", N, 1);
    set(&s, "decentralized.post_rounds=%d", ROUNDS);
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t <= ROUNDS; t++) {
        double sum = 0, spread = 0;
        assert_ok(r.ctx, runner_step(&r));
        models(&r, x);
        for (int i = 0; i < N; i++)
            sum += x[i] / N;
        for (int i = 0; i < N; i++)
            spread = fmax(spread, fabs(x[i] - sum));
        if (t == 0) mean = sum;
        assert_close(sum, mean, 0, precise ? 1e-14 : 1e-6);
        assert_true(t > 0 || spread > 0.01);
        if (t == ROUNDS) assert_close(spread, 0, 0, precise ? 1e-12 : 1e-6);
    }
    runner_close(&r);
}

typedef struct histogram {
    const char *name;
    double value[64];
    size_t bins;
} histogram;

static kith_status keep(void *arg, const char *name, const double *value, size_t bins)
{
    histogram *h = arg;
    for (; h->name; h++) {
        if (strcmp(h->name, name) != 0) continue;
        assert_true(bins <= 64);
        memcpy(h->value, value, bins * sizeof *value);
        h->bins = bins;
    }
    return KITH_OK;
}

/* With equal speeds a gradient misses N - 1 meetings in the mean, but for the first ones, and 2 N - 2 at most; the
 * merge is no meeting. */
static void histograms_of_equal_speeds(void **state)
{
    (void)state;
    enum { N = 5, ROUNDS = 9 };
    settings s;
    runner r;
    choose(&s, "ring", N, ROUNDS);
    set(&s, "decentralized.merge=mean");
    set(&s, "clock.compute=constant");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_engine *engine = kith_run_engine(r.run);
    histogram h[] = {{.name = "staleness"}, {.name = "participation"}, {.name = NULL}};
    assert_ok(r.ctx, engine->histograms(r.ctx, engine->self, ROUNDS + 1, keep, h));
    double meetings = 0, sum = 0;
    assert_true(h[0].bins <= 2 * N - 1);
    for (size_t b = 0; b < h[0].bins; b++) {
        meetings += h[0].value[b];
        sum += (double)b * h[0].value[b];
    }
    assert_true(meetings == N * ROUNDS);
    assert_true(sum == N * (N - 1) / 2 + (ROUNDS - 1) * N * (N - 1));
    assert_int_equal(h[1].bins, ROUNDS + 1);
    assert_true(h[1].value[ROUNDS] == N);
    runner_close(&r);
}

static bool always(void)
{
    return true;
}

static void counting_meetings_can_be_stopped(void **state)
{
    (void)state;
    enum { N = 5, ROUNDS = 600 };
    settings s;
    runner r;
    choose(&s, "ring", N, ROUNDS);
    set(&s, "decentralized.merge=no");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_engine *engine = kith_run_engine(r.run);
    histogram h[] = {{.name = "participation"}, {.name = NULL}};
    kith_stop_by(always);
    kith_stop_patience(0.0);
    assert_ok(r.ctx, engine->histograms(r.ctx, engine->self, 40, keep, h));
    assert_true(h[0].bins > 1);
    assert_refused(r.ctx, engine->histograms(r.ctx, engine->self, ROUNDS, keep, h), KITH_ESTOPPED, "stopped");
    kith_stop_by(NULL);
    runner_close(&r);
}

/* Chi-square over the four neighbours that each node of a torus of 4 x 4 has. */
static void partners_are_drawn_uniformly(void **state)
{
    (void)state;
    enum { N = 16, ROUNDS = 500 };
    settings s;
    runner r;
    kith_meetings *plan = NULL;
    choose(&s, "torus", N, 1);
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_gossip *g = inside(&r);
    const kith_visit_plan_setup setup = {
        .participation = g->clock, .local = g->setup.local, .learners = N, .seed = 3, .examples = one};
    assert_ok(r.ctx, kith_meetings_open(r.ctx, &setup, &g->graph, &plan));
    double met[N][N] = {{0}}, made[N] = {0}, chi = 0;
    for (int t = 0; t < ROUNDS; t++) {
        const kith_meeting_round *round = kith_meetings_next(plan);
        for (size_t k = 0; k < N; k++) {
            met[round->meeting[k].learner][round->meeting[k].partner]++;
            made[round->meeting[k].learner]++;
        }
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            const bool near = (i / 4 == j / 4 && (i + 1) % 4 == j % 4) || (i / 4 == j / 4 && (j + 1) % 4 == i % 4) ||
                              (i % 4 == j % 4 && (i / 4 + 1) % 4 == j / 4) ||
                              (i % 4 == j % 4 && (j / 4 + 1) % 4 == i / 4);
            if (!near) assert_true(met[i][j] == 0);
            if (near) chi += pow(met[i][j] - made[i] / 4, 2) / (made[i] / 4);
        }
    /* 48 degrees of freedom: mean 48, standard deviation 9.8 */
    assert_true(chi > 20 && chi < 90);
    kith_meetings_close(plan);
    runner_close(&r);
}

static void a_learner_alone(void **state)
{
    (void)state;
    settings s;
    runner r;
    double x[1];
    choose(&s, "ring", 1, 5);
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 4; t++)
        assert_ok(r.ctx, runner_step(&r));
    models(&r, x);
    assert_close(x[0], 1 - pow(0.9, 4), 0, precise ? 1e-14 : 1e-6);
    metric m[] = {{"bytes_sent", 1}, {"staleness_mean", 1}};
    measure_some(&r, m, sizeof m / sizeof *m);
    assert_true(m[0].value == 0.0 && m[1].value == 0.0);
    runner_close(&r);
}

/* With a decreasing rate the learners end near the optimum of all, 3, together. */
static void learners_find_the_optimum(void **state)
{
    (void)state;
    settings s;
    runner r;
    double x[5];
    choose(&s, "ring", 5, 4000);
    set(&s, "local.lr_schedule=inverse-sqrt");
    set(&s, "local.lr_every=2");
    set(&s, "local.momentum=0.3");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 4000; t++)
        assert_ok(r.ctx, runner_step(&r));
    models(&r, x);
    for (int i = 0; i < 5; i++)
        assert_close(x[i], 3, 0, 0.05);
    runner_close(&r);
}

static void divergence_is_told(void **state)
{
    (void)state;
    settings s;
    runner r;
    choose(&s, "chain", 2, 1);
    set(&s, "clock.compute=constant");
    set(&s, "quadratic.init=1");
    set(&s, "quadratic.a=1e-300"); /* so that losses stay finite */
    set(&s, "local.weight_decay=1");
    set(&s, "local.lr=%s", precise ? "1.7e308" : "3e38");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_refused(r.ctx, runner_step(&r), KITH_EDIVERGED,
                   "learner 0 is not finite after its meeting with learner 1 in round 0; lower local.lr");
    runner_close(&r);
}

static void wrong_tables_are_refused(void **state)
{
    (void)state;
    const uint32_t stays = KITH_STATIC | KITH_UNDIRECTED;
    const struct {
        kith_decentralized ops;
        const char *message;
    } rows[] = {
        {{.uses = KITH_USES_PAIRS, .needs = KITH_UNDIRECTED},
         "odd: pairs need a graph that stays; add KITH_STATIC and KITH_UNDIRECTED to ops.needs"},
        {{.uses = KITH_USES_PAIRS | KITH_USES_MEAN, .needs = stays},
         "odd: pairs go neither with the mean of all nor with gradients in mixed()"},
        {{.uses = KITH_USES_PAIRS, .needs = stays}, "odd: plane 'x': pairs are averaged in place; leave `into` out"},
    };
    kith_gossip_workspace shelf = {.name = "x", .mixed = true, .into = 1};
    kith_ctx *ctx = kith_ctx_create();
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const kith_plugin plugin = {.id = "odd"};
        const kith_instance algorithm = {.plugin = &plugin};
        kith_gossip g = {.setup = {.algorithm = &algorithm}, .ops = &rows[k].ops, .shelf = &shelf, .planes = 1};
        assert_refused(ctx, kith_gossip_pairs_open(ctx, &g), KITH_EPLUGIN, rows[k].message);
    }
    kith_ctx_destroy(ctx);
}

/* As many steps as the deadline leaves time for: 3 of 1 s; the visit lasts as long as they do. */
static void deadlines_are_kept(void **state)
{
    (void)state;
    settings s;
    runner r;
    world w = world_of(4, 3, 0);
    choose(&s, "ring", 4, 6);
    set(&s, "local.unit=seconds");
    set(&s, "local.deadline=3.5");
    set(&s, "clock.compute=constant");
    assert_ok(r.ctx, runner_open(&r, s.list));
    for (int t = 0; t < 6; t++)
        assert_ok(r.ctx, runner_step(&r));
    world_run(&w, 6, 6);
    compare(&r, &w);
    metric m[] = {{"virtual_time", 0}};
    measure_some(&r, m, sizeof m / sizeof *m);
    assert_close(m[0].value, 18, 0, 0);
    runner_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_speeds),
        cmocka_unit_test(two_learners_by_hand),
        cmocka_unit_test(different_speeds),
        cmocka_unit_test(gossip_after_training),
        cmocka_unit_test(meetings_keep_the_mean),
        cmocka_unit_test(histograms_of_equal_speeds),
        cmocka_unit_test(counting_meetings_can_be_stopped),
        cmocka_unit_test(partners_are_drawn_uniformly),
        cmocka_unit_test(a_learner_alone),
        cmocka_unit_test(learners_find_the_optimum),
        cmocka_unit_test(deadlines_are_kept),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(wrong_tables_are_refused),
    };
    return cmocka_run_group_tests_name("gossip_pairs", tests, NULL, NULL);
}
