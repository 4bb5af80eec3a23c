#include "engine/participation/links.h"

#include <kith/lines.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct kith_links {
    kith_link *link; /* [count] by (from, to) */
    size_t count, room;
};

static const char columns[] = "from,to,latency,bandwidth";

static int order(const void *a, const void *b)
{
    const kith_link *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static kith_status take_link(kith_ctx *ctx, kith_links *l, const char *path, size_t line, const char *text,
                             size_t learners)
{
    enum { FROM = 0, TO, LATENCY, BANDWIDTH, FIELDS };
    double field[FIELDS] = {0.0};
    for (size_t k = 0; k < FIELDS; k++) {
        const char *end = NULL;
        text += strspn(text, " \t");
        field[k] = kith_number(text, &end);
        const bool ends = end != text && (k + 1 < FIELDS ? *end == ',' : !end[strspn(end, " \t")]);
        if (!ends || !(field[k] >= 0.0 && isfinite(field[k])))
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: this tells no link; write %s: s, bytes/s (0: infinite)", path,
                             line, columns);
        if (k <= TO && (field[k] != floor(field[k]) || field[k] >= (double)learners))
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: there is no learner %g of run.learners = %zu; they are 0 to %zu",
                             path, line, field[k], learners, learners - 1);
        text = end + 1;
    }
    if (l->count == l->room) {
        const size_t room = 2 * l->room + 64;
        kith_link *grown = reallocarray(l->link, room, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its links", path);
        l->link = grown;
        l->room = room;
    }
    l->link[l->count++] = (kith_link){(uint32_t)field[FROM], (uint32_t)field[TO], field[LATENCY], field[BANDWIDTH]};
    return KITH_OK;
}

static kith_status read_lines(kith_ctx *ctx, kith_links *l, const char *path, kith_lines *lines, size_t learners)
{
    char *text = NULL;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    if (text && !strncmp(text, "from", 4)) KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    while (text) {
        KITH_TRY(take_link(ctx, l, path, kith_lines_number(lines), text, learners));
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    qsort(l->link, l->count, sizeof *l->link, order);
    for (size_t k = 1; k < l->count; k++)
        if (!order(&l->link[k - 1], &l->link[k]))
            return kith_fail(ctx, KITH_EDATA, "%s: the link from %u to %u has two lines; leave one of them", path,
                             l->link[k].from, l->link[k].to);
    return KITH_OK;
}

kith_status kith_links_open(kith_ctx *ctx, const char *path, size_t learners, kith_links **out)
{
    kith_links *l = NULL;
    kith_lines *lines = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "links", 1, &l));
    kith_status status = kith_lines_open(ctx, path, "clock.links", columns, &lines);
    if (status == KITH_OK) status = read_lines(ctx, l, path, lines, learners);
    kith_lines_close(lines);
    if (status != KITH_OK) {
        kith_links_close(l);
        return status;
    }
    *out = l;
    return KITH_OK;
}

void kith_links_close(kith_links *l)
{
    if (!l) return;
    free(l->link);
    kith_free(l);
}

const kith_link *kith_links_find(const kith_links *l, size_t from, size_t to)
{
    const kith_link wanted = {.from = (uint32_t)from, .to = (uint32_t)to};
    return l && l->count ? bsearch(&wanted, l->link, l->count, sizeof *l->link, order) : NULL;
}
