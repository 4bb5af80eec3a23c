/* Opens topologies by a text such as "random-peer(rate=0.2)", without a run. Include after support.h. */
#ifndef KITH_TESTS_GRAPHWORLD_H
#define KITH_TESTS_GRAPHWORLD_H

#include "graph/spectrum.h"
#include "plugin/opener.h"
#include "plugin/registry.h"

typedef struct world {
    kith_ctx *ctx;
    kith_registry *registry;
    kith_opener opener;
    kith_setting setting;
} world;

static inline int world_start(void **state)
{
    static world w;
    w.ctx = kith_ctx_create();
    if (kith_registry_create(w.ctx, &w.registry) != KITH_OK) return -1;
    w.opener = kith_opener_of(w.registry);
    *state = &w;
    return 0;
}

static inline int world_stop(void **state)
{
    world *w = *state;
    kith_registry_destroy(w->registry);
    kith_ctx_destroy(w->ctx);
    return 0;
}

static inline kith_status world_try(world *w, const char *spec, size_t nodes, uint64_t rounds, kith_inner **out)
{
    w->setting =
        (kith_setting){.size = sizeof w->setting, .learners = nodes, .seed = 7, .rounds = rounds, .opener = &w->opener};
    return w->opener.open(w->ctx, "test", &w->setting, spec, out);
}

static inline kith_inner *world_open(world *w, const char *spec, size_t nodes)
{
    kith_inner *inner = NULL;
    assert_ok(w->ctx, world_try(w, spec, nodes, 100, &inner));
    return inner;
}

static inline kith_graph *world_graph(world *w, kith_inner *inner, uint64_t round)
{
    kith_graph *g = NULL;
    assert_ok(w->ctx, kith_graph_of(w->ctx, inner->ops, inner->self, w->setting.learners, round, &g));
    return g;
}

/* p about own means and about the old mean, over rounds 0 .. rounds - 1. */
static inline void world_rates(world *w, const char *spec, size_t nodes, uint64_t rounds, double *own, double *old)
{
    kith_mixing mixing = {0};
    kith_inner *inner = world_open(w, spec, nodes);
    for (uint64_t t = 0; t < rounds; t++) {
        kith_graph *g = world_graph(w, inner, t);
        assert_ok(w->ctx, kith_mixing_add(w->ctx, &mixing, g));
        kith_graph_free(g);
    }
    assert_ok(w->ctx, kith_mixing_rates(w->ctx, &mixing, own, old));
    kith_mixing_free(&mixing);
    w->opener.close(inner);
}

#endif
