/* Scaling as x * scale + shift, from statistics of the training rows. Sums are in double, feature by feature in row
 * order, by one worker: the same bits for any number of workers. */
#include "data/internal.h"

#include <math.h>

/* All arrays are (F). */
typedef struct moments {
    size_t features;
    double *row, *first, *mean, *square;
} moments;

static void load_row(const kith_dataset_info *info, const kith_example_rows *rows, size_t example, double *out)
{
    const size_t features = info->shape.features;
    if (info->store == KITH_STORE_U8) {
        const uint8_t *x = (const uint8_t *)rows->feature + example * features;
        for (size_t f = 0; f < features; f++)
            out[f] = x[f];
    } else {
        const kith_real *x = (const kith_real *)rows->feature + example * features;
        for (size_t f = 0; f < features; f++)
            out[f] = (double)x[f];
    }
}

/* The mean over everything takes the place of each feature's where `whole`. Differences from the first row are summed,
 * so that what is constant has its own value as mean, and then no deviation at all. */
static void find_means(const kith_dataset_info *info, const kith_example_rows *rows, bool whole, moments *m)
{
    double all = 0.0;
    load_row(info, rows, 0, m->first);
    for (size_t e = 1; e < rows->count; e++) {
        load_row(info, rows, e, m->row);
        for (size_t f = 0; f < m->features; f++)
            m->mean[f] += m->row[f] - m->first[f];
    }
    for (size_t f = 0; f < m->features; f++) {
        m->mean[f] = m->first[f] + m->mean[f] / (double)rows->count;
        all += m->mean[f] - m->first[0];
    }
    for (size_t f = 0; whole && f < m->features; f++)
        m->mean[f] = m->first[0] + all / (double)m->features;
}

/* Mean squares of the differences from the means. */
static void find_squares(const kith_dataset_info *info, const kith_example_rows *rows, bool whole, moments *m)
{
    double all = 0.0;
    for (size_t e = 0; e < rows->count; e++) {
        load_row(info, rows, e, m->row);
        for (size_t f = 0; f < m->features; f++) {
            const double off = m->row[f] - m->mean[f];
            m->square[f] += off * off;
        }
    }
    for (size_t f = 0; f < m->features; f++) {
        m->square[f] /= (double)rows->count;
        all += m->square[f];
    }
    for (size_t f = 0; whole && f < m->features; f++)
        m->square[f] = all / (double)m->features;
}

static kith_status standardise(kith_ctx *ctx, const kith_dataset_info *info, bool whole, const kith_example_rows *train,
                               kith_real *scale, kith_real *shift)
{
    double *work = NULL;
    const size_t features = info->shape.features;
    KITH_TRY(KITH_ALLOC(ctx, "the features' statistics", 4 * features, &work));
    moments m = {features, work, work + features, work + 2 * features, work + 3 * features};
    find_means(info, train, whole, &m);
    find_squares(info, train, whole, &m);
    for (size_t f = 0; f < features; f++) {
        const double deviation = m.square[f] > 0.0 ? sqrt(m.square[f]) : 1.0;
        scale[f] = (kith_real)(1.0 / deviation);
        shift[f] = (kith_real)(-m.mean[f] / deviation);
    }
    kith_free(work);
    return KITH_OK;
}

kith_status kith_scaling_find(kith_ctx *ctx, const kith_dataset_info *info, kith_scaling scaling,
                              const kith_example_rows *train, kith_real *scale, kith_real *shift)
{
    if (scaling == KITH_SCALING_STANDARD || scaling == KITH_SCALING_FEATURE)
        return standardise(ctx, info, scaling == KITH_SCALING_STANDARD, train, scale, shift);
    for (size_t f = 0; f < info->shape.features; f++) {
        scale[f] = scaling == KITH_SCALING_UNIT ? (kith_real)(1.0 / 255.0) : (kith_real)1;
        shift[f] = 0;
    }
    return KITH_OK;
}
