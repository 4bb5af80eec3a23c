/* `kith join`: the runs of several folders as one, as if one sweep had made them.
 *
 * All places are read and compared before anything is written; the new folder is built under a hidden name beside its
 * place and renamed. Ownership: join_free() frees what join_find() made. Threads: one.
 * Errors: KITH_EUSAGE where experiments, builds, or the numbers of one run differ, naming what does; KITH_EIO with the
 * path.
 */
#ifndef KITH_LAUNCH_JOIN_H
#define KITH_LAUNCH_JOIN_H

#include "launch/services/results/results.h"

typedef struct join_request {
    const char *out;          /* the new folder */
    const char *const *place; /* [places] with runs, as kith_results_read() takes them */
    size_t places;
    const char *const *by; /* [bys] "section.key" that may differ between places */
    size_t bys;
    bool other_builds; /* may have made them */
} join_request;

typedef struct join_run {
    const kith_result *run;
    size_t place;
    uint64_t digest; /* of its configuration */
    int64_t id;      /* in the new folder */
    char *output;    /* OUT/NAME, where its model goes */
} join_run;

typedef struct join {
    const join_request *request;
    kith_results *results; /* [places] */
    join_run *run;         /* [count] by id; those that count */
    size_t count;
    size_t twins;      /* runs that are there once more, with the same numbers */
    size_t unfinished; /* that go on, or were killed: left out */
} join;

kith_status join_find(kith_ctx *ctx, const join_request *request, join *out) KITH_CHECKED;
void join_free(join *j);
/* Makes the folder of it all. */
kith_status join_write(kith_ctx *ctx, const join *j) KITH_CHECKED;

/* Refuses places that are no one experiment: with a parameter that no place varies, and that differs between two. */
kith_status join_check_experiments(kith_ctx *ctx, const join *j) KITH_CHECKED;
/* Refuses places that different programs or plugins made, unless the request allows it; notes other processors. */
kith_status join_check_builds(kith_ctx *ctx, const join *j) KITH_CHECKED;
/* Refuses two runs of one configuration whose numbers differ (wall_* apart). */
kith_status join_check_twins(kith_ctx *ctx, const kith_result *first, const char *first_place,
                             const kith_result *second, const char *second_place) KITH_CHECKED;

#endif
