/* CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky, "Learning multiple layers of features from tiny images",
 * 2009), gzipped or plain.
 *
 * A file is a sequence of records without a header: one label byte, or CIFAR-100's two (coarse, then fine), and 3,072
 * bytes of an image of 32 x 32, its red, green and blue planes. A split is the files of a list, in order.
 */
#include <kith/dataset.h>

#include "packed.h"

#include <string.h>

typedef struct cifar_config {
    const char *files[2]; /* by split */
    int labels;           /* labels_kind */
} cifar_config;

typedef enum labels_kind { LABELS_SINGLE = 0, LABELS_FINE, LABELS_COARSE } labels_kind;

enum { SIDE = 32, PLANES = 3, PIXELS = PLANES * SIDE * SIDE, MOST_LABELS = 2 };

/* The label bytes of a record, the one that is taken, and how many classes each can name. */
typedef struct layout {
    size_t labels, taken;
    unsigned classes[MOST_LABELS];
} layout;

static const layout layouts[] = {
    [LABELS_SINGLE] = {1, 0, {10}}, [LABELS_FINE] = {2, 1, {20, 100}}, [LABELS_COARSE] = {2, 0, {20, 100}}};

/* One file of a list, and what describe() found in it. */
typedef struct part {
    const char *path;
    size_t records;
} part;

typedef struct cifar {
    layout layout;
    char *text[2]; /* the lists, cut at their commas */
    part *part[2];
    size_t parts[2];
} cifar;

static const char *const keys[] = {"cifar.train_files", "cifar.test_files"};

#define SUBSET(name) "${KITH_DATA}/cifar10-subset/" name ".bin.gz"
static const kith_param params[] = {
    {"train_files", KITH_TYPE_PATH, 0, offsetof(cifar_config, files[KITH_TRAIN]), SUBSET("data_batch_1"), "", "",
     "the files of training examples, with commas between; each gzipped or not"},
    {"test_files", KITH_TYPE_PATH, 0, offsetof(cifar_config, files[KITH_TEST]), SUBSET("test_batch"), "", "",
     "the files of test examples, with commas between"},
    {"labels", KITH_TYPE_CHOICE, 0, offsetof(cifar_config, labels), "single", "single|fine|coarse", "",
     "single: one label a record, 10 classes (CIFAR-10); fine, coarse: which of the two labels a record of CIFAR-100 "
     "has is learned, 100 or 20 classes"},
};

static size_t record_size(const layout *of)
{
    return of->labels + PIXELS;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* Cuts a list at its commas. */
static kith_status split_list(kith_ctx *ctx, cifar *c, kith_split split, const char *list)
{
    size_t count = 1;
    for (const char *at = strchr(list, ','); at; at = strchr(at + 1, ','))
        count++;
    KITH_TRY(KITH_ALLOC(ctx, "the names of files", strlen(list) + 1, &c->text[split]));
    KITH_TRY(KITH_ALLOC(ctx, "the list of files", count, &c->part[split]));
    memcpy(c->text[split], list, strlen(list) + 1);
    char *rest = c->text[split];
    for (size_t k = 0; k < count; k++) {
        c->part[split][k].path = trim(strsep(&rest, ","));
        if (!*c->part[split][k].path)
            return kith_fail(ctx, KITH_ECONFIG, "%s has no name as item %zu; write files with single commas between",
                             keys[split], k + 1);
    }
    c->parts[split] = count;
    return KITH_OK;
}

static void cifar_destroy(void *self)
{
    cifar *c = self;
    for (int split = 0; split < 2; split++) {
        kith_free(c->text[split]);
        kith_free(c->part[split]);
    }
    kith_free(c);
}

static kith_status cifar_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    const cifar_config *how = config;
    cifar *c = NULL;
    kith_status status = KITH_OK;
    (void)setting;
    KITH_TRY(KITH_ALLOC(ctx, "cifar", 1, &c));
    c->layout = layouts[how->labels];
    for (int split = 0; split < 2 && status == KITH_OK; split++)
        status = split_list(ctx, c, (kith_split)split, how->files[split]);
    if (status == KITH_OK)
        *self = c;
    else
        cifar_destroy(c);
    return status;
}

static kith_status refuse_size(kith_ctx *ctx, const layout *of, const kith_packed *file, size_t bytes)
{
    const size_t size = record_size(of), other = PIXELS + MOST_LABELS + 1 - of->labels;
    if (bytes == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: holds no examples; set %s to files that do", file->name.path,
                         file->name.key);
    if (bytes % other == 0)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: holds %zu bytes, no whole number of records of %zu; its records seem to have %zu, so set "
                         "cifar.labels = %s",
                         file->name.path, bytes, size, other, of->labels == 1 ? "fine or coarse" : "single");
    return kith_fail(ctx, KITH_EDATA,
                     "%s: holds %zu bytes, no whole number of records of %zu; fetch the file again, or set %s to CIFAR "
                     "files in their binary version",
                     file->name.path, bytes, size, file->name.key);
}

static kith_status open_part(kith_ctx *ctx, const cifar *c, kith_split split, size_t number, kith_packed *out)
{
    const kith_packed_name name = {
        .path = c->part[split][number].path, .key = keys[split], .format = "CIFAR files", .folder = "cifar10-subset/"};
    return kith_packed_open(ctx, &name, out);
}

static kith_status describe_part(kith_ctx *ctx, cifar *c, kith_split split, size_t number)
{
    kith_packed file;
    size_t bytes = 0;
    KITH_TRY(open_part(ctx, c, split, number, &file));
    kith_status status = kith_packed_size(ctx, &file, &bytes);
    if (status == KITH_OK && (bytes == 0 || bytes % record_size(&c->layout)))
        status = refuse_size(ctx, &c->layout, &file, bytes);
    c->part[split][number].records = bytes / record_size(&c->layout);
    kith_packed_close(&file);
    return status;
}

static kith_status cifar_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    cifar *c = self;
    *info = (kith_dataset_info){.shape = {.features = PIXELS,
                                          .channels = PLANES,
                                          .height = SIDE,
                                          .width = SIDE,
                                          .classes = c->layout.classes[c->layout.taken]},
                                .store = KITH_STORE_U8};
    for (int split = 0; split < 2; split++) {
        for (size_t k = 0; k < c->parts[split]; k++) {
            KITH_TRY(describe_part(ctx, c, (kith_split)split, k));
            info->examples[split] += c->part[split][k].records;
        }
    }
    return KITH_OK;
}

static kith_status check_labels(kith_ctx *ctx, const layout *of, const kith_packed *file, size_t record,
                                const unsigned char *label)
{
    for (size_t k = 0; k < of->labels; k++)
        if (label[k] >= of->classes[k])
            return kith_fail(ctx, KITH_EDATA,
                             "%s: record %zu has %slabel %u, outside 0..%u; set cifar.labels to what the file has, or "
                             "fetch it again",
                             file->name.path, record,
                             of->labels == 1 ? ""
                             : k == 0        ? "coarse "
                                             : "fine ",
                             label[k], of->classes[k] - 1);
    return KITH_OK;
}

static kith_status read_records(kith_ctx *ctx, const layout *of, const kith_packed *file, size_t records,
                                unsigned char *pixels, int32_t *labels)
{
    int ended = 0;
    for (size_t e = 0; e < records; e++) {
        unsigned char raw[MOST_LABELS + PIXELS];
        size_t got = 0;
        KITH_TRY(kith_packed_read(ctx, file, raw, record_size(of), &got));
        if (got < record_size(of))
            return kith_fail(ctx, KITH_EDATA,
                             "%s: truncated: record %zu of %zu has %zu of its %zu bytes; fetch the "
                             "file again",
                             file->name.path, e, records, got, record_size(of));
        KITH_TRY(check_labels(ctx, of, file, e, raw));
        labels[e] = raw[of->taken];
        memcpy(pixels + e * PIXELS, raw + of->labels, PIXELS);
    }
    KITH_TRY(kith_packed_ended(ctx, file, &ended));
    if (ended) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: goes on after the %zu records that its size speaks of; fetch it again, or list files that "
                     "were packed together one by one",
                     file->name.path, records);
}

static kith_status cifar_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                              kith_real *targets)
{
    (void)targets;
    const cifar *c = self;
    unsigned char *pixels = features;
    for (size_t k = 0; k < c->parts[split]; k++) {
        const size_t records = c->part[split][k].records;
        kith_packed file;
        KITH_TRY(open_part(ctx, c, split, k, &file));
        const kith_status status = read_records(ctx, &c->layout, &file, records, pixels, labels);
        kith_packed_close(&file);
        KITH_TRY(status);
        pixels += records * PIXELS;
        labels += records;
    }
    return KITH_OK;
}

static const kith_dataset ops = {.describe = cifar_describe, .load = cifar_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(cifar_config, params),
    .id = "cifar",
    .version = "1.0",
    .summary = "CIFAR-10 and CIFAR-100 images from files of the binary version",
    .reference = "",
    .create = cifar_create,
    .destroy = cifar_destroy,
    KITH_PLUGIN_OPS(ops),
};
