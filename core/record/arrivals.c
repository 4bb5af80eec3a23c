#include "record/arrivals.h"

#include "record/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 7 };

kith_status kith_record_arrival(kith_ctx *ctx, kith_record *r, const kith_recorded_arrival *a)
{
    char text[256];
    const int length =
        snprintf(text, sizeof text, "@%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                 a->place, a->learner, a->version, a->visit, a->steps, a->lost, a->late);
    if (a->meets) snprintf(text + length, sizeof text - (size_t)length, " %" PRIu64, a->partner);
    return kith_pending_add(ctx, &r->pending, text, a->round + 1, a->time, a->ends);
}

bool kith_arrivals_is(const kith_pending *item)
{
    return item->name[0] == '@';
}

static void bind_time(sqlite3_stmt *s, int column, double time)
{
    if (isnan(time))
        sqlite3_bind_null(s, column);
    else
        sqlite3_bind_double(s, column, time);
}

/* A row that is there already stays. */
static kith_status enter(kith_ctx *ctx, kith_record *r, sqlite3_stmt *s)
{
    const int code = sqlite3_step(s);
    kith_status status = KITH_OK;
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        status = kith_schema_replaced(ctx, r->database);
    else if (code != SQLITE_DONE)
        status = kith_record_fail(ctx, r, "an arrival cannot be entered");
    sqlite3_reset(s);
    return status;
}

static void bind_next(sqlite3_stmt *s, int column, const char **text)
{
    char *end = NULL;
    sqlite3_bind_int64(s, column, (sqlite3_int64)strtoull(*text, &end, 10));
    *text = end;
}

static kith_status insert_partner(kith_ctx *ctx, kith_record *r, const kith_pending *item, const char *partner)
{
    static const char sql[] = "INSERT OR IGNORE INTO partners (run, round, place, partner) VALUES (?, ?, ?, ?)";
    if (!r->insert_partner) KITH_TRY(kith_record_prepare(ctx, r, sql, &r->insert_partner));
    sqlite3_stmt *s = r->insert_partner;
    const char *place = item->name + 1;
    sqlite3_bind_int64(s, 1, r->run);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)item->round - 1);
    bind_next(s, 3, &place);
    bind_next(s, 4, &partner);
    return enter(ctx, r, s);
}

kith_status kith_arrivals_insert(kith_ctx *ctx, kith_record *r, const kith_pending *item)
{
    static const char sql[] = "INSERT OR IGNORE INTO arrivals (run, round, time, ends, place, learner, version, visit, "
                              "steps, lost, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    if (!r->insert_arrival) KITH_TRY(kith_record_prepare(ctx, r, sql, &r->insert_arrival));
    sqlite3_stmt *s = r->insert_arrival;
    sqlite3_bind_int64(s, 1, r->run);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)item->round - 1);
    bind_time(s, 3, item->virtual_time);
    bind_time(s, 4, item->value);
    const char *text = item->name + 1;
    for (int k = 0; k < NUMBERS; k++)
        bind_next(s, 5 + k, &text);
    KITH_TRY(enter(ctx, r, s));
    return *text ? insert_partner(ctx, r, item, text) : KITH_OK;
}
