/* What a record accounts for, taken away. */
#include "record/holdings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static kith_status fail(kith_ctx *ctx, const char *name)
{
    return kith_fail(ctx, KITH_EIO, "%s: cannot be removed: %s", name, strerror(errno));
}

static kith_status remove_entry(kith_ctx *ctx, int folder, const char *name);

/* All in it is known, or it would not be a folder of that kind. Closes the descriptor. */
static kith_status remove_inside(kith_ctx *ctx, int fd, const char *name)
{
    DIR *dir = fdopendir(fd);
    kith_status status = dir ? KITH_OK : fail(ctx, name);
    for (const struct dirent *entry; status == KITH_OK && (entry = readdir(dir));)
        if (!is_dots(entry->d_name)) status = remove_entry(ctx, dirfd(dir), entry->d_name);
    if (dir)
        closedir(dir);
    else
        close(fd);
    return status;
}

/* A folder of checkpoints may be a link to one on another disk, of which link and contents go. */
static kith_status remove_entry(kith_ctx *ctx, int folder, const char *name)
{
    struct stat found, there;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? KITH_OK : fail(ctx, name);
    const bool is_folder = fstatat(folder, name, &there, 0) == 0 && S_ISDIR(there.st_mode);
    if (is_folder) {
        const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return fail(ctx, name);
        KITH_TRY(remove_inside(ctx, fd, name));
    }
    const int how = S_ISDIR(found.st_mode) ? AT_REMOVEDIR : 0;
    return unlinkat(folder, name, how) == 0 || errno == ENOENT ? KITH_OK : fail(ctx, name);
}

/* Removes entries of the kinds from first to last. */
static kith_status remove_kinds(kith_ctx *ctx, const char *folder, kith_holding first, kith_holding last)
{
    DIR *dir = opendir(folder);
    kith_status status = dir ? KITH_OK : fail(ctx, folder);
    for (const struct dirent *entry; status == KITH_OK && (entry = readdir(dir));) {
        if (is_dots(entry->d_name)) continue;
        const kith_holding kind = kith_holding_of(dirfd(dir), entry->d_name);
        if (kind >= first && kind <= last) status = remove_entry(ctx, dirfd(dir), entry->d_name);
    }
    if (dir) closedir(dir);
    return status;
}

static kith_status remove_known(kith_ctx *ctx, const char *folder, const kith_holdings *h, size_t *stays)
{
    KITH_TRY(remove_kinds(ctx, folder, KITH_HOLDS_RESULT, KITH_HOLDS_SWEEP));
    KITH_TRY(remove_kinds(ctx, folder, KITH_HOLDS_RECORD, KITH_HOLDS_ENDED));
    *stays = h->count[KITH_HOLDS_OUTPUT] + h->count[KITH_HOLDS_UNKNOWN];
    return *stays || rmdir(folder) == 0 || errno == ENOENT ? KITH_OK : fail(ctx, folder);
}

static kith_status remove_all(kith_ctx *ctx, const char *folder, bool recorded, size_t *stays)
{
    kith_holdings h;
    KITH_TRY(kith_holdings_read(ctx, folder, &h));
    if (!recorded && !h.count[KITH_HOLDS_RECORD] && !h.count[KITH_HOLDS_ENDED])
        return kith_fail(ctx, KITH_EIO,
                         "%s: holds no run (no kith.db), so nothing is removed; name the folder that a run "
                         "left",
                         folder);
    return remove_known(ctx, folder, &h, stays);
}

static kith_status remove_locked(kith_ctx *ctx, const char *folder, bool recorded, size_t *stays)
{
    int lock = -1;
    KITH_TRY(kith_folder_lock(ctx, folder, "its run", &lock));
    const kith_status status = remove_all(ctx, folder, recorded, stays);
    if (lock >= 0) close(lock);
    return status;
}

kith_status kith_holdings_remove(kith_ctx *ctx, const char *folder, size_t *stays)
{
    return remove_locked(ctx, folder, false, stays);
}

kith_status kith_holdings_remove_part(kith_ctx *ctx, const char *folder, size_t *stays)
{
    return remove_locked(ctx, folder, true, stays);
}
