/* `kith export -f tensorboard`: metrics of runs as event files, which TensorBoard reads.
 *
 * A folder for each run, named after what tells it from others, with one file of records: length, a checksum of it, an
 * Event in protocol buffers' encoding, a checksum of that. Scalars have the metric's name as their tag and the round as
 * their step; their wall-clock time is the run's beginning and what its metric wall_time adds to it. A text,
 * "parameters", lists the resolved configuration. The same database gives the same bytes.
 * Errors: KITH_EUSAGE for a metric that is not there; KITH_EIO, naming the path. Files appear whole or not at all.
 * Threads: one.
 */
#ifndef KITH_TENSORBOARD_H
#define KITH_TENSORBOARD_H

#include "launch/services/results/export.h"

#include <stdio.h>

#define KITH_EVENTS_NAME "events.out.tfevents.0000000000.kith"

/* Of the request's runs and metrics. folder: made where it is missing. Names each run's folder, a line each, on `list`.
 */
kith_status kith_tensorboard_write(kith_ctx *ctx, const kith_export_request *request, const char *folder,
                                   FILE *list) KITH_CHECKED;

/* The checksum CRC-32C (RFC 3720, appendix B.4), and as records have it: rotated, with a constant added. */

#endif
