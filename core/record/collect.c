#include "record/collect.h"

#include "record/holdings.h"
#include "record/record.h"
#include "record/schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a commit waits for a reader. */
enum { BUSY_TIMEOUT_MS = 60000 };
#define OFFERED_NAME "ended.db"

struct kith_collection {
    char *path;
    sqlite3 *db;
    int lock; /* the folder, open and locked */
};

static kith_status fail_db(kith_ctx *ctx, const kith_collection *c, const char *doing)
{
    return kith_schema_fail(ctx, c->db, c->path, doing);
}

static kith_status execute(kith_ctx *ctx, const kith_collection *c, const char *sql, const char *doing)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? KITH_OK : fail_db(ctx, c, doing);
}

static kith_status path_in(kith_ctx *ctx, const char *folder, const char *name, char **out)
{
    if (asprintf(out, "%s/%s", folder, name) >= 0) return KITH_OK;
    *out = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the names of its files", folder);
}

/* ---- the common database ---- */

static kith_status count_rows(kith_ctx *ctx, const kith_collection *c, const char *sql, int64_t setup, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK) return fail_db(ctx, c, "cannot be read");
    if (sqlite3_bind_parameter_count(s) > 0) sqlite3_bind_int64(s, 1, setup);
    if (sqlite3_step(s) == SQLITE_ROW) *out = sqlite3_column_int64(s, 0);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, c, "cannot be read");
}

static kith_status make_tables(kith_ctx *ctx, const kith_collection *c)
{
    char version[64];
    bool empty = false;
    int64_t present = 0;
    KITH_TRY(kith_schema_check(ctx, c->db, c->path, &empty));
    KITH_TRY(count_rows(ctx, c, "PRAGMA user_version", 0, &present));
    if (present == KITH_SCHEMA_VERSION) return KITH_OK;
    snprintf(version, sizeof version, "PRAGMA user_version = %d", KITH_SCHEMA_VERSION);
    KITH_TRY(execute(ctx, c, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = execute(ctx, c, empty ? KITH_SCHEMA : KITH_SCHEMA_ADDED, "cannot be set up");
    if (status == KITH_OK) status = execute(ctx, c, version, "cannot be set up");
    if (status == KITH_OK) status = execute(ctx, c, "COMMIT", "cannot be set up");
    if (status != KITH_OK) (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* The journal's mode as in record.c, for the same reasons. */
static kith_status open_database(kith_ctx *ctx, kith_collection *c)
{
    if (sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
        if (c->db) return fail_db(ctx, c, "cannot be opened");
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to open it", c->path);
    }
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    return execute(ctx, c, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON",
                   "cannot be set up");
}

static kith_status open_folder(kith_ctx *ctx, const char *folder, bool anew, kith_collection **out)
{
    kith_collection *c = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "the record of a sweep", 1, &c));
    c->lock = -1;
    kith_status status = kith_folder_lock(ctx, folder, "another sweep or run", &c->lock);
    if (status == KITH_OK && anew) status = kith_holdings_check_sweep(ctx, folder);
    if (status == KITH_OK) status = path_in(ctx, folder, KITH_DATABASE_NAME, &c->path);
    if (status == KITH_OK) status = open_database(ctx, c);
    if (status == KITH_OK) status = make_tables(ctx, c);
    if (status == KITH_OK)
        *out = c;
    else
        kith_collection_close(c);
    return status;
}

kith_status kith_collection_open(kith_ctx *ctx, const char *folder, kith_collection **out)
{
    KITH_TRY(kith_record_folder(ctx, folder));
    return open_folder(ctx, folder, true, out);
}

kith_status kith_collection_reopen(kith_ctx *ctx, const char *folder, kith_collection **out)
{
    return open_folder(ctx, folder, false, out);
}

kith_status kith_collection_empty(kith_ctx *ctx, const kith_collection *c)
{
    return execute(ctx, c, "DELETE FROM runs", "cannot be emptied");
}

void kith_collection_close(kith_collection *c)
{
    if (!c) return;
    sqlite3_close(c->db);
    if (c->lock >= 0) close(c->lock);
    free(c->path);
    kith_free(c);
}

static const char *text_of(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

static kith_status digest_of(kith_ctx *ctx, const kith_collection *c, kith_collect_digest add, kith_collected *run)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT section, key, value FROM parameters WHERE run = ?1 ORDER BY rowid";
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK) return fail_db(ctx, c, "cannot be read");
    sqlite3_bind_int64(s, 1, run->id);
    while (sqlite3_step(s) == SQLITE_ROW)
        run->digest = add(run->digest, text_of(s, 0), text_of(s, 1), text_of(s, 2));
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, c, "cannot be read");
}

static kith_status list(kith_ctx *ctx, const kith_collection *c, kith_collect_digest add, const char *build,
                        kith_collected *runs, size_t most, size_t *count)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, "SELECT id, status, environment FROM runs ORDER BY id", -1, &s, NULL) != SQLITE_OK)
        return fail_db(ctx, c, "cannot be read");
    kith_status status = KITH_OK;
    while (status == KITH_OK && *count < most && sqlite3_step(s) == SQLITE_ROW) {
        kith_collected *run = &runs[(*count)++];
        *run = (kith_collected){.id = sqlite3_column_int64(s, 0),
                                .done = strcmp(text_of(s, 1), "done") == 0,
                                .other_build = strncmp(text_of(s, 2), build, strlen(build)) != 0};
        status = digest_of(ctx, c, add, run);
    }
    const int code = sqlite3_finalize(s);
    return status == KITH_OK && code != SQLITE_OK ? fail_db(ctx, c, "cannot be read") : status;
}

kith_status kith_collection_list(kith_ctx *ctx, const kith_collection *c, kith_collect_digest add, const char *build,
                                 kith_collected **out, size_t *count)
{
    int64_t most = 0;
    kith_collected *runs = NULL;
    *count = 0;
    KITH_TRY(count_rows(ctx, c, "SELECT count(*) FROM runs", 0, &most));
    KITH_TRY(KITH_ALLOC(ctx, "the runs of a sweep", (size_t)most + 1, &runs));
    const kith_status status = list(ctx, c, add, build, runs, (size_t)most, count);
    if (status == KITH_OK)
        *out = runs;
    else
        kith_free(runs);
    return status;
}

/* ---- offers ---- */

kith_status kith_collect_offer(kith_ctx *ctx, const char *folder)
{
    char *from = NULL, *to = NULL;
    kith_status status = path_in(ctx, folder, KITH_DATABASE_NAME, &from);
    if (status == KITH_OK) status = path_in(ctx, folder, OFFERED_NAME, &to);
    if (status == KITH_OK && rename(from, to) != 0)
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be renamed: %s", from, strerror(errno));
    free(from);
    free(to);
    return status;
}

bool kith_collect_offered(const char *folder)
{
    char *path = NULL;
    if (asprintf(&path, "%s/" OFFERED_NAME, folder) < 0) return false;
    const bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

kith_status kith_collect_forget(kith_ctx *ctx, const char *folder)
{
    char *path = NULL;
    KITH_TRY(path_in(ctx, folder, OFFERED_NAME, &path));
    const int error = unlink(path) == 0 || errno == ENOENT ? 0 : errno;
    const kith_status status =
        error ? kith_fail(ctx, KITH_EIO, "%s: cannot be removed: %s", path, strerror(error)) : KITH_OK;
    free(path);
    return status;
}

/* ---- taking ---- */

/* One statement about run ?1, and ?2. */
static kith_status change(kith_ctx *ctx, const kith_collection *c, const char *sql, int64_t first, int64_t second)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK) return fail_db(ctx, c, "a run cannot be taken over");
    sqlite3_bind_int64(s, 1, first);
    if (sqlite3_bind_parameter_count(s) > 1) sqlite3_bind_int64(s, 2, second);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, c, "a run cannot be taken over");
}

kith_status kith_collection_drop(kith_ctx *ctx, const kith_collection *c, int64_t id)
{
    return change(ctx, c, "DELETE FROM main.runs WHERE id = ?1", id, 0);
}

static kith_status mark_outdated(kith_ctx *ctx, const kith_collection *c, const int64_t *id, size_t count)
{
    KITH_TRY(execute(ctx, c, KITH_SCHEMA_OUTDATED "DELETE FROM outdated", "cannot be set up"));
    for (size_t i = 0; i < count; i++)
        KITH_TRY(change(ctx, c, "INSERT INTO main.outdated (run) VALUES (?1)", id[i], 0));
    return execute(ctx, c, "COMMIT", "its runs cannot be marked");
}

kith_status kith_collection_mark_outdated(kith_ctx *ctx, const kith_collection *c, const int64_t *id, size_t count)
{
    int64_t there = 0;
    KITH_TRY(
        count_rows(ctx, c, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'outdated'", 0, &there));
    if (there) KITH_TRY(count_rows(ctx, c, "SELECT count(*) FROM outdated", 0, &there));
    if (!there && !count) return KITH_OK;
    KITH_TRY(execute(ctx, c, "BEGIN IMMEDIATE", "cannot be locked"));
    const kith_status status = mark_outdated(ctx, c, id, count);
    if (status != KITH_OK) (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* Rows that hang on a run, each table's columns by name: an older program may have made the tables, or lack them. */
static const struct {
    const char *table, *columns;
} hanging[] = {{"parameters", "section, key, value, source"},
               {"metrics", "name, round, virtual_time, value"},
               {"histograms", "name, bin, value"},
               {"graphs", "round, nodes, edges"},
               {"nodes", "node, score, flipped"},
               {"edges", "node, heard, weight"},
               {"arrivals", "round, place, learner, version, visit, steps, time, ends, lost, late"},
               {"partners", "round, place, partner"},
               {"declared", "name, unit, better, log, sentence, plugin"},
               {"notes", "note, tags"}};

static kith_status copy_hanging(kith_ctx *ctx, const kith_collection *c, size_t which, int64_t from, int64_t to)
{
    const char *table = hanging[which].table, *columns = hanging[which].columns;
    char query[512];
    int64_t there = 0;
    snprintf(query, sizeof query, "SELECT count(*) FROM one.sqlite_master WHERE type = 'table' AND name = '%s'", table);
    KITH_TRY(count_rows(ctx, c, query, 0, &there));
    if (!there) return KITH_OK;
    if (strcmp(table, "notes") == 0) KITH_TRY(execute(ctx, c, KITH_SCHEMA_NOTES, "cannot be set up"));
    snprintf(query, sizeof query, "INSERT INTO main.%s (run, %s) SELECT ?1, %s FROM one.%s WHERE run = ?2%s", table,
             columns, columns, table, strcmp(table, "parameters") == 0 ? " ORDER BY rowid" : "");
    return change(ctx, c, query, to, from);
}

/* [in the transaction] Run `from` of `one` as `to`, which is free. */
static kith_status copy_row(kith_ctx *ctx, const kith_collection *c, int64_t from, int64_t to)
{
    KITH_TRY(change(ctx, c,
                    "INSERT INTO main.runs (id, name, algorithm, seed, status, message, started, finished, version, "
                    "environment) "
                    "SELECT ?1, name, algorithm, seed, status, message, started, finished, version, environment "
                    "FROM one.runs WHERE id = ?2",
                    to, from));
    for (size_t i = 0; i < sizeof hanging / sizeof hanging[0]; i++)
        KITH_TRY(copy_hanging(ctx, c, i, from, to));
    return KITH_OK;
}

/* [in the transaction] */
static kith_status take_run(kith_ctx *ctx, const kith_collection *c, int64_t wish, int64_t *id)
{
    int64_t from = 0, taken = 0;
    if (*id) KITH_TRY(change(ctx, c, "DELETE FROM main.runs WHERE id = ?1", *id, 0));
    KITH_TRY(count_rows(ctx, c, "SELECT max(id) FROM one.runs", 0, &from));
    KITH_TRY(count_rows(ctx, c, "SELECT count(*) FROM main.runs WHERE id = ?1", wish, &taken));
    if (taken) KITH_TRY(count_rows(ctx, c, "SELECT max(id) + 1 FROM main.runs", 0, &wish));
    KITH_TRY(copy_row(ctx, c, from, wish));
    *id = wish;
    return KITH_OK;
}

static kith_status attach(kith_ctx *ctx, const kith_collection *c, const char *path)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, "ATTACH ?1 AS one", -1, &s, NULL) != SQLITE_OK)
        return fail_db(ctx, c, "cannot be read");
    (void)sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_schema_fail(ctx, c->db, path, "cannot be opened");
}

static void detach(const kith_collection *c, kith_status status)
{
    if (status != KITH_OK) (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    (void)sqlite3_exec(c->db, "DETACH one", NULL, NULL, NULL);
}

kith_status kith_collect_take(kith_ctx *ctx, kith_collection *c, const char *folder, int64_t wish, int64_t *id)
{
    char *path = NULL;
    KITH_TRY(path_in(ctx, folder, OFFERED_NAME, &path));
    kith_status status = attach(ctx, c, path);
    free(path);
    KITH_TRY(status);
    status = execute(ctx, c, "BEGIN IMMEDIATE", "cannot be locked");
    if (status == KITH_OK) status = take_run(ctx, c, wish, id);
    if (status == KITH_OK) status = execute(ctx, c, "COMMIT", "a run cannot be made durable");
    detach(c, status);
    return status == KITH_OK ? kith_collect_forget(ctx, folder) : status;
}

static kith_status set_output(kith_ctx *ctx, const kith_collection *c, const kith_collect_copy *copy)
{
    static const char sql[] = "UPDATE main.parameters SET value = ?2 WHERE run = ?1 AND section = 'run' AND key = "
                              "'output'";
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK) return fail_db(ctx, c, "a run cannot be taken over");
    sqlite3_bind_int64(s, 1, copy->id);
    (void)sqlite3_bind_text(s, 2, copy->output, -1, SQLITE_STATIC);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, c, "a run cannot be taken over");
}

kith_status kith_collection_copy(kith_ctx *ctx, kith_collection *c, const char *path, const kith_collect_copy *copy,
                                 size_t count)
{
    KITH_TRY(attach(ctx, c, path));
    kith_status status = execute(ctx, c, "BEGIN IMMEDIATE", "cannot be locked");
    for (size_t i = 0; i < count && status == KITH_OK; i++) {
        status = copy_row(ctx, c, copy[i].from, copy[i].id);
        if (status == KITH_OK) status = set_output(ctx, c, &copy[i]);
    }
    if (status == KITH_OK) status = execute(ctx, c, "COMMIT", "runs cannot be made durable");
    detach(c, status);
    return status;
}
