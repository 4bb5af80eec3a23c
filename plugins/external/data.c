/* Data in another process: a Python iterable, a data set of Hugging Face on disk, or whatever speaks a few lines;
 * docs/models.md has the protocol.
 *
 * The program says what it has, and hands its examples over in pieces, by memory that both share. Once all of them are
 * in the pool it is ended. Every worker asks what there is; only the first of a machine loads, so others end theirs at
 * once.
 */
#include "talk.h"

#include <kith/dataset.h>

#include <stdio.h>
#include <string.h>

enum { PIECE = 8 << 20 }; /* bytes of features at a time, or one example */

typedef struct external {
    talk_config how;
    bool alone; /* nobody else loads, as far as is known */
    bool open;
    child c;
    region region;
    kith_dataset_info info;
    size_t row, rows; /* bytes of an example's features; examples of a piece */
    size_t label_at, target_at, user_at;
    uint32_t *user[2];
    bool loaded[2];
} external;

static const kith_param params[] = {
    {"command", KITH_TYPE_STRING, 0, offsetof(talk_config, command), "", "", "",
     "the program that has the data, as for a shell: python3 data.py"},
    {"timeout", KITH_TYPE_REAL, 0, offsetof(talk_config, timeout), "600", "(0,1e6]", "s",
     "how long it may take to answer before it counts as hanging; it reads its data before the first answer"},
    {"memory", KITH_TYPE_REAL, 0, offsetof(talk_config, memory), "100", "[0,inf)", "MB",
     "what one program needs: workers whose programs do not fit are refused before one starts"},
    {"log", KITH_TYPE_STRING, 0, offsetof(talk_config, log), "", "", "",
     "a file to which all is added that the programs print; empty: only the last line is told, when one fails"},
};

static void close_program(external *e)
{
    child_end(&e->c, "end\n");
    region_close(&e->region);
    e->open = false;
}

/* Eleven numbers: "data F C H W CLASSES CODES TARGETS BYTES TRAIN TEST USERS". */
static kith_status take_description(kith_ctx *ctx, external *e)
{
    enum { F = 0, C, H, W, CLASSES, CODES, TARGETS, BYTES, TRAIN, TEST, USERS, COUNT };
    double n[COUNT];
    const char *at = NULL;
    KITH_TRY(talk_hear(ctx, &e->c, &at));
    bool right = strncmp(at, "data", 4) == 0;
    at += right ? 4 : 0;
    for (size_t i = 0; i < COUNT && right; i++)
        right = *at == ' ' && (at++, child_whole(&at, 0, i == USERS ? 4e9 : 1e15, &n[i]));
    if (!right || !child_at_end(at) || n[F] < 1 || n[BYTES] > 1 || n[TRAIN] < 1)
        return child_garbage(ctx, &e->c,
                             "\"data FEATURES CHANNELS HEIGHT WIDTH CLASSES CODES TARGETS BYTES TRAIN TEST USERS\"");
    e->info = (kith_dataset_info){.shape = {.features = (size_t)n[F],
                                            .channels = (size_t)n[C],
                                            .height = (size_t)n[H],
                                            .width = (size_t)n[W],
                                            .classes = (size_t)n[CLASSES],
                                            .codes = (size_t)n[CODES],
                                            .targets = (size_t)n[TARGETS]},
                                  .store = n[BYTES] > 0 ? KITH_STORE_U8 : KITH_STORE_REAL,
                                  .examples = {(size_t)n[TRAIN], (size_t)n[TEST]},
                                  .users = (size_t)n[USERS]};
    talk_done(&e->c);
    return KITH_OK;
}

static kith_status open_program(kith_ctx *ctx, external *e)
{
    if (e->open) return KITH_OK;
    e->c = (child){.id = "external-data",
                   .document = "docs/models.md",
                   .command = e->how.command,
                   .timeout = e->how.timeout,
                   .threads = 1,
                   .log = e->how.log,
                   CHILD_CLOSED};
    e->region = (region){.fd = -1};
    e->open = true;
    KITH_TRY(talk_start(ctx, &e->c, &e->region, 1));
    KITH_TRY(talk_say(ctx, &e->c, "kith 1 data real %zu loads %d\n", sizeof(kith_real), e->alone));
    return take_description(ctx, e);
}

static void destroy(void *self)
{
    external *e = self;
    if (e->open) close_program(e);
    kith_free(e->user[0]);
    kith_free(e->user[1]);
    kith_free(e);
}

static kith_status create(kith_ctx *ctx, const void *from, const kith_setting *setting, void **self)
{
    const child c = {.id = "external-data"};
    external *e = NULL;
    KITH_TRY(talk_check(ctx, &c, from, setting, "data"));
    KITH_TRY(KITH_ALLOC(ctx, "data set", 1, &e));
    e->how = *(const talk_config *)from;
    e->alone = setting->worker == 0;
    *self = e;
    return KITH_OK;
}

static kith_status describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    external *e = self;
    KITH_TRY(open_program(ctx, e));
    *info = e->info;
    if (!e->alone) close_program(e);
    return KITH_OK;
}

/* ---- loading ---- */

static kith_status share_piece(kith_ctx *ctx, external *e)
{
    const kith_shape *s = &e->info.shape;
    size_t end = 0;
    if (e->region.size) return KITH_OK;
    e->row = s->features * (e->info.store == KITH_STORE_U8 ? 1 : sizeof(kith_real));
    e->rows = e->row < PIECE ? PIECE / e->row : 1;
    (void)region_place(&end, e->rows * e->row);
    e->label_at = region_place(&end, e->rows * sizeof(int32_t));
    e->target_at = region_place(&end, e->rows * s->targets * sizeof(kith_real));
    e->user_at = region_place(&end, e->rows * sizeof(uint32_t));
    KITH_TRY(region_grow(ctx, &e->region, "examples", end));
    KITH_TRY(talk_say(ctx, &e->c, "piece %zu %zu %zu %zu\n", e->region.size, e->label_at, e->target_at, e->user_at));
    return talk_ok(ctx, &e->c, 0, NULL);
}

static kith_status take_piece(kith_ctx *ctx, external *e, kith_split split, size_t first, size_t count)
{
    KITH_TRY(talk_say(ctx, &e->c, "load %d %zu %zu\n", (int)split, first, count));
    KITH_TRY(talk_ok(ctx, &e->c, 0, NULL));
    const uint32_t *user = (const void *)((unsigned char *)e->region.at + e->user_at);
    if (e->info.users) memcpy(e->user[split] + first, user, count * sizeof *user);
    return KITH_OK;
}

static kith_status load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets)
{
    external *e = self;
    e->alone = true;
    KITH_TRY(open_program(ctx, e));
    const size_t count = e->info.examples[split], wide = e->info.shape.targets;
    KITH_TRY(share_piece(ctx, e));
    kith_free(e->user[split]);
    e->user[split] = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the examples' users", e->info.users ? count : 1, &e->user[split]));
    const unsigned char *from = e->region.at;
    for (size_t first = 0; first < count; first += e->rows) {
        const size_t n = count - first < e->rows ? count - first : e->rows;
        KITH_TRY(take_piece(ctx, e, split, first, n));
        memcpy((unsigned char *)features + first * e->row, from, n * e->row);
        if (labels) memcpy(labels + first, from + e->label_at, n * sizeof *labels);
        if (targets) memcpy(targets + first * wide, from + e->target_at, n * wide * sizeof *targets);
    }
    e->loaded[split] = true;
    if (e->loaded[KITH_TRAIN] && (e->loaded[KITH_TEST] || e->info.examples[KITH_TEST] == 0)) close_program(e);
    return KITH_OK;
}

static kith_status owner(void *self, kith_ctx *ctx, kith_split split, uint32_t *user)
{
    const external *e = self;
    if (!e->user[split])
        return kith_fail(ctx, KITH_EINTERNAL, "external-data: users of a split that was not loaded are asked for");
    memcpy(user, e->user[split], e->info.examples[split] * sizeof *user);
    return KITH_OK;
}

static const kith_dataset data = {.describe = describe, .load = load, .owner = owner};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE),
    .id = "external-data",
    .version = "1.0",
    .summary = "data that another process reads: Python iterables, Hugging Face; docs/models.md",
    .reference = "",
    KITH_PLUGIN_PARAMS(talk_config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(data),
};
