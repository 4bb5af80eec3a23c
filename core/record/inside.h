/* What the files that write a run's record share: the record itself, and one way of asking its database.
 *
 * Ownership: as in record.h. Threads: one. Errors: KITH_EIO, worded with the database's path.
 */
#ifndef KITH_RECORD_INSIDE_H
#define KITH_RECORD_INSIDE_H

#include "record/pending.h"
#include "record/record.h"

#include <sqlite3.h>

/* How long a commit waits for a reader that is in the middle of its transaction (`kith report` takes milliseconds). */
enum { KITH_BUSY_TIMEOUT_MS = 60000, KITH_TIME_SIZE = 32 };

struct kith_record {
    char *database; /* its path */
    sqlite3 *db;
    sqlite3_stmt *insert_metric;
    sqlite3_stmt *insert_arrival, *insert_partner; /* NULL until there is one */
    int64_t run;
    uint64_t identity;
    int lock;                  /* the folder, open and locked while the run goes on */
    char *waiting;             /* the path of what keeps numbers that the database did not take */
    kith_pending_list pending; /* numbers that are not in the database */
    double tried;              /* when they were last to go in, s of the monotonic clock */
    bool passing, read;        /* the last transaction failed for a reason that may pass; since somebody reads */
    bool late;                 /* the database did not take them, and the user was told */
    bool saved;                /* there is a file of them */
    struct kith_live *live;    /* NULL: nobody asked for events */
};

/* UTC, as the database has it. */
void kith_record_now(char text[KITH_TIME_SIZE]);
kith_status kith_record_fail(kith_ctx *ctx, kith_record *r, const char *doing) KITH_CHECKED;
kith_status kith_record_execute(kith_ctx *ctx, kith_record *r, const char *sql, const char *doing) KITH_CHECKED;
kith_status kith_record_prepare(kith_ctx *ctx, kith_record *r, const char *sql, sqlite3_stmt **out) KITH_CHECKED;
/* Binding fails only for want of memory; a text that was not bound would be NULL, which every column but those that may
 * be NULL refuses. Hence only the step is checked. */
void kith_record_bind_text(sqlite3_stmt *s, int column, const char *text);
/* What kith_record_insert() runs; conflict: "", or "OR IGNORE". */
kith_status kith_record_prepare_metric(kith_ctx *ctx, kith_record *r, const char *conflict) KITH_CHECKED;
/* [in a transaction] */
kith_status kith_record_insert(kith_ctx *ctx, kith_record *r, const kith_pending *number) KITH_CHECKED;

#endif
