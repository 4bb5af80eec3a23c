/* Who is linked with whom, and the base chain's eigenpairs. */
#include "engine/walk/walk.h"

#include "base/call.h"
#include "graph/spectrum.h"

#include <math.h>

/* Dense matrices of more nodes than this take minutes. */
enum { MOST_MODES = 2000 };

static kith_status check_graph(kith_ctx *ctx, const kith_walkers *w, const kith_graph *graph)
{
    const uint32_t must = w->ops->needs & (KITH_CONNECTED | KITH_UNDIRECTED);
    if ((graph->properties & must) == must) return KITH_OK;
    return kith_fail(
        ctx, KITH_EPLUGIN, "%s: the graph that it gives is not %s, which it promises; correct its properties()",
        w->setup.topology->plugin->id, must & ~graph->properties & KITH_UNDIRECTED ? "undirected" : "connected");
}

kith_status kith_walk_read_graph(kith_ctx *ctx, kith_walkers *w)
{
    const kith_instance *topology = w->setup.topology;
    kith_graph *graph = NULL;
    if (w->learners < 2)
        return kith_config_refuse(ctx, w->setup.config, "run", "learners",
                                  "a token needs at least 2 learners to walk between");
    if (w->how->start >= 0 && (size_t)w->how->start >= w->learners)
        return kith_config_refuse(ctx, w->setup.config, "walk", "start", "learners are numbered 0 to %zu",
                                  w->learners - 1);
    KITH_TRY_CALL(ctx, topology->plugin->id, "row", KITH_NOBODY,
                  kith_graph_of(ctx, topology->plugin->ops, topology->self, w->learners, 0, &graph));
    kith_status status = check_graph(ctx, w, graph);
    if (status == KITH_OK) status = kith_neighbours_of(ctx, graph, &w->graph);
    kith_graph_free(graph);
    if (status == KITH_OK) status = KITH_TAKE(ctx, &w->heap, "learners' examples", w->learners, &w->examples);
    for (size_t i = 0; i < w->learners && status == KITH_OK; i++)
        w->examples[i] = (double)kith_data_size(w->setup.data, i);
    w->graph.examples = w->examples;
    return status;
}

/* The base chain whose target the algorithm's is; on a regular graph both are the same. */
static kith_status find_chain(kith_ctx *ctx, const kith_walkers *w, kith_reversible **out)
{
    for (int which = KITH_STATIONARY_UNIFORM; which <= KITH_STATIONARY_DEGREE; which++) {
        kith_reversible *chain = NULL;
        bool same = true;
        KITH_TRY(kith_reversible_create(ctx, &w->graph, (kith_stationary)which, &chain));
        for (size_t i = 0; i < w->learners; i++)
            same &= fabs(chain->mu[i] - w->mu[i]) <= 1e-12 * w->mu[i];
        if (same) {
            *out = chain;
            return KITH_OK;
        }
        kith_reversible_free(chain);
    }
    return kith_config_refuse(ctx, w->setup.config, "walk", w->how->modes ? "modes" : "theory",
                              "the target of %s is neither uniform nor by degree; set it to no",
                              w->setup.algorithm->plugin->id);
}

kith_status kith_walk_find_modes(kith_ctx *ctx, kith_walkers *w)
{
    kith_reversible *chain = NULL;
    if (w->learners > MOST_MODES)
        return kith_config_refuse(ctx, w->setup.config, "walk", w->how->modes ? "modes" : "theory",
                                  "eigenvectors are computed for at most %d learners; set it to no", MOST_MODES);
    KITH_TRY(find_chain(ctx, w, &chain));
    kith_status status = KITH_TAKE(ctx, &w->heap, "eigenvalues", w->learners, &w->values);
    if (status == KITH_OK) status = KITH_TAKE(ctx, &w->heap, "eigenvectors", w->learners * w->learners, &w->modes);
    if (status == KITH_OK) status = kith_reversible_spectrum(ctx, chain, w->values, w->modes);
    kith_reversible_free(chain);
    return status;
}
