/* A small frame for checks that all workers make together: worker 0 prints `ok - name` or `not ok - name`, and every
 * worker whose check failed says why on standard error and ends with a non-zero status. */
#ifndef KITH_TESTS_TRY_H
#define KITH_TESTS_TRY_H

#include "exchange/exchange.h"

#include <stdio.h>

typedef struct try_run {
    kith_ctx *ctx;
    kith_exchange *ex;
    const kith_place *place;
    char why[512];   /* the first thing wrong in the check being made; "" if none */
    size_t failures; /* checks that failed on any worker */
    uint64_t digest; /* of what worker 0 read: the same for any number of workers */
} try_run;

/* Records that something is wrong in the current check, unless something already is. */
void try_wrong(try_run *t, const char *format, ...) KITH_PRINTF(2, 3);
/* try_that(t, condition): the condition is the explanation. */
#define try_that(t, condition)                                                                                         \
    ((condition) ? (void)0 : try_wrong((t), "%s:%d: not so: %s", __FILE__, __LINE__, #condition))
/* try_ok(t, call): the call succeeds. */
#define try_ok(t, call) try_status((t), (call), KITH_OK, #call)
void try_status(try_run *t, kith_status got, kith_status wanted, const char *call);

/* [all] Ends a check: prints its line. No worker leaves it before all are there. */
void try_end(try_run *t, const char *name);

/* A number for (salt, row, coordinate), never 0. Row 4k + 2 takes away the very large numbers of row 4k + 1, so what is
 * left of a sum depends on the order in which it was made. */
double try_value(uint64_t salt, size_t row, size_t coordinate);
/* Worker that writes a row in these tests, and its domain. */
size_t try_writer(const try_run *t, size_t row);
uint32_t try_domain(const try_run *t, size_t worker);
/* Adds bytes to the digest, on worker 0 alone. */
void try_digest(try_run *t, const void *bytes, size_t count);

/* contents.c: what is where after each kind of publish. */
void try_contents(try_run *t);

/* fault.c: from now on this MPI function fails on this worker. */
void try_break(const char *name);

#endif
