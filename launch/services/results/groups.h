/* Runs that differ in nothing but their seeds belong together: a group is drawn as one curve with a band. Of runs that
 * do not differ in their seeds either one counts, since they have the same numbers: one that is done, or that came
 * farthest.
 *
 * Ownership: runs and texts belong to the kith_results, which must outlive the groups; arrays are freed by
 *   kith_groups_free(), curves by the caller with kith_free().
 * Errors: KITH_EMEMORY only. Threads: one.
 */
#ifndef KITH_GROUPS_H
#define KITH_GROUPS_H

#include "launch/services/results/results.h"

enum { KITH_LABEL_SIZE = 160, KITH_TOLD_SIZE = 96 }; /* of a label, and of a value in it */

typedef struct kith_group {
    const kith_result **run; /* [count + repeats]: those that count come first */
    size_t count;            /* >= 1 */
    size_t repeats;
    char label[KITH_LABEL_SIZE]; /* the algorithm, and what tells it from its other groups; unique */
} kith_group;

typedef struct kith_groups {
    kith_group *group;
    size_t count;
} kith_groups;

kith_status kith_groups_make(kith_ctx *ctx, const kith_results *results, kith_groups *out) KITH_CHECKED;
void kith_groups_free(kith_groups *groups);

/* Adds ", halted in round 8" where halving let others pass: all that the configuration came to is of that round. */
void kith_label_halt(const kith_result *run, char label[KITH_LABEL_SIZE]);

/* How many of a group's runs are done, and whether one of them is to be counted: a mean over complete and incomplete
 * runs would compare different things, unless there are no complete ones. */
size_t kith_group_done(const kith_group *group);
bool kith_group_counts(const kith_group *group, const kith_result *run);

/* Whether a parameter says which random numbers are drawn or where results go, rather than what is computed. */
bool kith_is_seed(const char *key);
bool kith_is_place(const char *section, const char *key);
/* Neither of them. */
bool kith_tells_apart(const kith_setting_text *p);

typedef enum kith_axis { KITH_AXIS_ROUND, KITH_AXIS_BYTES, KITH_AXIS_TIME, KITH_AXIS_BYTES_UP, KITH_AXES } kith_axis;

/* One round of a group: the mean over its runs that got there, their least and greatest value, and their sample
 * standard deviation, NaN of one run. */
typedef struct kith_curve_point {
    double x, mean, low, high, deviation;
    size_t runs;
} kith_curve_point;

typedef struct kith_curve {
    kith_curve_point *point;
    size_t count;
} kith_curve;

/* A metric against an axis, in the unit it was recorded in (bytes, s). Points that are not finite are left out. */
kith_status kith_curve_make(kith_ctx *ctx, const kith_group *group, const char *metric, kith_axis axis,
                            kith_curve *out) KITH_CHECKED;

/* Seconds since the epoch of an ISO 8601 text, as databases have it; NaN for what is none. */
double kith_time_of(const char *text);
/* What a run had come to in a round; NaN where that was not recorded. */
double kith_result_at(const kith_result *run, const char *metric, uint64_t round);
/* The last and the best number of a metric, best being the greatest or the least; NaN without any. */
double kith_result_last(const kith_result *run, const char *metric);
double kith_result_best(const kith_result *run, const char *metric, bool greatest);
/* The last round that anything was recorded for, and the greatest virtual time (s). */
uint64_t kith_result_rounds(const kith_result *run);
double kith_result_time(const kith_result *run);
/* Whether virtual time says more than the number of the round does. */
bool kith_result_has_clock(const kith_result *run);
/* Whether any run has a number of this name that is finite; whether any has a clock. */
bool kith_results_have(const kith_results *results, const char *metric);
bool kith_results_have_clock(const kith_results *results);
/* The first evaluation at which a metric was at least `target`; NULL if none was. */
const kith_point *kith_result_reached(const kith_result *run, const char *metric, double target);

/* Mean and sample standard deviation of what was added and is finite. Start with zeros. */
typedef struct kith_spread {
    size_t count, missing; /* missing: what was added and is no number, or infinite */
    double mean, squares;  /* squares: of the distances from the mean (Welford) */
} kith_spread;
/* What a metric came to in the runs of a group that count. */
kith_spread kith_group_final(const kith_group *group, const char *metric);
void kith_spread_add(kith_spread *spread, double value);
double kith_spread_mean(const kith_spread *spread);      /* NaN of nothing */
double kith_spread_deviation(const kith_spread *spread); /* NaN of less than two, and past the range of numbers */

#endif
