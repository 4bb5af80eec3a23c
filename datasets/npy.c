/* Arrays as NumPy's save() writes them (format 1.0, 2.0 and 3.0), gzipped or plain: one of features and one of labels
 * for each split.
 *
 * A file is the magic "\x93NUMPY", two version bytes, the header's length (2 bytes, or 4 from version 2 on, little
 * endian), the header, a Python dictionary of `descr`, `fortran_order` and `shape`, and the numbers. Features are (n),
 * (n, F), images (n, H, W), or images in planes (n, C, H, W) or with their
 * channels last (n, H, W, C); bytes stay bytes. Labels are (n) whole numbers.
 * Format: numpy.lib.format, NEP 1.
 */
#include <kith/dataset.h>

#include "packed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct npy_config {
    const char *features[2], *labels[2]; /* by split */
    int64_t classes;
    int channels;
} npy_config;

typedef enum element { ELEMENT_U8 = 0, ELEMENT_I32, ELEMENT_I64, ELEMENT_F32, ELEMENT_F64, ELEMENTS } element;

static const struct {
    const char *descr;
    size_t size;
    bool whole;
} elements[ELEMENTS] = {
    [ELEMENT_U8] = {"|u1", 1, true},   [ELEMENT_I32] = {"<i4", 4, true},  [ELEMENT_I64] = {"<i8", 8, true},
    [ELEMENT_F32] = {"<f4", 4, false}, [ELEMENT_F64] = {"<f8", 8, false},
};

enum { MOST_DIMENSIONS = 4, LONGEST_HEADER = 1 << 16 };

typedef struct array {
    element of;
    size_t dimensions;
    size_t size[MOST_DIMENSIONS];
    size_t row;  /* numbers per example */
    size_t last; /* how many channels come last, to be read as planes; 0: none do */
} array;

/* What describe() found, so that load() never writes more than the host made room for. */
typedef struct npy {
    npy_config how;
    array features[2], labels[2];
    bool bytes, tests, labelled;
} npy;

static const char *const feature_keys[] = {"npy.train_features", "npy.test_features"};
static const char *const label_keys[] = {"npy.train_labels", "npy.test_labels"};

static const kith_param params[] = {
    {"train_features", KITH_TYPE_PATH, 0, offsetof(npy_config, features[KITH_TRAIN]), "", "", "",
     "the training examples, an array (n), (n, F), (n, H, W) or (n, C, H, W) of |u1, <i4, <i8, <f4 or <f8"},
    {"train_labels", KITH_TYPE_PATH, 0, offsetof(npy_config, labels[KITH_TRAIN]), "", "", "",
     "their labels, an array (n) of |u1, <i4 or <i8; empty: there are none"},
    {"test_features", KITH_TYPE_PATH, 0, offsetof(npy_config, features[KITH_TEST]), "", "", "",
     "the test examples; empty: there are none"},
    {"test_labels", KITH_TYPE_PATH, "test_features != '' & train_labels != ''", offsetof(npy_config, labels[KITH_TEST]),
     "", "", "", "their labels"},
    {"classes", KITH_TYPE_INT, "train_labels != ''", offsetof(npy_config, classes), "0", "0..2147483647", "",
     "labels are 0 to classes - 1; 0: as many as the training labels need"},
    {"channels", KITH_TYPE_CHOICE, 0, offsetof(npy_config, channels), "auto", KITH_CHANNELS, "",
     "which dimension of (n, a, b, c) counts channels; auto: the first of them, and arrays of which only c is 1, 3 or "
     "4 "
     "are refused"},
};

/* The header, a Python literal. */

static kith_status refuse_header(kith_ctx *ctx, const kith_packed *file, const char *at)
{
    char text[25];
    size_t length = 0;
    while (length + 1 < sizeof text && at[length] >= ' ' && at[length] < 127) {
        text[length] = at[length];
        length++;
    }
    while (length > 0 && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
    return kith_fail(ctx, KITH_EDATA, "%s: the header goes wrong at '%s'; write the file again with numpy.save",
                     file->name.path, text);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Text in single or double quotes without escapes, as far as `out` has room; NULL if it is none. */
static const char *read_quoted(const char *at, char *out, size_t size)
{
    const char quote = *at;
    if (quote != '\'' && quote != '"') return NULL;
    const char *end = strchr(at + 1, quote);
    if (!end) return NULL;
    const size_t length = (size_t)(end - at - 1) < size - 1 ? (size_t)(end - at - 1) : size - 1;
    memcpy(out, at + 1, length);
    out[length] = '\0';
    return end + 1;
}

static kith_status read_descr(kith_ctx *ctx, const kith_packed *file, const char **at, array *out)
{
    char descr[16];
    const char *end = read_quoted(*at, descr, sizeof descr);
    const char *path = file->name.path;
    if (**at == '[')
        return kith_fail(ctx, KITH_EDATA, "%s: holds records; save each field as an array of its own", path);
    if (!end) return refuse_header(ctx, file, *at);
    *at = end;
    for (out->of = 0; out->of < ELEMENTS; out->of++)
        if (strcmp(descr, elements[out->of].descr) == 0) return KITH_OK;
    if (descr[0] == '>')
        return kith_fail(ctx, KITH_EDATA, "%s: holds big-endian numbers, %s; save it with .astype('<%s')", path, descr,
                         descr + 1);
    if (strcmp(descr, "|O") == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: holds Python objects; save it as numbers with .astype('<f4')", path);
    return kith_fail(ctx, KITH_EDATA, "%s: holds elements of type %s; save them as |u1, <i4, <i8, <f4 or <f8", path,
                     descr);
}

static kith_status read_order(kith_ctx *ctx, const kith_packed *file, const char **at)
{
    if (strncmp(*at, "True", 4) == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: is in Fortran order; save it with numpy.ascontiguousarray",
                         file->name.path);
    if (strncmp(*at, "False", 5) != 0) return refuse_header(ctx, file, *at);
    *at += 5;
    return KITH_OK;
}

static kith_status read_shape(kith_ctx *ctx, const kith_packed *file, const char **at, array *out)
{
    if (**at != '(') return refuse_header(ctx, file, *at);
    const char *text = skip_blanks(*at + 1);
    while (*text != ')') {
        char *end = NULL;
        if (*text < '0' || *text > '9') return refuse_header(ctx, file, text);
        if (out->dimensions == MOST_DIMENSIONS)
            return kith_fail(ctx, KITH_EDATA, "%s: has more than %d dimensions; reshape it to (n, C, H, W) or less",
                             file->name.path, MOST_DIMENSIONS);
        out->size[out->dimensions++] = strtoull(text, &end, 10);
        text = skip_blanks(end);
        if (*text == ',')
            text = skip_blanks(text + 1);
        else if (*text != ')')
            return refuse_header(ctx, file, text);
    }
    *at = text + 1;
    return KITH_OK;
}

static kith_status read_dictionary(kith_ctx *ctx, const kith_packed *file, const char *text, array *out)
{
    static const char *const names[] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    const char *at = skip_blanks(text);
    if (*at != '{') return refuse_header(ctx, file, at);
    at = skip_blanks(at + 1);
    while (*at != '}') {
        char name[16];
        size_t which = 0;
        const char *value = read_quoted(at, name, sizeof name);
        if (!value || *(value = skip_blanks(value)) != ':') return refuse_header(ctx, file, at);
        while (which < 3 && strcmp(name, names[which]) != 0)
            which++;
        if (which == 3 || seen & 1u << which) return refuse_header(ctx, file, at);
        seen |= 1u << which;
        at = skip_blanks(value + 1);
        KITH_TRY(which == 0   ? read_descr(ctx, file, &at, out)
                 : which == 1 ? read_order(ctx, file, &at)
                              : read_shape(ctx, file, &at, out));
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != '}')
            return refuse_header(ctx, file, at);
    }
    if (seen == 7) return KITH_OK;
    return refuse_header(ctx, file, at);
}

static kith_status read_preamble(kith_ctx *ctx, const kith_packed *file, char *header)
{
    unsigned char raw[12];
    size_t got = 0, length = 0;
    KITH_TRY(kith_packed_read(ctx, file, raw, 8, &got));
    if (got < 8 || memcmp(raw, "\x93NUMPY", 6) != 0)
        return kith_fail(ctx, KITH_EDATA, "%s: is no .npy file, which starts with \\x93NUMPY; set %s to one",
                         file->name.path, file->name.key);
    if (raw[6] < 1 || raw[6] > 3 || raw[7] != 0)
        return kith_fail(ctx, KITH_EDATA, "%s: is of format version %u.%u, and 1.0, 2.0 and 3.0 are known",
                         file->name.path, raw[6], raw[7]);
    const size_t wide = raw[6] == 1 ? 2 : 4;
    KITH_TRY(kith_packed_read_all(ctx, file, "the header's length", raw, wide));
    for (size_t k = 0; k < wide; k++)
        length |= (size_t)raw[k] << 8 * k;
    if (length > LONGEST_HEADER)
        return kith_fail(ctx, KITH_EDATA, "%s: its header of %zu bytes is longer than %d; fetch the file again",
                         file->name.path, length, LONGEST_HEADER);
    KITH_TRY(kith_packed_read_all(ctx, file, "the header", header, length));
    header[length] = '\0';
    return KITH_OK;
}

/* Whether the file can hold as much as its header says. */
static kith_status check_room(kith_ctx *ctx, const kith_packed *file, array *a)
{
    size_t bytes = 0;
    if (a->dimensions == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: holds a single number; its first dimension must count examples",
                         file->name.path);
    a->row = 1;
    for (size_t k = 1; k < a->dimensions; k++)
        if (__builtin_mul_overflow(a->row, a->size[k], &a->row)) a->row = SIZE_MAX;
    if (a->size[0] == 0 || a->row == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: holds no examples; set %s to a file that does", file->name.path,
                         file->name.key);
    if (__builtin_mul_overflow(a->size[0], a->row, &bytes) ||
        __builtin_mul_overflow(bytes, elements[a->of].size, &bytes) || bytes > kith_packed_most(file))
        return kith_fail(
            ctx, KITH_EDATA,
            "%s: truncated: its header speaks of %zu examples of %zu numbers, and %zu bytes of file cannot "
            "hold them; fetch the file again",
            file->name.path, a->size[0], a->row, file->stored);
    return KITH_OK;
}

static kith_status read_header(kith_ctx *ctx, const kith_packed *file, array *out)
{
    char *header = NULL;
    array a = {0};
    KITH_TRY(KITH_ALLOC(ctx, "an .npy header", LONGEST_HEADER + 1, &header));
    kith_status status = read_preamble(ctx, file, header);
    if (status == KITH_OK) status = read_dictionary(ctx, file, header, &a);
    if (status == KITH_OK) status = check_room(ctx, file, &a);
    kith_free(header);
    if (status == KITH_OK) *out = a;
    return status;
}

/* The numbers. */

static kith_status open_file(kith_ctx *ctx, const char *path, const char *key, kith_packed *out)
{
    const kith_packed_name name = {.path = path, .key = key, .format = "an .npy file", .folder = NULL};
    return kith_packed_open(ctx, &name, out);
}

static kith_status header_of(kith_ctx *ctx, const char *path, const char *key, array *out)
{
    kith_packed file;
    KITH_TRY(open_file(ctx, path, key, &file));
    const kith_status status = read_header(ctx, &file, out);
    kith_packed_close(&file);
    return status;
}

/* Little endian on any machine. */
static uint64_t word(const unsigned char *at, size_t size)
{
    uint64_t value = 0;
    for (size_t k = 0; k < size; k++)
        value |= (uint64_t)at[k] << 8 * k;
    return value;
}

static int64_t whole(const unsigned char *at, element of)
{
    const uint64_t bits = word(at, elements[of].size);
    return of == ELEMENT_I32 ? (int32_t)(uint32_t)bits : (int64_t)bits;
}

static double number(const unsigned char *at, element of)
{
    const uint64_t bits = word(at, elements[of].size);
    const uint32_t half = (uint32_t)bits;
    float single = 0.0f;
    double wide = 0.0;
    if (elements[of].whole) return (double)whole(at, of);
    memcpy(&single, &half, sizeof single);
    memcpy(&wide, &bits, sizeof wide);
    return of == ELEMENT_F32 ? (double)single : wide;
}

/* What takes a run of numbers: `first` is the place of the first. */
typedef struct sink {
    const kith_packed *file;
    unsigned char *bytes; /* one of these */
    kith_real *real;
    int32_t *label, *largest;
    size_t *where; /* the example with the largest label */
} sink;

static kith_status take_labels(kith_ctx *ctx, const sink *to, const unsigned char *raw, element of, size_t first,
                               size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const int64_t label = whole(raw + k * elements[of].size, of);
        if (label < 0 || label >= INT32_MAX)
            return kith_fail(ctx, KITH_EDATA, "%s: label %lld of example %zu is not one of 0, 1, 2, ...",
                             to->file->name.path, (long long)label, first + k);
        if (to->label) to->label[first + k] = (int32_t)label;
        if (to->largest && label > *to->largest) {
            *to->largest = (int32_t)label;
            *to->where = first + k;
        }
    }
    return KITH_OK;
}

/* Where number k goes: channels that come last become planes. */
static size_t place_of(const array *a, size_t k)
{
    if (!a->last) return k;
    const size_t within = k % a->row;
    return k - within + within % a->last * (a->row / a->last) + within / a->last;
}

/* All that follows the header, and nothing after it. */
static kith_status read_numbers(kith_ctx *ctx, const array *a, const sink *to)
{
    enum { CHUNK = 1 << 12 };
    unsigned char raw[CHUNK * sizeof(double)];
    const size_t total = a->size[0] * a->row, size = elements[a->of].size;
    int ended = 0;
    for (size_t first = 0; first < total; first += CHUNK) {
        const size_t count = total - first < CHUNK ? total - first : CHUNK;
        size_t got = 0;
        KITH_TRY(kith_packed_read(ctx, to->file, raw, count * size, &got));
        if (got < count * size)
            return kith_fail(ctx, KITH_EDATA,
                             "%s: truncated: its numbers take %zu bytes, and there are %zu; fetch the file again",
                             to->file->name.path, total * size, first * size + got);
        if (to->bytes && !a->last) memcpy(to->bytes + first, raw, count);
        for (size_t k = 0; to->bytes && a->last && k < count; k++)
            to->bytes[place_of(a, first + k)] = raw[k];
        for (size_t k = 0; to->real && k < count; k++)
            to->real[place_of(a, first + k)] = (kith_real)number(raw + k * size, a->of);
        if (!to->bytes && !to->real) KITH_TRY(take_labels(ctx, to, raw, a->of, first, count));
    }
    KITH_TRY(kith_packed_ended(ctx, to->file, &ended));
    if (ended) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: goes on after the %zu examples that its header speaks of; fetch the file "
                     "again",
                     to->file->name.path, a->size[0]);
}

static bool same(const array *a, const array *b)
{
    return a->of == b->of && a->dimensions == b->dimensions && memcmp(a->size, b->size, sizeof a->size) == 0;
}

static kith_status load_file(kith_ctx *ctx, const char *path, const char *key, const array *seen, sink to)
{
    kith_packed file;
    array a = {0};
    KITH_TRY(open_file(ctx, path, key, &file));
    to.file = &file;
    kith_status status = read_header(ctx, &file, &a);
    if (status == KITH_OK && !same(&a, seen))
        status = kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", path);
    a.last = seen->last;
    if (status == KITH_OK) status = read_numbers(ctx, &a, &to);
    kith_packed_close(&file);
    return status;
}

/* Life and the host's questions. */

static kith_status describe_labels(kith_ctx *ctx, npy *x, kith_split split)
{
    const char *path = x->how.labels[split];
    array *a = &x->labels[split];
    KITH_TRY(header_of(ctx, path, label_keys[split], a));
    if (a->dimensions != 1)
        return kith_fail(ctx, KITH_EDATA, "%s: has %zu dimensions, and labels have one; save it with .ravel()", path,
                         a->dimensions);
    if (!elements[a->of].whole)
        return kith_fail(ctx, KITH_EDATA, "%s: holds labels of type %s; save them with .astype('<i8')", path,
                         elements[a->of].descr);
    if (a->size[0] == x->features[split].size[0]) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s holds %zu examples, but %s holds %zu labels; set %s and %s to a pair",
                     x->how.features[split], x->features[split].size[0], path, a->size[0], feature_keys[split],
                     label_keys[split]);
}

static kith_status find_channels(kith_ctx *ctx, const npy *x, array *a)
{
    if (a->dimensions < 4 || x->how.channels == KITH_CHANNELS_FIRST) return KITH_OK;
    if (x->how.channels == KITH_CHANNELS_LAST) {
        a->last = a->size[3];
        return KITH_OK;
    }
    if (!kith_channels_seem_last(a->size)) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: (%zu, %zu, %zu, %zu) seems to have its %zu channels last; set npy.channels = last, or first",
                     x->how.features[KITH_TRAIN], a->size[0], a->size[1], a->size[2], a->size[3], a->size[3]);
}

/* Bytes are 0 to 255 where numbers are often 0 to 1, and nothing would say so. */
static kith_status check_types(kith_ctx *ctx, const npy *x)
{
    const element train = x->features[KITH_TRAIN].of, test = x->features[KITH_TEST].of;
    if (elements[train].whole == elements[test].whole) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s holds %s and %s holds %s; save both in one type and range",
                     x->how.features[KITH_TRAIN], elements[train].descr, x->how.features[KITH_TEST],
                     elements[test].descr);
}

/* One damaged label would make a model of any size. */
static kith_status check_largest(kith_ctx *ctx, const npy *x, int32_t largest, size_t where)
{
    enum { MANY = 1000 };
    const size_t rows = x->labels[KITH_TRAIN].size[0];
    if ((size_t)largest < rows + MANY) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: label %d of example %zu is far beyond %zu examples; correct it, or set npy.classes = %lld",
                     x->how.labels[KITH_TRAIN], largest, where, rows, (long long)largest + 1);
}

static kith_status describe_tests(kith_ctx *ctx, npy *x)
{
    const array *train = &x->features[KITH_TRAIN], *test = &x->features[KITH_TEST];
    KITH_TRY(header_of(ctx, x->how.features[KITH_TEST], feature_keys[KITH_TEST], &x->features[KITH_TEST]));
    x->features[KITH_TEST].last = train->last ? test->size[test->dimensions - 1] : 0;
    KITH_TRY(check_types(ctx, x));
    if (train->dimensions == test->dimensions &&
        memcmp(train->size + 1, test->size + 1, (train->dimensions - 1) * sizeof *train->size) == 0)
        return x->labelled ? describe_labels(ctx, x, KITH_TEST) : KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s and %s hold examples of different shapes; set %s and %s to a pair",
                     x->how.features[KITH_TRAIN], x->how.features[KITH_TEST], feature_keys[KITH_TRAIN],
                     feature_keys[KITH_TEST]);
}

static kith_shape shape_of(const array *a)
{
    kith_shape shape = {.features = a->row};
    if (a->dimensions < 3) return shape;
    shape.channels = a->last ? a->last : a->dimensions == 4 ? a->size[1] : 1;
    shape.height = a->size[a->dimensions - 2 - (a->last > 0)];
    shape.width = a->size[a->dimensions - 1 - (a->last > 0)];
    return shape;
}

static kith_status npy_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    npy *x = self;
    int32_t largest = 0;
    size_t where = 0;
    array *train = &x->features[KITH_TRAIN], *test = &x->features[KITH_TEST];
    KITH_TRY(header_of(ctx, x->how.features[KITH_TRAIN], feature_keys[KITH_TRAIN], train));
    KITH_TRY(find_channels(ctx, x, train));
    if (x->labelled) KITH_TRY(describe_labels(ctx, x, KITH_TRAIN));
    if (x->tests) KITH_TRY(describe_tests(ctx, x));
    if (x->labelled && !x->how.classes)
        KITH_TRY(load_file(ctx, x->how.labels[KITH_TRAIN], label_keys[KITH_TRAIN], &x->labels[KITH_TRAIN],
                           (sink){.largest = &largest, .where = &where}));
    KITH_TRY(check_largest(ctx, x, largest, where));
    x->bytes = train->of == ELEMENT_U8 && (!x->tests || test->of == ELEMENT_U8);
    *info = (kith_dataset_info){.shape = shape_of(train),
                                .store = x->bytes ? KITH_STORE_U8 : KITH_STORE_REAL,
                                .examples = {train->size[0], x->tests ? test->size[0] : 0}};
    if (x->labelled) info->shape.classes = x->how.classes ? (size_t)x->how.classes : (size_t)largest + 1;
    return KITH_OK;
}

static kith_status npy_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                            kith_real *targets)
{
    (void)targets;
    const npy *x = self;
    const sink to = {.bytes = x->bytes ? features : NULL, .real = x->bytes ? NULL : features};
    KITH_TRY(load_file(ctx, x->how.features[split], feature_keys[split], &x->features[split], to));
    if (!x->labelled) return KITH_OK;
    return load_file(ctx, x->how.labels[split], label_keys[split], &x->labels[split], (sink){.label = labels});
}

/* Which files go together. */
static kith_status check_files(kith_ctx *ctx, const npy_config *how)
{
    const bool train = *how->labels[KITH_TRAIN], test = *how->labels[KITH_TEST], tests = *how->features[KITH_TEST];
    if (!*how->features[KITH_TRAIN])
        return kith_fail(ctx, KITH_ECONFIG, "npy.train_features is empty; set it to the file of training examples");
    if (test && !tests)
        return kith_fail(ctx, KITH_ECONFIG, "npy.test_labels is given without npy.test_features; set both or neither");
    if (tests && train != test)
        return kith_fail(ctx, KITH_ECONFIG, "npy.%s_labels is empty, but npy.%s_labels is not; set both or neither",
                         train ? "test" : "train", train ? "train" : "test");
    return KITH_OK;
}

static kith_status npy_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const npy_config *how = config;
    npy *x = NULL;
    (void)setting;
    KITH_TRY(check_files(ctx, how));
    KITH_TRY(KITH_ALLOC(ctx, "npy", 1, &x));
    x->how = *how;
    x->labelled = *how->labels[KITH_TRAIN];
    x->tests = *how->features[KITH_TEST];
    *self = x;
    return KITH_OK;
}

static void npy_destroy(void *self)
{
    kith_free(self);
}

static const kith_dataset ops = {.describe = npy_describe, .load = npy_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(npy_config, params),
    .id = "npy",
    .version = "1.0",
    .summary = "arrays from NumPy's .npy files: vectors, images, and their labels",
    .reference = "",
    .create = npy_create,
    .destroy = npy_destroy,
    KITH_PLUGIN_OPS(ops),
};
