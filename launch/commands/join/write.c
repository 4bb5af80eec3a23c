/* The new folder: built under a hidden name beside its place, then renamed. */
#include "launch/commands/join/join.h"

#include "record/collect.h"
#include "record/holdings.h"
#include "record/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, OPEN_FILES = 16 };

static kith_status fail(kith_ctx *ctx, const char *path, const char *what)
{
    return kith_fail(ctx, KITH_EIO, "%s: cannot be %s: %s", path, what, strerror(errno));
}

/* ---- files ---- */

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about, (void)kind, (void)at;
    return remove(path);
}

/* What a join that was killed left, or this one that failed: all in it is a copy. */
static void remove_building(const char *folder)
{
    (void)nftw(folder, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

static bool pour(int in, int out)
{
    char *buffer = malloc(BUFFER);
    ssize_t got = buffer ? 1 : -1;
    while (got > 0 && (got = read(in, buffer, BUFFER)) > 0)
        for (ssize_t put = 0, more = 0; put < got; put += more)
            if ((more = write(out, buffer + put, (size_t)(got - put))) < 0) {
                free(buffer);
                return false;
            }
    free(buffer);
    return got == 0 && fsync(out) == 0;
}

static kith_status copy_file(kith_ctx *ctx, const char *from, const char *to)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    kith_status status = KITH_OK;
    if (in < 0) status = fail(ctx, from, "read");
    if (status == KITH_OK && out < 0) status = fail(ctx, to, "made");
    if (status == KITH_OK && !pour(in, out)) status = fail(ctx, to, "written");
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return status;
}

/* What the record accounts for: a model, its configuration; neither checkpoints nor what commands wrote. */
static kith_status copy_results(kith_ctx *ctx, const char *from, const char *to)
{
    char source[PATH_MAX + NAME_MAX + 2], target[PATH_MAX + NAME_MAX + 2];
    DIR *dir = opendir(from);
    kith_status status = KITH_OK;
    if (!dir) return errno == ENOENT ? KITH_OK : fail(ctx, from, "read");
    if (mkdir(to, 0777) != 0) status = fail(ctx, to, "made");
    for (const struct dirent *entry; status == KITH_OK && (entry = readdir(dir));) {
        if (kith_holding_of(dirfd(dir), entry->d_name) != KITH_HOLDS_RESULT) continue;
        snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
        snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
        status = copy_file(ctx, source, target);
    }
    closedir(dir);
    return status;
}

/* ---- runs ---- */

/* Beside the common database of several runs there is nothing that is a single one's. */
static kith_status copy_folder(kith_ctx *ctx, const join *j, const join_run *own, const char *building)
{
    char to[PATH_MAX], *from = NULL;
    const char *slash = strrchr(own->run->database, '/'), *name = strrchr(own->output, '/') + 1;
    const size_t folder = slash ? (size_t)(slash - own->run->database) : 1;
    KITH_TRY(kith_result_home(ctx, own->run, &from));
    const bool beside = strlen(from) == folder && (!slash || strncmp(from, own->run->database, folder) == 0);
    kith_status status = KITH_OK;
    snprintf(to, sizeof to, "%s/%s", building, name);
    if (!beside || j->results[own->place].count == 1 || *own->run->folder) status = copy_results(ctx, from, to);
    free(from);
    return status;
}

/* The next run from the i-th on that is of this database. */
static size_t next_of(const join *j, size_t i, const char *database)
{
    while (i < j->count && strcmp(j->run[i].run->database, database) != 0)
        i++;
    return i;
}

/* All runs of the i-th's database, unless an earlier run's was the same. */
static kith_status copy_database(kith_ctx *ctx, const join *j, size_t i, kith_collection *into)
{
    const char *database = j->run[i].run->database;
    kith_collect_copy *copies;
    size_t count = 0;
    if (next_of(j, 0, database) < i) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "runs", j->count, &copies));
    for (size_t r = i; r < j->count; r = next_of(j, r + 1, database))
        copies[count++] = (kith_collect_copy){j->run[r].run->number, j->run[r].id, j->run[r].output};
    const kith_status status = kith_collection_copy(ctx, into, database, copies, count);
    kith_free(copies);
    return status;
}

static kith_status build(kith_ctx *ctx, const join *j, const char *building)
{
    kith_collection *into = NULL;
    KITH_TRY(kith_collection_open(ctx, building, &into));
    kith_status status = KITH_OK;
    for (size_t i = 0; i < j->count && status == KITH_OK; i++)
        status = copy_database(ctx, j, i, into);
    for (size_t i = 0; i < j->count && status == KITH_OK; i++)
        status = copy_folder(ctx, j, &j->run[i], building);
    kith_collection_close(into);
    return status;
}

/* ---- the folder ---- */

static kith_status check_free(kith_ctx *ctx, const char *out)
{
    struct stat there;
    if (lstat(out, &there) != 0 && errno == ENOENT) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: is there already; name a folder that is not", out);
}

/* "runs/.ab.joining" for "runs/ab": hidden, so nobody takes it for results. */
static kith_status name_building(kith_ctx *ctx, const char *out, char **building)
{
    const char *slash = strrchr(out, '/');
    const int parent = slash ? (int)(slash - out) + 1 : 0;
    if (asprintf(building, "%.*s.%s.joining", parent, out, out + parent) >= 0) return KITH_OK;
    *building = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", out);
}

static kith_status build_and_place(kith_ctx *ctx, const join *j, const char *building)
{
    const char *out = j->request->out;
    if (kith_folder_held(building))
        return kith_fail(ctx, KITH_EIO, "%s: another '" KITH_NAME " join' makes it; name another folder", out);
    remove_building(building);
    kith_status status = build(ctx, j, building);
    if (status == KITH_OK && rename(building, out) != 0) status = fail(ctx, out, "made");
    if (status != KITH_OK) remove_building(building);
    return status;
}

kith_status join_write(kith_ctx *ctx, const join *j)
{
    char *building = NULL;
    KITH_TRY(check_free(ctx, j->request->out));
    KITH_TRY(name_building(ctx, j->request->out, &building));
    const kith_status status = build_and_place(ctx, j, building);
    free(building);
    return status;
}
