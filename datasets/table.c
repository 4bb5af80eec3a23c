#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_LINE ((size_t)1 << 28)

kith_status kith_table_open(kith_ctx *ctx, const kith_packed_name *name, char delimiter, kith_table *out)
{
    kith_table table = {.delimiter = delimiter};
    KITH_TRY(kith_packed_open(ctx, name, &table.file));
    *out = table;
    return KITH_OK;
}

void kith_table_close(kith_table *table)
{
    kith_packed_close(&table->file);
    free(table->field);
    free(table->buffer);
}

static bool blank(const kith_table *table, char c)
{
    return c && strchr(" \t\r\v\f", c) && (c != table->delimiter || c == ' ');
}

/* Moves what is left to the buffer's start and reads on behind it. */
static kith_status refill(kith_ctx *ctx, kith_table *table)
{
    enum { CHUNK = 1 << 16 };
    size_t got = 0;
    if (table->begin) memmove(table->buffer, table->buffer + table->begin, table->end - table->begin);
    table->end -= table->begin;
    table->begin = 0;
    if (table->end > LONGEST_LINE)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: a line of more than %zu bytes, so it is no table",
                         table->file.name.path, table->line + 1, LONGEST_LINE);
    if (table->room < table->end + CHUNK + 1) {
        const size_t room = 2 * table->end + CHUNK + 1;
        char *grown = realloc(table->buffer, room);
        if (!grown)
            return kith_fail(ctx, KITH_EMEMORY, "%s:%zu: no memory for a line of %zu bytes", table->file.name.path,
                             table->line + 1, room);
        table->buffer = grown;
        table->room = room;
    }
    KITH_TRY(kith_packed_read(ctx, &table->file, table->buffer + table->end, CHUNK, &got));
    table->end += got;
    table->ended = got < CHUNK;
    return KITH_OK;
}

/* The next line with its end replaced by a zero; NULL at the end of the file. */
static kith_status next_line(kith_ctx *ctx, kith_table *table, char **text, size_t *length)
{
    size_t seen = 0;
    for (;;) {
        const size_t left = table->end - table->begin;
        char *start = table->buffer + table->begin;
        char *newline = left > seen ? memchr(start + seen, '\n', left - seen) : NULL;
        if (newline || (table->ended && left)) {
            *length = newline ? (size_t)(newline - start) : left;
            *text = start;
            start[*length] = '\0'; /* there is room for one more byte than was read */
            table->begin += *length + (newline != NULL);
            table->line++;
            return KITH_OK;
        }
        *text = NULL;
        if (table->ended) return KITH_OK;
        seen = left;
        KITH_TRY(refill(ctx, table));
    }
}

/* Cuts the comment and the blanks around the text off. */
static char *bare(const kith_table *table, char *text)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* some programs start UTF-8 files with it */
    if (table->line == 1 && strncmp(text, mark, sizeof mark - 1) == 0) text += sizeof mark - 1;
    while (blank(table, *text))
        text++;
    if (table->comments || *text == '#') text[strcspn(text, "#")] = '\0';
    char *end = text + strlen(text);
    while (end > text && blank(table, end[-1]))
        end--;
    *end = '\0';
    return text;
}

kith_status kith_table_line(kith_ctx *ctx, kith_table *table, char **text)
{
    size_t length = 0;
    do {
        KITH_TRY(next_line(ctx, table, text, &length));
        if (!*text) return KITH_OK;
        if (strlen(*text) != length)
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: holds a zero byte, so it is no text", table->file.name.path,
                             table->line);
        *text = bare(table, *text);
    } while (!**text);
    return KITH_OK;
}

static kith_status push_field(kith_ctx *ctx, kith_table *table, char *text)
{
    if (table->fields == table->field_room) {
        const size_t room = table->field_room ? 2 * table->field_room : 64;
        char **grown = reallocarray(table->field, room, sizeof *grown);
        if (!grown)
            return kith_fail(ctx, KITH_EMEMORY, "%s:%zu: no memory for %zu columns", table->file.name.path, table->line,
                             room);
        table->field = grown;
        table->field_room = room;
    }
    table->field[table->fields++] = text;
    return KITH_OK;
}

/* Where the field that starts at `at` ends: at a delimiter or the text's end. */
static char *field_end(const kith_table *table, char *at)
{
    const char ends[] = {table->delimiter, table->delimiter == ' ' ? '\t' : '\0', '\0'};
    return at + strcspn(at, ends);
}

/* Takes the quotes off in place; NULL where the closing one is missing. *end: behind it. */
static char *unquote(char *at, char **end)
{
    char *out = at, *from = at + 1;
    for (; *from; from++) {
        if (*from == '"' && *++from != '"') {
            *end = from;
            *out = '\0';
            return at;
        }
        *out++ = *from;
    }
    return NULL;
}

static kith_status cut_field(kith_ctx *ctx, kith_table *table, char **at)
{
    char *text = *at, *end = NULL;
    while (blank(table, *text))
        text++;
    if (*text != '"') {
        char *last = *at = field_end(table, text);
        while (last > text && blank(table, last[-1]))
            last--;
        KITH_TRY(push_field(ctx, table, text));
        if (last < *at) *last = '\0';
        return KITH_OK;
    }
    text = unquote(text, &end);
    if (!text)
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu starts with a quote that is not closed on its line",
                         table->file.name.path, table->line, table->fields);
    while (blank(table, *end))
        end++;
    if (*end && field_end(table, end) != end && table->delimiter != ' ')
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu goes on after its closing quote", table->file.name.path,
                         table->line, table->fields);
    *at = end;
    return push_field(ctx, table, text);
}

kith_status kith_table_row(kith_ctx *ctx, kith_table *table, bool *more)
{
    char *at = NULL;
    table->fields = 0;
    KITH_TRY(kith_table_line(ctx, table, &at));
    *more = at != NULL;
    while (at) {
        KITH_TRY(cut_field(ctx, table, &at));
        if (!*at) break;
        *at++ = '\0';
    }
    return KITH_OK;
}

bool kith_table_is_header(const kith_table *table)
{
    double ignored;
    for (size_t k = 0; k < table->fields; k++)
        if (kith_field_number(table->field[k], &ignored)) return false;
    return true;
}

bool kith_field_number(const char *text, double *out)
{
    const char *end = NULL;
    *out = kith_number(text, &end);
    return end != text && *end == '\0';
}

kith_status kith_table_feature(kith_ctx *ctx, const kith_table *table, size_t column, kith_real *out)
{
    double value = 0.0;
    if (!kith_field_number(table->field[column], &value))
        return kith_table_refuse(ctx, table, column, "is not a number");
    if (!isfinite((double)(kith_real)value)) return kith_table_refuse(ctx, table, column, "is not a finite number");
    *out = (kith_real)value;
    return KITH_OK;
}

kith_status kith_table_refuse(kith_ctx *ctx, const kith_table *table, size_t column, const char *why)
{
    const char *name = table->header ? table->header[column] : NULL;
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu%s%.40s%s, '%.40s', %s", table->file.name.path, table->line,
                     column, name ? " (" : "", name ? name : "", name ? ")" : "", table->field[column], why);
}
