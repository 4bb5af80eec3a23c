/* Non-backtracking walks (Lee, Xu, Eun, "Beyond Random Walk and Metropolis-Hastings Samplers: Why You Should Not
 * Backtrack for Unbiased Graph Sampling", SIGMETRICS 2012): a token does not go back to where it came from while there
 * is another way. Target degree: the non-backtracking random walk. Target uniform: Metropolis-Hastings with delayed
 * acceptance. */
#include <kith/walk.h>

#include <math.h>

typedef struct config {
    int target;
} config;

static const kith_param params[] = {KITH_STATIONARY_PARAM(config)};

static size_t degree(const kith_neighbours *graph, uint32_t node)
{
    return graph->start[node + 1] - graph->start[node];
}

/* A neighbour of i, but not `barred`, which is one of them; degree >= 2. */
static uint32_t another(const kith_neighbours *graph, kith_stream *stream, uint32_t i, uint32_t barred)
{
    const uint32_t *to = graph->to + graph->start[i];
    const size_t k = (size_t)kith_draw_below(stream, degree(graph, i) - 1);
    /* ascending: from where `barred` stands on, the next one */
    return to[k + (to[k] >= barred)];
}

static uint32_t anyone(const kith_neighbours *graph, kith_stream *stream, uint32_t i)
{
    return graph->to[graph->start[i] + (size_t)kith_draw_below(stream, degree(graph, i))];
}

/* own[0]: the node before this one and 1, 0 at first. */
static uint32_t simple_next(const kith_neighbours *graph, kith_token *token)
{
    const uint32_t i = token->at;
    const bool fresh = token->own[0] == 0.0 || degree(graph, i) == 1;
    const uint32_t j =
        fresh ? anyone(graph, &token->stream, i) : another(graph, &token->stream, i, (uint32_t)token->own[0] - 1);
    token->own[0] = (double)i + 1.0;
    return j;
}

/* Their Algorithm 2: what Metropolis-Hastings accepts and leads back is put off once in favour of another neighbour. */
static uint32_t delayed_next(const kith_neighbours *graph, kith_token *token)
{
    const uint32_t i = token->at;
    const double di = (double)degree(graph, i);
    uint32_t j = anyone(graph, &token->stream, i);
    const double dj = (double)degree(graph, j);
    token->asked++;
    if (kith_draw_uniform(&token->stream) * dj >= di) return i;
    if (token->own[0] == (double)j + 1.0 && degree(graph, i) > 1) {
        const uint32_t k = another(graph, &token->stream, i, j);
        token->asked++;
        const double to_k = di / (double)degree(graph, k), back = dj / di;
        const double accepted = fmin(1.0, fmin(1.0, to_k * to_k) * fmax(1.0, back * back));
        if (kith_draw_uniform(&token->stream) < accepted) j = k;
    }
    token->own[0] = (double)i + 1.0;
    return j;
}

static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    const config *c = self;
    return c->target == KITH_STATIONARY_DEGREE ? simple_next(graph, token) : delayed_next(graph, token);
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    kith_stationary_fill(graph, (kith_stationary)((const config *)self)->target, mu);
}

static size_t own(const void *self, const kith_neighbours *graph)
{
    (void)self;
    (void)graph;
    return 1;
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .target = target,
    .own = own,
    .next = next,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "non-backtracking",
    .version = "1.0",
    .summary = "A token that does not go back where it came from, unless there is no other way",
    .reference = "arXiv 1204.4140",
    KITH_PLUGIN_PARAMS(config, params),
    KITH_PLUGIN_OPS(ops),
};
