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

#define KITH_SCHEMA_VERSION 6
#define KITH_DATABASE_NAME  "kith.db"
/* How the message of a run begins that is "stopped" since successive halving let others go on. */
#define KITH_HALTED "halted in round "

/* Graphs with more nodes, or more edges between two of them, are told of in the table `graphs` alone, and so are
 * complete ones of more than a few nodes: nothing would be seen in a picture of them. */
enum { KITH_DRAWN_NODES = 300, KITH_DRAWN_EDGES = 5000, KITH_DRAWN_COMPLETE = 40 };

/* What version 2 added; harmless where it is there. */
#define KITH_SCHEMA_HISTOGRAMS                                                                                         \
    "CREATE TABLE IF NOT EXISTS histograms ("                                                                          \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " name TEXT NOT NULL,"                                                                                             \
    " bin INTEGER NOT NULL,"                                                                                           \
    " value REAL NOT NULL,"                                                                                            \
    " PRIMARY KEY (run, name, bin)) WITHOUT ROWID;"

/* What version 3 added, likewise. `node` hears `heard`; a node's own weight is an edge from itself. */
#define KITH_SCHEMA_GRAPHS                                                                                             \
    "CREATE TABLE IF NOT EXISTS graphs ("                                                                              \
    " run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,"                                                  \
    " round INTEGER NOT NULL,"                                                                                         \
    " nodes INTEGER NOT NULL,"                                                                                         \
    " edges INTEGER NOT NULL);"                                                                                        \
    "CREATE TABLE IF NOT EXISTS nodes ("                                                                               \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " node INTEGER NOT NULL,"                                                                                          \
    " score REAL,"                                                                                                     \
    " flipped INTEGER NOT NULL,"                                                                                       \
    " PRIMARY KEY (run, node)) WITHOUT ROWID;"                                                                         \
    "CREATE TABLE IF NOT EXISTS edges ("                                                                               \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " node INTEGER NOT NULL,"                                                                                          \
    " heard INTEGER NOT NULL,"                                                                                         \
    " weight REAL,"                                                                                                    \
    " PRIMARY KEY (run, node, heard)) WITHOUT ROWID;"

/* What version 4 added, likewise: with record.arrivals, messages of each server step in the order in which they came.
 */
#define KITH_SCHEMA_ARRIVALS                                                                                           \
    "CREATE TABLE IF NOT EXISTS arrivals ("                                                                            \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " round INTEGER NOT NULL,"                                                                                         \
    " place INTEGER NOT NULL,"                                                                                         \
    " learner INTEGER NOT NULL,"                                                                                       \
    " version INTEGER NOT NULL,"                                                                                       \
    " visit INTEGER NOT NULL,"                                                                                         \
    " steps INTEGER NOT NULL,"                                                                                         \
    " time REAL,"                                                                                                      \
    " ends REAL,"                                                                                                      \
    " lost INTEGER NOT NULL,"                                                                                          \
    " late INTEGER NOT NULL,"                                                                                          \
    " PRIMARY KEY (run, round, place)) WITHOUT ROWID;"

/* What version 5 added, likewise: the metrics that a run's plugins declare. better: 1 up, 2 down, 0 neither. */
#define KITH_SCHEMA_DECLARED                                                                                           \
    "CREATE TABLE IF NOT EXISTS declared ("                                                                            \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " name TEXT NOT NULL,"                                                                                             \
    " unit TEXT NOT NULL,"                                                                                             \
    " better INTEGER NOT NULL,"                                                                                        \
    " log INTEGER NOT NULL,"                                                                                           \
    " sentence TEXT NOT NULL,"                                                                                         \
    " plugin TEXT NOT NULL,"                                                                                           \
    " PRIMARY KEY (run, name)) WITHOUT ROWID;"

/* What version 6 added, likewise: of arrivals that are meetings of two learners, whom the learner met. */
#define KITH_SCHEMA_PARTNERS                                                                                           \
    "CREATE TABLE IF NOT EXISTS partners ("                                                                            \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " round INTEGER NOT NULL,"                                                                                         \
    " place INTEGER NOT NULL,"                                                                                         \
    " partner INTEGER NOT NULL,"                                                                                       \
    " PRIMARY KEY (run, round, place)) WITHOUT ROWID;"

/* What users wrote about runs, if anything. No run writes here, so no version came with it. tags: divided by blanks. */
#define KITH_SCHEMA_NOTES                                                                                              \
    "CREATE TABLE IF NOT EXISTS notes ("                                                                               \
    " run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,"                                                  \
    " note TEXT NOT NULL DEFAULT '',"                                                                                  \
    " tags TEXT NOT NULL DEFAULT '');"

/* Runs of a sweep's folder that its file, as it was when the sweep was last started, does not have. Made where there
 * are any, so no version came with it. */
#define KITH_SCHEMA_OUTDATED                                                                                           \
    "CREATE TABLE IF NOT EXISTS outdated (run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE);"

/* What a database of an older version lacks. */
#define KITH_SCHEMA_ADDED                                                                                              \
    KITH_SCHEMA_HISTOGRAMS KITH_SCHEMA_GRAPHS KITH_SCHEMA_ARRIVALS KITH_SCHEMA_DECLARED KITH_SCHEMA_PARTNERS

#define KITH_SCHEMA                                                                                                    \
    "CREATE TABLE runs ("                                                                                              \
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                           \
    " name TEXT NOT NULL,"                                                                                             \
    " algorithm TEXT NOT NULL,"                                                                                        \
    " seed INTEGER NOT NULL,"                                                                                          \
    " status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed')),"                                \
    " message TEXT,"                                                                                                   \
    " started TEXT NOT NULL,"                                                                                          \
    " finished TEXT,"                                                                                                  \
    " version TEXT NOT NULL,"                                                                                          \
    " environment TEXT NOT NULL);"                                                                                     \
    "CREATE TABLE parameters ("                                                                                        \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " section TEXT NOT NULL,"                                                                                          \
    " key TEXT NOT NULL,"                                                                                              \
    " value TEXT NOT NULL,"                                                                                            \
    " source TEXT NOT NULL,"                                                                                           \
    " UNIQUE (run, section, key));"                                                                                    \
    "CREATE TABLE metrics ("                                                                                           \
    " run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"                                                     \
    " name TEXT NOT NULL,"                                                                                             \
    " round INTEGER NOT NULL,"                                                                                         \
    " virtual_time REAL,"                                                                                              \
    " value REAL,"                                                                                                     \
    " PRIMARY KEY (run, name, round)) WITHOUT ROWID;" KITH_SCHEMA_ADDED

/* Refuses (KITH_EIO) a file that is no database, is some other program's, or was written by a newer Kith. *empty: it
 * has no tables yet. An older Kith's is taken: it lacks tables, no more (version 5: partners; version 4: declared,
 * too; version 3: arrivals, too; version 2: graphs, nodes, edges, too; version 1: histograms, too). */
kith_status kith_schema_check(kith_ctx *ctx, struct sqlite3 *db, const char *path, bool *empty) KITH_CHECKED;
/* Words SQLite's last error: KITH_EIO, "<path>: <doing>: <reason>", and the remedy where there is one. */
kith_status kith_schema_fail(kith_ctx *ctx, struct sqlite3 *db, const char *path, const char *doing) KITH_CHECKED;
/* What a run meets whose row is gone. */
kith_status kith_schema_replaced(kith_ctx *ctx, const char *path) KITH_CHECKED;

#endif
