#include "lattice.h"

static kith_status draw(kith_ctx *ctx, const void *config, size_t nodes, kith_stream *stream, kith_edges *edges)
{
    (void)stream;
    return kith_edges_grid(ctx, "torus", nodes, (size_t)((const lattice *)config)->rows, true, edges);
}

static kith_status create(kith_ctx *ctx, const void *config, const kith_setting *setting, void **self)
{
    return lattice_create(ctx, "torus", config, setting, draw, self);
}

KITH_EXPORT_PLUGIN = {
    KITH_PLUGIN_HEAD(KITH_TOPOLOGY, KITH_ROLE_NONE),
    .id = "torus",
    .version = "1.0",
    .summary = "A grid whose opposite edges are linked",
    .reference = "",
    KITH_PLUGIN_PARAMS(lattice, lattice_params),
    .create = create,
    .destroy = kith_static_destroy,
    KITH_PLUGIN_OPS(lattice_ops),
};
