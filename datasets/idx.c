/* MNIST and its kin in the IDX format (LeCun, "The MNIST database"), gzipped or plain.
 *
 * A file is a big-endian magic number 0x000008NN (unsigned bytes in NN dimensions), NN sizes, and the bytes. Examples
 * may be vectors (n, F), images (n, H, W), or images in planes (n, C, H, W) or with their channels last. Labels are
 * bytes (n), or as QMNIST has them: integers of 32 bits (n, 8), 0x00000c02, of which the first is the class. The header
 * is not believed before it was compared with the file's size.
 */
#include <kith/dataset.h>

#include "packed.h"

#include <stdbool.h>
#include <string.h>

typedef struct idx_config {
    const char *image[2], *label[2]; /* by split */
    int64_t classes, first;
    int channels;
} idx_config;

enum { MOST_DIMENSIONS = 4 };

typedef struct idx_header {
    size_t dimensions;
    size_t size[MOST_DIMENSIONS];
    size_t element; /* bytes of a number: 1, or 4 in labels */
    size_t row;     /* bytes per example */
} idx_header;

/* What describe() found, so that load() never writes more than the host made room for. */
typedef struct idx {
    idx_config how;
    idx_header image[2], label[2];
} idx;

static const char *const image_keys[] = {"idx.train_images", "idx.test_images"};
static const char *const label_keys[] = {"idx.train_labels", "idx.test_labels"};

#define MNIST(name) "${KITH_DATA}/mnist/" name "-ubyte.gz"
static const kith_param params[] = {
    {"train_images", KITH_TYPE_PATH, 0, offsetof(idx_config, image[KITH_TRAIN]), MNIST("train-images-idx3"), "", "",
     "the training examples, gzipped or not"},
    {"train_labels", KITH_TYPE_PATH, 0, offsetof(idx_config, label[KITH_TRAIN]), MNIST("train-labels-idx1"), "", "",
     "the training examples' labels"},
    {"test_images", KITH_TYPE_PATH, 0, offsetof(idx_config, image[KITH_TEST]), MNIST("t10k-images-idx3"), "", "",
     "the test examples"},
    {"test_labels", KITH_TYPE_PATH, 0, offsetof(idx_config, label[KITH_TEST]), MNIST("t10k-labels-idx1"), "", "",
     "the test examples' labels"},
    {"classes", KITH_TYPE_INT, 0, offsetof(idx_config, classes), "10", "1..256", "",
     "how many labels there are, one after the other"},
    {"first", KITH_TYPE_INT, 0, offsetof(idx_config, first), "0", "0..255", "",
     "the lowest label, which becomes class 0: 1 for EMNIST's letters"},
    {"channels", KITH_TYPE_CHOICE, 0, offsetof(idx_config, channels), "auto", KITH_CHANNELS, "",
     "which dimension of (n, a, b, c) counts channels; auto: the first of them, and files of which only c is 1, 3 or 4 "
     "are refused"},
};

static kith_status open_file(kith_ctx *ctx, const char *path, const char *key, kith_packed *out)
{
    const kith_packed_name name = {.path = path, .key = key, .format = "an IDX file", .folder = "mnist/"};
    return kith_packed_open(ctx, &name, out);
}

static size_t big_endian(const unsigned char *b)
{
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* Whether the file can hold as much as its header says. */
static kith_status check_room(kith_ctx *ctx, const kith_packed *file, const idx_header *header)
{
    size_t bytes = 0;
    if (header->size[0] == 0 || header->row == 0)
        return kith_fail(ctx, KITH_EDATA, "%s: holds no examples; set %s to a file that does", file->name.path,
                         file->name.key);
    if (__builtin_mul_overflow(header->size[0], header->row, &bytes) || bytes > kith_packed_most(file))
        return kith_fail(
            ctx, KITH_EDATA,
            "%s: truncated, or no IDX file: its header speaks of %zu examples of %zu bytes, and %zu bytes of "
            "file cannot hold them; fetch the file again",
            file->name.path, header->size[0], header->row, file->stored);
    return KITH_OK;
}

/* What the third byte of a magic number means; NULL: nothing. */
static const char *type_of(unsigned char byte)
{
    switch (byte) {
    case 0x08:
        return "unsigned bytes";
    case 0x09:
        return "signed bytes";
    case 0x0b:
        return "integers of 16 bits";
    case 0x0c:
        return "integers of 32 bits";
    case 0x0d:
        return "floats";
    case 0x0e:
        return "doubles";
    default:
        return NULL;
    }
}

static bool is_wide(const unsigned char raw[4])
{
    return !raw[0] && !raw[1] && raw[2] == 0x0c;
}

/* A magic number that allows `least` to `most` dimensions, and that many sizes. Those of labels start at 1, and may be
 * one more where they are integers. */
static kith_status read_header(kith_ctx *ctx, const kith_packed *file, size_t least, size_t most, idx_header *out)
{
    unsigned char raw[4 * (1 + MOST_DIMENSIONS)];
    idx_header header = {.row = 1, .element = 1};
    KITH_TRY(kith_packed_read_all(ctx, file, "the header", raw, 4));
    header.dimensions = raw[3];
    if (least == 1 && is_wide(raw)) {
        header.row = header.element = 4;
        most++;
        raw[2] = 8;
    }
    const char *type = type_of(raw[2]);
    if (!raw[0] && !raw[1] && type && raw[2] != 8)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: holds %s in %u dimensions, and unsigned bytes are read; convert it, or set %s to another "
                         "file",
                         file->name.path, type, raw[3], file->name.key);
    if (raw[0] || raw[1] || raw[2] != 8 || header.dimensions < least || header.dimensions > most)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: starts with 0x%08zx, not with 0x%08zx as IDX files of %s do; set %s to the right file",
                         file->name.path, big_endian(raw), least == 1 ? (size_t)0x801 : (size_t)0x803,
                         least == 1 ? "labels" : "images", file->name.key);
    KITH_TRY(kith_packed_read_all(ctx, file, "the header", raw, 4 * header.dimensions));
    for (size_t k = 0; k < header.dimensions; k++) {
        header.size[k] = big_endian(raw + 4 * k);
        if (k > 0 && __builtin_mul_overflow(header.row, header.size[k], &header.row)) header.row = SIZE_MAX;
    }
    KITH_TRY(check_room(ctx, file, &header));
    *out = header;
    return KITH_OK;
}

static kith_status header_of(kith_ctx *ctx, const char *path, const char *key, size_t least, size_t most,
                             idx_header *out)
{
    kith_packed file;
    KITH_TRY(open_file(ctx, path, key, &file));
    const kith_status status = read_header(ctx, &file, least, most, out);
    kith_packed_close(&file);
    return status;
}

static kith_status describe_split(kith_ctx *ctx, idx *self, kith_split split)
{
    const char *images = self->how.image[split], *labels = self->how.label[split];
    idx_header *image = &self->image[split], *label = &self->label[split];
    KITH_TRY(header_of(ctx, images, image_keys[split], 2, MOST_DIMENSIONS, image));
    KITH_TRY(header_of(ctx, labels, label_keys[split], 1, 1, label));
    if (image->size[0] == label->size[0]) return KITH_OK;
    return kith_fail(ctx, KITH_EDATA, "%s holds %zu examples, but %s holds %zu labels; set %s and %s to a pair", images,
                     image->size[0], labels, label->size[0], image_keys[split], label_keys[split]);
}

static bool channels_come_last(const idx *x)
{
    return x->image[KITH_TRAIN].dimensions == 4 && x->how.channels == KITH_CHANNELS_LAST;
}

static kith_status check_channels(kith_ctx *ctx, const idx *x)
{
    const idx_header *image = &x->image[KITH_TRAIN];
    if (image->dimensions < 4 || x->how.channels != KITH_CHANNELS_AUTO || !kith_channels_seem_last(image->size))
        return KITH_OK;
    return kith_fail(ctx, KITH_EDATA,
                     "%s: (%zu, %zu, %zu, %zu) seems to have its %zu channels last; set idx.channels = last, or first",
                     x->how.image[KITH_TRAIN], image->size[0], image->size[1], image->size[2], image->size[3],
                     image->size[3]);
}

static kith_shape shape_of(const idx *x)
{
    const idx_header *image = &x->image[KITH_TRAIN];
    const bool last = channels_come_last(x);
    kith_shape shape = {.features = image->row, .classes = (size_t)x->how.classes};
    if (image->dimensions == 2) return shape;
    shape.channels = image->dimensions == 4 ? image->size[last ? 3 : 1] : 1;
    shape.height = image->size[image->dimensions - 2 - last];
    shape.width = image->size[image->dimensions - 1 - last];
    return shape;
}

/* Channels that come last become planes, one example after the other. */
static kith_status split_channels(kith_ctx *ctx, const idx *x, kith_split split, unsigned char *images)
{
    const idx_header *image = &x->image[split];
    const size_t channels = image->size[3], pixels = image->row / channels;
    unsigned char *row = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "an image", image->row, &row));
    for (size_t e = 0; e < image->size[0]; e++) {
        unsigned char *out = images + e * image->row;
        memcpy(row, out, image->row);
        for (size_t c = 0; c < channels; c++)
            for (size_t at = 0; at < pixels; at++)
                *out++ = row[at * channels + c];
    }
    kith_free(row);
    return KITH_OK;
}

static kith_status idx_describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    idx *x = self;
    for (int split = 0; split < 2; split++)
        KITH_TRY(describe_split(ctx, x, (kith_split)split));
    const idx_header *train = &x->image[KITH_TRAIN], *test = &x->image[KITH_TEST];
    if (train->dimensions != test->dimensions ||
        memcmp(train->size + 1, test->size + 1, (train->dimensions - 1) * sizeof *train->size) != 0)
        return kith_fail(ctx, KITH_EDATA, "%s and %s hold examples of different shapes; set %s and %s to a pair",
                         x->how.image[KITH_TRAIN], x->how.image[KITH_TEST], image_keys[KITH_TRAIN],
                         image_keys[KITH_TEST]);
    KITH_TRY(check_channels(ctx, x));
    *info =
        (kith_dataset_info){.shape = shape_of(x), .store = KITH_STORE_U8, .examples = {train->size[0], test->size[0]}};
    return KITH_OK;
}

/* All that follows the header, which must be the one seen before, and nothing after it. */
static kith_status read_body(kith_ctx *ctx, const kith_packed *file, const idx_header *seen, const char *what,
                             unsigned char *out)
{
    idx_header header = {0};
    int ended = 0;
    KITH_TRY(read_header(ctx, file, seen->dimensions < 2 || seen->element > 1 ? 1 : seen->dimensions,
                         seen->element > 1 ? 1 : seen->dimensions, &header));
    if (memcmp(&header, seen, sizeof header) != 0)
        return kith_fail(ctx, KITH_EDATA, "%s: changed while it was read; start again", file->name.path);
    KITH_TRY(kith_packed_read_all(ctx, file, what, out, header.size[0] * header.row));
    KITH_TRY(kith_packed_ended(ctx, file, &ended));
    if (!ended)
        return kith_fail(ctx, KITH_EDATA,
                         "%s: goes on after the %zu examples that its header speaks of; fetch the file again",
                         file->name.path, header.size[0]);
    return KITH_OK;
}

static kith_status load_file(kith_ctx *ctx, const char *path, const char *key, const idx_header *seen, const char *what,
                             unsigned char *out)
{
    kith_packed file;
    KITH_TRY(open_file(ctx, path, key, &file));
    const kith_status status = read_body(ctx, &file, seen, what, out);
    kith_packed_close(&file);
    return status;
}

static kith_status check_labels(kith_ctx *ctx, const idx *x, kith_split split, const int32_t *label)
{
    const int64_t first = x->how.first, last = first + x->how.classes - 1;
    const size_t count = x->label[split].size[0];
    int64_t least = INT64_MAX, most = INT64_MIN;
    size_t wrong = count;
    for (size_t e = count; e-- > 0;) {
        least = label[e] < least ? label[e] : least;
        most = label[e] > most ? label[e] : most;
        if (label[e] < first || label[e] > last) wrong = e;
    }
    if (wrong == count) return KITH_OK;
    return kith_fail(
        ctx, KITH_EDATA,
        "%s: label %d of example %zu is outside %lld..%lld, and all are from %lld to %lld; set idx.first = "
        "%lld and idx.classes = %lld, or %s to another file",
        x->how.label[split], label[wrong], wrong, (long long)first, (long long)last, (long long)least, (long long)most,
        (long long)(least < 2 ? least : 0), (long long)(most + 1 - (least < 2 ? least : 0)), label_keys[split]);
}

/* Bytes are read into the end of their own memory and widened from the front; rows of integers need memory of their
 * own. */
static kith_status load_labels(kith_ctx *ctx, const idx *x, kith_split split, int32_t *labels)
{
    const idx_header *seen = &x->label[split];
    const size_t count = seen->size[0];
    unsigned char *rows = NULL, *bytes = (unsigned char *)labels + count * (sizeof *labels - 1);
    if (seen->element > 1) KITH_TRY(KITH_ALLOC(ctx, "the labels' rows", count * seen->row, &rows));
    const kith_status status =
        load_file(ctx, x->how.label[split], label_keys[split], seen, "its labels", rows ? rows : bytes);
    for (size_t e = 0; e < count && status == KITH_OK; e++)
        labels[e] = rows ? (int32_t)(uint32_t)big_endian(rows + e * seen->row) : bytes[e];
    kith_free(rows);
    return status;
}

static kith_status idx_load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                            kith_real *targets)
{
    (void)targets;
    const idx *x = self;
    KITH_TRY(load_file(ctx, x->how.image[split], image_keys[split], &x->image[split], "its images", features));
    if (channels_come_last(x)) KITH_TRY(split_channels(ctx, x, split, features));
    KITH_TRY(load_labels(ctx, x, split, labels));
    KITH_TRY(check_labels(ctx, x, split, labels));
    for (size_t e = 0; e < x->label[split].size[0]; e++)
        labels[e] -= (int32_t)x->how.first;
    return KITH_OK;
}

static kith_status idx_create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    idx *x = NULL;
    (void)setting;
    KITH_TRY(KITH_ALLOC(ctx, "idx", 1, &x));
    x->how = *(const idx_config *)config;
    *self = x;
    return KITH_OK;
}

static void idx_destroy(void *self)
{
    kith_free(self);
}

static const kith_dataset ops = {.describe = idx_describe, .load = idx_load};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    KITH_PLUGIN_PARAMS(idx_config, params),
    .id = "idx",
    .version = "1.0",
    .summary = "images and labels from IDX files: MNIST, Fashion-MNIST, EMNIST, QMNIST and others in that format",
    .reference = "doi:10.1109/5.726791",
    .create = idx_create,
    .destroy = idx_destroy,
    KITH_PLUGIN_OPS(ops),
};
