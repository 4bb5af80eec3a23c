/* A model in another process: PyTorch, JAX, NumPy, or whatever speaks a few lines; docs/models.md has the protocol.
 *
 * Every worker starts a process of its own. What is long lies in memory that both share, in three files: the model x,
 * its gradient g, and the batch. They are apart since PyTorch gives all views of one memory one version, and refuses to
 * go back through a batch when the gradient was written beside it. A gradient is one short line there and one back.
 * Batches, optimizer, schedules and what algorithms do to gradients stay on this side.
 */
#include "place.h"
#include "talk.h"

#include <kith/model.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MODEL = 0, GRADIENT, BATCH, REGIONS };
enum { SCORE_NAME = 32 };

typedef struct config {
    talk_config talk; /* first: whoever has the one has the other */
    int64_t threads;
    int device;
} config;

typedef struct external {
    child c;
    place place;
    region region[REGIONS];
    kith_shape shape;
    size_t dimension, rows; /* rows: how many examples the batch has room for */
    size_t asked;           /* and how many somebody wanted it for */
    size_t label_at, target_at;
    kith_block *block;
    size_t block_count, block_room;
    char score[KITH_SCORES][SCORE_NAME];
    size_t scores;
} external;

/* Callbacks get the model const; what changes lies behind this. */
typedef struct handle {
    external *e;
} handle;

static const kith_param params[] = {
    {"command", KITH_TYPE_STRING, 0, offsetof(config, talk.command), "", "", "",
     "the program that has the model, as for a shell: python3 model.py"},
    {"timeout", KITH_TYPE_REAL, 0, offsetof(config, talk.timeout), "120", "(0,1e6]", "s",
     "how long it may take to answer before it counts as hanging"},
    {"memory", KITH_TYPE_REAL, 0, offsetof(config, talk.memory), "700", "[0,inf)", "MB",
     "what one program needs: workers whose programs do not fit are refused before one starts; with NumPy 100 will do"},
    {"log", KITH_TYPE_STRING, 0, offsetof(config, talk.log), "", "", "",
     "a file to which all is added that the programs print; empty: only the last line is told, when one fails"},
    {"threads", KITH_TYPE_INT, 0, offsetof(config, threads), "1", "1..1024", "",
     "threads of one program; with more than one, bits may differ from machine to machine"},
    {"device", KITH_TYPE_CHOICE, 0, offsetof(config, device), "auto", "auto|cpu|cuda", "",
     "where the program computes; auto: cuda where there is one"},
};

/* ---- starting ---- */

static const char *const device_word[] = {"auto", "cpu", "cuda"};

static kith_status greet(kith_ctx *ctx, external *e, const config *how)
{
    const kith_shape *s = &e->shape;
    return talk_say(
        ctx, &e->c,
        "kith 1 model real %zu features %zu channels %zu height %zu width %zu classes %zu codes %zu targets "
        "%zu threads %lld device %s\n",
        sizeof(kith_real), s->features, s->channels, s->height, s->width, s->classes, s->codes, s->targets,
        (long long)how->threads, device_word[how->device]);
}

static bool among(const char *word, const char *const *words, uint32_t count, uint32_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *out = i;
        return true;
    }
    return false;
}

static bool read_block(char *line, kith_block *b)
{
    static const char *const kinds[] = {"weights", "bias", "norm", "embedding"}, *const groups[] = {"body", "head"};
    char *rest = NULL;
    (void)strtok_r(line, " ", &rest);
    const char *name = strtok_r(NULL, " ", &rest), *kind = strtok_r(NULL, " ", &rest),
               *group = strtok_r(NULL, " ", &rest);
    *b = (kith_block){.count = 1};
    if (!name || !kind || !group || strlen(name) >= sizeof b->name) return false;
    memcpy(b->name, name, strlen(name) + 1);
    if (!among(kind, kinds, 4, &b->kind) || !among(group, groups, 2, &b->group)) return false;
    for (const char *word; (word = strtok_r(NULL, " ", &rest)); b->rank++) {
        double extent;
        if (b->rank == KITH_BLOCK_RANK || !child_whole(&word, 1, 1e12, &extent) || *word) return false;
        b->shape[b->rank] = (size_t)extent;
        if (__builtin_mul_overflow(b->count, b->shape[b->rank], &b->count)) return false;
    }
    return b->rank > 0;
}

static kith_status take_block(kith_ctx *ctx, external *e)
{
    char line[256];
    kith_block b;
    snprintf(line, sizeof line, "%s", e->c.line);
    if (!read_block(line, &b) || e->dimension + b.count < b.count)
        return child_garbage(ctx, &e->c, "\"block NAME KIND GROUP EXTENT...\", of one to four extents from 1 on");
    if (e->block_count == e->block_room) {
        kith_block *grown = NULL;
        e->block_room = e->block_room ? 2 * e->block_room : 64;
        KITH_TRY(KITH_ALLOC(ctx, "the model's blocks", e->block_room, &grown));
        if (e->block_count) memcpy(grown, e->block, e->block_count * sizeof *grown);
        kith_free(e->block);
        e->block = grown;
    }
    e->dimension += b.count;
    e->block[e->block_count++] = b;
    return KITH_OK;
}

static kith_status take_score(kith_ctx *ctx, external *e)
{
    const char *name = e->c.line + 6;
    if (e->scores == KITH_SCORES || strlen(name) >= SCORE_NAME)
        return child_garbage(ctx, &e->c, "\"score NAME\", at most eight of them and of 31 letters each");
    snprintf(e->score[e->scores++], SCORE_NAME, "%s", name);
    return KITH_OK;
}

/* What it is: blocks, names of scores, "ready". */
static kith_status meet(kith_ctx *ctx, external *e)
{
    for (;;) {
        const char *line = NULL;
        KITH_TRY(talk_hear(ctx, &e->c, &line));
        const bool ready = strcmp(line, "ready") == 0;
        if (strncmp(line, "block ", 6) == 0)
            KITH_TRY(take_block(ctx, e));
        else if (strncmp(line, "score ", 6) == 0)
            KITH_TRY(take_score(ctx, e));
        else if (!ready || e->block_count == 0)
            return child_garbage(ctx, &e->c, "\"block NAME KIND GROUP EXTENT...\", and \"ready\" after the last one");
        talk_done(&e->c);
        if (ready) return KITH_OK;
    }
}

/* The vectors, now that their length is known. */
static kith_status share_vectors(kith_ctx *ctx, external *e, const kith_setting *setting)
{
    const double bytes = 2.0 * (double)e->dimension * sizeof(kith_real);
    const double all = bytes * (double)(setting->workers ? setting->workers : 1);
    if (setting->memory && all > (double)setting->memory)
        return kith_fail(ctx, KITH_EMEMORY,
                         "external: model and gradient of %zu numbers take %.3g MB a worker to share, and this machine "
                         "has %.3g MB left for %zu; start fewer workers, or make it smaller",
                         e->dimension, 1e-6 * bytes, 1e-6 * (double)setting->memory, setting->workers);
    KITH_TRY(region_grow(ctx, &e->region[MODEL], "the model", e->dimension * sizeof(kith_real)));
    KITH_TRY(region_grow(ctx, &e->region[GRADIENT], "the gradient", e->dimension * sizeof(kith_real)));
    KITH_TRY(talk_say(ctx, &e->c, "vectors %zu\n", e->region[MODEL].size));
    return talk_ok(ctx, &e->c, 0, NULL);
}

static void close_all(external *e)
{
    child_end(&e->c, "end\n");
    for (size_t i = 0; i < REGIONS; i++)
        region_close(&e->region[i]);
    kith_free(e->block);
    kith_free(e);
}

static kith_status open_all(kith_ctx *ctx, external *e, const config *how, const kith_setting *setting)
{
    KITH_TRY(talk_check(ctx, &e->c, &how->talk, setting, "model"));
    KITH_TRY(talk_start(ctx, &e->c, e->region, REGIONS));
    KITH_TRY(greet(ctx, e, how));
    KITH_TRY(meet(ctx, e));
    /* threads of the program's own are to have processors of their own */
    if (how->threads == 1) place_open(&e->place, e->c.pid);
    return share_vectors(ctx, e, setting);
}

static void destroy(void *self)
{
    close_all(((handle *)self)->e);
    kith_free(self);
}

static kith_status create(kith_ctx *ctx, const void *from, const kith_setting *setting, void **self)
{
    const config *how = from;
    handle *h = NULL;
    external *e = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "model", 1, &h));
    kith_status status = KITH_ALLOC(ctx, "model", 1, &e);
    if (status == KITH_OK) {
        *e = (external){.shape = *setting->shape,
                        .region = {{.fd = -1}, {.fd = -1}, {.fd = -1}},
                        .c = {.id = "external",
                              .document = "docs/models.md",
                              .command = how->talk.command,
                              .timeout = how->talk.timeout,
                              .threads = (size_t)how->threads,
                              .log = how->talk.log,
                              CHILD_CLOSED}};
        status = open_all(ctx, e, how, setting);
        if (status != KITH_OK) close_all(e);
    }
    if (status != KITH_OK) {
        kith_free(h);
        return status;
    }
    h->e = e;
    *self = h;
    return KITH_OK;
}

/* ---- what it is ---- */

static size_t dimension(const void *self)
{
    return ((const handle *)self)->e->dimension;
}

/* Batches lie in shared memory, for as many examples as the host ever asked for. */
static size_t workspace(const void *self, size_t batch)
{
    external *e = ((const handle *)self)->e;
    if (batch > e->asked) e->asked = batch;
    return 1;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    const external *e = ((const handle *)self)->e;
    (void)ctx;
    for (size_t i = 0; i < e->block_count; i++) {
        kith_block b = e->block[i];
        b.rank = 0;
        b.count = 0;
        KITH_TRY(kith_block_add(list, &b, "%s", e->block[i].name));
    }
    return KITH_OK;
}

static size_t scores(const void *self, const char **name)
{
    const external *e = ((const handle *)self)->e;
    for (size_t i = 0; i < e->scores; i++)
        name[i] = e->score[i];
    return e->scores;
}

static kith_real *home(const void *self)
{
    return ((const handle *)self)->e->region[MODEL].at;
}

/* ---- working ---- */

/* Says a line and takes `count` numbers for an answer. */
static kith_status KITH_PRINTF(5, 6)
    ask(kith_ctx *ctx, external *e, size_t count, double *number, const char *format, ...)
{
    va_list args;
    place_call(&e->place);
    va_start(args, format);
    kith_status status = talk_vsay(ctx, &e->c, format, args);
    va_end(args);
    place_wait(&e->place);
    if (status == KITH_OK) status = talk_ok(ctx, &e->c, count, number);
    place_return(&e->place);
    return status;
}

static kith_status grow_batch(kith_ctx *ctx, external *e, size_t count)
{
    size_t end = 0;
    const size_t rows = count > e->asked ? count : e->asked;
    if (count <= e->rows) return KITH_OK;
    (void)region_place(&end, rows * e->shape.features * sizeof(kith_real));
    e->label_at = region_place(&end, rows * sizeof(int32_t));
    e->target_at = region_place(&end, rows * e->shape.targets * sizeof(kith_real));
    KITH_TRY(region_grow(ctx, &e->region[BATCH], "a batch", end));
    KITH_TRY(ask(ctx, e, 0, NULL, "batches %zu %zu %zu\n", e->region[BATCH].size, e->label_at, e->target_at));
    e->rows = rows;
    return KITH_OK;
}

static kith_status share(kith_ctx *ctx, external *e, const kith_real *x, const kith_batch *batch)
{
    const size_t n = batch->count;
    KITH_TRY(grow_batch(ctx, e, n));
    unsigned char *to = e->region[BATCH].at;
    if (x != e->region[MODEL].at) memcpy(e->region[MODEL].at, x, e->dimension * sizeof *x);
    memcpy(to, batch->x, n * e->shape.features * sizeof *batch->x);
    if (batch->label) memcpy(to + e->label_at, batch->label, n * sizeof *batch->label);
    if (batch->target) memcpy(to + e->target_at, batch->target, n * e->shape.targets * sizeof *batch->target);
    return KITH_OK;
}

/* 53 bits, so that languages whose numbers are doubles read it right. */
static unsigned long long draw_seed(kith_stream *stream)
{
    return (unsigned long long)(kith_draw_u64(stream) >> 11);
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    external *e = ((const handle *)self)->e;
    KITH_TRY(ask(ctx, e, 0, NULL, "init %llu\n", draw_seed(stream)));
    memcpy(x, e->region[MODEL].at, e->dimension * sizeof *x);
    return KITH_OK;
}

/* Leaves the gradient in its region. */
static kith_status find_gradient(kith_ctx *ctx, external *e, const kith_real *x, const kith_batch *batch, double *loss)
{
    KITH_TRY(share(ctx, e, x, batch));
    return ask(ctx, e, 1, loss, "gradient %zu %llu\n", batch->count, batch->noise ? draw_seed(batch->noise) : 0);
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                            void *workspace_, kith_real *g, double *loss)
{
    external *e = ((const handle *)self)->e;
    (void)workspace_;
    KITH_TRY(find_gradient(ctx, e, x, batch, loss));
    memcpy(g, e->region[GRADIENT].at, e->dimension * sizeof *g);
    return KITH_OK;
}

/* The optimizer reads it where it lies. */
static kith_status gradient_to(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                               void *workspace_, kith_real *g, const kith_sink *sink, double *loss)
{
    external *e = ((const handle *)self)->e;
    (void)workspace_;
    (void)g;
    KITH_TRY(find_gradient(ctx, e, x, batch, loss));
    sink->take(sink->arg, 0, e->dimension, e->region[GRADIENT].at);
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch,
                            void *workspace_, kith_score *score)
{
    external *e = ((const handle *)self)->e;
    double sum[3 + KITH_SCORES];
    (void)workspace_;
    KITH_TRY(share(ctx, e, x, batch));
    KITH_TRY(ask(ctx, e, 3 + e->scores, sum, "evaluate %zu\n", batch->count));
    if (!(sum[1] >= 0 && sum[1] <= sum[2] && sum[2] <= 1e15))
        return kith_fail(ctx, KITH_EDATA,
                         "external: `%s` says that %g of %g predictions are right; the count comes last", e->c.command,
                         sum[1], sum[2]);
    score->loss += sum[0];
    score->correct += (uint64_t)sum[1];
    score->count += (uint64_t)sum[2];
    for (size_t i = 0; i < e->scores; i++)
        score->more[i] += sum[3 + i];
    return KITH_OK;
}

static const kith_model model = {.dimension = dimension,
                                 .workspace = workspace,
                                 .blocks = blocks,
                                 .init = init,
                                 .gradient = gradient,
                                 .evaluate = evaluate,
                                 .gradient_to = gradient_to,
                                 .scores = scores,
                                 .home = home};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE),
    .id = "external",
    .version = "1.0",
    .summary = "a model in another process: PyTorch, JAX, NumPy or any other; docs/models.md",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(model),
};
