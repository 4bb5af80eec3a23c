/* Models of which a part is the learner's own and the rest is shared: runs of coordinates out of the model's blocks. */
#ifndef PARTS_H
#define PARTS_H

#include <kith/kith.h>

typedef struct parts_run {
    size_t first, count;
} parts_run;

typedef struct parts {
    size_t own; /* coordinates of a learner's own */
    size_t runs;
    parts_run *run; /* ascending, apart from each other */
} parts;

static inline void parts_add(parts *p, const kith_block *block)
{
    parts_run *last = p->runs ? &p->run[p->runs - 1] : NULL;
    p->own += block->count;
    if (last && last->first + last->count == block->first)
        last->count += block->count;
    else
        p->run[p->runs++] = (parts_run){.first = block->first, .count = block->count};
}

/* The blocks for which is_own() holds; `what` names them. Refuses models without such blocks, and without others. */
static inline kith_status parts_open(kith_ctx *ctx, const char *id, const kith_setting *setting,
                                     bool (*is_own)(const kith_block *block), const char *what, parts *out)
{
    parts p = {.own = 0};
    KITH_TRY(KITH_ALLOC(ctx, "the model's parts", setting->block_count + 1, &p.run));
    for (size_t b = 0; b < setting->block_count; b++)
        if (is_own(&setting->blocks[b])) parts_add(&p, &setting->blocks[b]);
    *out = p;
    if (p.own && p.own < setting->dimension && p.own <= UINT32_MAX) return KITH_OK;
    kith_free(p.run);
    if (p.own > UINT32_MAX)
        return kith_fail(ctx, KITH_ECONFIG, "%s: %zu coordinates of the model are a learner's own, and %u may be", id,
                         p.own, UINT32_MAX);
    if (p.own)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s: all of the model is its %s, so that nothing would be shared; choose a model with more "
                         "blocks, or local-only",
                         id, what);
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: the model has no %s, so that learners would have nothing of their own; choose another model, "
                     "or fedavg",
                     id, what);
}

/* own (own) <- those coordinates of x (d), and back. */
static inline void parts_take(const parts *p, const kith_real *x, kith_real *own)
{
    for (size_t r = 0; r < p->runs; own += p->run[r++].count)
        kith_copy(p->run[r].count, x + p->run[r].first, own);
}

static inline void parts_put(const parts *p, const kith_real *own, kith_real *x)
{
    for (size_t r = 0; r < p->runs; own += p->run[r++].count)
        kith_copy(p->run[r].count, own, x + p->run[r].first);
}

#endif
