/* What of a decentralized run a checkpoint holds: every learner's planes, and its report since the last evaluation. */
#include "engine/gossip.h"

/* Parts: the reports, then the shelves. */
enum { PART_REPORTS = 0, PART_SHELVES };

kith_status kith_gossip_list_parts(kith_ctx *ctx, kith_gossip *g)
{
    KITH_TRY(KITH_ALLOC(ctx, "checkpoint parts", PART_SHELVES + g->shelves, &g->part));
    g->part[PART_REPORTS] = (kith_part){"learners' reports", g->learners, KITH_REPORT_ITEMS, sizeof(double)};
    for (size_t p = 0; p < g->shelves; p++)
        g->part[PART_SHELVES + p] = (kith_part){g->shelf[p].name, g->learners, g->shelf[p].length, sizeof(kith_real)};
    return KITH_OK;
}

const kith_part *kith_gossip_parts(const void *self, size_t *count)
{
    const kith_gossip *g = self;
    *count = PART_SHELVES + g->shelves;
    return g->part;
}

typedef kith_status (*row_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements);

/* A domain's workers share its learners; of planes with two halves the one that holds the plane now is moved. */
static kith_status move_all(kith_ctx *ctx, const kith_gossip *g, kith_checkpoint *c, row_mover move)
{
    size_t first = 0, last = 0;
    kith_gossip_share(g, g->last - g->first, &first, &last);
    for (size_t i = g->first + first; i < g->first + last; i++) {
        KITH_TRY(move(ctx, c, PART_REPORTS, i, kith_board_row(g->reports, i)));
        for (size_t p = 0; p < g->shelves; p++)
            KITH_TRY(move(ctx, c, PART_SHELVES + p, i, kith_gossip_at(g, &g->shelf[p], g->shelf[p].turn, i)));
    }
    return KITH_OK;
}

static kith_status write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements)
{
    return kith_checkpoint_write_row(ctx, c, part, row, elements);
}

kith_status kith_gossip_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    return move_all(ctx, self, to, write_row);
}

kith_status kith_gossip_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    kith_gossip *g = self;
    g->round = round;
    g->fresh = false;
    return kith_exchange_agree(g->about.exchange, move_all(ctx, g, from, kith_checkpoint_read_row), NULL);
}
