/* Independent draws from the target, as if every learner were a neighbour of every other: what no walk has to do better
 * than, and self-repellent ones do. */
#include <kith/walk.h>

typedef struct config {
    int target;
} config;

static const kith_param params[] = {KITH_STATIONARY_PARAM(config)};

/* The end of a link drawn at random is a node in proportion to its degree. */
static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    const config *c = self;
    if (c->target == KITH_STATIONARY_UNIFORM) return (uint32_t)kith_draw_below(&token->stream, graph->nodes);
    return graph->to[kith_draw_below(&token->stream, graph->start[graph->nodes])];
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    kith_stationary_fill(graph, (kith_stationary)((const config *)self)->target, mu);
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .target = target,
    .next = next,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "iid",
    .version = "1.0",
    .summary = "A token that jumps to a learner drawn anew each time: the baseline of walks",
    .reference = "",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
