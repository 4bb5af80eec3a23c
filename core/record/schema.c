#include "record/schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

static const char *remedy(int code, int error)
{
    if (error == ENOENT) return "; its folder is gone: put it back, or choose another";
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another program keeps it locked: close that one";
    case SQLITE_FULL:
        return "; make room on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "; check the rights of the file and its folder";
    case SQLITE_CORRUPT:
        return "; it is damaged: restore it, or move it away";
    default:
        return "";
    }
}

/* What failed outside a statement, as a flush does, leaves no message behind, but the system's number as a rule. */
static const char *words_of(sqlite3 *db, int code, int error)
{
    if (code != SQLITE_OK) return sqlite3_errmsg(db);
    return error ? strerror(error) : "its disk may be full";
}

kith_status kith_schema_fail(kith_ctx *ctx, sqlite3 *db, const char *path, const char *doing)
{
    const int code = sqlite3_extended_errcode(db), error = sqlite3_system_errno(db);
    const bool from_system = error && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);
    return kith_fail(ctx, (code & 0xff) == SQLITE_NOMEM ? KITH_EMEMORY : KITH_EIO, "%s: %s: %s%s%s%s", path, doing,
                     words_of(db, code, error), from_system ? ": " : "", from_system ? strerror(error) : "",
                     remedy(code, from_system ? error : 0));
}

kith_status kith_schema_replaced(kith_ctx *ctx, const char *path)
{
    return kith_fail(ctx, KITH_EIO, "%s: another run has replaced this one; give each its own run.output", path);
}

/* The one number that a query answers. */
static int query_number(sqlite3 *db, const char *sql, sqlite3_int64 *out)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement);
}

kith_status kith_schema_check(kith_ctx *ctx, sqlite3 *db, const char *path, bool *empty)
{
    sqlite3_int64 version = 0, tables = 0;
    int code = query_number(db, "SELECT count(*) FROM sqlite_master", &tables);
    if (code == SQLITE_OK) code = query_number(db, "PRAGMA user_version", &version);
    if (code == SQLITE_NOTADB)
        return kith_fail(ctx, KITH_EIO, "%s: is no results database; move it away or choose another folder", path);
    if (code != SQLITE_OK) return kith_schema_fail(ctx, db, path, "cannot be read");
    if (version > KITH_SCHEMA_VERSION)
        return kith_fail(ctx, KITH_EIO,
                         "%s: was written by a newer Kith (database version %lld, this one reads %d); use that one",
                         path, (long long)version, KITH_SCHEMA_VERSION);
    if (version < 1 && tables > 0)
        return kith_fail(ctx, KITH_EIO, "%s: is another program's database; move it away or choose another folder",
                         path);
    *empty = version < 1;
    return KITH_OK;
}
