#include <kith/graph.h>

typedef struct config {
    int64_t peers;
} config;

static const kith_param params[] = {
    {"peers", KITH_TYPE_INT, 0, offsetof(config, peers), "1", "1..", "peers",
     "s: to how many random others a node sends each round; all of them, where there are no more."},
};

/* Floyd's way to s different numbers (Bentley and Floyd 1987): each set of them is as likely as any other. */
static kith_status send_from(kith_ctx *ctx, size_t node, size_t peers, size_t nodes, kith_stream *stream,
                             kith_edges *edges)
{
    const size_t first = edges->count;
    for (size_t top = nodes - 1 - peers; top < nodes - 1; top++) {
        const uint32_t last = (uint32_t)(top + (top >= node));
        uint32_t to = (uint32_t)kith_draw_below(stream, top + 1);
        to += to >= node;
        for (size_t e = first; e < edges->count; e++)
            if (edges->item[e].to == to) to = last;
        const kith_edge edge = {.to = to, .from = (uint32_t)node, .weight = 1.0};
        KITH_TRY(kith_edges_add(ctx, edges, &edge));
    }
    return KITH_OK;
}

static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    const uint64_t peers = (uint64_t)((const config *)config_)->peers;
    for (size_t i = 0; i < nodes; i++)
        KITH_TRY(send_from(ctx, i, peers < nodes ? (size_t)peers : nodes - 1, nodes, stream, edges));
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const kith_random_setup setup = {.name = "epidemic",
                                     .nodes = setting->learners,
                                     .seed = setting->seed,
                                     .every = 1,
                                     .weighting = KITH_WEIGHTS_UNIFORM,
                                     .draw = draw,
                                     .config = config_};
    return kith_random_create(ctx, &setup, self);
}

static uint32_t properties(const void *self)
{
    (void)self;
    return KITH_ROW_STOCHASTIC | KITH_LOSSLESS;
}

static const kith_topology ops = {.properties = properties, .row = kith_random_row};

static const char details[] =
    "EL-Local of the paper's Algorithm 1: node i sends its model to s others, drawn uniformly without replacement in\n"
    "each round, and takes the mean of its own and the R_i that it got, x_i <- (x_i + sum of those) / (R_i + 1). The\n"
    "number R_i is binomial(N - 1, s / (N - 1)): a node may hear nobody. (random-peer has each node hear so many.)\n"
    "EL-Oracle, where each node sends and hears s: random-regular(degree=s, every=1, connected=no), whose links are\n"
    "mutual.\n";

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "epidemic",
    .version = "1.0",
    .summary = "Epidemic learning: every node sends to random others each round (push)",
    .reference = "arXiv 2310.01972",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_random_destroy,
    KITH_PLUGIN_OPS(ops),
    .details = details,
};
