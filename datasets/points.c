/* Vectors from a CSV file, or from the parameters: one row, one example.
 *
 * A file's lines are numbers with commas between; empty lines and `#` comments are skipped, and a first line without a
 * single number is a header. `label_column` takes one column for the label. Instead of a file, `values` lists numbers,
 * each of which becomes a row of `dimension` equal coordinates.
 */
#include <kith/dataset.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    {"classes", KITH_TYPE_INT, 0, offsetof(points_config, classes), "0", "0..1000000", "",
     "labels are 0 to classes - 1; 0: as many as the training points' labels need"},
    {"values", KITH_TYPE_REALS, 0, offsetof(points_config, values), "", "", "",
     "the points themselves, instead of a file"},
    {"dimension", KITH_TYPE_INT, 0, offsetof(points_config, dimension), "1", "1..100000000", "",
     "how many equal coordinates each of the values becomes"},
};

/* A pass over a file: counts, and where `out` is there stores, too. */
typedef struct pass {
    kith_ctx *ctx;
    const char *path;
    size_t line;
    int64_t label_column;
    extent found;
    const extent *room; /* what `out` and `label` have room for */
    kith_real *out;
    int32_t *label;
} pass;

static char *skip_blanks(char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* The end of the field that starts at `at`, blanks included. */
static char *field_end(char *at)
{
    return at + strcspn(at, ",");
}

/* Parses one field; false if it is anything but a number and blanks. */
static bool parse_field(char *at, double *out)
{
    char *end = NULL;
    *out = strtod(at, &end);
    return end != at && skip_blanks(end) >= field_end(at);
}

static bool is_header(char *text)
{
    double ignored;
    for (char *at = text;; at = field_end(at) + 1) {
        if (parse_field(at, &ignored)) return false;
        if (*field_end(at) == '\0') return true;
    }
}

static kith_status refuse_field(const pass *p, size_t column, char *at, const char *why)
{
    char *end = field_end(at);
    at = skip_blanks(at);
    while (end > at && isspace((unsigned char)end[-1]))
        end--;
    const int length = end > at ? (int)(end - at < 40 ? end - at : 40) : 0;
    return kith_fail(p->ctx, KITH_EDATA, "%s:%zu: column %zu, '%.*s', %s", p->path, p->line, column, length, at, why);
}

static kith_status take_label(pass *p, size_t column, char *at, double value)
{
    if (!(value >= 0.0) || value >= (double)INT32_MAX || floor(value) != value)
        return refuse_field(p, column, at, "is not a label: 0, 1, 2, ...");
    if ((int32_t)value >= p->found.labels) p->found.labels = (int32_t)value + 1;
    if (p->label) p->label[p->found.rows] = (int32_t)value;
    return KITH_OK;
}

static kith_status take_fields(pass *p, char *text, size_t *columns)
{
    size_t column = 0;
    for (char *at = text;; at = field_end(at) + 1, column++) {
        double value = 0.0;
        if (!parse_field(at, &value)) return refuse_field(p, column, at, "is not a number");
        if (!isfinite((double)(kith_real)value)) return refuse_field(p, column, at, "is not a finite number");
        if (p->room && column >= p->room->columns) break;
        if ((int64_t)column == p->label_column)
            KITH_TRY(take_label(p, column, at, value));
        else if (p->out)
            *p->out++ = (kith_real)value;
        if (*field_end(at) == '\0') break;
    }
    *columns = column + 1;
    return KITH_OK;
}

static kith_status take_row(pass *p, char *text)
{
    size_t columns = 0;
    if (p->room && p->found.rows == p->room->rows)
        return kith_fail(p->ctx, KITH_EDATA, "%s: changed while it was read; start again", p->path);
    KITH_TRY(take_fields(p, text, &columns));
    if (p->found.rows == 0) p->found.columns = columns;
    if (columns != p->found.columns)
        return kith_fail(p->ctx, KITH_EDATA, "%s:%zu: %zu columns, but the rows before have %zu", p->path, p->line,
                         columns, p->found.columns);
    p->found.rows++;
    return KITH_OK;
}

/* Cuts the comment and the blanks around the text off. */
static char *bare_text(char *text)
{
    text[strcspn(text, "#")] = '\0';
    text = skip_blanks(text);
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

static kith_status read_rows(pass *p, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    bool first = true;
    kith_status status = KITH_OK;
    ssize_t length = 0;
    errno = 0;
    while (status == KITH_OK && (length = getline(&line, &room, file)) >= 0) {
        p->line++;
        if (strlen(line) != (size_t)length) {
            status = kith_fail(p->ctx, KITH_EDATA, "%s:%zu: holds a zero byte, so it is no text", p->path, p->line);
            break;
        }
        char *text = bare_text(line);
        if (*text && !(first && is_header(text))) status = take_row(p, text);
        if (*text) first = false;
    }
    if (status == KITH_OK && !feof(file)) status = kith_fail(p->ctx, KITH_EDATA, "%s: %s", p->path, strerror(errno));
    free(line);
    return status;
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
    FILE *file = fopen(p->path, "re");
    if (!file)
        return kith_fail(p->ctx, KITH_EDATA, "%s: %s; set KITH_DATA to the data folder, or points.file to the file",
                         p->path, strerror(errno));
    kith_status status = read_rows(p, file);
    fclose(file);
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
    pass first = {.ctx = ctx, .path = path_of(p, split), .label_column = p->how.label_column};
    KITH_TRY(read_file(&first));
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

static kith_status points_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels)
{
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
