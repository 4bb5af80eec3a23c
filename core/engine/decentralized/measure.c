#include "engine/decentralized/gossip.h"
#include "base/metrics.h"
#include "base/call.h"
#include "base/headway.h"
#include "engine/decentralized/ranks.h"
#include "engine/work/evaluate.h"
#include "engine/told.h"

#include <kith/nn.h>

#include <math.h>
#include <stdio.h>

/* A lane's sums; a learner's row has those of all lanes, which are added in lane order. */
enum { SCORE_ITEMS = KITH_SCORE_MORE };
enum { NAME_SIZE = 48, MOST_METRICS = 48 };

/* Metrics wait until all workers have made all measures together: telling them may fail on the one worker that records.
 * The engine's own are fewer than there is room for. How many a topology has nobody knows, so they are not kept: it is
 * asked when it is their turn. */
typedef struct measures {
    struct {
        char name[NAME_SIZE];
        double value;
    } item[MOST_METRICS];
    size_t count, wanted;
    size_t of_draw; /* the topology's come before this item; SIZE_MAX: there are none */
    double visits;  /* since the last evaluation */
} measures;

static void tell(measures *m, const char *name, double value)
{
    if (m->wanted++ >= MOST_METRICS) return;
    snprintf(m->item[m->count].name, NAME_SIZE, "%s", name);
    m->item[m->count++].value = value;
}

static kith_status tell_of_draw(kith_ctx *ctx, const kith_gossip *g, kith_measure measure, void *arg)
{
    kith_told told = {ctx, &g->setup, g->graph.id, measure, arg};
    KITH_TRY_CALL(ctx, g->graph.id, "tell", KITH_NOBODY, g->graph.table.tell(g->graph.self, kith_told_take, &told));
    return KITH_OK;
}

static kith_status pass_on(kith_ctx *ctx, const kith_gossip *g, const measures *m, kith_measure measure, void *arg)
{
    if (m->wanted > m->count) return KITH_EINTERNAL;
    for (size_t k = 0; k <= m->count; k++) {
        if (k == m->of_draw) KITH_TRY(tell_of_draw(ctx, g, measure, arg));
        if (k < m->count) KITH_TRY(measure(arg, m->item[k].name, m->item[k].value));
    }
    if (m->visits == 0.0) return KITH_OK;
    const kith_said said = {.round = g->round, .visits = m->visits, .sum = g->said};
    kith_told told = {ctx, &g->setup, g->setup.algorithm->plugin->id, measure, arg};
    if (g->ops->tell)
        KITH_TRY_CALL(ctx, told.plugin, "tell", KITH_NOBODY, g->ops->tell(g->self, &said, kith_told_take, &told));
    if (!g->differences.filters) return KITH_OK;
    return kith_filters_tell(ctx, g->differences.filters, g->said + g->ops->tell_count, m->visits, 0, measure, arg);
}

/* A gradient takes about three passes over an example, and a test takes one. */
static void note_cost(kith_ctx *ctx, const kith_gossip *g)
{
    const kith_eval_config *eval = g->setup.eval;
    const double rounds = (double)(eval->every < g->setup.run->rounds ? eval->every : g->setup.run->rounds);
    const double models = (double)g->tested * (1.0 + g->how->before + g->how->leave_one_out);
    const double tests = models * (double)g->examples;
    double steps = 0.0;
    for (size_t i = 0; i < g->learners; i++)
        steps += 3.0 * kith_local_examples(g->setup.local, kith_data_size(g->setup.data, i));
    if (rounds > 0.0 && tests > steps * rounds)
        kith_note(ctx,
                  "testing %.0f learners' models on %zu examples each costs about %.2g times as much as the training "
                  "between two evaluations; set decentralized.test_learners, decentralized.test_examples or eval.every",
                  models, g->examples, tests / (steps * rounds));
}

kith_status kith_gossip_open_measures(kith_ctx *ctx, kith_gossip *g)
{
    const kith_decentralized_config *how = g->how;
    kith_exchange *ex = g->setup.exchange;
    g->tested = g->learners;
    if (how->test_learners && (size_t)how->test_learners < g->learners) g->tested = (size_t)how->test_learners;
    g->examples = kith_data_test_size(g->setup.data);
    if (how->test_examples && (size_t)how->test_examples < g->examples) g->examples = (size_t)how->test_examples;
    g->lane = (size_t)g->setup.eval->lane;
    note_cost(ctx, g);
    kith_queue_open(g->setup.exchange, g->setup.queues, KITH_DEAL_DYNAMIC, KITH_QUEUE_TESTS, &g->testing);
    g->lanes = (g->examples + g->lane - 1) / g->lane;
    if (how->leave_one_out)
        KITH_TRY(kith_exchange_agree(ex, KITH_TAKE(ctx, &g->heap, "ranks", 5 * g->tested, &g->ranks), NULL));
    KITH_TRY(kith_board_create(ctx, ex, "learners' reports", g->learners, KITH_REPORT_ITEMS + g->says, sizeof(double),
                               &g->reports));
    KITH_TRY(kith_board_create(ctx, ex, "learners' test scores", 2 * g->tested, g->lanes * SCORE_ITEMS + 1,
                               sizeof(double), &g->tests));
    return kith_board_create(ctx, ex, "partial sums", kith_block_count(g->d), 1, sizeof(double), &g->partial);
}

/* ---- how far apart the learners are ---- */

/* This worker's blocks of every learner, the blocks added in order. The rows' slices were published when the mean was
 * taken. */
kith_status kith_gossip_spread(kith_gossip *g, const kith_gossip_workspace *s, size_t turn, size_t mean, double *out)
{
    size_t first = 0, last = 0;
    kith_exchange_slice(g->setup.exchange, kith_exchange_place(g->setup.exchange)->worker, g->d, &first, &last);
    for (size_t b = first; b < last; b++) {
        size_t lo = 0, hi = 0;
        double sum = 0.0;
        kith_block_range(g->d, b, &lo, &hi);
        const kith_real *centre = (const kith_real *)kith_board_row(g->board[0], mean) + lo;
        for (size_t i = 0; i < g->learners; i++)
            sum += kith_distance2(hi - lo, kith_gossip_at(g, s, turn, i) + lo, centre);
        *(double *)kith_board_row(g->partial, b) = sum;
    }
    KITH_TRY(kith_block_total(g->partial, KITH_OK, g->d, 1, out));
    *out /= (double)g->learners;
    return KITH_OK;
}

static kith_status measure_consensus(kith_gossip *g, measures *m)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    double after = 0.0, before = 0.0;
    KITH_TRY(kith_gossip_spread(g, s, s->turn, g->mean, &after));
    tell(m, KITH_METRIC_consensus_distance, after);
    if (g->before == SIZE_MAX || g->round == 0 || !g->mixes) return KITH_OK;
    const kith_gossip_workspace *old = &g->shelf[g->before];
    const size_t turn = old->pair ? old->turn ^ 1 : 0;
    kith_gossip_list(g, old, turn, g->origin);
    KITH_TRY(kith_board_mean(g->board[0], KITH_OK, g->origin, g->learners, (uint32_t)g->scratch[0]));
    KITH_TRY(kith_gossip_spread(g, old, turn, g->scratch[0], &before));
    tell(m, KITH_METRIC_consensus_distance_before, before);
    if (before > 0.0) tell(m, KITH_METRIC_p_measured, 1.0 - after / before);
    return KITH_OK;
}

/* ---- tests of single learners ---- */

/* The k-th learner that is tested: evenly spread. */
static size_t tested_learner(const kith_gossip *g, size_t k)
{
    return k * g->learners / g->tested;
}

/* Tests that this domain makes: k = first..last-1. */
static void tests_here(const kith_gossip *g, size_t *first, size_t *last)
{
    *first = 0;
    while (*first < g->tested && tested_learner(g, *first) < g->first)
        ++*first;
    *last = *first;
    while (*last < g->tested && tested_learner(g, *last) < g->last)
        ++*last;
}

/* Which models are tested: the learners' own in a half of a shelf, or the mean of all but the learner's. */
typedef struct tested {
    const kith_gossip_workspace *shelf;
    size_t half;
    bool left_out;
    size_t mean; /* the row with the mean of all, where a learner is left out */
} tested;

/* Valid until the next call. */
static const kith_real *tested_model(kith_gossip *g, const tested *t, size_t learner)
{
    const kith_real *own = kith_gossip_at(g, t->shelf, t->half, learner);
    if (!t->left_out) return own;
    const kith_real *mean = kith_board_row(g->board[0], t->mean);
    const double n = (double)g->learners;
    for (size_t j = 0; j < g->d; j++)
        g->work[j] = (kith_real)((n * (double)mean[j] - (double)own[j]) / (n - 1.0));
    return g->work;
}

static kith_status test_lane(kith_ctx *ctx, kith_gossip *g, const kith_real *x, size_t lane, double *row)
{
    const size_t first = lane * g->lane, left = g->examples - first;
    kith_score score = {0};
    KITH_TRY(kith_trainer_test(ctx, g->setup.trainer, x, first, left < g->lane ? left : g->lane, &score));
    kith_score_put(&score, 0, row + lane * SCORE_ITEMS);
    return KITH_OK;
}

/* [all] */
static kith_status run_tests(kith_ctx *ctx, kith_gossip *g, const tested *t, size_t base)
{
    size_t first = 0, last = 0;
    kith_status status = KITH_OK;
    tests_here(g, &first, &last);
    kith_headway_begin("testing learners, part");
    for (size_t task; (task = kith_queue_next(&g->testing, (last - first) * g->lanes)) != SIZE_MAX;) {
        const size_t k = first + task / g->lanes;
        if (status != KITH_OK) continue;
        status = test_lane(ctx, g, tested_model(g, t, tested_learner(g, k)), task % g->lanes,
                           kith_board_row(g->tests, base + k));
        if (status != KITH_OK) kith_exchange_blame(g->setup.exchange, (uint32_t)k);
    }
    for (size_t k = 0; k < g->tested; k++)
        g->origin[k] = (kith_origin){.row = (uint32_t)(base + k), .domain = g->home[tested_learner(g, k)]};
    KITH_TRY(kith_board_publish_rows(g->tests, status, g->origin, g->tested, NULL));
    kith_queue_turn(&g->testing);
    return KITH_OK;
}

/* [all] Runs them into the half of the board that was not used last. */
static kith_status test_all(kith_ctx *ctx, kith_gossip *g, const tested *t, size_t *base)
{
    *base = (g->testing.turn & 1) * g->tested;
    return run_tests(ctx, g, t, *base);
}

typedef struct score_of {
    double loss, accuracy;
} score_of;

/* The k-th tested learner's. */
static score_of sum_lanes(const kith_gossip *g, size_t base, size_t k)
{
    const double *row = kith_board_row(g->tests, base + k);
    kith_score score = {0};
    for (size_t l = 0; l < g->lanes; l++)
        kith_score_add(row + l * SCORE_ITEMS, 0, &score);
    return (score_of){score.loss / (double)score.count, (double)score.correct / (double)score.count};
}

typedef struct summary {
    double loss, mean, least, most;
} summary;

/* Whose tests are summed up: everybody's, or those of learners with true labels, or with flipped ones. */
typedef enum whose { EVERYBODY, HONEST, FLIPPED } whose;

static bool is_one(const kith_gossip *g, size_t k, whose which)
{
    return which == EVERYBODY || kith_data_is_flipped(g->setup.data, tested_learner(g, k)) == (which == FLIPPED);
}

static size_t count_tested(const kith_gossip *g, whose which)
{
    size_t count = 0;
    for (size_t k = 0; k < g->tested; k++)
        count += is_one(g, k, which);
    return count;
}

static summary sum_up(const kith_gossip *g, size_t base, whose which)
{
    const double count = (double)count_tested(g, which);
    summary s = {.least = INFINITY, .most = -INFINITY};
    for (size_t k = 0; k < g->tested; k++) {
        if (!is_one(g, k, which)) continue;
        const score_of one = sum_lanes(g, base, k);
        s.loss += one.loss / count;
        s.mean += one.accuracy / count;
        s.least = fmin(s.least, one.accuracy);
        s.most = fmax(s.most, one.accuracy);
    }
    return s;
}

static void tell_local(measures *m, const char *what, const char *when, const char *which, double value)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s%s_%s", KITH_METRIC_local_test_, what, when, which);
    tell(m, name, value);
}

/* Where some labels are flipped and others are not. Data without classes have none that are. */
static void tell_kinds(const kith_gossip *g, size_t base, const char *when, measures *m)
{
    const size_t flipped = kith_data_flipped(g->setup.data);
    if (flipped == 0 || flipped == g->learners) return;
    for (whose which = HONEST; which <= FLIPPED; which++) {
        const char *name = which == FLIPPED ? "flipped_mean" : "honest_mean";
        if (count_tested(g, which) == 0) continue;
        const summary sum = sum_up(g, base, which);
        tell_local(m, "loss", when, name, sum.loss);
        tell_local(m, "accuracy", when, name, sum.mean);
    }
}

static kith_status test_learners(kith_ctx *ctx, kith_gossip *g, const kith_gossip_workspace *s, size_t half,
                                 const char *when, measures *m)
{
    size_t base = 0;
    if (g->lanes == 0) return KITH_OK;
    KITH_TRY(test_all(ctx, g, &(tested){.shelf = s, .half = half}, &base));
    const summary sum = sum_up(g, base, EVERYBODY);
    tell_local(m, "loss", when, "mean", sum.loss);
    if (kith_data_shape(g->setup.data)->classes == 0) return KITH_OK;
    tell_local(m, "accuracy", when, "mean", sum.mean);
    tell_local(m, "accuracy", when, "min", sum.least);
    tell_local(m, "accuracy", when, "max", sum.most);
    tell_kinds(g, base, when, m);
    return KITH_OK;
}

/* ---- what a learner is worth ---- */

/* How much greater the loss of the others' mean is without a learner, against what the topology thought that it
 * contributed: models are those that local work left. The loss of the mean of all would change no rank. */
static kith_status measure_left_out(kith_ctx *ctx, kith_gossip *g, measures *m)
{
    if (!g->how->leave_one_out || !kith_gossip_drew(g) || g->lanes == 0 || g->tested < 2) return KITH_OK;
    const kith_gossip_workspace *old = &g->shelf[g->before];
    const tested t = {.shelf = old, .half = old->pair ? old->turn ^ 1 : 0, .left_out = true, .mean = g->scratch[0]};
    const double *scores = g->graph.table.scores(g->graph.self);
    size_t base = 0;
    double *score = g->ranks, *worth = g->ranks + g->tested, *scratch = worth + g->tested;
    kith_gossip_list(g, old, t.half, g->origin);
    KITH_TRY(kith_board_mean(g->board[0], KITH_OK, g->origin, g->learners, (uint32_t)t.mean));
    KITH_TRY(test_all(ctx, g, &t, &base));
    for (size_t k = 0; k < g->tested; k++) {
        score[k] = scores[tested_learner(g, k)];
        worth[k] = sum_lanes(g, base, k).loss;
    }
    const double agreement = kith_rank_correlation(g->tested, score, worth, scratch);
    if (!isnan(agreement)) tell(m, KITH_METRIC_contribution_rank_correlation, agreement);
    return KITH_OK;
}

/* ---- what the learners report ---- */

static void add_reports(const kith_gossip *g, size_t first, size_t count, double *total)
{
    for (size_t k = 0; k < count; k++)
        total[k] = 0.0;
    for (size_t i = 0; i < g->learners; i++) {
        const double *row = (const double *)kith_board_row(g->reports, i) + first;
        for (size_t k = 0; k < count; k++)
            total[k] += row[k];
    }
}

/* [all] What is counted since the last evaluation starts again at zero once everybody has read it. */
static kith_status collect(kith_gossip *g, double total[KITH_REPORT_ITEMS])
{
    for (size_t i = 0; i < g->learners; i++)
        g->origin[i] = (kith_origin){.row = (uint32_t)i, .domain = g->home[i]};
    KITH_TRY(kith_board_publish_rows(g->reports, KITH_OK, g->origin, g->learners, NULL));
    add_reports(g, 0, KITH_REPORT_ITEMS, total);
    add_reports(g, KITH_REPORT_ITEMS, g->says, g->said);
    KITH_TRY(kith_exchange_agree(g->setup.exchange, KITH_OK, NULL));
    if (kith_exchange_place(g->setup.exchange)->local != 0) return KITH_OK;
    for (size_t i = g->first; i < g->last; i++) {
        double *row = kith_board_row(g->reports, i);
        row[KITH_REPORT_LOSS] = row[KITH_REPORT_LOSSES] = row[KITH_REPORT_STEPS] = row[KITH_REPORT_DRAWS] =
            row[KITH_REPORT_VISITS] = 0.0;
        for (size_t k = 0; k < g->says; k++)
            row[KITH_REPORT_ITEMS + k] = 0.0;
    }
    return KITH_OK;
}

/* The mean contribution of either kind, where some labels are flipped and others are not. */
static void tell_scores(const kith_gossip *g, measures *m)
{
    const kith_topology *topology = &g->graph.table;
    const double *score = topology->scores ? topology->scores(g->graph.self) : NULL;
    const size_t flipped = kith_data_flipped(g->setup.data);
    double of_honest = 0.0, of_flipped = 0.0;
    if (!score || flipped == 0 || flipped == g->learners) return;
    for (size_t i = 0; i < g->learners; i++)
        *(kith_data_is_flipped(g->setup.data, i) ? &of_flipped : &of_honest) += score[i];
    tell(m, KITH_METRIC_contribution_honest_mean, of_honest / (double)(g->learners - flipped));
    tell(m, KITH_METRIC_contribution_flipped_mean, of_flipped / (double)flipped);
}

/* What the topology says of the last draw, of which it was not yet told: the round just made need not be its round. One
 * that hears numbers is always asked. */
static void tell_draw(const kith_gossip *g, measures *m, double draws)
{
    const bool hears = g->history.wanted && g->round > 0;
    if ((draws == 0.0 && !hears) || kith_gossip_merged(g)) return;
    if (draws > 0.0) tell_scores(g, m);
    if (g->graph.table.tell) m->of_draw = m->count;
}

static kith_status tell_reports(kith_gossip *g, measures *m)
{
    double total[KITH_REPORT_ITEMS];
    KITH_TRY(collect(g, total));
    const double bytes = total[KITH_REPORT_BYTES];
    m->visits = total[KITH_REPORT_VISITS];
    if (!isnan(kith_gossip_time(g))) tell(m, KITH_METRIC_virtual_time, kith_gossip_time(g));
    tell(m, KITH_METRIC_bytes_sent, bytes);
    tell(m, KITH_METRIC_bytes_sent_per_learner, bytes / (double)g->learners);
    double staleness = 0.0, moved = 0.0;
    if (g->pairs && kith_gossip_pairs_take(g->pairs, &staleness, &moved)) {
        tell(m, KITH_METRIC_staleness_mean, staleness);
        tell(m, KITH_METRIC_averages_between_mean, moved);
    }
    if (total[KITH_REPORT_LOSSES] > 0.0)
        tell(m, KITH_METRIC_train_loss, total[KITH_REPORT_LOSS] / total[KITH_REPORT_LOSSES]);
    if (g->graph.drawn && !kith_gossip_merged(g)) tell(m, KITH_METRIC_edges, g->graph.edges);
    tell_draw(g, m, total[KITH_REPORT_DRAWS]);
    return KITH_OK;
}

static kith_status make_tests(kith_ctx *ctx, kith_gossip *g, measures *m)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    KITH_TRY(test_learners(ctx, g, s, s->turn, "", m));
    if (g->how->before && g->round > 0) {
        const kith_gossip_workspace *old = &g->shelf[g->before];
        KITH_TRY(test_learners(ctx, g, old, old->pair ? old->turn ^ 1 : 0, "_before", m));
    }
    return measure_left_out(ctx, g, m);
}

kith_status kith_gossip_measure(kith_ctx *ctx, void *self, bool tests, kith_measure measure, void *arg)
{
    kith_gossip *g = self;
    measures m = {.of_draw = SIZE_MAX};
    KITH_TRY(tell_reports(g, &m));
    KITH_TRY(measure_consensus(g, &m));
    if (tests) KITH_TRY(make_tests(ctx, g, &m));
    return pass_on(ctx, g, &m, measure, arg);
}
