/* Outputs that would replace inputs of the same run. */
#include "config/entries.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct target {
    kith_ctx *ctx;
    const char *path;
    struct stat found;
} target;

static bool is_it(const target *t, const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && found.st_dev == t->found.st_dev && found.st_ino == t->found.st_ino;
}

/* Keys that name what a run writes. */
static bool is_written(const kith_bound *bound)
{
    return (strcmp(bound->section, "run") == 0 && strcmp(bound->key, "output") == 0) ||
           (strcmp(bound->section, "partition") == 0 && strcmp(bound->key, "save") == 0);
}

static kith_status refuse(const target *t, const char *what, const char *key)
{
    return kith_fail(t->ctx, KITH_EIO, "%s: is what this run reads (%s%s), and is not replaced; choose another place",
                     t->path, what, key);
}

/* Some paths are several, with blanks between. */
static kith_status compare_words(const target *t, const kith_bound *bound)
{
    char name[128];
    bool same = is_it(t, bound->path);
    char *words = strdup(bound->path), *rest = words;
    if (!words) return kith_fail(t->ctx, KITH_EMEMORY, "%s: no memory for its name", t->path);
    for (const char *word; !same && (word = strsep(&rest, " \t")) != NULL;)
        same = *word && is_it(t, word);
    free(words);
    snprintf(name, sizeof name, "%s.%s", bound->section, bound->key);
    return same ? refuse(t, "", name) : KITH_OK;
}

kith_status kith_config_spare(kith_ctx *ctx, const kith_config *config, const char *path)
{
    target t = {.ctx = ctx, .path = path};
    if (stat(path, &t.found) != 0) return KITH_OK;
    for (size_t i = 0; i < config->entries; i++)
        if (config->entry[i].file && is_it(&t, config->entry[i].file)) return refuse(&t, "its configuration", "");
    for (size_t i = 0; i < config->bounds; i++) {
        const kith_bound *bound = &config->bound[i];
        if (bound->used && bound->path && *bound->path && !is_written(bound)) KITH_TRY(compare_words(&t, bound));
    }
    return KITH_OK;
}
