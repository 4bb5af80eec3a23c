#include <kith/graph.h>

kith_status kith_graph_drawn(kith_ctx *ctx, const char *name, size_t nodes, kith_weighting weighting,
                             kith_graph_draw draw, const void *config, kith_stream *stream, kith_graph **out)
{
    kith_edges edges = {0};
    kith_status status = draw(ctx, config, nodes, stream, &edges);
    if (status == KITH_OK) status = kith_graph_create(ctx, name, nodes, &edges, weighting, out);
    kith_edges_free(&edges);
    return status;
}

/* The largest divisor that is no larger than its partner. */
static size_t squarest(size_t nodes)
{
    size_t rows = 1;
    for (size_t r = 1; r <= nodes / r; r++)
        if (nodes % r == 0) rows = r;
    return rows;
}

kith_status kith_edges_grid(kith_ctx *ctx, const char *name, size_t nodes, size_t rows, bool torus, kith_edges *edges)
{
    if (rows == 0) rows = squarest(nodes);
    if (nodes % rows)
        return kith_fail(ctx, KITH_ECONFIG,
                         "%s.rows = %zu: %zu nodes do not make %zu equal rows; choose a divisor of %zu", name, rows,
                         nodes, rows, nodes);
    const size_t columns = nodes / rows;
    for (size_t i = 0; i < nodes; i++) {
        const size_t row = i / columns, column = i % columns;
        const bool last_column = column + 1 == columns, last_row = row + 1 == rows;
        if (!last_column) KITH_TRY(kith_edges_link(ctx, edges, i, i + 1));
        if (!last_row) KITH_TRY(kith_edges_link(ctx, edges, i, i + columns));
        if (torus && last_column && columns > 1) KITH_TRY(kith_edges_link(ctx, edges, i, row * columns));
        if (torus && last_row && rows > 1) KITH_TRY(kith_edges_link(ctx, edges, i, column));
    }
    return KITH_OK;
}

kith_status kith_inner_open(kith_ctx *ctx, const char *owner, const kith_setting *setting, const char *spec,
                            kith_inner **out)
{
    if (!setting->opener)
        return kith_fail(ctx, KITH_EPLUGIN, "%s: this program opens no topologies for others; use one that does",
                         owner);
    return setting->opener->open(ctx, owner, setting, spec, out);
}
