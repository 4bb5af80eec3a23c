/* A partition from a file of `learner,example` lines; `#` starts a comment. */
#include "data/internal.h"

#include "config/config.h"

#include <kith/lines.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct pair {
    uint32_t learner, example;
} pair;

typedef struct pairs {
    pair *item;
    size_t count, room;
} pairs;

static kith_status push(kith_ctx *ctx, pairs *list, pair item)
{
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 4096;
        pair *grown = reallocarray(list->item, room, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "partition.file: no memory for %zu lines", room);
        list->item = grown;
        list->room = room;
    }
    list->item[list->count++] = item;
    return KITH_OK;
}

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* A decimal number and the blanks around it; NULL where there is none. One past 64 bits comes out as UINT64_MAX. */
static const char *read_number(const char *at, uint64_t *out)
{
    at = skip_blanks(at);
    if (!isdigit((unsigned char)*at)) return NULL;
    char *end = NULL;
    *out = strtoull(at, &end, 10);
    return skip_blanks(end);
}

static kith_status read_pair(kith_ctx *ctx, const kith_deal_task *task, const char *text, size_t line, pairs *list)
{
    uint64_t learner = 0, example = 0;
    const char *at = read_number(text, &learner);
    if (!at || *at != ',' || !(at = read_number(at + 1, &example)) || *at)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: not a line of the form learner,example, as in 3,17", task->how->file,
                         line);
    if (learner >= task->learners)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: learner %llu is outside 0..%zu; raise run.learners or drop the line",
                         task->how->file, line, (unsigned long long)learner, task->learners - 1);
    if (example >= task->examples)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: example %llu is outside 0..%zu, the training pool", task->how->file,
                         line, (unsigned long long)example, task->examples - 1);
    return push(ctx, list, (pair){(uint32_t)learner, (uint32_t)example});
}

static kith_status read_pairs(kith_ctx *ctx, const kith_deal_task *task, kith_lines *lines, pairs *list)
{
    char *text = NULL;
    KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    if (text && !strncmp(text, "learner,", 8)) KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    while (text) {
        KITH_TRY(read_pair(ctx, task, text, kith_lines_number(lines), list));
        KITH_TRY(kith_lines_next(ctx, lines, "#", &text));
    }
    return KITH_OK;
}

static kith_status deal_pairs(kith_ctx *ctx, const kith_deal_task *task, const pairs *list, kith_deal *deal)
{
    uint64_t *next = NULL;
    KITH_TRY(kith_deal_offsets(ctx, task->learners, deal));
    KITH_TRY(kith_deal_indices(ctx, list->count, deal));
    KITH_TRY(KITH_ALLOC(ctx, "the learners' cursors", task->learners, &next));
    for (size_t k = 0; k < list->count; k++)
        deal->offset[list->item[k].learner + 1]++;
    kith_deal_accumulate(deal);
    memcpy(next, deal->offset, task->learners * sizeof *next);
    for (size_t k = 0; k < list->count; k++)
        deal->index[next[list->item[k].learner]++] = list->item[k].example;
    kith_free(next);
    return KITH_OK;
}

kith_status kith_deal_file(kith_ctx *ctx, const kith_deal_task *task, kith_deal *deal)
{
    if (!*task->how->file)
        return kith_config_refuse(ctx, task->config, "partition", "file",
                                  "partition.kind = file needs the path of a file of learner,example lines");
    if (access(task->how->file, R_OK) != 0)
        return kith_config_refuse(ctx, task->config, "partition", "file", "cannot be opened: %s", strerror(errno));
    kith_lines *lines = NULL;
    pairs list = {0};
    KITH_TRY(kith_lines_open(ctx, task->how->file, "partition.file", "a file of learner,example lines", &lines));
    kith_status status = read_pairs(ctx, task, lines, &list);
    kith_lines_close(lines);
    if (status == KITH_OK) status = deal_pairs(ctx, task, &list, deal);
    free(list.item);
    return status;
}
