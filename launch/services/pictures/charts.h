/* What charts there are to draw of runs: which metrics against what, as curves with labels.
 *
 * A chart by round, bytes or virtual time has a curve for each group of runs. A chart by a swept parameter has what
 * metrics came to in the end: a point for each of its values, and a curve for each combination of the other parameters
 * that differ.
 * Ownership: a chart's arrays are freed with kith_chart_free(); names belong to the kith_results. Threads: one.
 * Errors: KITH_EMEMORY only.
 */
#ifndef KITH_CHARTS_H
#define KITH_CHARTS_H

#include "launch/services/pictures/figure.h"
#include "launch/services/text/html.h"
#include "launch/services/results/swept.h"

/* A metric against an axis. */
typedef struct kith_chart_plan {
    const char *metric;
    kith_axis axis;
    bool may_be_log;
    bool main;                /* what runs are judged by, and what stands beside it */
    const kith_metric *known; /* what is known of it; NULL: nothing */
} kith_chart_plan;

enum { KITH_TITLE_SIZE = 160 };

/* The metric that the runs are judged by, of those that any of them has. */
const char *kith_results_leading(const kith_results *results);
/* "round", "bytes sent" ... */
const char *kith_axis_name(kith_axis axis);

/* Those that suit the runs: what leads against each axis first, then the other main ones, *out to be freed with
 * kith_free(). */
kith_status kith_plans_choose(kith_ctx *ctx, const kith_results *results, kith_chart_plan **out,
                              size_t *count) KITH_CHECKED;
/* Those of which to tell what they came to in the end: the main metrics, or all others where there is none of them. */
kith_status kith_plans_final(kith_ctx *ctx, const kith_results *results, kith_chart_plan **out,
                             size_t *count) KITH_CHECKED;
/* The plan for a metric that was asked for by its name. */
kith_chart_plan kith_plan_of(const kith_results *results, const char *metric, kith_axis axis);

typedef struct kith_chart {
    kith_curve *curve;
    kith_curve *theory;             /* [curves] what theory has for them, drawn beside; NULL: nothing */
    char (*label)[KITH_LABEL_SIZE]; /* what tells curves apart; unique; "" for a single one */
    size_t curves;
    const char **category; /* what x = 0, 1, ... stand for; NULL: x is a number */
    size_t categories;
    bool final; /* points, each what something came to in the end */
} kith_chart;

/* What lows and highs of the curves' points are: the least and the greatest; or the mean less and plus the standard
 * deviation, its error (that deviation over sqrt(n)), or half the 95 % interval of the mean by Student's t. */
typedef enum kith_spread_kind {
    KITH_SPREAD_EXTREMES,
    KITH_SPREAD_DEVIATION,
    KITH_SPREAD_ERROR,
    KITH_SPREAD_INTERVAL
} kith_spread_kind;
/* What a deviation of n runs is multiplied with. */
double kith_spread_factor(kith_spread_kind kind, size_t runs);

kith_status kith_chart_by_axis(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept, const char *metric,
                               kith_axis axis, kith_spread_kind spread, kith_chart *out) KITH_CHECKED;
/* key: one of `swept`. Groups that lack it are left out, and so are runs that are not done where others are. Keys that
 * follow it are no reason for curves of their own. */
kith_status kith_chart_by_key(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept,
                              const kith_swept_key *key, const char *metric, kith_spread_kind spread,
                              kith_chart *out) KITH_CHECKED;
void kith_chart_free(kith_chart *chart);
/* Whether key k of `swept` has one value for each value of `key`. */
kith_status kith_swept_follows(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept, size_t k,
                               const kith_swept_key *key, bool *out) KITH_CHECKED;

/* Of all points; NaN without any. */
typedef struct kith_extent {
    double x_least, x_most, y_least, y_most;
    double y_positive;            /* the least low above 0 */
    size_t runs_least, runs_most; /* of a point */
} kith_extent;
kith_extent kith_extent_of(const kith_curve *curve, size_t count);
/* With what theory has, but for runs. */
kith_extent kith_chart_extent(const kith_chart *chart);
/* The metric that is theory's for another one; NULL: there is none. */
const char *kith_metric_theory(const char *metric);

/* Sets what curves, axis and extent decide: units, ranges, logarithmic axes. x_label and y_label get axis titles with
 * units and must live as long as the figure. key: NULL for a chart by an axis. */
void kith_chart_frame(const kith_chart *chart, const kith_chart_plan *plan, const kith_swept_key *key,
                      char x_label[KITH_TITLE_SIZE], char y_label[KITH_TITLE_SIZE], kith_figure *out);

#endif
