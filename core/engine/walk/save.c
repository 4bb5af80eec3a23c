/* What of a walk a checkpoint holds: every token. */
#include "engine/walk/walk.h"

/* A token's memory in pieces of this size. */
enum { PIECE = sizeof(double) };
_Static_assert(sizeof(kith_token_memory) % PIECE == 0, "a token's memory has no padding at its end");
_Static_assert(sizeof(kith_stream) + 4 == offsetof(kith_token_memory, moves), "nor in its middle");

kith_status kith_walk_list_parts(kith_ctx *ctx, kith_walkers *w)
{
    static const char *const names[] = {
        "tokens", "models", "visits", "histories", "first moments", "second moments", "steps of optimizers"};
    const size_t length[KITH_TOKEN_BOARDS] = {sizeof(kith_token_memory) / PIECE,
                                              w->d,
                                              w->learners,
                                              w->own + w->ops->tell_count,
                                              kith_trainer_keeps(w->setup.local, KITH_KEPT_FIRST, w->d),
                                              kith_trainer_keeps(w->setup.local, KITH_KEPT_SECOND, w->d),
                                              kith_trainer_keeps(w->setup.local, KITH_KEPT_STEPS, w->d)};
    const size_t size[KITH_TOKEN_BOARDS] = {PIECE,
                                            sizeof(kith_real),
                                            sizeof(uint32_t),
                                            sizeof(double),
                                            sizeof(kith_real),
                                            sizeof(kith_real),
                                            sizeof(kith_real)};
    KITH_TRY(KITH_TAKE(ctx, &w->heap, "checkpoint parts", KITH_TOKEN_BOARDS + 1, &w->part));
    for (size_t b = 0; b < KITH_TOKEN_BOARDS; b++)
        if (length[b]) w->part[w->parts++] = (kith_part){names[b], w->tokens, length[b], size[b]};
    if (w->timing) w->part[w->parts++] = (kith_part){"the clock", 1, 1, sizeof(double)};
    return KITH_OK;
}

const kith_part *kith_walk_parts(const void *self, size_t *count)
{
    const kith_walkers *w = self;
    *count = w->parts;
    return w->part;
}

typedef kith_status (*row_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements);

/* A domain's workers share its lanes. */
static kith_status move_all(kith_ctx *ctx, const kith_walkers *w, kith_checkpoint *c, row_mover move)
{
    const kith_place *place = kith_exchange_place(w->setup.exchange);
    for (size_t l = w->lanes.first + place->local; l < w->lanes.last; l += place->locals) {
        const size_t last = (l + 1) * KITH_TOKEN_LANE < w->tokens ? (l + 1) * KITH_TOKEN_LANE : w->tokens;
        for (size_t token = l * KITH_TOKEN_LANE; token < last; token++)
            for (size_t b = 0, part = 0; b < KITH_TOKEN_BOARDS; b++)
                if (w->board[b]) KITH_TRY(move(ctx, c, part++, token, kith_token_row(w, b, token)));
    }
    return KITH_OK;
}

static kith_status write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements)
{
    return kith_checkpoint_write_row(ctx, c, part, row, elements);
}

kith_status kith_walk_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    const kith_walkers *w = self;
    double now = w->now;
    if (w->timing && kith_exchange_place(w->setup.exchange)->worker == 0)
        KITH_TRY(kith_checkpoint_write_row(ctx, to, w->parts - 1, 0, &now));
    return move_all(ctx, self, to, write_row);
}

/* What a token goes by must be what a token could have: digests tell damage, and nothing of a file that was made up. */
static kith_status check_tokens(kith_ctx *ctx, const kith_walkers *w, const kith_checkpoint *from)
{
    const kith_place *place = kith_exchange_place(w->setup.exchange);
    for (size_t l = w->lanes.first + place->local; l < w->lanes.last; l += place->locals) {
        const size_t last = (l + 1) * KITH_TOKEN_LANE < w->tokens ? (l + 1) * KITH_TOKEN_LANE : w->tokens;
        for (size_t token = l * KITH_TOKEN_LANE; token < last; token++) {
            const kith_token_memory *m = kith_token_row(w, KITH_TOKEN_MEMORY, token);
            if (m->at < w->learners && m->stream.used <= sizeof m->stream.word / sizeof m->stream.word[0]) continue;
            return kith_fail(ctx, KITH_EDATA,
                             "%s: token %zu stands at learner %u of %zu, or has drawn %u of 4 numbers; remove it to "
                             "resume from an older one, if there is one, or begin anew with --overwrite",
                             kith_checkpoint_path(from), token, m->at, w->learners, m->stream.used);
        }
    }
    return KITH_OK;
}

kith_status kith_walk_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    kith_walkers *w = self;
    w->round = round;
    w->fresh = false;
    kith_status status = move_all(ctx, w, from, kith_checkpoint_read_row);
    if (status == KITH_OK && w->timing) status = kith_checkpoint_read_row(ctx, from, w->parts - 1, 0, &w->now);
    if (status == KITH_OK) status = check_tokens(ctx, w, from);
    return kith_exchange_agree(w->setup.exchange, status, NULL);
}
