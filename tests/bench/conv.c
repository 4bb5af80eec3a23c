/* How long does a training step of the published networks take, beside the matrix products that it amounts to? Each
 * network of the model cnn is trained on random images kept as bytes: gather, forward, backward, update. Beside it BLIS
 * makes the products alone, those of convolutions with patches that somebody has written out, a few images at a time;
 * in turns, since machines are noisy. Prints both rates and the median of their ratio, which convolutions that need no
 * products may take beyond 100 %.
 *
 * Run: make tests/bench/conv && tests/bench/conv [repetitions [network]]
 */
#include "nn/blas.h"

#include <kith/kith.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const kith_plugin kith_plugin_descriptor; /* plugins/models/cnn is linked in */

enum { CLASSES = 10, EXAMPLES = 2000, LAYERS = 5, MOST = 1001, PRODUCTS = 4096, PATCHES = 65536 };

/* A layer with products: images in, filters of side R; dense layers have side 0 and `filters` outputs. */
struct layer {
    size_t channels, height, filters, side, pad;
};

static const struct network {
    const char *name;
    int preset;
    size_t channels, height, batch;
    size_t dimension;
    struct layer layer[LAYERS];
} networks[] = {
    {"mcmahan",
     1,
     1,
     28,
     10,
     1663370,
     {{1, 28, 32, 5, 2}, {32, 14, 64, 5, 2}, {3136, 1, 512, 0, 0}, {512, 1, 10, 0, 0}}},
    {"niid-bench, 28x28x1",
     2,
     1,
     28,
     64,
     44426,
     {{1, 28, 6, 5, 0}, {6, 12, 16, 5, 0}, {256, 1, 120, 0, 0}, {120, 1, 84, 0, 0}, {84, 1, 10, 0, 0}}},
    {"niid-bench, 32x32x3",
     2,
     3,
     32,
     64,
     62006,
     {{3, 32, 6, 5, 0}, {6, 14, 16, 5, 0}, {400, 1, 120, 0, 0}, {120, 1, 84, 0, 0}, {84, 1, 10, 0, 0}}},
    {"pfl", 3, 3, 32, 10, 1626442, {{3, 32, 32, 3, 0}, {32, 30, 64, 3, 0}, {12544, 1, 128, 0, 0}, {128, 1, 10, 0, 0}}},
    {"gossip-lenet",
     4,
     3,
     32,
     8,
     89834,
     {{3, 32, 32, 5, 2}, {32, 16, 32, 5, 2}, {32, 8, 64, 5, 2}, {1024, 1, 10, 0, 0}}},
};

struct product {
    int ta, tb;
    size_t m, n, k;
    kith_real beta;
    const kith_real *a, *b;
    kith_real *c;
};

/* A model that fails has nothing to be measured. */
static void check(kith_status status)
{
    if (status != KITH_OK) exit(1);
}

struct bench {
    const struct network *net;
    const kith_model *model;
    void *self;
    size_t features;
    uint8_t *images;
    int32_t *labels, *label;
    uint32_t *index;
    kith_real *scale, *shift, *rows, *x, *g, *work, *arena;
    size_t used; /* of the arena */
    kith_stream stream;
    struct product product[PRODUCTS];
    size_t count;
    double flops;
};

/* Of this process, so that what else the machine does counts less. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What a visit does with each piece of a gradient. */
static void update(void *arg, size_t first, size_t count, const kith_real *g)
{
    const struct bench *b = arg;
    kith_sgd_update(count, (kith_real)0.001, 0, 0, g, NULL, b->x + first, NULL);
}

static void step(struct bench *b)
{
    double loss = 0;
    const size_t batch = b->net->batch;
    for (size_t r = 0; r < batch; r++)
        b->index[r] = (uint32_t)kith_draw_below(&b->stream, EXAMPLES);
    kith_gather_bytes(batch, b->features, b->images, b->index, b->scale, b->shift, b->rows);
    for (size_t r = 0; r < batch; r++)
        b->label[r] = b->labels[b->index[r]];
    const kith_batch examples = {.count = batch, .x = b->rows, .label = b->label, .noise = &b->stream};
    const kith_sink sink = {.take = update, .arg = b};
    check(b->model->gradient_to(b->self, NULL, b->x, &examples, b->work, b->g, &sink, &loss));
}

static void products(struct bench *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct product *p = &b->product[i];
        kith_gemm(p->ta, p->tb, p->m, p->n, p->k, 1, p->a, p->b, p->beta, p->c);
    }
}

static kith_real *take(struct bench *b, size_t reals)
{
    kith_real *at = b->arena + b->used;
    b->used += (reals + 31) / 16 * 16;
    return at;
}

static void add(struct bench *b, struct product p)
{
    b->flops += 2.0 * (double)p.m * (double)p.n * (double)p.k;
    b->product[b->count++] = p;
}

/* The patches of a chunk of images lie in the same memory for every chunk and layer, so that they stay in a cache. */
static void add_conv(struct bench *b, const struct layer *l, kith_real *patches, size_t at, bool first)
{
    const size_t out = kith_conv_extent(l->height, l->side, l->pad), pixels = out * out;
    const size_t patch = l->side * l->side * l->channels, most = PATCHES / (pixels * patch), chunk = most ? most : 1;
    kith_real *y = take(b, b->net->batch * pixels * l->filters), *transpose = take(b, patch * l->filters);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t from = 0; from < b->net->batch; from += chunk) {
            const size_t left = b->net->batch - from, rows = (left < chunk ? left : chunk) * pixels;
            kith_real *d = y + from * pixels * l->filters;
            if (pass == 0) add(b, (struct product){0, 0, rows, l->filters, patch, 0, patches, b->x + at, d});
            if (pass == 1) add(b, (struct product){1, 0, patch, l->filters, rows, from ? 1 : 0, patches, d, b->g + at});
            if (pass == 1 && !first) add(b, (struct product){0, 0, rows, patch, l->filters, 0, d, transpose, patches});
        }
    }
}

static void add_dense(struct bench *b, const struct layer *l, size_t at)
{
    const size_t rows = b->net->batch, in = l->channels, out = l->filters;
    const int wide = kith_dense_by_input(out);
    kith_real *x = take(b, rows * in), *y = take(b, rows * out), *dx = take(b, rows * in);
    add(b, (struct product){0, !wide, rows, out, in, 0, x, b->x + at, y});
    if (wide)
        add(b, (struct product){1, 0, in, out, rows, 0, x, y, b->g + at});
    else
        add(b, (struct product){1, 0, out, in, rows, 0, y, x, b->g + at});
    add(b, (struct product){0, wide, rows, in, out, 0, y, b->x + at, dx});
}

static void list_products(struct bench *b)
{
    kith_real *patches = take(b, (size_t)1 << 21);
    size_t at = 0;
    for (size_t l = 0; l < LAYERS && b->net->layer[l].filters; l++) {
        const struct layer *a = &b->net->layer[l];
        if (a->side)
            add_conv(b, a, patches, at, l == 0);
        else
            add_dense(b, a, at);
        at += (a->side ? a->side * a->side * a->channels : a->channels) * a->filters + a->filters;
    }
}

static double time_of(struct bench *b, void (*run)(struct bench *), int steps)
{
    const double start = now();
    for (int i = 0; i < steps; i++)
        run(b);
    return (now() - start) / steps;
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

static void measure(struct bench *b, size_t repetitions)
{
    static double alone[MOST], whole[MOST], share[MOST];
    time_of(b, products, 1);
    const int steps = 1 + (int)(0.02 / time_of(b, step, 2));
    for (size_t r = 0; r < repetitions; r++) {
        alone[r] = time_of(b, products, steps);
        whole[r] = time_of(b, step, steps);
        share[r] = alone[r] / whole[r];
    }
    const double a = median(alone, repetitions), w = median(whole, repetitions);
    printf("%-20s batch %2zu: products alone %7.0f us %5.1f GFLOP/s, step %7.0f us %5.1f GFLOP/s, share %.1f %%\n",
           b->net->name, b->net->batch, a * 1e6, b->flops / a * 1e-9, w * 1e6, b->flops / w * 1e-9,
           100 * median(share, repetitions));
}

static kith_status set_up(kith_ctx *ctx, struct bench *b)
{
    const struct network *n = b->net;
    const struct {
        int preset, init;
        const char *layers;
    } config = {.preset = n->preset, .layers = ""};
    const kith_shape shape = {.features = n->channels * n->height * n->height,
                              .channels = n->channels,
                              .height = n->height,
                              .width = n->height,
                              .classes = CLASSES};
    const kith_setting setting = {.size = sizeof setting, .learners = 1, .shape = &shape};
    KITH_TRY(kith_plugin_descriptor.create(ctx, &config, &setting, &b->self));
    b->model = kith_plugin_descriptor.ops;
    b->features = shape.features;
    if (b->model->dimension(b->self) != n->dimension)
        return kith_fail(ctx, KITH_EINTERNAL, "%s has another dimension than its paper; correct the table", n->name);
    KITH_TRY(KITH_ALLOC(ctx, "images", EXAMPLES * b->features, &b->images));
    KITH_TRY(KITH_ALLOC(ctx, "labels", EXAMPLES, &b->labels));
    KITH_TRY(KITH_ALLOC(ctx, "batch labels", n->batch, &b->label));
    KITH_TRY(KITH_ALLOC(ctx, "indices", n->batch, &b->index));
    KITH_TRY(KITH_ALLOC(ctx, "scale", b->features, &b->scale));
    KITH_TRY(KITH_ALLOC(ctx, "shift", b->features, &b->shift));
    KITH_TRY(KITH_ALLOC(ctx, "batch", n->batch * b->features, &b->rows));
    KITH_TRY(KITH_ALLOC(ctx, "model", n->dimension, &b->x));
    KITH_TRY(KITH_ALLOC(ctx, "gradient", n->dimension, &b->g));
    KITH_TRY(KITH_ALLOC(ctx, "operands", (size_t)1 << 24, &b->arena));
    return kith_alloc(ctx, "workspace", 1, b->model->workspace(b->self, n->batch), (void **)&b->work);
}

static void fill(struct bench *b)
{
    b->stream = kith_stream_at(1, KITH_FOR_DATA, 0, 0);
    for (size_t i = 0; i < EXAMPLES * b->features; i++)
        b->images[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t e = 0; e < EXAMPLES; e++)
        b->labels[e] = (int32_t)kith_draw_below(&b->stream, CLASSES);
    for (size_t i = 0; i < b->features; i++)
        b->scale[i] = (kith_real)(1.0 / 255.0);
    for (size_t i = 0; i < (size_t)1 << 24; i++)
        b->arena[i] = (kith_real)(i % 17) - 8;
    check(b->model->init(b->self, NULL, &b->stream, b->x));
    list_products(b);
}

static void release(struct bench *b)
{
    void *const all[] = {b->images, b->labels, b->label, b->index, b->scale, b->shift,
                         b->rows,   b->x,      b->g,     b->work,  b->arena};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        kith_free(all[i]);
    if (b->self) kith_plugin_descriptor.destroy(b->self);
}

int main(int argc, char **argv)
{
    const unsigned long asked = argc > 1 ? strtoul(argv[1], NULL, 10) : 31;
    const size_t repetitions = asked < 1 ? 1 : asked > MOST ? MOST : asked;
    kith_ctx *ctx = kith_ctx_create();
    kith_status status = ctx ? kith_blas_start(ctx) : KITH_EMEMORY;
    for (size_t n = 0; n < sizeof networks / sizeof networks[0] && status == KITH_OK; n++) {
        static struct bench b;
        if (argc > 2 && !strstr(networks[n].name, argv[2])) continue;
        b = (struct bench){.net = &networks[n]};
        status = set_up(ctx, &b);
        if (status == KITH_OK) {
            fill(&b);
            measure(&b, repetitions);
        }
        release(&b);
    }
    if (status != KITH_OK) fprintf(stderr, "conv: %s\n", ctx ? kith_ctx_message(ctx) : "out of memory");
    kith_ctx_destroy(ctx);
    return (int)status;
}
