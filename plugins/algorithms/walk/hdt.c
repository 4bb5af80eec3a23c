/* History-driven target (Hu, Ma, Eun, "Beyond Self-Repellent Kernels: History-Driven Target Towards Efficient Nonlinear
 * MCMC on General Graphs", ICML 2025): Metropolis and Hastings on the simple walk's proposals, for a target that shies
 * away from where the walk was, pi_i[x] in proportion to mu_i (x_i / mu_i)^-alpha. A step looks at one neighbour, where
 * SRRW looks at all. */
#include "history.h"

#include <math.h>

typedef struct config {
    double alpha, gamma_power;
    int target;
} config;

static const kith_param params[] = {
    {"alpha", KITH_TYPE_REAL, 0, offsetof(config, alpha), "5", "[0,1000]", "",
     "How strongly the target avoids where the walk was often; 0: plain Metropolis-Hastings."},
    {"gamma_power", KITH_TYPE_REAL, 0, offsetof(config, gamma_power), "0.6", "(0,1]", "",
     "a: the n-th visit weighs (n+1)^-a in the empirical measure."},
    KITH_STATIONARY_PARAM(config),
};

typedef struct hdt {
    config how;
    double *mu;
    kith_history history;
} hdt;

static void destroy(void *self)
{
    hdt *w = self;
    kith_free(w->mu);
    kith_history_close(&w->history);
    kith_free(w);
}

static kith_status create(kith_ctx *ctx, const void *config_, const kith_setting *setting, void **self)
{
    (void)setting;
    hdt *w = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "hdt", 1, &w));
    w->how = *(const config *)config_;
    *self = w;
    return KITH_OK;
}

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    kith_stationary_fill(graph, (kith_stationary)((const hdt *)self)->how.target, mu);
}

static kith_status prepare(void *self, kith_ctx *ctx, const kith_neighbours *graph)
{
    hdt *w = self;
    KITH_TRY(KITH_ALLOC(ctx, "hdt", graph->nodes, &w->mu));
    target(self, graph, w->mu);
    return kith_history_open(ctx, w->how.alpha, w->how.gamma_power, graph, w->mu, &w->history);
}

static size_t own(const void *self, const kith_neighbours *graph)
{
    (void)graph;
    return kith_history_own(&((const hdt *)self)->history);
}

static void begin(void *self, const kith_neighbours *graph, kith_token *token)
{
    (void)graph;
    kith_history_begin(&((hdt *)self)->history, token->own);
}

/* pi_j Q_ji / (pi_i Q_ij) */
static double acceptance(const hdt *w, const kith_neighbours *graph, double *numbers, uint32_t i, uint32_t j)
{
    const double *power = kith_history_powers(&w->history, numbers);
    const double di = (double)(graph->start[i + 1] - graph->start[i]),
                 dj = (double)(graph->start[j + 1] - graph->start[j]);
    const double base = w->mu[j] * di / (w->mu[i] * dj), ratio = power[j] / power[i];
    if (power[i] > 0.0 && isfinite(power[i]) && isfinite(power[j]) && power[j] > 0.0) return base * ratio;
    return base * exp(kith_history_log_ratio(&w->history, numbers, j, i));
}

static void stretch(void *self, const kith_neighbours *graph, kith_token *token, const double *gain, size_t count,
                    uint32_t *path)
{
    const hdt *w = self;
    for (size_t k = 0; k < count; k++) {
        const uint32_t i = token->at;
        const size_t degree = graph->start[i + 1] - graph->start[i];
        const uint32_t j = graph->to[graph->start[i] + (size_t)kith_draw_below(&token->stream, degree)];
        if (kith_draw_uniform(&token->stream) < acceptance(w, graph, token->own, i, j)) token->at = j;
        kith_history_visit(&w->history, token->own, token->at, gain[k]);
        path[k] = token->at;
    }
    token->asked += count;
}

static void walk(void *self, const kith_neighbours *graph, kith_hops *hops)
{
    kith_history_walk(&((const hdt *)self)->history, self, graph, hops, stretch);
}

static const kith_walk ops = {
    .needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
    .prepare = prepare,
    .target = target,
    .own = own,
    .begin = begin,
    .walk = walk,
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "hdt",
    .version = "1.0",
    .summary = "A token whose target avoids where it was often (history-driven target), and that looks at one "
               "neighbour a step",
    .reference = "arXiv 2505.18300",
    KITH_PLUGIN_PARAMS(config, params),
    .create = create,
    .destroy = destroy,
    KITH_PLUGIN_OPS(ops),
};
