#include "launch/services/results/export.h"
#include "base/metrics.h"

#include "launch/services/results/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef void (*line_writer)(FILE *out, const kith_result *run, const char *metric, const kith_point *point);

void kith_csv_text(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"') putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

void kith_csv_number(FILE *out, double value)
{
    if (!isnan(value)) fprintf(out, "%.17g", value);
}

static void csv_line(FILE *out, const kith_result *run, const char *metric, const kith_point *point)
{
    const char *text[] = {run->id, run->name, run->algorithm};
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        kith_csv_text(out, text[i]);
        putc(',', out);
    }
    fprintf(out, "%" PRIu64 ",%" PRIu64 ",", run->seed, point->round);
    kith_csv_number(out, point->virtual_time);
    putc(',', out);
    kith_csv_text(out, metric);
    putc(',', out);
    kith_csv_number(out, point->value);
    putc('\n', out);
}

void kith_json_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
            continue;
        }
        if (c == '"' || c == '\\') putc('\\', out);
        putc(c, out);
    }
    putc('"', out);
}

/* JSON has no infinity; a number beyond a double's range is one to those who read it back. */
void kith_json_number(FILE *out, double value)
{
    if (isnan(value))
        fputs("null", out);
    else if (isinf(value))
        fputs(value < 0 ? "-1e999" : "1e999", out);
    else
        fprintf(out, "%.17g", value);
}

static void json_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\":", name);
    kith_json_text(out, text);
    putc(',', out);
}

static void json_number(FILE *out, const char *name, double value)
{
    fprintf(out, "\"%s\":", name);
    kith_json_number(out, value);
}

static void json_line(FILE *out, const kith_result *run, const char *metric, const kith_point *point)
{
    putc('{', out);
    json_text(out, "run", run->id);
    json_text(out, "name", run->name);
    json_text(out, "algorithm", run->algorithm);
    fprintf(out, "\"seed\":%" PRIu64 ",\"round\":%" PRIu64 ",", run->seed, point->round);
    json_number(out, KITH_METRIC_virtual_time, point->virtual_time);
    putc(',', out);
    json_text(out, "metric", metric);
    json_number(out, "value", point->value);
    fputs("}\n", out);
}

static void write_long(const kith_export_request *request, const kith_results *results, FILE *out)
{
    const bool csv = strcmp(request->format, "csv") == 0;
    const line_writer line = csv ? csv_line : json_line;
    if (csv) fputs("run,name,algorithm,seed,round,virtual_time,metric,value\n", out);
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++) {
            const kith_series *series = &results->run[r]->series[s];
            if (!kith_metric_asked(request->metric, request->metrics, series->name)) continue;
            for (size_t i = 0; i < series->count; i++)
                line(out, results->run[r], series->name, &series->point[i]);
        }
}

static kith_status write_results(kith_ctx *ctx, const kith_export_request *request, const kith_results *results,
                                 FILE *out)
{
    if (request->arrivals) return kith_export_arrivals(ctx, request->where, results, out);
    KITH_TRY(kith_metrics_check(ctx, request->where, results, request->metric, request->metrics));
    if (request->wide) return kith_export_wide(ctx, request, results, out);
    write_long(request, results, out);
    return KITH_OK;
}

kith_status kith_export_write(kith_ctx *ctx, const kith_export_request *request, FILE *out)
{
    if (strcmp(request->format, "csv") != 0 && strcmp(request->format, "jsonl") != 0)
        return kith_fail(ctx, KITH_EUSAGE, "%s: is no format of kith export; there are csv, jsonl and tensorboard",
                         request->format);
    if (request->arrivals && (request->wide || request->metrics || strcmp(request->format, "csv") != 0))
        return kith_fail(ctx, KITH_EUSAGE,
                         "--arrivals: it is a table of its own, in csv; leave --wide, -m and -f away");
    kith_results results;
    KITH_TRY(kith_results_read_all(ctx, (const char *const *)&request->where, 1, request->outdated, &results));
    const kith_status status = write_results(ctx, request, &results, out);
    kith_results_free(&results);
    if (status != KITH_OK) return status;
    errno = 0;
    if (fflush(out) == 0 && !ferror(out)) return KITH_OK;
    return kith_fail(ctx, KITH_EIO, "the export cannot be written: %s", strerror(errno ? errno : EIO));
}
