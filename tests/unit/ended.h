/* Runs an experiment to its end in folder "out", and asks for what it recorded. Include after quadratics.h. */
#ifndef KITH_TESTS_ENDED_H
#define KITH_TESTS_ENDED_H

#include "runner.h"
#include "scratch.h"

#include <sqlite3.h>

/* Runs all rounds and records them in folder "out". */
static inline void run_all(const settings *s)
{
    runner r = {.ctx = kith_ctx_create()};
    const kith_exchange_options alone = {0};
    const kith_run_options options = {.name = "test", .record = true, .overwrite = true};
    bool stop = false, done = false;
    assert_ok(r.ctx, kith_exchange_open(r.ctx, &alone, "", &r.exchange));
    assert_ok(r.ctx, kith_registry_create(r.ctx, &r.registry));
    assert_ok(r.ctx, kith_config_create(r.ctx, &r.config));
    for (size_t i = 0; i < s->count; i++)
        assert_ok(r.ctx, kith_config_set(r.ctx, r.config, s->text[i]));
    assert_ok(r.ctx, kith_config_set(r.ctx, r.config, "run.output=out"));
    assert_ok(r.ctx, kith_run_resolve(r.ctx, r.registry, r.config, &options, &r.run));
    assert_ok(r.ctx, kith_run_open(r.ctx, r.run, r.exchange));
    while (!done)
        assert_ok(r.ctx, kith_run_step(r.ctx, r.run, &stop, &done));
    assert_ok(r.ctx, kith_run_finish(r.ctx, r.run, "done", NULL));
    runner_close(&r);
}

/* The number that a query answers; NaN where it answers none. */
__attribute__((format(printf, 1, 2))) static inline double ask(const char *format, ...)
{
    char sql[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    double answer = NAN;
    assert_int_equal(sqlite3_open_v2("out/kith.db", &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        answer = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

static inline double metric(const char *name, int round)
{
    return ask("SELECT value FROM metrics WHERE name = '%s' AND round = %d", name, round);
}

#endif
