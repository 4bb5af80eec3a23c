#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

kith_status kith_table_open(kith_ctx *ctx, const char *path, const char *key, const char *format, char delimiter,
                            kith_table *out)
{
    kith_table table = {.path = path, .delimiter = delimiter, .marks = "", .starts = ""};
    KITH_TRY(kith_lines_open(ctx, path, key, format, &table.lines));
    *out = table;
    return KITH_OK;
}

void kith_table_close(kith_table *table)
{
    kith_lines_close(table->lines);
    free(table->field);
}

static bool blank(const kith_table *table, char c)
{
    return c && strchr(" \t\v\f", c) && (c != table->delimiter || c == ' ');
}

/* Cuts the comment and the blanks around the text off; a delimiter is no blank. */
static char *bare(const kith_table *table, char *text)
{
    text[strcspn(text, table->marks)] = '\0';
    while (blank(table, *text))
        text++;
    char *end = text + (*text && strchr(table->starts, *text) ? 0 : strlen(text));
    while (end > text && blank(table, end[-1]))
        end--;
    *end = '\0';
    return text;
}

kith_status kith_table_line(kith_ctx *ctx, kith_table *table, char **text)
{
    do {
        KITH_TRY(kith_lines_raw(ctx, table->lines, text));
        table->line = kith_lines_number(table->lines);
        if (!*text) return KITH_OK;
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
            return kith_fail(ctx, KITH_EMEMORY, "%s:%zu: no memory for %zu columns", table->path, table->line, room);
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
                         table->path, table->line, table->fields);
    while (blank(table, *end))
        end++;
    if (*end && field_end(table, end) != end && table->delimiter != ' ')
        return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu goes on after its closing quote", table->path,
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

bool kith_field_missing(const char *text)
{
    static const char *const marks[] = {"", "?", "na", "n/a", "nan", "#n/a", "<na>", "null", "none"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (strcasecmp(text, marks[k]) == 0) return true;
    return false;
}

kith_status kith_labels_plausible(kith_ctx *ctx, const char *path, const char *key, kith_target_kind target,
                                  size_t classes, size_t rows)
{
    enum { FEW = 20 };
    if (target != KITH_TARGET_AUTO || classes <= FEW || classes <= rows / 2) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: %zu different labels in %zu rows, so they seem to be quantities or names; set %s = real, or "
                     "class",
                     path, classes, rows, key);
}

kith_status kith_table_feature(kith_ctx *ctx, const kith_table *table, size_t column, kith_real *out)
{
    double value = 0.0;
    if (!kith_field_number(table->field[column], &value))
        return kith_table_refuse(ctx, table, column, "is not a number");
    if (!isfinite(value)) return kith_table_refuse(ctx, table, column, "is not a finite number");
    if (!isfinite((double)(kith_real)value))
        return kith_table_refuse(ctx, table, column, "is more than single precision holds, 3.4e38; take other units");
    *out = (kith_real)value;
    return KITH_OK;
}

kith_status kith_table_refuse(kith_ctx *ctx, const kith_table *table, size_t column, const char *why)
{
    const char *name = table->header ? table->header[column] : NULL;
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu%s%.40s%s, '%.40s', %s", table->path, table->line, column,
                     name ? " (" : "", name ? name : "", name ? ")" : "", table->field[column], why);
}
