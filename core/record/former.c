#include "record/former.h"

#include "record/holdings.h"
#include "record/record.h"
#include "record/saves.h"
#include "record/schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUSY_TIMEOUT_MS = 60000 };

static kith_status prepare(kith_ctx *ctx, sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out)
{
    if (sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK) return KITH_OK;
    return kith_schema_fail(ctx, db, path, "cannot be read");
}

static const char *text_of(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

/* Rows are numbered anew in a new file, so the time of the start goes in as well. */
static uint64_t identify(sqlite3_stmt *s)
{
    const char *started = text_of(s, 1);
    return XXH3_64bits_withSeed(started, strlen(started), (uint64_t)sqlite3_column_int64(s, 0));
}

static kith_status find_run(kith_ctx *ctx, sqlite3 *db, const char *path, int64_t *run, kith_former *out)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, db, path, "SELECT id, started, status FROM runs ORDER BY id DESC LIMIT 1", &s));
    if (sqlite3_step(s) == SQLITE_ROW) {
        out->found = true;
        *run = sqlite3_column_int64(s, 0);
        out->identity = identify(s);
        snprintf(out->status, sizeof out->status, "%s", text_of(s, 2));
    }
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_schema_fail(ctx, db, path, "cannot be read");
}

kith_status kith_former_run(kith_ctx *ctx, sqlite3 *db, const char *path, int64_t *run, uint64_t *identity)
{
    kith_former former = {.found = false};
    KITH_TRY(find_run(ctx, db, path, run, &former));
    if (!former.found)
        return kith_fail(ctx, KITH_EIO, "%s: its run was removed meanwhile; begin anew without --resume", path);
    *identity = former.identity;
    return KITH_OK;
}

static kith_status read_config(kith_ctx *ctx, sqlite3 *db, const char *path, int64_t run, kith_former *out)
{
    sqlite3_stmt *s = NULL;
    size_t size = 0;
    KITH_TRY(prepare(ctx, db, path, "SELECT section, key, value FROM parameters WHERE run = ? ORDER BY rowid", &s));
    sqlite3_bind_int64(s, 1, run);
    FILE *text = open_memstream(&out->config, &size);
    while (text && sqlite3_step(s) == SQLITE_ROW) {
        const char *section = text_of(s, 0), *key = text_of(s, 1), *value = text_of(s, 2);
        fprintf(text, "%s.%s = %s\n", section, key, value);
        if (!strcmp(section, "run") && !strcmp(key, "rounds")) out->rounds = strtoull(value, NULL, 10);
    }
    const bool kept = text && fclose(text) == 0;
    if (sqlite3_finalize(s) != SQLITE_OK) return kith_schema_fail(ctx, db, path, "cannot be read");
    return kept ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "%s: no memory to read it", path);
}

static kith_status look(kith_ctx *ctx, const char *path, sqlite3 **db, kith_former *out)
{
    int64_t run = 0;
    bool empty = false;
    /* Writing is what rolls back the transaction of a run that was killed in it. */
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        if (*db) return kith_schema_fail(ctx, *db, path, "cannot be opened");
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to open it", path);
    }
    sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MS);
    KITH_TRY(kith_schema_check(ctx, *db, path, &empty));
    if (empty) return KITH_OK;
    KITH_TRY(find_run(ctx, *db, path, &run, out));
    return out->found ? read_config(ctx, *db, path, run, out) : KITH_OK;
}

kith_status kith_record_former(kith_ctx *ctx, const char *folder, kith_former *out)
{
    char *path = NULL;
    sqlite3 *db = NULL;
    *out = (kith_former){.found = false};
    if (asprintf(&path, "%s/" KITH_DATABASE_NAME, folder) < 0)
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the names of its files", folder);
    kith_status status = KITH_OK;
    if (access(path, F_OK) == 0)
        status = look(ctx, path, &db, out);
    else if (errno != ENOENT && errno != ENOTDIR)
        status = kith_fail(ctx, KITH_EIO, "%s: cannot be read: %s", path, strerror(errno));
    sqlite3_close(db);
    free(path);
    if (status != KITH_OK) kith_former_free(out);
    return status;
}

void kith_former_free(kith_former *former)
{
    free(former->config);
    *former = (kith_former){.found = false};
}

void kith_record_tidy(const char *folder)
{
    kith_ctx *ctx = kith_ctx_create();
    kith_former former = {.found = false};
    char *checkpoints = NULL;
    int lock = -1;
    if (ctx && kith_folder_lock(ctx, folder, "its run", &lock) == KITH_OK && lock >= 0 &&
        kith_record_former(ctx, folder, &former) == KITH_OK && former.found && strcmp(former.status, "done") == 0 &&
        asprintf(&checkpoints, "%s/" KITH_CHECKPOINT_FOLDER, folder) >= 0) {
        kith_saves_tidy(checkpoints, former.rounds);
        free(checkpoints);
    }
    kith_former_free(&former);
    if (lock >= 0) close(lock);
    kith_ctx_destroy(ctx);
}
