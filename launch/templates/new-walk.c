/* new-walk, a walk: a token hops along the graph and its model learns from whoever it visits.
 *
 * The algorithm says where a token goes next, and the host takes the gradient steps. This is a
 * lazy Metropolis walk: a neighbour j of i is drawn and taken with probability min(1, d_i / d_j),
 * d being numbers of neighbours, so that all are visited alike.
 */
#include <kith/kith.h>

typedef struct config {
    double stay;
} config;

/* key, type, 0, offset, default, domain, unit, sentence: the host parses, checks and documents
 * a parameter from its row. */
static const kith_param params[] = {
    {"stay", KITH_TYPE_REAL, 0, offsetof(config, stay), "0.1", "[0,1)", "",
     "How often the token stays without being asked."},
};

static size_t degree(const kith_neighbours *graph, uint32_t node)
{
    return graph->start[node + 1] - graph->start[node];
}

/* Where the token goes: a neighbour, or where it stands. Random numbers come from its own stream, and what it must
 * remember belongs into token->own, never into self. */
static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    const config *c = self;
    const uint32_t i = token->at;
    if (kith_draw_uniform(&token->stream) < c->stay) return i;
    const uint32_t j = graph->to[graph->start[i] + (size_t)kith_draw_below(&token->stream, degree(graph, i))];
    token->asked++; /* j was asked for its degree */
    const double taken = (double)degree(graph, i) / (double)degree(graph, j);
    return kith_draw_uniform(&token->stream) < taken ? j : i;
}

/* What learners are visited in proportion to in the long run. */
static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    (void)self;
    kith_stationary_fill(graph, KITH_STATIONARY_UNIFORM, mu);
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .target = target,
    .next = next,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "new-walk",
    .version = "0.1",
    .summary = "A lazy Metropolis walk, to be changed",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
