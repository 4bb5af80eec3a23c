/* Text files of one example a line, gzipped or plain, for the readers of CSV and its kin.
 *
 * Ownership: kith_table_open() borrows the strings; kith_table_close() frees the rest, fields included, which
 *   are valid until the next line. Threads: one.
 * Errors: KITH_EDATA as "FILE:LINE: what is wrong"; KITH_EIO; KITH_EMEMORY.
 */
#ifndef KITH_DATASETS_TABLE_H
#define KITH_DATASETS_TABLE_H

#include <kith/lines.h>
#include <stdbool.h>

/* What a column of labels holds: the parameter `target` of such readers. */
typedef enum kith_target_kind { KITH_TARGET_AUTO = 0, KITH_TARGET_CLASS, KITH_TARGET_REAL } kith_target_kind;

typedef struct kith_table {
    const char *path;
    kith_lines *lines;
    char delimiter;            /* ' ': runs of blanks */
    const char *marks;         /* each of these characters starts a comment anywhere; "": there are none */
    const char *starts;        /* lines that begin with one of these are comments */
    const char *const *header; /* names of columns for messages; NULL where there are none */
    size_t line;               /* number of the line last read, from 1 */
    char **field;              /* its fields without blanks around, quotes taken off */
    size_t fields, field_room;
} kith_table;

/* On failure there is nothing to close. */
kith_status kith_table_open(kith_ctx *ctx, const char *path, const char *key, const char *format, char delimiter,
                            kith_table *out) KITH_CHECKED;
void kith_table_close(kith_table *table);

/* The next line that is neither empty nor a comment, without blanks around, to be written on at will; NULL at the end
 * of the file. */
kith_status kith_table_line(kith_ctx *ctx, kith_table *table, char **text) KITH_CHECKED;
/* The same, cut into table->field; *more is false at the end of the file. A field in double quotes may hold delimiters
 * and doubled quotes. */
kith_status kith_table_row(kith_ctx *ctx, kith_table *table, bool *more) KITH_CHECKED;

/* Whether no field of the row is a number, as in a line of names. */
bool kith_table_is_header(const kith_table *table);

/* Whether the text is a number and nothing else; it may be none that is finite. */
bool kith_field_number(const char *text, double *out);
/* Whether the text is what programs write for a value that they do not have: nothing, ?, NA, N/A, NaN, null, None. */
bool kith_field_missing(const char *text);
/* Refuses classes that are nearly as many as the rows that have them, unless `target` says that they are classes; `key`
 * is its parameter. */
kith_status kith_labels_plausible(kith_ctx *ctx, const char *path, const char *key, kith_target_kind target,
                                  size_t classes, size_t rows) KITH_CHECKED;
/* A field as a feature: a number that is finite as a kith_real. */
kith_status kith_table_feature(kith_ctx *ctx, const kith_table *table, size_t column, kith_real *out) KITH_CHECKED;
/* "FILE:LINE: column 3 (age), 'x', `why`". */
kith_status kith_table_refuse(kith_ctx *ctx, const kith_table *table, size_t column, const char *why) KITH_CHECKED;

#endif
