/* What a run has under a name, for lists of runs: to print it, to compare runs by it, to choose runs by it.
 *
 * Names: run (the id), folder, name, algorithm, status, seed, rounds, started, finished, note, tags; a metric, of which
 *   the last number counts; "best METRIC", the best number of a metric whose better direction is known; a parameter as
 *   section.key, or by its key where neither a metric nor another parameter of the run has that name.
 * Ownership: texts belong to the run or to `room`. Threads: one.
 * Errors: KITH_EUSAGE for a criterion that cannot be read, and for names that no run has, with the nearest one.
 */
#ifndef KITH_RUN_VALUE_H
#define KITH_RUN_VALUE_H

#include "launch/services/results/results.h"

typedef struct kith_run_value {
    const char *text; /* NULL: the run has nothing of that name */
    double number;    /* NaN: it is none */
    char room[32];
} kith_run_value;

/* `out` must not be moved while its text is used. */
void kith_run_value_of(const kith_result *run, const char *name, kith_run_value *out);
/* Refuses a name that no run has anything of. */
kith_status kith_run_value_check(kith_ctx *ctx, const kith_results *results, const char *option,
                                 const char *name) KITH_CHECKED;

/* "NAME = VALUE", also with !=, <, <=, >, >=. Numbers are compared as numbers where both sides are; a text may have *
 * and ? for = and !=. A run without the name meets != alone. */
typedef struct kith_criterion {
    char *name, *value; /* in one allocation, which is `name` */
    int how;
} kith_criterion;

kith_status kith_criterion_read(kith_ctx *ctx, const char *text, kith_criterion *out) KITH_CHECKED;
bool kith_criterion_met(const kith_criterion *criterion, const kith_result *run);
void kith_criterion_free(kith_criterion *criterion);

/* Less than, equal to or greater than 0, as for qsort: numbers by size, others after them by the alphabet, what is not
 * there last. */
int kith_run_value_order(const kith_run_value *a, const kith_run_value *b);

#endif
