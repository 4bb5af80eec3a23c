/* Learners whose labels are wrong: an attack on what all learn together, or noise in it. Labels are changed when they
 * are gathered, so that the pool, which learners share, keeps the true ones, and wrong ones take no room. */
#include "data/internal.h"

#include "config/config.h"

#include <math.h>
#include <stdio.h>

#include <kith/random.h>

enum { WORD = 64, MOST_NAMED = 20 };

/* Who is drawn is drawn by this "learner". */
#define EVERYONE UINT64_MAX

static size_t number_flipped(const kith_data *data, const kith_data_config *how)
{
    return (size_t)llround(how->flipped * (double)data->learners);
}

kith_status kith_flips_check(kith_ctx *ctx, const kith_data *data, const kith_data_config *how)
{
    const kith_shape *shape = &data->info.shape;
    const char *id = data->dataset.plugin->id;
    if (how->flipped <= 0.0) return KITH_OK;
    if (shape->codes)
        return kith_config_refuse(ctx, data->config, "data", "flipped",
                                  "models of %s learn each next code, not the label of an example; leave it 0", id);
    if (shape->classes < 2)
        return kith_config_refuse(ctx, data->config, "data", "flipped",
                                  shape->classes ? "%s has one class, and so no other label; leave it 0"
                                                 : "%s has no classes, and so no labels to flip; leave it 0",
                                  id);
    if (number_flipped(data, how) == 0)
        return kith_config_refuse(ctx, data->config, "data", "flipped",
                                  "to the nearest, that is none of %zu learners; one is a share of %.3g",
                                  data->learners, 1.0 / (double)data->learners);
    return KITH_OK;
}

size_t kith_data_flipped(const kith_data *data)
{
    return data->flips.count;
}

bool kith_data_is_flipped(const kith_data *data, size_t learner)
{
    return data->flips.chosen && data->flips.chosen[learner / WORD] >> learner % WORD & 1;
}

/* The first of a shuffled order, shuffled only as far as that. */
static kith_status choose(kith_ctx *ctx, kith_data *data)
{
    uint32_t *order = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the learners with flipped labels", data->learners / WORD + 1, &data->flips.chosen));
    KITH_TRY(KITH_ALLOC(ctx, "an order of learners", data->learners, &order));
    kith_stream s = kith_stream_at(data->seed, KITH_FOR_FLIPS, EVERYONE, 0);
    for (size_t i = 0; i < data->learners; i++)
        order[i] = (uint32_t)i;
    for (size_t k = 0; k < data->flips.count; k++) {
        const size_t other = k + (size_t)kith_draw_below(&s, data->learners - k);
        const uint32_t learner = order[other];
        order[other] = order[k];
        data->flips.chosen[learner / WORD] |= (uint64_t)1 << learner % WORD;
    }
    kith_free(order);
    return KITH_OK;
}

static void tell(kith_ctx *ctx, const kith_data *data)
{
    char names[16 * MOST_NAMED] = "";
    size_t used = 0, named = 0;
    for (size_t i = 0; i < data->learners && named < MOST_NAMED; i++)
        if (kith_data_is_flipped(data, i))
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%zu", named++ ? ", " : "", i);
    kith_note(ctx, "labels are flipped for %zu of %zu learners: %s%s", data->flips.count, data->learners, names,
              named < data->flips.count ? " and others, which `kith show --partition` marks" : "");
}

kith_status kith_flips_draw(kith_ctx *ctx, kith_data *data, const kith_data_config *how)
{
    if (how->flipped <= 0.0) return KITH_OK;
    data->flips.kind = (kith_flip)how->flip;
    data->flips.share = how->flip_share;
    data->flips.count = number_flipped(data, how);
    KITH_TRY(kith_exchange_agree(data->ex, choose(ctx, data), NULL));
    tell(ctx, data);
    return KITH_OK;
}

/* Whether comes before which, so that a larger share leaves the wrong labels of a smaller one as they are. */
int32_t kith_flips_label(const kith_data *data, size_t row, int32_t label)
{
    const kith_flips *flips = &data->flips;
    const int32_t classes = (int32_t)data->info.shape.classes;
    if (flips->share < 1.0 || flips->kind == KITH_FLIP_RANDOM) {
        kith_stream s = kith_stream_at(data->seed, KITH_FOR_FLIPS, data->visited, row);
        if (kith_draw_uniform(&s) >= flips->share) return label;
        if (flips->kind == KITH_FLIP_RANDOM) {
            const int32_t other = (int32_t)kith_draw_below(&s, (uint64_t)classes - 1);
            return other < label ? other : other + 1;
        }
    }
    if (flips->kind == KITH_FLIP_REVERSE) return classes - 1 - label;
    return label + 1 < classes ? label + 1 : 0;
}
