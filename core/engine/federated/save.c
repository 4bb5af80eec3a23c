/* What of a federated run a checkpoint holds. */
#include "engine/federated/federated.h"

const kith_part *kith_federated_parts(const void *self, size_t *count)
{
    const federated *f = self;
    *count = f->parts;
    return f->part;
}

/* Every version that some visit may still start from lies in a slot, so the slots are saved as they are. */
void kith_federated_list_parts(federated *f, const kith_plan_extent *extent)
{
    f->slots = extent->slots;
    f->part[PART_TALLY] = (kith_part){"sums since the last measure", 1, sizeof(tally) / 8, 8};
    f->part[PART_MODELS] = (kith_part){"model versions", f->slots * (1 + f->published), f->d, sizeof(kith_real)};
    f->part[PART_OWN] = (kith_part){"learner planes", extent->seen * f->owns, f->d, sizeof(kith_real)};
    f->parts = PART_HELD;
    for (size_t p = 0; p < f->ops->plane_count; p++)
        if (f->held[p].rows)
            f->part[f->parts++] = (kith_part){f->ops->planes[p].name, f->held[p].rows, f->d, f->held[p].element};
}

/* Saving and loading visit the same pieces, each by the worker that holds it. */
typedef kith_status (*piece_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block,
                                   void *elements);

static kith_status move_models(kith_ctx *ctx, const federated *f, kith_checkpoint *c, piece_mover move)
{
    for (size_t r = 0; r < f->part[PART_MODELS].rows; r++)
        for (size_t b = f->first; b < f->last; b++) {
            kith_real *row = kith_board_row(f->models, r);
            KITH_TRY(move(ctx, c, PART_MODELS, r, b, row + b * KITH_BLOCK));
        }
    return KITH_OK;
}

/* A learner's planes lie in its home domain, whose workers share them out. Rows of learners not seen yet are neither
 * written nor read. */
static kith_status move_own(kith_ctx *ctx, const federated *f, kith_checkpoint *c, piece_mover move)
{
    const kith_place *place = kith_exchange_place(f->about.exchange);
    for (size_t i = 0; f->owns && i < (size_t)f->about.run->learners; i++) {
        if (!f->own_row[i] || kith_hand_home(f->hand, i) != place->domain ||
            f->own_row[i] % place->locals != place->local)
            continue;
        for (size_t r = (f->own_row[i] - 1) * f->owns; r < f->own_row[i] * f->owns; r++)
            for (size_t b = 0; b < f->blocks; b++) {
                kith_real *row = kith_board_row(f->own, r);
                KITH_TRY(move(ctx, c, PART_OWN, r, b, row + b * KITH_BLOCK));
            }
    }
    return KITH_OK;
}

static kith_status move_held(kith_ctx *ctx, const federated *f, kith_checkpoint *c, piece_mover move)
{
    size_t part = PART_HELD;
    for (size_t p = 0; p < f->ops->plane_count; p++) {
        const holding *h = &f->held[p];
        for (size_t r = 0; r < h->rows; r++)
            for (size_t b = f->first; b < f->last; b++) {
                size_t lo, hi;
                kith_block_range(f->d, b, &lo, &hi);
                KITH_TRY(move(ctx, c, part, r, b, kith_federated_held(f, h, b, hi - lo, r)));
            }
        part += h->rows > 0;
    }
    return KITH_OK;
}

static kith_status move_all(kith_ctx *ctx, const federated *f, kith_checkpoint *c, piece_mover move)
{
    KITH_TRY(move_models(ctx, f, c, move));
    KITH_TRY(move_own(ctx, f, c, move));
    return move_held(ctx, f, c, move);
}

static kith_status write_piece(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block, void *elements)
{
    return kith_checkpoint_write(ctx, c, part, row, block, elements);
}

kith_status kith_federated_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    const federated *f = self;
    if (kith_exchange_place(f->about.exchange)->worker == 0)
        KITH_TRY(kith_checkpoint_write_row(ctx, to, PART_TALLY, 0, &f->tally));
    return move_all(ctx, f, to, write_piece);
}

/* The plan is drawn again from its start: whose planes lie where, and which version is the newest, follow from it. */
static void replay(federated *f, uint64_t rounds)
{
    for (uint64_t t = 0; t < rounds; t++) {
        f->step = kith_plan_next(f->plan);
        f->newest = f->step->next;
        kith_federated_assign_rows(f);
    }
}

kith_status kith_federated_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    federated *f = self;
    replay(f, round);
    kith_status status = kith_checkpoint_read_row(ctx, from, PART_TALLY, 0, &f->tally);
    if (status == KITH_OK) status = move_all(ctx, f, from, kith_checkpoint_read);
    for (size_t slot = 0; slot < f->slots; slot++) {
        for (size_t p = 0; p <= f->published; p++)
            f->gathered[p] = (uint32_t)(slot * (1 + f->published) + p);
        KITH_TRY(kith_board_publish_gather(f->models, status, f->gathered, 1 + f->published));
    }
    return KITH_OK;
}
