#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kith_status copy_header(kith_ctx *ctx, csv_columns *c, const kith_table *table)
{
    KITH_TRY(KITH_ALLOC(ctx, "the header", table->fields, &c->header));
    c->count = table->fields;
    for (size_t k = 0; k < table->fields; k++) {
        const size_t size = strlen(table->field[k]) + 1;
        KITH_TRY(KITH_ALLOC(ctx, "a column's name", size, &c->header[k]));
        memcpy(c->header[k], table->field[k], size);
    }
    return KITH_OK;
}

static size_t first_named(const csv_columns *c, const char *name)
{
    size_t k = 0;
    while (strcmp(c->header[k], name) != 0)
        k++;
    return k;
}

static kith_status refuse_twins(kith_ctx *ctx, const csv_columns *c, const kith_table *table)
{
    kith_names seen = {0};
    kith_status status = KITH_OK;
    for (size_t k = 0; status == KITH_OK && k < c->count; k++) {
        uint32_t number = 0;
        const size_t known = seen.count;
        if (!*c->header[k]) continue;
        status = kith_names_add(ctx, &seen, c->header[k], &number);
        if (status == KITH_OK && seen.count == known)
            status = kith_fail(ctx, KITH_EDATA, "%s:%zu: columns %zu and %zu are both named '%.40s'; rename one",
                               table->path, table->line, first_named(c, c->header[k]), k, c->header[k]);
    }
    kith_names_free(&seen);
    return status;
}

/* The number in a text of digits, counted from the end where it is negative; CSV_NO_COLUMN if it is none. */
static size_t numbered_column(const csv_columns *c, const char *text)
{
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end) return CSV_NO_COLUMN;
    const size_t distance = number < 0 ? (size_t) - (number + 1) + 1 : (size_t)number;
    if (number < 0) return distance <= c->count ? c->count - distance : CSV_NO_COLUMN;
    return distance < c->count ? distance : CSV_NO_COLUMN;
}

static kith_status find_column(kith_ctx *ctx, const csv_columns *c, const char *key, const char *text, size_t *out)
{
    char known[256] = "";
    *out = CSV_NO_COLUMN;
    if (!*text) return KITH_OK;
    for (size_t k = 0; c->header && k < c->count; k++) {
        if (strcmp(c->header[k], text) == 0) {
            *out = k;
            return KITH_OK;
        }
        const size_t used = strlen(known);
        if (used + strlen(c->header[k]) + 8 < sizeof known)
            snprintf(known + used, sizeof known - used, "%s%s", k ? ", " : "", c->header[k]);
    }
    *out = numbered_column(c, text);
    if (*out != CSV_NO_COLUMN) return KITH_OK;
    if (!c->header)
        return kith_fail(ctx, KITH_ECONFIG,
                         "csv.%s = %s: %s has no header with that name; give the column's number, 0 to %zu, or set "
                         "csv.header = yes",
                         key, text, c->how->file[KITH_TRAIN], c->count - 1);
    return kith_fail(ctx, KITH_ECONFIG, "csv.%s = %s: %s has no such column; its columns are %s%s", key, text,
                     c->how->file[KITH_TRAIN], known, *c->header[0] == '#' ? CSV_COMMENT_HINT : "");
}

/* Whether the text names a column by what stands in the first row: a number that is a column's place does not. */
static bool named_in(const kith_table *table, const char *text)
{
    const csv_columns places = {.count = table->fields};
    if (!*text || numbered_column(&places, text) != CSV_NO_COLUMN) return false;
    for (size_t k = 0; k < table->fields; k++)
        if (strcmp(table->field[k], text) == 0) return true;
    return false;
}

bool kith_csv_has_header(const csv_columns *c, const kith_table *table)
{
    if (c->how->header != CSV_HEADER_AUTO) return c->how->header == CSV_HEADER_YES;
    return kith_table_is_header(table) || named_in(table, c->how->label) || named_in(table, c->how->user);
}

/* csv.drop: names or numbers with commas between. */
static kith_status choose_dropped(kith_ctx *ctx, csv_columns *c)
{
    char *list = NULL;
    const size_t size = strlen(c->how->drop) + 1;
    kith_status status = KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "csv.drop", size, &list));
    memcpy(list, c->how->drop, size);
    for (char *rest = list, *name; status == KITH_OK && (name = strsep(&rest, ","));) {
        size_t column = CSV_NO_COLUMN;
        name += strspn(name, " \t");
        for (size_t length = strlen(name); length && strchr(" \t", name[length - 1]); length--)
            name[length - 1] = '\0';
        if (*name) status = find_column(ctx, c, "drop", name, &column);
        if (status != KITH_OK || column == CSV_NO_COLUMN) continue;
        c->dropped[column] = true;
        if (column == c->label || column == c->user)
            status = kith_fail(ctx, KITH_ECONFIG, "csv.drop = %s: column %zu is csv.%s; name it once", c->how->drop,
                               column, column == c->label ? "label" : "user");
    }
    kith_free(list);
    return status;
}

/* pandas writes the rows' numbers as a first column without a name, and reads it again as "Unnamed: 0". */
static kith_status check_names(kith_ctx *ctx, const csv_columns *c, const kith_table *table)
{
    for (size_t k = 0; c->header && k < c->count; k++) {
        if (!kith_csv_is_feature(c, k)) continue;
        if (!*c->header[k])
            return kith_fail(ctx, KITH_EDATA,
                             "%s: column %zu has no name, like the row numbers that pandas writes; set csv.drop = "
                             "%zu to leave it out, or name it",
                             table->path, k, k);
        if (strncmp(c->header[k], "Unnamed: ", 9) == 0)
            kith_note(ctx, "%s: column %zu, '%.40s', seems to hold row numbers; set csv.drop = %zu to leave it out",
                      table->path, k, c->header[k], k);
    }
    return KITH_OK;
}

bool kith_csv_is_feature(const csv_columns *c, size_t column)
{
    return column != c->label && column != c->user && !c->dropped[column];
}

kith_status kith_csv_choose_columns(kith_ctx *ctx, csv_columns *c, const kith_table *table)
{
    KITH_TRY(KITH_ALLOC(ctx, "the columns", c->count, &c->dropped));
    KITH_TRY(find_column(ctx, c, "label", c->how->label, &c->label));
    KITH_TRY(find_column(ctx, c, "user", c->how->user, &c->user));
    if (c->label == CSV_NO_COLUMN && c->how->target == KITH_TARGET_REAL)
        return kith_fail(ctx, KITH_ECONFIG, "csv.target = real needs csv.label, the column to be predicted");
    if (c->label != CSV_NO_COLUMN && c->label == c->user)
        return kith_fail(ctx, KITH_ECONFIG, "csv.label = %s and csv.user = %s are the same column", c->how->label,
                         c->how->user);
    KITH_TRY(choose_dropped(ctx, c));
    KITH_TRY(check_names(ctx, c, table));
    for (size_t k = 0; k < c->count; k++)
        c->features += kith_csv_is_feature(c, k);
    if (c->features) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s: has no column of features beside csv.label and csv.user",
                     c->how->file[KITH_TRAIN]);
}

void kith_csv_forget_columns(csv_columns *c)
{
    for (size_t k = 0; c->header && k < c->count; k++)
        kith_free(c->header[k]);
    kith_free(c->header);
    kith_free(c->dropped);
    *c = (csv_columns){.how = c->how, .label = CSV_NO_COLUMN, .user = CSV_NO_COLUMN};
}

/* The first row of the training file decides the columns; that of the test file must agree. */
kith_status kith_csv_take_header(kith_ctx *ctx, csv_columns *c, const kith_table *table, kith_split file)
{
    if (file == KITH_TRAIN) {
        KITH_TRY(copy_header(ctx, c, table));
        return refuse_twins(ctx, c, table);
    }
    for (size_t k = 0; c->header && k < c->count && k < table->fields; k++)
        if (strcmp(c->header[k], table->field[k]) != 0)
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu is '%.40s', but '%.40s' in %s", table->path,
                             table->line, k, table->field[k], c->header[k], c->how->file[KITH_TRAIN]);
    return KITH_OK;
}
