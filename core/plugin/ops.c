#include "plugin/check.h"

#include <kith/kith.h>
#include <string.h>

/* A callback that a kind's table must have. */
typedef struct callback {
    const char *name;
    size_t offset;
} callback;

typedef struct table {
    uint32_t kind, role;
    size_t size; /* of this host's */
    const callback *must;
    size_t count;
} table;

#define MUST(type, field)                                                                                              \
    {                                                                                                                  \
#field, offsetof(type, field)                                                                                  \
    }
#define ROW(kind, role, type, list)                                                                                    \
    {                                                                                                                  \
        kind, role, sizeof(type), list, sizeof(list) / sizeof(list)[0]                                                 \
    }

#define LISTED(type, field) MUST(type, field),
#define MUSTS(upper, lower) static const callback lower[] = {KITH_##upper##_MUST(LISTED)};
KITH_ROLE_MAP(MUSTS)
#undef MUSTS
static const callback topology[] = {MUST(kith_topology, properties), MUST(kith_topology, row)};
static const callback dataset[] = {MUST(kith_dataset, describe)};
static const callback model[] = {MUST(kith_model, dimension), MUST(kith_model, workspace), MUST(kith_model, blocks),
                                 MUST(kith_model, init),      MUST(kith_model, gradient),  MUST(kith_model, evaluate)};

static const callback game[] = {MUST(kith_game, describe)};

static const table tables[] = {
#define ALGORITHM(upper, lower) ROW(KITH_ALGORITHM, KITH_ROLE_##upper, kith_##lower, lower),
    KITH_ROLE_MAP(ALGORITHM)
#undef ALGORITHM
        ROW(KITH_TOPOLOGY, KITH_ROLE_NONE, kith_topology, topology),
    ROW(KITH_DATASET, KITH_ROLE_NONE, kith_dataset, dataset),
    ROW(KITH_MODEL, KITH_ROLE_NONE, kith_model, model),
    ROW(KITH_GAME, KITH_ROLE_NONE, kith_game, game),
    {KITH_FILTER, KITH_ROLE_NONE, sizeof(kith_filter), NULL, 0},
};

static const table *table_of(const kith_plugin *plugin)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].kind == plugin->kind && tables[i].role == plugin->role) return &tables[i];
    return NULL;
}

size_t kith_ops_size(const kith_plugin *plugin)
{
    const table *t = table_of(plugin);
    return t ? t->size : plugin->ops_size;
}

/* Copied bytewise: a pointer to a function may not be read as one to an object. */
static int has(const kith_plugin *plugin, size_t offset)
{
    static const char nothing[sizeof(void (*)(void))];
    return offset + sizeof nothing <= plugin->ops_size &&
           memcmp((const char *)plugin->ops + offset, nothing, sizeof nothing) != 0;
}

static kith_status check_dataset(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    const int pooled = has(plugin, offsetof(kith_dataset, load));
    const int size = has(plugin, offsetof(kith_dataset, size)), fill = has(plugin, offsetof(kith_dataset, fill));
    if (pooled ? !size && !fill : size && fill) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: a data set has either load (pooled), or size and fill (generated)",
                     path);
}

static kith_status check_walk(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (has(plugin, offsetof(kith_walk, next)) != has(plugin, offsetof(kith_walk, walk))) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: a walk has either next() or walk(), and not both", path);
}

static kith_status check_topology(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (has(plugin, offsetof(kith_topology, sketch)) &&
        (!has(plugin, offsetof(kith_topology, drawn)) || !has(plugin, offsetof(kith_topology, draw))))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: a topology with sketch() has drawn() and draw(), too", path);
    if (has(plugin, offsetof(kith_topology, hears)) == has(plugin, offsetof(kith_topology, hear))) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: of hears() and hear() a topology has both or none", path);
}

/* How many of a list of callbacks there are. */
static size_t count_of(const kith_plugin *plugin, const callback *list, size_t count)
{
    size_t there = 0;
    for (size_t i = 0; i < count; i++)
        there += has(plugin, list[i].offset) != 0;
    return there;
}

static kith_status check_game(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    static const callback markov[] = {MUST(kith_game, reset), MUST(kith_game, step), MUST(kith_game, observe),
                                      MUST(kith_game, outcome)};
    static const callback exact[] = {MUST(kith_game, start), MUST(kith_game, transition), MUST(kith_game, mirror),
                                     MUST(kith_game, number), MUST(kith_game, place)};
    const size_t all = sizeof markov / sizeof markov[0], every = sizeof exact / sizeof exact[0];
    const size_t steps = count_of(plugin, markov, all), modelled = count_of(plugin, exact, every);
    const int matrix = has(plugin, offsetof(kith_game, payoff));
    if (matrix ? steps : steps != all)
        return kith_fail(ctx, KITH_EPLUGIN,
                         "%s: ops: a game has either payoff (matrix), or reset, step, observe and outcome (Markov)",
                         path);
    if (modelled == 0 || modelled == every) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN,
                     "%s: ops: of start, transition, mirror, number and place (exact model) a game has all or none",
                     path);
}

static kith_status check_filter(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    const int stage = has(plugin, offsetof(kith_filter, stage)), merge = has(plugin, offsetof(kith_filter, merge));
    if (!stage && !has(plugin, offsetof(kith_filter, send)))
        return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: a filter has send(), stage() or both", path);
    const uint32_t flags = ((const kith_filter *)plugin->ops)->flags;
    if (merge == ((flags & KITH_FILTER_MERGES) != 0) && (stage || !merge)) return KITH_OK;
    return kith_fail(ctx, KITH_EPLUGIN, "%s: ops: KITH_FILTER_MERGES, merge() and stage() go together", path);
}

kith_status kith_ops_check(kith_ctx *ctx, const char *path, const kith_plugin *plugin)
{
    if (!plugin->ops || plugin->ops_size == 0)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: %s; use KITH_PLUGIN_OPS", path,
                         plugin->ops ? "ops_size is 0" : "ops is NULL");
    const table *t = table_of(plugin);
    for (size_t k = 0; t && k < t->count; k++)
        if (!has(plugin, t->must[k].offset))
            return kith_fail(ctx, KITH_EPLUGIN, "%s: ops has no %s(), which it cannot do without; write it", path,
                             t->must[k].name);
    if (plugin->role == KITH_ROLE_WALK) KITH_TRY(check_walk(ctx, path, plugin));
    if (plugin->kind == KITH_TOPOLOGY) return check_topology(ctx, path, plugin);
    if (plugin->kind == KITH_FILTER) return check_filter(ctx, path, plugin);
    if (plugin->kind == KITH_GAME) return check_game(ctx, path, plugin);
    return plugin->kind == KITH_DATASET ? check_dataset(ctx, path, plugin) : KITH_OK;
}
