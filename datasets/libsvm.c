/* Sparse examples in the text format of LIBSVM and SVMlight, gzipped or plain.
 *
 * A line is `label index:value ...`, indices ascending, from 1 or where libsvm.first is 0 from 0; features that are not
 * named are 0. A `qid:number` after the label and what follows a `#` are skipped. The different labels, by size, become
 * classes 0, 1, ... (-1 and +1 become 0 and 1), or they are numbers to be predicted. Examples are stored densely, so a
 * limit on that memory is checked before anything is loaded. Format: Chang, Lin, "LIBSVM: a library for support vector
 * machines", ACM TIST 2(3), 2011, and its README.
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

typedef struct libsvm_config {
    const char *file[2]; /* by split */
    double test_fraction;
    int64_t features, memory;
    int target, first;
} libsvm_config;

enum { FIRST_IS_1 = 0, FIRST_IS_0 };
enum { MOST_CLASSES = 1 << 16, LARGEST_INDEX = INT32_MAX };

typedef struct libsvm {
    libsvm_config how;
    uint64_t seed;
    kith_names labels;
    size_t features;
    size_t rows[2];      /* by file */
    unsigned char *held; /* (rows of the first file) 1: a test example; NULL: none is */
    size_t tests;        /* how many are held */
} libsvm;

static const char *const keys[] = {"libsvm.train_file", "libsvm.test_file"};

static const kith_param params[] = {
    {"train_file", KITH_TYPE_PATH, 0, offsetof(libsvm_config, file[KITH_TRAIN]), "", "", "",
     "the training examples, gzipped or not"},
    {"test_file", KITH_TYPE_PATH, 0, offsetof(libsvm_config, file[KITH_TEST]), "", "", "",
     "the test examples; empty: see test_fraction"},
    {"test_fraction", KITH_TYPE_REAL, "test_file = ''", offsetof(libsvm_config, test_fraction), "0", "[0,1)", "",
     "without a test file, the share of training lines that become test examples, drawn by the seed of the data"},
    {"features", KITH_TYPE_INT, 0, offsetof(libsvm_config, features), "0", "0..2147483647", "",
     "numbers per example; 0: the largest index in the files"},
    {"memory", KITH_TYPE_INT, 0, offsetof(libsvm_config, memory), "4e9", "1..", "bytes",
     "refuse files that take more than this once their zeros are stored, too"},
    {"first", KITH_TYPE_CHOICE, 0, offsetof(libsvm_config, first), "1", "1|0", "",
     "the index of the first feature; scikit-learn writes from 0 unless told"},
    {"target", KITH_TYPE_CHOICE, 0, offsetof(libsvm_config, target), "auto", "auto|class|real", "",
     "what labels are: classes, or real numbers to be predicted; auto: classes, and numbers that are not whole are "
     "refused"},
};

/* A pass over a file: counts, and where `out` is there stores a split's rows, too. */
typedef struct pass {
    libsvm *set;
    kith_split file, split;
    kith_real *out;
    int32_t *label;
    kith_real *target;
    size_t row, largest; /* rows and the largest index so far */
} pass;

static kith_status refuse_item(kith_ctx *ctx, const kith_table *table, size_t item, const char *why)
{
    return kith_fail(ctx, KITH_EDATA, "%s:%zu: item %zu, '%.40s', %s", table->path, table->line, item,
                     table->field[item], why);
}

static kith_status take_label(kith_ctx *ctx, pass *p, const kith_table *table, bool store)
{
    double value = 0.0;
    char name[40];
    uint32_t number = 0;
    if (!kith_field_number(table->field[0], &value) || !isfinite(value))
        return refuse_item(ctx, table, 0, "is not a label: a finite number");
    if (p->set->how.target == KITH_TARGET_REAL) {
        if (!isfinite((double)(kith_real)value)) return refuse_item(ctx, table, 0, "is not finite in this precision");
        if (store) *p->target++ = (kith_real)value;
        return KITH_OK;
    }
    if (p->set->how.target == KITH_TARGET_AUTO && value != floor(value))
        return refuse_item(ctx, table, 0,
                           "is no whole number, so it seems to be a quantity; set libsvm.target = real, or class");
    snprintf(name, sizeof name, "%.17g", value + 0.0); /* -0 becomes 0 */
    const bool known = kith_names_find(&p->set->labels, name, &number);
    if (store && known) *p->label++ = (int32_t)p->set->labels.rank[number];
    if (known) return KITH_OK;
    if (p->out) return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->path);
    if (p->file == KITH_TEST) return refuse_item(ctx, table, 0, "is a label that no training example has");
    KITH_TRY(kith_names_add(ctx, &p->set->labels, name, &number));
    if (p->set->labels.count <= MOST_CLASSES) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s:%zu: more than %d different labels, so they seem to be quantities; set "
                     "libsvm.target = real",
                     table->path, table->line, MOST_CLASSES);
}

/* One `index:value`, after the index `before`. */
static kith_status take_item(kith_ctx *ctx, pass *p, const kith_table *table, size_t item, size_t *before,
                             kith_real *out)
{
    char *text = table->field[item], *end = NULL;
    double value = 0.0;
    errno = 0;
    unsigned long long index = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != ':' || !kith_field_number(end + 1, &value))
        return refuse_item(ctx, table, item, "is not of the form index:value, as in 3:0.5");
    if (!isfinite((double)(kith_real)value)) return refuse_item(ctx, table, item, "has a value that is not finite");
    if (errno || index > LARGEST_INDEX) return refuse_item(ctx, table, item, "has an index above 2147483647");
    if (p->set->how.first == FIRST_IS_0) index++;
    if (index == 0) return refuse_item(ctx, table, item, "has index 0, but indices start from 1; set libsvm.first = 0");
    if (index <= *before)
        return refuse_item(ctx, table, item, "does not ascend: its index is not above the one before");
    if (p->set->how.features && index > (uint64_t)p->set->how.features)
        return refuse_item(ctx, table, item, "has an index above libsvm.features");
    *before = (size_t)index;
    if (out && index > p->set->features)
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->path);
    if (out) out[index - 1] = (kith_real)value;
    return KITH_OK;
}

static kith_status take_row(kith_ctx *ctx, pass *p, const kith_table *table)
{
    const libsvm *s = p->set;
    size_t index = 0;
    if (p->out && p->row == s->rows[p->file])
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", table->path);
    const bool store = p->out && (!s->held || (s->held[p->row] != 0) == (p->split == KITH_TEST));
    KITH_TRY(take_label(ctx, p, table, store));
    if (store) memset(p->out, 0, s->features * sizeof *p->out);
    const size_t first = table->fields > 1 && strncmp(table->field[1], "qid:", 4) == 0 ? 2 : 1;
    for (size_t item = first; item < table->fields; item++)
        KITH_TRY(take_item(ctx, p, table, item, &index, store ? p->out : NULL));
    if (store) p->out += s->features;
    if (index > p->largest) p->largest = index;
    p->row++;
    return KITH_OK;
}

static kith_status read_rows(kith_ctx *ctx, pass *p, kith_table *table)
{
    bool more = true;
    KITH_TRY(kith_table_row(ctx, table, &more));
    while (more) {
        KITH_TRY(take_row(ctx, p, table));
        KITH_TRY(kith_table_row(ctx, table, &more));
    }
    return KITH_OK;
}

static kith_status read_file(kith_ctx *ctx, pass *p)
{
    const libsvm *s = p->set;
    const char *path = s->how.file[p->file];
    kith_table table;
    KITH_TRY(kith_table_open(ctx, path, keys[p->file], "a LIBSVM file", ' ', &table));
    table.marks = "#";
    kith_status status = read_rows(ctx, p, &table);
    kith_table_close(&table);
    if (status == KITH_OK && p->row == 0)
        status = kith_fail(ctx, KITH_EDATA, "%s: holds no examples; give it a line for each", path);
    if (status == KITH_OK && p->out && p->row != s->rows[p->file])
        status = kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", path);
    return status;
}

static void forget(libsvm *s)
{
    kith_names_free(&s->labels);
    kith_free(s->held);
    *s = (libsvm){.how = s->how, .seed = s->seed};
}

static void libsvm_destroy(void *self)
{
    forget(self);
    kith_free(self);
}

static kith_status libsvm_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const libsvm_config *how = config;
    libsvm *s = NULL;
    if (!*how->file[KITH_TRAIN])
        return kith_fail(ctx, KITH_ECONFIG, "libsvm.train_file is empty; set it to the file of training examples");
    KITH_TRY(kith_holdout_check(ctx, "libsvm", how->file[KITH_TEST], how->test_fraction));
    KITH_TRY(KITH_ALLOC(ctx, "libsvm", 1, &s));
    s->how = *how;
    s->seed = setting->seed;
    *self = s;
    return KITH_OK;
}

static kith_status count_file(kith_ctx *ctx, libsvm *s, kith_split file)
{
    pass p = {.set = s, .file = file};
    KITH_TRY(read_file(ctx, &p));
    s->rows[file] = p.row;
    if (p.largest > s->features) s->features = p.largest;
    return KITH_OK;
}

static kith_status check_memory(kith_ctx *ctx, const libsvm *s)
{
    size_t bytes = 0;
    const size_t rows = s->rows[KITH_TRAIN] + s->rows[KITH_TEST];
    const bool overflow =
        __builtin_mul_overflow(rows, s->features, &bytes) || __builtin_mul_overflow(bytes, sizeof(kith_real), &bytes);
    if (s->features == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: names no features; set libsvm.features, or give its lines index:value",
                         s->how.file[KITH_TRAIN]);
    if (!overflow && bytes <= (uint64_t)s->how.memory) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY,
                     "%s: %zu examples of %zu features take %.3g bytes when their zeros are stored, too, and "
                     "libsvm.memory allows %lld; raise it, or choose fewer features",
                     s->how.file[KITH_TRAIN], rows, s->features,
                     (double)rows * (double)s->features * (double)sizeof(kith_real), (long long)s->how.memory);
}

static kith_status libsvm_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    libsvm *s = self;
    forget(s);
    KITH_TRY(count_file(ctx, s, KITH_TRAIN));
    KITH_TRY(kith_labels_plausible(ctx, s->how.file[KITH_TRAIN], "libsvm.target", (kith_target_kind)s->how.target,
                                   s->labels.count, s->rows[KITH_TRAIN]));
    if (*s->how.file[KITH_TEST]) KITH_TRY(count_file(ctx, s, KITH_TEST));
    if (s->how.features) s->features = (size_t)s->how.features;
    KITH_TRY(check_memory(ctx, s));
    if (s->how.test_fraction > 0.0)
        KITH_TRY(kith_holdout_draw(ctx, s->seed, s->how.test_fraction, s->rows[KITH_TRAIN], &s->held, &s->tests));
    KITH_TRY(kith_names_sort(ctx, &s->labels));
    *info = (kith_dataset_info){
        .shape = {.features = s->features, .classes = s->labels.count, .targets = s->how.target == KITH_TARGET_REAL},
        .store = KITH_STORE_REAL,
        .examples = {s->rows[KITH_TRAIN] - s->tests, s->rows[KITH_TEST] + s->tests}};
    return KITH_OK;
}

static kith_status libsvm_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                               kith_real *targets)
{
    libsvm *s = self;
    pass p = {.set = s,
              .file = s->held ? KITH_TRAIN : split,
              .split = split,
              .out = features,
              .label = labels,
              .target = targets};
    return read_file(ctx, &p);
}

static const kith_dataset ops = {.describe = libsvm_describe, .load = libsvm_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(libsvm_config, params),
    .id = "libsvm",
    .version = "1.0",
    .summary = "sparse examples with labels from files of LIBSVM and SVMlight",
    .reference = "doi:10.1145/1961189.1961199",
    .create = libsvm_create,
    .destroy = libsvm_destroy,
    KITH_PLUGIN_OPS(ops),
};
