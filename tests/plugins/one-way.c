/* Directed graphs for tests of push-sum: node i is heard by itself and by i + 1, and node 0 by i + 2 of them, too;
 * every weight of a column is alike. So columns sum to 1 and rows do not. With `lie` it promises rows that sum to 1,
 * `columns` takes away from a column, `wrong` makes a row that no graph has, and `mutual` promises an undirected
 * tree. */
#include <kith/kith.h>

#include <stdbool.h>

typedef struct config {
    bool lie, columns, wrong, mutual;
    int64_t blocks;
} config;

typedef struct one_way {
    config how;
    size_t nodes;
} one_way;

static const kith_param params[] = {
    {"lie", KITH_TYPE_BOOL, 0, offsetof(config, lie), "no", "", "", "Promises what does not hold of the rows."},
    {"columns", KITH_TYPE_BOOL, 0, offsetof(config, columns), "no", "", "", "Breaks what it promises of the columns."},
    {"mutual", KITH_TYPE_BOOL, 0, offsetof(config, mutual), "no", "", "",
     "Promises that whom a node hears it is heard by."},
    {"wrong", KITH_TYPE_BOOL, 0, offsetof(config, wrong), "no", "", "", "Hears from a node that there is not."},
    {"blocks", KITH_TYPE_INT, 0, offsetof(config, blocks), "0", "0..", "",
     "Refuses models of another number of blocks; 0: none."},
};

static uint32_t properties(const void *self)
{
    const one_way *s = self;
    return KITH_STATIC | KITH_CONNECTED | KITH_COLUMN_STOCHASTIC | (s->how.lie ? KITH_ROW_STOCHASTIC : 0u) |
           (s->how.mutual ? KITH_UNDIRECTED | KITH_TREE | KITH_LOSSLESS : 0u);
}

static bool hears(const one_way *s, size_t node, size_t from)
{
    return node == from || node == (from + 1) % s->nodes || (from == 0 && node == 2 % s->nodes);
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const one_way *s = self;
    r->count = 0;
    for (size_t j = 0; j < s->nodes; j++) {
        if (!hears(s, r->node, j)) continue;
        size_t heard = 0;
        for (size_t i = 0; i < s->nodes; i++)
            heard += hears(s, i, j);
        r->from[r->count] = (uint32_t)(s->how.wrong && r->node == 1 && j == 1 ? s->nodes : j);
        r->weight[r->count++] = (s->how.columns && j == 2 ? 0.5 : 1.0) / (double)heard;
    }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    one_way *s = NULL;
    const config *c = config_;
    if (c->blocks && (size_t)c->blocks != setting->block_count)
        return kith_fail(ctx, KITH_ECONFIG, "one-way: the model has %zu blocks, the first of which is %s",
                         setting->block_count, setting->block_count ? setting->blocks[0].name : "none");
    KITH_TRY(KITH_ALLOC(ctx, "one-way", 1, &s));
    *s = (one_way){.how = *(const config *)config_, .nodes = setting->learners};
    *self = s;
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "one-way",
    .version = "1.0",
    .summary = "A directed ring with a chord, for tests",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_free,
    KITH_PLUGIN_OPS(ops),
};
