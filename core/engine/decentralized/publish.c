/* Numbers that the engine publishes at the end of a round, and topologies that follow them. */
#include "engine/decentralized/gossip.h"

#include "base/call.h"

#include <kith/nn.h>

#include <math.h>

kith_status kith_gossip_history_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const kith_topology *topology = &g->graph.table;
    kith_gossip_history *h = &g->history;
    if (!g->mixes || g->ops->uses & (KITH_USES_MEAN | KITH_USES_PAIRS) || !topology->hears) return KITH_OK;
    h->wanted = topology->hears(g->graph.self);
    if (!h->wanted) return KITH_OK;
    h->rounds = (size_t)g->setup.run->rounds + (size_t)g->how->post_rounds;
    if (h->wanted & KITH_HEARS_MOVED) h->mean = g->rows[0]++;
    return KITH_ALLOC(ctx, "published numbers", h->rounds * KITH_HISTORY_ITEMS, &h->number);
}

void kith_gossip_history_close(kith_gossip_history *h)
{
    kith_free(h->number);
}

/* [all] The mean of all models as they are now, in a row that stays. */
static kith_status keep_mean(kith_gossip *g)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    if (!(g->history.wanted & KITH_HEARS_MOVED)) return KITH_OK;
    kith_gossip_list(g, s, s->turn, g->origin);
    return kith_board_mean(g->board[0], KITH_OK, g->origin, g->learners, (uint32_t)g->history.mean);
}

kith_status kith_gossip_history_begin(kith_gossip *g)
{
    return keep_mean(g);
}

/* [all] */
static kith_status measure_loss(kith_gossip *g, double *out)
{
    double loss = 0.0, losses = 0.0;
    for (size_t i = 0; i < g->learners; i++)
        g->origin[i] = (kith_origin){.row = (uint32_t)i, .domain = g->home[i]};
    KITH_TRY(kith_board_publish_rows(g->reports, KITH_OK, g->origin, g->learners, NULL));
    for (size_t i = 0; i < g->learners; i++) {
        const double *row = kith_board_row(g->reports, i);
        loss += row[KITH_REPORT_ROUND_LOSS];
        losses += row[KITH_REPORT_ROUND_LOSSES];
    }
    *out = losses > 0.0 ? loss / losses : NAN;
    return KITH_OK;
}

/* [all] How far the mean of all models is from what it was: this worker's blocks, added in order. */
static kith_status measure_moved(kith_gossip *g, double *out)
{
    size_t first = 0, last = 0;
    kith_exchange_slice(g->setup.exchange, kith_exchange_place(g->setup.exchange)->worker, g->d, &first, &last);
    for (size_t b = first; b < last; b++) {
        size_t lo = 0, hi = 0;
        kith_block_range(g->d, b, &lo, &hi);
        *(double *)kith_board_row(g->partial, b) =
            kith_distance2(hi - lo, (const kith_real *)kith_board_row(g->board[0], g->mean) + lo,
                           (const kith_real *)kith_board_row(g->board[0], g->history.mean) + lo);
    }
    KITH_TRY(kith_block_total(g->partial, KITH_OK, g->d, 1, out));
    return keep_mean(g);
}

/* [all] What is not wanted is no number. */
static kith_status measure_round(kith_gossip *g, double *number)
{
    const kith_gossip_workspace *s = &g->shelf[g->ops->model];
    const uint32_t wanted = g->history.wanted;
    for (size_t k = 0; k < KITH_HISTORY_ITEMS; k++)
        number[k] = NAN;
    if (wanted & KITH_HEARS_LOSS) KITH_TRY(measure_loss(g, &number[KITH_HISTORY_LOSS]));
    if (wanted & (KITH_HEARS_CONSENSUS | KITH_HEARS_MOVED)) KITH_TRY(kith_gossip_average(g));
    if (wanted & KITH_HEARS_CONSENSUS)
        KITH_TRY(kith_gossip_spread(g, s, s->turn, g->mean, &number[KITH_HISTORY_CONSENSUS]));
    return wanted & KITH_HEARS_MOVED ? measure_moved(g, &number[KITH_HISTORY_MOVED]) : KITH_OK;
}

static kith_status tell_topology(kith_ctx *ctx, kith_gossip *g, uint64_t round)
{
    const double *number = g->history.number + round * KITH_HISTORY_ITEMS;
    const kith_published heard = {.round = round,
                                  .consensus = number[KITH_HISTORY_CONSENSUS],
                                  .train_loss = number[KITH_HISTORY_LOSS],
                                  .moved = number[KITH_HISTORY_MOVED]};
    KITH_TRY_CALL(ctx, g->graph.id, "hear", KITH_NOBODY, g->graph.table.hear(g->graph.self, ctx, &heard));
    return KITH_OK;
}

kith_status kith_gossip_history_hear(kith_ctx *ctx, kith_gossip *g)
{
    return g->history.wanted && g->round > 0 ? tell_topology(ctx, g, g->round - 1) : KITH_OK;
}

kith_status kith_gossip_history_add(kith_gossip *g)
{
    if (!g->history.wanted) return KITH_OK;
    KITH_TRY(measure_round(g, g->history.number + g->round * KITH_HISTORY_ITEMS));
    return kith_exchange_agree(g->setup.exchange, KITH_OK, NULL);
}

kith_status kith_gossip_history_repeat(kith_ctx *ctx, kith_gossip *g)
{
    kith_status status = KITH_OK;
    if (!g->history.wanted) return KITH_OK;
    for (uint64_t t = 0; t + 1 < g->round && t < g->history.rounds && status == KITH_OK; t++)
        status = tell_topology(ctx, g, t);
    KITH_TRY(kith_exchange_agree(g->setup.exchange, status, NULL));
    return keep_mean(g);
}
