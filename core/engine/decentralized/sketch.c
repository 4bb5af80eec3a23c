/* Sketches of the learners' updates, and graphs that are drawn from them after local work. */
#include "engine/decentralized/gossip.h"

#include <kith/nn.h>

#include <math.h>
#include <string.h>

/* A coordinate's place: twice the number that it is added to, and 1 more where it is subtracted. */
static kith_status draw_places(kith_ctx *ctx, const kith_gossip *g, kith_gossip_sketches *k)
{
    if (k->length >= g->d) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "sketches", g->d, &k->place));
    kith_stream stream =
        kith_stream_at(kith_run_seed(g->about.run, g->about.run->seed_participation), KITH_FOR_SKETCH, 0, 0);
    for (size_t j = 0; j < g->d; j++) k->place[j] = (uint32_t)kith_draw_below(&stream, 2 * (uint64_t)k->length);
    return KITH_OK;
}

static kith_status check_leave_one_out(kith_ctx *ctx, const kith_gossip *g)
{
    const kith_topology *topology = &g->graph.table;
    if (!g->about.decentralized->leave_one_out) return KITH_OK;
    if (g->learners < 2 || g->about.decentralized->test_learners == 1)
        return kith_config_refuse(ctx, g->about.config, "decentralized", "leave_one_out",
                                  "one learner alone has no rank; test two or more, or set it to no");
    if (g->sketches.length && topology->scores && topology->scores(g->graph.self)) return KITH_OK;
    return kith_config_refuse(ctx, g->about.config, "decentralized", "leave_one_out",
                              "%s with topology %s has no contributions to compare with; set it to no",
                              g->about.algorithm->plugin->id, g->graph.id);
}

kith_status kith_gossip_sketches_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const kith_topology *topology = &g->graph.table;
    kith_gossip_sketches *k = &g->sketches;
    const bool drawn = g->mixes && !(g->ops->uses & (KITH_USES_MEAN | KITH_USES_PAIRS)) && topology->sketch;
    k->length = drawn ? topology->sketch(g->graph.self) : 0;
    KITH_TRY(check_leave_one_out(ctx, g));
    if (k->length == 0) return KITH_OK;
    if (k->length > g->d) k->length = g->d;
    if (k->length > UINT32_MAX / 2)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: sketches of %zu numbers are longer than can be; ask for fewer", g->graph.id,
                         k->length);
    KITH_TRY(draw_places(ctx, g, k));
    KITH_TRY(KITH_ALLOC(ctx, "sketches", g->d, &k->found));
    return KITH_ALLOC(ctx, "sketches", g->learners, &k->row);
}

kith_status kith_gossip_sketches_open_board(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_sketches *k = &g->sketches;
    if (k->length == 0) return KITH_OK;
    KITH_TRY(kith_board_create(ctx, g->about.exchange, "sketches", g->learners, k->length, sizeof(double), &k->board));
    for (size_t i = 0; i < g->learners; i++) k->row[i] = kith_board_row(k->board, i);
    return KITH_OK;
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
    return g->sketches.length && g->graph.table.drawn(g->graph.self, round);
}

bool kith_gossip_drew(const kith_gossip *g)
{
    return g->round > 0 && !kith_gossip_merged(g) && kith_gossip_sketched(g, g->round - 1);
}

static const kith_real *model_of(const kith_gossip *g, size_t learner)
{
    const kith_shelf *model = &g->shelf[g->ops->model];
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
    double *row = kith_board_row(k->board, learner);
    if (!k->place) {
        for (size_t j = 0; j < g->d; j++) row[j] = (double)x[j] - (double)found[j];
        return;
    }
    for (size_t s = 0; s < k->length; s++) row[s] = 0.0;
    for (size_t j = 0; j < g->d; j++) {
        const uint32_t place = k->place[j];
        row[place >> 1] += signed_by((double)x[j] - (double)found[j], place);
    }
}

static kith_status check_finite(kith_ctx *ctx, const kith_gossip *g)
{
    const kith_gossip_sketches *k = &g->sketches;
    for (size_t i = 0; i < g->learners; i++)
        for (size_t s = 0; s < k->length; s++)
            if (!isfinite(k->row[i][s]))
                return kith_fail(ctx, KITH_EDIVERGED,
                                 "the update of learner %zu is not finite after the local work of round %llu; lower local.lr", i,
                                 (unsigned long long)g->round);
    return KITH_OK;
}

static kith_status draw_from(kith_ctx *ctx, kith_gossip *g, uint64_t round)
{
    const kith_sketches all = {
        .round = round, .learners = g->learners, .length = g->sketches.length, .row = g->sketches.row};
    return g->graph.table.draw(g->graph.self, ctx, &all);
}

/* What a learner sends is known only now that it is known who hears it. Sketches go to all, as an all-gather has it. */
static void count_bytes(kith_gossip *g)
{
    size_t first = 0, last = 0;
    const double sketches = (double)(g->learners - 1) * (double)g->sketches.length * sizeof(double);
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        double *row = kith_board_row(g->reports, i);
        row[KITH_REPORT_BYTES] += sketches + row[KITH_REPORT_MESSAGE] * kith_gossip_copies(g, i);
    }
}

kith_status kith_gossip_sketches_publish(kith_gossip *g, kith_status mine)
{
    for (size_t i = 0; i < g->learners; i++) g->origin[i] = (kith_origin){.row = (uint32_t)i, .domain = g->home[i]};
    return kith_board_publish_rows(g->sketches.board, mine, g->origin, g->learners, NULL);
}

kith_status kith_gossip_sketches_draw(kith_ctx *ctx, kith_gossip *g, kith_status mine, kith_status *drawn)
{
    KITH_TRY(kith_gossip_sketches_publish(g, mine));
    *drawn = check_finite(ctx, g);
    if (*drawn == KITH_OK) *drawn = draw_from(ctx, g, g->round);
    if (*drawn == KITH_OK) *drawn = kith_gossip_graph_draw(ctx, &g->graph, g->round);
    if (*drawn == KITH_OK) count_bytes(g);
    return KITH_OK;
}

kith_status kith_gossip_sketches_redraw(kith_ctx *ctx, kith_gossip *g)
{
    uint64_t round = g->round;
    while (round > 0 && !kith_gossip_sketched(g, round - 1)) round--;
    if (g->sketches.length == 0 || round == 0) return KITH_OK;
    return draw_from(ctx, g, round - 1);
}
