/* Points of a sweep that are the same run, and values that are listed twice: found by sorting, so that a sweep of ten
 * thousand points takes no longer for each of them than one of ten. */
#include "launch/commands/sweep/plan.h"

#include <stdlib.h>
#include <string.h>

/* Of a digest's 16 digits those that names of folders have. */
enum { REST = 4 * (16 - SWEEP_DIGITS) };

static int by_digest(const void *a_, const void *b_)
{
    const sweep_twin *a = a_, *b = b_;
    if (a->digest != b->digest) return a->digest < b->digest ? -1 : 1;
    return (a->point > b->point) - (a->point < b->point);
}

void sweep_plan_find_twins(sweep_plan *plan)
{
    for (size_t i = 0; i < plan->points; i++)
        plan->twin[i] = (sweep_twin){plan->digest[i], i};
    qsort(plan->twin, plan->points, sizeof *plan->twin, by_digest);
    for (size_t i = 0, from = 0; i < plan->points; i++) {
        if (plan->twin[i].digest != plan->twin[from].digest) from = i;
        plan->first[plan->twin[i].point] = plan->twin[from].point;
    }
}

bool sweep_plan_find(const sweep_plan *plan, uint64_t digest, bool whole, size_t *first)
{
    size_t low = 0, high = plan->points;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (plan->twin[middle].digest < digest)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == plan->points || (plan->twin[low].digest ^ digest) >> (whole ? 0 : REST)) return false;
    *first = plan->twin[low].point;
    return true;
}

size_t sweep_plan_first(const sweep_plan *plan, size_t point)
{
    return plan->first[point];
}

bool sweep_plan_twin(const sweep_plan *plan, size_t point)
{
    return plan->first[point] != point;
}

static const char *text_of(const sweep_plan *plan, size_t point, const sweep_axis *axis)
{
    return axis->values.text[sweep_plan_value(plan, point, axis)];
}

/* By texts: an axis that moves with others may have a value at several places. */
void sweep_plan_find_idle(sweep_plan *plan)
{
    for (size_t i = 0; i < plan->points; i++)
        for (size_t a = 0; a < plan->axes; a++)
            if (strcmp(text_of(plan, i, &plan->axis[a]), text_of(plan, plan->first[i], &plan->axis[a])) != 0)
                plan->idle[plan->first[i] * plan->axes + a] = true;
}

/* ---- values ---- */

typedef struct place {
    const sweep_plan *plan;
    size_t dimension, index;
} place;

/* By the values that the axes of a dimension have at two places; 0: the same. */
static int compare(const place *a, const place *b)
{
    int order = 0;
    for (size_t i = 0; i < a->plan->axes && order == 0; i++) {
        const sweep_axis *axis = &a->plan->axis[i];
        if (axis->dimension == a->dimension) order = strcmp(axis->values.text[a->index], axis->values.text[b->index]);
    }
    return order;
}

static int by_values(const void *a_, const void *b_)
{
    const place *a = a_, *b = b_;
    const int order = compare(a, b);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static bool is_alone(const sweep_plan *plan, size_t dimension)
{
    size_t axes = 0;
    for (size_t i = 0; i < plan->axes; i++)
        axes += plan->axis[i].dimension == dimension;
    return axes == 1;
}

/* An axis that moves with others may have a value at several places. */
static kith_status check_dimension(kith_ctx *ctx, const sweep_plan *plan, size_t dimension)
{
    const sweep_axis *a = &plan->axis[dimension];
    const size_t count = a->values.count;
    size_t again = count;
    place *all = NULL;
    KITH_TRY(KITH_ALLOC(ctx, "values of the sweep", count + 1, &all));
    for (size_t k = 0; k < count; k++)
        all[k] = (place){plan, dimension, k};
    qsort(all, count, sizeof *all, by_values);
    for (size_t k = 1; k < count; k++)
        if (all[k].index < again && compare(&all[k - 1], &all[k]) == 0) again = all[k].index;
    kith_free(all);
    if (again == count) return KITH_OK;
    return kith_fail(ctx, KITH_ECONFIG, "%s: sweep.%s.%s: the value %s is listed twice%s; take one of them away",
                     a->source, a->section, a->key, *a->values.text[again] ? a->values.text[again] : "\"\"",
                     is_alone(plan, dimension) ? "" : ", with the same values of the axes that move with it");
}

kith_status sweep_plan_check_values(kith_ctx *ctx, const sweep_plan *plan)
{
    for (size_t i = 0; i < plan->axes; i++)
        if (plan->axis[i].dimension == i && !plan->axis[i].drawn) /* drawn ones may fall together, and are one run */
            KITH_TRY(check_dimension(ctx, plan, i));
    return KITH_OK;
}
