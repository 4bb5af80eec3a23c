#include "launch/commands/partition.h"

#include "data/data.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct table {
    size_t learners, classes;
    int first, width; /* of the first column, of the others */
    uint64_t *count;  /* (C) one learner's */
    uint64_t *total;  /* (C) */
    uint64_t *size;   /* (N) */
} table;

static int digits(uint64_t number)
{
    return snprintf(NULL, 0, "%" PRIu64, number);
}

static void print_row(const table *t, uint64_t size, const uint64_t *count)
{
    printf(" %8" PRIu64, size);
    for (size_t c = 0; c < t->classes; c++)
        printf(" %*" PRIu64, t->width, count[c]);
}

static void print_header(const table *t)
{
    printf("%-*s %8s", t->first, "learner", "examples");
    for (size_t c = 0; c < t->classes; c++)
        printf(" %*zu", t->width, c);
    putchar('\n');
}

static kith_status print_learners(kith_ctx *ctx, struct kith_data *data, table *t)
{
    for (size_t i = 0; i < t->learners; i++) {
        t->size[i] = kith_data_size(data, i);
        KITH_TRY(kith_data_labels(ctx, data, i, t->count));
        for (size_t c = 0; c < t->classes; c++)
            t->total[c] += t->count[c];
        printf("%-*zu", t->first, i);
        print_row(t, t->size[i], t->count);
        puts(kith_data_is_flipped(data, i) ? " flipped" : "");
    }
    return KITH_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of an even number of learners, the median is the mean of the middle two. */
static void print_sizes(table *t, size_t pool, size_t total)
{
    const size_t n = t->learners;
    qsort(t->size, n, sizeof *t->size, ascending);
    const double median = ((double)t->size[(n - 1) / 2] + (double)t->size[n / 2]) / 2.0;
    printf("\nsizes: min %" PRIu64 ", median %.10g, max %" PRIu64 "; %zu examples dealt", t->size[0], median,
           t->size[n - 1], total);
    if (pool) printf(" of a pool of %zu", pool);
    putchar('\n');
}

static kith_status make_room(kith_ctx *ctx, table *t)
{
    KITH_TRY(KITH_ALLOC(ctx, "a learner's labels", t->classes + 1, &t->count));
    KITH_TRY(KITH_ALLOC(ctx, "the labels' totals", t->classes + 1, &t->total));
    return KITH_ALLOC(ctx, "the learners' sizes", t->learners, &t->size);
}

kith_status partition_print(kith_ctx *ctx, struct kith_data *data)
{
    const size_t learners = kith_data_learners(data), total = kith_data_total(data);
    const size_t classes = kith_data_shape(data)->classes;
    table t = {.learners = learners, .classes = classes, .first = (int)strlen("learner"), .width = digits(total)};
    if (digits(classes) > t.width) t.width = digits(classes);
    if (digits(learners) > t.first) t.first = digits(learners);
    kith_status status = make_room(ctx, &t);
    if (status == KITH_OK) {
        print_header(&t);
        status = print_learners(ctx, data, &t);
    }
    if (status == KITH_OK) {
        printf("%-*s", t.first, "total");
        print_row(&t, total, t.total);
        putchar('\n');
        print_sizes(&t, kith_data_pool(data), total);
    }
    kith_free(t.count);
    kith_free(t.total);
    kith_free(t.size);
    return status;
}
