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

static void write_row(FILE *out, sqlite3_stmt *s, const char *run)
{
    enum { TIME = 5, LOST = 7 };
    if (run) {
        kith_csv_text(out, run);
        putc(',', out);
    }
    for (int k = 0; k < TIME; k++)
        fprintf(out, "%lld,", (long long)sqlite3_column_int64(s, k));
    write_time(out, s, TIME);
    write_time(out, s, TIME + 1);
    fprintf(out, "%lld,%lld\n", (long long)sqlite3_column_int64(s, LOST), (long long)sqlite3_column_int64(s, LOST + 1));
}

static bool has_arrivals(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'arrivals'";
    const bool there = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return there;
}

static kith_status write_rows(kith_ctx *ctx, sqlite3 *db, const kith_result *run, const char *label, size_t *rows,
                              FILE *out)
{
    static const char sql[] = "SELECT round, learner, version, visit, steps, time, ends, lost, late FROM arrivals "
                              "WHERE run = ? ORDER BY round, place";
    sqlite3_stmt *s = NULL;
    if (!has_arrivals(db)) return KITH_OK; /* an older program's */
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        return kith_schema_fail(ctx, db, run->database, "cannot be read");
    sqlite3_bind_int64(s, 1, run->number);
    for (; sqlite3_step(s) == SQLITE_ROW; ++*rows)
        write_row(out, s, label);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_schema_fail(ctx, db, run->database, "cannot be read");
}

static kith_status write_run(kith_ctx *ctx, const kith_result *run, const char *label, size_t *rows, FILE *out)
{
    sqlite3 *db = NULL;
    kith_status status = KITH_OK;
    if (sqlite3_open_v2(run->database, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = kith_schema_fail(ctx, db, run->database, "cannot be opened");
    if (status == KITH_OK) status = write_rows(ctx, db, run, label, rows, out);
    sqlite3_close(db);
    return status;
}

kith_status kith_export_arrivals(kith_ctx *ctx, const char *where, const kith_results *results, FILE *out)
{
    const bool several = results->count > 1;
    size_t rows = 0;
    fprintf(out, "%sround,learner,version,visit,steps,time,ends,lost,late\n", several ? "run," : "");
    for (size_t r = 0; r < results->count; r++)
        KITH_TRY(write_run(ctx, results->run[r], several ? results->run[r]->id : NULL, &rows, out));
    if (rows) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s: no arrivals were recorded; run again with --set record.arrivals=yes", where);
}
