/* `kith export`: the metrics of runs as text that other programs read.
 *
 * csv: a header line, then one line per number: run,name,algorithm,seed,round,virtual_time,metric,value; quoted after
 * RFC 4180. jsonl: one JSON object per number with the same names; `run` is a text in both. Numbers have as many
 * digits as reading them back exactly takes. A number that is not known is empty in csv, null in jsonl.
 * wide: one line, or object, per run and round: run,name,algorithm,seed, the parameters that differ as SECTION.KEY,
 * round,virtual_time, and the metrics.
 * Errors: KITH_EUSAGE for another format; KITH_EIO, naming the path, for results that cannot be read or written.
 * Threads: one.
 */
#ifndef KITH_EXPORT_H
#define KITH_EXPORT_H

#include "launch/services/results/results.h"

#include <stdio.h>

typedef struct kith_export_request {
    const char *where;         /* a kith.db, a folder with one, or a folder of such folders */
    const char *format;        /* "csv", "jsonl" */
    const char *const *metric; /* [metrics] */
    size_t metrics;            /* 0: all */
    bool outdated;             /* with runs that the file of their sweep no longer has */
    bool wide;
    bool arrivals; /* in place of metrics */
} kith_export_request;

kith_status kith_export_write(kith_ctx *ctx, const kith_export_request *request, FILE *out) KITH_CHECKED;
/* Its wide form. */
kith_status kith_export_wide(kith_ctx *ctx, const kith_export_request *request, const kith_results *results,
                             FILE *out) KITH_CHECKED;

/* The arrivals of runs that recorded them: round,learner,version,visit,steps,time,ends,lost,late, a line each in csv;
 * of several runs with `run` in front. What of one run is printed participation.kind = file reads. */
kith_status kith_export_arrivals(kith_ctx *ctx, const char *where, const kith_results *results, FILE *out) KITH_CHECKED;

/* One field, without the comma before it. */
void kith_csv_text(FILE *out, const char *text);
void kith_csv_number(FILE *out, double value);
/* A text or number without a name, in JSON. */
void kith_json_text(FILE *out, const char *text);
void kith_json_number(FILE *out, double value);

#endif
