#include "launch/services/pictures/charts.h"
#include "base/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From here on numbers are easier to read on a logarithmic axis. */
static const double log_ratio = 30.0;

/* ---- which ---- */

static const kith_chart_plan main_plans[] = {
    {KITH_METRIC_test_accuracy, "Test accuracy by round", "test accuracy", KITH_AXIS_ROUND, false, true, NULL},
    {KITH_METRIC_test_accuracy, "Test accuracy by bytes sent", "test accuracy", KITH_AXIS_BYTES, false, true, NULL},
    {KITH_METRIC_test_accuracy, "Test accuracy by virtual time", "test accuracy", KITH_AXIS_TIME, false, true, NULL},
    {KITH_METRIC_test_loss, "Test loss by round", "test loss", KITH_AXIS_ROUND, true, true, NULL},
    {KITH_METRIC_train_loss, "Training loss by round", "training loss", KITH_AXIS_ROUND, true, true, NULL},
};
enum { MAIN_PLANS = sizeof main_plans / sizeof main_plans[0] };

/* What nobody described may span anything. */
static bool draws_log(const kith_results *results, const char *metric)
{
    const kith_metric *known = kith_metric_find(results->declared, metric);
    const bool described = known && (known->plugin || known->better != KITH_BETTER_NONE);
    return described ? known->log : kith_metric_better(results->declared, metric) != KITH_BETTER_UP;
}

static kith_chart_plan plan_of_other(const kith_results *results, const char *name, kith_axis axis)
{
    return (kith_chart_plan){
        name, name, name, axis, draws_log(results, name), false, kith_metric_find(results->declared, name)};
}

kith_chart_plan kith_plan_of(const kith_results *results, const char *metric, kith_axis axis)
{
    for (size_t i = 0; i < MAIN_PLANS; i++)
        if (strcmp(metric, main_plans[i].metric) == 0 && main_plans[i].axis == axis) return main_plans[i];
    for (size_t i = 0; i < MAIN_PLANS; i++) {
        if (strcmp(metric, main_plans[i].metric) != 0) continue;
        kith_chart_plan plan = main_plans[i];
        plan.axis = axis;
        return plan;
    }
    return plan_of_other(results, metric, axis);
}

/* Drawn above, an axis itself, in a table of its own, or a wall-clock figure, which says nothing of the algorithm. */
static bool has_no_chart_of_its_own(const char *metric)
{
    if (strcmp(metric, KITH_METRIC_bytes_sent) == 0 || strcmp(metric, KITH_METRIC_virtual_time) == 0) return true;
    for (size_t i = 0; i < MAIN_PLANS; i++)
        if (strcmp(metric, main_plans[i].metric) == 0) return true;
    return strncmp(metric, "wall_", 5) == 0 || strncmp(metric, KITH_METRIC_payoff_, strlen(KITH_METRIC_payoff_)) == 0;
}

/* Whether run r is the first to have this metric, so that each is drawn once. */
static bool is_first(const kith_results *results, size_t r, const char *metric)
{
    for (size_t i = 0; i < r; i++)
        if (kith_result_series(results->run[i], metric)) return false;
    return true;
}

static bool has_data(const kith_results *results, const kith_chart_plan *plan)
{
    return kith_results_have(results, plan->metric) &&
           (plan->axis != KITH_AXIS_TIME || kith_results_have_clock(results));
}

/* Without `out`, counts only. */
static size_t list_others(const kith_results *results, kith_chart_plan *out)
{
    size_t count = 0;
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++) {
            const char *name = results->run[r]->series[s].name;
            if (has_no_chart_of_its_own(name) || !is_first(results, r, name)) continue;
            if (out) out[count] = plan_of_other(results, name, KITH_AXIS_ROUND);
            count++;
        }
    return count;
}

kith_status kith_plans_choose(kith_ctx *ctx, const kith_results *results, kith_chart_plan **out, size_t *count)
{
    kith_chart_plan *plan;
    size_t chosen = 0;
    KITH_TRY(KITH_ALLOC(ctx, "charts", MAIN_PLANS + list_others(results, NULL), &plan));
    for (size_t i = 0; i < MAIN_PLANS; i++)
        if (has_data(results, &main_plans[i])) plan[chosen++] = main_plans[i];
    chosen += list_others(results, plan + chosen);
    *out = plan;
    *count = chosen;
    return KITH_OK;
}

kith_status kith_plans_final(kith_ctx *ctx, const kith_results *results, kith_chart_plan **out, size_t *count)
{
    kith_chart_plan *plan;
    size_t all, chosen = 0;
    KITH_TRY(kith_plans_choose(ctx, results, &plan, &all));
    for (size_t i = 0; i < all; i++)
        if (plan[i].main && plan[i].axis == KITH_AXIS_ROUND) plan[chosen++] = plan[i];
    *out = plan;
    *count = chosen ? chosen : all;
    return KITH_OK;
}

/* ---- how they are drawn ---- */

kith_extent kith_extent_of(const kith_curve *curve, size_t count)
{
    kith_extent e = {NAN, NAN, NAN, NAN, NAN, SIZE_MAX, 0};
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < curve[c].count; i++) {
            const kith_curve_point *p = &curve[c].point[i];
            e.x_least = fmin(e.x_least, p->x);
            e.x_most = fmax(e.x_most, p->x);
            e.y_least = fmin(e.y_least, p->low);
            e.y_most = fmax(e.y_most, p->high);
            if (p->low > 0) e.y_positive = fmin(e.y_positive, p->low);
            if (p->mean > 0) e.y_positive = fmin(e.y_positive, p->mean);
            e.runs_least = p->runs < e.runs_least ? p->runs : e.runs_least;
            e.runs_most = p->runs > e.runs_most ? p->runs : e.runs_most;
        }
    return e;
}

static bool all_means_positive(const kith_chart *chart)
{
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++)
            if (!(chart->curve[c].point[i].mean > 0)) return false;
    return true;
}

/* Steps of a factor: values like 0.001, 0.01, 0.1, most of which would lie on each other. */
static bool is_spaced_by_factors(const kith_chart *chart, const kith_extent *e)
{
    size_t within = 0, all = 0;
    if (!chart->final || chart->category || !(e->x_least > 0) || e->x_most < log_ratio * e->x_least) return false;
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++, all++)
            within += chart->curve[c].point[i].x <= e->x_least + 0.4 * (e->x_most - e->x_least);
    return 3 * within >= 2 * all;
}

static kith_unit axis_unit(kith_axis axis, double most)
{
    switch (axis) {
    case KITH_AXIS_BYTES:
        return kith_bytes_unit(most);
    case KITH_AXIS_TIME:
        return kith_seconds_unit(most);
    case KITH_AXIS_ROUND:
        break;
    }
    return (kith_unit){"", 1.0};
}

static kith_unit metric_unit(const kith_chart_plan *plan, double most)
{
    const char *unit = plan->known ? plan->known->unit : "";
    if (strcmp(unit, "bytes") == 0) return kith_bytes_unit(most);
    if (strcmp(unit, "s") == 0) return kith_seconds_unit(most);
    return (kith_unit){"", 1.0};
}

/* Words, as prose has them. */
static void write_title(char text[KITH_TITLE_SIZE], const char *name, const char *unit)
{
    snprintf(text, KITH_TITLE_SIZE, *unit ? "%s (%s)" : "%s", name, unit);
    for (; *text; text++)
        if (*text == '_') *text = ' ';
}

void kith_chart_frame(const kith_chart *chart, const kith_chart_plan *plan, const kith_swept_key *key,
                      char x_label[KITH_TITLE_SIZE], char y_label[KITH_TITLE_SIZE], kith_figure *out)
{
    static const char *const axes[] = {"round", "bytes sent", "virtual time"};
    const kith_extent e = kith_extent_of(chart->curve, chart->curves);
    const kith_unit x = key ? (kith_unit){"", 1.0} : axis_unit(plan->axis, e.x_most), y = metric_unit(plan, e.y_most);
    if (key)
        kith_swept_name(key, x_label, KITH_TITLE_SIZE);
    else
        write_title(x_label, axes[plan->axis], x.name);
    write_title(y_label, plan->y_label, y.name);
    out->x_label = x_label;
    out->y_label = y_label;
    out->curve = chart->curve;
    out->curves = chart->curves;
    out->x_scale = x.scale;
    out->y_scale = y.scale;
    out->bars = chart->final;
    out->category = chart->category;
    out->categories = chart->categories;
    out->log_x = is_spaced_by_factors(chart, &e);
    out->log_y = plan->may_be_log && all_means_positive(chart) && e.y_most > log_ratio * e.y_positive;
    out->y_least = out->log_y ? e.y_positive : e.y_least;
    out->y_most = e.y_most;
}
