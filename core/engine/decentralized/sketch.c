/* Sketches of the learners' updates, and graphs that are drawn from them after local work. */
#include "engine/decentralized/gossip.h"

#include "base/call.h"

#include <kith/nn.h>

#include <math.h>
#include <string.h>

/* A coordinate's place: twice the number that it is added to, and 1 more where it is subtracted. */
static kith_status draw_places(kith_ctx *ctx, const kith_gossip *g, kith_gossip_sketches *k)
{
    if (k->length >= g->d) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "sketches", g->d, &k->place));
    kith_stream stream =
        kith_stream_at(kith_run_seed(g->setup.run, g->setup.run->seed_participation), KITH_FOR_SKETCH, 0, 0);
    for (size_t j = 0; j < g->d; j++)
        k->place[j] = (uint32_t)kith_draw_below(&stream, 2 * (uint64_t)k->length);
    return KITH_OK;
}

static bool has_scores(const kith_gossip *g)
{
    const kith_topology *topology = &g->graph.table;
    return g->sketches.length && topology->scores && topology->scores(g->graph.self);
}

static kith_status check_leave_one_out(kith_ctx *ctx, const kith_gossip *g)
{
    if (!g->how->leave_one_out) return KITH_OK;
    if (g->learners < 2 || g->how->test_learners == 1)
        return kith_config_refuse(ctx, g->setup.config, "decentralized", "leave_one_out",
                                  "one learner alone has no rank; test two or more, or set it to no");
    if (has_scores(g)) return KITH_OK;
    return kith_config_refuse(ctx, g->setup.config, "decentralized", "leave_one_out",
                              "%s with topology %s has no contributions to compare with; set it to no",
                              g->setup.algorithm->plugin->id, g->graph.id);
}

static kith_status check_merge(kith_ctx *ctx, const kith_gossip *g)
{
    if (g->how->merge != KITH_MERGE_CONTRIBUTION || has_scores(g)) return KITH_OK;
    return kith_config_refuse(ctx, g->setup.config, "decentralized", "merge",
                              "%s with topology %s has no contributions to weigh by; choose mean, or the topology "
                              "contribution",
                              g->setup.algorithm->plugin->id, g->graph.id);
}

kith_status kith_gossip_sketches_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const kith_topology *topology = &g->graph.table;
    kith_gossip_sketches *k = &g->sketches;
    const bool drawn = g->mixes && !(g->ops->uses & (KITH_USES_MEAN | KITH_USES_PAIRS)) && topology->sketch;
    k->length = 0;
    if (drawn) KITH_TRY_VOID(ctx, g->graph.id, "sketch", KITH_NOBODY, k->length = topology->sketch(g->graph.self));
    KITH_TRY(check_leave_one_out(ctx, g));
    KITH_TRY(check_merge(ctx, g));
    if (k->length == 0) return KITH_OK;
    if (k->length > g->d) k->length = g->d;
    if (k->length > UINT32_MAX / 2)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: sketches of %zu numbers are longer than can be; ask for fewer",
                         g->graph.id, k->length);
    KITH_TRY(draw_places(ctx, g, k));
    KITH_TRY(KITH_ALLOC(ctx, "sketches", g->d, &k->found));
    return KITH_ALLOC(ctx, "sketches", g->learners, &k->row);
}

kith_status kith_gossip_sketches_open_board(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_sketches *k = &g->sketches;
    if (k->length == 0) return KITH_OK;
    return kith_board_create(ctx, g->setup.exchange, "sketches", 2 * g->learners, k->length, sizeof(double), &k->board);
}

void kith_gossip_sketches_close(kith_gossip_sketches *k)
{
    if (k->board) kith_board_destroy(k->board);
    kith_free(k->found);
    kith_free(k->place);
    kith_free((void *)k->row);
}

bool kith_gossip_sketched(const kith_gossip *g, uint64_t round)
{
    bool drawn = false;
    if (g->sketches.length)
        KITH_CALL(g->graph.id, "drawn", KITH_NOBODY, drawn = g->graph.table.drawn(g->graph.self, round));
    return drawn;
}

bool kith_gossip_drew(const kith_gossip *g)
{
    return g->round > 0 && !kith_gossip_merged(g) && kith_gossip_sketched(g, g->round - 1);
}

static size_t row_in(const kith_gossip *g, size_t half, size_t learner)
{
    return half * g->learners + learner;
}

double *kith_gossip_sketch_of(const kith_gossip *g, size_t learner, size_t ago)
{
    const size_t half = ago ? g->sketches.turn : g->sketches.turn ^ 1;
    return kith_board_row(g->sketches.board, row_in(g, half, learner));
}

static const kith_real *model_of(const kith_gossip *g, size_t learner)
{
    const kith_gossip_workspace *model = &g->shelf[g->ops->model];
    return kith_gossip_at(g, model, model->turn, learner);
}

void kith_gossip_sketch_begin(kith_gossip *g, size_t learner)
{
    kith_copy(g->d, model_of(g, learner), g->sketches.found);
}

/* Signs are as good as random, so a branch would be guessed wrong half the time: the sign's bit is turned instead. */
static inline double signed_by(double x, uint32_t place)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits ^= (uint64_t)place << 63;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void kith_gossip_sketch_end(kith_gossip *g, size_t learner)
{
    const kith_gossip_sketches *k = &g->sketches;
    const kith_real *x = model_of(g, learner), *found = k->found;
    double *row = kith_board_row(k->board, row_in(g, k->turn, learner));
    if (!k->place) {
        for (size_t j = 0; j < g->d; j++)
            row[j] = (double)x[j] - (double)found[j];
        return;
    }
    for (size_t s = 0; s < k->length; s++)
        row[s] = 0.0;
    for (size_t j = 0; j < g->d; j++) {
        const uint32_t place = k->place[j];
        row[place >> 1] += signed_by((double)x[j] - (double)found[j], place);
    }
}

/* Squares of doubles overflow beyond 1e154, and cosines of what overflowed are no numbers; a little less leaves room
 * for products of two lengths. */
static kith_status check_lengths(kith_ctx *ctx, const kith_gossip *g)
{
    static const double most = 1e300;
    const kith_gossip_sketches *k = &g->sketches;
    for (size_t i = 0; i < g->learners; i++) {
        double square = 0.0;
        bool finite = true;
        for (size_t s = 0; s < k->length; s++) {
            square += k->row[i][s] * k->row[i][s];
            finite &= isfinite(k->row[i][s]) != 0;
        }
        if (square <= most) continue;
        return kith_fail(ctx, KITH_EDIVERGED,
                         "the update of learner %zu is %s after the local work of round %llu; lower local.lr", i,
                         finite ? "too long to be compared with others (more than 1e150)" : "not finite",
                         (unsigned long long)g->round);
    }
    return KITH_OK;
}

static kith_status draw_from(kith_ctx *ctx, kith_gossip *g, uint64_t round)
{
    const kith_sketches all = {
        .round = round, .learners = g->learners, .length = g->sketches.length, .row = g->sketches.row};
    KITH_TRY_CALL(ctx, g->graph.id, "draw", KITH_NOBODY, g->graph.table.draw(g->graph.self, ctx, &all));
    return KITH_OK;
}

/* What a learner sends is known only now that it is known who hears it. Sketches go to all, as an all-gather has it. */
static void count_bytes(kith_gossip *g)
{
    size_t first = 0, last = 0;
    const double sketches = (double)(g->learners - 1) * (double)g->sketches.length * sizeof(double);
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        double *row = kith_board_row(g->reports, i);
        row[KITH_REPORT_DRAWS] += 1.0;
        row[KITH_REPORT_BYTES] +=
            sketches + row[KITH_REPORT_MESSAGE] * kith_gossip_copies(g, i, row[KITH_REPORT_MESSAGE]);
    }
}

/* [all] Every learner's sketch, in one half, to all. */
static kith_status publish(kith_gossip *g, size_t half, kith_status mine)
{
    for (size_t i = 0; i < g->learners; i++) {
        g->origin[i] = (kith_origin){.row = (uint32_t)row_in(g, half, i), .domain = g->home[i]};
        g->sketches.row[i] = kith_board_row(g->sketches.board, row_in(g, half, i));
    }
    return kith_board_publish_rows(g->sketches.board, mine, g->origin, g->learners, NULL);
}

kith_status kith_gossip_sketches_draw(kith_ctx *ctx, kith_gossip *g, kith_status mine, kith_status *drawn)
{
    KITH_TRY(publish(g, g->sketches.turn, mine));
    *drawn = check_lengths(ctx, g);
    if (*drawn == KITH_OK) *drawn = draw_from(ctx, g, g->round);
    if (*drawn == KITH_OK) *drawn = kith_gossip_graph_draw(ctx, &g->graph, g->round);
    if (*drawn == KITH_OK) count_bytes(g);
    g->sketches.turn ^= 1;
    return KITH_OK;
}

/* How many rounds there were, of the first `rounds`, when the last of those that drew was made; 0: none drew. */
static uint64_t last_drawn(const kith_gossip *g, uint64_t rounds)
{
    while (rounds > 0 && !kith_gossip_sketched(g, rounds - 1))
        rounds--;
    return rounds;
}

kith_status kith_gossip_sketches_redraw(kith_ctx *ctx, kith_gossip *g, kith_status mine)
{
    if (g->sketches.length == 0) return mine;
    const uint64_t last = last_drawn(g, g->round), before = last ? last_drawn(g, last - 1) : 0;
    KITH_TRY(publish(g, g->sketches.turn, mine));
    kith_status drawn = before ? draw_from(ctx, g, before - 1) : KITH_OK;
    KITH_TRY(publish(g, g->sketches.turn ^ 1, drawn));
    return last ? draw_from(ctx, g, last - 1) : KITH_OK;
}
