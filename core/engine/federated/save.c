/* What of a federated run a checkpoint holds. */
#include "engine/federated/federated.h"

const kith_part *kith_federated_parts(const void *self, size_t *count)
{
    const federated *f = self;
    *count = f->parts;
    return f->part;
}

/* Every version that some visit may still start from lies in a slot, so the slots are saved as they are. */
kith_status kith_federated_list_parts(kith_ctx *ctx, federated *f, const kith_plan_extent *extent)
{
    const kith_keep keeps = kith_filters_keeps(f->filters);
    const kith_part some[] = {{"learner scalars", extent->seen, f->own.scalars, sizeof(kith_real)},
                              {"published scalars", extent->slots, f->published.scalars, sizeof(kith_real)},
                              {"said since the last measure", 1, f->says, sizeof(double)},
                              {"what filters keep of learners", extent->seen, keeps.learner, sizeof(kith_real)},
                              {"what filters keep of versions", extent->slots, keeps.scalars, sizeof(double)},
                              {"what filters keep", keeps.server, keeps.server ? f->d : 0, sizeof(kith_real)},
                              {"what is known of learners", KITH_PLAN_LISTS + 1,
                               kith_plan_selects(f->participation) ? (size_t)f->setup.run->learners : 0, 8}};
    const size_t most = sizeof some / sizeof some[0];
    KITH_TRY(KITH_TAKE(ctx, &f->heap, "checkpoint", PART_FIXED + most + f->planes, &f->part));
    f->slots = extent->slots;
    f->part[PART_TALLY] = (kith_part){"sums since the last measure", 1, sizeof(tally) / 8, 8};
    f->part[PART_MODELS] =
        (kith_part){"model versions", f->slots * (1 + f->published.vectors), f->d, sizeof(kith_real)};
    f->part[PART_OWN] = (kith_part){"learner planes", extent->seen * f->own.vectors, f->d, sizeof(kith_real)};
    f->parts = PART_FIXED;
    f->grows = UINT64_C(1) << PART_OWN;
    for (size_t k = 0; k < most; k++) {
        if (!some[k].length) continue;
        if (k == 0 || k == 3) f->grows |= UINT64_C(1) << f->parts;
        f->part[f->parts++] = some[k];
    }
    for (size_t p = 0; p < f->planes; p++)
        if (f->held[p].rows)
            f->part[f->parts++] =
                (kith_part){f->plane[p].name, f->held[p].rows, f->place[p].length, f->held[p].element};
    return KITH_OK;
}

/* Saving and loading visit the same pieces, each by the worker that holds it. What every worker holds alike is written
 * by the first, and read by all. */
typedef kith_status (*piece_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block,
                                   void *elements);
typedef struct mover {
    piece_mover piece;
    kith_status (*row)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements);
    bool alike; /* whether this worker moves what all hold */
} mover;

static kith_status move_models(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move)
{
    for (size_t r = 0; r < f->part[PART_MODELS].rows; r++)
        for (size_t b = f->first; b < f->last; b++) {
            kith_real *row = kith_board_row(f->models, r);
            KITH_TRY(move->piece(ctx, c, PART_MODELS, r, b, row + b * KITH_BLOCK));
        }
    return KITH_OK;
}

/* A learner's planes lie in its home domain, whose workers share them out. Rows of learners not seen yet are neither
 * written nor read. */
static bool is_mine(const federated *f, size_t learner)
{
    const kith_place *place = kith_exchange_place(f->setup.exchange);
    return f->own_row[learner] && kith_visit_queue_home(f->queue, learner) == place->domain &&
           f->own_row[learner] % place->locals == place->local;
}

static kith_status move_own(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move, size_t *part)
{
    const size_t vectors = f->own.vectors;
    for (size_t i = 0; f->own_row && i < (size_t)f->setup.run->learners; i++) {
        if (!is_mine(f, i)) continue;
        for (size_t r = (f->own_row[i] - 1) * vectors; r < f->own_row[i] * vectors; r++)
            for (size_t b = 0; b < f->blocks; b++) {
                kith_real *row = kith_board_row(f->own.board, r);
                KITH_TRY(move->piece(ctx, c, PART_OWN, r, b, row + b * KITH_BLOCK));
            }
        if (f->own.scalars)
            KITH_TRY(move->row(ctx, c, *part, f->own_row[i] - 1, kith_board_row(f->own.numbers, f->own_row[i] - 1)));
    }
    *part += f->own.scalars > 0;
    return KITH_OK;
}

static kith_status move_alike(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move, size_t *part)
{
    const size_t scalars = f->published.scalars;
    for (size_t slot = 0; move->alike && scalars && slot < f->slots; slot++)
        KITH_TRY(move->row(ctx, c, *part, slot, f->published_scalars + slot * scalars));
    *part += scalars > 0;
    if (move->alike && f->says) KITH_TRY(move->row(ctx, c, *part, 0, f->said));
    *part += f->says > 0;
    return KITH_OK;
}

/* As kith_federated_list_parts lists them. */
static kith_status move_kept(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move, size_t *part)
{
    const kith_keep keeps = kith_filters_keeps(f->filters);
    for (size_t i = 0; keeps.learner && i < (size_t)f->setup.run->learners; i++) {
        const size_t row = f->own_row[i] - 1;
        if (is_mine(f, i)) KITH_TRY(move->row(ctx, c, *part, row, kith_filters_of_learner(f->filters, row)));
    }
    *part += keeps.learner > 0;
    for (size_t slot = 0; move->alike && keeps.scalars && slot < f->slots; slot++)
        KITH_TRY(move->row(ctx, c, *part, slot, kith_filters_of_version(f->filters, slot)));
    *part += keeps.scalars > 0;
    for (size_t r = 0; r < keeps.server; r++)
        for (size_t b = f->first; b < f->last; b++)
            KITH_TRY(move->piece(ctx, c, *part, r, b, kith_filters_of_server(f->filters, r, b)));
    *part += keeps.server > 0;
    return KITH_OK;
}

/* Where the plan selects: its lists, and which learners' planes lie where. Read before planes are. */
static kith_status move_known(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move, size_t part)
{
    for (size_t list = 0; move->alike && list < KITH_PLAN_LISTS; list++)
        KITH_TRY(move->row(ctx, c, part, list, kith_plan_list(f->plan, list)));
    if (move->alike && f->own_row) KITH_TRY(move->row(ctx, c, part, KITH_PLAN_LISTS, f->own_row));
    return KITH_OK;
}

/* It is the last of those that kith_federated_list_parts lists before held planes. */
static size_t known_part(const federated *f)
{
    size_t held = 0;
    for (size_t p = 0; p < f->planes; p++)
        held += f->held[p].rows > 0;
    return f->parts - held - 1;
}

static kith_status move_held_row(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move, size_t part,
                                 size_t p, size_t row)
{
    if (f->place[p].scalar)
        return move->alike ? move->row(ctx, c, part, row, kith_federated_held_scalars(f, p, row)) : KITH_OK;
    for (size_t b = f->first; b < f->last; b++) {
        size_t lo, hi;
        kith_block_range(f->d, b, &lo, &hi);
        KITH_TRY(move->piece(ctx, c, part, row, b, kith_federated_held(f, &f->held[p], b, hi - lo, row)));
    }
    return KITH_OK;
}

static kith_status move_all(kith_ctx *ctx, const federated *f, kith_checkpoint *c, const mover *move)
{
    size_t part = PART_FIXED;
    KITH_TRY(move_models(ctx, f, c, move));
    KITH_TRY(move_own(ctx, f, c, move, &part));
    KITH_TRY(move_alike(ctx, f, c, move, &part));
    KITH_TRY(move_kept(ctx, f, c, move, &part));
    part += kith_plan_selects(f->participation);
    for (size_t p = 0; p < f->planes; p++) {
        for (size_t r = 0; r < f->held[p].rows; r++)
            KITH_TRY(move_held_row(ctx, f, c, move, part, p, r));
        part += f->held[p].rows > 0;
    }
    return KITH_OK;
}

static kith_status write_piece(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, size_t block, void *elements)
{
    return kith_checkpoint_write(ctx, c, part, row, block, elements);
}

static kith_status write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements)
{
    return kith_checkpoint_write_row(ctx, c, part, row, elements);
}

kith_status kith_federated_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    const federated *f = self;
    const mover move = {write_piece, write_row, kith_exchange_place(f->setup.exchange)->worker == 0};
    if (move.alike) KITH_TRY(kith_checkpoint_write_row(ctx, to, PART_TALLY, 0, &f->tally));
    if (kith_plan_selects(f->participation)) KITH_TRY(move_known(ctx, f, to, &move, known_part(f)));
    return move_all(ctx, f, to, &move);
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

/* Learners that were seen have rows 1 to k, one each. Digests tell damage, and nothing of a file that was made up. */
static kith_status take_rows(kith_ctx *ctx, federated *f, const kith_checkpoint *from)
{
    const size_t learners = (size_t)f->setup.run->learners;
    size_t count = 0, i = 0;
    bool *taken = NULL;
    if (!f->own_row) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "rows of learners", learners + 1, &taken));
    for (i = 0; i < learners; i++)
        count += f->own_row[i] > 0;
    for (i = 0; i < learners; i++) {
        const size_t row = f->own_row[i];
        if (row && (row > count || taken[row])) break;
        taken[row] = true;
    }
    kith_free(taken);
    f->own_rows = count;
    if (i == learners) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: the planes of learner %zu are row %zu of %zu, or another learner's; remove it to resume from "
                     "an older one, if there is one, or begin anew with --overwrite",
                     kith_checkpoint_path(from), i, f->own_row[i], count);
}

/* A plan that selects cannot be drawn again: what it knew was saved. Versions lie in two slots, turn by turn. */
static kith_status recall(kith_ctx *ctx, federated *f, kith_checkpoint *from, const mover *move, uint64_t rounds)
{
    KITH_TRY(move_known(ctx, f, from, move, known_part(f)));
    const size_t wrong = kith_plan_resume(f->plan, rounds, f->tally.time);
    f->newest = (uint32_t)(rounds % f->slots);
    if (wrong == (size_t)f->setup.run->learners) return take_rows(ctx, f, from);
    return kith_fail(ctx, KITH_EDATA,
                     "%s: what is known of learner %zu does not come from %llu rounds; remove it to resume from an "
                     "older one, if there is one, or begin anew with --overwrite",
                     kith_checkpoint_path(from), wrong, (unsigned long long)rounds);
}

kith_status kith_federated_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    federated *f = self;
    kith_status status = kith_checkpoint_read_row(ctx, from, PART_TALLY, 0, &f->tally);
    const mover move = {kith_checkpoint_read, kith_checkpoint_read_row, true};
    if (!kith_plan_selects(f->participation))
        replay(f, round);
    else if (status == KITH_OK)
        status = recall(ctx, f, from, &move, round);
    if (status == KITH_OK) status = move_all(ctx, f, from, &move);
    const size_t vectors = 1 + f->published.vectors;
    for (size_t slot = 0; slot < f->slots; slot++) {
        for (size_t p = 0; p < vectors; p++)
            f->gathered[p] = (uint32_t)(slot * vectors + p);
        KITH_TRY(kith_board_publish_gather(f->models, status, f->gathered, vectors));
    }
    return KITH_OK;
}
