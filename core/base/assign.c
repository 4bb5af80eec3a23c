#include "base/assign.h"

#include <math.h>

kith_status kith_assign_open(kith_ctx *ctx, size_t most, kith_assign *out)
{
    kith_assign a = {.most = most};
    kith_status status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.row);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.column);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.least);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.taken);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.before);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "an assignment", most + 1, &a.seen);
    if (status != KITH_OK) {
        kith_assign_close(&a);
        return status;
    }
    *out = a;
    return KITH_OK;
}

void kith_assign_close(kith_assign *a)
{
    kith_free(a->row);
    kith_free(a->column);
    kith_free(a->least);
    kith_free(a->taken);
    kith_free(a->before);
    kith_free(a->seen);
    *a = (kith_assign){.most = 0};
}

/* Rows and columns are counted from 1 here; column 0 stands for the row that has none yet. From the columns seen, of
 * which `from` is the last, to the nearest that is not: all ways get shorter by its distance. */
static size_t nearest_column(kith_assign *a, size_t n, const double *gain, size_t from)
{
    const size_t i = a->taken[from];
    double distance = INFINITY;
    size_t next = 0;
    a->seen[from] = true;
    for (size_t j = 1; j <= n; j++) {
        if (a->seen[j]) continue;
        const double way = -gain[(i - 1) * n + j - 1] - a->row[i] - a->column[j];
        if (way < a->least[j]) {
            a->least[j] = way;
            a->before[j] = from;
        }
        if (a->least[j] < distance) {
            distance = a->least[j];
            next = j;
        }
    }
    for (size_t j = 0; j <= n; j++) {
        if (a->seen[j]) {
            a->row[a->taken[j]] += distance;
            a->column[j] -= distance;
        } else {
            a->least[j] -= distance;
        }
    }
    return next;
}

static void add_row(kith_assign *a, size_t n, const double *gain, size_t i)
{
    size_t column = 0;
    a->taken[0] = i;
    for (size_t j = 0; j <= n; j++) {
        a->least[j] = INFINITY;
        a->seen[j] = false;
    }
    do
        column = nearest_column(a, n, gain, column);
    while (a->taken[column] != 0);
    for (size_t from; column != 0; column = from) {
        from = a->before[column];
        a->taken[column] = a->taken[from];
    }
}

double kith_assign_most(kith_assign *a, size_t n, const double *gain, size_t *to)
{
    double sum = 0.0;
    for (size_t j = 0; j <= n; j++) {
        a->row[j] = a->column[j] = 0.0;
        a->taken[j] = 0;
    }
    for (size_t i = 1; i <= n; i++)
        add_row(a, n, gain, i);
    for (size_t j = 1; j <= n; j++)
        to[a->taken[j] - 1] = j - 1;
    for (size_t i = 0; i < n; i++)
        sum += gain[i * n + to[i]];
    return sum;
}
