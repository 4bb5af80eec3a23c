/* A token that goes to any learner, in proportion to its examples, and says how often it stayed. */
#include "dies.h"

#include <kith/kith.h>

static void target(const void *self, const kith_neighbours *graph, double *mu)
{
    double sum = 0.0;
    (void)self;
    for (size_t i = 0; i < graph->nodes; i++)
        sum += graph->examples ? graph->examples[i] : 1.0;
    for (size_t i = 0; i < graph->nodes; i++)
        mu[i] = (graph->examples ? graph->examples[i] : 1.0) / sum;
}

static uint32_t next(void *self, const kith_neighbours *graph, kith_token *token)
{
    double sum = 0.0;
    (void)self;
    dies_in(token->hop);
    for (size_t i = 0; i < graph->nodes; i++)
        sum += graph->examples[i];
    double aim = kith_draw_uniform(&token->stream) * sum;
    uint32_t to = 0;
    while (to + 1 < graph->nodes && aim >= graph->examples[to])
        aim -= graph->examples[to++];
    token->own[0] += 1.0;
    token->say[to == token->at] += 1.0;
    return to;
}

static size_t own(const void *self, const kith_neighbours *graph)
{
    (void)self, (void)graph;
    return 1;
}

static kith_status tell(const void *self, const kith_said *said, kith_tell say, void *arg)
{
    (void)self;
    KITH_TRY(say(arg, "stays_mean", said->sum[1] / said->visits));
    return say(arg, "hops_said", said->sum[0] + said->sum[1]);
}

static const kith_walk ops = {.needs = KITH_STATIC | KITH_CONNECTED | KITH_UNDIRECTED,
                              .target = target,
                              .own = own,
                              .next = next,
                              .tell_count = 2,
                              .tell = tell};

static const kith_own_metric metrics[] = {
    {"stays_mean", "", KITH_BETTER_NONE, 0, "The share of hops that led nowhere."},
    {"hops_said", "hops", KITH_BETTER_NONE, 0, "How many hops said something."},
};

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_ALGORITHM, KITH_ROLE_WALK),
    .id = "by-examples",
    .version = "1.0",
    .summary = "Learners drawn in proportion to their examples, for tests",
    .reference = "",
    KITH_PLUGIN_OPS(ops),
    KITH_PLUGIN_METRICS(metrics),
};
