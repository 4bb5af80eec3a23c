#include <kith/walk.h>

/* The simple random walk: every neighbour alike, so learners are visited in proportion to how many neighbours they
 * have. */
static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    (void)self;
    const size_t first = graph->start[token->at], degree = graph->start[token->at + 1] - first;
    return graph->to[first + (size_t)kith_draw_below(&token->stream, degree)];
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    (void)self;
    kith_stationary_fill(graph, KITH_STATIONARY_DEGREE, mu);
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .target = target,
    .next = next,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "simple-walk",
    .version = "1.0",
    .summary = "A token that goes to a neighbour drawn at random",
    .reference = "",
    KITH_PLUGIN_OPS(ops),
};
