/* `kith run --ended`, `kith sweep --ended`: whether there is anything left to do. Nothing is made or changed.
 *
 * Threads: one; no worker is started. Errors: worded, as the exit code.
 */
#ifndef KITH_LAUNCH_ENDED_H
#define KITH_LAUNCH_ENDED_H

#include "launch/services/options.h"

/* The exit code: 0 if the run with these values, or every run of the sweep, is recorded as done; that of KITH_ESTOPPED
 * if not. A sentence says which. */
int ended_tell(const run_options *options);

#endif
