/* Axes of a sweep whose values are drawn: "uniform(0, 1)", "loguniform(1e-4, 1)", "integers(1, 20)" with both ends,
 * "choice(ring, torus)".
 *
 * The k-th value of an axis follows from sweep.draw_seed, the axis's name and k alone: more draws, or other axes, leave
 * it as it is. Ownership: as in values.h. Threads: one. Errors: KITH_ECONFIG, beginning with `where`; KITH_EMEMORY.
 */
#ifndef KITH_LAUNCH_SWEEP_DRAWS_H
#define KITH_LAUNCH_SWEEP_DRAWS_H

#include "launch/commands/sweep/values.h"

#include <stdbool.h>

bool sweep_is_drawn(const char *text);
/* Draws `count` values of the axis `name`. */
kith_status sweep_draw(kith_ctx *ctx, const char *where, const char *text, const char *name, uint64_t seed,
                       size_t count, sweep_values *out) KITH_CHECKED;

#endif
