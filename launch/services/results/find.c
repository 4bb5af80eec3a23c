#include "launch/services/results/results.h"

#include "config/value.h"
#include "launch/services/results/adding.h"
#include "record/schema.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- folders ---- */

/* A shell leaves a quoted "~/" to whoever reads it. */
static const char *at_home(const char *where, char room[PATH_MAX])
{
    const char *home = getenv("HOME");
    const bool there = home && kith_path_at_home(where) && snprintf(room, PATH_MAX, "%s%s", home, where + 1) < PATH_MAX;
    return there ? room : where;
}

static bool is_database(const char *folder, const char *below, char **path)
{
    struct stat there;
    if (asprintf(path, "%s%s%s/%s", folder, *below ? "/" : "", below, KITH_DATABASE_NAME) < 0) {
        *path = NULL;
        return false;
    }
    return stat(*path, &there) == 0 && S_ISREG(there.st_mode);
}

/* Reads folder/below/kith.db if it is there. */
static kith_status read_folder(kith_ctx *ctx, const char *folder, const char *below, kith_results *results, bool *found)
{
    char *path;
    *found = is_database(folder, below, &path);
    const kith_status status = *found ? kith_results_add(ctx, path, below, results) : KITH_OK;
    free(path);
    return status;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Links to folders are followed on the first level only, so that none leads round in a circle. */
static bool is_folder(const char *folder, const char *below, const char *name, bool follow)
{
    char *path;
    struct stat there;
    if (asprintf(&path, "%s%s%s/%s", folder, *below ? "/" : "", below, name) < 0) return false;
    const bool is = (follow ? stat(path, &there) : lstat(path, &there)) == 0 && S_ISDIR(there.st_mode);
    free(path);
    return is;
}

/* Each run of a sweep that has a folder of its own in folder/below. */
static kith_status read_parts(kith_ctx *ctx, const char *folder, const char *below, kith_results *results)
{
    struct dirent **entry;
    char path[PATH_MAX], part[PATH_MAX];
    bool found = false;
    snprintf(path, sizeof path, "%s%s%s", folder, *below ? "/" : "", below);
    const int count = results->live || results->halved ? scandir(path, &entry, visible, versionsort) : -1;
    kith_status status = KITH_OK;
    results->halted = !results->live;
    for (int i = 0; i < count; i++) {
        snprintf(part, sizeof part, "%s%s%s", below, *below ? "/" : "", entry[i]->d_name);
        if (status == KITH_OK) status = read_folder(ctx, folder, part, results, &found);
        free(entry[i]);
    }
    if (count >= 0) free(entry);
    results->halted = false;
    return status;
}

static kith_status read_folders(kith_ctx *ctx, const char *folder, const char *below, kith_results *results,
                                size_t *databases);

/* folder/below/name, and what lies in it where it has no database of its own. */
static kith_status read_below(kith_ctx *ctx, const char *folder, const char *below, const char *name,
                              kith_results *results, size_t *databases)
{
    char *deeper;
    bool found = false;
    if (!is_folder(folder, below, name, !*below)) return KITH_OK;
    if (asprintf(&deeper, "%s%s%s", below, *below ? "/" : "", name) < 0)
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to read it", folder);
    kith_status status = read_folder(ctx, folder, deeper, results, &found);
    *databases += found;
    if (status == KITH_OK)
        status =
            found ? read_parts(ctx, folder, deeper, results) : read_folders(ctx, folder, deeper, results, databases);
    free(deeper);
    return status;
}

static kith_status read_folders(kith_ctx *ctx, const char *folder, const char *below, kith_results *results,
                                size_t *databases)
{
    struct dirent **entry;
    char *path;
    if (asprintf(&path, "%s%s%s", folder, *below ? "/" : "", below) < 0)
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to read it", folder);
    const int count = scandir(path, &entry, visible, versionsort);
    kith_status status = KITH_OK;
    if (count < 0)
        status =
            kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s; name a folder that a run wrote", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (status == KITH_OK) status = read_below(ctx, folder, below, entry[i]->d_name, results, databases);
        free(entry[i]);
    }
    if (count >= 0) free(entry);
    free(path);
    return status;
}

/* *databases: how many were found and read. */
static kith_status read_where(kith_ctx *ctx, const char *where, kith_results *results, size_t *databases)
{
    struct stat there;
    *databases = 1;
    if (stat(where, &there) == 0 && S_ISREG(there.st_mode)) return kith_results_add(ctx, where, "", results);
    bool found;
    KITH_TRY(read_folder(ctx, where, "", results, &found));
    if (found) return read_parts(ctx, where, "", results);
    *databases = 0;
    KITH_TRY(read_folders(ctx, where, "", results, databases));
    results->several = *databases > 1;
    return KITH_OK;
}

/* ---- runs by their names ---- */

/* An outdated run has the name of those that its sweep has, so it goes by its own names alone. */
static bool is_called(const kith_result *run, const char *name, bool with_outdated)
{
    const char *ends[] = {run->id, kith_result_parameter(run, "run", "output")};
    if (strcmp(run->id, name) == 0) return true;
    if (strcmp(run->name, name) == 0 && (with_outdated || !run->outdated)) return true;
    for (int i = 0; i < 2; i++) {
        const char *slash = ends[i] ? strrchr(ends[i], '/') : NULL;
        if (slash && strcmp(slash + 1, name) == 0) return true;
    }
    return false;
}

/* FOLDER/RUN; *out is without runs where there is no such folder, or none of that name in it. Nothing below a folder
 * without a database is looked through for a name, but below the folder runs: it may be anybody's, of any size. */
static kith_status read_called(kith_ctx *ctx, const char *folder, const char *name, kith_results *out)
{
    struct stat there;
    char *path;
    const bool known = is_database(folder, "", &path) || strcmp(folder, "runs") == 0;
    free(path);
    if (!known || stat(folder, &there) != 0) return KITH_OK;
    size_t kept = 0, databases;
    const bool with_outdated = out->with_outdated;
    out->with_outdated = true;
    KITH_TRY(read_where(ctx, folder, out, &databases));
    for (size_t r = 0; r < out->count; r++)
        if (is_called(out->run[r], name, with_outdated)) out->run[kept++] = out->run[r];
    out->count = kept;
    out->with_outdated = with_outdated;
    out->called = true;
    return kith_results_keep_text(ctx, out, folder, &out->root);
}

/* What is no path, or the folder that one run of many left its model in: in the folder that it begins with, then below
 * the folder runs. */
/* Without what was found, in the same way. */
static void start_again(kith_results *results)
{
    const bool live = results->live, newest = results->newest, halved = results->halved,
               with_outdated = results->with_outdated;
    kith_results_free(results);
    results->with_outdated = with_outdated;
    results->halved = halved;
    results->live = live;
    results->newest = newest;
}

static kith_status read_named(kith_ctx *ctx, const char *where, kith_results *out)
{
    for (int below = 0; below < 2 && out->count == 0; below++) {
        char path[PATH_MAX];
        const int length = snprintf(path, sizeof path, "%s%s", below ? "runs/" : "", where);
        char *slash = strrchr(path, '/');
        if (!slash || length >= (int)sizeof path || (below && *where == '/')) continue;
        *slash = '\0';
        start_again(out);
        KITH_TRY(read_called(ctx, slash == path ? "/" : path, slash + 1, out));
    }
    return KITH_OK;
}

static kith_status read_below_runs(kith_ctx *ctx, const char *where, kith_results *out)
{
    char path[PATH_MAX + 8];
    struct stat there;
    size_t databases;
    snprintf(path, sizeof path, "runs/%s", where);
    if (*where == '/' || stat(path, &there) != 0) return KITH_OK;
    KITH_TRY(read_where(ctx, path, out, &databases));
    return kith_results_keep_text(ctx, out, path, &out->root);
}

static kith_status read_there(kith_ctx *ctx, const char *where, kith_results *out)
{
    size_t databases;
    KITH_TRY(read_where(ctx, where, out, &databases));
    if (!databases)
        return kith_fail(ctx, KITH_EIO, "%s: has no %s, nor have the folders in it; name a folder that a run wrote",
                         where, KITH_DATABASE_NAME);
    return kith_results_keep_text(ctx, out, where, &out->root);
}

/* how: what is looked for. */
static kith_status read_any(kith_ctx *ctx, const char *where, kith_results how, kith_results *out)
{
    kith_results results = how;
    char home[PATH_MAX];
    where = at_home(where, home);
    struct stat there;
    kith_status status = KITH_OK;
    char *path;
    const bool there_is = stat(where, &there) == 0;
    if (!there_is) status = read_below_runs(ctx, where, &results);
    if (status == KITH_OK && results.count == 0 && !(there_is && S_ISREG(there.st_mode))) {
        if (!is_database(where, "", &path)) status = read_named(ctx, where, &results);
        free(path);
    }
    if (status == KITH_OK && results.count == 0) {
        start_again(&results);
        status = read_there(ctx, where, &results);
    }
    if (status == KITH_OK)
        *out = results;
    else
        kith_results_free(&results);
    return status;
}

kith_status kith_results_read_any(kith_ctx *ctx, const char *where, kith_results *out)
{
    return read_any(ctx, where, (kith_results){.with_outdated = true}, out);
}

static void note_outdated(kith_ctx *ctx, const kith_results *results, const char *remedy)
{
    if (results->outdated)
        kith_note(ctx,
                  "%zu run%s that the file of %s sweep no longer has: left out; %s, '" KITH_NAME
                  " rm --outdated FOLDER' removes such runs",
                  results->outdated, results->outdated == 1 ? "" : "s", results->outdated == 1 ? "its" : "their",
                  remedy);
}

static kith_status read_some(kith_ctx *ctx, const char *where, kith_results how, kith_results *out)
{
    kith_results results = {.count = 0};
    KITH_TRY(read_any(ctx, where, how, &results));
    if (results.count == 0) {
        const size_t outdated = results.outdated;
        kith_results_free(&results);
        if (!outdated) return kith_fail(ctx, KITH_EIO, "%s: holds no run yet; wait for one to start", where);
        return kith_fail(
            ctx, KITH_EIO,
            "%s: holds %zu run%s that the sweep's file no longer has, and none that it has; wait for one, or see "
            "them with --outdated",
            where, outdated, outdated == 1 ? "" : "s");
    }
    *out = results;
    return KITH_OK;
}

kith_status kith_results_read(kith_ctx *ctx, const char *where, kith_results *out)
{
    KITH_TRY(read_some(ctx, where, (kith_results){.live = false}, out));
    note_outdated(ctx, out, "a run that is named by its id is taken in any case");
    return KITH_OK;
}

kith_status kith_results_read_live(kith_ctx *ctx, const char *where, kith_results *out)
{
    return read_any(ctx, where, (kith_results){.live = true, .with_outdated = true}, out);
}

kith_status kith_results_read_newest(kith_ctx *ctx, const char *where, kith_results *out)
{
    return read_any(ctx, where, (kith_results){.live = true, .newest = true}, out);
}

/* ---- several ---- */

/* Labels of databases begin with `where`, so it is read as what lies below this folder, or below the root. */
static kith_status add_place(kith_ctx *ctx, const char *where, kith_results *out)
{
    const char *top = *where == '/' ? "" : ".";
    struct stat there;
    bool found;
    size_t databases = 0;
    if (stat(where, &there) == 0 && S_ISREG(there.st_mode)) return kith_results_add(ctx, where, where, out);
    KITH_TRY(read_folder(ctx, top, where, out, &found));
    if (found) return read_parts(ctx, top, where, out);
    if (stat(where, &there) == 0) KITH_TRY(read_folders(ctx, top, where, out, &databases));
    if (databases) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: has no %s, nor have the folders in it; name a folder that a run wrote", where,
                     KITH_DATABASE_NAME);
}

static kith_status add_tidied(kith_ctx *ctx, const char *where, kith_results *out)
{
    char home[PATH_MAX], *place = strdup(at_home(where, home));
    if (!place) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to read it", where);
    for (size_t end = strlen(place); end > 1 && place[end - 1] == '/'; end--)
        place[end - 1] = '\0';
    const size_t before = out->count;
    kith_status status = add_place(ctx, place, out);
    if (status == KITH_OK && out->count == before)
        status = kith_fail(ctx, KITH_EIO, "%s: holds no run yet; wait for one to start", where);
    free(place);
    return status;
}

static kith_status read_places(kith_ctx *ctx, const char *const *where, size_t places, bool with_outdated,
                               kith_results *out)
{
    kith_results results = {.several = true, .halved = true, .with_outdated = with_outdated};
    kith_status status = KITH_OK;
    for (size_t i = 0; i < places && status == KITH_OK; i++)
        status = add_tidied(ctx, where[i], &results);
    if (status == KITH_OK) status = kith_results_keep_text(ctx, &results, ".", &results.root);
    if (status == KITH_OK)
        *out = results;
    else
        kith_results_free(&results);
    return status;
}

kith_status kith_results_read_all(kith_ctx *ctx, const char *const *where, size_t places, bool with_outdated,
                                  kith_results *out)
{
    KITH_TRY(places == 1 ? read_some(ctx, where[0], (kith_results){.halved = true, .with_outdated = with_outdated}, out)
                         : read_places(ctx, where, places, with_outdated, out));
    note_outdated(ctx, out, "--outdated takes them in");
    return KITH_OK;
}

kith_status kith_result_home(kith_ctx *ctx, const kith_result *run, char **out)
{
    const char *output = kith_result_parameter(run, "run", "output"), *slash = strrchr(run->database, '/');
    const char *last = output ? strrchr(output, '/') : NULL;
    const int length = slash ? (int)(slash - run->database) : 1;
    const char *parent = slash ? run->database : ".";
    struct stat there;
    if (asprintf(out, "%.*s/%s", length, parent, last ? last + 1 : output ? output : "") < 0) *out = NULL;
    if (*out && (stat(*out, &there) != 0 || !S_ISDIR(there.st_mode))) {
        free(*out);
        if (asprintf(out, "%.*s", length, parent) < 0) *out = NULL;
    }
    return *out ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", run->database);
}
