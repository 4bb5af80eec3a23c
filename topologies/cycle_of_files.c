#include <kith/graph.h>
#include <stdio.h>
#include <string.h>

typedef struct config {
    const char *paths;
    int64_t rounds;
    kith_graph_file how;
} config;

typedef struct cycle {
    kith_graph **graph;
    size_t count;
    uint64_t rounds;
} cycle;

static const kith_param params[] = {
    {"paths", KITH_TYPE_PATH, 0, offsetof(config, paths), "", "", "", "The files, separated by blanks."},
    {"rounds", KITH_TYPE_INT, 0, offsetof(config, rounds), "1", "1..", "rounds", "For how many rounds each is used."},
    KITH_GRAPH_FILE_PARAMS(offsetof(config, how)),
};

static void destroy(void *self)
{
    cycle *s = self;
    for (size_t i = 0; i < s->count; i++)
        kith_graph_free(s->graph[i]);
    kith_free(s->graph);
    kith_free(s);
}

static kith_status load(kith_ctx *ctx, cycle *s, const config *c, size_t nodes)
{
    enum { PATH_SIZE = 4096 };
    static const char blanks[] = " \t";
    const char *at = c->paths + strspn(c->paths, blanks);
    /* at most every other character starts a path */
    KITH_TRY(KITH_ALLOC(ctx, "cycle-of-files", strlen(at) / 2 + 1, &s->graph));
    while (*at) {
        char path[PATH_SIZE];
        const size_t length = strcspn(at, blanks);
        if (length >= sizeof path)
            return kith_fail(ctx, KITH_ECONFIG, "cycle-of-files: a path is longer than %d bytes", PATH_SIZE);
        snprintf(path, sizeof path, "%.*s", (int)length, at);
        KITH_TRY(kith_graph_load(ctx, "cycle-of-files", path, nodes, &c->how, &s->graph[s->count]));
        s->count++;
        at += length;
        at += strspn(at, blanks);
    }
    if (s->count) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "cycle-of-files.paths is empty; name at least one file");
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    cycle *s = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "cycle-of-files", 1, &s));
    s->rounds = (uint64_t)c->rounds;
    const kith_status status = load(ctx, s, c, setting->learners);
    if (status != KITH_OK) {
        destroy(s);
        return status;
    }
    *self = s;
    return KITH_OK;
}

static uint32_t properties(const void *self)
{
    const cycle *s = self;
    uint32_t all = s->graph[0]->properties;
    for (size_t i = 1; i < s->count; i++)
        all &= s->graph[i]->properties & ~(uint32_t)KITH_STATIC;
    return all;
}

static kith_status row(void *self, kith_ctx *ctx, kith_row *r)
{
    (void)ctx;
    const cycle *s = self;
    kith_graph_row(s->graph[r->round / s->rounds % s->count], r);
    return KITH_OK;
}

static const kith_topology ops = {.properties = properties, .row = row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "cycle-of-files",
    .version = "1.0",
    .summary = "Graphs from files, one after the other, and from the first again",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
