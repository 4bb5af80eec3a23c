#include <kith/walk.h>

/* Metropolis and Hastings: a neighbour j of i is drawn and taken with probability min(1, d_i / d_j), so all learners
 * are visited alike. */
static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    (void)self;
    const uint32_t i = token->at;
    const size_t degree = graph->start[i + 1] - graph->start[i];
    const uint32_t j = graph->to[graph->start[i] + (size_t)kith_draw_below(&token->stream, degree)];
    const size_t other = graph->start[j + 1] - graph->start[j];
    token->asked++;
    return kith_draw_uniform(&token->stream) * (double)other < (double)degree ? j : i;
}

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
    .id = "metropolis-walk",
    .version = "1.0",
    .summary = "A token that visits all learners alike, by Metropolis and Hastings",
    .reference = "Hastings 1970",
    KITH_PLUGIN_OPS(ops),
};
