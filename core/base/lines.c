#include <kith/lines.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define LONGEST_LINE ((size_t)1 << 28)

struct kith_lines {
    gzFile gz;
    const char *path;
    char *buffer;
    size_t begin, end, room; /* of the part that was not given out yet */
    size_t newline;          /* no LF stands between begin and here */
    size_t number;
    bool ended;
    bool after_cr; /* an LF that comes now belongs to the CR before */
};

/* Moves what is left to the buffer's start. There stays room for one more byte than is read. */
static kith_status make_room(kith_ctx *ctx, kith_lines *l, size_t wanted)
{
    const size_t left = l->end - l->begin;
    if (left && l->begin) memmove(l->buffer, l->buffer + l->begin, left);
    l->newline -= l->newline < l->begin ? l->newline : l->begin;
    l->begin = 0;
    l->end = left;
    if (left > LONGEST_LINE)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: a line of more than %zu bytes, so it is no table", l->path,
                         l->number + 1, LONGEST_LINE);
    if (l->room > left + wanted) return KITH_OK;
    const size_t room = 2 * left + wanted + 1;
    char *grown = realloc(l->buffer, room);
    if (!grown)
        return kith_fail(ctx, KITH_EMEMORY, "%s:%zu: no memory for a line of %zu bytes", l->path, l->number + 1, room);
    l->buffer = grown;
    l->room = room;
    return KITH_OK;
}

static kith_status refill(kith_ctx *ctx, kith_lines *l)
{
    enum { CHUNK = 1 << 16 };
    int code = Z_OK;
    KITH_TRY(make_room(ctx, l, CHUNK));
    errno = 0;
    const int got = gzread(l->gz, l->buffer + l->end, CHUNK);
    const char *why = gzerror(l->gz, &code);
    if (code == Z_ERRNO) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", l->path, strerror(errno));
    /* a gzip file that ends too early gives what it has first, and this code with it */
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        return kith_fail(ctx, KITH_EDATA, "%s: damaged after %zu bytes of contents: %s; fetch the file again", l->path,
                         (size_t)gztell(l->gz), code == Z_BUF_ERROR ? "the file ends too early" : why);
    l->end += (size_t)got;
    l->ended = got < CHUNK;
    return KITH_OK;
}

/* Some programs start UTF-8 files with a mark. UTF-16 always has one that tells it apart. */
static kith_status skip_mark(kith_ctx *ctx, kith_lines *l)
{
    KITH_TRY(refill(ctx, l));
    if (l->end >= 3 && memcmp(l->buffer, "\xEF\xBB\xBF", 3) == 0) l->begin = 3;
    if (l->end < 2 || (memcmp(l->buffer, "\xFF\xFE", 2) != 0 && memcmp(l->buffer, "\xFE\xFF", 2) != 0)) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s: its first bytes are those of UTF-16; save it as UTF-8", l->path);
}

static kith_status open_file(kith_ctx *ctx, const char *path, const char *key, const char *format, gzFile *out)
{
    struct stat found = {0};
    errno = 0;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return kith_fail(ctx, KITH_EDATA, "%s: not a regular file; set %s to %s", path, key, format);
    *out = errno ? NULL : gzopen(path, "rbe");
    if (*out) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: %s; set %s to the file", path, errno ? strerror(errno) : "no memory", key);
}

kith_status kith_lines_open(kith_ctx *ctx, const char *path, const char *key, const char *format, kith_lines **out)
{
    kith_lines *lines = NULL;
    gzFile gz = NULL;
    KITH_TRY(open_file(ctx, path, key, format, &gz));
    gzbuffer(gz, 1 << 17);
    kith_status status = KITH_ALLOC(ctx, "a text file", 1, &lines);
    if (status != KITH_OK) {
        gzclose(gz);
        return status;
    }
    lines->gz = gz;
    lines->path = path;
    status = skip_mark(ctx, lines);
    if (status == KITH_OK)
        *out = lines;
    else
        kith_lines_close(lines);
    return status;
}

void kith_lines_close(kith_lines *lines)
{
    if (!lines) return;
    gzclose(lines->gz);
    free(lines->buffer);
    kith_free(lines);
}

/* Where the line that starts at `begin` ends, if the buffer holds that end; `seen` of its bytes are known to end none.
 */
static bool find_end(kith_lines *l, size_t seen, size_t *at)
{
    if (l->newline < l->begin + seen) l->newline = l->begin + seen;
    if (l->newline < l->end && l->buffer[l->newline] != '\n') {
        const char *lf = memchr(l->buffer + l->newline, '\n', l->end - l->newline);
        l->newline = lf ? (size_t)(lf - l->buffer) : l->end;
    }
    const size_t from = l->begin + seen;
    const char *cr = l->newline > from ? memchr(l->buffer + from, '\r', l->newline - from) : NULL;
    *at = cr ? (size_t)(cr - l->buffer) : l->newline;
    return *at < l->end;
}

/* Gives the line out that ends at `at`, and its end with it. */
static kith_status take(kith_ctx *ctx, kith_lines *l, size_t at, char **text)
{
    char *start = l->buffer + l->begin;
    const size_t length = at - l->begin;
    l->number++;
    l->after_cr = at < l->end && l->buffer[at] == '\r';
    l->begin = at < l->end ? at + 1 : at;
    if (length && memchr(start, 0, length))
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: holds a zero byte, so it is no text", l->path, l->number);
    start[length] = '\0';
    *text = start;
    return KITH_OK;
}

kith_status kith_lines_raw(kith_ctx *ctx, kith_lines *l, char **text)
{
    size_t seen = 0, at = 0;
    *text = NULL;
    for (;;) {
        if (l->after_cr && l->begin < l->end) {
            l->begin += l->buffer[l->begin] == '\n';
            l->after_cr = false;
        }
        if (find_end(l, seen, &at)) return take(ctx, l, at, text);
        if (l->ended) return l->begin < l->end ? take(ctx, l, l->end, text) : KITH_OK;
        seen = l->end - l->begin;
        KITH_TRY(refill(ctx, l));
    }
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

kith_status kith_lines_next(kith_ctx *ctx, kith_lines *l, const char *marks, char **text)
{
    do {
        KITH_TRY(kith_lines_raw(ctx, l, text));
        if (!*text) return KITH_OK;
        char *end = *text + strcspn(*text, marks);
        while (blank(**text))
            ++*text;
        while (end > *text && blank(end[-1]))
            end--;
        if (end < *text) end = *text;
        *end = '\0';
    } while (!**text);
    return KITH_OK;
}

size_t kith_lines_number(const kith_lines *lines)
{
    return lines->number;
}
