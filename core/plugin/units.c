#include "plugin/units.h"

#include "base/call.h"

#include <kith/nn.h>

#include <string.h>

struct kith_unit_list {
    kith_ctx *ctx;
    const char *id;
    const kith_block *block;
    size_t blocks, rooms[2];
    kith_units units;
};

static kith_status refuse(const kith_unit_list *list, const char *why)
{
    return kith_fail(list->ctx, KITH_EPLUGIN, "%s: units(): set %zu: %s", list->id, list->units.sets, why);
}

static kith_status grow(kith_unit_list *list, size_t which, size_t count, size_t size, void **item)
{
    const size_t room = list->rooms[which] ? 2 * list->rooms[which] : 16;
    void *grown = NULL;
    if (count < list->rooms[which]) return KITH_OK;
    KITH_TRY(kith_alloc(list->ctx, "the model's units", room, size, &grown));
    if (count) memcpy(grown, *item, count * size);
    kith_free(*item);
    *item = grown;
    list->rooms[which] = room;
    return KITH_OK;
}

kith_status kith_units_begin(kith_unit_list *list)
{
    kith_units *u = &list->units;
    KITH_TRY(grow(list, 0, u->sets, sizeof *u->set, (void **)&u->set));
    u->set[u->sets++] = (kith_unit_set){.groups = 1, .axis = u->axes};
    return KITH_OK;
}

/* By PyTorch's order, axis `axis` of a block. */
static kith_unit_axis lie(const kith_block *b, uint32_t axis)
{
    kith_unit_axis a = {.first = b->first, .outer = 1, .inner = 1};
    for (uint32_t k = 0; k < b->rank; k++) {
        if (k < b->axis[axis]) a.outer *= b->shape[k];
        if (k > b->axis[axis]) a.inner *= b->shape[k];
    }
    return a;
}

kith_status kith_units_along(kith_unit_list *list, size_t block, uint32_t axis)
{
    kith_units *u = &list->units;
    if (u->sets == 0) return refuse(list, "there is none; begin one by kith_units_begin() before its axes");
    kith_unit_set *set = &u->set[u->sets - 1];
    if (block >= list->blocks) return refuse(list, "the model has fewer blocks than its number says");
    const kith_block *b = &list->block[block];
    if (axis >= b->rank) return refuse(list, "its block has fewer axes than that");
    for (size_t k = set->axis; k < u->axes; k++)
        if (u->axis[k].block == block) return refuse(list, "it has a block twice");
    const size_t units = b->shape[b->axis[axis]];
    if (set->axes && units != set->units) return refuse(list, "its axes differ in length");
    KITH_TRY(grow(list, 1, u->axes, sizeof *u->axis, (void **)&u->axis));
    kith_unit_axis *a = &u->axis[u->axes++];
    *a = lie(b, axis);
    a->block = block;
    a->set = u->sets - 1;
    set->units = units;
    set->axes++;
    if (units > u->most) u->most = units;
    if (b->count > u->widest) u->widest = b->count;
    return KITH_OK;
}

kith_status kith_units_grouped(kith_unit_list *list, size_t groups)
{
    kith_units *u = &list->units;
    if (u->sets == 0) return refuse(list, "there is none; begin one by kith_units_begin() before it is grouped");
    kith_unit_set *set = &u->set[u->sets - 1];
    if (groups == 0 || (set->axes && set->units % groups))
        return refuse(list, "so many groups do not divide its units");
    set->groups = set->groups == 1 || set->groups == groups ? groups : SIZE_MAX;
    return KITH_OK;
}

/* A set that is grouped in two ways, or has no axis, is left out. */
static kith_status settle(kith_unit_list *list)
{
    kith_units *u = &list->units;
    size_t kept = 0;
    for (size_t s = 0; s < u->sets; s++) {
        kith_unit_set *set = &u->set[s];
        if (set->groups == SIZE_MAX || set->axes == 0) continue;
        if (set->units % set->groups) return refuse(list, "its groups do not divide its units");
        u->set[kept++] = *set;
    }
    u->sets = kept;
    return KITH_OK;
}

static kith_status ask_units(kith_ctx *ctx, const kith_instance *model, kith_unit_list *list)
{
    const kith_model *ops = model->plugin->ops;
    if (ops->units) KITH_TRY_CALL(ctx, model->plugin->id, "units", KITH_NOBODY, ops->units(model->self, ctx, list));
    return KITH_OK;
}

kith_status kith_model_units(kith_ctx *ctx, const kith_instance *model, const kith_block *block, size_t blocks,
                             kith_units *out)
{
    kith_unit_list list = {.ctx = ctx, .id = model->plugin->id, .block = block, .blocks = blocks};
    kith_status status = ask_units(ctx, model, &list);
    *out = (kith_units){.sets = 0};
    if (status == KITH_OK) status = settle(&list);
    if (status == KITH_OK)
        *out = list.units;
    else
        kith_units_free(&list.units);
    return status;
}

void kith_units_free(kith_units *units)
{
    kith_free(units->set);
    kith_free(units->axis);
    *units = (kith_units){.sets = 0};
}

void kith_units_move(const kith_units *units, size_t set, const size_t *from, kith_real *scratch, kith_real *x)
{
    const kith_unit_set *s = &units->set[set];
    for (size_t k = s->axis; k < s->axis + s->axes; k++) {
        const kith_unit_axis *a = &units->axis[k];
        kith_copy(a->outer * s->units * a->inner, x + a->first, scratch);
        for (size_t o = 0; o < a->outer; o++)
            for (size_t u = 0; u < s->units; u++)
                kith_copy(a->inner, scratch + (o * s->units + from[u]) * a->inner,
                          x + a->first + (o * s->units + u) * a->inner);
    }
}
