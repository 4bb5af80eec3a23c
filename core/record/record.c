#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "record/inside.h"

#include "config/config.h"
#include "record/aside.h"
#include "record/checkpoint.h"
#include "record/former.h"
#include "record/graphs.h"
#include "record/holdings.h"
#include "record/live.h"
#include "record/policies.h"
#include "record/saves.h"
#include "record/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever mkdir() says of a folder that is there: unwritable parents and mount points have answers of their own. */
static int make_one(const char *path)
{
    struct stat there;
    const int error = mkdir(path, 0777) == 0 ? 0 : errno;
    if (!error || stat(path, &there) != 0) return error;
    return S_ISDIR(there.st_mode) ? 0 : ENOTDIR;
}

kith_status kith_record_folder(kith_ctx *ctx, const char *folder)
{
    char *path = strdup(folder);
    if (!path) return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for its name", folder);
    int error = *path ? 0 : ENOENT;
    for (char *end = path; !error && *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        const char kept = *end;
        *end = '\0';
        error = make_one(path);
        *end = kept;
    }
    if (!error && access(path, W_OK | X_OK) != 0) error = errno;
    free(path);
    if (!error) return KITH_OK;
    return kith_fail(ctx, KITH_EIO,
                     "%s: cannot be made a folder for results: %s; choose another with --set run.output=...",
                     *folder ? folder : "an empty name", strerror(error));
}

/* A rollback journal, not WAL: runs often write to network file systems, where WAL's shared memory does not work, and
 * login nodes read what compute nodes write. EXTRA flushes the folder as well, so that a commit is not undone by a
 * power cut right after it; with at most one commit a second the few extra flushes do not matter. */
static kith_status open_database(kith_ctx *ctx, kith_record *r)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(r->database, &r->db, flags, NULL) != SQLITE_OK) {
        if (r->db) return kith_record_fail(ctx, r, "cannot be opened");
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to open it", r->database);
    }
    sqlite3_extended_result_codes(r->db, 1);
    sqlite3_busy_timeout(r->db, KITH_BUSY_TIMEOUT_MS);
    bool empty;
    KITH_TRY(kith_schema_check(ctx, r->db, r->database, &empty));
    return kith_record_execute(ctx, r,
                               "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON",
                               "cannot be set up");
}

static kith_status count_runs(kith_ctx *ctx, kith_record *r, sqlite3_int64 *count)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r, "SELECT count(*) FROM runs", &s));
    if (sqlite3_step(s) == SQLITE_ROW) *count = sqlite3_column_int64(s, 0);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_record_fail(ctx, r, "cannot be read");
}

/* [in the transaction] */
static kith_status make_tables(kith_ctx *ctx, kith_record *r, bool empty)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", KITH_SCHEMA_VERSION);
    KITH_TRY(kith_record_execute(ctx, r, empty ? KITH_SCHEMA : KITH_SCHEMA_ADDED, "cannot be set up"));
    return kith_record_execute(ctx, r, version, "cannot be set up");
}

static kith_status refuse_recorded(kith_ctx *ctx, const char *folder)
{
    return kith_fail(ctx, KITH_EIO,
                     "%s already holds a run (" KITH_DATABASE_NAME
                     "); choose another folder with --set run.output=..., or replace it with --overwrite",
                     folder);
}

/* [in the transaction] Leaves tables without a run. */
static kith_status make_room(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    bool empty;
    KITH_TRY(kith_schema_check(ctx, r->db, r->database, &empty));
    KITH_TRY(make_tables(ctx, r, empty));
    if (empty) return KITH_OK;
    sqlite3_int64 runs = 0;
    KITH_TRY(count_runs(ctx, r, &runs));
    if (runs > 0 && !setup->overwrite) return refuse_recorded(ctx, setup->folder);
    if (runs > 1)
        return kith_fail(ctx, KITH_EIO,
                         "%s holds %lld runs of a sweep (" KITH_DATABASE_NAME
                         "), which --overwrite does not replace; choose another folder with --set run.output=...",
                         setup->folder, (long long)runs);
    return kith_record_execute(ctx, r, "DELETE FROM runs", "cannot be emptied");
}

static kith_status insert_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    char started[KITH_TIME_SIZE];
    kith_record_now(started);
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r,
                                 "INSERT INTO runs (name, algorithm, seed, status, started, version, environment) "
                                 "VALUES (?, ?, ?, 'running', ?, ?, ?)",
                                 &s));
    kith_record_bind_text(s, 1, setup->name);
    kith_record_bind_text(s, 2, setup->algorithm);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)setup->seed);
    kith_record_bind_text(s, 4, started);
    kith_record_bind_text(s, 5, PACKAGE_VERSION);
    kith_record_bind_text(s, 6, setup->environment ? setup->environment : "");
    sqlite3_step(s);
    if (sqlite3_finalize(s) != SQLITE_OK) return kith_record_fail(ctx, r, "the run cannot be entered");
    r->run = sqlite3_last_insert_rowid(r->db);
    return KITH_OK;
}

static kith_status change_run(kith_ctx *ctx, kith_record *r, const char *sql, sqlite3_int64 second, const char *third)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r, sql, &s));
    sqlite3_bind_int64(s, 1, r->run);
    if (sqlite3_bind_parameter_count(s) >= 2) sqlite3_bind_int64(s, 2, second);
    if (sqlite3_bind_parameter_count(s) >= 3) kith_record_bind_text(s, 3, third);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_record_fail(ctx, r, "the run cannot be taken up again");
}

/* [in the transaction] What the database did not take before the checkpoint. Numbers that it took after all, just
 * before a kill, are the same. */
static kith_status enter_waiting(kith_ctx *ctx, kith_record *r, uint64_t round)
{
    kith_pending_list list = {0};
    KITH_TRY(kith_pending_load(ctx, r->waiting, r->identity, round, &list));
    kith_status status = kith_record_prepare_metric(ctx, r, "OR IGNORE");
    for (size_t i = 0; i < list.count && status == KITH_OK; i++)
        status = kith_record_insert(ctx, r, &list.item[i]);
    sqlite3_finalize(r->insert_metric);
    r->insert_metric = NULL;
    kith_pending_free(&list);
    return status;
}

/* [in the transaction] Back to what the record held when the checkpoint was made. Parameters are entered anew, since
 * those that change no result may have changed. */
static kith_status take_up_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    const sqlite3_int64 last = setup->from_start ? -1 : (sqlite3_int64)setup->round;
    KITH_TRY(kith_former_run(ctx, r->db, r->database, &r->run, &r->identity));
    KITH_TRY(make_tables(ctx, r, false));
    KITH_TRY(change_run(ctx, r, "DELETE FROM metrics WHERE run = ? AND round > ?", last, NULL));
    KITH_TRY(change_run(ctx, r, "DELETE FROM arrivals WHERE run = ? AND round >= ?", last, NULL));
    KITH_TRY(change_run(ctx, r, "DELETE FROM partners WHERE run = ? AND round >= ?", last, NULL));
    if (!setup->from_start) KITH_TRY(enter_waiting(ctx, r, setup->round));
    KITH_TRY(change_run(ctx, r, "DELETE FROM histograms WHERE run = ?", 0, NULL));
    KITH_TRY(kith_graphs_forget(ctx, r->db, r->database, r->run));
    KITH_TRY(change_run(ctx, r, "DELETE FROM parameters WHERE run = ?", 0, NULL));
    return change_run(ctx, r,
                      "UPDATE runs SET status = 'running', message = NULL, finished = NULL, "
                      "environment = environment || 'resumed=after round ' || max(?2, 0) || ', ' || ?3 || char(10) "
                      "WHERE id = ?1",
                      last, setup->environment ? setup->environment : "");
}

static kith_status start_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    if (setup->resume) return take_up_run(ctx, r, setup);
    KITH_TRY(make_room(ctx, r, setup));
    KITH_TRY(insert_run(ctx, r, setup));
    int64_t same = 0;
    return kith_former_run(ctx, r->db, r->database, &same, &r->identity);
}

typedef struct parameter_writer {
    kith_ctx *ctx;
    kith_record *record;
    sqlite3_stmt *insert;
} parameter_writer;

static kith_status insert_parameter(void *arg, const char *section, const char *key, const char *text,
                                    const char *source)
{
    const parameter_writer *w = arg;
    sqlite3_reset(w->insert);
    sqlite3_bind_int64(w->insert, 1, w->record->run);
    kith_record_bind_text(w->insert, 2, section);
    kith_record_bind_text(w->insert, 3, key);
    kith_record_bind_text(w->insert, 4, text);
    kith_record_bind_text(w->insert, 5, source);
    if (sqlite3_step(w->insert) == SQLITE_DONE) return KITH_OK;
    return kith_record_fail(w->ctx, w->record, "a parameter cannot be entered");
}

static kith_status insert_parameters(kith_ctx *ctx, kith_record *r, const struct kith_config *config)
{
    parameter_writer w = {.ctx = ctx, .record = r};
    KITH_TRY(kith_record_prepare(
        ctx, r, "INSERT INTO parameters (run, section, key, value, source) VALUES (?, ?, ?, ?, ?)", &w.insert));
    const kith_status status = kith_config_each(config, insert_parameter, &w);
    sqlite3_finalize(w.insert);
    return status;
}

static kith_status path_in(kith_ctx *ctx, const char *folder, const char *name, char **out)
{
    if (asprintf(out, "%s/%s", folder, name) >= 0) return KITH_OK;
    *out = NULL;
    return kith_fail(ctx, KITH_EMEMORY, "%s: no memory for the names of its files", folder);
}

static kith_status seal_config(kith_ctx *ctx, const char *folder, const struct kith_config *config, kith_aside *file)
{
    char *path;
    KITH_TRY(path_in(ctx, folder, "config.ini", &path));
    kith_status status = kith_aside_open(ctx, path, KITH_PRODUCT_CONFIG, file);
    free(path);
    if (status != KITH_OK) return status;
    fputs(KITH_MARK_CONFIG, file->stream);
    status = kith_config_write(ctx, config, file->stream, 0);
    if (status == KITH_OK) return kith_aside_seal(ctx, file);
    kith_aside_abandon(file);
    return status;
}

static kith_status remove_one(kith_ctx *ctx, const char *folder, const char *name)
{
    char *path;
    KITH_TRY(path_in(ctx, folder, name, &path));
    const int error = unlink(path) == 0 || errno == ENOENT ? 0 : errno;
    free(path);
    if (!error) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s/%s: what the former run left cannot be removed: %s", folder, name,
                     strerror(error));
}

/* A model of the former run must not be taken for this one's; nor, but for a run that goes on, its checkpoint. */
static kith_status remove_former(kith_ctx *ctx, const char *folder, bool resume)
{
    char *path;
    if (!resume) {
        KITH_TRY(path_in(ctx, folder, KITH_CHECKPOINT_FOLDER, &path));
        const kith_status status = kith_checkpoint_remove_all(ctx, path);
        free(path);
        if (status != KITH_OK) return status;
    }
    KITH_TRY(remove_one(ctx, folder, "model.npy"));
    KITH_TRY(remove_one(ctx, folder, "model.safetensors"));
    KITH_TRY(remove_one(ctx, folder, "learners.npy"));
    KITH_TRY(remove_one(ctx, folder, KITH_LIVE_NAME));
    KITH_TRY(remove_one(ctx, folder, KITH_PENDING_NAME));
    return kith_policy_set_remove(ctx, folder);
}

/* One transaction, which takes the write lock first: two runs that start in one folder at once cannot both find it
 * free, and what a former run left is gone only when all of the new entry is on the disk. The flush before
 * config.ini's rename meets a full disk while everything can still be undone. */
static kith_status enter_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup,
                             const struct kith_config *config)
{
    kith_aside file = {.stream = NULL};
    KITH_TRY(kith_record_execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = start_run(ctx, r, setup);
    if (status == KITH_OK) status = insert_parameters(ctx, r, config);
    if (status == KITH_OK) status = seal_config(ctx, setup->folder, config, &file);
    if (status == KITH_OK && sqlite3_db_cacheflush(r->db) != SQLITE_OK)
        status = kith_record_fail(ctx, r, "cannot be written");
    if (status == KITH_OK) status = kith_aside_place(ctx, &file);
    if (status == KITH_OK) status = kith_record_execute(ctx, r, "COMMIT", "the run cannot be entered");
    if (status == KITH_OK) return remove_former(ctx, setup->folder, setup->resume);
    kith_aside_abandon(&file);
    (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* The configuration itself may be what this run was told to read, or a model of the former run. */
static kith_status check_inputs(kith_ctx *ctx, const char *folder, const struct kith_config *config)
{
    static const char *const names[] = {"config.ini",   "model.npy",    "model.safetensors", "learners.npy",
                                        "policies.npy", "policies.csv", KITH_LIVE_NAME};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path;
        KITH_TRY(path_in(ctx, folder, names[i], &path));
        const kith_status status = kith_config_spare(ctx, config, path);
        free(path);
        KITH_TRY(status);
    }
    return KITH_OK;
}

static kith_status check_saves(kith_ctx *ctx, const char *folder, const kith_former *former, const char *database)
{
    char *path;
    if (!former->found) return KITH_OK;
    KITH_TRY(path_in(ctx, folder, KITH_CHECKPOINT_FOLDER, &path));
    const kith_status status = kith_saves_check(ctx, path, former->identity, database);
    free(path);
    return status;
}

/* Before anything is written, and before a database is made: what is there is replaced only where a record accounts for
 * it. A run that goes on removes nothing that is not its own. */
static kith_status check_folder(kith_ctx *ctx, const kith_record *r, const kith_record_setup *setup,
                                const struct kith_config *config)
{
    kith_former former;
    if (setup->resume) return KITH_OK;
    KITH_TRY(kith_record_former(ctx, setup->folder, &former));
    kith_status status = KITH_OK;
    if (former.found && !setup->overwrite) status = refuse_recorded(ctx, setup->folder);
    if (status == KITH_OK)
        status = setup->collected ? kith_holdings_check_part(ctx, setup->folder, true)
                                  : kith_holdings_check_run(ctx, setup->folder, former.found);
    if (status == KITH_OK) status = check_inputs(ctx, setup->folder, config);
    if (status == KITH_OK) status = check_saves(ctx, setup->folder, &former, r->database);
    kith_former_free(&former);
    return status;
}

kith_status kith_record_open(kith_ctx *ctx, const kith_record_setup *setup, const struct kith_config *config,
                             kith_record **out)
{
    KITH_TRY(kith_record_folder(ctx, setup->folder));
    kith_record *r;
    KITH_TRY(KITH_ALLOC(ctx, "the record of a run", 1, &r));
    r->lock = -1;
    /* Two processes that record one run, or replace what the other one records, would spoil both. */
    kith_status status = kith_folder_lock(ctx, setup->folder, "its run", &r->lock);
    if (status == KITH_OK) status = path_in(ctx, setup->folder, KITH_DATABASE_NAME, &r->database);
    if (status == KITH_OK) status = path_in(ctx, setup->folder, KITH_PENDING_NAME, &r->waiting);
    if (status == KITH_OK) status = check_folder(ctx, r, setup, config);
    if (status == KITH_OK) status = open_database(ctx, r);
    if (status == KITH_OK) status = enter_run(ctx, r, setup, config);
    if (status == KITH_OK) status = kith_record_prepare_metric(ctx, r, "");
    if (status == KITH_OK)
        *out = r;
    else
        kith_record_close(r);
    return status;
}

uint64_t kith_record_identity(const kith_record *r)
{
    return r->identity;
}

void kith_record_close(kith_record *r)
{
    if (!r) return;
    kith_live_close(r->live);
    sqlite3_finalize(r->insert_arrival);
    sqlite3_finalize(r->insert_partner);
    sqlite3_finalize(r->insert_metric);
    sqlite3_close(r->db);
    if (r->lock >= 0) close(r->lock);
    kith_pending_free(&r->pending);
    free(r->waiting);
    free(r->database);
    kith_free(r);
}
