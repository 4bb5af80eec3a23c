/* Test examples out of a single file: a share of its rows, drawn by the seed.
 *
 * Ownership: the caller's; free *held with kith_free(). Threads: one. Errors: KITH_EMEMORY.
 */
#ifndef KITH_DATASETS_HOLDOUT_H
#define KITH_DATASETS_HOLDOUT_H

#include <kith/base.h>

/* held[row] = 1 for the rows that become test examples: `fraction` of them to the nearest number, and all but one at
 * most. *tests: how many. */
kith_status kith_holdout_draw(kith_ctx *ctx, uint64_t seed, double fraction, size_t rows, unsigned char **held,
                              size_t *tests) KITH_CHECKED;

/* Refuses a file and a share at the same time; `plugin` is whose parameters test_file and test_fraction are. */
kith_status kith_holdout_check(kith_ctx *ctx, const char *plugin, const char *test_file, double fraction) KITH_CHECKED;

#endif
