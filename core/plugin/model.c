#include "plugin/model.h"

#include "base/call.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct kith_block_list {
    kith_ctx *ctx;
    const char *id;
    kith_block *block;
    size_t count, room, end; /* the coordinate after the last one */
};

kith_block kith_block_dense(size_t in, size_t out)
{
    return kith_dense_by_input(out) ? (kith_block){.shape = {in, out}, .axis = {1, 0}}
                                    : (kith_block){.shape = {out, in}};
}

static kith_status grow(kith_block_list *list)
{
    const size_t room = list->room ? 2 * list->room : 16;
    kith_block *grown = NULL;
    if (list->count < list->room) return KITH_OK;
    KITH_TRY(KITH_ALLOC(list->ctx, "the model's blocks", room, &grown));
    if (list->count) memcpy(grown, list->block, list->count * sizeof *grown);
    kith_free(list->block);
    list->block = grown;
    list->room = room;
    return KITH_OK;
}

static kith_status refuse(const kith_block_list *list, const kith_block *b, const char *why)
{
    return kith_fail(list->ctx, KITH_EPLUGIN, "%s: blocks(): \"%s\" %s", list->id, b->name, why);
}

static kith_status check_name(const kith_block_list *list, const kith_block *b)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    if (!b->name[0] || b->name[strspn(b->name, allowed)])
        return refuse(list, b, "is no name; use letters, digits, _ and points");
    for (size_t k = 0; k < list->count; k++)
        if (!strcmp(list->block[k].name, b->name))
            return refuse(list, b, "is there twice; give each block its own name");
    return KITH_OK;
}

/* Rank, count and the order of axes from the shape. */
static kith_status measure(const kith_block_list *list, kith_block *b)
{
    unsigned used = 0;
    size_t extents = 0, count = 1;
    while (extents < KITH_BLOCK_RANK && b->shape[extents])
        if (__builtin_mul_overflow(count, b->shape[extents++], &count)) return refuse(list, b, "is too large");
    for (size_t k = extents; k < KITH_BLOCK_RANK; k++)
        if (b->shape[k]) extents = 0;
    if (!extents) return refuse(list, b, "has an extent of 0; its shape is one to four numbers from 1 on");
    b->rank = (uint32_t)extents;
    b->count = count;
    b->joined = b->joined ? b->joined : 1;
    for (size_t k = 0; k < KITH_BLOCK_RANK; k++)
        used |= b->axis[k];
    for (uint32_t k = 0; !used && k < b->rank; k++)
        b->axis[k] = k;
    used = 0;
    for (size_t k = 0; k < extents; k++)
        used |= b->axis[k] < extents ? 1u << b->axis[k] : 0;
    if (used != (1u << extents) - 1)
        return refuse(list, b, "has axes that are no order of its own; each is there once");
    if (b->joined > b->rank) return refuse(list, b, "joins more axes than it has");
    return KITH_OK;
}

kith_status kith_block_add(kith_block_list *list, const kith_block *block, const char *name, ...)
{
    kith_block b = *block;
    va_list args;
    KITH_TRY(grow(list));
    va_start(args, name);
    const int length = vsnprintf(b.name, sizeof b.name, name, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof b.name)
        return refuse(list, &b, "is cut off; a name has at most 63 bytes");
    KITH_TRY(check_name(list, &b));
    KITH_TRY(measure(list, &b));
    if (b.kind > KITH_BLOCK_EMBEDDING) return refuse(list, &b, "is of no kind that there is");
    if (b.group > KITH_BLOCK_HEAD) return refuse(list, &b, "is of no group that there is");
    b.first = list->end;
    if (__builtin_add_overflow(list->end, b.count, &list->end)) return refuse(list, &b, "is too large");
    list->block[list->count++] = b;
    return KITH_OK;
}

static kith_status check_all(const kith_block_list *list, size_t d)
{
    if (list->end == d) return KITH_OK;
    if (list->count == 0)
        return kith_fail(list->ctx, KITH_EPLUGIN, "%s: blocks() adds none; all %zu numbers are in one", list->id, d);
    return kith_fail(
        list->ctx, KITH_EPLUGIN,
        "%s: blocks(): \"%s\", the last, ends after %zu numbers, and dimension() is %zu; each number is in "
        "one block",
        list->id, list->block[list->count - 1].name, list->end, d);
}

static kith_status ask_blocks(kith_ctx *ctx, const kith_instance *model, kith_block_list *list)
{
    KITH_TRY_CALL(ctx, model->plugin->id, "blocks", KITH_NOBODY,
                  ((const kith_model *)model->plugin->ops)->blocks(model->self, ctx, list));
    return KITH_OK;
}

kith_status kith_model_blocks(kith_ctx *ctx, const kith_instance *model, size_t d, kith_block **out, size_t *count)
{
    kith_block_list list = {.ctx = ctx, .id = model->plugin->id};
    kith_status status = ask_blocks(ctx, model, &list);
    if (status == KITH_OK) status = check_all(&list, d);
    if (status != KITH_OK) {
        kith_free(list.block);
        return status;
    }
    *out = list.block;
    *count = list.count;
    return KITH_OK;
}

static kith_status check_score(kith_ctx *ctx, const char *id, const kith_score_names *names, size_t k)
{
    const char *name = names->name[k];
    if (!name || !*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return kith_fail(ctx, KITH_EPLUGIN, "%s: scores(): \"%s\" is no name; use lower case letters, digits and _", id,
                         name ? name : "");
    if (!strcmp(name, "loss") || !strcmp(name, "accuracy"))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: scores(): every model has \"%s\"; leave it out", id, name);
    for (size_t i = 0; i < k; i++)
        if (!strcmp(name, names->name[i]))
            return kith_fail(ctx, KITH_EPLUGIN, "%s: scores(): \"%s\" is there twice", id, name);
    return KITH_OK;
}

kith_status kith_model_scores(kith_ctx *ctx, const kith_instance *model, kith_score_names *out)
{
    const kith_plugin *plugin = model->plugin;
    const kith_model *ops = plugin->ops;
    *out = (kith_score_names){.count = 0};
    if (!ops->scores) return KITH_OK;
    size_t count = 0;
    KITH_TRY_VOID(ctx, plugin->id, "scores", KITH_NOBODY, count = ops->scores(model->self, out->name));
    if (count > KITH_SCORES)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: scores() tells of %zu; at most %d are kept", plugin->id, count,
                         KITH_SCORES);
    for (size_t k = 0; k < count; k++)
        KITH_TRY(check_score(ctx, plugin->id, out, k));
    out->count = count;
    return KITH_OK;
}

kith_status kith_model_init(kith_ctx *ctx, const kith_instance *model, kith_stream *stream, const char *whose,
                            size_t number, kith_real *x)
{
    KITH_TRY_CALL_OF(ctx, model->plugin->id, "init", whose, number,
                     ((const kith_model *)model->plugin->ops)->init(model->self, ctx, stream, x));
    return KITH_OK;
}
