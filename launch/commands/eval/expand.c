/* From what users name to folders with policies: a sweep's folder stands for all its runs, an id or a name for one. */
#include "launch/commands/eval/eval.h"

#include "launch/services/console.h"
#include "launch/services/results/results.h"
#include "record/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat is;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && stat(path, &is) == 0;
}

static kith_status add(kith_ctx *ctx, eval_options *o, const char *text, const char *which, char *made)
{
    const char **grown = reallocarray(o->text, o->count + 1, sizeof *grown);
    char **owned = reallocarray(o->made, o->mades + 1, sizeof *owned);
    if (grown) o->text = grown;
    if (owned) o->made = owned;
    if (!grown || !owned || (made && asprintf(&o->made[o->mades], "%s%s", made, which) < 0))
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", text);
    o->text[o->count++] = made ? o->made[o->mades++] : text;
    return KITH_OK;
}

/* Those of its runs that have policies; what has none yet is said. */
static kith_status add_runs(kith_ctx *ctx, eval_options *o, const char *text, const char *which,
                            const kith_results *results)
{
    size_t without = 0;
    const size_t before = o->count;
    for (size_t r = 0; r < results->count; r++) {
        char *home = NULL;
        KITH_TRY(kith_result_home(ctx, results->run[r], &home));
        kith_status status = KITH_OK;
        if (has(home, "policies.csv") || results->count == 1)
            status = add(ctx, o, text, which, home);
        else
            without++;
        free(home);
        KITH_TRY(status);
    }
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
static kith_status expand_one(kith_ctx *ctx, eval_options *o, const char *text)
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
    free(where);
    if (status != KITH_OK) {
        kith_ctx_forget(ctx);
        return add(ctx, o, text, "", NULL);
    }
    status = add_runs(ctx, o, text, colon ? colon : "", &results);
    kith_results_free(&results);
    return status;
}

kith_status eval_expand(eval_options *o)
{
    const char **text = o->text;
    const size_t count = o->count;
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = ctx ? KITH_OK : KITH_EMEMORY;
    o->text = NULL;
    o->count = 0;
    for (size_t i = 0; i < count && status == KITH_OK; i++)
        status = expand_one(ctx, o, text[i]);
    if (status == KITH_OK && !o->run.quiet) say_notes(ctx);
    if (status != KITH_OK) say_failure(ctx, status);
    free((void *)text);
    kith_ctx_destroy(ctx);
    return status;
}
