#include <kith/graph.h>
#include <math.h>

typedef struct config {
    double probability;
    int64_t every;
    int weights;
    bool connected;
} config;

static const kith_param params[] = {
    {"probability", KITH_TYPE_REAL, 0, offsetof(config, probability), "0.2", "[0,1]", "",
     "The probability of each link."},
    KITH_RANDOM_PARAMS(config),
};

/* Jumps from link to link instead of looking at every pair (Batagelj and Brandes 2005). */
static kith_status draw(kith_ctx *ctx, const void *config_, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    const double p = ((const config *)config_)->probability;
    const double rest = log1p(-p);
    if (p == 0) return KITH_OK;
    size_t u = 1, v = 0;
    for (bool first = true; u < nodes; first = false) {
        const double jump = p < 1 ? floor(log1p(-kith_draw_uniform(stream)) / rest) : 0;
        const double pairs = (double)nodes * (double)nodes;
        v += (jump < pairs ? (size_t)jump : nodes * nodes) + !first;
        while (u < nodes && v >= u)
            v -= u++;
        if (u < nodes) KITH_TRY(kith_edges_link(ctx, edges, u, v));
    }
    return KITH_OK;
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    const config *c = config_;
    const kith_random_setup setup = {.name = "erdos-renyi",
                                     .nodes = setting->learners,
                                     .seed = setting->seed,
                                     .every = (uint64_t)c->every,
                                     .connected = c->connected,
                                     .weighting = (kith_weighting)c->weights,
                                     .draw = draw,
                                     .config = c};
    return kith_random_create(ctx, &setup, self);
}

static const kith_topology ops = {.properties = kith_random_properties, .row = kith_random_row};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "erdos-renyi",
    .version = "1.0",
    .summary = "Each pair is linked with the same probability",
    .reference = "Gilbert 1959; Erdos and Renyi 1959",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = kith_random_destroy,
    KITH_PLUGIN_OPS(ops),
};
