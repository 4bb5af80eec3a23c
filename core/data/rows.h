/* Examples as data sets hand them over, and what is refused in them.
 * Letters: n rows, F features, C classes, T targets. Threads: any. Errors: KITH_EDATA.
 */
#ifndef KITH_DATA_ROWS_H
#define KITH_DATA_ROWS_H

#include <kith/dataset.h>

/* Examples of one split, row by row. */
typedef struct kith_example_rows {
    const void *feature;     /* (n, F) of the declared store */
    const int32_t *label;    /* NULL where C = 0 */
    const kith_real *target; /* (n, T); NULL where T = 0 */
    size_t count;
} kith_example_rows;

/* Labels within 0..C-1, finite numbers and targets; `what` says whose they are. */
kith_status kith_rows_check(kith_ctx *ctx, const kith_dataset_info *info, const char *what,
                            const kith_example_rows *rows) KITH_CHECKED;

#endif
