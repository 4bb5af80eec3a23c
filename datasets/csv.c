/* Labelled examples from CSV files, gzipped or plain: one row, one example.
 *
 * All columns are features but the label's, the user's and those that are dropped. Labels may be words or numbers: the
 * different ones, in order, become classes 0, 1, ..., or they are numbers to be predicted; users likewise, so that
 * partition.kind = natural gives each learner one user's rows. Test examples come from a second file, or are drawn from
 * the first.
 */
#include "csv.h"
#include "holdout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CLASSES = 1 << 16 };

/* The first row's label, where that row may be a header after all. */
typedef struct csv_doubt {
    bool open;   /* until another row has that label */
    bool places; /* the row's numbers count 0, 1, 2, ... */
    bool words;  /* another label is no number */
    uint32_t label;
    size_t line;
} csv_doubt;

typedef struct csv {
    csv_config how;
    uint64_t seed;
    csv_columns columns;
    kith_names labels, users;
    size_t rows[2];      /* by file */
    uint32_t *owner;     /* (rows of the first file) the user's number; first of all its rows, then of training rows */
    size_t owners;       /* room */
    unsigned char *held; /* (rows of the first file) 1: a test example; NULL: none is */
    size_t tests;        /* how many are held */
    csv_doubt doubt;
} csv;

static const char *const keys[] = {"csv.train_file", "csv.test_file"};

static const kith_param params[] = {
    {"train_file", KITH_TYPE_PATH, 0, offsetof(csv_config, file[KITH_TRAIN]), "", "", "",
     "the training examples, gzipped or not"},
    {"test_file", KITH_TYPE_PATH, 0, offsetof(csv_config, file[KITH_TEST]), "", "", "",
     "the test examples; empty: see test_fraction"},
    {"test_fraction", KITH_TYPE_REAL, "test_file = ''", offsetof(csv_config, test_fraction), "0", "[0,1)", "",
     "without a test file, the share of training rows that become test examples, drawn by the seed of the data"},
    {"label", KITH_TYPE_STRING, 0, offsetof(csv_config, label), "", "", "",
     "the label's column: its name in the header, or its number from 0 (-1 is the last); empty: there are no labels"},
    {"user", KITH_TYPE_STRING, 0, offsetof(csv_config, user), "", "", "",
     "the column that says whose example a row is, for partition.kind = natural, as name or number; empty: there is "
     "none"},
    {"drop", KITH_TYPE_STRING, 0, offsetof(csv_config, drop), "", "", "",
     "columns to leave out, as names or numbers with commas between: row numbers, say"},
    {"missing", KITH_TYPE_CHOICE, 0, offsetof(csv_config, missing), "refuse", "refuse|drop", "",
     "what to do with a row that lacks a value: an empty field, ?, NA, N/A, NaN, null or None; drop: leave it out"},
    {"comment", KITH_TYPE_CHOICE, 0, offsetof(csv_config, comment), "none", "none|hash|percent", "",
     "which lines are comments: those that begin with # or %"},
    {"delimiter", KITH_TYPE_CHOICE, 0, offsetof(csv_config, delimiter), "comma", "comma|semicolon|tab|blanks|bar", "",
     "what is between fields; blanks: any number of spaces and tabs"},
    {"header", KITH_TYPE_CHOICE, 0, offsetof(csv_config, header), "auto", "auto|yes|no", "",
     "whether the first line holds the columns' names; auto: if not one of its fields is a number, or one is what "
     "label "
     "or user names"},
    {"target", KITH_TYPE_CHOICE, "label != ''", offsetof(csv_config, target), "auto", "auto|class|real", "",
     "what the label's column holds: classes, or one real number to be predicted; auto: classes, and numbers that are "
     "not whole are refused"},
};

/* Rows. */

static kith_status check_fields(kith_ctx *ctx, const csv *c, const kith_table *table)
{
    if (table->fields == c->columns.count) return KITH_OK;
    const bool mark = *table->field[0] == '#' || c->columns.hash;
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: %zu columns, but %s has %zu%s", table->path, table->line, table->fields,
                     table->path == c->how.file[KITH_TRAIN] ? "the first row" : c->how.file[KITH_TRAIN],
                     c->columns.count, mark ? CSV_COMMENT_HINT : "");
}

/* The first column that is used and marks its value as missing; the row's end: none does. A user may be named NA. */
static size_t find_missing(const csv *c, const kith_table *table)
{
    size_t k = 0;
    for (; k < table->fields; k++) {
        const bool used = k == c->columns.label || kith_csv_is_feature(&c->columns, k);
        if (k == c->columns.user ? !*table->field[k] : used && kith_field_missing(table->field[k])) break;
    }
    return k;
}

/* *lacks: the row is to be left out. */
static kith_status check_missing(kith_ctx *ctx, const csv *c, const kith_table *table, bool *lacks)
{
    const size_t column = find_missing(c, table);
    *lacks = column < table->fields;
    if (!*lacks || c->how.missing == CSV_MISSING_DROP) return KITH_OK;
    return kith_table_refuse(ctx, table, column,
                             "marks a missing value; fill it in, or set csv.missing = drop to leave such rows out");
}

/* A label as its name: numbers are written in one way, so that 1 and 1.0 are the same. */
static kith_status label_name(kith_ctx *ctx, const csv *c, const kith_table *table, char *out, size_t size,
                              const char **name)
{
    double value = 0.0;
    *name = table->field[c->columns.label];
    if (!kith_field_number(*name, &value)) return KITH_OK;
    if (!isfinite(value)) return kith_table_refuse(ctx, table, c->columns.label, "is not a finite number");
    snprintf(out, size, "%.17g", value + 0.0); /* -0 becomes 0 */
    *name = out;
    return KITH_OK;
}

/* Whether the numbers of a row follow each other: 0, 1, 2, ..., as pandas names columns, or years. */
static bool counts_on(const kith_table *table)
{
    double value = 0.0, next = 0.0;
    size_t numbers = 0;
    for (size_t k = 0; k < table->fields; k++) {
        if (!kith_field_number(table->field[k], &value)) continue;
        if (numbers++ && value != next) return false;
        next = value + 1.0;
    }
    return numbers > 1;
}

/* A first row whose label is a word that no other row has may be a header that was not seen. */
static void doubt_header(csv *c, const kith_table *table, const char *name, uint32_t label, size_t row)
{
    double value = 0.0;
    csv_doubt *d = &c->doubt;
    const bool word = !kith_field_number(name, &value);
    if (row == 0)
        *d = (csv_doubt){.open = word && !c->columns.header && c->how.header == CSV_HEADER_AUTO,
                         .places = counts_on(table),
                         .label = label,
                         .line = table->line};
    else if (label == d->label)
        d->open = false;
    else if (word)
        d->words = true;
}

static kith_status decide_header(kith_ctx *ctx, const csv *c)
{
    const csv_doubt *d = &c->doubt;
    if (!d->open || c->rows[KITH_TRAIN] < 2 || (d->words && !d->places)) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s:%zu: seems to hold the columns' names: no other row has the label '%.40s'; set csv.header = "
                     "yes, or no",
                     c->how.file[KITH_TRAIN], d->line, c->labels.name[d->label]);
}

static kith_status count_label(kith_ctx *ctx, csv *c, const kith_table *table, kith_split file, size_t row)
{
    char text[40];
    const char *name = NULL;
    double value = 0.0;
    uint32_t number = 0;
    if (c->columns.label == CSV_NO_COLUMN || c->how.target == KITH_TARGET_REAL) return KITH_OK;
    KITH_TRY(label_name(ctx, c, table, text, sizeof text, &name));
    if (c->how.target == KITH_TARGET_AUTO && kith_field_number(name, &value) && value != floor(value))
        return kith_table_refuse(ctx, table, c->columns.label,
                                 "is no whole number, so it seems to be a quantity; set csv.target = real, or class");
    if (file == KITH_TEST) {
        if (kith_names_find(&c->labels, name, &number)) return KITH_OK;
        return kith_table_refuse(ctx, table, c->columns.label, "is a label that no training example has");
    }
    KITH_TRY(kith_names_add(ctx, &c->labels, name, &number));
    doubt_header(c, table, name, number, row);
    if (c->labels.count <= MOST_CLASSES) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s:%zu: csv.label = %s: more than %d different labels, so it seems to be a quantity; set "
                     "csv.target = real, or choose another column",
                     table->path, table->line, c->how.label, MOST_CLASSES);
}

static kith_status count_user(kith_ctx *ctx, csv *c, const kith_table *table, size_t row)
{
    if (c->columns.user == CSV_NO_COLUMN) return KITH_OK;
    if (row == c->owners) {
        const size_t room = c->owners ? 2 * c->owners : 1024;
        uint32_t *grown = NULL;
        KITH_TRY(KITH_ALLOC(ctx, "the rows' users", room, &grown));
        if (row) memcpy(grown, c->owner, row * sizeof *grown);
        kith_free(c->owner);
        c->owner = grown;
        c->owners = room;
    }
    return kith_names_add(ctx, &c->users, table->field[c->columns.user], &c->owner[row]);
}

/* What a pass over a file does with its rows. */
typedef struct pass {
    csv *c;
    kith_split file, split;
    kith_real *out; /* NULL: counts, else stores the split's rows */
    int32_t *label;
    kith_real *target;
    size_t row, lacking, lacking_line; /* rows so far; those left out, and where the first of them is */
    bool huge;                         /* a very large number was noted */
} pass;

/* No scaling helps where one number is beyond all others; its place does. */
static kith_status take_feature(kith_ctx *ctx, pass *p, const kith_table *table, size_t column)
{
    static const double huge = 1e15;
    KITH_TRY(kith_table_feature(ctx, table, column, p->out));
    if (fabs((double)*p->out++) < huge || p->huge) return KITH_OK;
    const char *name = table->header ? table->header[column] : "";
    kith_note(ctx, "%s:%zu: column %zu%s%.40s%s, '%.40s', is very large; correct it if it is no measurement",
              table->path, table->line, column, *name ? " (" : "", name, *name ? ")" : "", table->field[column]);
    p->huge = true;
    return KITH_OK;
}

static kith_status store_row(kith_ctx *ctx, pass *p, const kith_table *table)
{
    const csv *c = p->c;
    char text[40];
    const char *name = NULL;
    uint32_t number = 0;
    if (p->row == c->rows[p->file])
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->path);
    if (c->held && (c->held[p->row] != 0) != (p->split == KITH_TEST)) return KITH_OK;
    for (size_t k = 0; k < c->columns.count; k++)
        if (kith_csv_is_feature(&c->columns, k)) KITH_TRY(take_feature(ctx, p, table, k));
    if (c->columns.label == CSV_NO_COLUMN) return KITH_OK;
    if (p->target) return kith_table_feature(ctx, table, c->columns.label, p->target++);
    KITH_TRY(label_name(ctx, c, table, text, sizeof text, &name));
    if (!kith_names_find(&c->labels, name, &number))
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->path);
    *p->label++ = (int32_t)c->labels.rank[number];
    return KITH_OK;
}

static kith_status take_row(kith_ctx *ctx, pass *p, const kith_table *table)
{
    bool lacks = false;
    KITH_TRY(check_fields(ctx, p->c, table));
    KITH_TRY(check_missing(ctx, p->c, table, &lacks));
    if (lacks) {
        if (p->lacking++ == 0) p->lacking_line = table->line;
        return KITH_OK;
    }
    if (p->out)
        KITH_TRY(store_row(ctx, p, table));
    else
        KITH_TRY(count_label(ctx, p->c, table, p->file, p->row));
    if (!p->out && p->file == KITH_TRAIN) KITH_TRY(count_user(ctx, p->c, table, p->row));
    p->row++;
    return KITH_OK;
}

static kith_status read_rows(kith_ctx *ctx, pass *p, kith_table *table)
{
    csv *c = p->c;
    bool more = true;
    KITH_TRY(kith_table_row(ctx, table, &more));
    const bool first = !p->out && p->file == KITH_TRAIN;
    if (more && first) c->columns.hash = *table->field[0] == '#';
    if (more && kith_csv_has_header(&c->columns, table)) {
        if (!p->out) KITH_TRY(kith_csv_take_header(ctx, &c->columns, table, p->file));
        KITH_TRY(kith_table_row(ctx, table, &more));
    } else if (more && first) {
        c->columns.count = table->fields;
    }
    table->header = (const char *const *)c->columns.header;
    if (more && first) KITH_TRY(kith_csv_choose_columns(ctx, &c->columns, table));
    while (more) {
        KITH_TRY(take_row(ctx, p, table));
        KITH_TRY(kith_table_row(ctx, table, &more));
    }
    return KITH_OK;
}

static kith_status read_file(kith_ctx *ctx, pass *p)
{
    static const char *const comments[] = {"", "#", "%"};
    static const char delimiters[] = {',', ';', '\t', ' ', '|'};
    const csv *c = p->c;
    const char *path = c->how.file[p->file];
    kith_table table;
    KITH_TRY(kith_table_open(ctx, path, keys[p->file], "a CSV file", delimiters[c->how.delimiter], &table));
    table.starts = comments[c->how.comment];
    kith_status status = read_rows(ctx, p, &table);
    kith_table_close(&table);
    if (status == KITH_OK && p->lacking && !p->out)
        kith_note(ctx, "%s: %zu of %zu rows lack a value and are left out, the first in line %zu", path, p->lacking,
                  p->lacking + p->row, p->lacking_line);
    if (status == KITH_OK && p->row == 0)
        status = kith_fail(ctx, KITH_EDATA, "%s: holds no examples; give it a line for each", path);
    if (status == KITH_OK && p->out && p->row != c->rows[p->file])
        status = kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", path);
    return status;
}

/* Users count where they have training examples; afterwards owner[row] is the user's place among those. */
static kith_status count_users(kith_ctx *ctx, csv *c)
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
    kith_csv_forget_columns(&c->columns);
    kith_names_free(&c->labels);
    kith_names_free(&c->users);
    kith_free(c->owner);
    kith_free(c->held);
    *c = (csv){.how = c->how, .seed = c->seed, .columns = c->columns};
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
    c->columns.how = &c->how;
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
    KITH_TRY(decide_header(ctx, c));
    KITH_TRY(kith_labels_plausible(ctx, c->how.file[KITH_TRAIN], "csv.target", (kith_target_kind)c->how.target,
                                   c->labels.count, c->rows[KITH_TRAIN]));
    if (*c->how.file[KITH_TEST]) KITH_TRY(count_file(ctx, c, KITH_TEST));
    if (c->how.test_fraction > 0.0)
        KITH_TRY(kith_holdout_draw(ctx, c->seed, c->how.test_fraction, c->rows[KITH_TRAIN], &c->held, &c->tests));
    KITH_TRY(kith_names_sort(ctx, &c->labels));
    if (c->columns.user != CSV_NO_COLUMN) KITH_TRY(count_users(ctx, c));
    *info = (kith_dataset_info){.store = KITH_STORE_REAL,
                                .examples = {c->rows[KITH_TRAIN] - c->tests, c->rows[KITH_TEST] + c->tests},
                                .users = c->users.count};
    info->shape.features = c->columns.features;
    info->shape.classes = c->labels.count;
    info->shape.targets = c->how.target == KITH_TARGET_REAL && c->columns.label != CSV_NO_COLUMN;
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
