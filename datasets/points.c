/* Vectors from a CSV file, or from the parameters: one row, one example.
 *
 * A file's lines are numbers with commas between; empty lines and `#` comments are skipped, and a first line without a
 * single number is a header. `label_column` takes one column for the label. Instead of a file, `values` lists numbers,
 * each of which becomes a row of `dimension` equal coordinates.
 */
#include <kith/dataset.h>

#include "table.h"

#include <math.h>

typedef struct points_config {
    const char *file[2]; /* by split */
    int64_t label_column, classes, dimension;
    kith_reals values;
} points_config;

/* What a pass over one split found. */
typedef struct extent {
    size_t rows, columns; /* columns: the label's included */
    int32_t labels;       /* the largest label + 1 */
} extent;

typedef struct points {
    points_config how;
    extent seen[2];
} points;

static const kith_param params[] = {
    {"file", KITH_TYPE_PATH, 0, offsetof(points_config, file[KITH_TRAIN]), "", "", "",
     "the training points, a CSV file; or give points.values"},
    {"test_file", KITH_TYPE_PATH, 0, offsetof(points_config, file[KITH_TEST]), "", "", "",
     "the test points; empty: the training points again"},
    {"label_column", KITH_TYPE_INT, 0, offsetof(points_config, label_column), "-1", "-1..1000000", "",
     "which column holds the label, counted from 0; -1: there are no labels"},
    {"classes", KITH_TYPE_INT, "label_column != -1", offsetof(points_config, classes), "0", "0..1000000", "",
     "labels are 0 to classes - 1; 0: as many as the training points' labels need"},
    {"values", KITH_TYPE_REALS, 0, offsetof(points_config, values), "", "", "",
     "the points themselves, instead of a file"},
    {"dimension", KITH_TYPE_INT, "file = ''", offsetof(points_config, dimension), "1", "1..100000000", "",
     "how many equal coordinates each of the values becomes"},
};

/* A pass over a file: counts, and where `out` is there stores, too. */
typedef struct pass {
    kith_ctx *ctx;
    const char *path;
    int64_t label_column;
    extent found;
    size_t line;        /* of the largest label */
    const extent *room; /* what `out` and `label` have room for */
    kith_real *out;
    int32_t *label;
    bool doubts; /* notes what may be names */
} pass;

/* Read as a double: a float would round labels above 2^24. */
static kith_status take_label(pass *p, const kith_table *table, size_t column)
{
    double value = 0.0;
    if (!kith_field_number(table->field[column], &value))
        return kith_table_refuse(p->ctx, table, column, "is not a number");
    if (!(value >= 0.0) || value >= (double)INT32_MAX || floor(value) != value)
        return kith_table_refuse(p->ctx, table, column, "is not a label: 0, 1, 2, ...");
    if ((int32_t)value >= p->found.labels) {
        p->found.labels = (int32_t)value + 1;
        p->line = table->line;
    }
    if (p->label) p->label[p->found.rows] = (int32_t)value;
    return KITH_OK;
}

static kith_status take_row(pass *p, const kith_table *table)
{
    if (p->room && p->found.rows == p->room->rows)
        return kith_fail(p->ctx, KITH_EDATA, "%s: changed while it was read; start again", p->path);
    if (p->found.rows == 0) p->found.columns = table->fields;
    for (size_t column = 0; column < table->fields && (!p->room || column < p->room->columns); column++) {
        kith_real value = 0;
        if ((int64_t)column == p->label_column) {
            KITH_TRY(take_label(p, table, column));
            continue;
        }
        KITH_TRY(kith_table_feature(p->ctx, table, column, &value));
        if (p->out) *p->out++ = value;
    }
    if (table->fields != p->found.columns)
        return kith_fail(p->ctx, KITH_EDATA, "%s:%zu: %zu columns, but the rows before have %zu", p->path, table->line,
                         table->fields, p->found.columns);
    p->found.rows++;
    return KITH_OK;
}

/* pandas writes the rows' numbers as a first column without a name, and columns that have none as 0, 1, ... */
static kith_status check_header(const pass *p, const kith_table *table)
{
    for (size_t k = 0; k < table->fields; k++)
        if (!*table->field[k])
            return kith_fail(p->ctx, KITH_EDATA,
                             "%s:%zu: column %zu has no name, like the row numbers that pandas writes; write the file "
                             "without it (index=False), or name it",
                             p->path, table->line, k);
    return KITH_OK;
}

static void doubt_row(const pass *p, const kith_table *table)
{
    double value = 0.0;
    for (size_t k = 0; k < table->fields; k++)
        if (!kith_field_number(table->field[k], &value) || value != (double)k) return;
    if (table->fields > 1 && p->doubts)
        kith_note(p->ctx, "%s:%zu: 0 to %zu are taken for a point; take the line away if they name the columns",
                  p->path, table->line, table->fields - 1);
}

static kith_status read_rows(pass *p, kith_table *table)
{
    bool more = true;
    KITH_TRY(kith_table_row(p->ctx, table, &more));
    if (more) doubt_row(p, table);
    if (more && kith_table_is_header(table)) {
        KITH_TRY(check_header(p, table));
        KITH_TRY(kith_table_row(p->ctx, table, &more));
    }
    while (more) {
        KITH_TRY(take_row(p, table));
        KITH_TRY(kith_table_row(p->ctx, table, &more));
    }
    return KITH_OK;
}

static kith_status check_rows(const pass *p)
{
    if (p->found.rows == 0)
        return kith_fail(p->ctx, KITH_EDATA, "%s: holds no points; give it a line of numbers for each", p->path);
    if (p->label_column >= (int64_t)p->found.columns)
        return kith_fail(p->ctx, KITH_EDATA, "%s: has %zu columns, and points.label_column = %lld asks for another",
                         p->path, p->found.columns, (long long)p->label_column);
    if (p->found.columns < 2 && p->label_column >= 0)
        return kith_fail(p->ctx, KITH_EDATA, "%s: has no column beside the label's", p->path);
    if (p->room && (p->found.rows != p->room->rows || p->found.columns != p->room->columns))
        return kith_fail(p->ctx, KITH_EDATA, "%s: changed while it was read; start again", p->path);
    return KITH_OK;
}

static kith_status read_file(pass *p)
{
    kith_table table;
    KITH_TRY(kith_table_open(p->ctx, p->path, "points.file", "a CSV file", ',', &table));
    table.marks = "#";
    const kith_status status = read_rows(p, &table);
    kith_table_close(&table);
    return status == KITH_OK ? check_rows(p) : status;
}

static const char *path_of(const points *p, kith_split split)
{
    return *p->how.file[split] ? p->how.file[split] : p->how.file[KITH_TRAIN];
}

static kith_status check_sources(kith_ctx *ctx, const points *p)
{
    const bool file = *p->how.file[KITH_TRAIN] != '\0', values = p->how.values.count > 0;
    if (file == values)
        return kith_fail(ctx, KITH_ECONFIG, "points needs one of points.file and points.values, and %s given",
                         file ? "both are" : "neither is");
    if (values && (*p->how.file[KITH_TEST] || p->how.label_column >= 0))
        return kith_fail(ctx, KITH_ECONFIG, "points.values goes with neither points.test_file nor points.label_column");
    return KITH_OK;
}

static kith_status points_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    points *p = NULL;
    (void)setting;
    KITH_TRY(KITH_ALLOC(ctx, "points", 1, &p));
    p->how = *(const points_config *)config;
    const kith_status status = check_sources(ctx, p);
    if (status == KITH_OK)
        *self = p;
    else
        kith_free(p);
    return status;
}

static void points_destroy(void *self)
{
    kith_free(self);
}

static kith_status scan(kith_ctx *ctx, points *p, kith_split split)
{
    if (p->how.values.count) {
        p->seen[split] = (extent){p->how.values.count, (size_t)p->how.dimension, 0};
        return KITH_OK;
    }
    pass first = {
        .ctx = ctx, .path = path_of(p, split), .label_column = p->how.label_column, .doubts = split == KITH_TRAIN};
    enum { MANY = 1000 };
    KITH_TRY(read_file(&first));
    if (!p->how.classes && split == KITH_TRAIN && (size_t)first.found.labels > first.found.rows + MANY)
        return kith_fail(ctx, KITH_EDATA,
                         "%s:%zu: label %d is far beyond %zu points; correct it, or set points.classes = %d",
                         first.path, first.line, first.found.labels - 1, first.found.rows, first.found.labels);
    p->seen[split] = first.found;
    return KITH_OK;
}

static kith_status points_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    points *p = self;
    const bool labels = p->how.label_column >= 0;
    for (int split = 0; split < 2; split++)
        KITH_TRY(scan(ctx, p, (kith_split)split));
    const extent *train = &p->seen[KITH_TRAIN], *test = &p->seen[KITH_TEST];
    if (train->columns != test->columns)
        return kith_fail(ctx, KITH_EDATA, "%s has %zu columns, but %s has %zu", path_of(p, KITH_TRAIN), train->columns,
                         path_of(p, KITH_TEST), test->columns);
    *info = (kith_dataset_info){.store = KITH_STORE_REAL, .examples = {train->rows, test->rows}};
    info->shape.features = train->columns - labels;
    if (labels) info->shape.classes = p->how.classes ? (size_t)p->how.classes : (size_t)train->labels;
    return KITH_OK;
}

static void repeat_values(const points *p, kith_real *out)
{
    const size_t dimension = (size_t)p->how.dimension;
    for (size_t e = 0; e < p->how.values.count; e++)
        for (size_t f = 0; f < dimension; f++)
            out[e * dimension + f] = (kith_real)p->how.values.item[e];
}

static kith_status points_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                               kith_real *targets)
{
    (void)targets;
    points *p = self;
    if (p->how.values.count) {
        repeat_values(p, features);
        return KITH_OK;
    }
    pass second = {.ctx = ctx,
                   .path = path_of(p, split),
                   .label_column = p->how.label_column,
                   .room = &p->seen[split],
                   .out = features,
                   .label = labels};
    return read_file(&second);
}

static const kith_dataset ops = {.describe = points_describe, .load = points_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(points_config, params),
    .id = "points",
    .version = "1.0",
    .summary = "vectors from a CSV file or from the configuration, with or without labels",
    .reference = "",
    .create = points_create,
    .destroy = points_destroy,
    KITH_PLUGIN_OPS(ops),
};
