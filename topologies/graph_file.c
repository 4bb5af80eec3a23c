#include <kith/graph.h>

typedef struct config {
    const char *path;
    kith_graph_file how;
} config;

static const kith_param params[] = {
    {"path", KITH_TYPE_PATH, 0, offsetof(config, path), "", "", "", "The file."},
    KITH_GRAPH_FILE_PARAMS(offsetof(config, how)),
};

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    kith_graph *graph = NULL;
    KITH_TRY(kith_graph_load(ctx, "graph-file", c->path, setting->learners, &c->how, &graph));
    *self = graph;
    return KITH_OK;
}

static const kith_topology ops = {.properties = kith_static_properties, .row = kith_static_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "graph-file",
    .version = "1.0",
    .summary = "A graph from a file: an edge list, adjacency lists, or a MatrixMarket matrix",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(ops),
};
