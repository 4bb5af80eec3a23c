/* What of a population run a checkpoint holds: the frozen policies and who is in which population, the learners, the
 * algorithm's state, the last reports. Digests and payoffs follow from the policies, to the same bits. And what it
 * leaves at its end. */
#include "engine/population/kind.h"
#include "engine/population/population.h"

#include "record/policies.h"

#include <string.h>

void kith_arena_add_part(kith_arena *a, kith_part part, void *place)
{
    a->part[a->parts] = part;
    a->place[a->parts++] = place;
}

void kith_arena_list_parts(kith_arena *a)
{
    kith_arena_add_part(a, (kith_part){"counts", 1, sizeof a->count / 8, 8}, &a->count);
    kith_arena_add_part(a, (kith_part){"reports of jobs", 1, sizeof a->report, 1}, a->report);
    a->grows = UINT64_C(3) << a->parts; /* the next two */
    kith_arena_add_part(a, (kith_part){"frozen policies", a->capacity, a->entries, a->element}, a->policy);
    kith_arena_add_part(a, (kith_part){"populations", 1, a->capacity, sizeof(uint32_t)}, a->joined);
    if (a->state) kith_arena_add_part(a, (kith_part){"the algorithm's state", 1, a->ops->state_size, 1}, a->state);
}

const kith_part *kith_arena_parts(const void *self, size_t *count)
{
    const kith_arena *a = self;
    *count = a->parts;
    return a->part;
}

typedef kith_status (*row_mover)(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements);

/* As many rows as the checkpoint has, whose run may have had fewer policies. */
static kith_status move_all(kith_ctx *ctx, const kith_arena *a, kith_checkpoint *c, row_mover move)
{
    for (size_t p = 0; p < a->parts; p++) {
        const kith_part *part = &a->part[p];
        const size_t rows = kith_checkpoint_setup_of(c)->part[p].rows;
        char *place = a->place[p];
        for (size_t row = 0; row < rows; row++)
            KITH_TRY(move(ctx, c, p, row, place + row * part->length * part->size));
    }
    return KITH_OK;
}

static kith_status write_row(kith_ctx *ctx, kith_checkpoint *c, size_t part, size_t row, void *elements)
{
    return kith_checkpoint_write_row(ctx, c, part, row, elements);
}

kith_status kith_arena_save(kith_ctx *ctx, const void *self, kith_checkpoint *to)
{
    const kith_arena *a = self;
    if (kith_exchange_place(a->setup.exchange)->worker != 0) return KITH_OK;
    return move_all(ctx, a, to, write_row);
}

/* Tables that are no distributions have values without end. */
static kith_status check_tables(kith_ctx *ctx, const kith_arena *a, const kith_checkpoint *from)
{
    const char *whose = "frozen policy";
    size_t k = 0;
    while (k < a->count.policies && kith_tables_sound(a, kith_tables_policy(a, k)))
        k++;
    if (k == a->count.policies) {
        whose = "the policy of learner";
        for (k = 0; k < a->ops->learner_count && kith_tables_sound(a, kith_tables_live(a, k));)
            k++;
        if (k == a->ops->learner_count) return KITH_OK;
    }
    return kith_fail(ctx, KITH_EDATA,
                     "%s: %s %zu is no distribution; remove it to resume from an older one, if there is one, or begin "
                     "anew with --overwrite",
                     kith_checkpoint_path(from), whose, k);
}

static kith_status load(kith_ctx *ctx, kith_arena *a, kith_checkpoint *from)
{
    const uint64_t game = a->count.game;
    KITH_TRY(move_all(ctx, a, from, kith_checkpoint_read_row));
    if (a->count.policies > a->capacity || a->count.reports > KITH_MOST_JOBS)
        return kith_fail(ctx, KITH_EDATA, "%s: counts more policies than this run can have",
                         kith_checkpoint_path(from));
    if (a->count.game != game)
        return kith_fail(
            ctx, KITH_EDATA,
            "%s: the payoffs of %s are not what they were when the run began; put the former file back, or begin "
            "anew with --overwrite",
            kith_checkpoint_path(from), a->setup.game->plugin->id);
    if (a->tables) KITH_TRY(check_tables(ctx, a, from));
    kith_arena_recall(a);
    return KITH_OK;
}

kith_status kith_arena_load(kith_ctx *ctx, void *self, kith_checkpoint *from, uint64_t round)
{
    kith_arena *a = self;
    (void)round; /* it is among the counts */
    return kith_exchange_agree(a->setup.exchange, load(ctx, a, from), NULL);
}

kith_status kith_arena_leave(kith_ctx *ctx, const void *self, const char *folder)
{
    const kith_arena *a = self;
    kith_policy_set left = {.count = (size_t)a->count.policies,
                            .entries = a->entries,
                            .element = a->element,
                            .value = a->policy,
                            .weight = a->weight,
                            .joined = a->joined,
                            .populations = a->ops->population_count};
    for (size_t p = 0; p < left.populations; p++)
        left.population[p] = a->ops->populations[p];
    return kith_policy_set_write(ctx, folder, &left);
}
