#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "base/now.h"
#include "config/config.h"
#include "record/aside.h"
#include "record/checkpoint.h"
#include "record/former.h"
#include "record/graphs.h"
#include "record/holdings.h"
#include "record/policies.h"
#include "record/record.h"
#include "record/saves.h"
#include "record/schema.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long a commit waits for a reader that is in the middle of its transaction (`kith report` takes milliseconds). */
enum { BUSY_TIMEOUT_MS = 60000, TIME_SIZE = 32 };

/* Every commit waits for the disk several times, which short rounds that are tested often would spend most of their
 * time on. */
static const double commit_every = 1.0; /* s */

typedef struct pending {
    char *name;
    uint64_t round;
    double virtual_time, value;
} pending;

struct kith_record {
    char *database; /* its path */
    sqlite3 *db;
    sqlite3_stmt *insert_metric;
    int64_t run;
    uint64_t identity;
    int lock; /* the folder, open and locked while the run goes on */
    pending *buffer;
    size_t count, capacity;
    double committed; /* when the last metrics were, s of the monotonic clock */
};

static void now_utc(char text[TIME_SIZE])
{
    const time_t now = time(NULL);
    struct tm parts;
    strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
}

static kith_status fail_db(kith_ctx *ctx, kith_record *r, const char *doing)
{
    return kith_schema_fail(ctx, r->db, r->database, doing);
}

static kith_status execute(kith_ctx *ctx, kith_record *r, const char *sql, const char *doing)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? KITH_OK : fail_db(ctx, r, doing);
}

static kith_status prepare(kith_ctx *ctx, kith_record *r, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(r->db, sql, -1, out, NULL) == SQLITE_OK ? KITH_OK : fail_db(ctx, r, "cannot be read");
}

/* Binding fails only for want of memory; a text that was not bound would be NULL, which every column but those that may
 * be NULL refuses. Hence only the step is checked. */
static void bind_text(sqlite3_stmt *s, int column, const char *text)
{
    (void)sqlite3_bind_text(s, column, text, -1, SQLITE_TRANSIENT);
}

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
        if (r->db) return fail_db(ctx, r, "cannot be opened");
        return kith_fail(ctx, KITH_EMEMORY, "%s: no memory to open it", r->database);
    }
    sqlite3_extended_result_codes(r->db, 1);
    sqlite3_busy_timeout(r->db, BUSY_TIMEOUT_MS);
    bool empty;
    KITH_TRY(kith_schema_check(ctx, r->db, r->database, &empty));
    return execute(ctx, r, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON",
                   "cannot be set up");
}

static kith_status count_runs(kith_ctx *ctx, kith_record *r, sqlite3_int64 *count)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, r, "SELECT count(*) FROM runs", &s));
    if (sqlite3_step(s) == SQLITE_ROW) *count = sqlite3_column_int64(s, 0);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, r, "cannot be read");
}

/* [in the transaction] */
static kith_status make_tables(kith_ctx *ctx, kith_record *r, bool empty)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", KITH_SCHEMA_VERSION);
    KITH_TRY(execute(ctx, r, empty ? KITH_SCHEMA : KITH_SCHEMA_ADDED, "cannot be set up"));
    return execute(ctx, r, version, "cannot be set up");
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
    return execute(ctx, r, "DELETE FROM runs", "cannot be emptied");
}

static kith_status insert_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    char started[TIME_SIZE];
    now_utc(started);
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, r,
                     "INSERT INTO runs (name, algorithm, seed, status, started, version, environment) "
                     "VALUES (?, ?, ?, 'running', ?, ?, ?)",
                     &s));
    bind_text(s, 1, setup->name);
    bind_text(s, 2, setup->algorithm);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)setup->seed);
    bind_text(s, 4, started);
    bind_text(s, 5, PACKAGE_VERSION);
    bind_text(s, 6, setup->environment ? setup->environment : "");
    sqlite3_step(s);
    if (sqlite3_finalize(s) != SQLITE_OK) return fail_db(ctx, r, "the run cannot be entered");
    r->run = sqlite3_last_insert_rowid(r->db);
    return KITH_OK;
}

static kith_status change_run(kith_ctx *ctx, kith_record *r, const char *sql, sqlite3_int64 second, const char *third)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, r, sql, &s));
    sqlite3_bind_int64(s, 1, r->run);
    if (sqlite3_bind_parameter_count(s) >= 2) sqlite3_bind_int64(s, 2, second);
    if (sqlite3_bind_parameter_count(s) >= 3) bind_text(s, 3, third);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, r, "the run cannot be taken up again");
}

/* [in the transaction] Back to what the record held when the checkpoint was made. Parameters are entered anew, since
 * those that change no result may have changed. */
static kith_status take_up_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup)
{
    const sqlite3_int64 last = setup->from_start ? -1 : (sqlite3_int64)setup->round;
    KITH_TRY(kith_former_run(ctx, r->db, r->database, &r->run, &r->identity));
    KITH_TRY(make_tables(ctx, r, false));
    KITH_TRY(change_run(ctx, r, "DELETE FROM metrics WHERE run = ? AND round > ?", last, NULL));
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
    bind_text(w->insert, 2, section);
    bind_text(w->insert, 3, key);
    bind_text(w->insert, 4, text);
    bind_text(w->insert, 5, source);
    if (sqlite3_step(w->insert) == SQLITE_DONE) return KITH_OK;
    return fail_db(w->ctx, w->record, "a parameter cannot be entered");
}

static kith_status insert_parameters(kith_ctx *ctx, kith_record *r, const struct kith_config *config)
{
    parameter_writer w = {.ctx = ctx, .record = r};
    KITH_TRY(
        prepare(ctx, r, "INSERT INTO parameters (run, section, key, value, source) VALUES (?, ?, ?, ?, ?)", &w.insert));
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

static kith_status remove_model(kith_ctx *ctx, const char *folder, const char *name)
{
    char *path;
    KITH_TRY(path_in(ctx, folder, name, &path));
    const int error = unlink(path) == 0 || errno == ENOENT ? 0 : errno;
    free(path);
    if (!error) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "%s/%s: the former run's model cannot be removed: %s", folder, name,
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
    KITH_TRY(remove_model(ctx, folder, "model.npy"));
    KITH_TRY(remove_model(ctx, folder, "model.safetensors"));
    return kith_policy_set_remove(ctx, folder);
}

/* One transaction, which takes the write lock first: two runs that start in one folder at once cannot both find it
 * free, and what a former run left is gone only when all of the new entry is on the disk. The flush before
 * config.ini's rename meets a full disk while everything can still be undone. */
static kith_status enter_run(kith_ctx *ctx, kith_record *r, const kith_record_setup *setup,
                             const struct kith_config *config)
{
    kith_aside file = {.stream = NULL};
    KITH_TRY(execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = start_run(ctx, r, setup);
    if (status == KITH_OK) status = insert_parameters(ctx, r, config);
    if (status == KITH_OK) status = seal_config(ctx, setup->folder, config, &file);
    if (status == KITH_OK && sqlite3_db_cacheflush(r->db) != SQLITE_OK) status = fail_db(ctx, r, "cannot be written");
    if (status == KITH_OK) status = kith_aside_place(ctx, &file);
    if (status == KITH_OK) status = execute(ctx, r, "COMMIT", "the run cannot be entered");
    if (status == KITH_OK) return remove_former(ctx, setup->folder, setup->resume);
    kith_aside_abandon(&file);
    (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* The configuration itself may be what this run was told to read, or a model of the former run. */
static kith_status check_inputs(kith_ctx *ctx, const char *folder, const struct kith_config *config)
{
    static const char *const names[] = {"config.ini", "model.npy", "model.safetensors", "policies.npy", "policies.csv"};
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
    if (status == KITH_OK) status = check_folder(ctx, r, setup, config);
    if (status == KITH_OK) status = open_database(ctx, r);
    if (status == KITH_OK) status = enter_run(ctx, r, setup, config);
    if (status == KITH_OK)
        status = prepare(ctx, r, "INSERT INTO metrics (run, name, round, virtual_time, value) VALUES (?, ?, ?, ?, ?)",
                         &r->insert_metric);
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

kith_status kith_record_metric(kith_ctx *ctx, kith_record *r, const char *name, uint64_t round, double virtual_time,
                               double value)
{
    if (r->count == r->capacity) {
        const size_t capacity = r->capacity ? 2 * r->capacity : 64;
        pending *grown = reallocarray(r->buffer, capacity, sizeof *grown);
        if (!grown) return kith_fail(ctx, KITH_EMEMORY, "no memory to keep the metric %s", name);
        r->buffer = grown;
        r->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) return kith_fail(ctx, KITH_EMEMORY, "no memory to keep the metric %s", name);
    r->buffer[r->count++] = (pending){copy, round, virtual_time, value};
    return KITH_OK;
}

/* SQLite would take a NaN for NULL anyway; an explicit NULL does not lean on that. */
static void bind_number(sqlite3_stmt *s, int column, double value)
{
    if (isnan(value))
        sqlite3_bind_null(s, column);
    else
        sqlite3_bind_double(s, column, value);
}

static kith_status fail_replaced(kith_ctx *ctx, const kith_record *r)
{
    return kith_schema_replaced(ctx, r->database);
}

static kith_status insert_one(kith_ctx *ctx, kith_record *r, const pending *p)
{
    sqlite3_stmt *s = r->insert_metric;
    sqlite3_bind_int64(s, 1, r->run);
    bind_text(s, 2, p->name);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)p->round);
    bind_number(s, 4, p->virtual_time);
    bind_number(s, 5, p->value);
    const int code = sqlite3_step(s);
    kith_status status = KITH_OK;
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY)
        status = kith_fail(ctx, KITH_EINTERNAL, "%s: %s of round %llu was recorded twice", r->database, p->name,
                           (unsigned long long)p->round);
    else if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        status = fail_replaced(ctx, r);
    else if (code != SQLITE_DONE)
        status = fail_db(ctx, r, "a metric cannot be entered");
    sqlite3_reset(s);
    return status;
}

static void forget_pending(kith_record *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->buffer[i].name);
    r->count = 0;
}

static kith_status update_run(kith_ctx *ctx, kith_record *r, const char *run_status, const char *message)
{
    char finished[TIME_SIZE];
    now_utc(finished);
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, r, "UPDATE runs SET status = ?, message = ?, finished = ? WHERE id = ?", &s));
    bind_text(s, 1, run_status);
    bind_text(s, 2, message);
    bind_text(s, 3, finished);
    sqlite3_bind_int64(s, 4, r->run);
    sqlite3_step(s);
    if (sqlite3_finalize(s) != SQLITE_OK) return fail_db(ctx, r, "the run's end cannot be entered");
    return sqlite3_changes(r->db) == 1 ? KITH_OK : fail_replaced(ctx, r);
}

/* One transaction: the buffered metrics and, unless run_status is NULL, the run's end. */
static kith_status flush(kith_ctx *ctx, kith_record *r, const char *run_status, const char *message)
{
    KITH_TRY(execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = KITH_OK;
    for (size_t i = 0; i < r->count && status == KITH_OK; i++)
        status = insert_one(ctx, r, &r->buffer[i]);
    if (status == KITH_OK && run_status) status = update_run(ctx, r, run_status, message);
    if (status == KITH_OK) status = execute(ctx, r, "COMMIT", "metrics cannot be made durable");
    if (status != KITH_OK) {
        (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
        /* Numbers that contradict each other can never go in, and would keep the run's end out. */
        if (status == KITH_EINTERNAL) forget_pending(r);
        return status;
    }
    forget_pending(r);
    r->committed = kith_now();
    return KITH_OK;
}

kith_status kith_record_commit(kith_ctx *ctx, kith_record *r)
{
    return r->count > 0 ? flush(ctx, r, NULL, NULL) : KITH_OK;
}

kith_status kith_record_settle(kith_ctx *ctx, kith_record *r)
{
    return kith_now() - r->committed < commit_every ? KITH_OK : kith_record_commit(ctx, r);
}

static kith_status insert_bins(kith_ctx *ctx, kith_record *r, const char *name, const double *value, size_t bins)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE;
    KITH_TRY(prepare(ctx, r, "INSERT INTO histograms (run, name, bin, value) VALUES (?, ?, ?, ?)", &s));
    for (size_t bin = 0; bin < bins && code == SQLITE_DONE; bin++) {
        if (value[bin] == 0.0) continue;
        sqlite3_bind_int64(s, 1, r->run);
        bind_text(s, 2, name);
        sqlite3_bind_int64(s, 3, (sqlite3_int64)bin);
        sqlite3_bind_double(s, 4, value[bin]);
        code = sqlite3_step(s);
        if (code == SQLITE_DONE) sqlite3_reset(s);
    }
    kith_status status = KITH_OK;
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        status = fail_replaced(ctx, r);
    else if (code != SQLITE_DONE)
        status = fail_db(ctx, r, "a histogram cannot be entered");
    sqlite3_finalize(s);
    return status;
}

static kith_status delete_bins(kith_ctx *ctx, kith_record *r, const char *name)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(prepare(ctx, r, "DELETE FROM histograms WHERE run = ? AND name = ?", &s));
    sqlite3_bind_int64(s, 1, r->run);
    bind_text(s, 2, name);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : fail_db(ctx, r, "a histogram cannot be replaced");
}

kith_status kith_record_histogram(kith_ctx *ctx, kith_record *r, const char *name, const double *value, size_t bins)
{
    KITH_TRY(execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = delete_bins(ctx, r, name);
    if (status == KITH_OK) status = insert_bins(ctx, r, name, value, bins);
    if (status == KITH_OK) status = execute(ctx, r, "COMMIT", "histograms cannot be made durable");
    if (status != KITH_OK) (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

kith_status kith_record_graph(kith_ctx *ctx, kith_record *r, const kith_last_graph *graph)
{
    KITH_TRY(execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked"));
    kith_status status = kith_graphs_forget(ctx, r->db, r->database, r->run);
    if (status == KITH_OK) status = kith_graphs_enter(ctx, r->db, r->database, r->run, graph);
    if (status == KITH_OK) status = execute(ctx, r, "COMMIT", "a graph cannot be made durable");
    if (status != KITH_OK) (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

kith_status kith_record_finish(kith_ctx *ctx, kith_record *r, const char *status, const char *message)
{
    return flush(ctx, r, status, message);
}

void kith_record_close(kith_record *r)
{
    if (!r) return;
    sqlite3_finalize(r->insert_metric);
    sqlite3_close(r->db);
    if (r->lock >= 0) close(r->lock);
    forget_pending(r);
    free(r->buffer);
    free(r->database);
    kith_free(r);
}
