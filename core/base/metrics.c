#include "base/metrics.h"

#include <string.h>

static const kith_metric list[] = {
#define UP                                                    KITH_BETTER_UP
#define DOWN                                                  KITH_BETTER_DOWN
#define NONE                                                  KITH_BETTER_NONE
#define LOG                                                   true
#define LINEAR                                                false
#define ROW(name, unit, better, scale, roles, lead, sentence) {#name, unit, roles, sentence, better, scale, lead},
    KITH_METRIC_MAP(ROW)
#undef ROW
};
enum { COUNT = sizeof list / sizeof list[0] };

const kith_metric *kith_metric_at(size_t i)
{
    return i < COUNT ? &list[i] : NULL;
}

static bool ends(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

const kith_metric *kith_metric_find(const char *name)
{
    const kith_metric *best = NULL;
    for (size_t i = 0; i < COUNT; i++) {
        const char *own = list[i].name;
        const size_t length = strlen(own);
        if (strcmp(own, name) == 0) return &list[i];
        if (own[length - 1] != '_' || strncmp(own, name, length) != 0) continue;
        if (!best || length > strlen(best->name)) best = &list[i];
    }
    return best;
}

kith_better kith_metric_better(const char *name)
{
    const kith_metric *metric = kith_metric_find(name);
    if (metric && metric->better != KITH_BETTER_NONE) return metric->better;
    if (ends(name, "accuracy")) return KITH_BETTER_UP;
    return ends(name, "loss") ? KITH_BETTER_DOWN : KITH_BETTER_NONE;
}

const char *kith_metric_leading(bool (*has)(const void *arg, const char *name), const void *arg)
{
    const kith_metric *best = NULL;
    for (size_t i = 0; i < COUNT; i++)
        if (list[i].lead && (!best || list[i].lead < best->lead) && has(arg, list[i].name)) best = &list[i];
    return best ? best->name : list[0].name;
}

bool kith_metric_is_of(const char *name, const char *unit)
{
    const kith_metric *metric = kith_metric_find(name);
    return metric && strcmp(metric->unit, unit) == 0;
}

static void print_one(const kith_metric *m, FILE *out)
{
    static const struct {
        char letter;
        const char *word;
    } roles[] = {{'f', "federated"}, {'d', "decentralized"}, {'w', "walk"}, {'p', "population"}};
    const char *parted = "";
    const size_t length = strlen(m->name);
    fprintf(out, "%s%s (", m->name, m->name[length - 1] == '_' ? "..." : "");
    if (*m->unit) fprintf(out, "%s; ", m->unit);
    if (m->better != KITH_BETTER_NONE) fprintf(out, "%s is better; ", m->better == KITH_BETTER_UP ? "more" : "less");
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        if (!strchr(m->roles, roles[r].letter)) continue;
        fprintf(out, "%s%s", parted, roles[r].word);
        parted = ", ";
    }
    fprintf(out, ")\n    %s\n", m->sentence);
}

void kith_metrics_print(FILE *out)
{
    for (size_t i = 0; i < COUNT; i++)
        print_one(&list[i], out);
}

bool kith_metric_print(const char *name, FILE *out)
{
    const kith_metric *metric = kith_metric_find(name);
    if (metric) print_one(metric, out);
    return metric != NULL;
}
