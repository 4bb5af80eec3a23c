/* A walk that leaves the graph, for tests of what becomes of it. */
#include <kith/kith.h>

static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    (void)self;
    return token->hop == 700 ? (uint32_t)graph->nodes : graph->to[graph->start[token->at]];
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    (void)self;
    kith_stationary_fill(graph, KITH_STATIONARY_UNIFORM, mu);
}

static const kith_walk ops = {.target = target, .next = next};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "astray",
    .version = "1.0",
    .summary = "A token that hops to a learner that there is not, for tests",
    .reference = "",
    KITH_PLUGIN_OPS(ops),
};
