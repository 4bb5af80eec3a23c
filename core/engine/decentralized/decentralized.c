#include "engine/decentralized/gossip.h"
#include "base/call.h"
#include "base/headway.h"
#include "engine/participation/participation.h"

#include <kith/nn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Batches of mixed() are others than those of local(). */
static const uint64_t mixed_visits = UINT64_C(1) << 32;

/* ---- visits ---- */

static bool is_training(const kith_gossip *g)
{
    return g->round < (uint64_t)g->setup.run->rounds;
}

static uint64_t merge_round(const kith_gossip *g)
{
    return (uint64_t)g->setup.run->rounds + (uint64_t)g->how->post_rounds;
}

bool kith_gossip_merged(const kith_gossip *g)
{
    return g->round > merge_round(g);
}

static void point(kith_gossip *g, size_t learner)
{
    for (size_t p = 0; p < g->planes; p++)
        g->own[p] = kith_gossip_at(g, &g->shelf[p], g->shelf[p].turn, learner);
    for (size_t k = 0; k < KITH_KEPT; k++)
        g->kept_row[k] = g->kept[k] == SIZE_MAX ? NULL : kith_gossip_at(g, &g->shelf[g->kept[k]], 0, learner);
}

double kith_gossip_message_bytes(const kith_gossip *g)
{
    double reals = 0.0;
    for (size_t p = 0; p < g->planes; p++)
        if (g->shelf[p].mixed) reals += (double)g->shelf[p].length;
    for (size_t p = 0; p < g->edges.planes; p++)
        reals += (double)g->edges.shelf[p].length;
    return reals * sizeof(kith_real);
}

static double filtered_bytes(const kith_gossip *g)
{
    const kith_filters *filters = g->differences.filters;
    double bytes = kith_gossip_message_bytes(g);
    for (size_t k = 0; filters && k < g->differences.vectors; k++) {
        const double plain = (double)g->d * sizeof(kith_real);
        bytes += kith_filters_bytes(filters, plain) - plain;
    }
    return bytes;
}

bool kith_gossip_reduces(const kith_gossip *g, double bytes)
{
    return g->ops->uses & KITH_USES_MEAN || (g->graph.complete && bytes >= kith_gossip_message_bytes(g));
}

/* The mean of all is counted as an all-reduce around a ring costs: 2 (N - 1) messages of 1/N. Compressed
 * messages have sums that are longer, so each goes to every neighbour. What pairs send is counted where they meet. */
double kith_gossip_copies(const kith_gossip *g, size_t learner, double bytes)
{
    if (!g->mixes || g->pairs || g->learners == 1) return 0.0;
    const double n = (double)g->learners;
    return kith_gossip_reduces(g, bytes) ? 2.0 * (n - 1.0) / n : (double)g->graph.heard[learner];
}

static void report(kith_gossip *g, const kith_visit *v, const kith_gossip_work *w)
{
    double *row = kith_board_row(g->reports, v->learner), loss = 0.0, losses = 0.0;
    if (v->trainer) kith_trainer_losses(g->setup.trainer, &loss, &losses);
    row[KITH_REPORT_LOSS] += loss;
    row[KITH_REPORT_LOSSES] += losses;
    row[KITH_REPORT_ROUND_LOSS] = loss + (w->mixed || w->combine ? row[KITH_REPORT_ROUND_LOSS] : 0.0);
    row[KITH_REPORT_ROUND_LOSSES] = losses + (w->mixed || w->combine ? row[KITH_REPORT_ROUND_LOSSES] : 0.0);
    if (w->mixed || w->combine) return;
    row[KITH_REPORT_VISITS] += 1.0;
    row[KITH_REPORT_STEPS] += (double)v->steps;
    row[KITH_REPORT_SENT + (g->round & 1)] = v->bytes;
    if (kith_gossip_sketched(g, g->round))
        row[KITH_REPORT_MESSAGE] = v->bytes;
    else
        row[KITH_REPORT_BYTES] += v->bytes * kith_gossip_copies(g, v->learner, v->bytes);
}

static kith_status check_combined(kith_ctx *ctx, const kith_gossip *g, size_t learner)
{
    if (kith_all_finite(g->d, g->own[g->ops->model])) return KITH_OK;
    return kith_fail(
        ctx, KITH_EDIVERGED,
        "plane '%s' of learner %zu is not finite after round %llu combined it with its neighbours'; lower local.lr",
        g->shelf[g->ops->model].name, learner, (unsigned long long)g->round);
}

kith_status kith_gossip_visit(kith_ctx *ctx, kith_gossip *g, size_t learner, const kith_gossip_work *w)
{
    point(g, learner);
    const bool local = !w->mixed && !w->combine;
    const uint64_t number = g->number[learner - g->first];
    const kith_edge_rows edges = g->edges.planes ? kith_gossip_edges_at(g, learner, local) : (kith_edge_rows){0};
    kith_visit visit = {.ctx = ctx,
                        .dimension = g->d,
                        .learner = learner,
                        .round = g->round,
                        .version = g->round,
                        .number = w->mixed ? mixed_visits + number : number,
                        .steps = is_training(g) ? g->steps[learner - g->first] : 0,
                        .lr = kith_local_lr(g->setup.local, g->round, (uint64_t)g->setup.run->rounds),
                        .model = g->own[g->ops->model],
                        .own = g->own,
                        .work = g->work,
                        .bytes = filtered_bytes(g),
                        .kept = g->kept[KITH_KEPT_FIRST] == SIZE_MAX ? NULL : g->kept_row,
                        .edges = g->edges.planes ? &edges : NULL,
                        .say = (double *)kith_board_row(g->reports, learner) + KITH_REPORT_ITEMS};
    if (visit.steps && (local || (w->mixed && g->ops->uses & KITH_USES_MIXED_GRADIENTS)))
        KITH_TRY(kith_trainer_begin(g->setup.trainer, &visit));
    const bool sketched = local && kith_gossip_sketched(g, g->round);
    if (sketched) kith_gossip_sketch_begin(g, learner);
    if (local) kith_gossip_differences_note(g, &visit);
    KITH_TRY_CALL(ctx, g->setup.algorithm->plugin->id,
                  w->mixed     ? "mixed"
                  : w->combine ? "combine"
                               : "local",
                  learner, w->call(g->self, &visit));
    if (sketched) kith_gossip_sketch_end(g, learner);
    if (local) kith_gossip_keep_before(g, learner);
    if (local) KITH_TRY(kith_gossip_differences_send(ctx, g, &visit));
    report(g, &visit, w);
    return w->combine ? check_combined(ctx, g, learner) : KITH_OK;
}

/* What a chore of visits is about. */
typedef struct visiting {
    kith_gossip *gossip;
    const kith_gossip_work *work;
} visiting;

static size_t next_learner(void *arg)
{
    kith_gossip *g = ((visiting *)arg)->gossip;
    const size_t k = kith_queue_next(&g->visits, g->dealt);
    return k == SIZE_MAX ? SIZE_MAX : g->first + g->order[k];
}

static kith_status make_visit(kith_ctx *ctx, void *arg, size_t learner)
{
    const visiting *v = arg;
    return kith_gossip_visit(ctx, v->gossip, learner, v->work);
}

kith_status kith_gossip_visit_all(kith_ctx *ctx, kith_gossip *g, const kith_gossip_work *w)
{
    visiting v = {.gossip = g, .work = w};
    const kith_chore visits = {.arg = &v, .next = next_learner, .make = make_visit};
    kith_headway_begin("visit");
    return kith_chore_make(ctx, g->setup.exchange, &visits);
}

/* ---- rounds ---- */

static size_t examples_of(const void *data, size_t learner)
{
    return kith_data_size(data, learner);
}

static int costlier(const void *a, const void *b, void *arg)
{
    const size_t i = *(const size_t *)a, j = *(const size_t *)b, *steps = arg;
    if (steps[i] != steps[j]) return steps[i] > steps[j] ? -1 : 1;
    return i < j ? -1 : i > j;
}

void kith_gossip_sort_visits(kith_gossip *g)
{
    const bool alike = g->setup.local->steps_kind == KITH_STEPS_CONSTANT && g->setup.local->unit == KITH_UNIT_STEPS;
    if (!alike && g->setup.deal == KITH_DEAL_DYNAMIC) qsort_r(g->order, g->dealt, sizeof *g->order, costlier, g->steps);
}

kith_visit_plan_setup kith_gossip_visits(const kith_gossip *g)
{
    return (kith_visit_plan_setup){.participation = g->clock,
                                   .local = g->setup.local,
                                   .config = g->setup.config,
                                   .learners = g->learners,
                                   .seed = kith_run_seed(g->setup.run, g->setup.run->seed_participation),
                                   .examples = examples_of,
                                   .data = g->setup.data};
}

/* Who makes how many steps, and whom to begin with. */
static void plan(kith_gossip *g)
{
    const kith_visit_plan_setup setup = kith_gossip_visits(g);
    g->dealt = g->last - g->first;
    for (size_t k = 0; k < g->dealt; k++) {
        g->order[k] = k;
        g->steps[k] = kith_plan_steps(&setup, g->first + k, g->round);
        g->number[k] = g->round;
    }
    kith_gossip_sort_visits(g);
}

/* [all] What follows local work, done for all learners. */
static kith_status follow_up(kith_ctx *ctx, kith_gossip *g, const kith_gossip_work *w)
{
    KITH_TRY(kith_exchange_agree(g->setup.exchange, kith_gossip_visit_all(ctx, g, w), NULL));
    kith_queue_turn(&g->visits);
    return KITH_OK;
}

/* [all] */
static kith_status exchange(kith_ctx *ctx, kith_gossip *g, kith_status mine)
{
    kith_headway_begin("mixing");
    if (!g->mixes) return kith_exchange_agree(g->setup.exchange, mine, NULL);
    return g->edges.planes ? kith_gossip_edges_pass(g, mine) : kith_gossip_mix(ctx, g, mine);
}

static kith_status gossip(kith_ctx *ctx, kith_gossip *g)
{
    const kith_gossip_work local = {.call = g->ops->local};
    kith_status status = kith_gossip_history_hear(ctx, g);
    const bool sketched = status == KITH_OK && kith_gossip_sketched(g, g->round);
    if (status == KITH_OK && g->mixes && !(g->ops->uses & KITH_USES_MEAN) && !sketched)
        status = kith_gossip_graph_draw(ctx, &g->graph, g->round);
    plan(g);
    if (status == KITH_OK) status = kith_gossip_visit_all(ctx, g, &local);
    if (sketched) KITH_TRY(kith_gossip_sketches_draw(ctx, g, status, &status));
    KITH_TRY(exchange(ctx, g, status));
    kith_queue_turn(&g->visits);
    if (g->edges.planes) KITH_TRY(follow_up(ctx, g, &(kith_gossip_work){.call = g->ops->combine, .combine = true}));
    if (!g->ops->mixed) return KITH_OK;
    return follow_up(ctx, g, &(kith_gossip_work){.call = g->ops->mixed, .mixed = true});
}

/* [all] A message's bytes are known where its sender lives. */
static kith_status pass_time(kith_gossip *g)
{
    if (!g->times) return KITH_OK;
    if (kith_exchange_place(g->setup.exchange)->domains > 1) {
        for (size_t i = 0; i < g->learners; i++)
            g->origin[i] = (kith_origin){.row = (uint32_t)i, .domain = g->home[i]};
        KITH_TRY(kith_board_publish_rows(g->reports, KITH_OK, g->origin, g->learners, NULL));
    }
    kith_gossip_clock_round(g, is_training(g));
    return KITH_OK;
}

static kith_status decentralized_round(kith_ctx *ctx, void *self)
{
    kith_gossip *g = self;
    kith_gossip_stale(g);
    if (g->round == merge_round(g)) {
        kith_headway_begin("merging");
        KITH_TRY(kith_gossip_merge(ctx, g));
        kith_gossip_clock_merge(g);
    } else {
        KITH_TRY(g->pairs ? kith_gossip_pairs_round(ctx, g) : gossip(ctx, g));
        KITH_TRY(pass_time(g));
        KITH_TRY(kith_gossip_history_add(g));
    }
    g->round++;
    return KITH_OK;
}

/* ---- what the frame asks ---- */

static const kith_real *decentralized_model(const void *self)
{
    const kith_gossip *g = self;
    return kith_board_row(g->board[0], g->merged);
}

static uint32_t decentralized_home(const void *self, size_t learner)
{
    return ((const kith_gossip *)self)->home[learner];
}

static kith_status decentralized_own(kith_ctx *ctx, void *self, size_t learner, kith_real *scratch, const kith_real **x)
{
    const kith_gossip *g = self;
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    (void)ctx, (void)scratch;
    *x = kith_gossip_at(g, s, s->turn, learner);
    return KITH_OK;
}

double kith_gossip_time(const void *self)
{
    const kith_gossip *g = self;
    if (g->pairs) return kith_gossip_pairs_time(g->pairs);
    return g->times ? kith_gossip_clock_time(g) : NAN;
}

/* The merge is no meeting. */
static kith_status decentralized_histograms(kith_ctx *ctx, const void *self, uint64_t rounds, kith_tally tally,
                                            void *arg)
{
    const kith_gossip *g = self;
    const uint64_t most = merge_round(g);
    return kith_gossip_pairs_histograms(ctx, g, rounds < most ? rounds : most, tally, arg);
}

static kith_status decentralized_arrivals(const void *self, kith_take_arrival take, void *arg)
{
    return kith_gossip_pairs_arrivals(self, take, arg);
}

/* A run that was resumed has not drawn a graph that it no longer mixes by. */
static kith_status decentralized_graph(kith_ctx *ctx, void *self, kith_last_graph *out)
{
    kith_gossip *g = self;
    kith_gossip_graph *graph = &g->graph;
    const uint64_t rounds = g->round < merge_round(g) ? g->round : merge_round(g);
    if (rounds == 0 || !g->mixes || g->ops->uses & KITH_USES_MEAN) return KITH_OK;
    KITH_TRY(kith_gossip_graph_draw(ctx, graph, rounds - 1));
    *out = (kith_last_graph){.round = rounds - 1, .nodes = graph->nodes};
    if (kith_gossip_sketched(g, rounds - 1) && graph->table.scores) out->score = graph->table.scores(graph->self);
    if (graph->complete) return KITH_OK;
    out->start = graph->start;
    out->from = graph->from;
    out->weight = graph->weight;
    return KITH_OK;
}

static void decentralized_close(void *self)
{
    kith_gossip *g = self;
    if (!g) return;
    kith_board *const boards[] = {g->partial, g->tests, g->reports, g->board[1], g->board[0]};
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
        if (boards[i]) kith_board_destroy(boards[i]);
    kith_free(g->plane);
    kith_gossip_clock_close(g->times); /* which lies in the heap */
    kith_heap_free(&g->heap);
    kith_gossip_pairs_close(g->pairs);
    kith_gossip_edges_close(&g->edges);
    kith_gossip_history_close(&g->history);
    kith_gossip_sketches_close(&g->sketches);
    kith_gossip_merger_close(&g->merger);
    kith_gossip_differences_close(&g->differences);
    kith_gossip_graph_close(&g->graph);
    kith_free(g);
}

/* ---- opening ---- */

/* Runs of consecutive learners, in proportion to the domains' workers. */
static kith_status place_learners(kith_ctx *ctx, kith_gossip *g)
{
    const kith_place *place = kith_exchange_place(g->setup.exchange);
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "domains", place->domains + 1, &g->border));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "learners", g->learners, &g->home));
    for (size_t k = 0; k < place->domains; k++) {
        size_t first = 0, last = 0;
        kith_exchange_domain(g->setup.exchange, k, &first, &last);
        g->border[k] = g->learners * first / place->workers;
        g->border[k + 1] = g->learners * last / place->workers;
        for (size_t i = g->border[k]; i < g->border[k + 1]; i++)
            g->home[i] = (uint32_t)k;
    }
    g->first = g->border[place->domain];
    g->last = g->border[place->domain + 1];
    return KITH_OK;
}

static kith_status allocate_lists(kith_ctx *ctx, kith_gossip *g)
{
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains, here = g->last - g->first;
    size_t mixed = 0;
    for (size_t p = 0; p < g->planes; p++)
        mixed += g->shelf[p].mixed;
    const size_t rows = g->learners * (mixed ? mixed : 1);
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "scratch model", g->d, &g->work));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "planes", g->planes, &g->own));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "rows to publish", rows, &g->origin));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "rows to publish", rows * domains, &g->need));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "neighbours", g->learners * (g->ops->mix ? g->planes : 1), &g->heard));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "planes", g->planes, &g->out));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "sums", g->says + 1, &g->said));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "visits", here + 1, &g->order));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "visits", here + 1, &g->number));
    return KITH_TAKE(ctx, &g->heap, "visits", here + 1, &g->steps);
}

static kith_status open_local(kith_ctx *ctx, kith_gossip *g)
{
    KITH_TRY(place_learners(ctx, g));
    KITH_TRY(kith_gossip_lay_out(ctx, g));
    KITH_TRY(kith_gossip_graph_open(ctx, g->setup.topology, g->learners, &g->graph));
    g->graph.listed = g->ops->mix != NULL;
    if (g->mixes && !(g->ops->uses & KITH_USES_MEAN))
        KITH_TRY(kith_gossip_graph_reaches(ctx, &g->graph, g->setup.algorithm->plugin->id, g->ops->needs));
    KITH_TRY(kith_gossip_sketches_lay_out(ctx, g));
    KITH_TRY(kith_gossip_history_lay_out(ctx, g));
    KITH_TRY(kith_gossip_edges_lay_out(ctx, g));
    KITH_TRY(kith_gossip_pairs_open(ctx, g));
    KITH_TRY(kith_gossip_clock_open(ctx, g));
    KITH_TRY(kith_gossip_differences_check(ctx, g));
    KITH_TRY(kith_gossip_graph_bears(ctx, g));
    KITH_TRY(kith_gossip_list_parts(ctx, g));
    return allocate_lists(ctx, g);
}

static kith_status first_model(kith_ctx *ctx, kith_gossip *g, size_t learner, kith_real *x)
{
    const bool different = g->how->init == KITH_INIT_DIFFERENT;
    kith_stream stream =
        kith_stream_at(kith_run_seed(g->setup.run, g->setup.run->seed_init), KITH_FOR_INIT, different ? learner : 0, 0);
    return kith_initial_model(ctx, g->setup.initial, g->setup.model, g->d, &stream, "learner", learner, x);
}

/* A model that draws nothing begins at one point, and so does one that a file holds. */
static kith_status note_one_beginning(kith_ctx *ctx, kith_gossip *g)
{
    kith_real *other = NULL;
    if (g->how->init != KITH_INIT_DIFFERENT || g->learners < 2) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "a first model", g->d, &other));
    kith_status status = first_model(ctx, g, 0, g->work);
    if (status == KITH_OK) status = first_model(ctx, g, 1, other);
    if (status == KITH_OK && !memcmp(g->work, other, g->d * sizeof *other))
        kith_note(ctx, "decentralized.init = different has no effect: %s gives all learners one beginning",
                  g->setup.initial->board ? "run.init" : g->setup.model->plugin->id);
    kith_free(other);
    return status;
}

static kith_status begin_learner(kith_ctx *ctx, kith_gossip *g, size_t learner)
{
    KITH_TRY(first_model(ctx, g, learner, g->work));
    point(g, learner);
    kith_visit visit = {.ctx = ctx, .dimension = g->d, .learner = learner, .model = g->work, .own = g->own};
    if (g->ops->init)
        KITH_TRY_CALL(ctx, g->setup.algorithm->plugin->id, "init", learner, g->ops->init(g->self, &visit));
    else
        kith_copy(g->d, g->work, g->own[g->ops->model]);
    kith_gossip_differences_begin(g, learner);
    return KITH_OK;
}

static kith_status begin_learners(kith_ctx *ctx, kith_gossip *g)
{
    size_t first = 0, last = 0;
    KITH_TRY(note_one_beginning(ctx, g));
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        kith_exchange_blame(g->setup.exchange, (uint32_t)i);
        KITH_TRY(begin_learner(ctx, g, i));
    }
    return KITH_OK;
}

static kith_status decentralized_open(kith_ctx *ctx, const kith_engine_setup *setup, kith_engine *out)
{
    kith_gossip *g = NULL;
    const kith_decentralized_settings *own = setup->own;
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &g);
    if (status == KITH_OK) {
        *g = (kith_gossip){.setup = *setup,
                           .how = &own->gossip,
                           .clock = &own->clock,
                           .ops = setup->algorithm->plugin->ops,
                           .self = setup->algorithm->self,
                           .d = setup->dimension,
                           .learners = (size_t)setup->run->learners};
        kith_queue_open(setup->exchange, setup->queues, setup->deal, KITH_QUEUE_VISITS, &g->visits);
        status = open_local(ctx, g);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK) status = kith_gossip_open_boards(ctx, g);
    if (status == KITH_OK) status = kith_gossip_sketches_open_board(ctx, g);
    if (status == KITH_OK) status = kith_gossip_edges_open_boards(ctx, g);
    if (status == KITH_OK) status = kith_gossip_open_measures(ctx, g);
    if (status == KITH_OK) status = kith_exchange_agree(setup->exchange, begin_learners(ctx, g), NULL);
    if (status == KITH_OK) status = kith_gossip_history_begin(g);
    if (status != KITH_OK) {
        decentralized_close(g);
        return status;
    }
    *out = (kith_engine){.self = g,
                         .extra = (uint64_t)own->gossip.post_rounds + (own->gossip.merge != KITH_MERGE_NONE),
                         .extra_every = (uint64_t)own->gossip.post_every,
                         .round = decentralized_round,
                         .prepare = kith_gossip_prepare,
                         .model = decentralized_model,
                         .virtual_time = kith_gossip_time,
                         .home = decentralized_home,
                         .own = decentralized_own,
                         .measure = kith_gossip_measure,
                         .histograms = g->pairs ? decentralized_histograms : NULL,
                         .arrivals = g->pairs ? decentralized_arrivals : NULL,
                         .graph = decentralized_graph,
                         .close = decentralized_close,
                         .parts = kith_gossip_parts,
                         .grows = g->grows,
                         .save = kith_gossip_save,
                         .load = kith_gossip_load};
    return KITH_OK;
}

static uint32_t decentralized_needs(const kith_plugin *algorithm)
{
    return ((const kith_decentralized *)algorithm->ops)->needs;
}

static bool decentralized_clocked(const kith_plugin *algorithm)
{
    return ((const kith_decentralized *)algorithm->ops)->uses & KITH_USES_PAIRS;
}

static kith_status decentralized_check(kith_ctx *ctx, const kith_role_setup *setup)
{
    const kith_decentralized_settings *own = setup->own;
    const kith_config *config = setup->config;
    if (*setup->run->init && own->gossip.init == KITH_INIT_DIFFERENT)
        return kith_config_refuse(ctx, config, "decentralized", "init",
                                  "with run.init all learners begin at the model of one file; leave one of them out");
    const char *keep = kith_config_text(config, "learners", "keep");
    if (own->gossip.merge != KITH_MERGE_NONE && keep && !strcmp(keep, "end"))
        kith_note(ctx, "the merge of the last round makes all learners' models one, and learners.keep writes it for "
                       "each; set decentralized.merge = no to keep their own");
    KITH_TRY(kith_filters_check(ctx, setup, true));
    if (!decentralized_clocked(setup->algorithm))
        return kith_clockless_check(ctx, config, setup->local, "decentralized");
    KITH_TRY(kith_clock_check(ctx, config, &own->clock, setup->local));
    if (!own->gossip.before) return KITH_OK;
    return kith_config_refuse(ctx, config, "decentralized", "before",
                              "pairs of %s meet all through a round, so no moment is before the mixing; set it to no",
                              setup->algorithm->id);
}

static void decentralized_facts(const kith_plugin *algorithm, const kith_plugin *game, const void *own,
                                kith_truths *out)
{
    (void)game, (void)own;
    const kith_decentralized *ops = algorithm->ops;
    kith_truths_set(out, KITH_IS_OPTIMIZER, (ops->uses & KITH_USES_OPTIMIZER) != 0);
    kith_truths_set(out, KITH_IS_CLOCK, (ops->uses & KITH_USES_PAIRS) != 0);
}

static const kith_role_section sections[] = {
    {{"decentralized", kith_decentralized_params, &kith_decentralized_param_count, "@decentralized"},
     offsetof(kith_decentralized_settings, gossip)},
    {KITH_CLOCK_SECTION, offsetof(kith_decentralized_settings, clock)}};

/* All learners work in each round, so that as many rounds take longer than with a few clients. */
static const kith_default defaults[] = {{"eval", "every", "3"}};

const kith_engine_type kith_decentralized_engine = {.role = KITH_ROLE_DECENTRALIZED,
                                                    .defaults = defaults,
                                                    .default_count = sizeof defaults / sizeof defaults[0],
                                                    .merges = true,
                                                    .apart = true,
                                                    .filters = true,
                                                    .needs = decentralized_needs,
                                                    .facts = decentralized_facts,
                                                    .sections = sections,
                                                    .section_count = sizeof sections / sizeof sections[0],
                                                    .settings_size = sizeof(kith_decentralized_settings),
                                                    .check = decentralized_check,
                                                    .rehearse = kith_gossip_clock_rehearse,
                                                    .open = decentralized_open};
