/* How much of a character model's training step is matrix products? One layer of 128 cells reads windows of 80 out of
 * 65 codes; beside it run the very same products alone, in turns, since machines are noisy. Prints both rates and their
 * ratio, by medians and by the least times.
 *
 * Run: make tests/bench/lstm && tests/bench/lstm [repetitions]
 */
#include "nn/blas.h"

#include <kith/kith.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const kith_plugin kith_plugin_descriptor; /* plugins/models/lstm.c is linked in */

enum { CODES = 65, STEPS = 80, HIDDEN = 128, EMBEDDING = 8, WIDE = 4 * HIDDEN, MOST = 1001, LARGEST = 32, ROOM = 4096 };

/* A model that fails has nothing to be measured. */
static void check(kith_status status)
{
    if (status != KITH_OK) exit(1);
}

struct bench {
    const kith_model *model;
    void *self;
    size_t dimension, batch;
    kith_real *rows, *x, *g, *work;
    kith_real *gates, *h, *logits, *table, *weights; /* of the products alone */
};

/* The processor's time, so that other programs count little. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void step(struct bench *b)
{
    double loss = 0;
    const kith_batch batch = {.count = b->batch, .x = b->rows};
    check(b->model->gradient(b->self, NULL, b->x, &batch, b->work, b->g, &loss));
    kith_sgd_update(b->dimension, (kith_real)0.01, 0, 0, b->g, NULL, b->x, NULL);
}

/* The products of one step: the table, T - 1 steps forth, the head forth and back, T - 1 steps back, the weights, the
 * table. */
static void products(struct bench *b)
{
    const size_t rows = b->batch, places = STEPS * rows;
    kith_real *emb = b->weights, *input = emb + CODES * EMBEDDING, *w = input + EMBEDDING * WIDE,
              *head = w + HIDDEN * WIDE;
    kith_real *g = head + HIDDEN * CODES;
    kith_gemm(0, 0, CODES, WIDE, EMBEDDING, 1, emb, input, 0, b->table);
    for (size_t t = 1; t < STEPS; t++)
        kith_gemm(0, 0, rows, WIDE, HIDDEN, 1, b->h + (t - 1) * rows * HIDDEN, w, 1, b->gates + t * rows * WIDE);
    kith_gemm(0, 0, places, CODES, HIDDEN, 1, b->h, head, 0, b->logits);
    kith_gemm(1, 0, HIDDEN, CODES, places, 1, b->h, b->logits, 0, g);
    kith_gemm(0, 1, places, HIDDEN, CODES, 1, b->logits, head, 0, b->h);
    for (size_t t = STEPS - 1; t-- > 0;)
        kith_gemm(0, 1, rows, HIDDEN, WIDE, 1, b->gates + (t + 1) * rows * WIDE, w, 1, b->h + t * rows * HIDDEN);
    kith_gemm(1, 0, HIDDEN, WIDE, places - rows, 1, b->h, b->gates + rows * WIDE, 0, g);
    kith_gemm(1, 0, EMBEDDING, WIDE, CODES, 1, emb, b->table, 0, g);
    kith_gemm(0, 1, CODES, EMBEDDING, WIDE, 1, b->table, input, 0, g);
}

static double flops(size_t batch)
{
    const double recurrent = 6.0 * (double)((STEPS - 1) * batch) * HIDDEN * WIDE;
    return recurrent + 6.0 * (double)(STEPS * batch) * HIDDEN * CODES + 6.0 * CODES * EMBEDDING * WIDE;
}

/* Numbers that grow without end would soon be infinite: what products write is taken back outside the clock. */
static void restore(struct bench *b)
{
    const size_t places = STEPS * LARGEST;
    for (size_t i = 0; i < places * WIDE; i++)
        b->gates[i] = (kith_real)(i % 7) * (kith_real)0.01;
    for (size_t i = 0; i < places * HIDDEN; i++)
        b->h[i] = (kith_real)(i % 5) * (kith_real)0.01;
}

static double time_of(struct bench *b, void (*run)(struct bench *))
{
    restore(b);
    const double start = now();
    run(b);
    return now() - start;
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

static void measure(struct bench *b, size_t batch, size_t repetitions)
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
    const double a = median(alone, repetitions), w = median(whole, repetitions), s = median(share, repetitions);
    printf(
        "batch %2zu: products alone %7.1f us %5.1f GFLOP/s, step %7.1f us %5.1f GFLOP/s, share %.1f %%; least times: "
        "share %.1f %%\n",
        batch, a * 1e6, flops(batch) / a * 1e-9, w * 1e6, flops(batch) / w * 1e-9, 100 * s, 100 * alone[0] / whole[0]);
}

static kith_status set_up(kith_ctx *ctx, struct bench *b)
{
    const struct {
        int64_t hidden, layers, embedding;
        double forget_bias, clip;
    } config = {HIDDEN, 1, EMBEDDING, 1, 0};
    const kith_shape shape = {.features = STEPS + 1, .classes = CODES, .codes = CODES};
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &shape};
    const size_t places = STEPS * LARGEST;
    KITH_TRY(kith_blas_start(ctx));
    KITH_TRY(kith_plugin_descriptor.create(ctx, &config, &setting, &b->self));
    b->model = kith_plugin_descriptor.ops;
    b->dimension = b->model->dimension(b->self);
    KITH_TRY(KITH_ALLOC(ctx, "batch", (size_t)LARGEST * (STEPS + 1), &b->rows));
    KITH_TRY(KITH_ALLOC(ctx, "model", b->dimension, &b->x));
    KITH_TRY(KITH_ALLOC(ctx, "gradient", b->dimension, &b->g));
    KITH_TRY(KITH_ALLOC(ctx, "gates", places * WIDE + ROOM, &b->gates));
    KITH_TRY(KITH_ALLOC(ctx, "h", places * HIDDEN + ROOM, &b->h));
    KITH_TRY(KITH_ALLOC(ctx, "logits", places * CODES + ROOM, &b->logits));
    KITH_TRY(KITH_ALLOC(ctx, "table", (size_t)CODES * WIDE + ROOM, &b->table));
    KITH_TRY(KITH_ALLOC(ctx, "weights", (size_t)4 * HIDDEN * WIDE, &b->weights));
    return kith_alloc(ctx, "workspace", 1, b->model->workspace(b->self, LARGEST), (void **)&b->work);
}

static void fill(struct bench *b)
{
    kith_stream s = kith_stream_at(1, KITH_FOR_DATA, 0, 0);
    for (size_t i = 0; i < (size_t)LARGEST * (STEPS + 1); i++)
        b->rows[i] = (kith_real)kith_draw_below(&s, CODES);
    for (size_t i = 0; i < (size_t)4 * HIDDEN * WIDE; i++)
        b->weights[i] = (kith_real)(i % 3) * (kith_real)0.01;
    check(b->model->init(b->self, NULL, &s, b->x));
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {10, 16, 32};
    const size_t asked = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 61;
    const size_t repetitions = asked < 15 ? 15 : asked > MOST ? MOST : asked;
    kith_ctx *ctx = kith_ctx_create();
    struct bench b = {0};
    char text[512];
    if (!ctx || set_up(ctx, &b) != KITH_OK) {
        fprintf(stderr, "lstm: %s\n", ctx ? kith_ctx_message(ctx) : "no memory");
        return 1;
    }
    fill(&b);
    kith_blas_describe(text, sizeof text);
    fputs(text, stdout);
    for (size_t k = 0; k < sizeof batches / sizeof batches[0]; k++)
        measure(&b, batches[k], repetitions);
    kith_plugin_descriptor.destroy(b.self);
    kith_real *all[] = {b.rows, b.x, b.g, b.work, b.gates, b.h, b.logits, b.table, b.weights};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        kith_free(all[i]);
    kith_ctx_destroy(ctx);
    return 0;
}
