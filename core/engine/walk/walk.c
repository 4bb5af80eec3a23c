#include "engine/walk/walk.h"

#include "base/call.h"
#include "base/headway.h"
#include "base/stop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void *kith_token_row(const kith_walkers *w, size_t board, size_t token)
{
    return kith_board_row(w->board[board], token - w->lanes.first * KITH_TOKEN_LANE);
}

double *kith_token_say(const kith_walkers *w, size_t token)
{
    return (double *)kith_token_row(w, KITH_TOKEN_OWN, token) + w->own;
}

uint64_t kith_walk_hops(const kith_walkers *w)
{
    return w->round * (uint64_t)w->how->hops;
}

double kith_walk_lr(const kith_walkers *w, uint64_t n)
{
    const uint64_t round = n / (uint64_t)w->how->hops;
    return kith_local_lr(w->setup.local, round, (uint64_t)w->setup.run->rounds) *
           pow((double)n + 2.0, -w->how->lr_power);
}

/* ---- rounds ---- */

static size_t lane_tokens(const kith_walkers *w, size_t lane)
{
    const size_t left = w->tokens - lane * KITH_TOKEN_LANE;
    return left < KITH_TOKEN_LANE ? left : KITH_TOKEN_LANE;
}

static void take_up(kith_walkers *w, size_t lane, uint64_t n)
{
    for (size_t t = 0; t < lane_tokens(w, lane); t++) {
        const size_t number = lane * KITH_TOKEN_LANE + t;
        const kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, number);
        w->token[t] = (kith_token){.number = number,
                                   .hop = n,
                                   .at = memory->at,
                                   .stream = memory->stream,
                                   .asked = memory->asked,
                                   .own = w->own ? kith_token_row(w, KITH_TOKEN_OWN, number) : NULL,
                                   .say = w->ops->tell_count ? kith_token_say(w, number) : NULL};
    }
}

static void put_down(kith_walkers *w, size_t lane)
{
    for (size_t t = 0; t < lane_tokens(w, lane); t++) {
        kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, w->token[t].number);
        memory->at = w->token[t].at;
        memory->stream = w->token[t].stream;
        memory->asked = w->token[t].asked;
    }
}

static void hop_one_by_one(const kith_walkers *w, kith_hops *hops)
{
    for (size_t t = 0; t < hops->tokens; t++) {
        kith_token *token = &hops->token[t];
        for (size_t k = 0; k < hops->hops; k++) {
            token->at = w->ops->next(w->self, &w->graph, token);
            token->hop++;
            hops->path[t * hops->hops + k] = token->at;
        }
    }
}

static void count_path(kith_walkers *w, const kith_token *token, uint32_t from, const uint32_t *path, size_t hops)
{
    kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, token->number);
    uint32_t *visits = kith_token_row(w, KITH_TOKEN_VISITS, token->number);
    uint64_t moves = 0;
    for (size_t k = 0; k < hops; k++) {
        const uint32_t to = path[k];
        moves += to != from;
        visits[to]++;
        from = to;
    }
    memory->moves += moves;
    memory->hops += (double)hops;
}

static kith_status check_path(kith_ctx *ctx, const kith_walkers *w, const uint32_t *path, size_t count)
{
    uint32_t most = 0;
    for (size_t k = 0; k < count; k++)
        most = path[k] > most ? path[k] : most;
    if (most < w->learners) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: a token hops to learner %u of %zu; correct next() or walk()",
                     w->setup.algorithm->plugin->id, most, w->learners);
}

/* Some hops of a lane's tokens, then their steps. */
static kith_status advance(kith_ctx *ctx, kith_walkers *w, size_t lane, uint64_t n, size_t count)
{
    uint32_t from[KITH_TOKEN_LANE];
    kith_hops hops = {.token = w->token, .tokens = lane_tokens(w, lane), .hops = count, .path = w->path};
    for (size_t t = 0; t < hops.tokens; t++)
        from[t] = w->token[t].at;
    const kith_plugin *plugin = w->setup.algorithm->plugin;
    KITH_TRY(kith_stop_check(ctx));
    if (w->ops->walk)
        KITH_TRY_VOID(ctx, plugin->id, "walk", KITH_NOBODY, w->ops->walk(w->self, &w->graph, &hops));
    else
        KITH_TRY_VOID(ctx, plugin->id, "next", KITH_NOBODY, hop_one_by_one(w, &hops));
    KITH_TRY(check_path(ctx, w, w->path, hops.tokens * count));
    for (size_t k = 0; k < count; k++)
        w->lr[k] = kith_walk_lr(w, n + k);
    for (size_t t = 0; t < hops.tokens; t++) {
        count_path(w, &w->token[t], from[t], w->path + t * count, count);
        kith_walk_clock_pass(w, &w->token[t], n, from[t], w->path + t * count, count);
        KITH_TRY(kith_walk_learn(ctx, w, &w->token[t], n, w->path + t * count, count));
    }
    return KITH_OK;
}

static kith_status run_lane(kith_ctx *ctx, void *walkers, size_t lane)
{
    kith_walkers *w = walkers;
    const uint64_t first = kith_walk_hops(w), last = first + (uint64_t)w->how->hops;
    take_up(w, lane, first);
    for (uint64_t n = first; n < last; n += KITH_WALK_MOST) {
        const uint64_t left = last - n;
        kith_headway_within(1, "hop", n - first, last - first);
        KITH_TRY(advance(ctx, w, lane, n, left < KITH_WALK_MOST ? (size_t)left : KITH_WALK_MOST));
    }
    put_down(w, lane);
    kith_walk_clock_put_down(w, lane);
    return KITH_OK;
}

static size_t next_lane(void *walkers)
{
    return kith_lanes_next(&((kith_walkers *)walkers)->lanes);
}

static kith_status walk_round(kith_ctx *ctx, void *self)
{
    kith_walkers *w = self;
    w->fresh = false;
    kith_headway_begin("lane");
    const kith_chore lanes = {.arg = w, .next = next_lane, .make = run_lane};
    KITH_TRY(kith_walk_clock_turn(w, kith_chore_make(ctx, w->setup.exchange, &lanes)));
    kith_lanes_turn(&w->lanes);
    w->round++;
    return KITH_OK;
}

/* ---- what the frame asks ---- */

static const kith_real *walk_model(const void *self)
{
    return ((const kith_walkers *)self)->model;
}

static void walk_close(void *self)
{
    kith_walkers *w = self;
    if (!w) return;
    if (w->sum) kith_board_destroy(w->sum);
    kith_walk_clock_close(w);
    for (size_t b = KITH_TOKEN_BOARDS; b-- > 0;)
        if (w->board[b]) kith_board_destroy(w->board[b]);
    kith_neighbours_free(&w->graph);
    kith_lanes_close(&w->lanes);
    kith_lanes_close(&w->sums);
    kith_heap_free(&w->heap);
    kith_free(w);
}

/* ---- opening ---- */

/* What an objective that weighs all learners alike divides by. */
static kith_status weigh(kith_ctx *ctx, kith_walkers *w)
{
    if (w->how->weights == KITH_OBJECTIVE_TARGET) return KITH_OK;
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "weights of learners", w->learners, &w->weight));
    for (size_t i = 0; i < w->learners; i++)
        w->weight[i] = 1.0 / ((double)w->learners * w->mu[i]);
    return KITH_OK;
}

static kith_status open_scratch(kith_ctx *ctx, kith_walkers *w)
{
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "tokens", KITH_TOKEN_LANE, &w->token));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "paths", KITH_TOKEN_LANE * KITH_WALK_MOST, &w->path));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "step sizes", KITH_WALK_MOST, &w->lr));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "step sizes", KITH_WALK_MOST, &w->pull));
    return KITH_TAKE(ctx, &w->heap, "scratch model", w->d, &w->work);
}

static kith_status open_local(kith_ctx *ctx, kith_walkers *w)
{
    const kith_engine_setup *setup = &w->setup;
    KITH_TRY(kith_walk_read_graph(ctx, w));
    const kith_plugin *plugin = setup->algorithm->plugin;
    if (w->ops->prepare)
        KITH_TRY_CALL(ctx, plugin->id, "prepare", KITH_NOBODY, w->ops->prepare(w->self, ctx, &w->graph));
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "target of a walk", w->learners, &w->mu));
    KITH_TRY_VOID(ctx, plugin->id, "target", KITH_NOBODY, w->ops->target(w->self, &w->graph, w->mu));
    if (w->ops->own) KITH_TRY_VOID(ctx, plugin->id, "own", KITH_NOBODY, w->own = w->ops->own(w->self, &w->graph));
    kith_queue queue;
    kith_queue_open(setup->exchange, setup->queues, setup->deal, KITH_QUEUE_VISITS, &queue);
    KITH_TRY(kith_lanes_open(ctx, &queue, (w->tokens + KITH_TOKEN_LANE - 1) / KITH_TOKEN_LANE, &w->lanes));
    KITH_TRY(kith_walk_clock_open(ctx, w));
    KITH_TRY(weigh(ctx, w));
    KITH_TRY(open_scratch(ctx, w));
    KITH_TRY(kith_walk_open_table(ctx, w));
    if (w->how->modes) KITH_TRY(kith_walk_find_modes(ctx, w));
    if (w->how->optimum) KITH_TRY(kith_walk_find_optimum(ctx, w));
    if (w->how->theory) KITH_TRY(kith_walk_open_theory(ctx, w));
    return kith_walk_list_parts(ctx, w);
}

/* The most lanes that any domain has: boards have as many rows everywhere. */
static size_t largest_domain(const kith_walkers *w)
{
    size_t most = 1, run = 0;
    for (size_t l = 0; l < w->lanes.count; l++) {
        run = l && w->lanes.origin[l].domain == w->lanes.origin[l - 1].domain ? run + 1 : 1;
        if (run > most) most = run;
    }
    return most;
}

static kith_status open_boards(kith_ctx *ctx, kith_walkers *w)
{
    static const char *const names[] = {"tokens",          "tokens' models",  "tokens' visits", "tokens' histories",
                                        "optimizer state", "optimizer state", "optimizer state"};
    const size_t rows = largest_domain(w) * KITH_TOKEN_LANE;
    size_t length[KITH_TOKEN_BOARDS] = {1, w->d, w->learners, w->own + w->ops->tell_count};
    size_t size[KITH_TOKEN_BOARDS] = {sizeof(kith_token_memory), sizeof(kith_real), sizeof(uint32_t), sizeof(double)};
    for (size_t k = 0; k < KITH_KEPT; k++) {
        length[KITH_TOKEN_KEPT + k] = kith_trainer_keeps(w->setup.local, k, w->d);
        size[KITH_TOKEN_KEPT + k] = sizeof(kith_real);
    }
    for (size_t b = 0; b < KITH_TOKEN_BOARDS; b++)
        if (length[b])
            KITH_TRY(kith_board_create(ctx, w->setup.exchange, names[b], rows, length[b], size[b], &w->board[b]));
    return kith_walk_clock_open_board(ctx, w);
}

/* A node drawn from mu, for tokens that start anywhere. */
static uint32_t draw_start(const kith_walkers *w, kith_stream *stream)
{
    double aim = kith_draw_uniform(stream);
    for (size_t i = 0; i + 1 < w->learners; i++) {
        if (aim < w->mu[i]) return (uint32_t)i;
        aim -= w->mu[i];
    }
    return (uint32_t)(w->learners - 1);
}

static kith_status begin_token(kith_ctx *ctx, kith_walkers *w, size_t number)
{
    const uint64_t seed = kith_run_seed(w->setup.run, w->setup.run->seed_participation);
    const kith_instance *model = w->setup.model;
    kith_token_memory *memory = kith_token_row(w, KITH_TOKEN_MEMORY, number);
    kith_token token = {.number = number, .stream = kith_stream_at(seed, KITH_FOR_WALK, number, 0)};
    if (w->own) token.own = kith_token_row(w, KITH_TOKEN_OWN, number);
    token.at = w->how->start < 0 ? draw_start(w, &token.stream) : (uint32_t)w->how->start;
    if (w->ops->begin)
        KITH_TRY_VOID(ctx, w->setup.algorithm->plugin->id, "begin", token.at,
                      w->ops->begin(w->self, &w->graph, &token));
    memory->at = token.at;
    memory->stream = token.stream;
    kith_stream init = kith_stream_at(kith_run_seed(w->setup.run, w->setup.run->seed_init), KITH_FOR_INIT, 0, 0);
    return kith_initial_model(ctx, w->setup.initial, model, w->d, &init, "token", number,
                              kith_token_row(w, KITH_TOKEN_MODEL, number));
}

/* [all] Each worker of a domain begins some of its tokens. */
static kith_status begin_tokens(kith_ctx *ctx, kith_walkers *w)
{
    const kith_place *place = kith_exchange_place(w->setup.exchange);
    kith_status status = KITH_OK;
    for (size_t l = w->lanes.first + place->local; l < w->lanes.last; l += place->locals)
        for (size_t t = 0; t < lane_tokens(w, l) && status == KITH_OK; t++)
            status = begin_token(ctx, w, l * KITH_TOKEN_LANE + t);
    return kith_exchange_agree(w->setup.exchange, status, NULL);
}

/* A token does not weigh the links that it may take. */
static kith_status walk_graph(kith_ctx *ctx, void *self, kith_last_graph *out)
{
    const kith_walkers *w = self;
    (void)ctx;
    if (w->round == 0) return KITH_OK;
    *out = (kith_last_graph){
        .round = w->round - 1, .nodes = w->learners, .start = w->graph.start, .from = w->graph.to, .weight = NULL};
    return KITH_OK;
}

static kith_status walk_open(kith_ctx *ctx, const kith_engine_setup *setup, kith_engine *out)
{
    kith_walkers *w = NULL;
    kith_status status = KITH_ALLOC(ctx, "engine", 1, &w);
    if (status == KITH_OK) {
        *w = (kith_walkers){.setup = *setup,
                            .how = &((const kith_walk_settings *)setup->own)->walk,
                            .clock = &((const kith_walk_settings *)setup->own)->clock,
                            .ops = setup->algorithm->plugin->ops,
                            .self = setup->algorithm->self,
                            .d = setup->dimension,
                            .learners = (size_t)setup->run->learners,
                            .tokens = (size_t)((const kith_walk_settings *)setup->own)->walk.tokens};
        status = open_local(ctx, w);
    }
    status = kith_exchange_agree(setup->exchange, status, NULL);
    if (status == KITH_OK) status = open_boards(ctx, w);
    if (status == KITH_OK) status = begin_tokens(ctx, w);
    if (status == KITH_OK) status = kith_walk_open_sums(ctx, w);
    if (status != KITH_OK) {
        walk_close(w);
        return status;
    }
    *out = (kith_engine){.self = w,
                         .round = walk_round,
                         .prepare = kith_walk_prepare,
                         .model = walk_model,
                         .virtual_time = kith_walk_clock_time,
                         .measure = kith_walk_measure,
                         .histograms = kith_walk_histograms,
                         .graph = walk_graph,
                         .close = walk_close,
                         .parts = kith_walk_parts,
                         .save = kith_walk_save,
                         .load = kith_walk_load};
    return KITH_OK;
}

static uint32_t walk_needs(const kith_plugin *algorithm)
{
    return ((const kith_walk *)algorithm->ops)->needs;
}

static kith_status walk_check(kith_ctx *ctx, const kith_role_setup *setup)
{
    return kith_clockless_check(ctx, setup->config, setup->local, "walk");
}

static void walk_facts(const kith_plugin *algorithm, const kith_plugin *game, const void *own, kith_truths *out)
{
    (void)algorithm, (void)game, (void)own;
    kith_truths_set(out, KITH_IS_OPTIMIZER, true);
}

static const kith_role_section sections[] = {
    {{"walk", kith_walk_params, &kith_walk_param_count, "@walk"}, offsetof(kith_walk_settings, walk)},
    {KITH_CLOCK_SECTION, offsetof(kith_walk_settings, clock)}};

/* A step a hop, on a model whose step costs little more than the hop. */
static const kith_default defaults[] = {{"run", "model", "linear"}, {"local", "steps", "1"}};

const kith_engine_type kith_walk_engine = {.role = KITH_ROLE_WALK,
                                           .defaults = defaults,
                                           .default_count = sizeof defaults / sizeof defaults[0],
                                           .sections = sections,
                                           .section_count = sizeof sections / sizeof sections[0],
                                           .settings_size = sizeof(kith_walk_settings),
                                           .check = walk_check,
                                           .rehearse = kith_walk_clock_rehearse,
                                           .facts = walk_facts,
                                           .needs = walk_needs,
                                           .open = walk_open};
