#include "holdout.h"

#include <kith/random.h>

kith_status kith_holdout_check(kith_ctx *ctx, const char *plugin, const char *test_file, double fraction)
{
    if (!*test_file || fraction <= 0.0) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG,
                     "%s.test_file and %s.test_fraction are both given; test examples come from one "
                     "of them",
                     plugin, plugin);
}

kith_status kith_holdout_draw(kith_ctx *ctx, uint64_t seed, double fraction, size_t rows, unsigned char **held,
                              size_t *tests)
{
    uint32_t *order = NULL;
    kith_stream stream = kith_stream_at(seed, KITH_FOR_PLUGIN, 0, 0);
    size_t count = (size_t)(fraction * (double)rows + 0.5);
    if (count >= rows) count = rows - 1;
    if (rows > UINT32_MAX) return kith_fail(ctx, KITH_EDATA, "%zu rows are more than can be drawn from", rows);
    KITH_TRY(KITH_ALLOC(ctx, "the order of rows", rows, &order));
    const kith_status status = KITH_ALLOC(ctx, "the rows held out", rows, held);
    if (status == KITH_OK) {
        for (size_t k = 0; k < rows; k++)
            order[k] = (uint32_t)k;
        kith_shuffle_u32(&stream, order, rows);
        for (size_t k = 0; k < count; k++)
            (*held)[order[k]] = 1;
        *tests = count;
    }
    kith_free(order);
    return status;
}
