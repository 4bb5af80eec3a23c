/* Labelled examples from CSV files, gzipped or plain: one row, one example.
 *
 * All columns are features but the label's and the user's. Labels may be words or numbers: the different ones, in
 * order, become classes 0, 1, ..., or they are numbers to be predicted; users likewise, so that partition.kind =
 * natural gives each learner one user's rows. Test examples come from a second file, or are drawn from the first.
 */
#include <kith/dataset.h>

#include "holdout.h"
#include "names.h"
#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct csv_config {
    const char *file[2]; /* by split */
    double test_fraction;
    const char *label, *user;
    int delimiter, header, target;
} csv_config;

typedef enum header_kind { HEADER_AUTO = 0, HEADER_YES, HEADER_NO } header_kind;

enum { MOST_CLASSES = 1 << 16 };
#define NO_COLUMN SIZE_MAX

typedef struct csv {
    csv_config how;
    uint64_t seed;
    char **header; /* (columns) NULL: there is none */
    size_t columns, label, user;
    kith_names labels, users;
    size_t rows[2];      /* by file */
    uint32_t *owner;     /* (rows of the first file) the user's number; first of all its rows, then of training rows */
    size_t owners;       /* room */
    unsigned char *held; /* (rows of the first file) 1: a test example; NULL: none is */
    size_t tests;        /* how many are held */
} csv;

static const char *const keys[] = {"csv.train_file", "csv.test_file"};

static const kith_param params[] = {
    {"train_file", KITH_TYPE_PATH, 0, offsetof(csv_config, file[KITH_TRAIN]), "", "", "",
     "the training examples, gzipped or not"},
    {"test_file", KITH_TYPE_PATH, 0, offsetof(csv_config, file[KITH_TEST]), "", "", "",
     "the test examples; empty: see test_fraction"},
    {"test_fraction", KITH_TYPE_REAL, 0, offsetof(csv_config, test_fraction), "0", "[0,1)", "",
     "without a test file, the share of training rows that become test examples, drawn by the seed of the data"},
    {"label", KITH_TYPE_STRING, 0, offsetof(csv_config, label), "", "", "",
     "the label's column: its name in the header, or its number from 0 (-1 is the last); empty: there are no labels"},
    {"user", KITH_TYPE_STRING, 0, offsetof(csv_config, user), "", "", "",
     "the column that says whose example a row is, for partition.kind = natural, as name or number; empty: there is "
     "none"},
    {"delimiter", KITH_TYPE_CHOICE, 0, offsetof(csv_config, delimiter), "comma", "comma|semicolon|tab|blanks|bar", "",
     "what is between fields; blanks: any number of spaces and tabs"},
    {"header", KITH_TYPE_CHOICE, 0, offsetof(csv_config, header), "auto", "auto|yes|no", "",
     "whether the first line holds the columns' names; auto: if not one of its fields is a number"},
    {"target", KITH_TYPE_CHOICE, 0, offsetof(csv_config, target), "auto", "auto|class|real", "",
     "what the label's column holds: classes, or one real number to be predicted; auto: classes, and numbers that are "
     "not whole are refused"},
};

/* Columns. */

static kith_status copy_header(kith_ctx *ctx, csv *c, const kith_table *table)
{
    KITH_TRY(KITH_ALLOC(ctx, "the header", table->fields, &c->header));
    c->columns = table->fields;
    for (size_t k = 0; k < table->fields; k++) {
        const size_t size = strlen(table->field[k]) + 1;
        KITH_TRY(KITH_ALLOC(ctx, "a column's name", size, &c->header[k]));
        memcpy(c->header[k], table->field[k], size);
    }
    return KITH_OK;
}

static kith_status refuse_twins(kith_ctx *ctx, const csv *c, const kith_table *table)
{
    kith_names seen = {0};
    kith_status status = KITH_OK;
    for (size_t k = 0; status == KITH_OK && k < c->columns; k++) {
        uint32_t before = 0;
        const size_t count = seen.count;
        status = kith_names_add(ctx, &seen, c->header[k], &before);
        if (status == KITH_OK && seen.count == count)
            status = kith_fail(ctx, KITH_EDATA, "%s:%zu: columns %u and %zu are both named '%.40s'; rename one",
                               table->file.name.path, table->line, before, k, c->header[k]);
    }
    kith_names_free(&seen);
    return status;
}

/* The number in a text of digits, counted from the end where it is negative; NO_COLUMN if it is none. */
static size_t numbered_column(const csv *c, const char *text)
{
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end) return NO_COLUMN;
    const size_t distance = number < 0 ? (size_t) - (number + 1) + 1 : (size_t)number;
    if (number < 0) return distance <= c->columns ? c->columns - distance : NO_COLUMN;
    return distance < c->columns ? distance : NO_COLUMN;
}

static kith_status find_column(kith_ctx *ctx, const csv *c, const char *key, const char *text, size_t *out)
{
    char known[256] = "";
    *out = NO_COLUMN;
    if (!*text) return KITH_OK;
    for (size_t k = 0; c->header && k < c->columns; k++) {
        if (strcmp(c->header[k], text) == 0) {
            *out = k;
            return KITH_OK;
        }
        const size_t used = strlen(known);
        if (used + strlen(c->header[k]) + 8 < sizeof known)
            snprintf(known + used, sizeof known - used, "%s%s", k ? ", " : "", c->header[k]);
    }
    *out = numbered_column(c, text);
    if (*out != NO_COLUMN) return KITH_OK;
    if (!c->header)
        return kith_fail(ctx, KITH_ECONFIG,
                         "csv.%s = %s: %s has no header with that name; give the column's number, 0 to %zu", key, text,
                         c->how.file[KITH_TRAIN], c->columns - 1);
    return kith_fail(ctx, KITH_ECONFIG, "csv.%s = %s: %s has no such column; its columns are %s", key, text,
                     c->how.file[KITH_TRAIN], known);
}

/* How many columns are no features. */
static size_t taken_columns(const csv *c)
{
    return (c->label == NO_COLUMN ? 0u : 1u) + (c->user == NO_COLUMN ? 0u : 1u);
}

static kith_status choose_columns(kith_ctx *ctx, csv *c)
{
    KITH_TRY(find_column(ctx, c, "label", c->how.label, &c->label));
    KITH_TRY(find_column(ctx, c, "user", c->how.user, &c->user));
    if (c->label == NO_COLUMN && c->how.target == KITH_TARGET_REAL)
        return kith_fail(ctx, KITH_ECONFIG, "csv.target = real needs csv.label, the column to be predicted");
    if (c->label != NO_COLUMN && c->label == c->user)
        return kith_fail(ctx, KITH_ECONFIG, "csv.label = %s and csv.user = %s are the same column", c->how.label,
                         c->how.user);
    if (c->columns > taken_columns(c)) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s: has no column of features beside csv.label and csv.user",
                     c->how.file[KITH_TRAIN]);
}

/* The first row of the training file decides the columns; that of the test file must agree. */
static kith_status take_header(kith_ctx *ctx, csv *c, const kith_table *table, kith_split file)
{
    if (file == KITH_TRAIN) {
        KITH_TRY(copy_header(ctx, c, table));
        return refuse_twins(ctx, c, table);
    }
    for (size_t k = 0; c->header && k < c->columns && k < table->fields; k++)
        if (strcmp(c->header[k], table->field[k]) != 0)
            return kith_fail(ctx, KITH_EDATA, "%s:%zu: column %zu is '%.40s', but '%.40s' in %s", table->file.name.path,
                             table->line, k, table->field[k], c->header[k], c->how.file[KITH_TRAIN]);
    return KITH_OK;
}

/* Rows. */

static kith_status check_fields(kith_ctx *ctx, const csv *c, const kith_table *table)
{
    if (table->fields == c->columns) return KITH_OK;
    return kith_fail(
        ctx, KITH_EDATA, "%s:%zu: %zu columns, but %s has %zu", table->file.name.path, table->line, table->fields,
        table->file.name.path == c->how.file[KITH_TRAIN] ? "the first row" : c->how.file[KITH_TRAIN], c->columns);
}

/* A label as its name: numbers are written in one way, so that 1 and 1.0 are the same. */
static kith_status label_name(kith_ctx *ctx, const csv *c, const kith_table *table, char *out, size_t size,
                              const char **name)
{
    double value = 0.0;
    *name = table->field[c->label];
    if (!**name) return kith_table_refuse(ctx, table, c->label, "is empty, and a label is needed");
    if (!kith_field_number(*name, &value)) return KITH_OK;
    if (!isfinite(value)) return kith_table_refuse(ctx, table, c->label, "is not a finite number");
    snprintf(out, size, "%.17g", value + 0.0); /* -0 becomes 0 */
    *name = out;
    return KITH_OK;
}

static kith_status count_label(kith_ctx *ctx, csv *c, const kith_table *table, kith_split file)
{
    char text[40];
    const char *name = NULL;
    double value = 0.0;
    uint32_t number = 0;
    if (c->label == NO_COLUMN || c->how.target == KITH_TARGET_REAL) return KITH_OK;
    KITH_TRY(label_name(ctx, c, table, text, sizeof text, &name));
    if (c->how.target == KITH_TARGET_AUTO && kith_field_number(name, &value) && value != floor(value))
        return kith_table_refuse(ctx, table, c->label,
                                 "is no whole number, so it seems to be a quantity; set csv.target = real, or class");
    if (file == KITH_TEST) {
        if (kith_names_find(&c->labels, name, &number)) return KITH_OK;
        return kith_table_refuse(ctx, table, c->label, "is a label that no training example has");
    }
    KITH_TRY(kith_names_add(ctx, &c->labels, name, &number));
    if (c->labels.count <= MOST_CLASSES) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s:%zu: csv.label = %s: more than %d different labels, so it seems to be a quantity; set "
                     "csv.target = real, or choose another column",
                     table->file.name.path, table->line, c->how.label, MOST_CLASSES);
}

static kith_status count_user(kith_ctx *ctx, csv *c, const kith_table *table, size_t row)
{
    if (c->user == NO_COLUMN) return KITH_OK;
    if (row == c->owners) {
        const size_t room = c->owners ? 2 * c->owners : 1024;
        uint32_t *grown = NULL;
        KITH_TRY(KITH_ALLOC(ctx, "the rows' users", room, &grown));
        if (row) memcpy(grown, c->owner, row * sizeof *grown);
        kith_free(c->owner);
        c->owner = grown;
        c->owners = room;
    }
    if (!*table->field[c->user]) return kith_table_refuse(ctx, table, c->user, "is empty, and a user is needed");
    return kith_names_add(ctx, &c->users, table->field[c->user], &c->owner[row]);
}

/* What a pass over a file does with its rows. */
typedef struct pass {
    csv *c;
    kith_split file, split;
    kith_real *out; /* NULL: counts, else stores the split's rows */
    int32_t *label;
    kith_real *target;
    size_t row;
} pass;

static kith_status store_row(kith_ctx *ctx, pass *p, const kith_table *table)
{
    const csv *c = p->c;
    char text[40];
    const char *name = NULL;
    uint32_t number = 0;
    if (p->row == c->rows[p->file])
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->file.name.path);
    if (c->held && (c->held[p->row] != 0) != (p->split == KITH_TEST)) return KITH_OK;
    for (size_t k = 0; k < c->columns; k++)
        if (k != c->label && k != c->user) KITH_TRY(kith_table_feature(ctx, table, k, p->out++));
    if (c->label == NO_COLUMN) return KITH_OK;
    if (p->target) return kith_table_feature(ctx, table, c->label, p->target++);
    KITH_TRY(label_name(ctx, c, table, text, sizeof text, &name));
    if (!kith_names_find(&c->labels, name, &number))
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->file.name.path);
    *p->label++ = (int32_t)c->labels.rank[number];
    return KITH_OK;
}

static kith_status take_row(kith_ctx *ctx, pass *p, const kith_table *table)
{
    KITH_TRY(check_fields(ctx, p->c, table));
    if (p->out)
        KITH_TRY(store_row(ctx, p, table));
    else
        KITH_TRY(count_label(ctx, p->c, table, p->file));
    if (!p->out && p->file == KITH_TRAIN) KITH_TRY(count_user(ctx, p->c, table, p->row));
    p->row++;
    return KITH_OK;
}

static kith_status read_rows(kith_ctx *ctx, pass *p, kith_table *table)
{
    csv *c = p->c;
    bool more = true;
    KITH_TRY(kith_table_row(ctx, table, &more));
    const bool header = c->how.header == HEADER_YES || (c->how.header == HEADER_AUTO && kith_table_is_header(table));
    if (more && !p->out && p->file == KITH_TRAIN) c->columns = table->fields;
    if (more && header) {
        if (!p->out) KITH_TRY(take_header(ctx, c, table, p->file));
        KITH_TRY(kith_table_row(ctx, table, &more));
    }
    table->header = (const char *const *)c->header;
    if (more && !p->out && p->file == KITH_TRAIN) KITH_TRY(choose_columns(ctx, c));
    while (more) {
        KITH_TRY(take_row(ctx, p, table));
        KITH_TRY(kith_table_row(ctx, table, &more));
    }
    return KITH_OK;
}

static kith_status read_file(kith_ctx *ctx, pass *p)
{
    static const char delimiters[] = {',', ';', '\t', ' ', '|'};
    const csv *c = p->c;
    const kith_packed_name name = {
        .path = c->how.file[p->file], .key = keys[p->file], .format = "a CSV file", .folder = NULL};
    kith_table table;
    KITH_TRY(kith_table_open(ctx, &name, delimiters[c->how.delimiter], &table));
    kith_status status = read_rows(ctx, p, &table);
    kith_table_close(&table);
    if (status == KITH_OK && p->row == 0)
        status = kith_fail(ctx, KITH_EDATA, "%s: holds no examples; give it a line for each", name.path);
    if (status == KITH_OK && p->out && p->row != c->rows[p->file])
        status = kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", name.path);
    return status;
}

/* Users count where they have training examples; afterwards owner[row] is the user's place among those. */
static kith_status settle_users(kith_ctx *ctx, csv *c)
{
    kith_names known = {0};
    kith_status status = KITH_OK;
    uint32_t number = 0;
    for (size_t row = 0; status == KITH_OK && row < c->rows[KITH_TRAIN]; row++)
        if (!c->held || !c->held[row]) status = kith_names_add(ctx, &known, c->users.name[c->owner[row]], &number);
    if (status == KITH_OK) status = kith_names_sort(ctx, &known);
    for (size_t row = 0; status == KITH_OK && row < c->rows[KITH_TRAIN]; row++)
        if (kith_names_find(&known, c->users.name[c->owner[row]], &number)) c->owner[row] = known.rank[number];
    kith_names_free(&c->users);
    c->users = known;
    return status;
}

/* Life and the host's questions. */

static void forget(csv *c)
{
    for (size_t k = 0; c->header && k < c->columns; k++)
        kith_free(c->header[k]);
    kith_free(c->header);
    kith_names_free(&c->labels);
    kith_names_free(&c->users);
    kith_free(c->owner);
    kith_free(c->held);
    *c = (csv){.how = c->how, .seed = c->seed, .label = NO_COLUMN, .user = NO_COLUMN};
}

static void csv_destroy(void *self)
{
    forget(self);
    kith_free(self);
}

static kith_status csv_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const csv_config *how = config;
    csv *c = NULL;
    if (!*how->file[KITH_TRAIN])
        return kith_fail(ctx, KITH_ECONFIG, "csv.train_file is empty; set it to the file of training examples");
    KITH_TRY(kith_holdout_check(ctx, "csv", how->file[KITH_TEST], how->test_fraction));
    KITH_TRY(KITH_ALLOC(ctx, "csv", 1, &c));
    c->how = *how;
    c->seed = setting->seed;
    *self = c;
    return KITH_OK;
}

static kith_status count_file(kith_ctx *ctx, csv *c, kith_split file)
{
    pass p = {.c = c, .file = file};
    KITH_TRY(read_file(ctx, &p));
    c->rows[file] = p.row;
    return KITH_OK;
}

static kith_status csv_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    csv *c = self;
    forget(c);
    KITH_TRY(count_file(ctx, c, KITH_TRAIN));
    if (*c->how.file[KITH_TEST]) KITH_TRY(count_file(ctx, c, KITH_TEST));
    if (c->how.test_fraction > 0.0)
        KITH_TRY(kith_holdout_draw(ctx, c->seed, c->how.test_fraction, c->rows[KITH_TRAIN], &c->held, &c->tests));
    KITH_TRY(kith_names_sort(ctx, &c->labels));
    if (c->user != NO_COLUMN) KITH_TRY(settle_users(ctx, c));
    *info = (kith_dataset_info){.store = KITH_STORE_REAL,
                                .examples = {c->rows[KITH_TRAIN] - c->tests, c->rows[KITH_TEST] + c->tests},
                                .users = c->users.count};
    info->shape.features = c->columns - taken_columns(c);
    info->shape.classes = c->labels.count;
    info->shape.targets = c->how.target == KITH_TARGET_REAL && c->label != NO_COLUMN;
    return KITH_OK;
}

static kith_status csv_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                            kith_real *targets)
{
    csv *c = self;
    pass p = {.c = c,
              .file = c->held ? KITH_TRAIN : split,
              .split = split,
              .out = features,
              .label = labels,
              .target = targets};
    return read_file(ctx, &p);
}

static kith_status csv_owner(void *self, kith_ctx *ctx, kith_split split, uint32_t *user)
{
    const csv *c = self;
    if (split != KITH_TRAIN)
        return kith_fail(ctx, KITH_ECONFIG,
                         "csv: users of test examples are not known; leave data.pool = train, or choose a "
                         "partition.kind other than natural");
    for (size_t row = 0; row < c->rows[KITH_TRAIN]; row++)
        if (!c->held || !c->held[row]) *user++ = c->owner[row];
    return KITH_OK;
}

static const kith_dataset ops = {.describe = csv_describe, .load = csv_load, .owner = csv_owner};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(csv_config, params),
    .id = "csv",
    .version = "1.0",
    .summary = "features, labels and users from CSV files",
    .reference = "",
    .create = csv_create,
    .destroy = csv_destroy,
    KITH_PLUGIN_OPS(ops),
};
