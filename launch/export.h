/* `kith export`: the metrics of runs as text that other programs read.
 *
 * csv: a header line, then one line per number: run,name,algorithm,seed,round,virtual_time,metric,value; quoted after
 * RFC 4180. jsonl: one JSON object per number with the same names; `run` is a text in both. Numbers have as many
 * digits as reading them back exactly takes. A number that is not known is empty in csv, null in jsonl.
 * Errors: KITH_EUSAGE for another format; KITH_EIO, naming the path, for results that cannot be read or written.
 * Threads: one.
 */
#ifndef KITH_EXPORT_H
#define KITH_EXPORT_H

#include <kith/base.h>
#include <stdio.h>

/* `folder`: a kith.db, a folder with one, or a folder of such folders. */
kith_status kith_export_write(kith_ctx *ctx, const char *folder, const char *format, FILE *out) KITH_CHECKED;

/* One field, without the comma before it. */
void kith_csv_text(FILE *out, const char *text);
void kith_csv_number(FILE *out, double value);

#endif
