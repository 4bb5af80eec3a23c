/* What is checked of every data set, whoever wrote its plugin. */
#include "data/internal.h"

#include <math.h>

static kith_status check_labels(kith_ctx *ctx, const char *what, const kith_example_rows *rows, size_t classes)
{
    for (size_t e = 0; e < rows->count; e++)
        if (rows->label[e] < 0 || (size_t)rows->label[e] >= classes)
            return kith_fail(ctx, KITH_EDATA, "%s: label %d of example %zu is outside 0..%zu", what, rows->label[e], e,
                             classes - 1);
    return KITH_OK;
}

/* A number less itself is zero unless it is infinite or not a number; the sum of a run of such differences is cheap to
 * look at. */
static bool all_finite(const kith_real *x, size_t count)
{
    kith_real sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += x[k] - x[k];
    return sum == 0;
}

static kith_status check_numbers(kith_ctx *ctx, const char *what, const kith_example_rows *rows, size_t features)
{
    const kith_real *x = rows->feature;
    for (size_t e = 0; e < rows->count; e++, x += features) {
        if (all_finite(x, features)) continue;
        size_t f = 0;
        while (isfinite((double)x[f]))
            f++;
        return kith_fail(ctx, KITH_EDATA, "%s: example %zu, feature %zu is not a finite number", what, e, f);
    }
    return KITH_OK;
}

static double number_at(const kith_dataset_info *info, const kith_example_rows *rows, size_t k)
{
    return info->store == KITH_STORE_U8 ? ((const uint8_t *)rows->feature)[k]
                                        : (double)((const kith_real *)rows->feature)[k];
}

/* Models take codes as places in a table, so that one outside it must not reach them. */
static kith_status check_codes(kith_ctx *ctx, const kith_dataset_info *info, const char *what,
                               const kith_example_rows *rows)
{
    const size_t features = info->shape.features, codes = info->shape.codes;
    for (size_t k = 0; k < rows->count * features; k++) {
        const double code = number_at(info, rows, k);
        if (!(code >= 0 && code < (double)codes && code == floor(code)))
            return kith_fail(ctx, KITH_EDATA, "%s: feature %zu of example %zu is %g, and no code of 0..%zu", what,
                             k % features, k / features, code, codes - 1);
    }
    return KITH_OK;
}

kith_status kith_rows_check(kith_ctx *ctx, const kith_dataset_info *info, const char *what,
                            const kith_example_rows *rows)
{
    if (info->shape.classes) KITH_TRY(check_labels(ctx, what, rows, info->shape.classes));
    if (info->store == KITH_STORE_REAL) KITH_TRY(check_numbers(ctx, what, rows, info->shape.features));
    if (info->shape.codes) KITH_TRY(check_codes(ctx, info, what, rows));
    for (size_t k = 0; k < rows->count * info->shape.targets; k++)
        if (!isfinite((double)rows->target[k]))
            return kith_fail(ctx, KITH_EDATA, "%s: target %zu of example %zu is not a finite number", what,
                             k % info->shape.targets, k / info->shape.targets);
    return KITH_OK;
}
