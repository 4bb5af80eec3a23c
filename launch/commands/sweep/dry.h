/* `kith sweep --dry-run`. Threads: one. */
#ifndef KITH_LAUNCH_SWEEP_DRY_H
#define KITH_LAUNCH_SWEEP_DRY_H

#include "launch/services/options.h"

/* Returns the exit code, with all that there is to say said. */
int sweep_dry_run(const run_options *options);

#endif
