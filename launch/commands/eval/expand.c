/* From what users name to folders with policies: a sweep's folder stands for all its runs, an id or a name for one. */
#include "launch/commands/eval/eval.h"

#include "launch/services/console.h"
#include "launch/services/results/groups.h"
#include "record/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat is;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && stat(path, &is) == 0;
}

static kith_status keep(kith_ctx *ctx, eval_options *o, char *made)
{
    option_words *w = &o->words;
    char **grown = made ? reallocarray(w->made, w->mades + 1, sizeof *grown) : NULL;
    if (!grown) {
        free(made);
        return kith_fail(ctx, KITH_EMEMORY, "no memory for the names of entrants");
    }
    w->made = grown;
    w->made[w->mades++] = made;
    return KITH_OK;
}

/* text, label: kept by somebody else. */
static kith_status add(kith_ctx *ctx, eval_options *o, const char *text, const char *label)
{
    const char **texts = reallocarray(o->text, o->count + 1, sizeof *texts);
    if (texts) o->text = texts;
    const char **labels = reallocarray(o->label, o->count + 1, sizeof *labels);
    if (labels) o->label = labels;
    if (!texts || !labels) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", text);
    o->text[o->count] = text;
    o->label[o->count++] = label;
    return KITH_OK;
}

/* As the report calls it: its configuration, and its seed where that is not enough. */
static char *label_of(const kith_groups *groups, const kith_result *run, const char *before)
{
    char *label = NULL;
    for (size_t g = 0; g < groups->count; g++) {
        const kith_group *group = &groups->group[g];
        for (size_t r = 0; r < group->count + group->repeats; r++) {
            if (group->run[r] != run) continue;
            char seed[48] = "";
            if (group->count > 1) snprintf(seed, sizeof seed, ", seed = %" PRIu64, run->seed);
            if (asprintf(&label, "%s%s%s", before, group->label, seed) < 0) label = NULL;
            return label;
        }
    }
    return strdup("");
}

/* What two runs would share is no name. */
static void drop_common(const eval_options *o, size_t from)
{
    for (size_t i = from; i < o->count; i++)
        for (size_t j = i + 1; j < o->count && *o->label[i]; j++)
            if (!strcmp(o->label[i], o->label[j])) o->label[i] = o->label[j] = "";
}

static kith_status add_run(kith_ctx *ctx, eval_options *o, const char *home, const char *which, char *label)
{
    char *text = NULL;
    if (asprintf(&text, "%s%s", home, which) < 0) text = NULL;
    const kith_status labelled = keep(ctx, o, label), kept = keep(ctx, o, text);
    KITH_TRY(labelled);
    KITH_TRY(kept);
    return add(ctx, o, text, label);
}

static char *name_of(const eval_options *o, const kith_results *results, const kith_groups *groups,
                     const kith_result *run, const char *where)
{
    char before[KITH_LABEL_SIZE] = "";
    if (results->count == 1) return strdup(where);
    if (o->several) snprintf(before, sizeof before, "%.120s: ", where);
    return label_of(groups, run, before);
}

/* Those of its runs that have policies; what has none yet is said. where: `text` without `which`. */
static kith_status add_runs(kith_ctx *ctx, eval_options *o, const char *text, const char *where, const char *which,
                            const kith_results *results)
{
    size_t without = 0;
    const size_t before = o->count;
    kith_groups groups = {.count = 0};
    KITH_TRY(kith_groups_make(ctx, results, &groups));
    kith_status status = KITH_OK;
    for (size_t r = 0; r < results->count && status == KITH_OK; r++) {
        char *home = NULL;
        status = kith_result_home(ctx, results->run[r], &home);
        if (status == KITH_OK && (has(home, "policies.csv") || results->count == 1))
            status = add_run(ctx, o, home, which, name_of(o, results, &groups, results->run[r], where));
        else
            without++;
        free(home);
    }
    kith_groups_free(&groups);
    KITH_TRY(status);
    drop_common(o, before);
    if (o->count == before)
        return kith_fail(ctx, KITH_EIO,
                         "%s: none of its %zu runs has policies (no policies.csv); runs of population algorithms leave "
                         "them when they end",
                         text, results->count);
    if (without)
        kith_note(ctx, "%s: %zu of its %zu runs have no policies (yet) and are left out", text, without,
                  results->count);
    return KITH_OK;
}

/* A folder's own name may have colons. */
static kith_status expand_one(kith_ctx *ctx, eval_options *o, const char *text, const char *label)
{
    struct stat is;
    kith_results results;
    const char *colon = stat(text, &is) == 0 ? NULL : strrchr(text, ':');
    char *where = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
    if (!where) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", text);
    const bool folder = stat(where, &is) == 0 && S_ISDIR(is.st_mode);
    /* What is no run, and none that could be looked for, is told by who opens it. */
    kith_status status = has(where, "config.ini") || (folder && !has(where, KITH_DATABASE_NAME))
                             ? KITH_EIO
                             : kith_results_read(ctx, where, &results);
    if (status == KITH_OK) {
        status = add_runs(ctx, o, text, where, colon ? colon : "", &results);
        kith_results_free(&results);
    } else {
        kith_ctx_forget(ctx);
        status = add(ctx, o, text, label);
    }
    free(where);
    return status;
}

kith_status eval_expand(eval_options *o)
{
    const char **text = o->text, **label = o->label;
    const size_t count = o->count, labels = o->labels;
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = ctx ? KITH_OK : KITH_EMEMORY;
    o->text = o->label = NULL;
    o->count = 0;
    o->several = count > 1;
    for (size_t i = 0; i < count && status == KITH_OK; i++)
        status = expand_one(ctx, o, text[i], labels == count ? label[i] : "");
    if (status == KITH_OK && !o->run.quiet) say_notes(ctx);
    if (status != KITH_OK) say_failure(ctx, status);
    free((void *)text);
    free((void *)label);
    kith_ctx_destroy(ctx);
    return status;
}
