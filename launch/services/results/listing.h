/* Which runs a command is about, in which order, and what is told of them. Threads: one. */
#ifndef KITH_RUNS_LISTING_H
#define KITH_RUNS_LISTING_H

#include "launch/services/results/results.h"
#include "launch/services/results/value.h"

#include <stdio.h>

typedef struct listing {
    const char *where;                /* NULL: the folder runs, or this one where there is none */
    const char **criterion, **column; /* [criteria] texts of -w; [columns] names of -x */
    size_t criteria, columns;
    const char *sort, *best; /* names; NULL: as they were read */
    bool backwards;
    size_t most; /* 0: all */
    kith_results results;
} listing;

/* Reads what `where` holds, drops runs that do not meet all criteria, sorts, cuts. */
kith_status listing_read(kith_ctx *ctx, listing *l) KITH_CHECKED;
void listing_free(listing *l);

/* The metric that a run is judged by; NULL: none. */
const char *listing_leading(const kith_result *run);
/* "12", or "12/300" where it is not done. */
void listing_rounds(const kith_result *run, char text[48]);

/* An aligned table, for a terminal of so many columns (0: any number). *left_out: how many of the table's did not fit.
 */
kith_status listing_print(kith_ctx *ctx, const listing *l, FILE *out, size_t width, size_t *left_out) KITH_CHECKED;
/* All that is known of a run but its single points, as JSON: an array of objects. */
void listing_json(const listing *l, FILE *out);

#endif
