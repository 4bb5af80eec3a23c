#include "config/entries.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 1 << 18 }; /* far more than any configuration; stops at /dev/zero */

/* inih 55 tells its handler no line, cuts long lines into several, glues indented lines to the value before, and cuts
 * long names, all without a word. So the reader that feeds it looks at each line first. */
typedef struct reading {
    kith_ctx *ctx;
    kith_config *config;
    const char *path; /* kept by the configuration */
    const char *next, *end;
    size_t line;
    bool in_section;
    bool pair_due; /* the line that inih holds must come out as a pair */
    kith_status status;
} reading;

static kith_status slurp(kith_ctx *ctx, const char *path, FILE *file, char *bytes, size_t *length)
{
    *length = fread(bytes, 1, FILE_BYTES + 1, file);
    if (ferror(file)) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    if (*length > FILE_BYTES)
        return kith_fail(ctx, KITH_ECONFIG, "%s: is larger than %d bytes, which no configuration is", path, FILE_BYTES);
    return KITH_OK;
}

static size_t skip_blanks(const char *text, size_t from, size_t length)
{
    while (from < length && (text[from] == ' ' || text[from] == '\t'))
        from++;
    return from;
}

static kith_status enter_section(reading *r, const char *line, size_t length)
{
    const char *close = memchr(line, ']', length);
    const size_t name = close ? (size_t)(close - line) - 1 : 0;
    const size_t tail = close ? skip_blanks(line, name + 2, length) : 0;
    if (!close)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: a section's name ends with ], as in [run]", r->path, r->line);
    if (tail < length && (line[tail] != ';' || tail == name + 2))
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: there is more than a section's name; begin a new line after ]",
                         r->path, r->line);
    char text[KITH_KEY_BYTES + 1] = "";
    if (name <= KITH_KEY_BYTES) memcpy(text, line + 1, name);
    if (!kith_name_check(text, '-') && !kith_name_check(text, '_'))
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: a section's name has 1 to %d lower-case letters, digits, - or _, as in [run]",
                         r->path, r->line, KITH_KEY_BYTES);
    const char *where = NULL;
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &where, "%s:%zu", r->path, r->line));
    KITH_TRY(kith_config_mention(r->ctx, r->config, text, where, r->path));
    r->in_section = true;
    return KITH_OK;
}

static kith_status check_line(reading *r, const char *line, size_t length)
{
    kith_why why;
    const size_t start = skip_blanks(line, 0, length);
    r->pair_due = false;
    if (!kith_text_check(line, length, &why))
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: %s; save the file as plain UTF-8", r->path, r->line, why.text);
    if (length > KITH_LINE_BYTES)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: the line has %zu bytes, and %d are allowed; shorten or split it", r->path, r->line,
                         length, KITH_LINE_BYTES);
    if (start == length || line[start] == ';' || line[start] == '#') return KITH_OK;
    if (start > 0)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: the line is indented, and values do not go on over lines; take the blanks away",
                         r->path, r->line);
    if (*line == '[') return enter_section(r, line, length);
    if (!r->in_section)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: this stands before any section; put a line such as [run] above it", r->path, r->line);
    r->pair_due = true;
    return KITH_OK;
}

static kith_status refuse_no_pair(reading *r)
{
    return kith_fail(r->ctx, KITH_ECONFIG,
                     "%s:%zu: this is no [section], no key = value and no comment; write one of them", r->path,
                     r->line);
}

/* inih's fgets. */
static char *next_line(char *buffer, int size, void *stream)
{
    reading *r = stream;
    if (r->status == KITH_OK && r->pair_due) r->status = refuse_no_pair(r);
    if (r->status != KITH_OK || r->next == r->end) return NULL;
    const char *line = r->next, *newline = memchr(line, '\n', (size_t)(r->end - line));
    size_t length = (size_t)((newline ? newline : r->end) - line);
    r->next = newline ? newline + 1 : r->end;
    r->line++;
    if (length && newline && line[length - 1] == '\r') length--;
    r->status = check_line(r, line, length);
    if (r->status == KITH_OK && length + 2 > (size_t)size)
        r->status =
            kith_fail(r->ctx, KITH_EINTERNAL, "%s:%zu: inih has a buffer of %d bytes only", r->path, r->line, size);
    if (r->status != KITH_OK) return NULL;
    memcpy(buffer, line, length);
    memcpy(buffer + length, "\n", 2);
    return buffer;
}

static kith_status add_pair(reading *r, const char *section, const char *name, const char *value)
{
    kith_entry entry = {.file = r->path, .line = r->line};
    if (!*name)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: there is no key before the =; write key = value", r->path,
                         r->line);
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.section, "%s", section));
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.key, "%s", name));
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.text, "%s", value));
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.source, "%s:%zu", r->path, r->line));
    entry.prefix = entry.source;
    return kith_config_add(r->ctx, r->config, &entry);
}

static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    reading *r = user;
    if (r->status != KITH_OK) return 0;
    if (!r->pair_due || !value)
        r->status = refuse_no_pair(r);
    else
        r->status = add_pair(r, section, name, value);
    r->pair_due = false;
    return r->status == KITH_OK;
}

static kith_status parse(kith_ctx *ctx, kith_config *config, const char *path, const char *bytes, size_t length)
{
    const size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    reading r = {.ctx = ctx, .config = config, .next = bytes + mark, .end = bytes + length, .status = KITH_OK};
    KITH_TRY(kith_config_text_of(ctx, config, &r.path, "%s", path));
    const int wrong = ini_parse_stream(next_line, &r, take_pair, &r);
    KITH_TRY(r.status);
    if (wrong == 0 && !config->entries)
        kith_note(ctx, "%s: sets nothing, so every value is the default or a --set", path);
    if (wrong == 0) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s:%d: this is no [section], no key = value and no comment; write one of them",
                     path, wrong);
}

kith_status kith_config_read(kith_ctx *ctx, kith_config *config, const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    kith_why why;
    if (!kith_text_check(path, strlen(path), &why))
        return kith_fail(ctx, KITH_ECONFIG, "the name of the configuration file: %s; rename it", why.text);
    FILE *file = fopen(path, "re");
    if (!file) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    kith_status status = KITH_ALLOC(ctx, "the configuration file", FILE_BYTES + 1, &bytes);
    if (status != KITH_OK) goto close;
    status = slurp(ctx, path, file, bytes, &length);
    if (status != KITH_OK) goto release;
    status = parse(ctx, config, path, bytes, length);
release:
    kith_free(bytes);
close:
    fclose(file);
    return status;
}
