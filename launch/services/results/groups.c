#include "launch/services/results/groups.h"

#include "launch/services/results/distinct.h"

#include "base/shorten.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

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

/* A digest of the algorithm and of settings, whatever their order: of what tells configurations apart, or of seeds. */
static void digest(const kith_result *run, bool seeds, uint64_t out[2])
{
    const XXH128_hash_t first = XXH3_128bits(run->algorithm, strlen(run->algorithm));
    out[0] = first.low64;
    out[1] = first.high64;
    if (seeds) out[0] += run->seed * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        if (seeds ? !kith_is_seed(p->key) : !kith_tells_apart(p)) continue;
        const XXH64_hash_t name =
            XXH3_64bits_withSeed(p->key, strlen(p->key), XXH3_64bits(p->section, strlen(p->section)));
        const XXH128_hash_t own = XXH3_128bits_withSeed(p->value, strlen(p->value), name);
        out[0] += own.low64;
        out[1] += own.high64;
    }
}

static bool is_better(const kith_result *a, const kith_result *b)
{
    const bool a_done = strcmp(a->status, "done") == 0, b_done = strcmp(b->status, "done") == 0;
    return a_done != b_done ? a_done : kith_result_rounds(a) > kith_result_rounds(b);
}

/* What is needed to sort runs into groups in one pass. */
typedef struct sorter {
    kith_distinct settings, seeds; /* seeds: with the settings' number */
    size_t *place;                 /* [seeds.count] in the group's list */
} sorter;

/* same: whose place in the list has the run's settings and seeds; the count: nobody's. */
static kith_status join(kith_ctx *ctx, kith_group *group, size_t same, const kith_result *run)
{
    const kith_result **grown = reallocarray(group->run, group->count + group->repeats + 1, sizeof *grown);
    if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory to group runs");
    group->run = grown;
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

static kith_status sort_run(kith_ctx *ctx, sorter *s, kith_groups *groups, const kith_result *run)
{
    uint64_t key[3];
    size_t g, seeds;
    bool is_new;
    digest(run, false, key);
    KITH_TRY(kith_distinct_number(ctx, &s->settings, key, sizeof key[0] * 2, &g, NULL));
    digest(run, true, key);
    key[2] = g;
    KITH_TRY(kith_distinct_number(ctx, &s->seeds, key, sizeof key, &seeds, &is_new));
    groups->count = s->settings.count;
    kith_group *group = &groups->group[g];
    if (is_new) s->place[seeds] = group->count;
    return join(ctx, group, s->place[seeds], run);
}

/* ---- labels ---- */

/* What the groups of one algorithm have under one name. */
typedef struct variety {
    const char *value; /* of the first */
    bool varies;
} variety;

typedef struct varieties {
    kith_distinct name; /* algorithm, section and key */
    variety *variety;   /* [name.count] */
    size_t room;
} varieties;

static kith_status number_of(kith_ctx *ctx, varieties *v, const kith_result *run, const kith_setting_text *p,
                             size_t *number, bool *is_new)
{
    char name[1024];
    const int length = snprintf(name, sizeof name, "%s%c%s%c%s", run->algorithm, 0, p->section, 0, p->key);
    const size_t size = length < (int)sizeof name ? (size_t)length : sizeof name - 1;
    return kith_distinct_number(ctx, &v->name, name, size, number, is_new);
}

static kith_status note_variety(kith_ctx *ctx, varieties *v, const kith_result *run, const kith_setting_text *p)
{
    size_t n;
    bool is_new;
    KITH_TRY(number_of(ctx, v, run, p, &n, &is_new));
    if (n >= v->room) {
        const size_t room = v->room ? 2 * v->room : 64;
        variety *grown = reallocarray(v->variety, room, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory to group runs");
        v->variety = grown;
        v->room = room;
    }
    if (is_new)
        v->variety[n] = (variety){.value = p->value};
    else if (strcmp(v->variety[n].value, p->value) != 0)
        v->variety[n].varies = true;
    return KITH_OK;
}

static void append_setting(char *label, const kith_setting_text *p)
{
    char value[KITH_TOLD_SIZE];
    const size_t used = strlen(label);
    kith_shorten(p->value, value, sizeof value);
    snprintf(label + used, LONG_LABEL - used, ", %s = %s", p->key, value);
}

void kith_label_halt(const kith_result *run, char label[KITH_LABEL_SIZE])
{
    enum { MOST = 40 };
    const size_t used = strlen(label), at = used < KITH_LABEL_SIZE - MOST ? used : KITH_LABEL_SIZE - MOST;
    const char *digits = run->message + strcspn(run->message, "0123456789");
    if (kith_result_is_halted(run))
        snprintf(label + at, MOST, ", halted in round %.*s", (int)strspn(digits, "0123456789"), digits);
}

/* Those of its algorithm that have a parameter do not all have one value: those that lack it run without the plugin
 * whose it is, which another parameter tells. */
static kith_status make_label(kith_ctx *ctx, varieties *v, kith_group *group)
{
    const kith_result *run = group->run[0];
    char label[LONG_LABEL];
    size_t keys = 0;
    snprintf(label, sizeof label, "%s", run->algorithm);
    for (size_t i = 0; i < run->parameters; i++) {
        const kith_setting_text *p = &run->parameter[i];
        size_t n;
        if (!kith_tells_apart(p)) continue;
        KITH_TRY(number_of(ctx, v, run, p, &n, NULL));
        if (v->variety[n].varies && ++keys <= KEYS_IN_LABEL) append_setting(label, p);
    }
    if (keys > KEYS_IN_LABEL) snprintf(label, sizeof label, "%s, %s", run->algorithm, run->name);
    kith_shorten(label, group->label, sizeof group->label);
    kith_label_halt(run, group->label);
    return KITH_OK;
}

static kith_status tell_twins_apart(kith_ctx *ctx, kith_distinct *labels, size_t g, char *label)
{
    size_t number;
    bool is_new;
    KITH_TRY(kith_distinct_text_number(ctx, labels, label, &number, &is_new));
    if (is_new) return KITH_OK;
    const size_t used = strlen(label), most = KITH_LABEL_SIZE - 24, at = used < most ? used : most;
    snprintf(label + at, KITH_LABEL_SIZE - at, " (%zu)", g + 1);
    return KITH_OK;
}

static kith_status label_all(kith_ctx *ctx, kith_groups *groups, varieties *v, kith_distinct *labels)
{
    for (size_t g = 0; g < groups->count; g++) {
        const kith_result *run = groups->group[g].run[0];
        for (size_t i = 0; i < run->parameters; i++)
            if (kith_tells_apart(&run->parameter[i])) KITH_TRY(note_variety(ctx, v, run, &run->parameter[i]));
    }
    for (size_t g = 0; g < groups->count; g++) {
        KITH_TRY(make_label(ctx, v, &groups->group[g]));
        KITH_TRY(tell_twins_apart(ctx, labels, g, groups->group[g].label));
    }
    return KITH_OK;
}

static kith_status make_labels(kith_ctx *ctx, kith_groups *groups)
{
    varieties v = {.room = 0};
    kith_distinct labels = {.count = 0};
    const kith_status status = label_all(ctx, groups, &v, &labels);
    kith_distinct_free(&labels);
    kith_distinct_free(&v.name);
    free(v.variety);
    return status;
}

static kith_status sort_runs(kith_ctx *ctx, const kith_results *results, sorter *s, kith_groups *groups)
{
    KITH_TRY(KITH_ALLOC(ctx, "groups of runs", results->count, &groups->group));
    KITH_TRY(KITH_ALLOC(ctx, "groups of runs", results->count, &s->place));
    for (size_t r = 0; r < results->count; r++)
        KITH_TRY(sort_run(ctx, s, groups, results->run[r]));
    return KITH_OK;
}

kith_status kith_groups_make(kith_ctx *ctx, const kith_results *results, kith_groups *out)
{
    kith_groups groups = {.count = 0};
    sorter s = {.place = NULL};
    kith_status status = sort_runs(ctx, results, &s, &groups);
    if (status == KITH_OK) status = make_labels(ctx, &groups);
    kith_distinct_free(&s.settings);
    kith_distinct_free(&s.seeds);
    kith_free(s.place);
    if (status == KITH_OK)
        *out = groups;
    else
        kith_groups_free(&groups);
    return status;
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
    if (strcmp(run->status, "done") == 0) return true;
    for (size_t r = 0; r < group->count; r++)
        if (strcmp(group->run[r]->status, "done") == 0) return false;
    return true;
}

void kith_groups_free(kith_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++)
        free(groups->group[g].run);
    kith_free(groups->group);
    memset(groups, 0, sizeof *groups);
}
