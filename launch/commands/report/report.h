/* `kith report`: the results of runs as one HTML page that needs nothing else: no script, no font, no network.
 *
 * Curves are drawn by gnuplot; runs that differ in their seeds only are one curve, the mean, in a band from the least
 * to the greatest. A run that still goes on can be reported.
 * Errors: KITH_EIO, naming the path, for results that cannot be read, a page that cannot be written, a missing
 *   gnuplot; what was there before stays then.
 * Threads: one.
 */
#ifndef KITH_REPORT_H
#define KITH_REPORT_H

#include <kith/base.h>

/* `folder`: a kith.db, a folder with one, or a folder of such folders. `out`: the page; NULL is report.html in that
 * folder. The path of what was written goes into `written`, of `size` bytes. */
kith_status kith_report_write(kith_ctx *ctx, const char *folder, const char *out, char *written,
                              size_t size) KITH_CHECKED;

#endif
