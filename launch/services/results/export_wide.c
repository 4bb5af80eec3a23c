/* `kith export --wide`: what data frames are made of. */
#include "launch/services/results/export.h"
#include "base/metrics.h"

#include "launch/services/results/metrics.h"
#include "launch/services/results/swept.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const clock_column = KITH_METRIC_virtual_time;

typedef struct table {
    const kith_swept *swept;
    const char **metric; /* [metrics] */
    size_t metrics;
    bool json;
    FILE *out;
} table;

static kith_status list_metrics(kith_ctx *ctx, const kith_export_request *request, const kith_results *results,
                                table *t)
{
    size_t most = 1;
    for (size_t r = 0; r < results->count; r++)
        most += results->run[r]->series_count;
    KITH_TRY(KITH_ALLOC(ctx, "names of metrics", most, &t->metric));
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++) {
            const char *name = results->run[r]->series[s].name;
            if (!kith_metric_asked(request->metric, request->metrics, name)) continue;
            if (t->metrics && kith_metric_asked(t->metric, t->metrics, name)) continue;
            t->metric[t->metrics++] = name;
        }
    return KITH_OK;
}

/* The next round after `last` that any of the metrics has a number for; false: there is none. `at` is its place in each
 * series. */
static bool next_round(const table *t, const kith_result *run, size_t *at, const kith_point **point, uint64_t *round)
{
    bool found = false;
    for (size_t m = 0; m < t->metrics; m++) {
        const kith_series *series = kith_result_series(run, t->metric[m]);
        point[m] = series && at[m] < series->count ? &series->point[at[m]] : NULL;
        if (point[m] && (!found || point[m]->round < *round)) *round = point[m]->round;
        found = found || point[m];
    }
    for (size_t m = 0; m < t->metrics; m++) {
        if (point[m] && point[m]->round != *round) point[m] = NULL;
        at[m] += point[m] != NULL;
    }
    return found;
}

static void write_name(const table *t, const char *name, bool first)
{
    if (!first) putc(',', t->out);
    if (!t->json) return;
    kith_json_text(t->out, name);
    putc(':', t->out);
}

static void write_text(const table *t, const char *name, const char *text, bool first)
{
    write_name(t, name, first);
    if (t->json)
        kith_json_text(t->out, text);
    else
        kith_csv_text(t->out, text);
}

static void write_number(const table *t, const char *name, double value)
{
    write_name(t, name, false);
    if (t->json)
        kith_json_number(t->out, value);
    else
        kith_csv_number(t->out, value);
}

static void write_setting(const table *t, const char *name, const char *value)
{
    const char *end = NULL;
    const double number = value ? kith_number(value, &end) : NAN;
    if (t->json && (!value || (end != value && !*end && isfinite(number))))
        write_number(t, name, number);
    else
        write_text(t, name, value ? value : "", false);
}

/* Each row has the clock anyway. */
static bool has_column(const char *metric)
{
    return strcmp(metric, clock_column) != 0;
}

static void write_row(const table *t, const kith_result *run, uint64_t round, const kith_point *const *point)
{
    double time = NAN;
    char name[256];
    for (size_t m = 0; m < t->metrics; m++)
        if (point[m] && isnan(time)) time = point[m]->virtual_time;
    if (t->json) putc('{', t->out);
    write_text(t, "run", run->id, true);
    write_text(t, "name", run->name, false);
    write_text(t, "algorithm", run->algorithm, false);
    write_name(t, "seed", false);
    fprintf(t->out, "%" PRIu64, run->seed);
    for (size_t k = 0; k < t->swept->count; k++) {
        if (t->swept->key[k].lacked) continue;
        kith_swept_name(&t->swept->key[k], name, sizeof name);
        write_setting(t, name, kith_result_parameter(run, t->swept->key[k].section, t->swept->key[k].key));
    }
    write_name(t, "round", false);
    fprintf(t->out, "%" PRIu64, round);
    write_number(t, clock_column, time);
    for (size_t m = 0; m < t->metrics; m++)
        if (has_column(t->metric[m])) write_number(t, t->metric[m], point[m] ? point[m]->value : NAN);
    fputs(t->json ? "}\n" : "\n", t->out);
}

static void write_titles(const table *t)
{
    char name[256];
    fputs("run,name,algorithm,seed", t->out);
    for (size_t k = 0; k < t->swept->count; k++) {
        if (t->swept->key[k].lacked) continue;
        kith_swept_name(&t->swept->key[k], name, sizeof name);
        putc(',', t->out);
        kith_csv_text(t->out, name);
    }
    fputs(",round,virtual_time", t->out);
    for (size_t m = 0; m < t->metrics; m++) {
        if (!has_column(t->metric[m])) continue;
        putc(',', t->out);
        kith_csv_text(t->out, t->metric[m]);
    }
    putc('\n', t->out);
}

static kith_status write_rows(kith_ctx *ctx, const table *t, const kith_results *results)
{
    size_t *at;
    const kith_point **point;
    KITH_TRY(KITH_ALLOC(ctx, "a table", t->metrics + 1, &at));
    const kith_status status = KITH_ALLOC(ctx, "a table", t->metrics + 1, &point);
    for (size_t r = 0; r < results->count && status == KITH_OK; r++) {
        uint64_t round = 0;
        memset(at, 0, t->metrics * sizeof *at);
        while (next_round(t, results->run[r], at, point, &round))
            write_row(t, results->run[r], round, point);
    }
    if (status == KITH_OK) kith_free(point);
    kith_free(at);
    return status;
}

kith_status kith_export_wide(kith_ctx *ctx, const kith_export_request *request, const kith_results *results, FILE *out)
{
    kith_groups groups;
    kith_swept swept = {.count = 0};
    table t = {.swept = &swept, .json = strcmp(request->format, "jsonl") == 0, .out = out};
    KITH_TRY(kith_groups_make(ctx, results, &groups));
    kith_status status = kith_swept_find(ctx, &groups, &swept);
    if (status == KITH_OK) status = list_metrics(ctx, request, results, &t);
    if (status == KITH_OK && !t.json) write_titles(&t);
    if (status == KITH_OK) status = write_rows(ctx, &t, results);
    kith_free(t.metric);
    kith_swept_free(&swept);
    kith_groups_free(&groups);
    return status;
}
