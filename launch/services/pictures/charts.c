#include "launch/services/pictures/charts.h"
#include "base/metrics.h"
#include "launch/services/results/distinct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From here on numbers are easier to read on a logarithmic axis. */
static const double log_ratio = 30.0;

/* ---- which ---- */

/* Families, and what nobody described, may span anything. */
static bool draws_log(const kith_results *results, const kith_metric *known, const char *metric)
{
    const bool tells =
        known && (known->plugin || known->better != KITH_BETTER_NONE || strcmp(known->name, metric) == 0);
    return tells ? known->log : kith_metric_better(results->declared, metric) != KITH_BETTER_UP;
}

const char *kith_axis_name(kith_axis axis)
{
    static const char *const names[] = {[KITH_AXIS_ROUND] = "round",
                                        [KITH_AXIS_BYTES] = "bytes sent",
                                        [KITH_AXIS_TIME] = "virtual time",
                                        [KITH_AXIS_BYTES_UP] = "bytes up"};
    return names[axis];
}

kith_chart_plan kith_plan_of(const kith_results *results, const char *metric, kith_axis axis)
{
    const kith_metric *known = kith_metric_find(results->declared, metric);
    return (kith_chart_plan){metric, axis, draws_log(results, known, metric), false, known};
}

static bool begins(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool ends(const char *text, const char *end)
{
    const size_t length = strlen(text), own = strlen(end);
    return length >= own && strcmp(text + length - own, end) == 0;
}

/* Read beside what leads: what learners' own models do, and what else a run may be judged by. */
static bool stands_beside(const char *metric)
{
    const kith_metric *known = kith_metric_find(NULL, metric);
    if (!known) return false;
    if (known->lead > 0) return true;
    if (begins(metric, KITH_METRIC_local_test_))
        return ends(metric, "accuracy_mean") || ends(metric, "accuracy_before_mean");
    if (begins(metric, KITH_METRIC_merged_test_)) return ends(metric, "_accuracy");
    return strcmp(metric, KITH_METRIC_exploitability_upper) == 0 ||
           strcmp(metric, KITH_METRIC_global_on_own_test_accuracy_mean) == 0;
}

/* An axis itself, in a picture or a table of its own, or a wall-clock figure, which says nothing of the algorithm. */
static bool has_no_chart_of_its_own(const char *metric)
{
    static const char *const alone[] = {KITH_METRIC_bytes_sent,   KITH_METRIC_bytes_up,
                                        KITH_METRIC_bytes_down,   KITH_METRIC_bytes_sent_per_learner,
                                        KITH_METRIC_virtual_time, KITH_METRIC_mse_theory};
    static const char *const families[] = {"wall_",
                                           KITH_METRIC_payoff_,
                                           KITH_METRIC_weight_,
                                           KITH_METRIC_rounds_to_,
                                           KITH_METRIC_bytes_to_,
                                           KITH_METRIC_virtual_time_to_};
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        if (strcmp(metric, alone[i]) == 0) return true;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (begins(metric, families[i])) return true;
    return false;
}

typedef struct plans {
    kith_chart_plan *plan;
    size_t count, room;
} plans;

static kith_status add(kith_ctx *ctx, const kith_results *results, plans *p, const char *metric, kith_axis axis,
                       bool main)
{
    if (p->count == p->room) {
        const size_t room = p->room ? 2 * p->room : 16;
        kith_chart_plan *grown;
        KITH_TRY(KITH_ALLOC(ctx, "charts", room, &grown));
        if (p->count) memcpy(grown, p->plan, p->count * sizeof *grown);
        kith_free(p->plan);
        p->plan = grown;
        p->room = room;
    }
    p->plan[p->count] = kith_plan_of(results, metric, axis);
    p->plan[p->count++].main = main;
    return KITH_OK;
}

static bool results_have(const void *results, const char *name)
{
    return kith_results_have(results, name);
}

static bool moves(const kith_result *run, const char *metric)
{
    return kith_result_best(run, metric, true) > kith_result_best(run, metric, false);
}

/* Where nothing leads: of what has a better direction, and is no cost, what comes first in the list; sooner what moves
 * than what is always the same. */
static const char *first_judged(const kith_results *results)
{
    const kith_metric *best = NULL;
    const char *found = NULL;
    bool lively = false;
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++) {
            const char *name = results->run[r]->series[s].name;
            const kith_metric *known = kith_metric_find(NULL, name);
            if (!known || known->better == KITH_BETTER_NONE || has_no_chart_of_its_own(name)) continue;
            const bool own = moves(results->run[r], name);
            if (best && (own != lively ? lively : known >= best)) continue;
            best = known;
            lively = own;
            found = name;
        }
    return found;
}

const char *kith_results_leading(const kith_results *results)
{
    const char *leading = kith_metric_leading(results_have, results), *other = NULL;
    if (!kith_results_have(results, leading)) other = first_judged(results);
    return other ? other : leading;
}

static kith_status add_leading(kith_ctx *ctx, const kith_results *results, const char *leading, plans *p)
{
    if (!kith_results_have(results, leading)) return KITH_OK;
    KITH_TRY(add(ctx, results, p, leading, KITH_AXIS_ROUND, true));
    if (kith_results_have(results, KITH_METRIC_bytes_up))
        KITH_TRY(add(ctx, results, p, leading, KITH_AXIS_BYTES_UP, true));
    else if (kith_results_have(results, KITH_METRIC_bytes_sent))
        KITH_TRY(add(ctx, results, p, leading, KITH_AXIS_BYTES, true));
    return kith_results_have_clock(results) ? add(ctx, results, p, leading, KITH_AXIS_TIME, true) : KITH_OK;
}

/* Names that all runs have together, each once. */
static kith_status list_names(kith_ctx *ctx, const kith_results *results, kith_distinct *names, plans *out)
{
    for (size_t r = 0; r < results->count; r++)
        for (size_t s = 0; s < results->run[r]->series_count; s++) {
            const char *name = results->run[r]->series[s].name;
            size_t number;
            bool is_new;
            KITH_TRY(kith_distinct_text_number(ctx, names, name, &number, &is_new));
            if (is_new && !has_no_chart_of_its_own(name))
                KITH_TRY(add(ctx, results, out, name, KITH_AXIS_ROUND, false));
        }
    return KITH_OK;
}

static kith_status choose(kith_ctx *ctx, const kith_results *results, kith_distinct *names, plans *found, plans *p)
{
    const char *leading = kith_results_leading(results);
    KITH_TRY(list_names(ctx, results, names, found));
    KITH_TRY(add_leading(ctx, results, leading, p));
    for (int main = 1; main >= 0; main--)
        for (size_t i = 0; i < found->count; i++) {
            const char *name = found->plan[i].metric;
            if (strcmp(name, leading) == 0 || stands_beside(name) != (main == 1)) continue;
            KITH_TRY(add(ctx, results, p, name, KITH_AXIS_ROUND, main == 1));
        }
    return KITH_OK;
}

kith_status kith_plans_choose(kith_ctx *ctx, const kith_results *results, kith_chart_plan **out, size_t *count)
{
    kith_distinct names = {.count = 0};
    plans found = {.count = 0}, chosen = {.count = 0};
    const kith_status status = choose(ctx, results, &names, &found, &chosen);
    kith_distinct_free(&names);
    kith_free(found.plan);
    if (status != KITH_OK) {
        kith_free(chosen.plan);
        return status;
    }
    *out = chosen.plan;
    *count = chosen.count;
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

kith_extent kith_chart_extent(const kith_chart *chart)
{
    kith_extent e = kith_extent_of(chart->curve, chart->curves);
    if (!chart->theory || isnan(e.y_most)) return e;
    const kith_extent theory = kith_extent_of(chart->theory, chart->curves);
    e.x_least = fmin(e.x_least, theory.x_least);
    e.x_most = fmax(e.x_most, theory.x_most);
    e.y_least = fmin(e.y_least, theory.y_least);
    e.y_most = fmax(e.y_most, theory.y_most);
    e.y_positive = fmin(e.y_positive, theory.y_positive);
    return e;
}

const char *kith_metric_theory(const char *metric)
{
    return strcmp(metric, KITH_METRIC_mse) == 0 ? KITH_METRIC_mse_theory : NULL;
}

/* An error that has come down to 0 is drawn down at the axis; what is counted up from 0 would hide its beginning. */
static bool suits_log(const kith_chart *chart, const kith_metric *known)
{
    const bool may_vanish = known && known->better == KITH_BETTER_DOWN && !*known->unit;
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++) {
            const double mean = chart->curve[c].point[i].mean;
            if (!(mean > 0 || (may_vanish && mean == 0))) return false;
        }
    return true;
}

/* Values like 0.001, 0.01, 0.1, most of which would lie on each other. */
static bool is_crowded(const kith_chart *chart, const kith_extent *e)
{
    size_t within = 0, all = 0;
    if (e->x_most < log_ratio * e->x_least) return false;
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++, all++)
            within += chart->curve[c].point[i].x <= e->x_least + 0.4 * (e->x_most - e->x_least);
    return 3 * within >= 2 * all;
}

/* Values like 2, 4, 8, 16, or 1, 2, 5, 10: whoever chose them meant equal steps of a factor. */
static bool is_geometric(const kith_chart *chart, const kith_extent *e)
{
    static const double span = 8.0, uneven = 1.25;
    const kith_curve *longest = &chart->curve[0];
    for (size_t c = 1; c < chart->curves; c++)
        if (chart->curve[c].count > longest->count) longest = &chart->curve[c];
    if (longest->count < 3 || e->x_most < span * e->x_least) return false;
    const kith_curve_point *p = longest->point;
    const double mean = pow(p[longest->count - 1].x / p[0].x, 1.0 / (double)(longest->count - 1));
    for (size_t i = 1; i < longest->count; i++) {
        const double ratio = p[i].x / p[i - 1].x / mean;
        if (ratio > uneven || ratio * uneven < 1.0) return false;
    }
    return true;
}

static bool is_spaced_by_factors(const kith_chart *chart, const kith_extent *e)
{
    if (!chart->final || chart->category || !(e->x_least > 0)) return false;
    return is_crowded(chart, e) || is_geometric(chart, e);
}

static kith_unit axis_unit(kith_axis axis, double most)
{
    switch (axis) {
    case KITH_AXIS_BYTES:
    case KITH_AXIS_BYTES_UP:
        return kith_bytes_unit(most);
    case KITH_AXIS_TIME:
        return kith_seconds_unit(most);
    case KITH_AXIS_ROUND:
    case KITH_AXES:
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
    char words[KITH_TITLE_SIZE];
    kith_metric_words(name, false, words, sizeof words);
    snprintf(text, KITH_TITLE_SIZE, *unit ? "%s (%s)" : "%s", words, unit);
}

void kith_chart_frame(const kith_chart *chart, const kith_chart_plan *plan, const kith_swept_key *key,
                      char x_label[KITH_TITLE_SIZE], char y_label[KITH_TITLE_SIZE], kith_figure *out)
{
    const kith_extent e = kith_chart_extent(chart);
    const kith_unit x = key ? (kith_unit){"", 1.0} : axis_unit(plan->axis, e.x_most), y = metric_unit(plan, e.y_most);
    if (key)
        kith_swept_name(key, x_label, KITH_TITLE_SIZE);
    else
        write_title(x_label, kith_axis_name(plan->axis), x.name);
    write_title(y_label, plan->metric, y.name);
    out->x_label = x_label;
    out->y_label = y_label;
    out->curve = chart->curve;
    out->curves = chart->curves;
    out->theory = chart->theory;
    out->x_scale = x.scale;
    out->y_scale = y.scale;
    out->whole_x = !key && plan->axis == KITH_AXIS_ROUND;
    out->bars = chart->final;
    out->category = chart->category;
    out->categories = chart->categories;
    out->log_x = is_spaced_by_factors(chart, &e);
    out->log_y = plan->may_be_log && suits_log(chart, plan->known) && e.y_most > log_ratio * e.y_positive;
    out->y_least = out->log_y ? e.y_positive : e.y_least;
    out->y_most = e.y_most;
}
