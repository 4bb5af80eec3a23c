/* What the parts of the CSV reader share: its settings, and what each column is for.
 * Ownership: kith_csv_forget_columns() frees what kith_csv_take_header() and kith_csv_choose_columns() made. Threads:
 * one. Errors: KITH_EDATA "FILE:LINE: ..." for a header, KITH_ECONFIG for keys that name no column.
 */
#ifndef KITH_DATASETS_CSV_H
#define KITH_DATASETS_CSV_H

#include <kith/dataset.h>

#include "names.h"
#include "table.h"

typedef struct csv_config {
    const char *file[2]; /* by split */
    double test_fraction;
    const char *label, *user, *drop;
    int delimiter, header, target, missing, comment;
} csv_config;

typedef enum csv_header_kind { CSV_HEADER_AUTO = 0, CSV_HEADER_YES, CSV_HEADER_NO } csv_header_kind;
typedef enum csv_missing_kind { CSV_MISSING_REFUSE = 0, CSV_MISSING_DROP } csv_missing_kind;

#define CSV_NO_COLUMN    SIZE_MAX
#define CSV_COMMENT_HINT "; set csv.comment = hash if lines that begin with # are comments"

typedef struct csv_columns {
    const csv_config *how;
    char **header; /* (count) NULL: there is none */
    bool *dropped; /* (count) */
    bool hash;     /* the first row begins with # */
    size_t count, label, user, features;
} csv_columns;

/* Whether the first row holds names: the keys say so, or no field is a number, or a field is what a key names. */
bool kith_csv_has_header(const csv_columns *c, const kith_table *table);
/* The first row of the training file decides the columns; that of the test file must agree. */
kith_status kith_csv_take_header(kith_ctx *ctx, csv_columns *c, const kith_table *table, kith_split file) KITH_CHECKED;
/* Finds the columns that the keys name, and refuses a column of features that has no name beside others that have. */
kith_status kith_csv_choose_columns(kith_ctx *ctx, csv_columns *c, const kith_table *table) KITH_CHECKED;
bool kith_csv_is_feature(const csv_columns *c, size_t column);
void kith_csv_forget_columns(csv_columns *c);

#endif
