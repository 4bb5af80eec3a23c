/* Metrics that were asked for by their names. Errors: KITH_EUSAGE, with the nearest name there is. Threads: one. */
#ifndef KITH_METRICS_H
#define KITH_METRICS_H

#include "launch/services/results/results.h"

/* Each is a metric of some run in `where`. */
kith_status kith_metrics_check(kith_ctx *ctx, const char *where, const kith_results *results, const char *const *metric,
                               size_t metrics) KITH_CHECKED;
/* Whether `name` is among them; all are where none was named. */
bool kith_metric_asked(const char *const *metric, size_t metrics, const char *name);

#endif
