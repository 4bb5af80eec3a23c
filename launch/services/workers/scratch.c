#include "launch/services/workers/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* When a process started, in clock ticks since boot: with its number, its name for good. 0: there is no such process.
 */
static unsigned long long start_time(long pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    /* The second field is a name in brackets that may hold anything, brackets too; the start time is the 22nd. */
    char *field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field, NULL, 10) : 0;
}

/* "kith-HOST-NAMESPACE-": process numbers mean nothing on another host, or in another container, that shares /tmp. */
static void name_prefix(char *out, size_t size)
{
    char host[65] = "host";
    struct stat space = {0};
    if (gethostname(host, sizeof host - 1)) snprintf(host, sizeof host, "host");
    if (stat("/proc/self/ns/pid", &space)) space.st_ino = 0;
    snprintf(out, size, "kith-%s-%llu-", host, (unsigned long long)space.st_ino);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static bool owner_died(const char *rest)
{
    long pid = 0;
    unsigned long long started = 0;
    int used = 0;
    if (sscanf(rest, "%ld-%llu%n", &pid, &started, &used) != 2 || rest[used]) return false;
    return pid > 0 && start_time(pid) != started;
}

static void sweep(const char *parent, const char *prefix)
{
    DIR *dir = opendir(parent);
    if (!dir) return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[PATH_MAX];
        struct stat info;
        const size_t length = strlen(prefix);
        if (strncmp(entry->d_name, prefix, length) || !owner_died(entry->d_name + length)) continue;
        if (snprintf(path, sizeof path, "%s/%s", parent, entry->d_name) >= (int)sizeof path) continue;
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid()) remove_tree(path);
    }
    closedir(dir);
}

static const char *find_parent(void)
{
    const char *parent = getenv("TMPDIR");
    return parent && *parent ? parent : "/tmp";
}

void scratch_sweep(void)
{
    char prefix[128];
    name_prefix(prefix, sizeof prefix);
    sweep(find_parent(), prefix);
}

kith_status scratch_make(kith_ctx *ctx, scratch *out)
{
    const char *parent = find_parent();
    char prefix[128];
    name_prefix(prefix, sizeof prefix);
    sweep(parent, prefix);

    const long pid = (long)getpid();
    out->path[0] = '\0';
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s%ld-%llu", parent, prefix, pid, start_time(pid)) >= (int)sizeof path)
        return kith_fail(ctx, KITH_EIO, "TMPDIR=%.200s...: the path is too long; choose a shorter one", parent);
    if (mkdir(path, 0700))
        return kith_fail(ctx, KITH_EIO,
                         "%s: no folder for temporary files could be made: %s; let TMPDIR name one that "
                         "can be written",
                         parent, strerror(errno));
    memcpy(out->path, path, sizeof path);
    return KITH_OK;
}

void scratch_remove(scratch *s)
{
    if (s->path[0]) remove_tree(s->path);
    s->path[0] = '\0';
}
