/* What must be the same in all places. */
#include "launch/commands/join/join.h"

#include "launch/services/results/distinct.h"
#include "launch/services/results/environment.h"
#include "launch/services/results/groups.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { NAME_SIZE = 160, LIST_SIZE = 512, MOST_LISTED = 4 };

typedef struct listed {
    char text[LIST_SIZE];
    size_t used, count, left_out;
} listed;

static void list(listed *l, const char *format, ...) KITH_PRINTF(2, 3);
static void list(listed *l, const char *format, ...)
{
    char one[LIST_SIZE];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(one, sizeof one, format, args);
    va_end(args);
    if (l->count == MOST_LISTED || length < 0 || l->used + (size_t)length + 3 > sizeof l->text) {
        l->left_out++;
        return;
    }
    l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s%s", l->count++ ? ", " : "", one);
}

/* ", and 7 more", or nothing. */
static const char *rest_of(const listed *l, char text[32])
{
    text[0] = '\0';
    if (l->left_out) snprintf(text, 32, ", and %zu more", l->left_out);
    return text;
}

/* ---- experiments ---- */

/* A parameter as a place has it. */
typedef struct setting {
    const char *value; /* NULL: it has none */
    bool varies;
} setting;

typedef struct settings {
    const join *j;
    kith_distinct names;
    setting *all; /* [places][names.count] */
} settings;

static kith_status number_of(kith_ctx *ctx, settings *s, const kith_setting_text *p, size_t *number)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s.%s", p->section, p->key);
    return kith_distinct_text_number(ctx, &s->names, name, number, NULL);
}

static bool is_meant(const join_request *request, const kith_setting_text *p)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s.%s", p->section, p->key);
    for (size_t i = 0; i < request->bys; i++)
        if (strcmp(request->by[i], name) == 0) return true;
    /* Neither changes what is computed. */
    return !kith_tells_apart(p) || strcmp(p->section, "checkpoint") == 0 || strcmp(name, "partition.save") == 0;
}

/* Twice over all parameters: first all names are known, then values are noted. */
static kith_status note_settings(kith_ctx *ctx, settings *s, bool values)
{
    const join *j = s->j;
    for (size_t p = 0; p < j->request->places; p++)
        for (size_t r = 0; r < j->results[p].count; r++)
            for (size_t i = 0; i < j->results[p].run[r]->parameters; i++) {
                const kith_setting_text *text = &j->results[p].run[r]->parameter[i];
                size_t number;
                KITH_TRY(number_of(ctx, s, text, &number));
                if (!values) continue;
                setting *own = &s->all[p * s->names.count + number];
                own->varies |= is_meant(j->request, text) || (own->value && strcmp(own->value, text->value) != 0);
                own->value = text->value;
            }
    return KITH_OK;
}

/* The first of the places before p that has it. */
static const setting *before(const settings *s, size_t p, size_t number, size_t *which)
{
    for (*which = 0; *which < p; ++*which)
        if (s->all[*which * s->names.count + number].value) return &s->all[*which * s->names.count + number];
    return NULL;
}

static kith_status compare_place(kith_ctx *ctx, settings *s, size_t p)
{
    const kith_results *own = &s->j->results[p];
    listed differences = {.used = 0};
    size_t other = 0, number, which;
    char first[NAME_SIZE] = "", rest[32];
    for (size_t i = 0; i < own->run[0]->parameters; i++) {
        const kith_setting_text *text = &own->run[0]->parameter[i];
        KITH_TRY(number_of(ctx, s, text, &number));
        const setting *here = &s->all[p * s->names.count + number], *there = before(s, p, number, &which);
        if (!there || here->varies || there->varies || strcmp(here->value, there->value) == 0) continue;
        if (*first && which != other) continue;
        other = which;
        if (!*first) snprintf(first, sizeof first, "%s.%s", text->section, text->key);
        list(&differences, "%s.%s = %s and %s", text->section, text->key, there->value, here->value);
    }
    if (!*first) return KITH_OK;
    return kith_fail(ctx, KITH_EUSAGE,
                     "%s and %s are different experiments: %s%s; join what one file describes, or say what is meant to "
                     "differ with --by %s",
                     s->j->request->place[other], s->j->request->place[p], differences.text,
                     rest_of(&differences, rest), first);
}

kith_status join_check_experiments(kith_ctx *ctx, const join *j)
{
    settings s = {.j = j};
    kith_status status = note_settings(ctx, &s, false);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "parameters", j->request->places * s.names.count, &s.all);
    if (status == KITH_OK) status = note_settings(ctx, &s, true);
    for (size_t p = 1; p < j->request->places && status == KITH_OK; p++)
        status = compare_place(ctx, &s, p);
    kith_distinct_free(&s.names);
    kith_free(s.all);
    return status;
}

/* ---- builds ---- */

/* Those of the program, which come first, and those of plugins; what else is there does not change numbers. */
static void compare_builds(const char *one, const char *other, listed *out)
{
    static const char last[] = "workers=", plugin[] = "plugin.";
    bool program = true;
    for (const char *line = one; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        program = program && strncmp(line, last, sizeof last - 1) != 0;
        if (!program && strncmp(line, plugin, sizeof plugin - 1) != 0) continue;
        const size_t key = strcspn(line, "=\n");
        const char *value = kith_environment_value(one, line, key), *there = kith_environment_value(other, line, key);
        if (!value || !there) continue;
        const int own = (int)strcspn(value, "\n"), its = (int)strcspn(there, "\n");
        if (own != its || strncmp(value, there, (size_t)own) != 0)
            list(out, "%.*s = %.*s and %.*s", (int)key, line, own, value, its, there);
    }
}

static void note_processors(kith_ctx *ctx, const join *j, const kith_result *one, size_t place,
                            const kith_result *other)
{
    static const char key[] = "processor";
    const char *own = kith_environment_value(one->environment, key, sizeof key - 1);
    const char *its = kith_environment_value(other->environment, key, sizeof key - 1);
    if (!own || !its) return;
    const int length = (int)strcspn(own, "\n"), others = (int)strcspn(its, "\n");
    if (length == others && strncmp(own, its, (size_t)length) == 0) return;
    kith_note(ctx, "%s and %s come from different processors (%.*s, %.*s): numbers may differ in their last bits",
              j->request->place[0], j->request->place[place], length, own, others, its);
}

kith_status join_check_builds(kith_ctx *ctx, const join *j)
{
    const kith_result *first = j->results[0].run[0];
    for (size_t p = 1; p < j->request->places; p++) {
        for (size_t r = 0; r < j->results[p].count && !j->request->other_builds; r++) {
            listed differences = {.used = 0};
            char rest[32];
            compare_builds(first->environment, j->results[p].run[r]->environment, &differences);
            if (differences.count == 0) continue;
            return kith_fail(ctx, KITH_EUSAGE,
                             "%s and %s were made by different builds: %s%s; make them with one, or join them all the "
                             "same with --other-builds",
                             j->request->place[0], j->request->place[p], differences.text, rest_of(&differences, rest));
        }
        note_processors(ctx, j, first, p, j->results[p].run[0]);
    }
    return KITH_OK;
}

/* ---- the numbers of one run ---- */

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Empty: they are the same. */
static void compare_series(const kith_series *one, const kith_series *other, char *text, size_t size)
{
    if (!other || one->count != other->count) {
        snprintf(text, size, "%s has %zu numbers and %zu", one->name, one->count, other ? other->count : 0);
        return;
    }
    for (size_t i = 0; i < one->count; i++) {
        const kith_point *a = &one->point[i], *b = &other->point[i];
        if (a->round == b->round && same(a->value, b->value) && same(a->virtual_time, b->virtual_time)) continue;
        snprintf(text, size, "%s of round %llu is %.9g and %.9g", one->name, (unsigned long long)a->round, a->value,
                 b->value);
        return;
    }
}

static void compare_histograms(const kith_result *one, const kith_result *other, char *text, size_t size)
{
    for (size_t h = 0; h < one->histograms; h++) {
        const kith_histogram *a = &one->histogram[h], *b = kith_result_histogram(other, a->name);
        if (b && a->bins == b->bins && memcmp(a->value, b->value, a->bins * sizeof *a->value) == 0) continue;
        snprintf(text, size, "the histogram %s", a->name);
        return;
    }
}

static bool is_a_clock(const char *metric)
{
    return strncmp(metric, "wall_", 5) == 0;
}

kith_status join_check_twins(kith_ctx *ctx, const kith_result *first, const char *first_place,
                             const kith_result *second, const char *second_place)
{
    char text[LIST_SIZE] = "";
    for (size_t s = 0; s < first->series_count && !*text; s++)
        if (!is_a_clock(first->series[s].name))
            compare_series(&first->series[s], kith_result_series(second, first->series[s].name), text, sizeof text);
    for (size_t s = 0; s < second->series_count && !*text; s++)
        if (!is_a_clock(second->series[s].name) && !kith_result_series(first, second->series[s].name))
            snprintf(text, sizeof text, "%s has no number and %zu", second->series[s].name, second->series[s].count);
    if (!*text) compare_histograms(first, second, text, sizeof text);
    if (!*text) return KITH_OK;
    return kith_fail(
        ctx, KITH_EUSAGE,
        "run %s of %s and run %s of %s have the same configuration and other numbers: %s; data or programs "
        "were not the same, so make one of them again",
        first->id, first_place, second->id, second_place, text);
}
