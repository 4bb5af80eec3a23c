/* What does a model in another process cost? A gradient by the plugin (examples gathered here, x and the batch shared,
 * a line there and one back, the gradient handed to an optimizer) beside a bare loop of the library that gathers the
 * same examples, in turns, since machines are noisy: the least of 300 each, and their ratio. The bare loop runs in the
 * very same program, tests/bench/external.py, when it is asked to "init".
 *
 * Run: make tests/bench/external && tests/bench/external "python3 tests/bench/external.py mlp" [batch [turns]]
 */
#include <kith/kith.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const kith_plugin kith_plugin_descriptor; /* plugins/external/model.c is linked in */

enum { FEATURES = 784, CLASSES = 10, EXAMPLES = 6000 };

struct bench {
    const kith_model *model;
    void *self;
    kith_ctx *ctx;
    size_t dimension, batch;
    int32_t *labels, *label;
    kith_real *pool, *rows, *x, *g;
    void *work;
    bool moves;        /* whether there is an optimizer */
    clockid_t program; /* of the processor's time */
    kith_stream stream;
};

static void check(const struct bench *b, kith_status status)
{
    if (status == KITH_OK) return;
    fprintf(stderr, "%s\n", kith_ctx_message(b->ctx));
    exit(1);
}

static double read_clock(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds by the clock, and of the processor: this thread's and the program's. */
struct seconds {
    double clock, processor;
};

static struct seconds now(const struct bench *b)
{
    return (struct seconds){read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_THREAD_CPUTIME_ID) + read_clock(b->program)};
}

static struct seconds since(const struct bench *b, struct seconds start)
{
    const struct seconds end = now(b);
    return (struct seconds){end.clock - start.clock, end.processor - start.processor};
}

static void update(void *arg, size_t first, size_t count, const kith_real *g)
{
    const struct bench *b = arg;
    if (b->moves) kith_sgd_update(count, (kith_real)0.001, 0, 0, g, NULL, b->x + first, NULL);
}

static struct seconds by_plugin(struct bench *b)
{
    double loss = 0;
    const struct seconds start = now(b);
    for (size_t r = 0; r < b->batch; r++) {
        const size_t e = (size_t)kith_draw_below(&b->stream, EXAMPLES);
        memcpy(b->rows + r * FEATURES, b->pool + e * FEATURES, FEATURES * sizeof *b->rows);
        b->label[r] = b->labels[e];
    }
    const kith_batch batch = {.count = b->batch, .x = b->rows, .label = b->label, .noise = &b->stream};
    const kith_sink sink = {.take = update, .arg = b};
    check(b, b->model->gradient_to(b->self, b->ctx, b->x, &batch, b->work, b->g, &sink, &loss));
    return since(b, start);
}

/* The program says how long it took, and which it is, in the place of an initial model. */
static struct seconds by_library(struct bench *b)
{
    const kith_real kept[3] = {b->x[0], b->x[1], b->x[2]};
    check(b, b->model->init(b->self, b->ctx, &b->stream, b->g));
    memcpy(b->x, kept, sizeof kept);
    if (clock_getcpuclockid((pid_t)b->g[2], &b->program)) exit(1);
    return (struct seconds){(double)b->g[0], (double)b->g[1]};
}

static void keep_least(struct seconds *least, struct seconds one)
{
    if (one.clock < least->clock) least->clock = one.clock;
    if (one.processor < least->processor) least->processor = one.processor;
}

static void compare(struct bench *b, size_t turns)
{
    struct seconds plugin = {1e9, 1e9}, library = plugin;
    for (size_t i = 0; i < turns; i++) {
        keep_least(&library, by_library(b));
        keep_least(&plugin, by_plugin(b));
    }
    printf(
        "%s us by the clock: %.1f by the plugin, %.1f by the library alone, ratio %.3f; of the processor: %.1f, %.1f, "
        "ratio %.3f\n",
        b->moves ? "steps:    " : "gradients:", 1e6 * plugin.clock, 1e6 * library.clock, plugin.clock / library.clock,
        1e6 * plugin.processor, 1e6 * library.processor, plugin.processor / library.processor);
}

/* What model.c has in its section, in its order. */
struct config {
    const char *command;
    double timeout, memory;
    const char *log;
    int64_t threads;
    int device;
};

int main(int argc, char **argv)
{
    struct bench b = {.ctx = kith_ctx_create(), .batch = argc > 2 ? (size_t)atoi(argv[2]) : 32};
    const size_t turns = argc > 3 ? (size_t)atoi(argv[3]) : 300;
    const kith_shape shape = {.features = FEATURES, .channels = 1, .height = 28, .width = 28, .classes = CLASSES};
    const kith_setting setting = {.size = sizeof setting, .shape = &shape};
    struct config how = {argc > 1 ? argv[1] : "", 120, 0, "", 1, 1};
    b.model = kith_plugin_descriptor.ops;
    check(&b, kith_plugin_descriptor.create(b.ctx, &how, &setting, &b.self));
    b.dimension = b.model->dimension(b.self);
    b.stream = kith_stream_at(1, KITH_FOR_INIT, 0, 0);
    (void)b.model->workspace(b.self, b.batch);
    /* as visits of several steps have it */
    b.x = b.model->home(b.self);
    b.g = calloc(b.dimension, sizeof *b.g);
    b.pool = calloc((size_t)EXAMPLES * FEATURES, sizeof *b.pool);
    b.labels = calloc(EXAMPLES, sizeof *b.labels);
    b.rows = calloc(b.batch * FEATURES, sizeof *b.rows);
    b.label = calloc(b.batch, sizeof *b.label);
    if (!b.g || !b.pool || !b.labels || !b.rows || !b.label) return 1;
    kith_draw_normals(&b.stream, 1.0, (size_t)EXAMPLES * FEATURES, b.pool);
    kith_draw_normals(&b.stream, 0.05, b.dimension, b.x);
    for (size_t e = 0; e < EXAMPLES; e++)
        b.labels[e] = (int32_t)kith_draw_below(&b.stream, CLASSES);
    printf("%zu parameters, batch %zu, the least of %zu\n", b.dimension, b.batch, turns);
    for (int moves = 0; moves < 2; moves++) {
        b.moves = moves;
        compare(&b, turns);
    }
    kith_plugin_descriptor.destroy(b.self);
    kith_ctx_destroy(b.ctx);
    return 0;
}
