/* Between the two files that read results: one finds databases, the other reads them. */
#ifndef KITH_RESULTS_ADDING_H
#define KITH_RESULTS_ADDING_H

#include "launch/services/results/results.h"

/* Adds the runs of a database; folder: that it lies in, as kith_result has it. */
kith_status kith_results_add(kith_ctx *ctx, const char *path, const char *folder, kith_results *results) KITH_CHECKED;
/* A text that lives as long as the results do. */
kith_status kith_results_keep_text(kith_ctx *ctx, kith_results *results, const char *text,
                                   const char **out) KITH_CHECKED;

#endif
