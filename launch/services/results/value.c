#include "launch/services/results/value.h"

#include "base/metrics.h"
#include "config/config.h"
#include "launch/services/results/groups.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char best[] = "best ";

/* ---- what there is ---- */

/* The number that a text is, as a whole. */
static double number_of(const char *text)
{
    const char *end;
    if (!*text) return NAN;
    const double number = kith_number(text, &end);
    return *end ? NAN : number;
}

/* A parameter by section.key, or by a key that is the run's only one. */
static const char *parameter_of(const kith_result *run, const char *name)
{
    const char *dot = strrchr(name, '.'), *found = NULL;
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        if (strcmp(p->key, dot ? dot + 1 : name) != 0) continue;
        if (dot && (strlen(p->section) != (size_t)(dot - name) || strncmp(p->section, name, strlen(p->section)) != 0))
            continue;
        if (found) return NULL;
        found = p->value;
    }
    return found;
}

static double metric_of(const kith_result *run, const char *name)
{
    const bool asks_best = strncmp(name, best, sizeof best - 1) == 0;
    const char *metric = asks_best ? name + sizeof best - 1 : name;
    if (!asks_best) return kith_result_last(run, metric);
    const kith_better better = kith_metric_better(run->declared, metric);
    return better == KITH_BETTER_NONE ? (double)NAN : kith_result_best(run, metric, better == KITH_BETTER_UP);
}

/* A shorter text than %.17g where six digits are all there is to tell runs apart by. */
static void tell_number(kith_run_value *out, double number)
{
    out->number = number;
    if (isnan(number)) return;
    snprintf(out->room, sizeof out->room, fabs(number) < 1e6 && number == floor(number) ? "%.0f" : "%.5g", number);
    out->text = out->room;
}

/* Texts that every run has, by where they lie in it; NULL: there is none of the name. */
typedef struct own_text {
    const char *name;
    size_t offset;
} own_text;

static const own_text *text_named(const char *name)
{
    static const own_text own[] = {{"run", offsetof(kith_result, id)},
                                   {"folder", offsetof(kith_result, folder)},
                                   {"name", offsetof(kith_result, name)},
                                   {"status", offsetof(kith_result, status)},
                                   {"algorithm", offsetof(kith_result, algorithm)},
                                   {"started", offsetof(kith_result, started)},
                                   {"finished", offsetof(kith_result, finished)},
                                   {"note", offsetof(kith_result, note)},
                                   {"tags", offsetof(kith_result, tags)}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i].name, name) == 0) return &own[i];
    return NULL;
}

void kith_run_value_of(const kith_result *run, const char *name, kith_run_value *out)
{
    const own_text *own = text_named(name);
    *out = (kith_run_value){.number = NAN};
    if (own) {
        const char *text = *(const char *const *)((const char *)run + own->offset);
        out->text = *text ? text : NULL;
        return;
    }
    if (strcmp(name, "seed") == 0) {
        snprintf(out->room, sizeof out->room, "%" PRIu64, run->seed);
        out->text = out->room;
    } else if (strcmp(name, "rounds") == 0) {
        tell_number(out, (double)kith_result_rounds(run));
        return;
    } else if (!kith_result_series(run, name)) {
        out->text = parameter_of(run, name);
    }
    if (out->text)
        out->number = number_of(out->text);
    else
        tell_number(out, metric_of(run, name));
}

static size_t names_at_most(const kith_results *results)
{
    size_t count = 0;
    for (size_t r = 0; r < results->count; r++)
        count += results->run[r]->series_count + results->run[r]->parameters;
    return count;
}

static kith_status refuse_name(kith_ctx *ctx, const kith_results *results, const char *option, const char *name)
{
    const char **names;
    size_t count = 0;
    KITH_TRY(KITH_ALLOC(ctx, "names", names_at_most(results), &names));
    for (size_t r = 0; r < results->count; r++) {
        for (size_t s = 0; s < results->run[r]->series_count; s++)
            names[count++] = results->run[r]->series[s].name;
        for (size_t p = 0; p < results->run[r]->parameters; p++)
            names[count++] = results->run[r]->parameter[p].key;
    }
    const char *near = kith_nearest(name, names, count);
    const kith_status status =
        near ? kith_fail(ctx, KITH_EUSAGE, "%s: no run has a parameter or metric '%s'; did you mean '%s'?", option,
                         name, near)
             : kith_fail(ctx, KITH_EUSAGE,
                         "%s: no run has a parameter or metric '%s'; give section.key, or the name of a metric", option,
                         name);
    kith_free(names);
    return status;
}

kith_status kith_run_value_check(kith_ctx *ctx, const kith_results *results, const char *option, const char *name)
{
    if (text_named(name) || strcmp(name, "seed") == 0 || strcmp(name, "rounds") == 0) return KITH_OK;
    for (size_t r = 0; r < results->count; r++) {
        kith_run_value value;
        kith_run_value_of(results->run[r], name, &value);
        if (value.text) return KITH_OK;
    }
    return refuse_name(ctx, results, option, name);
}

int kith_run_value_order(const kith_run_value *a, const kith_run_value *b)
{
    if (!a->text || !b->text) return (a->text == NULL) - (b->text == NULL);
    if (isnan(a->number) || isnan(b->number))
        return isnan(a->number) && isnan(b->number) ? strcmp(a->text, b->text) : isnan(a->number) ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- criteria ---- */

/* Longer ones first, so that < is not found in <=. */
static const char *const comparisons[] = {"!=", "<=", ">=", "=", "<", ">"};
enum { NOT_EQUAL, AT_MOST, AT_LEAST, EQUAL, LESS, MORE, COMPARISONS };

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n > 0 && strchr(" \t", text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

/* Where the first comparison begins; comparisons[*how] is the longest there. */
static char *comparison_in(char *text, int *how)
{
    char *at = strpbrk(text, "!<>=");
    if (!at) return NULL;
    for (*how = 0; *how < COMPARISONS; ++*how)
        if (strncmp(at, comparisons[*how], strlen(comparisons[*how])) == 0) return at;
    return NULL;
}

kith_status kith_criterion_read(kith_ctx *ctx, const char *text, kith_criterion *out)
{
    int how = 0;
    char *copy = strdup(text);
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "no memory for a criterion");
    char *at = comparison_in(copy, &how);
    if (!at || at == copy + strspn(copy, " \t")) {
        free(copy);
        return kith_fail(ctx, KITH_EUSAGE,
                         "-w '%s': is no criterion; write NAME = VALUE, or !=, <, <=, >, >= in place of =, as in -w "
                         "'status = done'",
                         text);
    }
    *at = '\0';
    *out = (kith_criterion){.name = copy, .value = trimmed(at + strlen(comparisons[how])), .how = how};
    memmove(copy, trimmed(copy), strlen(trimmed(copy)) + 1);
    return KITH_OK;
}

void kith_criterion_free(kith_criterion *criterion)
{
    free(criterion->name);
}

bool kith_criterion_met(const kith_criterion *c, const kith_result *run)
{
    kith_run_value value;
    kith_run_value_of(run, c->name, &value);
    if (!value.text) return c->how == NOT_EQUAL;
    const double wanted = number_of(c->value);
    const bool numbers = !isnan(wanted) && !isnan(value.number);
    const int order = numbers ? (value.number > wanted) - (value.number < wanted) : strcmp(value.text, c->value);
    const bool equal = numbers ? order == 0 : fnmatch(c->value, value.text, 0) == 0;
    const bool met[COMPARISONS] = {[NOT_EQUAL] = !equal,
                                   [AT_MOST] = order <= 0,
                                   [AT_LEAST] = order >= 0,
                                   [EQUAL] = equal,
                                   [LESS] = order<0, [MORE] = order> 0};
    return met[c->how];
}
