/* Lines of the text files that people hand over: tables, graphs, partitions, traces, payoffs.
 *
 * A file is plain or gzipped, and UTF-8 with or without a byte order mark. LF, CR LF and a lone CR end a line; the last
 * line need not end. A zero byte, UTF-16, a truncated gzip file and a line of more than 256 MiB are refused.
 * Ownership: kith_lines_open() borrows the strings; kith_lines_close() frees the rest, and takes NULL. A line is valid
 *   until the next one is read. Threads: one.
 * Errors: KITH_EIO where the system refuses; KITH_EDATA "FILE:LINE: what is wrong"; KITH_EMEMORY.
 */
#ifndef KITH_LINES_H
#define KITH_LINES_H

#include <kith/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kith_lines kith_lines;

/* `key` is the parameter that names the file ("graph-file.path"), `format` what the file should be ("a CSV file"). On
 * failure *out is left alone. */
KITH_API KITH_CHECKED kith_status kith_lines_open(kith_ctx *ctx, const char *path, const char *key, const char *format,
                                                  kith_lines **out);
KITH_API void kith_lines_close(kith_lines *lines);
/* The next line without its end, to be written on at will; NULL at the end of the file. */
KITH_API KITH_CHECKED kith_status kith_lines_raw(kith_ctx *ctx, kith_lines *lines, char **text);
/* The next line that is neither blank nor a comment, without blanks around. Each character of `marks` starts a comment
 * wherever it stands; "": there are none. */
KITH_API KITH_CHECKED kith_status kith_lines_next(kith_ctx *ctx, kith_lines *lines, const char *marks, char **text);
/* The number of the line that was read last, from 1; 0 before the first. */
KITH_API size_t kith_lines_number(const kith_lines *lines);

#ifdef __cplusplus
}
#endif
#endif
