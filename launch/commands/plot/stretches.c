/* Where runs communicate much: what schedules of communication did, whoever decided it. */
#include "launch/commands/plot/panels.h"

#include <math.h>
#include <string.h>

/* Of the busiest. */
static const double share = 0.5;

/* Bytes a round between the i-th record and the one before. */
static double rate(const kith_curve *sent, size_t i)
{
    return (sent->point[i].mean - sent->point[i - 1].mean) / (sent->point[i].x - sent->point[i - 1].x);
}

/* One group's, appended; neighbours are one. */
static void add_stretches(const kith_curve *sent, size_t curve, kith_stretch *out, size_t *count)
{
    const size_t first = *count;
    double most = 0.0, least = INFINITY;
    for (size_t i = 1; i < sent->count; i++) {
        most = fmax(most, rate(sent, i));
        least = fmin(least, rate(sent, i));
    }
    if (!(least <= share * most) || !(most > 0)) return;
    for (size_t i = 1; i < sent->count; i++) {
        if (rate(sent, i) <= share * most) continue;
        if (*count > first && out[*count - 1].to == sent->point[i - 1].x)
            out[*count - 1].to = sent->point[i].x;
        else
            out[(*count)++] = (kith_stretch){sent->point[i - 1].x, sent->point[i].x, curve};
    }
}

/* Whether all groups have what the first one has; then the first one's stand for all. */
static bool agree(const kith_stretch *all, size_t count, size_t groups)
{
    if (groups == 0 || count % groups != 0) return false;
    const size_t own = count / groups;
    for (size_t i = 0; i < count; i++)
        if (all[i].curve != i / own || all[i].from != all[i % own].from || all[i].to != all[i % own].to) return false;
    return true;
}

kith_status kith_plot_stretches(kith_ctx *ctx, const kith_groups *groups, kith_stretch **out, size_t *count)
{
    size_t most = 1;
    kith_stretch *all = NULL;
    for (size_t g = 0; g < groups->count; g++)
        for (size_t r = 0; r < groups->group[g].count; r++) {
            const kith_series *sent = kith_result_series(groups->group[g].run[r], KITH_METRIC_bytes_sent);
            most += sent ? sent->count : 0;
        }
    KITH_TRY(KITH_ALLOC(ctx, "a figure", most, &all));
    *count = 0;
    kith_status status = KITH_OK;
    for (size_t g = 0; g < groups->count && status == KITH_OK; g++) {
        kith_curve sent = {.count = 0};
        status = kith_curve_make(ctx, &groups->group[g], KITH_METRIC_bytes_sent, KITH_AXIS_ROUND, &sent);
        if (status == KITH_OK) add_stretches(&sent, g, all, count);
        kith_free(sent.point);
    }
    if (*count && agree(all, *count, groups->count)) {
        *count /= groups->count;
        for (size_t i = 0; i < *count; i++)
            all[i].curve = SIZE_MAX;
    }
    *out = all;
    return status;
}
