/* The results database: its tables and version. Writers and readers share this header.
 *
 * PRAGMA user_version holds the version. A reader that meets a greater one refuses: it cannot know what the columns
 * mean. Times are UTC, ISO 8601. A metric without a value (NaN) is NULL. Seeds are 64 bits, so those of 2^63 and more
 * are negative to SQLite and must be cast back.
 */
#ifndef KITH_SCHEMA_H
#define KITH_SCHEMA_H

#include <kith/base.h>
#include <stdbool.h>

struct sqlite3;

#define KITH_SCHEMA_VERSION 2
#define KITH_DATABASE_NAME "kith.db"

/* What version 2 added; harmless where it is there. */
#define KITH_SCHEMA_HISTOGRAMS \
    "CREATE TABLE IF NOT EXISTS histograms (" \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE," \
    " name TEXT NOT NULL," \
    " bin INTEGER NOT NULL," \
    " value REAL NOT NULL," \
    " PRIMARY KEY (run, name, bin)) WITHOUT ROWID;"

#define KITH_SCHEMA \
    "CREATE TABLE runs (" \
    " id INTEGER PRIMARY KEY AUTOINCREMENT," \
    " name TEXT NOT NULL," \
    " algorithm TEXT NOT NULL," \
    " seed INTEGER NOT NULL," \
    " status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed'))," \
    " message TEXT," \
    " started TEXT NOT NULL," \
    " finished TEXT," \
    " version TEXT NOT NULL," \
    " environment TEXT NOT NULL);" \
    "CREATE TABLE parameters (" \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE," \
    " section TEXT NOT NULL," \
    " key TEXT NOT NULL," \
    " value TEXT NOT NULL," \
    " source TEXT NOT NULL," \
    " UNIQUE (run, section, key));" \
    "CREATE TABLE metrics (" \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE," \
    " name TEXT NOT NULL," \
    " round INTEGER NOT NULL," \
    " virtual_time REAL," \
    " value REAL," \
    " PRIMARY KEY (run, name, round)) WITHOUT ROWID;" KITH_SCHEMA_HISTOGRAMS

/* Refuses (KITH_EIO) a file that is no database, is some other program's, or was written by a newer Kith. *empty: it
 * has no tables yet. An older Kith's is taken: it lacks tables, no more (version 1: histograms). */
kith_status kith_schema_check(kith_ctx *ctx, struct sqlite3 *db, const char *path, bool *empty) KITH_CHECKED;
/* Words SQLite's last error: KITH_EIO, "<path>: <doing>: <reason>", and the remedy where there is one. */
kith_status kith_schema_fail(kith_ctx *ctx, struct sqlite3 *db, const char *path,
                             const char *doing) KITH_CHECKED;

#endif
