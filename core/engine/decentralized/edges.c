/* Planes on edges: what a learner tells each of its neighbours, another thing to every one if it likes. */
#include "engine/decentralized/gossip.h"

#include "plugin/rows.h"

enum { VECTORS = 0, SCALARS };

/* ---- laying out ---- */

static kith_status refuse(kith_ctx *ctx, const kith_gossip *g, const char *why)
{
    return kith_fail(ctx, KITH_EPLUGIN, "%s: %s", g->setup.algorithm->plugin->id, why);
}

static kith_status check_table(kith_ctx *ctx, const kith_gossip *g, bool combines)
{
    const uint32_t needed = KITH_STATIC | KITH_UNDIRECTED;
    if (!g->edges.planes != !combines)
        return refuse(ctx, g, "planes on edges and combine() go together; the table has only one");
    if (!combines) return KITH_OK;
    if ((g->ops->needs & needed) != needed)
        return refuse(ctx, g,
                      "planes on edges need a graph that stays; add KITH_STATIC and KITH_UNDIRECTED to ops.needs");
    if (g->ops->uses & (KITH_USES_MEAN | KITH_USES_PAIRS))
        return refuse(ctx, g, "planes on edges go neither with the mean of all nor with pairs");
    if (g->mixes)
        return refuse(ctx, g,
                      "an algorithm with planes on edges combines them itself; make its learners' planes private");
    for (size_t p = 0; p < g->edges.planes; p++)
        if (!g->edges.plane[p].name || !*g->edges.plane[p].name) return refuse(ctx, g, "a plane on edges has no name");
    return KITH_OK;
}

static kith_status take_planes(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_edges *x = &g->edges;
    KITH_TRY(KITH_ALLOC(ctx, "edges' planes", x->planes, &x->shelf));
    for (size_t p = 0; p < x->planes; p++) {
        const kith_edge_plane *plane = &x->plane[p];
        x->shelf[p] = (kith_edge_shelf){
            .name = plane->name, .length = plane->scalars ? plane->scalars : g->d, .scalar = plane->scalars > 0};
    }
    return KITH_OK;
}

static kith_status list_edges(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_edges *x = &g->edges;
    const kith_gossip_graph *graph = &g->graph;
    KITH_TRY(KITH_ALLOC(ctx, "edges", g->learners + 1, &x->start));
    KITH_TRY(KITH_ALLOC(ctx, "edges", graph->start[g->learners] + 1, &x->from));
    for (size_t i = 0; i < g->learners; i++) {
        for (size_t e = graph->start[i]; e < graph->start[i + 1]; e++)
            if (graph->from[e] != i) x->from[x->count++] = graph->from[e];
        x->start[i + 1] = x->count;
        if (x->count - x->start[i] > x->most) x->most = x->count - x->start[i];
    }
    return KITH_OK;
}

/* The edge between two learners; SIZE_MAX: there is none. */
static size_t find_edge(const kith_gossip_edges *x, size_t to, size_t from)
{
    size_t lo = x->start[to], hi = x->start[to + 1];
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (x->from[middle] == from) return middle;
        if (x->from[middle] < from) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return SIZE_MAX;
}

static kith_status turn_edges(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_edges *x = &g->edges;
    KITH_TRY(KITH_ALLOC(ctx, "edges", x->count + 1, &x->back));
    for (size_t i = 0; i < g->learners; i++)
        for (size_t e = x->start[i]; e < x->start[i + 1]; e++) {
            x->back[e] = find_edge(x, x->from[e], i);
            if (x->back[e] == SIZE_MAX)
                return kith_fail(ctx, KITH_EPLUGIN,
                                 "%s: it promises to be undirected, but node %zu hears node %zu and is not heard by it",
                                 g->graph.id, i, (size_t)x->from[e]);
        }
    return KITH_OK;
}

/* Edges within a domain have rows there alone, after those that cross a border. */
static kith_status place_edges(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_edges *x = &g->edges;
    const kith_place *place = kith_exchange_place(g->setup.exchange);
    size_t *within = NULL, most = 0;
    KITH_TRY(KITH_ALLOC(ctx, "edges", x->count + 1, &x->slot));
    KITH_TRY(KITH_ALLOC(ctx, "edges", place->domains, &within));
    for (size_t i = 0; i < g->learners; i++)
        for (size_t e = x->start[i]; e < x->start[i + 1]; e++)
            x->slot[e] = g->home[x->from[e]] == g->home[i] ? SIZE_MAX : x->crossing++;
    for (size_t i = 0; i < g->learners; i++)
        for (size_t e = x->start[i]; e < x->start[i + 1]; e++) {
            const size_t home = g->home[i];
            if (g->home[x->from[e]] != home) continue;
            if (home == place->domain) x->slot[e] = x->crossing + within[home];
            if (++within[home] > most) most = within[home];
        }
    kith_free(within);
    x->slots = x->crossing + most;
    return KITH_OK;
}

static kith_status allocate_lists(kith_ctx *ctx, kith_gossip *g)
{
    kith_gossip_edges *x = &g->edges;
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains, crossings = x->crossing * x->planes;
    KITH_TRY(KITH_ALLOC(ctx, "edges", crossings + 1, &x->origin));
    KITH_TRY(KITH_ALLOC(ctx, "edges", (crossings + 1) * domains, &x->need));
    KITH_TRY(KITH_ALLOC(ctx, "neighbours", x->planes * x->most + 1, &x->in));
    return KITH_ALLOC(ctx, "neighbours", x->planes * x->most + 1, &x->out);
}

kith_status kith_gossip_edges_lay_out(kith_ctx *ctx, kith_gossip *g)
{
    const bool combines = g->ops->combine;
    g->edges.planes = g->ops->edge_planes ? g->ops->edge_plane_count : 0;
    KITH_TRY(kith_rows_lengthen(ctx, "edges' planes", g->ops->edge_planes, g->edges.planes,
                                g->setup.algorithm->plugin->edge_plane_size, sizeof(kith_edge_plane),
                                (void **)&g->edges.plane));
    KITH_TRY(check_table(ctx, g, combines));
    if (!combines) return KITH_OK;
    g->mixes = g->graph.listed = true;
    KITH_TRY(kith_gossip_graph_draw(ctx, &g->graph, 0));
    KITH_TRY(take_planes(ctx, g));
    KITH_TRY(list_edges(ctx, g));
    KITH_TRY(turn_edges(ctx, g));
    KITH_TRY(place_edges(ctx, g));
    KITH_TRY(allocate_lists(ctx, g));
    const size_t rows = 2 * g->edges.slots * g->edges.planes;
    if (rows <= UINT32_MAX) return KITH_OK;
    return kith_fail(ctx, KITH_EMEMORY,
                     "%zu rows for the planes of %zu edges are more than can be numbered; use fewer learners", rows,
                     g->edges.count);
}

kith_status kith_gossip_edges_open_boards(kith_ctx *ctx, kith_gossip *g)
{
    static const char *const names[] = {"edges' planes", "edges' numbers"};
    kith_gossip_edges *x = &g->edges;
    for (size_t b = 0; b < 2 && x->slots; b++) {
        size_t rows = 0, widest = 0;
        for (size_t p = 0; p < x->planes; p++) {
            if (x->shelf[p].scalar != (b == SCALARS)) continue;
            x->shelf[p].base = rows;
            rows += 2 * x->slots;
            if (x->shelf[p].length > widest) widest = x->shelf[p].length;
        }
        if (rows == 0) continue;
        KITH_TRY(kith_board_create(ctx, g->setup.exchange, names[b], rows, widest, sizeof(kith_real), &x->board[b]));
    }
    return KITH_OK;
}

void kith_gossip_edges_close(kith_gossip_edges *x)
{
    for (size_t b = 2; b-- > 0;)
        if (x->board[b]) kith_board_destroy(x->board[b]);
    kith_free(x->shelf);
    kith_free(x->start);
    kith_free(x->plane);
    kith_free(x->from);
    kith_free(x->back);
    kith_free(x->slot);
    kith_free(x->origin);
    kith_free(x->need);
    kith_free((void *)x->in);
    kith_free((void *)x->out);
}

/* ---- rounds ---- */

static size_t row_of(const kith_gossip_edges *x, size_t plane, size_t turn, size_t edge)
{
    return x->shelf[plane].base + turn * x->slots + x->slot[edge];
}

kith_real *kith_gossip_edges_row(const kith_gossip *g, size_t plane, size_t turn, size_t edge)
{
    return kith_board_row(g->edges.board[g->edges.shelf[plane].scalar], row_of(&g->edges, plane, turn, edge));
}

kith_edge_rows kith_gossip_edges_at(kith_gossip *g, size_t learner, bool writing)
{
    kith_gossip_edges *x = &g->edges;
    const size_t first = x->start[learner], count = x->start[learner + 1] - first;
    for (size_t p = 0; p < x->planes; p++)
        for (size_t e = 0; e < count; e++) {
            x->in[p * count + e] = kith_gossip_edges_row(g, p, x->turn, first + e);
            if (writing) x->out[p * count + e] = kith_gossip_edges_row(g, p, x->turn ^ 1, x->back[first + e]);
        }
    return (kith_edge_rows){.count = count, .neighbour = x->from + first, .in = x->in, .out = writing ? x->out : NULL};
}

/* Within a domain a publish is a barrier and needs no list. */
static kith_status publish(kith_gossip *g, size_t board, kith_status mine)
{
    kith_gossip_edges *x = &g->edges;
    const size_t domains = kith_exchange_place(g->setup.exchange)->domains;
    size_t count = 0;
    for (size_t p = 0; p < x->planes && x->crossing; p++) {
        if (x->shelf[p].scalar != (board == SCALARS)) continue;
        for (size_t i = 0; i < g->learners; i++)
            for (size_t e = x->start[i]; e < x->start[i + 1]; e++) {
                const uint32_t writer = g->home[x->from[e]];
                if (writer == g->home[i]) continue;
                x->origin[count] = (kith_origin){(uint32_t)row_of(x, p, x->turn ^ 1, e), writer};
                for (size_t k = 0; k < domains; k++)
                    x->need[count * domains + k] = k == g->home[i];
                count++;
            }
    }
    return kith_board_publish_rows(x->board[board], mine, x->origin, count, x->need);
}

kith_status kith_gossip_edges_pass(kith_gossip *g, kith_status mine)
{
    kith_gossip_edges *x = &g->edges;
    for (size_t b = 0; b < 2; b++) {
        if (!x->board[b]) continue;
        KITH_TRY(publish(g, b, mine));
        mine = KITH_OK;
    }
    x->turn ^= 1;
    /* a learner alone has no edge */
    return x->slots ? KITH_OK : kith_exchange_agree(g->setup.exchange, mine, NULL);
}
