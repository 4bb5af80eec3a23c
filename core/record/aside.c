#include "record/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static kith_status write_failed(kith_ctx *ctx, kith_aside *file, int error)
{
    const kith_status status =
        kith_fail(ctx, KITH_EIO, "%s: cannot be written: %s; make room there or choose another place", file->path,
                  strerror(error ? error : EIO));
    kith_aside_abandon(file);
    return status;
}

static bool is_database(const char *path)
{
    static const char magic[] = "SQLite format 3"; /* with its final zero, as in a database */
    char first[sizeof magic] = "";
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool whole = read(fd, first, sizeof first) == (ssize_t)sizeof first;
    close(fd);
    return whole && memcmp(first, magic, sizeof magic) == 0;
}

static kith_status check_former(kith_ctx *ctx, const char *path, kith_product kind)
{
    struct stat there;
    if (stat(path, &there) != 0) return KITH_OK;
    if (!S_ISREG(there.st_mode))
        return kith_fail(ctx, KITH_EIO, "%s: is there and is no regular file; choose another name", path);
    if (is_database(path))
        return kith_fail(ctx, KITH_EIO, "%s: is a database, whose results would be lost; choose another name", path);
    if (kith_product_is(kind, path)) return KITH_OK;
    return kith_fail(ctx, KITH_EIO,
                     "%s: is there and is not %s that Kith wrote, so it is not replaced; choose another name, or move "
                     "it away",
                     path, kith_product_name(kind));
}

kith_status kith_aside_name(kith_ctx *ctx, const char *path, uint64_t process, char **out)
{
    if (asprintf(out, "%s.%llu.new", path, (unsigned long long)process) >= 0) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", path);
}

kith_status kith_aside_open(kith_ctx *ctx, const char *path, kith_product kind, kith_aside *out)
{
    kith_aside file = {.path = NULL};
    KITH_TRY(check_former(ctx, path, kind));
    KITH_TRY(kith_aside_name(ctx, path, (uint64_t)getpid(), &file.temporary));
    file.path = strdup(path);
    if (!file.path) {
        free(file.temporary);
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", path);
    }
    /* Not mkstemp(), whose 0600 would hide results from the group whatever the umask says. A former process of this
     * number may have been killed; its file goes, and nothing is written through a link of that name. */
    (void)unlink(file.temporary);
    const int fd = open(file.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) file.stream = fdopen(fd, "w");
    if (!file.stream) {
        const int error = errno;
        if (fd >= 0) close(fd);
        return write_failed(ctx, &file, error);
    }
    *out = file;
    return KITH_OK;
}

kith_status kith_aside_write(kith_ctx *ctx, kith_aside *file, const void *bytes, size_t size)
{
    errno = 0;
    return fwrite(bytes, 1, size, file->stream) == size ? KITH_OK : write_failed(ctx, file, errno);
}

kith_status kith_aside_seal(kith_ctx *ctx, kith_aside *file)
{
    /* A short write that an earlier fprintf() met stays in the buffer, so flushing meets its error again. */
    errno = 0;
    if (fflush(file->stream) != 0 || ferror(file->stream) || fsync(fileno(file->stream)) != 0)
        return write_failed(ctx, file, errno);
    const int closed = fclose(file->stream);
    file->stream = NULL;
    return closed == 0 ? KITH_OK : write_failed(ctx, file, errno);
}

/* The rename itself must outlive a power cut. File systems that cannot flush a folder (some network ones) have no
 * better. */
static void flush_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    const int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static void release(kith_aside *file)
{
    free(file->path);
    free(file->temporary);
    memset(file, 0, sizeof *file);
}

kith_status kith_aside_place(kith_ctx *ctx, kith_aside *file)
{
    if (rename(file->temporary, file->path) != 0) return write_failed(ctx, file, errno);
    flush_folder(file->path);
    release(file);
    return KITH_OK;
}

kith_status kith_aside_commit(kith_ctx *ctx, kith_aside *file)
{
    KITH_TRY(kith_aside_seal(ctx, file));
    return kith_aside_place(ctx, file);
}

void kith_aside_abandon(kith_aside *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary);
    release(file);
}
