/* `kith show --partition`: who holds which labels, without training.
 *
 * Threads: one. Errors: what opening the data fails with; that standard output could not be written is told at the end
 * of the program (console.h).
 */
#ifndef KITH_LAUNCH_PARTITION_H
#define KITH_LAUNCH_PARTITION_H

#include <kith/base.h>

struct kith_data;

/* Prints a line for each learner, how many examples of each label it holds, then totals and sizes. */
kith_status partition_print(kith_ctx *ctx, struct kith_data *data) KITH_CHECKED;

#endif
