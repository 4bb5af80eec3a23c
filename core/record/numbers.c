#include "base/metrics.h"
#include "record/arrivals.h"

#include "base/now.h"
#include "record/graphs.h"
#include "record/live.h"
#include "record/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Every commit waits for the disk several times, which short rounds that are tested often would spend most of their
 * time on. */
static const double commit_every = 1.0; /* s */

void kith_record_now(char text[KITH_TIME_SIZE])
{
    const time_t now = time(NULL);
    struct tm parts;
    strftime(text, KITH_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
}

kith_status kith_record_fail(kith_ctx *ctx, kith_record *r, const char *doing)
{
    return kith_schema_fail(ctx, r->db, r->database, doing);
}

kith_status kith_record_execute(kith_ctx *ctx, kith_record *r, const char *sql, const char *doing)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? KITH_OK : kith_record_fail(ctx, r, doing);
}

kith_status kith_record_prepare(kith_ctx *ctx, kith_record *r, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(r->db, sql, -1, out, NULL) == SQLITE_OK ? KITH_OK
                                                                      : kith_record_fail(ctx, r, "cannot be read");
}

void kith_record_bind_text(sqlite3_stmt *s, int column, const char *text)
{
    (void)sqlite3_bind_text(s, column, text, -1, SQLITE_TRANSIENT);
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

kith_status kith_record_insert(kith_ctx *ctx, kith_record *r, const kith_pending *p)
{
    if (kith_arrivals_is(p)) return kith_arrivals_insert(ctx, r, p);
    sqlite3_stmt *s = r->insert_metric;
    sqlite3_bind_int64(s, 1, r->run);
    kith_record_bind_text(s, 2, p->name);
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
        status = kith_record_fail(ctx, r, "a metric cannot be entered");
    sqlite3_reset(s);
    return status;
}

kith_status kith_record_prepare_metric(kith_ctx *ctx, kith_record *r, const char *conflict)
{
    char sql[128];
    snprintf(sql, sizeof sql, "INSERT %s INTO metrics (run, name, round, virtual_time, value) VALUES (?, ?, ?, ?, ?)",
             conflict);
    return kith_record_prepare(ctx, r, sql, &r->insert_metric);
}

kith_status kith_record_metric(kith_ctx *ctx, kith_record *r, const char *name, uint64_t round, double virtual_time,
                               double value)
{
    KITH_TRY(kith_pending_add(ctx, &r->pending, name, round, virtual_time, value));
    kith_live_add(ctx, r->live, name, round, value);
    return KITH_OK;
}

static kith_status update_run(kith_ctx *ctx, kith_record *r, const char *run_status, const char *message)
{
    char finished[KITH_TIME_SIZE];
    kith_record_now(finished);
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r, "UPDATE runs SET status = ?, message = ?, finished = ? WHERE id = ?", &s));
    kith_record_bind_text(s, 1, run_status);
    kith_record_bind_text(s, 2, message);
    kith_record_bind_text(s, 3, finished);
    sqlite3_bind_int64(s, 4, r->run);
    sqlite3_step(s);
    if (sqlite3_finalize(s) != SQLITE_OK) return kith_record_fail(ctx, r, "the run's end cannot be entered");
    return sqlite3_changes(r->db) == 1 ? KITH_OK : fail_replaced(ctx, r);
}

typedef kith_status (*transaction)(kith_ctx *ctx, kith_record *r, const void *what);

/* Whether another try may go better: somebody else reads, the disk is full, the folder is away. */
static bool may_pass(sqlite3 *db)
{
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return true;
    default:
        return false;
    }
}

static kith_status transact(kith_ctx *ctx, kith_record *r, transaction enter, const void *what, const char *doing)
{
    kith_status status = kith_record_execute(ctx, r, "BEGIN IMMEDIATE", "cannot be locked");
    if (status == KITH_OK) status = enter(ctx, r, what);
    if (status == KITH_OK) status = kith_record_execute(ctx, r, "COMMIT", doing);
    const int code = sqlite3_errcode(r->db) & 0xff;
    r->passing = status == KITH_EIO && may_pass(r->db);
    r->read = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    if (status != KITH_OK) (void)sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* At the end of a run, when all there is to do is to wait for whoever reads. */
static kith_status transact_patiently(kith_ctx *ctx, kith_record *r, transaction enter, const void *what,
                                      const char *doing)
{
    enum { TRIES = 10 };
    kith_status status = KITH_OK;
    for (int k = 0; k < TRIES; k++) {
        status = transact(ctx, r, enter, what, doing);
        if (status == KITH_OK || !r->passing || !r->read) return status;
        if (k == 0) kith_note(ctx, "%s; waiting for up to ten minutes", kith_ctx_message(ctx));
        if (k + 1 < TRIES) kith_ctx_forget(ctx);
    }
    return status;
}

typedef struct ending {
    const char *status, *message; /* NULL: the run goes on */
} ending;

/* The numbers that are kept and, at the run's end, that. */
static kith_status enter_pending(kith_ctx *ctx, kith_record *r, const void *what)
{
    const ending *end = what;
    for (size_t i = 0; i < r->pending.count; i++)
        KITH_TRY(kith_record_insert(ctx, r, &r->pending.item[i]));
    return end->status ? update_run(ctx, r, end->status, end->message) : KITH_OK;
}

static void forget_saved(kith_record *r)
{
    if (r->saved) unlink(r->waiting);
    r->saved = false;
}

static void entered(kith_ctx *ctx, kith_record *r)
{
    if (r->late) kith_note(ctx, "%s: takes numbers again; all %zu that waited are in", r->database, r->pending.count);
    r->late = false;
    kith_pending_forget(&r->pending);
    forget_saved(r);
}

/* Waits at most so long for a reader. What the database does not take is kept, unless it never will be. */
static kith_status try_to_enter(kith_ctx *ctx, kith_record *r, int wait_ms)
{
    static const ending none = {NULL, NULL};
    sqlite3_busy_timeout(r->db, wait_ms);
    const kith_status status = transact(ctx, r, enter_pending, &none, "metrics cannot be made durable");
    sqlite3_busy_timeout(r->db, KITH_BUSY_TIMEOUT_MS);
    r->tried = kith_now();
    if (status == KITH_OK) {
        entered(ctx, r);
        return KITH_OK;
    }
    /* Numbers that contradict each other can never go in, and would keep the run's end out. */
    if (status == KITH_EINTERNAL) kith_pending_forget(&r->pending);
    if (!r->passing) return status;
    if (!r->late) kith_note(ctx, "%s; the run goes on, and its numbers wait", kith_ctx_message(ctx));
    r->late = true;
    kith_ctx_forget(ctx);
    return KITH_OK;
}

static kith_status save_pending(kith_ctx *ctx, kith_record *r)
{
    KITH_TRY(kith_pending_save(ctx, r->waiting, r->identity, &r->pending));
    r->saved = true;
    return KITH_OK;
}

kith_status kith_record_commit(kith_ctx *ctx, kith_record *r)
{
    enum { WAIT_MS = 1000 };
    kith_live_flush(ctx, r->live);
    if (r->pending.count == 0) return KITH_OK;
    KITH_TRY(try_to_enter(ctx, r, WAIT_MS));
    return r->pending.count ? save_pending(ctx, r) : KITH_OK;
}

kith_status kith_record_settle(kith_ctx *ctx, kith_record *r)
{
    kith_live_flush(ctx, r->live);
    if (r->pending.count == 0 || kith_now() - r->tried < commit_every) return KITH_OK;
    return try_to_enter(ctx, r, 0);
}

/* code: of the last row. */
static kith_status end_rows(kith_ctx *ctx, kith_record *r, sqlite3_stmt *s, int code, const char *doing)
{
    kith_status status = KITH_OK;
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        status = fail_replaced(ctx, r);
    else if (code != SQLITE_DONE)
        status = kith_record_fail(ctx, r, doing);
    sqlite3_finalize(s);
    return status;
}

static kith_status insert_bins(kith_ctx *ctx, kith_record *r, const char *name, const double *value, size_t bins)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE;
    KITH_TRY(kith_record_prepare(ctx, r, "INSERT INTO histograms (run, name, bin, value) VALUES (?, ?, ?, ?)", &s));
    for (size_t bin = 0; bin < bins && code == SQLITE_DONE; bin++) {
        if (value[bin] == 0.0) continue;
        sqlite3_bind_int64(s, 1, r->run);
        kith_record_bind_text(s, 2, name);
        sqlite3_bind_int64(s, 3, (sqlite3_int64)bin);
        sqlite3_bind_double(s, 4, value[bin]);
        code = sqlite3_step(s);
        if (code == SQLITE_DONE) sqlite3_reset(s);
    }
    return end_rows(ctx, r, s, code, "a histogram cannot be entered");
}

static kith_status delete_bins(kith_ctx *ctx, kith_record *r, const char *name)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r, "DELETE FROM histograms WHERE run = ? AND name = ?", &s));
    sqlite3_bind_int64(s, 1, r->run);
    kith_record_bind_text(s, 2, name);
    sqlite3_step(s);
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_record_fail(ctx, r, "a histogram cannot be replaced");
}

typedef struct histogram {
    const char *name;
    const double *value;
    size_t count;
} histogram;

static kith_status enter_bins(kith_ctx *ctx, kith_record *r, const void *what)
{
    const histogram *b = what;
    KITH_TRY(delete_bins(ctx, r, b->name));
    return insert_bins(ctx, r, b->name, b->value, b->count);
}

kith_status kith_record_histogram(kith_ctx *ctx, kith_record *r, const char *name, const double *value, size_t count)
{
    const histogram b = {name, value, count};
    return transact_patiently(ctx, r, enter_bins, &b, "histograms cannot be made durable");
}

static kith_status insert_declared(kith_ctx *ctx, kith_record *r, const kith_metrics *all)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE;
    KITH_TRY(kith_record_prepare(ctx, r,
                                 "INSERT OR REPLACE INTO declared (run, name, unit, better, log, sentence, plugin) "
                                 "VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 &s));
    for (size_t i = 0; i < all->count && code == SQLITE_DONE; i++) {
        const kith_metric *m = &all->item[i];
        sqlite3_bind_int64(s, 1, r->run);
        kith_record_bind_text(s, 2, m->name);
        kith_record_bind_text(s, 3, m->unit);
        sqlite3_bind_int64(s, 4, (sqlite3_int64)m->better);
        sqlite3_bind_int64(s, 5, m->log);
        kith_record_bind_text(s, 6, m->sentence);
        kith_record_bind_text(s, 7, m->plugin);
        code = sqlite3_step(s);
        if (code == SQLITE_DONE) sqlite3_reset(s);
    }
    return end_rows(ctx, r, s, code, "what plugins declare cannot be entered");
}

static kith_status enter_declared(kith_ctx *ctx, kith_record *r, const void *what)
{
    sqlite3_stmt *s = NULL;
    KITH_TRY(kith_record_prepare(ctx, r, "DELETE FROM declared WHERE run = ?", &s));
    sqlite3_bind_int64(s, 1, r->run);
    sqlite3_step(s);
    if (sqlite3_finalize(s) != SQLITE_OK) return kith_record_fail(ctx, r, "what plugins declare cannot be replaced");
    return insert_declared(ctx, r, what);
}

kith_status kith_record_declared(kith_ctx *ctx, kith_record *r, const kith_metric *metric, size_t count)
{
    const kith_metrics all = {metric, count};
    return transact_patiently(ctx, r, enter_declared, &all, "what plugins declare cannot be made durable");
}

static kith_status enter_graph(kith_ctx *ctx, kith_record *r, const void *what)
{
    KITH_TRY(kith_graphs_forget(ctx, r->db, r->database, r->run));
    return kith_graphs_enter(ctx, r->db, r->database, r->run, what);
}

kith_status kith_record_graph(kith_ctx *ctx, kith_record *r, const kith_last_graph *graph)
{
    return transact_patiently(ctx, r, enter_graph, graph, "a graph cannot be made durable");
}

kith_status kith_record_finish(kith_ctx *ctx, kith_record *r, const char *status, const char *message)
{
    const ending end = {status, message};
    const kith_status done = transact_patiently(ctx, r, enter_pending, &end, "metrics cannot be made durable");
    if (done == KITH_OK) entered(ctx, r);
    if (done == KITH_EINTERNAL) kith_pending_forget(&r->pending);
    if (done == KITH_OK || !r->passing || r->pending.count == 0) return done;
    /* what waits outlives this process, and a resumed run enters it */
    char why[1024];
    snprintf(why, sizeof why, "%s", kith_ctx_message(ctx));
    if (save_pending(ctx, r) != KITH_OK) return kith_fail(ctx, done, "%s", why);
    return kith_fail(ctx, done, "%s; its last numbers are in %s, and --resume enters them", why, r->waiting);
}
