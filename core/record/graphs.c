#include "record/graphs.h"

#include "record/schema.h"

#include <math.h>
#include <sqlite3.h>

typedef struct writer {
    kith_ctx *ctx;
    sqlite3 *db;
    const char *path;
    sqlite3_stmt *insert;
} writer;

/* `sql` is about run ?1. */
static kith_status prepare(writer *w, const char *sql, int64_t run)
{
    if (sqlite3_prepare_v2(w->db, sql, -1, &w->insert, NULL) != SQLITE_OK)
        return kith_schema_fail(w->ctx, w->db, w->path, "cannot be read");
    sqlite3_bind_int64(w->insert, 1, run);
    return KITH_OK;
}

static kith_status step(const writer *w)
{
    const int code = sqlite3_step(w->insert);
    sqlite3_reset(w->insert);
    if (code == SQLITE_DONE) return KITH_OK;
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY) return kith_schema_replaced(w->ctx, w->path);
    return kith_schema_fail(w->ctx, w->db, w->path, "a graph cannot be entered");
}

static void bind_number(const writer *w, int column, double value)
{
    if (isnan(value))
        sqlite3_bind_null(w->insert, column);
    else
        sqlite3_bind_double(w->insert, column, value);
}

kith_status kith_graphs_forget(kith_ctx *ctx, sqlite3 *db, const char *path, int64_t run)
{
    static const char *const sql[] = {"DELETE FROM graphs WHERE run = ?", "DELETE FROM nodes WHERE run = ?",
                                      "DELETE FROM edges WHERE run = ?"};
    writer w = {.ctx = ctx, .db = db, .path = path};
    kith_status status = KITH_OK;
    for (size_t i = 0; i < sizeof sql / sizeof sql[0] && status == KITH_OK; i++) {
        status = prepare(&w, sql[i], run);
        if (status == KITH_OK) status = step(&w);
        sqlite3_finalize(w.insert);
    }
    return status;
}

/* ---- what is stored ---- */

static size_t edges_of(const kith_last_graph *g)
{
    if (!g->start) return g->nodes * (g->nodes - 1);
    size_t edges = 0;
    for (size_t i = 0; i < g->nodes; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            edges += g->from[e] != i;
    return edges;
}

static bool is_drawn(const kith_last_graph *g, size_t edges)
{
    if (g->nodes > KITH_DRAWN_NODES || edges > KITH_DRAWN_EDGES) return false;
    return g->nodes <= KITH_DRAWN_COMPLETE || edges < g->nodes * (g->nodes - 1);
}

static kith_status write_summary(writer *w, const kith_last_graph *g, size_t edges)
{
    sqlite3_bind_int64(w->insert, 2, (sqlite3_int64)g->round);
    sqlite3_bind_int64(w->insert, 3, (sqlite3_int64)g->nodes);
    sqlite3_bind_int64(w->insert, 4, (sqlite3_int64)edges);
    return step(w);
}

static kith_status write_nodes(writer *w, const kith_last_graph *g)
{
    for (size_t i = 0; i < g->nodes; i++) {
        sqlite3_bind_int64(w->insert, 2, (sqlite3_int64)i);
        bind_number(w, 3, g->score ? g->score[i] : NAN);
        sqlite3_bind_int(w->insert, 4, g->flipped && g->flipped[i]);
        KITH_TRY(step(w));
    }
    return KITH_OK;
}

static kith_status write_edge(writer *w, size_t node, size_t heard, double weight)
{
    sqlite3_bind_int64(w->insert, 2, (sqlite3_int64)node);
    sqlite3_bind_int64(w->insert, 3, (sqlite3_int64)heard);
    bind_number(w, 4, weight);
    return step(w);
}

static kith_status write_edges(writer *w, const kith_last_graph *g)
{
    for (size_t i = 0; i < g->nodes && !g->start; i++)
        for (size_t j = 0; j < g->nodes; j++)
            KITH_TRY(write_edge(w, i, j, 1.0 / (double)g->nodes));
    for (size_t i = 0; i < g->nodes && g->start; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
            KITH_TRY(write_edge(w, i, g->from[e], g->weight ? g->weight[e] : NAN));
    return KITH_OK;
}

kith_status kith_graphs_enter(kith_ctx *ctx, sqlite3 *db, const char *path, int64_t run, const kith_last_graph *g)
{
    writer w = {.ctx = ctx, .db = db, .path = path};
    const size_t edges = edges_of(g);
    kith_status status = prepare(&w, "INSERT INTO graphs (run, round, nodes, edges) VALUES (?, ?, ?, ?)", run);
    if (status == KITH_OK) status = write_summary(&w, g, edges);
    sqlite3_finalize(w.insert);
    if (status != KITH_OK || !is_drawn(g, edges)) return status;
    status = prepare(&w, "INSERT INTO nodes (run, node, score, flipped) VALUES (?, ?, ?, ?)", run);
    if (status == KITH_OK) status = write_nodes(&w, g);
    sqlite3_finalize(w.insert);
    if (status != KITH_OK) return status;
    status = prepare(&w, "INSERT INTO edges (run, node, heard, weight) VALUES (?, ?, ?, ?)", run);
    if (status == KITH_OK) status = write_edges(&w, g);
    sqlite3_finalize(w.insert);
    return status;
}
