/* `kith report`: the results of runs as one HTML page that needs nothing else: no font, no program, no network.
 *
 * Runs that differ in their seeds only are one curve, the mean, in a band of one standard deviation to each side. A run
 * that still goes on can be reported.
 * Errors: KITH_EIO, naming the path, for results that cannot be read, a page that cannot be written; what was
 *   there before stays then. KITH_EUSAGE for several folders without `out`.
 * Threads: one.
 */
#ifndef KITH_REPORT_H
#define KITH_REPORT_H

#include <kith/base.h>
#include <stdbool.h>

typedef struct kith_report_request {
    const char *const *where; /* [places] each a kith.db, a folder with one, or a folder of such folders */
    size_t places;            /* >= 1 */
    bool outdated;            /* with runs that the files of their sweeps no longer have */
    const char *out;          /* the page; NULL: report.html in the folder, of which there is one then */
} kith_report_request;

/* The path of what was written goes into `written`, of `size` bytes. */
kith_status kith_report_write(kith_ctx *ctx, const kith_report_request *request, char *written,
                              size_t size) KITH_CHECKED;

#endif
