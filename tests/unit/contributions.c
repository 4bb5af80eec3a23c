/* The graph that is drawn from updates: against what a naive reading of its rules gives, and what its sketches are
 * worth. */
#include "contributionworld.h"

/* ---- the rules, read naively ---- */

static double inner_product(const double *x, const double *y)
{
    double sum = 0;
    for (size_t k = 0; k < S; k++)
        sum += x[k] * y[k];
    return sum;
}

static double cosine(const double *x, const double *y)
{
    return inner_product(x, y) / sqrt(inner_product(x, x) * inner_product(y, y));
}

static void contributions(const drawing *d, double psi[N])
{
    double mean[S] = {0};
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < S; k++)
            mean[k] += d->value[i][k] / N;
    for (size_t i = 0; i < N; i++)
        psi[i] = cosine(d->value[i], mean);
}

static void point(drawing *d, size_t learners, uint64_t round)
{
    for (size_t i = 0; i < N; i++)
        d->row[i] = d->value[i];
    d->all = (kith_sketches){.round = round, .learners = learners, .length = S, .row = d->row};
}

/* Different for each seed; no two contributions are the same. */
static void fill(drawing *d, uint64_t seed, uint64_t round)
{
    kith_stream stream = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < S; k++)
            d->value[i][k] = kith_draw_normal(&stream) + (k == 0);
    point(d, N, round);
}

/* Whether m is among node's parents: it passes, and less than `most` of those who pass contribute more. */
static bool is_parent(const drawing *d, const double *psi, size_t m, size_t node, double tau, size_t most)
{
    size_t better = 0;
    for (size_t j = 0; j < N; j++) {
        const bool passes = psi[j] > 0 && psi[j] > psi[node] && cosine(d->value[j], d->value[node]) >= tau;
        if (j == m && !passes) return false;
        better += passes && psi[j] > psi[m];
    }
    return better < most;
}

static void expected_row(const drawing *d, size_t node, double tau, size_t most, double share, double epsilon,
                         double w[N])
{
    double psi[N], sum = 0;
    contributions(d, psi);
    for (size_t m = 0; m < N; m++)
        w[m] = is_parent(d, psi, m, node, tau, most) ? psi[m] : 0;
    for (size_t m = 0; m < N; m++)
        sum += w[m];
    for (size_t m = 0; m < N; m++)
        w[m] *= sum > 0 ? (1 - epsilon) * share / sum : 0;
    w[node] += (1 - epsilon) * (sum > 0 ? 1 - share : 1);
    /* a ring's Metropolis weights */
    for (size_t m = 0; m < N; m++)
        if (m == node || m == (node + 1) % N || node == (m + 1) % N) w[m] += epsilon / 3;
}

static void read_row(world *w, kith_inner *inner, uint64_t round, size_t node, double out[N])
{
    uint32_t from[N];
    double weight[N];
    kith_row row = {.round = round, .node = node, .from = from, .weight = weight};
    assert_ok(w->ctx, inner->ops->row(inner->self, w->ctx, &row));
    for (size_t j = 0; j < N; j++)
        out[j] = 0;
    for (size_t e = 0; e < row.count; e++) {
        assert_true(from[e] < N && (e == 0 || from[e] > from[e - 1]));
        out[from[e]] = weight[e];
    }
}

static void rows_follow_the_rules(void **state)
{
    world *w = *state;
    static const struct {
        double tau, share, epsilon;
        size_t parents;
    } cases[] = {{0, 0.5, 0.1, 3}, {0.4, 0.5, 0.1, 3}, {-1, 0.7, 0, 1}, {-1, 1, 0.3, 6}, {0.9, 0.5, 0.2, 2}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char spec[200];
        snprintf(spec, sizeof spec, "contribution(threshold=%g, share=%g, epsilon=%g, parents=%zu, sketch=%d)",
                 cases[c].tau, cases[c].share, cases[c].epsilon, cases[c].parents, S);
        kith_inner *inner = world_open(w, spec, N);
        assert_int_equal(inner->ops->sketch(inner->self), S);
        assert_int_equal(inner->ops->properties(inner->self), KITH_ROW_STOCHASTIC | KITH_LOSSLESS);
        for (uint64_t t = 0; t < 20; t++) {
            drawing d;
            fill(&d, 100 * c + t, t);
            assert_ok(w->ctx, inner->ops->draw(inner->self, w->ctx, &d.all));
            for (size_t i = 0; i < N; i++) {
                double got[N], want[N];
                read_row(w, inner, t, i, got);
                expected_row(&d, i, cases[c].tau, cases[c].parents, cases[c].share, cases[c].epsilon, want);
                for (size_t j = 0; j < N; j++)
                    assert_close(got[j], want[j], 0, 1e-12);
            }
        }
        w->opener.close(inner);
    }
}

static void parents_that_weigh_nothing_are_not_heard(void **state)
{
    world *w = *state;
    static const char *const specs[] = {"contribution(sketch=5, share=0)", "contribution(sketch=5, epsilon=1)"};
    for (size_t c = 0; c < 2; c++) {
        kith_inner *inner = world_open(w, specs[c], N);
        drawing d;
        fill(&d, 5, 4);
        assert_ok(w->ctx, inner->ops->draw(inner->self, w->ctx, &d.all));
        for (size_t i = 0; i < N; i++) {
            uint32_t from[N];
            double weight[N];
            kith_row row = {.round = 4, .node = i, .from = from, .weight = weight};
            assert_ok(w->ctx, inner->ops->row(inner->self, w->ctx, &row));
            assert_int_equal(row.count, 3); /* a ring's */
            for (size_t e = 0; e < row.count; e++)
                assert_true(weight[e] > 0);
        }
        w->opener.close(inner);
    }
}

/* ---- what is told ---- */

typedef struct told {
    double edges, depth, sources, churn, mean, least;
} told;

static kith_status keep(void *arg, const char *name, double value)
{
    told *t = arg;
    const struct {
        const char *name;
        double *at;
    } all[] = {{"contribution_edges", &t->edges},     {"contribution_depth", &t->depth},
               {"contribution_sources", &t->sources}, {"contribution_churn", &t->churn},
               {"contribution_mean", &t->mean},       {"contribution_min", &t->least}};
    for (size_t k = 0; k < 6; k++)
        if (!strcmp(all[k].name, name)) *all[k].at = value;
    return KITH_OK;
}

/* Vectors of length 1 in a plane, by their angles; the others are 0. */
static void fan(drawing *d, const double *degrees, size_t count)
{
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < count; i++) {
        d->value[i][0] = cos(degrees[i] * 3.14159265358979323846 / 180);
        d->value[i][1] = sin(degrees[i] * 3.14159265358979323846 / 180);
    }
    point(d, N, 0);
}

static told draw_and_tell(world *w, kith_inner *inner, drawing *d)
{
    told t = {.churn = NAN};
    assert_ok(w->ctx, inner->ops->draw(inner->self, w->ctx, &d->all));
    assert_ok(w->ctx, inner->ops->tell(inner->self, keep, &t));
    return t;
}

/* One learner points along the mean, two pairs of mirror images lie about it, one went back, and the last did nothing.
 * With a threshold of cos 35 degrees, +-30 hears the middle and +-60 hears the one of +-30 on its side: ways of two
 * edges. */
static void a_fan_of_updates(void **state)
{
    world *w = *state;
    static const double degrees[] = {30, -30, 60, -60, 0, 180};
    drawing d;
    kith_inner *inner = world_open(w, "contribution(threshold=0.82, parents=2, share=0.5, epsilon=0, sketch=5)", N);
    double row[N];
    fan(&d, degrees, 6);
    const told first = draw_and_tell(w, inner, &d);
    const double *psi = inner->ops->scores(inner->self);
    for (size_t i = 0; i < 6; i++)
        assert_close(psi[i], cos(degrees[i] * 3.14159265358979323846 / 180), 0, 1e-12);
    assert_true(psi[6] == 0);
    assert_true(first.edges == 4 && first.depth == 2 && first.sources == 3 && isnan(first.churn));
    assert_close(first.least, -1, 0, 1e-12);
    read_row(w, inner, 0, 2, row);
    assert_close(row[0], 0.5, 0, 1e-12);
    assert_close(row[2], 0.5, 0, 1e-12);
    for (size_t i = 4; i < N; i++) {
        read_row(w, inner, 0, i, row);
        assert_true(row[i] == 1);
    }
    assert_true(draw_and_tell(w, inner, &d).churn == 0);
    d.value[2][0] = d.value[2][1] = 0;
    d.value[3][0] = d.value[3][1] = 0;
    const told less = draw_and_tell(w, inner, &d);
    assert_true(less.edges == 2 && less.depth == 1);
    assert_close(less.churn, 0.5, 0, 1e-12);
    w->opener.close(inner);
}

/* Nobody who did the same is heard, so all alike are sources, and there is no way around in a circle. */
static void ties_make_no_edges(void **state)
{
    world *w = *state;
    drawing d;
    kith_inner *inner = world_open(w, "contribution(threshold=-1, parents=6, sketch=5)", N);
    memset(&d, 0, sizeof d);
    for (size_t i = 0; i < N; i++)
        d.value[i][i % 2] = 1, d.value[i][2] = 3;
    point(&d, N, 0);
    d.value[6][0] = 0, d.value[6][1] = 1; /* three of each kind, and one more of the second */
    const told t = draw_and_tell(w, inner, &d);
    assert_true(t.depth == 1);
    assert_true(t.edges == 3 * 4 && t.sources == 4);
    w->opener.close(inner);
}

static void only_neighbours_of_the_base(void **state)
{
    world *w = *state;
    drawing d;
    kith_inner *inner = world_open(w, "contribution(threshold=-1, among=base, parents=6, epsilon=0, sketch=5)", N);
    fill(&d, 3, 0);
    double psi[N];
    size_t edges = 0;
    contributions(&d, psi);
    assert_ok(w->ctx, inner->ops->draw(inner->self, w->ctx, &d.all));
    for (size_t i = 0; i < N; i++) {
        double row[N];
        read_row(w, inner, 0, i, row);
        for (size_t j = 0; j < N; j++) {
            const bool linked = j == (i + 1) % N || i == (j + 1) % N;
            if (i != j) assert_int_equal(row[j] > 0, linked && psi[j] > psi[i] && psi[j] > 0);
            edges += i != j && row[j] > 0;
        }
    }
    assert_true(edges >= 4);
    w->opener.close(inner);
}

static void some_rounds_are_the_base_graph(void **state)
{
    world *w = *state;
    kith_inner *inner = world_open(w, "contribution(every=3, sketch=5)", N);
    double row[N];
    for (uint64_t t = 0; t < 9; t++)
        assert_int_equal(inner->ops->drawn(inner->self, t), t % 3 != 2);
    read_row(w, inner, 2, 4, row);
    for (size_t j = 3; j < 6; j++)
        assert_close(row[j], 1.0 / 3, 0, 1e-12);
    w->opener.close(inner);
}

static const char unknown[] =
    "contribution: this graph is drawn from what learners did in a round, which is not known here; use it "
    "in a run with a decentralized algorithm whose learners move in step";

static void without_updates_there_is_no_graph(void **state)
{
    world *w = *state;
    uint32_t from[N];
    double weight[N];
    kith_row row = {.from = from, .weight = weight};
    kith_inner *inner = world_open(w, "contribution(sketch=5)", N);
    assert_refused(w->ctx, inner->ops->row(inner->self, w->ctx, &row), KITH_ECONFIG, unknown);
    drawing d;
    fill(&d, 1, 4);
    assert_ok(w->ctx, inner->ops->draw(inner->self, w->ctx, &d.all));
    row.round = 5;
    assert_refused(w->ctx, inner->ops->row(inner->self, w->ctx, &row), KITH_ECONFIG, unknown);
    w->opener.close(inner);
    assert_refused(w->ctx, world_try(w, "contribution(base=contribution)", N, 100, &inner), KITH_ECONFIG,
                   "contribution.base = contribution: it is drawn from updates itself; choose a graph that is not");
    assert_refused(w->ctx, world_try(w, "contribution(base=chain(weights=push-sum))", N, 100, &inner), KITH_ECONFIG,
                   "contribution.base = chain(weights=push-sum): the weights that its nodes hear with do not sum to 1; "
                   "choose others");
    assert_refused(w->ctx, world_try(w, "schedule(phases=contribution for 3; contribution(share=0.2))", N, 100, &inner),
                   KITH_ECONFIG,
                   "schedule: two of its topologies are drawn from what learners did; use one of them in all phases");
}

/* Inside others it is the same graph: in its phases of a schedule, and with the links that a fault spares. */
static void inside_other_topologies(void **state)
{
    world *w = *state;
    drawing d;
    double plain[N], within[N];
    fill(&d, 5, 4);
    kith_inner *alone = world_open(w, "contribution(sketch=5)", N);
    kith_inner *phases = world_open(w, "schedule(phases=ring for 4; contribution(sketch=5) for 2; complete)", N);
    kith_inner *faults = world_open(w, "faulty(graph=contribution(sketch=5))", N);
    for (uint64_t t = 0; t < 8; t++)
        assert_int_equal(phases->ops->drawn(phases->self, t), t == 4 || t == 5);
    assert_int_equal(phases->ops->sketch(phases->self), S);
    assert_ok(w->ctx, alone->ops->draw(alone->self, w->ctx, &d.all));
    assert_ok(w->ctx, phases->ops->draw(phases->self, w->ctx, &d.all));
    assert_ok(w->ctx, faults->ops->draw(faults->self, w->ctx, &d.all));
    for (size_t i = 0; i < N; i++) {
        read_row(w, alone, 4, i, plain);
        read_row(w, phases, 4, i, within);
        assert_memory_equal(plain, within, sizeof plain);
        read_row(w, faults, 4, i, within);
        assert_memory_equal(plain, within, sizeof plain);
        assert_true(phases->ops->scores(phases->self)[i] == alone->ops->scores(alone->self)[i]);
    }
    w->opener.close(alone);
    w->opener.close(phases);
    w->opener.close(faults);
}

/* ---- in a run ---- */

static void glyphs(settings *s, const char *algorithm, const char *sketch)
{
    s->count = 0;
    set(s, "run.algorithm=%s", algorithm);
    set(s, "run.model=linear");
    set(s, "run.dataset=glyphs");
    set(s, "run.topology=contribution");
    set(s, "run.learners=8");
    set(s, "run.rounds=6");
    set(s, "glyphs.train=400");
    set(s, "glyphs.test=100");
    set(s, "partition.kind=dirichlet");
    set(s, "partition.alpha=0.5");
    set(s, "local.lr=0.05");
    set(s, "local.steps=3");
    set(s, "contribution.sketch=%s", sketch);
    set(s, "decentralized.merge=no");
    set(s, "eval.every=0");
}

/* Sketches as long as the model are the updates; shorter ones give contributions that are off by some 1 / sqrt(S). */
static void sketches_tell_what_updates_would(void **state)
{
    (void)state;
    settings s;
    runner exact, rough;
    glyphs(&s, "dsgd", "1e6");
    assert_ok(exact.ctx, runner_open(&exact, s.list));
    glyphs(&s, "dsgd", "600");
    assert_ok(rough.ctx, runner_open(&rough, s.list));
    assert_ok(exact.ctx, runner_step(&exact));
    assert_ok(rough.ctx, runner_step(&rough));
    const kith_gossip *g = kith_run_engine(exact.run)->self, *h = kith_run_engine(rough.run)->self;
    const double *x = g->graph.table.scores(g->graph.self), *y = h->graph.table.scores(h->graph.self);
    double off = 0;
    assert_int_equal(g->sketches.length, g->d);
    assert_int_equal(h->sketches.length, 600);
    for (size_t i = 0; i < 8; i++)
        off += (x[i] - y[i]) * (x[i] - y[i]) / 8;
    assert_true(sqrt(off) < 2 / sqrt(600) && off > 0);
    runner_close(&exact);
    runner_close(&rough);
}

/* Before the first exchange all start alike, so the sketch of an update is the model that was mixed less the first one,
 * here taken from the half that mixing left. What was mixed is then the naive product with the rows. */
static void a_round_by_hand(void **state)
{
    (void)state;
    settings s;
    runner r;
    glyphs(&s, "dsgd", "1e6");
    assert_ok(r.ctx, runner_open(&r, s.list));
    const kith_gossip *g = kith_run_engine(r.run)->self;
    const kith_gossip_workspace *shelf = &g->shelf[g->ops->model];
    double *first = calloc(g->d, sizeof *first);
    for (size_t j = 0; j < g->d; j++)
        first[j] = (double)kith_gossip_at(g, shelf, shelf->turn, 0)[j];
    assert_ok(r.ctx, runner_step(&r));
    for (size_t i = 0; i < 8; i++) {
        const kith_real *before = kith_gossip_at(g, shelf, shelf->turn ^ 1, i),
                        *after = kith_gossip_at(g, shelf, shelf->turn, i);
        const double *row = kith_board_row(g->sketches.board, i);
        double weights = 0;
        for (size_t j = 0; j < g->d; j++)
            assert_close(row[j], (double)before[j] - first[j], 0, 1e-15);
        for (size_t e = g->graph.start[i]; e < g->graph.start[i + 1]; e++)
            weights += g->graph.weight[e];
        assert_close(weights, 1, 0, 1e-12);
        for (size_t j = 0; j < g->d; j += 97) {
            double sum = 0;
            for (size_t e = g->graph.start[i]; e < g->graph.start[i + 1]; e++)
                sum += g->graph.weight[e] * (double)kith_gossip_at(g, shelf, shelf->turn ^ 1, g->graph.from[e])[j];
            assert_close((double)after[j], sum, 1e-6, 1e-9);
        }
    }
    /* a sketch goes to seven others as doubles, and the model to those who hear it */
    const double sent = 8 * 7 * 8 * (double)g->d + g->graph.edges * (double)g->d * sizeof(kith_real);
    assert_close(measured(&r, "bytes_sent"), sent, 1e-12, 0);
    free(first);
    runner_close(&r);
}

/* Each evaluation tells of the last graph drawn since the one before it, whatever the round before the evaluation
 * was. */
static void rounds_of_the_base_graph_hide_no_figures(void **state)
{
    (void)state;
    static const char *const names[] = {"contribution_edges", "contribution_depth", "contribution_sources",
                                        "contribution_mean", "contribution_min"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        settings s;
        runner always, every_second;
        glyphs(&s, "dsgd", "600");
        assert_ok(always.ctx, runner_open(&always, s.list));
        set(&s, "contribution.every=2");
        assert_ok(every_second.ctx, runner_open(&every_second, s.list));
        assert_ok(always.ctx, runner_step(&always));
        const double first = measured(&always, names[k]);
        assert_true(!isnan(first));
        assert_ok(every_second.ctx, runner_step(&every_second));
        assert_ok(every_second.ctx, runner_step(&every_second));
        const double again = measured(&every_second, names[k]);
        if (!(again == first)) fail_msg("%s: %.17g is not %.17g", names[k], again, first);
        assert_true(isnan(measured(&every_second, names[k]))); /* nothing was drawn since */
        runner_close(&always);
        runner_close(&every_second);
    }
}

/* The gradient is an ordinary one, so the update is about as long as the learning rate. */
static void updates_that_are_too_long_are_refused(void **state)
{
    (void)state;
    settings s;
    runner r;
    char message[160];
    const bool wide = sizeof(kith_real) == sizeof(double);
    glyphs(&s, "dsgd", "600");
    set(&s, "local.steps=1");
    set(&s, "local.lr=1e160");
    assert_ok(r.ctx, runner_open(&r, s.list));
    snprintf(message, sizeof message, "the update of learner 0 is %s after the local work of round 0; lower local.lr",
             wide ? "too long to be compared with others (more than 1e150)" : "not finite");
    assert_refused(r.ctx, runner_step(&r), KITH_EDIVERGED, message);
    runner_close(&r);
    if (!wide) return;
    glyphs(&s, "dsgd", "600");
    set(&s, "local.steps=1");
    set(&s, "local.lr=1e140");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    assert_true(measured(&r, "contribution_mean") > 0);
    runner_close(&r);
}

static void algorithms_that_need_more_are_refused(void **state)
{
    (void)state;
    settings s;
    runner r;
    glyphs(&s, "gradient-tracking", "100");
    assert_int_equal(runner_open(&r, s.list), KITH_ECONFIG);
    assert_non_null(
        strstr(kith_ctx_message(r.ctx), "run.topology = contribution: it lacks what gradient-tracking needs: "));
    runner_close(&r);
    glyphs(&s, "allreduce", "100");
    set(&s, "decentralized.leave_one_out=yes");
    assert_refused(r.ctx, runner_open(&r, s.list), KITH_ECONFIG,
                   "--set: decentralized.leave_one_out = yes: allreduce with topology contribution has no "
                   "contributions to compare with; set it to no");
    runner_close(&r);
}

/* |s|^2 is |r|^2 within its standard deviation, sqrt(2 / S) of it, four times: coordinates that are all alike cancel,
 * which without signs would add up to d / S times as much. */
static void coordinates_cancel_in_a_sketch(void **state)
{
    (void)state;
    enum { LENGTH = 4000, NUMBERS = 400 };
    settings s;
    runner r;
    quadratic(&s, "dsgd", 4, 1.0, LENGTH, 3);
    set(&s, "run.topology=contribution");
    set(&s, "contribution.sketch=%d", NUMBERS);
    set(&s, "local.lr=1");
    set(&s, "local.steps=1");
    assert_ok(r.ctx, runner_open(&r, s.list));
    assert_ok(r.ctx, runner_step(&r));
    const kith_gossip *g = kith_run_engine(r.run)->self;
    for (size_t i = 0; i < 4; i++) {
        double square = 0;
        for (size_t k = 0; k < NUMBERS; k++)
            square += g->sketches.row[i][k] * g->sketches.row[i][k];
        assert_close(square, LENGTH * (double)((i + 1) * (i + 1)), 4 * sqrt(2.0 / NUMBERS), 0);
    }
    runner_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_follow_the_rules),
        cmocka_unit_test(parents_that_weigh_nothing_are_not_heard),
        cmocka_unit_test(a_fan_of_updates),
        cmocka_unit_test(ties_make_no_edges),
        cmocka_unit_test(only_neighbours_of_the_base),
        cmocka_unit_test(some_rounds_are_the_base_graph),
        cmocka_unit_test(without_updates_there_is_no_graph),
        cmocka_unit_test(inside_other_topologies),
        cmocka_unit_test(sketches_tell_what_updates_would),
        cmocka_unit_test(coordinates_cancel_in_a_sketch),
        cmocka_unit_test(a_round_by_hand),
        cmocka_unit_test(rounds_of_the_base_graph_hide_no_figures),
        cmocka_unit_test(updates_that_are_too_long_are_refused),
        cmocka_unit_test(algorithms_that_need_more_are_refused),
    };
    return cmocka_run_group_tests_name("contributions", tests, world_start, world_stop);
}
