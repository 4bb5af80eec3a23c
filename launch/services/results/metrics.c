#include "launch/services/results/metrics.h"

#include "config/config.h"

#include <string.h>

static size_t series_in_all(const kith_results *results)
{
    size_t count = 0;
    for (size_t r = 0; r < results->count; r++)
        count += results->run[r]->series_count;
    return count;
}

static kith_status check(kith_ctx *ctx, const char *where, const kith_results *results, const char *metric)
{
    const char **name;
    size_t names = 0;
    for (size_t r = 0; r < results->count; r++)
        if (kith_result_series(results->run[r], metric)) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "names of metrics", series_in_all(results), &name));
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++)
            name[names++] = results->run[r]->series[s].name;
    const char *near = kith_nearest(metric, name, names);
    const kith_status status =
        near ? kith_fail(ctx, KITH_EUSAGE, "%s: no run has a metric '%s'; did you mean '%s'?", where, metric, near)
             : kith_fail(ctx, KITH_EUSAGE,
                         "%s: no run has a metric '%s'; '" KITH_NAME " export %s' lists those there are", where, metric,
                         where);
    kith_free(name);
    return status;
}

kith_status kith_metrics_check(kith_ctx *ctx, const char *where, const kith_results *results, const char *const *metric,
                               size_t metrics)
{
    for (size_t i = 0; i < metrics; i++)
        KITH_TRY(check(ctx, where, results, metric[i]));
    return KITH_OK;
}

bool kith_metric_asked(const char *const *metric, size_t metrics, const char *name)
{
    for (size_t i = 0; i < metrics; i++)
        if (strcmp(metric[i], name) == 0) return true;
    return metrics == 0;
}
