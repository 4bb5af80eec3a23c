#include "launch/services/results/groups.h"

#include "base/shorten.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this many, the names of runs tell groups apart better than a list of parameters does. */
enum { KEYS_IN_LABEL = 3, LONG_LABEL = 1024 };

bool kith_is_seed(const char *key)
{
    const size_t length = strlen(key);
    return strcmp(key, "seed") == 0 || strncmp(key, "seed_", 5) == 0 ||
           (length > 5 && strcmp(key + length - 5, "_seed") == 0);
}

bool kith_is_place(const char *section, const char *key)
{
    return strcmp(section, "run") == 0 && (strcmp(key, "output") == 0 || strcmp(key, "name") == 0);
}

bool kith_tells_apart(const kith_setting_text *p)
{
    return !kith_is_seed(p->key) && !kith_is_place(p->section, p->key);
}

/* Runs of one program list their parameters in one order, hence the look at the same index first. */
const char *kith_value_in(const kith_result *run, const kith_setting_text *p, size_t index)
{
    if (index < run->parameters && strcmp(run->parameter[index].key, p->key) == 0 &&
        strcmp(run->parameter[index].section, p->section) == 0)
        return run->parameter[index].value;
    return kith_result_parameter(run, p->section, p->key);
}

static bool covers(const kith_result *a, const kith_result *b)
{
    for (size_t i = 0; i < b->parameters; i++) {
        const char *value = kith_value_in(a, &b->parameter[i], i);
        if (kith_tells_apart(&b->parameter[i]) && (!value || strcmp(value, b->parameter[i].value) != 0)) return false;
    }
    return true;
}

static bool same_settings(const kith_result *a, const kith_result *b)
{
    return strcmp(a->algorithm, b->algorithm) == 0 && covers(a, b) && covers(b, a);
}

static bool same_seeds(const kith_result *a, const kith_result *b)
{
    bool same = a->seed == b->seed;
    for (size_t i = 0; same && i < a->parameters; i++) {
        if (!kith_is_seed(a->parameter[i].key)) continue;
        const char *value = kith_value_in(b, &a->parameter[i], i);
        same = value && strcmp(value, a->parameter[i].value) == 0;
    }
    return same;
}

static bool is_better(const kith_result *a, const kith_result *b)
{
    const bool a_done = strcmp(a->status, "done") == 0, b_done = strcmp(b->status, "done") == 0;
    return a_done != b_done ? a_done : kith_result_rounds(a) > kith_result_rounds(b);
}

static kith_status join(kith_ctx *ctx, kith_group *group, const kith_result *run)
{
    const kith_result **grown = reallocarray(group->run, group->count + group->repeats + 1, sizeof *grown);
    if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory to group runs");
    group->run = grown;
    size_t same = 0;
    while (same < group->count && !same_seeds(grown[same], run))
        same++;
    if (same < group->count && is_better(run, grown[same])) {
        const kith_result *former = grown[same];
        grown[same] = run;
        run = former;
    }
    if (same < group->count) {
        grown[group->count + group->repeats++] = run;
        return KITH_OK;
    }
    memmove(grown + group->count + 1, grown + group->count, group->repeats * sizeof *grown);
    grown[group->count++] = run;
    return KITH_OK;
}

/* Whether the groups of p's algorithm that have the parameter do not all have p's value: those that lack it run without
 * the plugin whose it is, which another parameter tells. */
static bool varies(const kith_groups *groups, const kith_result *run, const kith_setting_text *p, size_t index)
{
    for (size_t g = 0; g < groups->count; g++) {
        const kith_result *other = groups->group[g].run[0];
        if (strcmp(other->algorithm, run->algorithm) != 0) continue;
        const char *value = kith_value_in(other, p, index);
        if (value && strcmp(value, p->value) != 0) return true;
    }
    return false;
}

static void append_setting(char *label, const kith_setting_text *p)
{
    char value[KITH_TOLD_SIZE];
    const size_t used = strlen(label);
    kith_shorten(p->value, value, sizeof value);
    snprintf(label + used, LONG_LABEL - used, ", %s = %s", p->key, value);
}

static void make_label(const kith_groups *groups, kith_group *group)
{
    const kith_result *run = group->run[0];
    char label[LONG_LABEL];
    size_t keys = 0;
    snprintf(label, sizeof label, "%s", run->algorithm);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        if (!kith_tells_apart(p) || !varies(groups, run, p, i)) continue;
        if (++keys <= KEYS_IN_LABEL) append_setting(label, p);
    }
    if (keys > KEYS_IN_LABEL) snprintf(label, sizeof label, "%s, %s", run->algorithm, run->name);
    kith_shorten(label, group->label, sizeof group->label);
}

static void make_labels(kith_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++) {
        char *label = groups->group[g].label;
        make_label(groups, &groups->group[g]);
        for (size_t h = 0; h < g; h++) {
            if (strcmp(label, groups->group[h].label) != 0) continue;
            const size_t used = strlen(label), most = KITH_LABEL_SIZE - 24, at = used < most ? used : most;
            snprintf(label + at, KITH_LABEL_SIZE - at, " (%zu)", g + 1);
            break;
        }
    }
}

kith_status kith_groups_make(kith_ctx *ctx, const kith_results *results, kith_groups *out)
{
    kith_groups groups = {.count = 0};
    KITH_TRY(KITH_ALLOC(ctx, "groups of runs", results->count, &groups.group));
    for (size_t r = 0; r < results->count; r++) {
        size_t g = 0;
        while (g < groups.count && !same_settings(groups.group[g].run[0], results->run[r]))
            g++;
        const kith_status status = join(ctx, &groups.group[g], results->run[r]);
        if (status != KITH_OK) {
            kith_groups_free(&groups);
            return status;
        }
        if (g == groups.count) groups.count++;
    }
    make_labels(&groups);
    *out = groups;
    return KITH_OK;
}

size_t kith_group_done(const kith_group *group)
{
    size_t done = 0;
    for (size_t r = 0; r < group->count; r++)
        done += strcmp(group->run[r]->status, "done") == 0;
    return done;
}

bool kith_group_counts(const kith_group *group, const kith_result *run)
{
    return strcmp(run->status, "done") == 0 || kith_group_done(group) == 0;
}

void kith_groups_free(kith_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++)
        free(groups->group[g].run);
    kith_free(groups->group);
    memset(groups, 0, sizeof *groups);
}
