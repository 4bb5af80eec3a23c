#include <kith/graph.h>

enum { TRIES = 100 };

typedef struct random_graph {
    kith_random_setup setup;
    kith_graph *graph; /* of `epoch` */
    uint64_t epoch;
} random_graph;

static kith_status draw(kith_ctx *ctx, const kith_random_setup *a, uint64_t epoch, kith_graph **out)
{
    kith_stream stream = kith_graph_stream(a->seed, epoch);
    for (int i = 0; i < TRIES; i++) {
        kith_graph *g = NULL;
        KITH_TRY(kith_graph_drawn(ctx, a->name, a->nodes, a->weighting, a->draw, a->config, &stream, &g));
        if (!a->connected || (g->properties & KITH_CONNECTED)) {
            *out = g;
            return KITH_OK;
        }
        kith_graph_free(g);
    }
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s: none of %d graphs drawn for %zu nodes was connected; ask for more links, or "
                     "set %s.connected = no",
                     a->name, TRIES, a->nodes, a->name);
}

kith_status kith_random_create(kith_ctx *ctx, const kith_random_setup *setup, void **self)
{
    random_graph *r = NULL;
    KITH_TRY(KITH_ALLOC(ctx, setup->name, 1, &r));
    r->setup = *setup;
    const kith_status status = draw(ctx, setup, 0, &r->graph);
    if (status != KITH_OK) {
        kith_free(r);
        return status;
    }
    *self = r;
    return KITH_OK;
}

uint32_t kith_random_properties(const void *self)
{
    const random_graph *r = self;
    if (!r->setup.every) return r->graph->properties;
    const uint32_t always = KITH_UNDIRECTED | KITH_LOSSLESS | (r->setup.connected ? KITH_CONNECTED : 0u);
    switch (r->setup.weighting) {
    case KITH_WEIGHTS_UNIFORM:
        return always | KITH_ROW_STOCHASTIC;
    case KITH_WEIGHTS_PUSH_SUM:
        return always | KITH_COLUMN_STOCHASTIC;
    default:
        return always | KITH_ROW_STOCHASTIC | KITH_COLUMN_STOCHASTIC | KITH_SYMMETRIC;
    }
}

kith_status kith_random_row(void *self, kith_ctx *ctx, kith_row *row)
{
    random_graph *r = self;
    const uint64_t epoch = r->setup.every ? row->round / r->setup.every : 0;
    if (epoch != r->epoch) {
        kith_graph *fresh = NULL;
        KITH_TRY(draw(ctx, &r->setup, epoch, &fresh));
        kith_graph_free(r->graph);
        r->graph = fresh;
        r->epoch = epoch;
    }
    kith_graph_row(r->graph, row);
    return KITH_OK;
}

void kith_random_destroy(void *self)
{
    random_graph *r = self;
    kith_graph_free(r->graph);
    kith_free(r);
}
