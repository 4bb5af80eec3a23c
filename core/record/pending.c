#include "record/pending.h"

#include "record/aside.h"

#include <inttypes.h>
#include <kith/lines.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

kith_status kith_pending_add(kith_ctx *ctx, kith_pending_list *list, const char *name, uint64_t round,
                             double virtual_time, double value)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        kith_pending *grown = reallocarray(list->item, capacity, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory to keep the metric %s", name);
        list->item = grown;
        list->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "no memory to keep the metric %s", name);
    list->item[list->count++] = (kith_pending){copy, round, virtual_time, value};
    return KITH_OK;
}

void kith_pending_forget(kith_pending_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->item[i].name);
    list->count = 0;
}

void kith_pending_free(kith_pending_list *list)
{
    kith_pending_forget(list);
    free(list->item);
    *list = (kith_pending_list){0};
}

kith_status kith_pending_save(kith_ctx *ctx, const char *path, uint64_t run, const kith_pending_list *list)
{
    kith_aside file = {.stream = NULL};
    KITH_TRY(kith_aside_open(ctx, path, KITH_PRODUCT_PENDING, &file));
    fprintf(file.stream, KITH_MARK_PENDING "%016" PRIx64 "\n", run);
    for (size_t i = 0; i < list->count; i++) {
        const kith_pending *p = &list->item[i];
        fprintf(file.stream, "%" PRIu64 ",%.17g,%.17g,%s\n", p->round, p->virtual_time, p->value, p->name);
    }
    return kith_aside_commit(ctx, &file);
}

static kith_status refuse(kith_ctx *ctx, const char *path, size_t line)
{
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: is damaged; remove the file to go on without the numbers in it", path,
                     line);
}

/* A number as printf() writes it, and the comma after it. */
static bool take(char **text, double *out)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan,", NAN}, {"-nan,", NAN}, {"inf,", INFINITY}, {"-inf,", -INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i].word);
        if (strncmp(*text, words[i].word, length) != 0) continue;
        *out = words[i].value;
        *text += length;
        return true;
    }
    const char *end = NULL;
    *out = kith_number(*text, &end);
    if (end == *text || *end != ',') return false;
    *text += end + 1 - *text;
    return true;
}

static kith_status take_line(kith_ctx *ctx, const char *path, size_t line, char *text, uint64_t last,
                             kith_pending_list *list)
{
    char *end = NULL;
    const uint64_t round = strtoull(text, &end, 10);
    double time = 0.0, value = 0.0;
    if (end == text || *end != ',') return refuse(ctx, path, line);
    text = end + 1;
    if (!take(&text, &time) || !take(&text, &value) || !*text) return refuse(ctx, path, line);
    return round <= last ? kith_pending_add(ctx, list, text, round, time, value) : KITH_OK;
}

static kith_status read_all(kith_ctx *ctx, const char *path, kith_lines *lines, uint64_t run, uint64_t last,
                            kith_pending_list *list)
{
    char *text = NULL, first[sizeof KITH_MARK_PENDING + 16];
    snprintf(first, sizeof first, KITH_MARK_PENDING "%016" PRIx64, run);
    KITH_TRY(kith_lines_raw(ctx, lines, &text));
    if (!text || strncmp(text, KITH_MARK_PENDING, sizeof KITH_MARK_PENDING - 1) != 0) return refuse(ctx, path, 1);
    if (strcmp(text, first) != 0) return KITH_OK;
    for (;;) {
        KITH_TRY(kith_lines_raw(ctx, lines, &text));
        if (!text) return KITH_OK;
        KITH_TRY(take_line(ctx, path, kith_lines_number(lines), text, last, list));
    }
}

kith_status kith_pending_load(kith_ctx *ctx, const char *path, uint64_t run, uint64_t last, kith_pending_list *list)
{
    kith_lines *lines = NULL;
    if (access(path, F_OK) != 0) return KITH_OK;
    KITH_TRY(kith_lines_open(ctx, path, "run.output", "a run's pending numbers", &lines));
    const kith_status status = read_all(ctx, path, lines, run, last, list);
    kith_lines_close(lines);
    return status;
}
