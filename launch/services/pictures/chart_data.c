/* The curves of a chart, from groups of runs. */
#include "launch/services/pictures/charts.h"

#include "launch/services/results/distinct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kith_chart_free(kith_chart *chart)
{
    for (size_t c = 0; c < chart->curves; c++)
        kith_free(chart->curve[c].point);
    for (size_t c = 0; c < chart->curves && chart->theory; c++)
        kith_free(chart->theory[c].point);
    kith_free(chart->curve);
    kith_free(chart->theory);
    kith_free(chart->label);
    kith_free(chart->category);
    *chart = (kith_chart){.curves = 0};
}

static kith_status make(kith_ctx *ctx, size_t curves, kith_chart *out)
{
    *out = (kith_chart){.curves = 0}; /* those who free it after a failure find nothing */
    kith_chart chart = {.curves = curves};
    kith_status status = KITH_ALLOC(ctx, "a chart", curves, &chart.curve);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", curves, &chart.label);
    if (status == KITH_OK)
        *out = chart;
    else
        kith_free(chart.curve);
    return status;
}

/* The 97.5 % quantile of Student's t with so many degrees of freedom; the series of Abramowitz and Stegun 26.7.5
 * around the normal one, exact to 2e-4 from 10 on. */
static double student(size_t freedom)
{
    static const double few[] = {0, 12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216};
    const double z = 1.959964, v = (double)freedom;
    if (freedom < sizeof few / sizeof few[0]) return few[freedom];
    const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

double kith_spread_factor(kith_spread_kind kind, size_t runs)
{
    if (kind == KITH_SPREAD_DEVIATION || runs < 2) return 1.0;
    return (kind == KITH_SPREAD_INTERVAL ? student(runs - 1) : 1.0) / sqrt((double)runs);
}

static void set_spread(kith_chart *chart, kith_spread_kind kind)
{
    if (kind == KITH_SPREAD_EXTREMES) return;
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++) {
            kith_curve_point *p = &chart->curve[c].point[i];
            const double deviation = isnan(p->deviation) ? 0.0 : p->deviation * kith_spread_factor(kind, p->runs);
            p->low = p->mean - deviation;
            p->high = p->mean + deviation;
        }
}

/* Configurations that differ in what no label tells are numbered. */
static kith_status number_twins(kith_ctx *ctx, kith_chart *chart)
{
    kith_distinct labels = {.count = 0};
    kith_status status = KITH_OK;
    for (size_t c = 0; c < chart->curves && status == KITH_OK; c++) {
        char *label = chart->label[c];
        size_t number;
        bool is_new = true;
        status = kith_distinct_text_number(ctx, &labels, label, &number, &is_new);
        if (is_new) continue;
        const size_t used = strlen(label), most = KITH_LABEL_SIZE - 24, at = used < most ? used : most;
        snprintf(label + at, KITH_LABEL_SIZE - at, "%s(%zu)", at ? " " : "", c + 1);
    }
    kith_distinct_free(&labels);
    return status;
}

static bool has_metric(const kith_groups *groups, const char *metric)
{
    for (size_t g = 0; g < groups->count; g++)
        for (size_t r = 0; r < groups->group[g].count; r++)
            if (kith_result_series(groups->group[g].run[r], metric)) return true;
    return false;
}

static kith_status add_theory(kith_ctx *ctx, const kith_groups *groups, const char *metric, kith_axis axis,
                              kith_chart *chart)
{
    const char *theory = kith_metric_theory(metric);
    if (!theory || !has_metric(groups, theory)) return KITH_OK;
    KITH_TRY(KITH_ALLOC(ctx, "a chart", chart->curves, &chart->theory));
    for (size_t g = 0; g < groups->count; g++)
        KITH_TRY(kith_curve_make(ctx, &groups->group[g], theory, axis, &chart->theory[g]));
    return KITH_OK;
}

kith_status kith_chart_by_axis(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept, const char *metric,
                               kith_axis axis, kith_spread_kind kind, kith_chart *out)
{
    kith_status status = make(ctx, groups->count, out);
    for (size_t g = 0; g < groups->count && status == KITH_OK; g++) {
        status = kith_curve_make(ctx, &groups->group[g], metric, axis, &out->curve[g]);
        kith_swept_label(swept, groups->group[g].run[0], NULL, out->label[g], KITH_LABEL_SIZE);
        kith_label_halt(groups->group[g].run[0], out->label[g]);
    }
    if (status == KITH_OK) status = add_theory(ctx, groups, metric, axis, out);
    if (status == KITH_OK) status = number_twins(ctx, out);
    if (status != KITH_OK) {
        kith_chart_free(out);
        return status;
    }
    set_spread(out, kind);
    return KITH_OK;
}

/* ---- by a swept parameter ---- */

static kith_status follows(kith_ctx *ctx, const kith_groups *groups, const kith_swept_key *one,
                           const kith_swept_key *key, kith_distinct *values, const kith_result **first, bool *out)
{
    *out = true;
    for (size_t g = 0; g < groups->count && *out; g++) {
        const kith_result *run = groups->group[g].run[0];
        size_t v;
        bool is_new;
        KITH_TRY(
            kith_distinct_text_number(ctx, values, kith_result_parameter(run, key->section, key->key), &v, &is_new));
        if (is_new) first[v] = run;
        *out = kith_swept_same(one, first[v], run);
    }
    return KITH_OK;
}

kith_status kith_swept_follows(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept, size_t k,
                               const kith_swept_key *key, bool *out)
{
    kith_distinct values = {.count = 0};
    const kith_result **first;
    KITH_TRY(KITH_ALLOC(ctx, "a chart", groups->count, &first));
    const kith_status status = follows(ctx, groups, &swept->key[k], key, &values, first, out);
    kith_distinct_free(&values);
    kith_free(first);
    return status;
}

/* What is needed to sort groups into curves. */
typedef struct sorter {
    const kith_groups *groups;
    const kith_swept *swept;
    const kith_swept_key *key;
    bool *splits;       /* [swept->count] has curves of its own for its values */
    const char **value; /* [groups->count] NULL: the group lacks the key */
    const char **known; /* [values] in the order in which they come */
    size_t *number;     /* [groups->count] of the value, by known */
    size_t *curve;      /* [groups->count] */
    kith_distinct distinct, combinations;
    size_t values, curves;
    bool numbers;
} sorter;

static bool is_number(const char *text)
{
    const char *end;
    const double value = kith_number(text, &end);
    return end != text && !*end && isfinite(value);
}

static kith_status note_value(kith_ctx *ctx, sorter *s, size_t g)
{
    bool is_new;
    KITH_TRY(kith_distinct_text_number(ctx, &s->distinct, s->value[g], &s->number[g], &is_new));
    if (!is_new) return KITH_OK;
    s->numbers = s->numbers && is_number(s->value[g]);
    s->known[s->values++] = s->value[g];
    return KITH_OK;
}

/* Groups with the same values of all keys that split are one curve. */
static kith_status note_curve(kith_ctx *ctx, sorter *s, size_t g)
{
    const kith_result *run = s->groups->group[g].run[0];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return kith_fail(ctx, KITH_EMEMORY, "no memory for a chart");
    for (size_t k = 0; k < s->swept->count; k++) {
        const kith_swept_key *key = &s->swept->key[k];
        const char *value = s->splits[k] ? kith_result_parameter(run, key->section, key->key) : NULL;
        if (value) fwrite(value, 1, strlen(value), out);
        fwrite(value ? "" : "-", 1, 1, out); /* what there is ends with a 0 */
    }
    kith_status status = fclose(out) == 0 ? KITH_OK : kith_fail(ctx, KITH_EMEMORY, "no memory for a chart");
    if (status == KITH_OK) status = kith_distinct_number(ctx, &s->combinations, text, size, &s->curve[g], NULL);
    free(text);
    s->curves = s->combinations.count;
    return status;
}

static kith_status sort_groups(kith_ctx *ctx, sorter *s)
{
    for (size_t k = 0; k < s->swept->count; k++) {
        bool follows;
        KITH_TRY(kith_swept_follows(ctx, s->groups, s->swept, k, s->key, &follows));
        s->splits[k] = !follows;
    }
    s->numbers = true;
    for (size_t g = 0; g < s->groups->count; g++) {
        s->value[g] = kith_result_parameter(s->groups->group[g].run[0], s->key->section, s->key->key);
        if (!s->value[g]) continue;
        KITH_TRY(note_value(ctx, s, g));
        KITH_TRY(note_curve(ctx, s, g));
    }
    return KITH_OK;
}

static double place(const sorter *s, size_t g)
{
    const char *end;
    return s->numbers ? kith_number(s->value[g], &end) : (double)s->number[g];
}

/* What a group's runs came to; no runs where none has a number. */
static kith_curve_point final_point(const kith_group *group, const char *metric, double x)
{
    kith_curve_point p = {.x = x, .low = NAN, .high = NAN};
    kith_spread spread = {.count = 0};
    for (size_t r = 0; r < group->count; r++) {
        const double value = kith_result_last(group->run[r], metric);
        if (!isfinite(value) || !kith_group_counts(group, group->run[r])) continue;
        kith_spread_add(&spread, value);
        p.low = fmin(p.low, value);
        p.high = fmax(p.high, value);
    }
    p.runs = spread.count;
    p.mean = kith_spread_mean(&spread);
    p.deviation = kith_spread_deviation(&spread);
    return p;
}

static void add_point(kith_curve *curve, const kith_group *group, const char *metric, double x)
{
    const kith_curve_point p = final_point(group, metric, x);
    if (p.runs) curve->point[curve->count++] = p;
}

static int by_x(const void *a, const void *b)
{
    const double left = ((const kith_curve_point *)a)->x, right = ((const kith_curve_point *)b)->x;
    return (left > right) - (left < right);
}

static kith_status make_room(kith_ctx *ctx, const sorter *s, bool theory, kith_chart *chart)
{
    size_t *most;
    KITH_TRY(KITH_ALLOC(ctx, "a chart", s->curves, &most));
    for (size_t g = 0; g < s->groups->count; g++)
        if (s->value[g]) most[s->curve[g]]++;
    kith_status status = theory ? KITH_ALLOC(ctx, "a chart", s->curves, &chart->theory) : KITH_OK;
    for (size_t c = 0; c < s->curves && status == KITH_OK; c++) {
        status = KITH_ALLOC(ctx, "a chart", most[c], &chart->curve[c].point);
        if (status == KITH_OK && theory) status = KITH_ALLOC(ctx, "a chart", most[c], &chart->theory[c].point);
    }
    kith_free(most);
    return status;
}

static kith_status fill_curves(kith_ctx *ctx, const sorter *s, const char *metric, kith_chart *chart)
{
    const char *theory = kith_metric_theory(metric);
    if (theory && !has_metric(s->groups, theory)) theory = NULL;
    KITH_TRY(make_room(ctx, s, theory != NULL, chart));
    for (size_t g = 0; g < s->groups->count; g++) {
        if (!s->value[g]) continue;
        const kith_group *group = &s->groups->group[g];
        const size_t c = s->curve[g];
        if (!*chart->label[c]) kith_swept_label(s->swept, group->run[0], s->splits, chart->label[c], KITH_LABEL_SIZE);
        add_point(&chart->curve[c], group, metric, place(s, g));
        if (theory) add_point(&chart->theory[c], group, theory, place(s, g));
    }
    for (size_t c = 0; c < s->curves; c++) {
        qsort(chart->curve[c].point, chart->curve[c].count, sizeof *chart->curve[c].point, by_x);
        if (theory) qsort(chart->theory[c].point, chart->theory[c].count, sizeof *chart->theory[c].point, by_x);
    }
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, const sorter *s, const char *metric, kith_spread_kind kind, kith_chart *out)
{
    KITH_TRY(make(ctx, s->curves, out));
    out->final = true;
    kith_status status = s->numbers ? KITH_OK : KITH_ALLOC(ctx, "a chart", s->values, &out->category);
    if (status == KITH_OK && !s->numbers) {
        memcpy(out->category, s->known, s->values * sizeof *s->known);
        out->categories = s->values;
    }
    if (status == KITH_OK) status = fill_curves(ctx, s, metric, out);
    if (status == KITH_OK) status = number_twins(ctx, out);
    if (status != KITH_OK) {
        kith_chart_free(out);
        return status;
    }
    set_spread(out, kind);
    return KITH_OK;
}

kith_status kith_chart_by_key(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept,
                              const kith_swept_key *key, const char *metric, kith_spread_kind kind, kith_chart *out)
{
    sorter s = {.groups = groups, .swept = swept, .key = key};
    kith_status status = KITH_ALLOC(ctx, "a chart", swept->count, &s.splits);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.value);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.known);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.number);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.curve);
    if (status == KITH_OK) status = sort_groups(ctx, &s);
    if (status == KITH_OK) status = fill(ctx, &s, metric, kind, out);
    kith_distinct_free(&s.distinct);
    kith_distinct_free(&s.combinations);
    kith_free(s.splits);
    kith_free(s.value);
    kith_free(s.known);
    kith_free(s.number);
    kith_free(s.curve);
    return status;
}
