/* The hot path: picked rows, converted and scaled into a batch. Products and sums are elementwise, so the vector width
 * does not change the bits. */
#include "data/internal.h"

#include <string.h>

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* How many rows ahead the memory is asked for: rows of a shuffled batch lie anywhere in the pool. */
enum { AHEAD = 2, LINE = 64 };

WIDE static void scale_bytes(size_t n, const uint8_t *restrict from, const kith_real *restrict scale,
                             const kith_real *restrict shift, kith_real *restrict to)
{
    for (size_t f = 0; f < n; f++)
        to[f] = (kith_real)from[f] * scale[f] + shift[f];
}

WIDE static void scale_reals(size_t n, const kith_real *restrict from, const kith_real *restrict scale,
                             const kith_real *restrict shift, kith_real *restrict to)
{
    for (size_t f = 0; f < n; f++)
        to[f] = from[f] * scale[f] + shift[f];
}

static void convert(const kith_data *data, const unsigned char *from, kith_real *to)
{
    const size_t n = data->info.shape.features;
    if (data->info.store == KITH_STORE_U8)
        scale_bytes(n, from, data->scale, data->shift, to);
    else if (data->plain)
        memcpy(to, from, n * sizeof *to);
    else
        scale_reals(n, (const kith_real *)(const void *)from, data->scale, data->shift, to);
}

static void fetch(const unsigned char *row, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch(row + at);
}

static size_t row_in(const uint32_t *held, uint32_t index)
{
    return held ? held[index] : index;
}

/* Apart from the loop over rows, which has no branch for it. */
static void flip_labels(const kith_data *data, const uint32_t *held, const uint32_t *index, size_t count,
                        int32_t *label)
{
    for (size_t k = 0; k < count; k++)
        label[k] = kith_flips_label(data, row_in(held, index[k]), label[k]);
}

static void gather(const kith_data *data, const uint32_t *held, const uint32_t *index, size_t count, kith_real *x,
                   int32_t *label)
{
    const kith_example_rows *rows = &data->split[KITH_TRAIN];
    const size_t features = data->info.shape.features, bytes = features * kith_store_size(data);
    const unsigned char *base = rows->feature;
    for (size_t k = 0; k < count; k++) {
        if (k + AHEAD < count) fetch(base + row_in(held, index[k + AHEAD]) * bytes, bytes);
        const size_t row = row_in(held, index[k]);
        convert(data, base + row * bytes, x + k * features);
        if (rows->label) label[k] = rows->label[row];
    }
    if (data->flips.here) flip_labels(data, held, index, count, label);
}

void kith_data_gather(const kith_data *data, const uint32_t *index, size_t count, kith_real *x, int32_t *label)
{
    gather(data, data->held, index, count, x, label);
}

void kith_data_gather_pool(const kith_data *data, const uint32_t *row, size_t count, kith_real *x, int32_t *label)
{
    gather(data, NULL, row, count, x, label);
}

/* Rows index[first..] of the pool; index NULL: of the test split. */
static void take_tests(const kith_data *data, const uint32_t *index, size_t first, size_t count, kith_real *x,
                       int32_t *label)
{
    const kith_example_rows *rows = &data->split[index ? KITH_TRAIN : KITH_TEST];
    const size_t features = data->info.shape.features, bytes = features * kith_store_size(data);
    const unsigned char *base = rows->feature;
    for (size_t k = 0; k < count; k++) {
        const size_t row = index ? index[first + k] : first + k;
        convert(data, base + row * bytes, x + k * features);
        if (rows->label) label[k] = rows->label[row];
    }
}

static void take_test_targets(const kith_data *data, const uint32_t *index, size_t first, size_t count,
                              kith_real *target)
{
    const kith_real *from = data->split[index ? KITH_TRAIN : KITH_TEST].target;
    const size_t n = data->info.shape.targets;
    for (size_t k = 0; k < count; k++) {
        const size_t row = index ? index[first + k] : first + k;
        memcpy(target + k * n, from + row * n, n * sizeof *target);
    }
}

static const uint32_t *own_tests(const kith_data *data, size_t learner)
{
    return data->own_test + (data->dealt_offset[learner] - data->offset[learner]);
}

void kith_data_test(const kith_data *data, size_t first, size_t count, kith_real *x, int32_t *label)
{
    take_tests(data, data->test, first, count, x, label);
}

void kith_data_test_targets(const kith_data *data, size_t first, size_t count, kith_real *target)
{
    take_test_targets(data, data->test, first, count, target);
}

void kith_data_own_test(const kith_data *data, size_t learner, size_t first, size_t count, kith_real *x, int32_t *label)
{
    take_tests(data, own_tests(data, learner), first, count, x, label);
}

void kith_data_own_test_targets(const kith_data *data, size_t learner, size_t first, size_t count, kith_real *target)
{
    take_test_targets(data, own_tests(data, learner), first, count, target);
}

/* Apart from features and labels, so that data without targets has no branch for them. */
void kith_data_gather_targets(const kith_data *data, const uint32_t *index, size_t count, kith_real *target)
{
    const kith_real *from = data->split[KITH_TRAIN].target;
    const size_t n = data->info.shape.targets;
    for (size_t k = 0; k < count; k++)
        memcpy(target + k * n, from + row_in(data->held, index[k]) * n, n * sizeof *target);
}
