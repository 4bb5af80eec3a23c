/* What of a decentralized run a checkpoint holds: every learner's planes and those of edges, what was counted since the
 * last evaluation, and the sketches that the last two graphs were drawn from or the numbers that graphs follow. */
#include "engine/decentralized/gossip.h"

/* Parts: the reports, the shelves, those of edges; then the count of meetings or the sketches, published numbers, and
 * clocks. */
enum { PART_REPORTS = 0, PART_SHELVES };

static size_t last_part(const kith_gossip *g)
{
    return PART_SHELVES + g->shelves + g->edges.planes;
}

static size_t history_part(const kith_gossip *g)
{
    return last_part(g) + (g->pairs || g->sketches.length);
}

static size_t clock_part(const kith_gossip *g)
{
    return history_part(g) + (g->history.wanted > 0);
}

kith_status kith_gossip_list_parts(kith_ctx *ctx, kith_gossip *g)
{
    const kith_gossip_edges *x = &g->edges;
    const size_t edges = PART_SHELVES + g->shelves, last = edges + x->planes;
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "checkpoint parts", last + 3, &g->part));
    g->part[PART_REPORTS] = (kith_part){"learners' reports", g->learners, KITH_REPORT_ITEMS + g->says, sizeof(double)};
    for (size_t p = 0; p < g->shelves; p++)
        g->part[PART_SHELVES + p] = (kith_part){g->shelf[p].name, g->learners, g->shelf[p].length, sizeof(kith_real)};
    for (size_t p = 0; p < x->planes; p++)
        g->part[edges + p] = (kith_part){x->shelf[p].name, x->count, x->shelf[p].length, sizeof(kith_real)};
    if (g->pairs) g->part[last] = kith_gossip_pairs_part();
    if (g->sketches.length)
        g->part[last] = (kith_part){"sketches", 2 * g->learners, g->sketches.length, sizeof(double)};
    if (g->history.wanted) {
        g->part[history_part(g)] =
            (kith_part){"published numbers", 1, g->history.rounds * KITH_HISTORY_ITEMS, sizeof(double)};
        g->grows = UINT64_C(1) << history_part(g);
    }
    if (g->times) g->part[clock_part(g)] = (kith_part){"learners' clocks", 1, g->learners, sizeof(double)};
    return KITH_OK;
}

const kith_part *kith_gossip_parts(const void *self, size_t *count)
{
    const kith_gossip *g = self;
    *count = clock_part(g) + (g->times != NULL);
    return g->part;
}

typedef kith_status (*row_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements);

/* A learner has what its neighbours told it. */
static kith_status move_edges(kith_ctx *ctx, const kith_gossip *g, kith_checkpoint *c, row_mover move, size_t learner)
{
    const kith_gossip_edges *x = &g->edges;
    for (size_t p = 0; p < x->planes; p++)
        for (size_t e = x->start[learner]; e < x->start[learner + 1]; e++)
            KITH_TRY(move(ctx, c, PART_SHELVES + g->shelves + p, e, kith_gossip_edges_row(g, p, x->turn, e)));
    return KITH_OK;
}

/* A domain's workers share its learners; of planes with two halves the one that holds the plane now is moved. */
static kith_status move_all(kith_ctx *ctx, const kith_gossip *g, kith_checkpoint *c, row_mover move)
{
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        KITH_TRY(move(ctx, c, PART_REPORTS, i, kith_board_row(g->reports, i)));
        for (size_t p = 0; p < g->shelves; p++)
            KITH_TRY(move(ctx, c, PART_SHELVES + p, i, kith_gossip_at(g, &g->shelf[p], g->shelf[p].turn, i)));
        KITH_TRY(move_edges(ctx, g, c, move, i));
        for (size_t ago = 0; ago < 2 && g->sketches.length; ago++)
            KITH_TRY(move(ctx, c, last_part(g), ago * g->learners + i, kith_gossip_sketch_of(g, i, ago)));
    }
    return KITH_OK;
}

static kith_status write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements)
{
    return kith_checkpoint_write_row(ctx, c, part, row, elements);
}

kith_status kith_gossip_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    const kith_gossip *g = self;
    if (g->pairs && kith_exchange_place(g->setup.exchange)->worker == 0)
        KITH_TRY(write_row(ctx, to, last_part(g), 0, kith_gossip_pairs_tally(g->pairs)));
    if (g->history.wanted && kith_exchange_place(g->setup.exchange)->worker == 0)
        KITH_TRY(write_row(ctx, to, history_part(g), 0, g->history.number));
    if (g->times && kith_exchange_place(g->setup.exchange)->worker == 0)
        KITH_TRY(write_row(ctx, to, clock_part(g), 0, kith_gossip_clock_ready(g->times)));
    return move_all(ctx, g, to, write_row);
}

kith_status kith_gossip_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    kith_gossip *g = self;
    g->round = round;
    kith_gossip_stale(g);
    kith_status status = KITH_OK;
    if (g->pairs) {
        kith_gossip_pairs_replay(g->pairs, round);
        status = kith_checkpoint_read_row(ctx, from, last_part(g), 0, kith_gossip_pairs_tally(g->pairs));
    }
    if (status == KITH_OK && g->history.wanted)
        status = kith_checkpoint_read_row(ctx, from, history_part(g), 0, g->history.number);
    if (status == KITH_OK && g->times)
        status = kith_checkpoint_read_row(ctx, from, clock_part(g), 0, kith_gossip_clock_ready(g->times));
    if (status == KITH_OK) status = move_all(ctx, g, from, kith_checkpoint_read_row);
    KITH_TRY(kith_exchange_agree(g->setup.exchange, kith_gossip_sketches_redraw(ctx, g, status), NULL));
    return kith_gossip_history_repeat(ctx, g);
}
