#include "launch/services/results/groups.h"
#include "base/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double kith_time_of(const char *text)
{
    struct tm parts = {.tm_year = 0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return end && !*end ? (double)timegm(&parts) : NAN;
}

double kith_result_at(const kith_result *run, const char *metric, uint64_t round)
{
    const kith_series *series = kith_result_series(run, metric);
    size_t low = 0, high = series ? series->count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (series->point[middle].round < round)
            low = middle + 1;
        else
            high = middle;
    }
    return series && low < series->count && series->point[low].round == round ? series->point[low].value : NAN;
}

double kith_result_last(const kith_result *run, const char *metric)
{
    const kith_series *series = kith_result_series(run, metric);
    return series && series->count ? series->point[series->count - 1].value : NAN;
}

double kith_result_best(const kith_result *run, const char *metric, bool greatest)
{
    const kith_series *series = kith_result_series(run, metric);
    double best = NAN;
    for (size_t i = 0; series && i < series->count; i++)
        best = greatest ? fmax(best, series->point[i].value) : fmin(best, series->point[i].value);
    return best;
}

uint64_t kith_result_rounds(const kith_result *run)
{
    uint64_t last = 0;
    for (size_t s = 0; s < run->series_count; s++) {
        const kith_series *series = &run->series[s];
        if (series->count && series->point[series->count - 1].round > last)
            last = series->point[series->count - 1].round;
    }
    return last;
}

double kith_result_time(const kith_result *run)
{
    double last = NAN;
    for (size_t s = 0; s < run->series_count; s++)
        for (size_t i = 0; i < run->series[s].count; i++)
            last = fmax(last, run->series[s].point[i].virtual_time);
    return last;
}

bool kith_result_has_clock(const kith_result *run)
{
    for (size_t s = 0; s < run->series_count; s++)
        for (size_t i = 0; i < run->series[s].count; i++) {
            const kith_point *p = &run->series[s].point[i];
            if (p->virtual_time > 0 && p->virtual_time != (double)p->round)
                return true; /* older programs counted rounds */
        }
    return false;
}

bool kith_results_have(const kith_results *results, const char *metric)
{
    for (size_t r = 0; r < results->count; r++)
        if (!isnan(kith_result_best(results->run[r], metric, true))) return true;
    return false;
}

bool kith_results_have_clock(const kith_results *results)
{
    for (size_t r = 0; r < results->count; r++)
        if (kith_result_has_clock(results->run[r])) return true;
    return false;
}

const kith_point *kith_result_reached(const kith_result *run, const char *metric, double target)
{
    const kith_series *series = kith_result_series(run, metric);
    for (size_t i = 0; series && i < series->count; i++)
        if (series->point[i].value >= target) return &series->point[i];
    return NULL;
}

void kith_spread_add(kith_spread *spread, double value)
{
    if (!isfinite(value)) {
        spread->missing++;
        return;
    }
    const double step = value - spread->mean;
    spread->mean += step / (double)++spread->count;
    spread->squares += step * (value - spread->mean);
}

double kith_spread_mean(const kith_spread *spread)
{
    return spread->count > 0 ? spread->mean : NAN;
}

double kith_spread_deviation(const kith_spread *spread)
{
    return spread->count > 1 && isfinite(spread->squares) ? sqrt(spread->squares / (double)(spread->count - 1)) : NAN;
}

kith_spread kith_group_final(const kith_group *group, const char *metric)
{
    kith_spread s = {.count = 0};
    const bool any_done = kith_group_done(group) > 0;
    for (size_t r = 0; r < group->count; r++)
        if (!any_done || strcmp(group->run[r]->status, "done") == 0)
            kith_spread_add(&s, kith_result_last(group->run[r], metric));
    return s;
}

/* One run's number in one round. */
typedef struct sample {
    uint64_t round;
    double x, y;
} sample;

static int by_round(const void *a, const void *b)
{
    const uint64_t left = ((const sample *)a)->round, right = ((const sample *)b)->round;
    return (left > right) - (left < right);
}

static double position(const kith_result *run, const kith_point *point, kith_axis axis)
{
    switch (axis) {
    case KITH_AXIS_BYTES:
        return kith_result_at(run, KITH_METRIC_bytes_sent, point->round);
    case KITH_AXIS_BYTES_UP:
        return kith_result_at(run, KITH_METRIC_bytes_up, point->round);
    case KITH_AXIS_TIME:
        return point->virtual_time;
    case KITH_AXIS_ROUND:
    case KITH_AXES:
        break;
    }
    return (double)point->round;
}

static size_t collect(const kith_group *group, const char *metric, kith_axis axis, sample *out)
{
    size_t count = 0;
    for (size_t r = 0; r < group->count; r++) {
        const kith_series *series = kith_result_series(group->run[r], metric);
        for (size_t i = 0; series && i < series->count; i++) {
            const kith_point *point = &series->point[i];
            const double x = position(group->run[r], point, axis);
            if (isfinite(x) && isfinite(point->value)) out[count++] = (sample){point->round, x, point->value};
        }
    }
    qsort(out, count, sizeof *out, by_round);
    return count;
}

static size_t merge(const sample *in, size_t count, kith_curve_point *out)
{
    size_t points = 0;
    for (size_t i = 0, end; i < count; i = end) {
        kith_curve_point p = {.low = in[i].y, .high = in[i].y};
        kith_spread spread = {.count = 0};
        for (end = i; end < count && in[end].round == in[i].round; end++) {
            p.x += in[end].x;
            p.mean += in[end].y;
            kith_spread_add(&spread, in[end].y);
            p.low = fmin(p.low, in[end].y);
            p.high = fmax(p.high, in[end].y);
            p.runs++;
        }
        p.x /= (double)p.runs;
        p.mean /= (double)p.runs;
        p.deviation = kith_spread_deviation(&spread);
        out[points++] = p;
    }
    return points;
}

kith_status kith_curve_make(kith_ctx *ctx, const kith_group *group, const char *metric, kith_axis axis, kith_curve *out)
{
    size_t most = 0;
    for (size_t r = 0; r < group->count; r++) {
        const kith_series *series = kith_result_series(group->run[r], metric);
        most += series ? series->count : 0;
    }
    sample *samples;
    kith_curve_point *points;
    KITH_TRY(KITH_ALLOC(ctx, "a curve", most, &samples));
    const kith_status status = KITH_ALLOC(ctx, "a curve", most, &points);
    if (status == KITH_OK) *out = (kith_curve){points, merge(samples, collect(group, metric, axis, samples), points)};
    kith_free(samples);
    return status;
}
