/* A private folder for temporary files of the workers' launcher, gone when the run is.
 *
 * Its name tells which process owns it, so that whoever comes later can remove what a killed process left.
 * Threads: one.
 */
#ifndef KITH_LAUNCH_SCRATCH_H
#define KITH_LAUNCH_SCRATCH_H

#include <kith/base.h>
#include <limits.h>

typedef struct scratch {
    char path[PATH_MAX]; /* "" while there is none */
} scratch;

/* Removes the folders of dead owners (of this user, host and process namespace) in $TMPDIR or /tmp. */
void scratch_sweep(void);
/* The same, and makes one there. Fails with KITH_EIO, naming the folder; then *out is empty. */
kith_status scratch_make(kith_ctx *ctx, scratch *out) KITH_CHECKED;
/* Removes the folder with all that is in it. Takes an empty one. */
void scratch_remove(scratch *s);

#endif
