/* A fuzzer for every reader of bytes from outside. KITH_FUZZ names the reader; libFuzzer makes the bytes, which come as
 * a file in memory.
 *
 * A reader may refuse a file or read it. A sanitizer's report, a crash or a hang is a defect, and so is a refusal
 * without a message. tests/fuzz/run builds and starts it.
 */
#define _GNU_SOURCE
#include "base/call.h"
#include "config/config.h"
#include "data/internal.h"
#include "engine/participation/trace.h"
#include "graph/read.h"
#include "plugin/check.h"
#include "plugin/registry.h"
#include "record/checkpoint.h"
#include "record/policies.h"
#include "record/record.h"
#include "record/tensors.h"

#include <kith/kith.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sources of plugins are compiled with their descriptors' names changed. */
extern const kith_plugin fuzz_csv, fuzz_libsvm, fuzz_idx, fuzz_npy, fuzz_cifar, fuzz_text, fuzz_points, fuzz_matrix;

static char path[64];
static int memory = -1;
/* Readers have options; which ones follows from the bytes. */
static unsigned way;

static void put_file(const uint8_t *bytes, size_t size)
{
    if (memory < 0) {
        memory = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    }
    if (ftruncate(memory, 0) || pwrite(memory, bytes, size, 0) != (ssize_t)size) abort();
}

/* A reader that fails says why. */
static void expect_message(kith_ctx *ctx, kith_status status)
{
    if (status != KITH_OK && !*kith_ctx_message(ctx)) abort();
}

/* ---- texts ---- */

static kith_status read_lines(kith_ctx *ctx, const char *marks)
{
    kith_lines *lines = NULL;
    char *text = "";
    KITH_TRY(kith_lines_open(ctx, path, "fuzz.path", "a file", &lines));
    kith_status status = KITH_OK;
    while (status == KITH_OK && text)
        status = *marks ? kith_lines_next(ctx, lines, marks, &text) : kith_lines_raw(ctx, lines, &text);
    kith_lines_close(lines);
    return status;
}

static kith_status try_lines(kith_ctx *ctx)
{
    return read_lines(ctx, way % 2 ? "" : "#%");
}

static kith_status say_value(void *arg, const char *section, const char *key, const char *text, const char *source)
{
    (void)arg;
    return strlen(section) + strlen(key) + strlen(text) + strlen(source) > 0 ? KITH_OK : KITH_EINTERNAL;
}

static kith_status try_config(kith_ctx *ctx)
{
    kith_config *config = NULL;
    KITH_TRY(kith_config_create(ctx, &config));
    const kith_status status = kith_config_read(ctx, config, path);
    if (status == KITH_OK) expect_message(ctx, kith_config_each(config, say_value, NULL));
    kith_config_destroy(config);
    return status;
}

static kith_status try_graphs(kith_ctx *ctx)
{
    kith_graph *graph = NULL;
    const kith_graph_setup setup = {.owner = "fuzz",
                                    .format = (kith_graph_format)(way % 3),
                                    .directed = way / 3 & 1,
                                    .compact = way / 3 & 2,
                                    .named = way / 3 & 4,
                                    .nodes = 3,
                                    .weighting = way / 3 & 8 ? KITH_WEIGHTS_METROPOLIS : KITH_WEIGHTS_FILE,
                                    .drop_loops = way / 3 & 16,
                                    .drop_repeats = way / 3 & 16,
                                    .drop_further = way / 3 & 32};
    KITH_TRY(kith_graph_read(ctx, path, &setup, &graph));
    kith_graph_free(graph);
    return KITH_OK;
}

static kith_status try_trace(kith_ctx *ctx)
{
    kith_trace *trace = NULL;
    KITH_TRY(kith_trace_open(ctx, path, 0, 4, &trace));
    for (int k = 0; k < 20; k++)
        if (kith_trace_from(trace, (size_t)k % 4, 0.37 * k) < 0.37 * k) abort();
    kith_trace_close(trace);
    return KITH_OK;
}

static kith_status try_deal(kith_ctx *ctx)
{
    static const int32_t label[8] = {0, 1, 0, 1, 0, 1, 0, 1};
    const kith_partition_config how = {.file = path};
    const kith_deal_task task = {.how = &how, .learners = 3, .examples = 8, .classes = 2, .label = label};
    kith_deal deal = {0};
    const kith_status status = kith_deal_file(ctx, &task, &deal);
    if (status == KITH_OK) kith_deal_free(&deal);
    return status;
}

/* ---- records ---- */

static kith_status try_rows(kith_ctx *ctx)
{
    size_t rows = 0, columns = 0;
    double *value = NULL;
    KITH_TRY(kith_npy_read_rows(ctx, path, &rows, &columns, &value));
    kith_free(value);
    return KITH_OK;
}

static kith_status try_tensors(kith_ctx *ctx)
{
    static const kith_block block[] = {
        {.name = "w", .first = 0, .count = 6, .shape = {2, 3}, .rank = 2, .axis = {1, 0}, .joined = 1},
        {.name = "b", .first = 6, .count = 3, .shape = {3}, .rank = 1, .axis = {0}, .joined = 1}};
    kith_real x[9];
    uint64_t digest = 0;
    return kith_tensors_read(ctx, path, block, 2, x, &digest);
}

static kith_status try_elf(kith_ctx *ctx)
{
    return kith_elf_check(ctx, path);
}

/* A folder with links to the file, since these readers want names. */
static const char *folder_of(const char *name)
{
    static char folder[64], link[128];
    if (!*folder) {
        snprintf(folder, sizeof folder, "/tmp/kith-fuzz-%d", (int)getpid());
        snprintf(link, sizeof link, "%s/%s", folder, name);
        mkdir(folder, 0700);
        if (symlink(path, link)) abort();
    }
    return folder;
}

static kith_status try_checkpoint(kith_ctx *ctx)
{
    kith_checkpoint *c = NULL;
    static unsigned char room[1 << 22];
    KITH_TRY(kith_checkpoint_open(ctx, folder_of("round-000002.kith"), 2, &c));
    const kith_checkpoint_setup *setup = kith_checkpoint_setup_of(c);
    kith_status status = strlen(setup->build) + strlen(setup->config) == SIZE_MAX ? KITH_EINTERNAL : KITH_OK;
    for (size_t p = 0; p < setup->parts && status == KITH_OK; p++) {
        const kith_part *part = &setup->part[p];
        if (!part->rows || part->length * part->size > sizeof room) continue;
        status = kith_checkpoint_read_row(ctx, c, p, 0, room);
        if (status == KITH_OK) status = kith_checkpoint_read_row(ctx, c, p, part->rows - 1, room);
    }
    kith_checkpoint_close(c);
    return status;
}

/* policies.csv; the array beside it is right for three policies of two numbers. */
static kith_status try_policies(kith_ctx *ctx)
{
    static const double value[6] = {1, 0, 0, 1, 0.5, 0.5};
    const char *folder = folder_of("policies.csv");
    static bool there;
    char array[96];
    kith_policy_set set = {0};
    snprintf(array, sizeof array, "%s/policies.npy", folder);
    if (!there) KITH_TRY(kith_npy_write_rows(ctx, array, value, sizeof *value, 3, 2));
    there = true;
    KITH_TRY(kith_policy_set_read(ctx, folder, &set));
    kith_policy_set_free(&set);
    return KITH_OK;
}

/* ---- plugins ---- */

static kith_status bind(kith_ctx *ctx, const kith_plugin *plugin, const char *const *settings, kith_config **config,
                        kith_instance *out)
{
    char text[160];
    KITH_TRY(kith_config_create(ctx, config));
    for (; *settings; settings++) {
        snprintf(text, sizeof text, "%s.%s%s", plugin->id, *settings,
                 (*settings)[strlen(*settings) - 1] == '=' ? path : "");
        KITH_TRY(kith_config_set(ctx, *config, text));
    }
    return kith_instance_bind(ctx, *config, plugin, out);
}

static kith_status load(kith_ctx *ctx, const kith_dataset *ops, void *self, const kith_dataset_info *info, int split)
{
    enum { MOST = 1 << 26 };
    const size_t n = info->examples[split], element = info->store == KITH_STORE_U8 ? 1 : sizeof(kith_real);
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, info->shape.features * element + info->shape.targets * sizeof(kith_real) + 8,
                               &bytes) ||
        bytes > MOST)
        return KITH_OK;
    void *features = malloc(n * info->shape.features * element + 1);
    int32_t *labels = info->shape.classes ? malloc(n * sizeof *labels + 1) : NULL;
    kith_real *targets = info->shape.targets ? malloc(n * info->shape.targets * sizeof *targets + 1) : NULL;
    uint32_t *user = info->users ? malloc(n * sizeof *user + 1) : NULL;
    kith_status status = ops->load(self, ctx, (kith_split)split, features, labels, targets);
    for (size_t e = 0; e < n && labels && status == KITH_OK; e++)
        if (labels[e] < 0 || (size_t)labels[e] >= info->shape.classes) abort();
    if (status == KITH_OK && ops->owner && user) status = ops->owner(self, ctx, (kith_split)split, user);
    for (size_t e = 0; e < n && user && ops->owner && status == KITH_OK; e++)
        if (user[e] >= info->users) abort();
    free(features);
    free(labels);
    free(targets);
    free(user);
    return status;
}

static kith_status read_data(kith_ctx *ctx, const kith_plugin *plugin, const char *const *settings)
{
    const kith_dataset *ops = plugin->ops;
    const kith_setting setting = {.size = sizeof setting, .learners = 3, .seed = 1};
    kith_config *config = NULL;
    kith_instance instance = {0};
    kith_dataset_info info = {0};
    kith_status status = bind(ctx, plugin, settings, &config, &instance);
    if (status == KITH_OK) status = kith_instance_create(ctx, &instance, &setting);
    if (status == KITH_OK) status = ops->describe(instance.self, ctx, &info);
    for (int split = 0; split < 2 && status == KITH_OK; split++)
        status = load(ctx, ops, instance.self, &info, split);
    kith_instance_close(&instance);
    kith_config_destroy(config);
    return status;
}

#define NONE NULL
static kith_status try_csv(kith_ctx *ctx)
{
    static const char *const ways[][8] = {{"train_file=", "label=y", NONE},
                                          {"train_file=", "test_file=", "label=-1", "header=no", NONE},
                                          {"train_file=", "label=0", "target=real", "user=u", "test_share=0.5", NONE}};
    return read_data(ctx, &fuzz_csv, ways[way % 3]);
}

static kith_status try_libsvm(kith_ctx *ctx)
{
    static const char *const ways[][5] = {{"train_file=", NONE}, {"train_file=", "first=0", "target=real", NONE}};
    return read_data(ctx, &fuzz_libsvm, ways[way % 2]);
}

static kith_status try_idx(kith_ctx *ctx)
{
    static const char *const images[] = {"train_images=", "train_labels=", "test_images=", "test_labels=", NONE};
    return read_data(ctx, &fuzz_idx, images);
}

static kith_status try_cifar(kith_ctx *ctx)
{
    static const char *const ways[][4] = {{"train_files=", "test_files=", NONE},
                                          {"train_files=", "test_files=", "labels=fine", NONE},
                                          {"train_files=", "test_files=", "labels=coarse", NONE}};
    return read_data(ctx, &fuzz_cifar, ways[way % 3]);
}

/* Labels beside images that are right: three of them. */
static kith_status try_idx_labels(kith_ctx *ctx)
{
    static const unsigned char bytes[] = {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 1, 1, 2, 3};
    static char image[2][96];
    static const char *const settings[] = {image[0], image[1], "train_labels=", "test_labels=", NONE};
    if (!*image[0]) {
        const int file = memfd_create("images", 0);
        if (write(file, bytes, sizeof bytes) != sizeof bytes) abort();
        for (int k = 0; k < 2; k++)
            snprintf(image[k], sizeof image[k], "%s=/proc/self/fd/%d", k ? "test_images" : "train_images", file);
    }
    return read_data(ctx, &fuzz_idx, settings);
}

static kith_status try_npy(kith_ctx *ctx)
{
    static const char *const ways[][6] = {{"train_features=", "train_labels=", NONE},
                                          {"train_features=", "train_labels=", "target=real", "channels=last", NONE}};
    return read_data(ctx, &fuzz_npy, ways[way % 2]);
}

static kith_status try_text(kith_ctx *ctx)
{
    static const char *const ways[][6] = {{"file=", "length=3", "least=1", "test_share=0.3", NONE},
                                          {"file=", "length=2", "least=1", "characters=bytes", NONE}};
    return read_data(ctx, &fuzz_text, ways[way % 2]);
}

static kith_status try_points(kith_ctx *ctx)
{
    static const char *const settings[] = {"file=", NONE};
    return read_data(ctx, &fuzz_points, settings);
}

static kith_status try_matrix(kith_ctx *ctx)
{
    static const char *const settings[] = {"file=", NONE};
    const kith_setting setting = {.size = sizeof setting, .seed = 1};
    kith_config *config = NULL;
    kith_instance instance = {0};
    kith_game_shape shape = {0};
    kith_status status = bind(ctx, &fuzz_matrix, settings, &config, &instance);
    if (status == KITH_OK) status = kith_instance_create(ctx, &instance, &setting);
    if (status == KITH_OK) status = ((const kith_game *)fuzz_matrix.ops)->describe(instance.self, ctx, &shape);
    kith_instance_close(&instance);
    kith_config_destroy(config);
    return status;
}

/* ---- the fuzzer ---- */

static const struct {
    const char *name;
    kith_status (*try)(kith_ctx *ctx);
} readers[] = {
    {"lines", try_lines},       {"config", try_config},
    {"graphs", try_graphs},     {"trace", try_trace},
    {"deal", try_deal},         {"rows", try_rows},
    {"tensors", try_tensors},   {"elf", try_elf},
    {"csv", try_csv},           {"checkpoint", try_checkpoint},
    {"policies", try_policies}, {"libsvm", try_libsvm},
    {"idx", try_idx},           {"idx-labels", try_idx_labels},
    {"npy", try_npy},           {"text", try_text},
    {"points", try_points},     {"matrix", try_matrix},
    {"cifar", try_cifar},
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("KITH_FUZZ");
    (void)argc, (void)argv;
    for (; name && chosen < sizeof readers / sizeof readers[0]; chosen++)
        if (!strcmp(readers[chosen].name, name)) return 0;
    fprintf(stderr, "KITH_FUZZ is one of");
    for (size_t k = 0; k < sizeof readers / sizeof readers[0]; k++)
        fprintf(stderr, " %s", readers[k].name);
    fprintf(stderr, "\n");
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    kith_ctx *ctx = kith_ctx_create();
    way = (unsigned)size;
    for (size_t i = 0; i < size; i += 1 + size / 64)
        way = way * 31 + bytes[i];
    put_file(bytes, size);
    expect_message(ctx, readers[chosen].try(ctx));
    kith_ctx_destroy(ctx);
    return 0;
}
