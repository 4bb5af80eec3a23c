#include "config/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 24, FIRST_ROOM = 1 << 16 }; /* far more than any configuration; stops at /dev/zero */
enum { MOST_LEVELS = 8 };                            /* of files that include others; a circle ends there */

/* A key's line opens a value. Indented lines go on with it, comments between them do not count, and any other line
 * closes it. */
typedef struct reading {
    kith_ctx *ctx;
    kith_config *config;
    const char *path; /* kept by the configuration */
    size_t line;
    const char *section; /* kept as well; NULL before the first */
    kith_entry entry;    /* the open value's; its key is NULL while none is */
    char *value;         /* what it came to so far; room for as many bytes as the file has */
    size_t length;
    size_t depth; /* of brackets in it */
    bool quoted;  /* a quotation mark in it waits for its other */
    size_t level; /* how many files include this one */
} reading;

static kith_status slurp(kith_ctx *ctx, const char *path, FILE *file, char **bytes, size_t *length)
{
    size_t room = 0;
    while (*length == room && room <= FILE_BYTES) {
        room = room ? 2 * room : FIRST_ROOM;
        char *grown = realloc(*bytes, room);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for %zu bytes", path, room);
        *bytes = grown;
        *length += fread(grown + *length, 1, room - *length, file);
    }
    if (ferror(file)) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    if (*length > FILE_BYTES)
        return kith_fail(ctx, KITH_ECONFIG, "%s: is larger than %d bytes, which no configuration is", path, FILE_BYTES);
    return KITH_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *text, size_t from, size_t length)
{
    while (from < length && is_blank(text[from]))
        from++;
    return from;
}

/* ---- values ---- */

/* Where a text without its comment ends: at a ; behind a blank. */
static size_t end_of_text(const char *text, size_t length)
{
    size_t end = 1;
    while (end < length && !(text[end] == ';' && is_blank(text[end - 1])))
        end++;
    end = end < length ? end : length;
    while (end > 0 && is_blank(text[end - 1]))
        end--;
    return end;
}

/* Adds a line's part, without its comment and the blanks around it, one space behind the part before. */
static void append(reading *r, const char *text, size_t length)
{
    const size_t end = end_of_text(text, length), start = skip_blanks(text, 0, end);
    if (start < end && r->length) r->value[r->length++] = ' ';
    for (size_t i = start; i < end; i++) {
        if (text[i] == '"') r->quoted = !r->quoted;
        if (!r->quoted && strchr("([{", text[i])) r->depth++;
        if (!r->quoted && strchr(")]}", text[i]) && r->depth) r->depth--;
        r->value[r->length++] = text[i];
    }
    r->value[r->length] = '\0';
}

static kith_status close_value(reading *r)
{
    if (!r->entry.key) return KITH_OK;
    kith_entry entry = r->entry;
    r->entry.key = NULL;
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.text, "%s", r->value));
    return kith_config_add(r->ctx, r->config, &entry);
}

/* The = or : behind a key; `length` where there is none before a comment. */
static size_t find_equals(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '=' || line[i] == ':') return i;
        if (line[i] == ';' && i && is_blank(line[i - 1])) break;
    }
    return length;
}

static kith_status open_value(reading *r, const char *line, size_t length)
{
    const size_t equals = find_equals(line, length);
    size_t end = equals;
    if (equals == length)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: this is no [section], no key = value and no comment; write one of them", r->path,
                         r->line);
    while (end > 0 && is_blank(line[end - 1]))
        end--;
    if (end == 0)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: there is no key before the =; write key = value", r->path,
                         r->line);
    kith_entry entry = {.section = r->section, .file = r->path, .line = r->line};
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.key, "%.*s", (int)end, line));
    KITH_TRY(kith_config_text_of(r->ctx, r->config, &entry.source, "%s:%zu", r->path, r->line));
    entry.prefix = entry.source;
    r->entry = entry;
    r->length = r->depth = 0;
    r->quoted = false;
    append(r, line + equals + 1, length - equals - 1);
    return KITH_OK;
}

/* "key = ..." or "key: ...", as nothing in a value begins but within brackets and quotation marks. */
static bool looks_like_key(const char *text, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t name = 0;
    while (name < length && memchr(letters, text[name], sizeof letters - 1))
        name++;
    const size_t at = skip_blanks(text, name, length);
    if (name == 0 || at == length) return false;
    return text[at] == '=' || (text[at] == ':' && (at + 1 == length || is_blank(text[at + 1])));
}

static kith_status go_on(reading *r, const char *text, size_t length)
{
    if (!r->entry.key)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: the line is indented, and right above it is no value to go on with; take the blanks "
                         "away",
                         r->path, r->line);
    if (!r->quoted && !r->depth && looks_like_key(text, length))
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: the line is indented, which goes on with %s.%s, but looks like a key of its own; "
                         "take the blanks away, or move its first word one line up",
                         r->path, r->line, r->entry.section, r->entry.key);
    append(r, text, length);
    return KITH_OK;
}

/* ---- lines ---- */

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
    return kith_config_text_of(r->ctx, r->config, &r->section, "%s", text);
}

static kith_status read_level(kith_ctx *ctx, kith_config *config, const char *path, size_t level);

static bool is_include(const char *line, size_t length)
{
    static const char word[] = "include";
    const size_t equals = find_equals(line, length);
    return equals < length && strncmp(line, word, sizeof word - 1) == 0 &&
           skip_blanks(line, sizeof word - 1, equals) == equals;
}

/* A file beside this one, unless its path begins at the root. What this one says wins. */
static kith_status include(reading *r, const char *line, size_t length)
{
    const char *text = line + find_equals(line, length) + 1, *slash = strrchr(r->path, '/'), *path = NULL;
    const size_t rest = length - (size_t)(text - line), end = end_of_text(text, rest),
                 start = skip_blanks(text, 0, end);
    const int folder = slash && text[start] != '/' ? (int)(slash - r->path) + 1 : 0;
    if (start >= end)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: include names no file; write include = base.ini", r->path,
                         r->line);
    if (r->level + 1 == MOST_LEVELS)
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: more than %d files include each other, in a circle perhaps",
                         r->path, r->line, MOST_LEVELS);
    KITH_TRY(
        kith_config_text_of(r->ctx, r->config, &path, "%.*s%.*s", folder, r->path, (int)(end - start), text + start));
    if (access(path, R_OK) != 0)
        return kith_fail(r->ctx, KITH_ECONFIG,
                         "%s:%zu: include = %s: cannot be read: %s; name a file from this one's folder", r->path,
                         r->line, path, strerror(errno));
    return read_level(r->ctx, r->config, path, r->level + 1);
}

static kith_status take_line(reading *r, const char *line, size_t length)
{
    kith_why why;
    const size_t start = skip_blanks(line, 0, length);
    const bool comment = start < length && (line[start] == ';' || line[start] == '#');
    if (!comment && (start == 0 || start == length)) KITH_TRY(close_value(r));
    if (!kith_text_check(line, length, &why))
        return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: %s; save the file as plain UTF-8", r->path, r->line, why.text);
    if (comment || start == length) return KITH_OK;
    if (start > 0) return go_on(r, line + start, length - start);
    if (*line == '[') return enter_section(r, line, length);
    if (r->section) return open_value(r, line, length);
    if (is_include(line, length)) return include(r, line, length);
    return kith_fail(r->ctx, KITH_ECONFIG, "%s:%zu: this stands before any section; put a line such as [run] above it",
                     r->path, r->line);
}

static kith_status take_lines(reading *r, const char *at, const char *end)
{
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        if (length && newline && at[length - 1] == '\r') length--;
        r->line++;
        KITH_TRY(take_line(r, at, length));
        at = newline ? newline + 1 : end;
    }
    return close_value(r);
}

static kith_status parse(kith_ctx *ctx, kith_config *config, const char *path, size_t level, const char *bytes,
                         size_t length)
{
    const size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    reading r = {.ctx = ctx, .config = config, .level = level};
    KITH_TRY(kith_config_text_of(ctx, config, &r.path, "%s", path));
    KITH_TRY(KITH_ALLOC(ctx, "the configuration file", length + 1, &r.value));
    const kith_status status = take_lines(&r, bytes + mark, bytes + length);
    kith_free(r.value);
    if (status == KITH_OK && !config->entries && level == 0)
        kith_note(ctx, "%s: sets nothing, so every value is the default or a --set", path);
    return status;
}

static kith_status read_level(kith_ctx *ctx, kith_config *config, const char *path, size_t level)
{
    char *bytes = NULL;
    size_t length = 0;
    kith_why why;
    if (!kith_text_check(path, strlen(path), &why))
        return kith_fail(ctx, KITH_ECONFIG, "the name of the configuration file: %s; rename it", why.text);
    FILE *file = fopen(path, "re");
    if (!file) return kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    kith_status status = slurp(ctx, path, file, &bytes, &length);
    if (status == KITH_OK) status = parse(ctx, config, path, level, bytes, length);
    free(bytes);
    fclose(file);
    return status;
}

kith_status kith_config_read(kith_ctx *ctx, kith_config *config, const char *path)
{
    return read_level(ctx, config, path, 0);
}
