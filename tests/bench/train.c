/* How much of a training step is matrix products? An mlp 784-200-200-10 is trained on random images kept as bytes;
 * beside it run the very same products alone, in turns, since machines are noisy. Prints both rates and their ratio,
 * with and without the sum of the directions that some algorithms ask for: at batch 10 the update is bound by memory.
 *
 * Run: make tests/bench/train && tests/bench/train [repetitions]
 */
#include "exchange/exchange.h"
#include "nn/blas.h"

#include <kith/kith.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const kith_plugin kith_plugin_descriptor; /* plugins/models/mlp.c is linked in */

enum { FEATURES = 784, CLASSES = 10, EXAMPLES = 60000, LAYERS = 3, STEPS = 40, MOST = 1001 };
static const size_t widths[LAYERS + 1] = {FEATURES, 200, 200, CLASSES};

/* A model that fails has nothing to be measured. */
static void check(kith_status status)
{
    if (status != KITH_OK) exit(1);
}

struct bench {
    const kith_model *model;
    void *self;
    size_t dimension, batch;
    uint8_t *images;
    int32_t *labels, *label;
    uint32_t *index;
    kith_real *scale, *shift, *rows, *model_x, *g, *sum, *work;
    kith_stream stream;
};

/* Of this thread, so that what else the machine does counts less. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void gather(struct bench *b)
{
    for (size_t r = 0; r < b->batch; r++)
        b->index[r] = (uint32_t)kith_draw_below(&b->stream, EXAMPLES);
    kith_gather_bytes(b->batch, FEATURES, b->images, b->index, b->scale, b->shift, b->rows);
    for (size_t r = 0; r < b->batch; r++)
        b->label[r] = b->labels[b->index[r]];
}

/* What a visit does with each piece of a gradient. */
static void update(void *arg, size_t first, size_t count, const kith_real *g)
{
    const struct bench *b = arg;
    kith_sgd_update(count, (kith_real)0.01, 0, 0, g, NULL, b->model_x + first, b->sum ? b->sum + first : NULL);
}

static void step(struct bench *b)
{
    double loss = 0;
    gather(b);
    const kith_batch batch = {.count = b->batch, .x = b->rows, .label = b->label};
    const kith_sink sink = {.take = update, .arg = b};
    check(b->model->gradient_to(b->self, NULL, b->model_x, &batch, b->work, b->g, &sink, &loss));
}

/* The products of one step, with the operands where the step has them. */
static void products(struct bench *b)
{
    const kith_real *y[LAYERS + 1] = {b->rows}, *w = b->model_x;
    kith_real *to = b->work;
    for (size_t l = 0; l < LAYERS; l++) {
        const size_t in = widths[l], out = widths[l + 1];
        kith_gemm(0, !kith_dense_by_input(out), b->batch, out, in, 1, y[l], w, 0, to);
        y[l + 1] = to;
        to += b->batch * out;
        w += in * out + out;
    }
    const kith_real *dy = y[LAYERS];
    kith_real *g = b->g + b->dimension;
    for (size_t l = LAYERS; l-- > 0;) {
        const size_t in = widths[l], out = widths[l + 1];
        const int by_input = kith_dense_by_input(out);
        w -= in * out + out;
        g -= in * out + out;
        if (by_input)
            kith_gemm(1, 0, in, out, b->batch, 1, y[l], dy, 0, g);
        else
            kith_gemm(1, 0, out, in, b->batch, 1, dy, y[l], 0, g);
        if (l > 0) kith_gemm(0, by_input, b->batch, in, out, 1, dy, w, 0, to);
        dy = to;
        to += b->batch * in;
    }
}

static double flops(size_t batch)
{
    double sum = 0;
    for (size_t l = 0; l < LAYERS; l++)
        sum += (l > 0 ? 6.0 : 4.0) * (double)(batch * widths[l] * widths[l + 1]);
    return sum;
}

static double time_of(struct bench *b, void (*run)(struct bench *))
{
    const double start = now();
    for (int i = 0; i < STEPS; i++)
        run(b);
    return (now() - start) / STEPS;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static void measure(struct bench *b, size_t batch, const char *what, size_t repetitions)
{
    static double alone[MOST], whole[MOST], share[MOST];
    b->batch = batch;
    time_of(b, products);
    time_of(b, step);
    for (size_t r = 0; r < repetitions; r++) {
        alone[r] = time_of(b, products);
        whole[r] = time_of(b, step);
        share[r] = alone[r] / whole[r];
    }
    const double a = median(alone, repetitions), w = median(whole, repetitions);
    printf("batch %2zu, %s: products alone %6.1f us %5.1f GFLOP/s, step %6.1f us %5.1f GFLOP/s, share %.1f %%\n", batch,
           what, a * 1e6, flops(batch) / a * 1e-9, w * 1e6, flops(batch) / w * 1e-9, 100 * median(share, repetitions));
}

static kith_status set_up(kith_ctx *ctx, struct bench *b, size_t batch)
{
    static const double hidden[] = {200, 200};
    const struct {
        kith_reals hidden;
        int activation, init;
    } config = {.hidden = {.item = hidden, .count = 2}}; /* relu, he */
    const kith_shape shape = {.features = FEATURES, .classes = CLASSES};
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &shape};
    KITH_TRY(kith_blas_start(ctx));
    KITH_TRY(kith_plugin_descriptor.create(ctx, &config, &setting, &b->self));
    b->model = kith_plugin_descriptor.ops;
    b->dimension = b->model->dimension(b->self);
    KITH_TRY(KITH_ALLOC(ctx, "images", (size_t)EXAMPLES * FEATURES, &b->images));
    KITH_TRY(KITH_ALLOC(ctx, "labels", EXAMPLES, &b->labels));
    KITH_TRY(KITH_ALLOC(ctx, "batch labels", batch, &b->label));
    KITH_TRY(KITH_ALLOC(ctx, "indices", batch, &b->index));
    KITH_TRY(KITH_ALLOC(ctx, "scale", FEATURES, &b->scale));
    KITH_TRY(KITH_ALLOC(ctx, "shift", FEATURES, &b->shift));
    KITH_TRY(KITH_ALLOC(ctx, "batch", batch * FEATURES, &b->rows));
    KITH_TRY(KITH_ALLOC(ctx, "model", b->dimension, &b->model_x));
    KITH_TRY(KITH_ALLOC(ctx, "gradient", b->dimension, &b->g));
    KITH_TRY(KITH_ALLOC(ctx, "sum", b->dimension, &b->sum));
    return kith_alloc(ctx, "workspace", 1, b->model->workspace(b->self, batch), (void **)&b->work);
}

static void fill(struct bench *b)
{
    b->stream = kith_stream_at(1, KITH_FOR_DATA, 0, 0);
    for (size_t i = 0; i < (size_t)EXAMPLES * FEATURES; i++)
        b->images[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t e = 0; e < EXAMPLES; e++)
        b->labels[e] = (int32_t)kith_draw_below(&b->stream, CLASSES);
    for (size_t i = 0; i < FEATURES; i++)
        b->scale[i] = (kith_real)(1.0 / 255.0);
    check(b->model->init(b->self, NULL, &b->stream, b->model_x));
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {10, 32, 64};
    const size_t asked = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 61;
    const size_t repetitions = asked < 15 ? 15 : asked > MOST ? MOST : asked;
    kith_ctx *ctx = kith_ctx_create();
    struct bench b = {0};
    char text[512];
    if (!ctx || set_up(ctx, &b, 64) != KITH_OK) {
        fprintf(stderr, "train: %s\n", ctx ? kith_ctx_message(ctx) : "no memory");
        return 1;
    }
    kith_memory_at_random(b.images, (size_t)EXAMPLES * FEATURES); /* as the data store has it */
    fill(&b);
    kith_blas_describe(text, sizeof text);
    fputs(text, stdout);
    for (size_t k = 0; k < sizeof batches / sizeof batches[0]; k++) {
        kith_real *const sum = b.sum;
        measure(&b, batches[k], "sum   ", repetitions);
        b.sum = NULL;
        measure(&b, batches[k], "no sum", repetitions);
        b.sum = sum;
    }
    kith_plugin_descriptor.destroy(b.self);
    kith_free(b.images);
    kith_free(b.labels);
    kith_free(b.label);
    kith_free(b.index);
    kith_free(b.scale);
    kith_free(b.shift);
    kith_free(b.rows);
    kith_free(b.model_x);
    kith_free(b.g);
    kith_free(b.sum);
    kith_free(b.work);
    kith_ctx_destroy(ctx);
    return 0;
}
