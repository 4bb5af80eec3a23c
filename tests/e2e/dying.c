/* A plugin that dies or lies in a callback of choice. KIND is compiled in: 1 algorithm, 2 model, 3 data set, 4
 * topology, 5 game. */
#include <kith/kith.h>

#include <assert.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct config {
    int how;
    const char *where;
    int64_t round;
    const char *images;
} config;

#define HOWS                                                                                                           \
    "nothing|exit|exit-3|_exit|_Exit|quick_exit|err|abort|assert|exception|segv|stack|bus|fpe|ill|free|raise|bare|"    \
    "unknown|negative|stopped|exchange|lie|ignore|loop|child|destroy|words"
enum how {
    NOTHING,
    EXIT,
    EXIT_3,
    EXIT_NOW,
    EXIT_C,
    EXIT_QUICK,
    ERR,
    ABORT,
    ASSERT,
    EXCEPTION,
    SEGV,
    STACK,
    BUS,
    FPE,
    ILL,
    FREE,
    RAISE,
    BARE,
    UNKNOWN,
    NEGATIVE,
    STOPPED,
    EXCHANGE,
    LIE,
    IGNORE,
    LOOP,
    CHILD,
    DESTROY,
    WORDS
};

static const kith_param params[] = {
    {"how", KITH_TYPE_CHOICE, 0, offsetof(config, how), "nothing", HOWS, "", "What it does."},
    {"where", KITH_TYPE_STRING, 0, offsetof(config, where), "client", "", "", "In which callback."},
    {"round", KITH_TYPE_INT, 0, offsetof(config, round), "2", "0..", "", "From which round on."},
    {"images", KITH_TYPE_STRING, 0, offsetof(config, images), "", "", "",
     "A file that gets a number of each program's start."},
};

#ifdef THROWS
void dying_throw(void);
#else
static void dying_throw(void)
{
    abort();
}
#endif

static volatile int zero, *volatile nowhere = (int *)8;

static int fall(volatile int *depth)
{
    volatile char room[4096];
    room[0] = (char)++*depth;
    return *depth ? fall(depth) + room[0] : 0;
}

/* What a process of its own does is not this one's. */
static void fork_and_wait(void)
{
    const pid_t child = fork();
    if (child == 0) _exit(7);
    int status = 0;
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7) abort();
}

static void end(int how)
{
    volatile int depth = 0;
    switch (how) {
    case EXIT:
        exit(0);
    case EXIT_3:
        exit(3);
    case EXIT_NOW:
        _exit(0);
    case EXIT_C:
        _Exit(0);
    case EXIT_QUICK:
        quick_exit(0);
    case ERR:
        errx(0, "so says the plugin");
    case ABORT:
        abort();
    case ASSERT:
        assert(zero);
        break;
    case EXCEPTION:
        dying_throw();
        break;
    case SEGV:
        *nowhere = 1;
        break;
    case STACK:
        zero = fall(&depth);
        break;
    case BUS:
        raise(SIGBUS);
        break;
    case FPE:
        zero = 7 / zero;
        break;
    case ILL:
        __asm__ volatile("ud2");
        break;
    case FREE: {
        /* A size that none is: what else the C library finds wrong depends on what lay there. */
        volatile size_t *words = malloc(64);
        words[1] = SIZE_MAX - 15;
        free((void *)(words + 2));
        break;
    }
    case RAISE:
        raise(SIGSEGV);
        break;
    case LOOP:
        while (zero == 0)
            continue;
        break;
    case CHILD:
        fork_and_wait();
        break;
    default:
        break;
    }
}

static kith_status die(const config *c, kith_ctx *ctx, const char *where, int64_t round)
{
    if (strcmp(c->where, where) != 0 || round < c->round) return KITH_OK;
    end(c->how);
    switch (c->how) {
    case BARE:
        return KITH_EDATA;
    case UNKNOWN:
        return (kith_status)77;
    case NEGATIVE:
        return (kith_status)-1;
    case STOPPED:
        return KITH_ESTOPPED;
    case EXCHANGE:
        return KITH_EEXCHANGE;
    case LIE:
        kith_fail(ctx, KITH_EDATA, "there is no such thing");
        return KITH_OK;
    case WORDS:
        return kith_fail(ctx, KITH_EDATA, "there is no such thing");
    default:
        return KITH_OK;
    }
}

static kith_status create(kith_ctx *ctx, const void *from, const kith_setting *setting, void **self)
{
    static config one;
    (void)setting;
    one = *(const config *)from;
    *self = &one;
    /* The kernel gives new random bytes to each program that is started, in the same process, too. */
    const unsigned char *bytes = (const unsigned char *)getauxval(AT_RANDOM);
    FILE *images = *one.images ? fopen(one.images, "a") : NULL;
    if (images) fprintf(images, "%02x%02x%02x%02x\n", bytes[0], bytes[1], bytes[2], bytes[3]);
    if (images) fclose(images);
    return die(&one, ctx, "create", INT64_MAX);
}

static void destroy(void *self)
{
    const config *c = self;
    if (strcmp(c->where, "destroy") == 0) end(c->how);
}

#if KIND == 1
static kith_status client(void *self, kith_visit *v)
{
    const config *c = self;
    kith_real *g = v->message[0];
    /* A gradient that diverged is none of its own failures, but one that it must pass on. */
    if (c->how == IGNORE && (int64_t)v->round >= c->round) {
        for (size_t i = 0; i < v->dimension; i++)
            v->work[i] = (kith_real)1e38;
        (void)!kith_visit_gradient(v, v->work, g, NULL);
        return KITH_OK;
    }
    KITH_TRY(die(c, v->ctx, "client", (int64_t)v->round));
    kith_copy(v->dimension, v->model, g);
    return kith_visit_sgd(v, NULL, g, NULL);
}

static kith_status server(void *self, kith_fold *f)
{
    KITH_TRY(die(self, f->ctx, "server", (int64_t)f->round));
    kith_copy(f->count, f->message[0], f->model);
    return KITH_OK;
}

static const kith_plane planes[] = {{.name = "model", .side = KITH_SIDE_MESSAGE}};
static const kith_federated ops = {.planes = planes, .plane_count = 1, .client = client, .server = server};
#define HEAD KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_FEDERATED)
#elif KIND == 2
static size_t dimension(const void *self)
{
    (void)self;
    return 10;
}

static size_t workspace(const void *self, size_t batch)
{
    (void)self;
    return batch;
}

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)self, (void)ctx;
    return kith_block_add(list, &(kith_block){.shape = {10}}, "weight");
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)stream;
    KITH_TRY(die(self, ctx, "init", INT64_MAX));
    for (size_t i = 0; i < 10; i++)
        x[i] = 1;
    return KITH_OK;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_real *g, double *loss)
{
    (void)batch, (void)work;
    KITH_TRY(die(self, ctx, "gradient", INT64_MAX));
    for (size_t i = 0; i < 10; i++)
        g[i] = x[i];
    *loss = 1;
    return KITH_OK;
}

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *work,
                            kith_score *score)
{
    (void)x, (void)work;
    KITH_TRY(die(self, ctx, "evaluate", INT64_MAX));
    score->count += batch->count;
    return KITH_OK;
}

static const kith_model ops = {.dimension = dimension,
                               .workspace = workspace,
                               .blocks = blocks,
                               .init = init,
                               .gradient = gradient,
                               .evaluate = evaluate};
#define HEAD KITH_PLUGIN_HEAD(KITH_MODEL, KITH_ROLE_NONE)
#elif KIND == 3
static kith_status describe(void *self, kith_ctx *ctx, kith_dataset_info *info)
{
    KITH_TRY(die(self, ctx, "describe", INT64_MAX));
    info->shape = (kith_shape){.features = 4, .classes = 2};
    info->examples[KITH_TRAIN] = info->examples[KITH_TEST] = 40;
    return KITH_OK;
}

static kith_status load(void *self, kith_ctx *ctx, kith_split split, void *features, int32_t *labels,
                        kith_real *targets)
{
    (void)split, (void)features, (void)targets;
    KITH_TRY(die(self, ctx, "load", INT64_MAX));
    for (int32_t i = 0; i < 40; i++)
        labels[i] = i % 2;
    return KITH_OK;
}

static const kith_dataset ops = {.describe = describe, .load = load};
#define HEAD KITH_PLUGIN_HEAD(KITH_DATASET, KITH_ROLE_NONE)
#elif KIND == 4
static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_SYMMETRIC;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    if (r->node == 3) KITH_TRY(die(self, ctx, "row", (int64_t)r->round));
    r->count = 1;
    r->from[0] = (uint32_t)r->node;
    r->weight[0] = 1;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};
#define HEAD KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE)
#else
static kith_status describe(const void *self, kith_ctx *ctx, kith_game_shape *out)
{
    KITH_TRY(die(self, ctx, "describe", INT64_MAX));
    *out = (kith_game_shape){.form = KITH_GAME_MATRIX, .players = 1, .actions = 3};
    return KITH_OK;
}

static double payoff(const void *self, const int32_t *a, const int32_t *b)
{
    die(self, NULL, "payoff", INT64_MAX);
    return (double)((a[0] - b[0] + 4) % 3 - 1);
}

static const kith_game ops = {.describe = describe, .payoff = payoff};
#define HEAD KITH_PLUGIN_HEAD(KITH_GAME, KITH_ROLE_NONE)
#endif

KITH_EXPORT_PLUGIN = {
    HEAD,
    .id = ID,
    .version = "1.0",
    .summary = "Dies or lies",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
