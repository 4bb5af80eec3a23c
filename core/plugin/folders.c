#include "plugin/folders.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static kith_status add(kith_ctx *ctx, kith_folders *folders, const char *path)
{
    char **grown = realloc(folders->path, (folders->count + 1) * sizeof *grown);
    if (grown) folders->path = grown;
    char *copy = grown ? strdup(path) : NULL;
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "plugin folders: no memory for %s", path);
    folders->path[folders->count++] = copy;
    return KITH_OK;
}

static kith_status add_listed(kith_ctx *ctx, kith_folders *folders, const char *list)
{
    char *copy = strdup(list), *rest = copy;
    kith_status status =
        copy ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "plugin folders: no memory for KITH_PLUGIN_PATH");
    while (status == KITH_OK && rest) {
        const char *path = strsep(&rest, ":");
        if (!*path) continue;
        if (is_folder(path))
            status = add(ctx, folders, path);
        else
            kith_note(ctx, "KITH_PLUGIN_PATH: %s is no folder, so no plugin is looked for there", path);
    }
    free(copy);
    return status;
}

/* Cuts the last part off; false when there is none left. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) return false;
    *slash = '\0';
    return true;
}

static bool ends_in(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return slash && strcmp(slash + 1, name) == 0;
}

bool kith_folders_build_tree(const char *program, char *out, size_t size)
{
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s", program);
    if (length < 0 || (size_t)length >= sizeof path) return false;
    if (!go_up(path) || ends_in(path, "bin")) return false;
    for (int up = 0; up < 3; up++) {
        const int needed = snprintf(out, size, "%s/modules/.libs", path);
        if (needed > 0 && (size_t)needed < size && is_folder(out)) return true;
        if (!go_up(path)) return false;
    }
    return false;
}

void kith_folders_installed(const char *program, const char *configured, char *out, size_t size)
{
    static const char prefix[] = KITH_PREFIX;
    char path[PATH_MAX];
    const size_t tail = strlen(prefix);
    snprintf(out, size, "%s", configured);
    const int length = snprintf(path, sizeof path, "%s", program);
    if (length < 0 || (size_t)length >= sizeof path || strncmp(configured, prefix, tail) != 0) return;
    if (!go_up(path) || !ends_in(path, "bin")) return;
    *strrchr(path, '/') = '\0';
    const int needed = snprintf(out, size, "%s%s", path, configured + tail);
    if (needed < 0 || (size_t)needed >= size || !is_folder(out)) snprintf(out, size, "%s", configured);
}

/* Where the program itself keeps its plugins. */
static kith_status add_own(kith_ctx *ctx, kith_folders *folders)
{
    char program[PATH_MAX], own[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    if (!kith_folders_build_tree(program, own, sizeof own))
        kith_folders_installed(program, KITH_PLUGINS_DIR, own, sizeof own);
    return add(ctx, folders, own);
}

kith_status kith_folders_find(kith_ctx *ctx, kith_folders *out)
{
    kith_folders folders = {0};
    const char *list = getenv("KITH_PLUGIN_PATH");
    kith_status status = add_listed(ctx, &folders, list ? list : "");
    if (status == KITH_OK) status = add_own(ctx, &folders);
    if (status != KITH_OK) {
        kith_folders_free(&folders);
        return status;
    }
    *out = folders;
    return KITH_OK;
}

void kith_folders_free(kith_folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        free(folders->path[i]);
    free(folders->path);
    *folders = (kith_folders){0};
}
