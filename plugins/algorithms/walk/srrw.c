/* The self-repellent random walk (Doshi, Hu, Eun, "Self-Repellent Random Walks on General Graphs", ICML 2023) carrying
 * a model (Hu, Doshi, Eun, ICLR 2024): from i to j with probability K_ij in proportion to P_ij (x_j / mu_j)^-alpha,
 * over the neighbours of i and i itself; x is the walk's own weighted empirical measure. */
#include "history.h"

#include <math.h>

typedef struct config {
    double alpha, gamma_power;
    int target;
} config;

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "5", "[0,1000]", "",
     "How strongly the walk avoids where it was often; 0: the base chain."},
    {"gamma_power", KITH_TYPE_REAL, 0, offsetof(config, gamma_power), "0.6", "(0,1]", "",
     "a: the n-th visit weighs (n+1)^-a in the empirical measure; below walk.lr_power is case (i), above it case "
     "(iii)."},
    KITH_STATIONARY_PARAM(config),
};

typedef struct srrw {
    config how;
    kith_reversible *chain;
    kith_history history;
    double *sums; /* [largest row] of kernel weights, up to each entry */
} srrw;

static void destroy(void *self)
{
    srrw *w = self;
    kith_reversible_free(w->chain);
    kith_history_close(&w->history);
    kith_free(w->sums);
    kith_free(w);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    (void)setting;
    srrw *w = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "srrw", 1, &w));
    w->how = *(const config *)config_;
    *self = w;
    return KITH_OK;
}

static kith_status prepare(void *self, kith_ctx *ctx, const kith_neighbours *graph)
{
    srrw *w = self;
    KITH_TRY(kith_reversible_create(ctx, graph, (kith_stationary)w->how.target, &w->chain));
    KITH_TRY(KITH_ALLOC(ctx, "srrw", graph->nodes, &w->sums));
    return kith_history_open(ctx, w->how.alpha, w->how.gamma_power, graph, w->chain->mu, &w->history);
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    kith_stationary_fill(graph, (kith_stationary)((const srrw *)self)->how.target, mu);
}

static size_t own(const void *self, const kith_neighbours *graph)
{
    (void)graph;
    return kith_history_own(&((const srrw *)self)->history);
}

static void begin(void *self, const kith_neighbours *graph, kith_token *token)
{
    (void)graph;
    kith_history_begin(&((srrw *)self)->history, token->own);
}

/* Kernel weights relative to the largest, by logarithms: for powers beyond what a double can hold. */
static double sum_by_logs(const srrw *w, double *numbers, size_t first, size_t last)
{
    const uint32_t *to = w->chain->to;
    uint32_t best = to[first];
    double sum = 0.0;
    for (size_t e = first; e < last; e++)
        if (kith_history_log_ratio(&w->history, numbers, to[e], best) > 0.0) best = to[e];
    for (size_t e = first; e < last; e++) {
        sum += w->chain->probability[e] * exp(kith_history_log_ratio(&w->history, numbers, to[e], best));
        w->sums[e - first] = sum;
    }
    return sum;
}

static uint32_t hop(const srrw *w, double *numbers, uint32_t at, double uniform)
{
    const size_t first = w->chain->start[at], count = w->chain->start[at + 1] - first;
    const uint32_t *to = w->chain->to + first;
    const double *probability = w->chain->probability + first;
    const double *power = kith_history_powers(&w->history, numbers);
    double *sums = w->sums, sum = 0.0;
    for (size_t e = 0; e < count; e++) {
        sum += probability[e] * power[to[e]];
        sums[e] = sum;
    }
    if (!(sum > 1e-280 && sum < 1e280)) sum = sum_by_logs(w, numbers, first, first + count);
    const double aim = uniform * sum;
    size_t chosen = 0;
    /* counted and not searched for: a branch taken at random costs more than the rest of a short row */
    for (size_t e = 0; e + 1 < count; e++)
        chosen += sums[e] <= aim;
    return to[chosen];
}

static void stretch(void *self, const kith_neighbours *graph, kith_token *token, const double *gain, size_t count,
                    uint32_t *path)
{
    const srrw *w = self;
    double uniform[KITH_WALK_MOST];
    uint32_t at = token->at;
    kith_draw_uniforms(&token->stream, count, uniform);
    for (size_t k = 0; k < count; k++) {
        token->asked += graph->start[at + 1] - graph->start[at];
        at = hop(w, token->own, at, uniform[k]);
        kith_history_visit(&w->history, token->own, at, gain[k]);
        path[k] = at;
    }
    token->at = at;
}

static void walk(void *self, const kith_neighbours *graph, kith_hops *hops)
{
    kith_history_walk(&((const srrw *)self)->history, self, graph, hops, stretch);
}

static void repels(const void *self, kith_repelling *out)
{
    const srrw *w = self;
    *out = (kith_repelling){.alpha = w->how.alpha, .gamma_power = w->how.gamma_power};
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .prepare = prepare,
    .target = target,
    .own = own,
    .begin = begin,
    .walk = walk,
    .repels = repels,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "srrw",
    .version = "1.0",
    .summary = "A token that avoids where it was often, the self-repellent random walk, and learns on its way",
    .reference = "arXiv 2401.09665",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
