#include "record/live.h"

#include "record/arrivals.h"
#include "record/events.h"
#include "record/holdings.h"
#include "record/inside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kith_live {
    FILE *file; /* NULL: it could not be written */
    char *path;
};

/* Seconds since the epoch, as events have them. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void give_up(kith_ctx *ctx, kith_live *live, int error)
{
    kith_note(ctx, "%s: takes no more events: %s; the run goes on without them", live->path, strerror(error));
    if (live->file) fclose(live->file);
    live->file = NULL;
}

static void add(kith_ctx *ctx, kith_live *live, double when, const char *name, uint64_t round, double value)
{
    const kith_scalar scalar = {name, value};
    if (!live->file || isnan(value)) return;
    if (!kith_event_scalars(live->file, when, round, &scalar, 1)) give_up(ctx, live, ENOMEM);
}

void kith_live_add(kith_ctx *ctx, kith_live *live, const char *name, uint64_t round, double value)
{
    if (live) add(ctx, live, now(), name, round, value);
}

void kith_live_flush(kith_ctx *ctx, kith_live *live)
{
    if (live && live->file && fflush(live->file) != 0) give_up(ctx, live, errno);
}

void kith_live_close(kith_live *live)
{
    if (!live) return;
    if (live->file) fclose(live->file);
    free(live->path);
    kith_free(live);
}

/* What the run came to before it was resumed. */
static kith_status write_former(kith_ctx *ctx, kith_record *r, kith_live *live)
{
    sqlite3_stmt *s = NULL;
    const double when = now();
    KITH_TRY(
        kith_record_prepare(ctx, r, "SELECT name, round, value FROM metrics WHERE run = ? ORDER BY round, name", &s));
    sqlite3_bind_int64(s, 1, r->run);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const double value = sqlite3_column_type(s, 2) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(s, 2);
        add(ctx, live, when, (const char *)sqlite3_column_text(s, 0), (uint64_t)sqlite3_column_int64(s, 1), value);
    }
    return sqlite3_finalize(s) == SQLITE_OK ? KITH_OK : kith_record_fail(ctx, r, "cannot be read");
}

kith_status kith_record_follow(kith_ctx *ctx, kith_record *r)
{
    const char *slash = strrchr(r->database, '/');
    kith_live *live;
    KITH_TRY(KITH_ALLOC(ctx, "events", 1, &live));
    r->live = live;
    if (asprintf(&live->path, "%.*s" KITH_LIVE_NAME, slash ? (int)(slash + 1 - r->database) : 0, r->database) < 0) {
        live->path = NULL;
        return kith_fail(ctx, KITH_EMEMORY, "no memory for events");
    }
    live->file = fopen(live->path, "wbe");
    if (!live->file)
        give_up(ctx, live, errno);
    else if (!kith_event_version(live->file, now()))
        give_up(ctx, live, ENOMEM);
    KITH_TRY(write_former(ctx, r, live));
    for (size_t i = 0; i < r->pending.count; i++)
        if (!kith_arrivals_is(&r->pending.item[i]))
            kith_live_add(ctx, live, r->pending.item[i].name, r->pending.item[i].round, r->pending.item[i].value);
    kith_live_flush(ctx, live);
    return KITH_OK;
}
