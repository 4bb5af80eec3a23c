/* The curves of a chart, from groups of runs. */
#include "launch/services/pictures/charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kith_chart_free(kith_chart *chart)
{
    for (size_t c = 0; c < chart->curves; c++)
        kith_free(chart->curve[c].point);
    kith_free(chart->curve);
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

static void spread_by_deviation(kith_chart *chart)
{
    for (size_t c = 0; c < chart->curves; c++)
        for (size_t i = 0; i < chart->curve[c].count; i++) {
            kith_curve_point *p = &chart->curve[c].point[i];
            const double deviation = isnan(p->deviation) ? 0.0 : p->deviation;
            p->low = p->mean - deviation;
            p->high = p->mean + deviation;
        }
}

/* Configurations that differ in what no label tells are numbered. */
static void number_twins(kith_chart *chart)
{
    for (size_t c = 1; c < chart->curves; c++)
        for (size_t b = 0; b < c; b++) {
            char *label = chart->label[c];
            if (strcmp(label, chart->label[b]) != 0) continue;
            const size_t used = strlen(label), most = KITH_LABEL_SIZE - 24, at = used < most ? used : most;
            snprintf(label + at, KITH_LABEL_SIZE - at, "%s(%zu)", at ? " " : "", c + 1);
            break;
        }
}

kith_status kith_chart_by_axis(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept, const char *metric,
                               kith_axis axis, kith_spread_kind spread, kith_chart *out)
{
    kith_status status = make(ctx, groups->count, out);
    for (size_t g = 0; g < groups->count && status == KITH_OK; g++) {
        status = kith_curve_make(ctx, &groups->group[g], metric, axis, &out->curve[g]);
        kith_swept_label(swept, groups->group[g].run[0], NULL, out->label[g], KITH_LABEL_SIZE);
    }
    if (status != KITH_OK) {
        kith_chart_free(out);
        return status;
    }
    number_twins(out);
    if (spread == KITH_SPREAD_DEVIATION) spread_by_deviation(out);
    return KITH_OK;
}

/* ---- by a swept parameter ---- */

bool kith_swept_follows(const kith_groups *groups, const kith_swept *swept, size_t k, const kith_swept_key *key)
{
    for (size_t g = 0; g < groups->count; g++)
        for (size_t h = 0; h < g; h++) {
            const kith_result *a = groups->group[g].run[0], *b = groups->group[h].run[0];
            if (kith_swept_same(key, a, b) && !kith_swept_same(&swept->key[k], a, b)) return false;
        }
    return true;
}

/* What is needed to sort groups into curves. */
typedef struct sorter {
    const kith_groups *groups;
    const kith_swept *swept;
    const kith_swept_key *key;
    bool *splits;       /* [swept->count] has curves of its own for its values */
    const char **value; /* [groups->count] NULL: the group lacks the key */
    const char **known; /* [values] in the order in which they come */
    size_t *curve;      /* [groups->count] */
    size_t values, curves;
    bool numbers;
} sorter;

static bool is_number(const char *text)
{
    const char *end;
    const double value = kith_number(text, &end);
    return end != text && !*end && isfinite(value);
}

static bool together(const sorter *s, size_t a, size_t b)
{
    for (size_t k = 0; k < s->swept->count; k++)
        if (s->splits[k] && !kith_swept_same(&s->swept->key[k], s->groups->group[a].run[0], s->groups->group[b].run[0]))
            return false;
    return true;
}

static void note_value(sorter *s, const char *value)
{
    s->numbers = s->numbers && is_number(value);
    for (size_t v = 0; v < s->values; v++)
        if (strcmp(s->known[v], value) == 0) return;
    s->known[s->values++] = value;
}

static void sort_groups(sorter *s)
{
    for (size_t k = 0; k < s->swept->count; k++)
        s->splits[k] = !kith_swept_follows(s->groups, s->swept, k, s->key);
    s->numbers = true;
    for (size_t g = 0; g < s->groups->count; g++) {
        s->value[g] = kith_result_parameter(s->groups->group[g].run[0], s->key->section, s->key->key);
        if (!s->value[g]) continue;
        note_value(s, s->value[g]);
        size_t first = 0;
        while (first < g && !(s->value[first] && together(s, first, g)))
            first++;
        s->curve[g] = first < g ? s->curve[first] : s->curves++;
    }
}

static double place(const sorter *s, const char *value)
{
    size_t v = 0;
    const char *end;
    if (s->numbers) return kith_number(value, &end);
    while (strcmp(s->known[v], value) != 0)
        v++;
    return (double)v;
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

static int by_x(const void *a, const void *b)
{
    const double left = ((const kith_curve_point *)a)->x, right = ((const kith_curve_point *)b)->x;
    return (left > right) - (left < right);
}

static kith_status fill_curve(kith_ctx *ctx, const sorter *s, size_t c, const char *metric, kith_chart *chart)
{
    kith_curve *curve = &chart->curve[c];
    KITH_TRY(KITH_ALLOC(ctx, "a chart", s->groups->count, &curve->point));
    for (size_t g = 0; g < s->groups->count; g++) {
        if (!s->value[g] || s->curve[g] != c) continue;
        const kith_group *group = &s->groups->group[g];
        if (!*chart->label[c]) kith_swept_label(s->swept, group->run[0], s->splits, chart->label[c], KITH_LABEL_SIZE);
        const kith_curve_point p = final_point(group, metric, place(s, s->value[g]));
        if (p.runs) curve->point[curve->count++] = p;
    }
    qsort(curve->point, curve->count, sizeof *curve->point, by_x);
    return KITH_OK;
}

static kith_status fill(kith_ctx *ctx, const sorter *s, const char *metric, kith_spread_kind spread, kith_chart *out)
{
    KITH_TRY(make(ctx, s->curves, out));
    out->final = true;
    kith_status status = s->numbers ? KITH_OK : KITH_ALLOC(ctx, "a chart", s->values, &out->category);
    if (status == KITH_OK && !s->numbers) {
        memcpy(out->category, s->known, s->values * sizeof *s->known);
        out->categories = s->values;
    }
    for (size_t c = 0; c < s->curves && status == KITH_OK; c++)
        status = fill_curve(ctx, s, c, metric, out);
    if (status != KITH_OK) {
        kith_chart_free(out);
        return status;
    }
    number_twins(out);
    if (spread == KITH_SPREAD_DEVIATION) spread_by_deviation(out);
    return KITH_OK;
}

kith_status kith_chart_by_key(kith_ctx *ctx, const kith_groups *groups, const kith_swept *swept,
                              const kith_swept_key *key, const char *metric, kith_spread_kind spread, kith_chart *out)
{
    sorter s = {.groups = groups, .swept = swept, .key = key};
    kith_status status = KITH_ALLOC(ctx, "a chart", swept->count, &s.splits);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.value);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.known);
    if (status == KITH_OK) status = KITH_ALLOC(ctx, "a chart", groups->count, &s.curve);
    if (status == KITH_OK) {
        sort_groups(&s);
        status = fill(ctx, &s, metric, spread, out);
    }
    kith_free(s.splits);
    kith_free(s.value);
    kith_free(s.known);
    kith_free(s.curve);
    return status;
}
