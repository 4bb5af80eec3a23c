#include "base/metrics.h"

#include <string.h>

static const kith_metric list[] = {
#define UP                                                    KITH_BETTER_UP
#define DOWN                                                  KITH_BETTER_DOWN
#define NONE                                                  KITH_BETTER_NONE
#define LOG                                                   true
#define LINEAR                                                false
#define ROW(name, unit, better, scale, roles, lead, sentence) {#name, unit, roles, sentence, better, scale, lead, NULL},
    KITH_METRIC_MAP(ROW)
#undef ROW
};

const kith_metric *kith_metric_at(size_t i)
{
    return i < KITH_METRIC_COUNT ? &list[i] : NULL;
}

size_t kith_metric_place(const char *name)
{
    for (size_t i = 0; i < KITH_METRIC_COUNT; i++)
        if (strcmp(list[i].name, name) == 0) return name[strlen(name) - 1] == '_' ? KITH_METRIC_COUNT : i;
    return KITH_METRIC_COUNT;
}

size_t kith_metric_lead(size_t i)
{
    for (size_t k = 0; k < KITH_METRIC_COUNT; k++)
        if (list[k].lead == (int)i + 1) return k;
    return KITH_METRIC_COUNT;
}

static bool ends(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static const kith_metric *find_among(const kith_metric *item, size_t count, const char *name, size_t size)
{
    const kith_metric *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *own = item[i].name;
        const size_t length = strlen(own);
        if (length == size && strncmp(own, name, size) == 0) return &item[i];
        if (own[length - 1] != '_' || size < length || strncmp(own, name, length) != 0) continue;
        if (!best || length > strlen(best->name)) best = &item[i];
    }
    return best;
}

/* How much of NAME_2 is NAME. */
static size_t without_number(const char *name)
{
    size_t size = strlen(name);
    while (size && name[size - 1] >= '0' && name[size - 1] <= '9')
        size--;
    return size && name[size] && name[size - 1] == '_' ? size - 1 : strlen(name);
}

const kith_metric *kith_metric_find(const kith_metrics *declared, const char *name)
{
    const size_t size = strlen(name);
    const kith_metric *found = find_among(list, KITH_METRIC_COUNT, name, size);
    if (found || !declared) return found;
    found = find_among(declared->item, declared->count, name, size);
    return found ? found : find_among(declared->item, declared->count, name, without_number(name));
}

kith_better kith_metric_better(const kith_metrics *declared, const char *name)
{
    const kith_metric *metric = kith_metric_find(declared, name);
    if (metric && metric->better != KITH_BETTER_NONE) return metric->better;
    if (ends(name, "accuracy")) return KITH_BETTER_UP;
    return ends(name, "loss") ? KITH_BETTER_DOWN : KITH_BETTER_NONE;
}

const char *kith_metric_leading(bool (*has)(const void *arg, const char *name), const void *arg)
{
    for (size_t i = 0; kith_metric_lead(i) < KITH_METRIC_COUNT; i++)
        if (has(arg, list[kith_metric_lead(i)].name)) return list[kith_metric_lead(i)].name;
    return list[0].name;
}

/* Writes a word of `size` letters as prose has it, which takes as many. */
static void write_word(char *word, size_t size)
{
    static const char *const prose[][2] = {
#define WORD(name, text) {name, text},
        KITH_METRIC_WORDS(WORD)
#undef WORD
    };
    for (size_t i = 0; i < sizeof prose / sizeof prose[0]; i++)
        if (strlen(prose[i][0]) == size && strncmp(word, prose[i][0], size) == 0) memcpy(word, prose[i][1], size);
}

void kith_metric_words(const char *name, bool capital, char *text, size_t size)
{
    snprintf(text, size, "%s", name);
    for (char *word = text; *word;) {
        const size_t length = strcspn(word, "_");
        write_word(word, length);
        word += length;
        if (*word) *word++ = ' ';
    }
    if (capital && *text >= 'a' && *text <= 'z') *text = (char)(*text - 'a' + 'A');
}

kith_metric kith_metric_of(const kith_own_metric *own, const char *plugin)
{
    return (kith_metric){.name = own->name,
                         .unit = own->unit,
                         .roles = "",
                         .sentence = own->sentence,
                         .better = (kith_better)own->better,
                         .log = own->log != 0,
                         .plugin = plugin};
}

static void print_roles(const kith_metric *m, FILE *out)
{
    static const struct {
        char letter;
        const char *word;
    } roles[] = {{'f', "federated"}, {'d', "decentralized"}, {'w', "walk"}, {'p', "population"}};
    const char *parted = "";
    if (m->plugin) fprintf(out, "told by %s", m->plugin);
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        if (!strchr(m->roles, roles[r].letter)) continue;
        fprintf(out, "%s%s", parted, roles[r].word);
        parted = ", ";
    }
}

void kith_metric_print_one(const kith_metric *m, FILE *out)
{
    const size_t length = strlen(m->name);
    fprintf(out, "%s%s (", m->name, m->name[length - 1] == '_' ? "..." : "");
    if (*m->unit) fprintf(out, "%s; ", m->unit);
    if (m->better != KITH_BETTER_NONE) fprintf(out, "%s is better; ", m->better == KITH_BETTER_UP ? "more" : "less");
    print_roles(m, out);
    fprintf(out, ")\n    %s\n", m->sentence);
}

void kith_metrics_print(FILE *out)
{
    for (size_t i = 0; i < KITH_METRIC_COUNT; i++)
        kith_metric_print_one(&list[i], out);
}

bool kith_metric_print(const char *name, FILE *out)
{
    const kith_metric *metric = kith_metric_find(NULL, name);
    if (metric) kith_metric_print_one(metric, out);
    return metric != NULL;
}
