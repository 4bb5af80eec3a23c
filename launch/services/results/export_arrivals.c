/* `kith export --arrivals`: who took part. */
#include "launch/services/results/export.h"

#include "record/schema.h"

#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>

static void write_time(FILE *out, sqlite3_stmt *s, int column)
{
    kith_csv_number(out, sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column));
    putc(',', out);
}

static void write_row(FILE *out, sqlite3_stmt *s, const char *run, bool pairs)
{
    enum { TIME = 5, LOST = 7, PARTNER = 9 };
    if (run) {
        kith_csv_text(out, run);
        putc(',', out);
    }
    for (int k = 0; k < TIME; k++)
        fprintf(out, "%lld,", (long long)sqlite3_column_int64(s, k));
    write_time(out, s, TIME);
    write_time(out, s, TIME + 1);
    fprintf(out, "%lld,%lld", (long long)sqlite3_column_int64(s, LOST), (long long)sqlite3_column_int64(s, LOST + 1));
    if (pairs) putc(',', out);
    if (pairs && sqlite3_column_type(s, PARTNER) != SQLITE_NULL)
        fprintf(out, "%lld", (long long)sqlite3_column_int64(s, PARTNER));
    putc('\n', out);
}

static bool has_table(sqlite3 *db, const char *name)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    bool there = false;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        there = sqlite3_step(s) == SQLITE_ROW;
    }
    sqlite3_finalize(s);
    return there;
}

typedef struct writing {
    FILE *out;
    bool several; /* runs */
    bool pairs;   /* a column tells whom learners met */
    size_t rows;
} writing;

/* What a run's database is asked for. */
typedef kith_status (*asking)(kith_ctx *ctx, sqlite3 *db, const kith_result *run, writing *w);

static kith_status write_rows(kith_ctx *ctx, sqlite3 *db, const kith_result *run, writing *w)
{
    static const char messages[] = "SELECT round, learner, version, visit, steps, time, ends, lost, late, NULL FROM "
                                   "arrivals WHERE run = ? ORDER BY round, place",
                      meetings[] = "SELECT round, learner, version, visit, steps, time, ends, lost, late, partner "
                                   "FROM arrivals LEFT JOIN partners USING (run, round, place) WHERE run = ? "
                                   "ORDER BY round, place";
    sqlite3_stmt *s = NULL;
    if (!has_table(db, "arrivals")) return KITH_OK; /* an older program's */
    if (sqlite3_prepare_v2(db, has_table(db, "partners") ? meetings : messages, -1, &s, NULL) != SQLITE_OK)
        return kith_schema_fail(ctx, db, run->database, "cannot be read");
    sqlite3_bind_int64(s, 1, run->number);
    for (; sqlite3_step(s) == SQLITE_ROW; ++w->rows)
        write_row(w->out, s, w->several ? run->id : NULL, w->pairs);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_schema_fail(ctx, db, run->database, "cannot be read");
}

static kith_status look_for_pairs(kith_ctx *ctx, sqlite3 *db, const kith_result *run, writing *w)
{
    sqlite3_stmt *s = NULL;
    if (!has_table(db, "partners")) return KITH_OK;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM partners WHERE run = ? LIMIT 1", -1, &s, NULL) != SQLITE_OK)
        return kith_schema_fail(ctx, db, run->database, "cannot be read");
    sqlite3_bind_int64(s, 1, run->number);
    w->pairs |= sqlite3_step(s) == SQLITE_ROW;
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_schema_fail(ctx, db, run->database, "cannot be read");
}

static kith_status ask(kith_ctx *ctx, const kith_result *run, asking what, writing *w)
{
    sqlite3 *db = NULL;
    kith_status status = KITH_OK;
    if (sqlite3_open_v2(run->database, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = kith_schema_fail(ctx, db, run->database, "cannot be opened");
    if (status == KITH_OK) status = what(ctx, db, run, w);
    sqlite3_close(db);
    return status;
}

kith_status kith_export_arrivals(kith_ctx *ctx, const char *where, const kith_results *results, FILE *out)
{
    writing w = {.out = out, .several = results->count > 1};
    for (size_t r = 0; r < results->count; r++)
        KITH_TRY(ask(ctx, results->run[r], look_for_pairs, &w));
    fprintf(out, "%sround,learner,version,visit,steps,time,ends,lost,late%s\n", w.several ? "run," : "",
            w.pairs ? ",partner" : "");
    for (size_t r = 0; r < results->count; r++)
        KITH_TRY(ask(ctx, results->run[r], write_rows, &w));
    if (w.rows) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: no arrivals were recorded; run again with --set record.arrivals=yes", where);
}
