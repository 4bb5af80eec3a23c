/* One small model plugin, and the ways in which a plugin can be wrong that only the loader can show. */
#include <kith/kith.h>

typedef struct config {
    double rate;
    int64_t count;
} config;

#ifndef SAMPLE_ID
#define SAMPLE_ID "sound"
#endif
#ifndef SAMPLE_MAJOR
#define SAMPLE_MAJOR KITH_ABI_MAJOR
#endif
#ifdef SAMPLE_PRECISION
#define REAL_SIZE (sizeof(kith_real) == sizeof(float) ? sizeof(double) : sizeof(float))
#else
#define REAL_SIZE sizeof(kith_real)
#endif

static size_t dimension(const void *self)
{
    return (size_t)((const config *)self)->count;
}

static size_t workspace(const void *self, size_t batch)
{
    (void)self;
    return batch;
}

static kith_status init(const void *self, kith_ctx *ctx, kith_stream *stream, kith_real *x)
{
    (void)ctx;
    kith_draw_normals(stream, ((const config *)self)->rate, dimension(self), x);
    return KITH_OK;
}

static kith_status gradient(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *space,
                            kith_real *g, double *loss)
{
    (void)ctx, (void)self, (void)x, (void)batch, (void)space, (void)g;
    *loss = 0.0;
    return KITH_OK;
}

#ifdef SAMPLE_UNRESOLVED
void nobody_defines_this(void);
#endif

static kith_status evaluate(const void *self, kith_ctx *ctx, const kith_real *x, const kith_batch *batch, void *space,
                            kith_score *score)
{
    (void)ctx, (void)self, (void)x, (void)batch, (void)space, (void)score;
#ifdef SAMPLE_UNRESOLVED
    nobody_defines_this();
#endif
    return KITH_OK;
}

#ifdef SAMPLE_FAILING
static kith_status create(kith_ctx *ctx, const void *data, const kith_setting *setting, void **self)
{
    (void)setting, (void)self;
    const config *c = data;
    if (c->count == 2) return KITH_EDATA;
    return kith_fail(ctx, KITH_ECONFIG, "failing: count %lld never works", (long long)c->count);
}
#endif

#ifdef SAMPLE_WIDE
/* Rows as a later minor version might have them. */
typedef struct row {
    kith_param first;
    const char *later[2];
} row;
#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        {__VA_ARGS__},                                                                                                 \
        {                                                                                                              \
            "later", "still"                                                                                           \
        }                                                                                                              \
    }
#else
typedef kith_param row;
#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#endif

static const row table[] = {
    ROW("rate", KITH_TYPE_REAL, 0, offsetof(config, rate), "0.5", "(0,1]", "", "How wide the start is."),
    ROW("count", KITH_TYPE_INT, 0, offsetof(config, count), "3", "1..", "", "How many coordinates."),
};

static kith_status blocks(const void *self, kith_ctx *ctx, kith_block_list *list)
{
    (void)ctx;
    return kith_block_add(list, &(kith_block){.shape = {dimension(self)}}, "x");
}

static const kith_model ops = {.dimension = dimension,
                               .workspace = workspace,
                               .blocks = blocks,
                               .init = init,
                               .gradient = gradient,
                               .evaluate = evaluate};

#ifdef SAMPLE_SILENT
extern const kith_plugin sample_under_another_name;
const kith_plugin sample_under_another_name = {
#else
KITH_EXPORT_PLUGIN = {
#endif
    .abi_major = SAMPLE_MAJOR,
    .abi_minor = KITH_ABI_MINOR,
    .size = sizeof(kith_plugin),
    .kind = KITH_MODEL,
    .role = KITH_ROLE_NONE,
    .real_size = REAL_SIZE,
    .param_count = sizeof table / sizeof table[0],
    .param_size = sizeof(row),
    .id = SAMPLE_ID,
    .version = "1.0",
    .summary = "A model for tests of the loader",
    .reference = "",
    .config_size = sizeof(config),
    .params = (const kith_param *)(const void *)table,
#ifdef SAMPLE_FAILING
    .create = create,
#endif
    KITH_PLUGIN_OPS(ops),
};
