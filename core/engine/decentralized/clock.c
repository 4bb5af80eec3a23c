/* How long a round of gossip lasts on the virtual clock. A learner makes its steps, then sends one message after the
 * other, in ascending order of who hears it; a receiver takes any number at once. */
#include "engine/decentralized/gossip.h"

#include <math.h>

struct kith_gossip_clock {
    kith_timing *timing;
    double *ready;   /* [N] s, when a learner is done with the rounds so far */
    double *stepped; /* [N] when its steps of this round are over */
    double *heard;   /* [N] when it has heard all that it waits for */
    double *busy;    /* [N] s that a learner has spent on sending in this round */
};

kith_status kith_gossip_clock_rehearse(kith_ctx *ctx, const kith_role_setup *setup)
{
    const kith_decentralized_settings *own = setup->own;
    const kith_visit_plan_setup mine = {.participation = &own->clock,
                                        .local = setup->local,
                                        .config = setup->config,
                                        .learners = (size_t)setup->run->learners,
                                        .seed = kith_run_seed(setup->run, setup->run->seed_participation)};
    kith_timing *timing = NULL;
    const kith_decentralized *ops = setup->algorithm->ops;
    if (!own->clock.timed && !(ops->uses & KITH_USES_PAIRS)) return KITH_OK;
    KITH_TRY(kith_timing_open(ctx, &mine, &timing));
    kith_timing_close(timing);
    return KITH_OK;
}

kith_status kith_gossip_clock_open(kith_ctx *ctx, kith_gossip *g)
{
    const kith_visit_plan_setup setup = kith_gossip_visits(g);
    if (g->pairs || !g->clock->timed) return KITH_OK;
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "virtual time", 1, &g->times));
    kith_gossip_clock *c = g->times;
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "virtual time", g->learners, &c->ready));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "virtual time", g->learners, &c->stepped));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "virtual time", g->learners, &c->heard));
    KITH_TRY(KITH_TAKE(ctx, &g->heap, "virtual time", g->learners, &c->busy));
    return kith_timing_open(ctx, &setup, &c->timing);
}

void kith_gossip_clock_close(kith_gossip_clock *c)
{
    if (c) kith_timing_close(c->timing);
}

double *kith_gossip_clock_ready(kith_gossip_clock *c)
{
    return c->ready;
}

static double latest(size_t n, const double *time)
{
    double last = 0.0;
    for (size_t i = 0; i < n; i++)
        last = fmax(last, time[i]);
    return last;
}

double kith_gossip_clock_time(const kith_gossip *g)
{
    return latest(g->learners, g->times->ready);
}

static void all_ready(kith_gossip *g, double when)
{
    for (size_t i = 0; i < g->learners; i++)
        g->times->ready[i] = when;
}

/* An all-reduce of so many bytes: by a ring, 2 (N - 1) messages of 1/N one after the other over its slowest link, or
 * whole ones to the root of a binary tree and back. */
static double reduce_time(const kith_gossip *g, double bytes)
{
    const size_t n = g->learners;
    const bool ring = g->how->reduce == KITH_REDUCE_RING;
    double latency = 0.0, slowest = 0.0;
    for (size_t i = 0; i < n && n > 1; i++) {
        const size_t to = ring ? (i + 1) % n : i ? (i - 1) / 2 : 0;
        if (to == i) continue;
        latency = fmax(latency, kith_timing_latency(g->times->timing, i, to));
        slowest = fmax(slowest, kith_timing_transfer(g->times->timing, i, to, bytes));
        if (!ring) slowest = fmax(slowest, kith_timing_transfer(g->times->timing, to, i, bytes));
    }
    if (ring) return 2.0 * (double)(n - 1) * (latency + slowest / (double)n);
    size_t levels = 0;
    for (size_t left = n; left > 1; left /= 2)
        levels++;
    return 2.0 * (double)levels * (latency + slowest);
}

/* The message of j to i, the next that j sends; returns when it arrives, counted from when j begins to send. */
static double send(kith_gossip *g, size_t j, size_t i)
{
    kith_gossip_clock *c = g->times;
    const double *row = kith_board_row(g->reports, j);
    c->busy[j] += kith_timing_transfer(c->timing, j, i, row[KITH_REPORT_SENT + (g->round & 1)]);
    return c->busy[j] + kith_timing_latency(c->timing, j, i);
}

static void hear(kith_gossip *g, size_t to, size_t from)
{
    kith_gossip_clock *c = g->times;
    c->heard[to] = fmax(c->heard[to], c->stepped[from] + send(g, from, to));
}

/* Along each edge of the round's graph, receivers ascending. */
static void hear_all(kith_gossip *g)
{
    const kith_gossip_graph *graph = &g->graph;
    for (size_t i = 0; i < g->learners; i++) {
        for (size_t j = 0; graph->complete && j < g->learners; j++)
            if (j != i) hear(g, i, j);
        for (size_t e = graph->start[i]; !graph->complete && e < graph->start[i + 1]; e++)
            if (graph->from[e] != i) hear(g, i, graph->from[e]);
    }
}

static void make_steps(kith_gossip *g, bool training)
{
    const kith_visit_plan_setup setup = kith_gossip_visits(g);
    kith_gossip_clock *c = g->times;
    for (size_t i = 0; i < g->learners; i++) {
        const size_t steps = training ? kith_plan_steps(&setup, i, g->round) : 0;
        c->stepped[i] = c->ready[i] + kith_timing_steps(c->timing, i, g->round, steps);
        c->heard[i] = c->stepped[i];
        c->busy[i] = 0.0;
    }
}

void kith_gossip_clock_round(kith_gossip *g, bool training)
{
    kith_gossip_clock *c = g->times;
    if (!c) return;
    make_steps(g, training);
    const double since = latest(g->learners, c->stepped);
    const double bytes = ((const double *)kith_board_row(g->reports, 0))[KITH_REPORT_SENT + (g->round & 1)];
    const bool all = g->how->barrier == KITH_WAIT_ALL;
    if (g->mixes && kith_gossip_reduces(g, bytes)) {
        all_ready(g, since + reduce_time(g, bytes));
        return;
    }
    /* where all wait for all, nobody sends before the last has made its steps */
    for (size_t i = 0; g->mixes && all && i < g->learners; i++)
        c->stepped[i] = c->heard[i] = since;
    if (g->mixes) hear_all(g);
    for (size_t i = 0; i < g->learners; i++)
        c->ready[i] = c->heard[i];
    if (g->mixes && all) all_ready(g, latest(g->learners, c->heard));
}

void kith_gossip_clock_merge(kith_gossip *g)
{
    if (!g->times) return;
    all_ready(g, latest(g->learners, g->times->ready) +
                     kith_gossip_merge_cost(g) * reduce_time(g, (double)g->d * sizeof(kith_real)));
}
