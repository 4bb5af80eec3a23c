#include "packed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Deflate packs at most this many bytes into one. */
#define MOST_PACKED ((size_t)1032)

static kith_status refuse_missing(kith_ctx *ctx, const kith_packed_name *name, int error)
{
    const char *why = error ? strerror(error) : "no memory";
    if (!name->folder) return kith_fail(ctx, KITH_EIO, "%s: %s; set %s to the file", name->path, why, name->key);
    return kith_fail(ctx, KITH_EIO, "%s: %s; set KITH_DATA to the %s%s, or %s to the file", name->path, why,
                     *name->folder ? "folder that holds " : "data folder", name->folder, name->key);
}

kith_status kith_packed_open(kith_ctx *ctx, const kith_packed_name *name, kith_packed *out)
{
    enum { BUFFER = 1 << 17 };
    struct stat found = {0};
    errno = 0;
    if (stat(name->path, &found) == 0 && !S_ISREG(found.st_mode))
        return kith_fail(ctx, KITH_EDATA, "%s: not a regular file; set %s to %s", name->path, name->key, name->format);
    gzFile gz = errno ? NULL : gzopen(name->path, "rbe");
    if (!gz) return refuse_missing(ctx, name, errno);
    gzbuffer(gz, BUFFER);
    *out = (kith_packed){*name, gz, (size_t)found.st_size};
    return KITH_OK;
}

void kith_packed_close(kith_packed *file)
{
    gzclose(file->gz);
}

kith_status kith_packed_read(kith_ctx *ctx, const kith_packed *file, void *out, size_t bytes, size_t *got)
{
    enum { CHUNK = 1 << 30 };
    const size_t before = (size_t)gztell(file->gz);
    *got = 0;
    while (*got < bytes) {
        const size_t left = bytes - *got;
        const int count = gzread(file->gz, (unsigned char *)out + *got, left < CHUNK ? (unsigned)left : CHUNK);
        int code = Z_OK;
        const char *why = gzerror(file->gz, &code);
        if (count < 0 || (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR))
            return kith_fail(ctx, code == Z_ERRNO ? KITH_EIO : KITH_EDATA,
                             "%s: damaged after %zu bytes of contents: %s; fetch the file again", file->name.path,
                             before + *got, code == Z_ERRNO ? strerror(errno) : why);
        if (count == 0) break;
        *got += (size_t)count;
    }
    return KITH_OK;
}

kith_status kith_packed_read_all(kith_ctx *ctx, const kith_packed *file, const char *what, void *out, size_t bytes)
{
    size_t got = 0;
    KITH_TRY(kith_packed_read(ctx, file, out, bytes, &got));
    if (got == bytes) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: truncated: %s should have %zu bytes, and there are %zu; fetch the file again",
                     file->name.path, what, bytes, got);
}

kith_status kith_packed_ended(kith_ctx *ctx, const kith_packed *file, int *ended)
{
    unsigned char extra;
    size_t got = 0;
    KITH_TRY(kith_packed_read(ctx, file, &extra, 1, &got));
    *ended = got == 0;
    return KITH_OK;
}

size_t kith_packed_most(const kith_packed *file)
{
    return gzdirect(file->gz) ? file->stored : file->stored * MOST_PACKED;
}

kith_status kith_packed_size(kith_ctx *ctx, const kith_packed *file, size_t *bytes)
{
    unsigned char last[4] = {0};
    *bytes = file->stored;
    if (gzdirect(file->gz)) return KITH_OK;
    FILE *raw = fopen(file->name.path, "rbe");
    if (!raw) return refuse_missing(ctx, &file->name, errno);
    const int read = fseek(raw, -(long)sizeof last, SEEK_END) == 0 && fread(last, sizeof last, 1, raw) == 1;
    fclose(raw);
    *bytes = (size_t)last[0] | (size_t)last[1] << 8 | (size_t)last[2] << 16 | (size_t)last[3] << 24;
    if (read && *bytes <= kith_packed_most(file)) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: damaged: %zu bytes of gzip cannot hold what their end says; fetch the file "
                     "again",
                     file->name.path, file->stored);
}

static bool counts_channels(size_t size)
{
    return size == 1 || size == 3 || size == 4;
}

bool kith_channels_seem_last(const size_t size[4])
{
    return counts_channels(size[3]) && !counts_channels(size[1]);
}
